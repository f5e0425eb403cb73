//! The templates of an auth: where each stands, how values are written there, and which names besides the inputs it
//! may use. The one list that validation, encoding and quarantine rest on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::component::auth::Auth;
use crate::model::component::auth::grant::AuthorizationCode;
use crate::model::component::auth::grant::Grant;
use crate::model::component::auth::oauth1::Oauth1;
use crate::model::component::auth::param::BodyFormat;
use crate::model::component::auth::param::Param;
use crate::model::component::auth::request::Apply;
use crate::model::component::auth::request::Step;
use crate::model::component::auth::signed::Assertion;
use crate::model::component::auth::token::ClientAuth;
use crate::model::component::auth::token::TokenExchange;
use crate::model::template::Encoding;

/// How values are encoded where a template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplatePlace {
    /// A whole URL: values in the path or query are percent-encoded, those in the host are checked to be host names, and
    /// a value at the very start (`{{base_url}}/token`) is a URL of its own.
    Url,
    /// The value of a header: no line breaks.
    Header,
    /// One parameter of a query, form or JSON body, or a key: encoded whole after rendering, or not at all.
    Value,
    /// A text inside a JSON body or a claim; encoded by the JSON writer.
    Json,
    /// An XML document: values are escaped.
    Xml,
}

impl TemplatePlace {
    /// How values are written when a template of this place is filled.
    #[must_use]
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Url => Encoding::UrlPart,
            Self::Header => Encoding::Header,
            // What writes the query, form, or JSON document encodes the whole text.
            Self::Value | Self::Json => Encoding::Plain,
            Self::Xml => Encoding::Xml,
        }
    }
}

/// A template of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateUse<'a> {
    /// Dotted path from the connection type: `auth.token_url`, `auth.token_request.params.audience`.
    pub path: String,
    pub text: &'a str,
    pub place: TemplatePlace,
    /// Names that it may use besides the inputs of its connection type.
    pub names: Vec<&'a str>,
    /// Inputs that the condition beside it names.
    pub conditions: Vec<&'a str>,
}

/// Templates of URLs that secrets are sent to.
pub(super) fn secret_urls(auth: &Auth) -> Vec<&str> {
    match auth {
        Auth::TokenExchange(exchange) => {
            let steps = exchange.steps.iter().chain(&exchange.refresh).chain(&exchange.revoke);
            steps.map(|step| step.url.as_str()).collect()
        }
        Auth::Oauth1(oauth1) => {
            [&oauth1.request_token_url, &oauth1.access_token_url].into_iter().flatten().map(String::as_str).collect()
        }
        _ => auth.grant().map_or_else(Vec::new, |grant| grant_urls(&grant)),
    }
}

fn grant_urls<'a>(grant: &Grant<'a>) -> Vec<&'a str> {
    let plain = [grant.token_url, grant.refresh_url, grant.revoke_url, grant.introspection_url];
    let steps = grant.follow_up.iter().chain(&grant.refresh.request).chain(grant.revoke);
    plain.into_iter().flatten().chain(steps.map(|step| step.url.as_str())).collect()
}

/// Every template of an auth.
pub(super) fn uses(auth: &Auth) -> Vec<TemplateUse<'_>> {
    let mut list = List { uses: Vec::new(), names: Vec::new() };
    match auth {
        Auth::None(_) => {}
        Auth::Basic(basic) => {
            list.add("auth.username", &basic.username, TemplatePlace::Value);
            list.add("auth.password", &basic.password, TemplatePlace::Value);
        }
        Auth::ApiKey(key) => {
            list.add("auth.name", &key.name, TemplatePlace::Header);
            list.add("auth.value", &key.value, TemplatePlace::Header);
        }
        Auth::Bearer(bearer) => list.add("auth.token", &bearer.token, TemplatePlace::Header),
        Auth::Oauth2AuthorizationCode(code) => {
            list.authorize(code);
            list.names = callback_names(&code.callback.keep);
            list.grant(&code.grant(), &["code", "code_verifier", "redirect_uri"]);
        }
        Auth::Oauth2ClientCredentials(client) => list.grant(&client.grant(), &[]),
        Auth::Oauth2Password(password) => {
            list.add("auth.username", &password.username, TemplatePlace::Value);
            list.add("auth.password", &password.password, TemplatePlace::Value);
            list.grant(&password.grant(), &["username", "password"]);
        }
        Auth::Oauth1(oauth1) => list.oauth1(oauth1),
        Auth::JwtBearer(jwt) => {
            list.assertion("auth.assertion", &jwt.assertion);
            list.grant(&jwt.grant(), &["assertion"]);
        }
        Auth::TokenExchange(exchange) => list.exchange(exchange),
        Auth::AwsSigv4(aws) => {
            list.add("auth.access_key_id", &aws.access_key_id, TemplatePlace::Value);
            list.add("auth.secret_access_key", &aws.secret_access_key, TemplatePlace::Value);
            list.option("auth.session_token", aws.session_token.as_deref(), TemplatePlace::Header);
            list.add("auth.region", &aws.region, TemplatePlace::Value);
            list.add("auth.service", &aws.service, TemplatePlace::Value);
        }
        Auth::Custom(custom) => {
            list.texts("auth.headers", &custom.headers, TemplatePlace::Header);
            list.texts("auth.query", &custom.query, TemplatePlace::Value);
            list.texts("auth.body", &custom.body, TemplatePlace::Value);
        }
    }
    list.uses
}

fn callback_names(keep: &BTreeMap<String, String>) -> Vec<&str> {
    keep.keys().map(String::as_str).collect()
}

/// Collects templates; `names` are those that stand from some point on: of the callback, then of replies.
struct List<'a> {
    uses: Vec<TemplateUse<'a>>,
    names: Vec<&'a str>,
}

impl<'a> List<'a> {
    fn add(&mut self, path: &str, text: &'a str, place: TemplatePlace) {
        self.with(path, text, place, &[]);
    }

    fn option(&mut self, path: &str, text: Option<&'a str>, place: TemplatePlace) {
        if let Some(text) = text {
            self.add(path, text, place);
        }
    }

    fn with(&mut self, path: &str, text: &'a str, place: TemplatePlace, extra: &[&'a str]) {
        let names = self.names.iter().chain(extra).copied().collect();
        self.uses.push(TemplateUse { path: path.to_owned(), text, place, names, conditions: Vec::new() });
    }

    /// A URL that gets secrets. Its host must not come from the callback, which anybody can write: inputs only.
    fn url(&mut self, path: &str, text: Option<&'a str>) {
        if let Some(text) = text {
            let (path, place) = (path.to_owned(), TemplatePlace::Url);
            self.uses.push(TemplateUse { path, text, place, names: Vec::new(), conditions: Vec::new() });
        }
    }

    fn texts(&mut self, path: &str, texts: &'a BTreeMap<String, String>, place: TemplatePlace) {
        self.headers(path, texts, place, &[]);
    }

    fn headers(&mut self, path: &str, texts: &'a BTreeMap<String, String>, place: TemplatePlace, extra: &[&'a str]) {
        for (name, text) in texts {
            self.with(&format!("{path}.{name}"), text, place, extra);
        }
    }

    fn params(&mut self, path: &str, params: &'a BTreeMap<String, Param>, extra: &[&'a str]) {
        for (name, param) in params {
            self.with(&format!("{path}.{name}"), param.template(), TemplatePlace::Value, extra);
            if let (Some(conditions), Some(last)) = (param.conditions(), self.uses.last_mut()) {
                last.conditions = conditions.keys().map(String::as_str).collect();
            }
        }
    }

    fn json(&mut self, path: &str, value: &'a Value, place: TemplatePlace, extra: &[&'a str]) {
        match value {
            Value::String(text) => self.with(path, text, place, extra),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.json(&format!("{path}.{at}"), item, place, extra));
            }
            Value::Object(map) => {
                map.iter().for_each(|(key, item)| self.json(&format!("{path}.{key}"), item, place, extra));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn authorize(&mut self, code: &'a AuthorizationCode) {
        self.url("auth.authorize_url", Some(&code.authorize_url));
        let extra = ["client_id", "redirect_uri", "state", "scope", "code_challenge", "nonce"];
        self.params("auth.authorize_params", &code.authorize_params, &extra);
        self.url("auth.issuer", code.issuer.as_deref());
    }

    fn grant(&mut self, grant: &Grant<'a>, own: &[&'a str]) {
        self.client(grant);
        for (at, scope) in grant.scopes.iter().enumerate() {
            self.add(&format!("auth.scopes.{at}"), scope, TemplatePlace::Value);
        }
        self.url("auth.token_url", grant.token_url);
        self.url("auth.refresh_url", grant.refresh_url);
        self.url("auth.revoke_url", grant.revoke_url);
        self.url("auth.introspection_url", grant.introspection_url);
        let extra: Vec<&str> = own.iter().copied().chain(["client_id", "client_secret", "scope"]).collect();
        self.params("auth.token_request.params", &grant.token_request.params, &extra);
        self.headers("auth.token_request.headers", &grant.token_request.headers, TemplatePlace::Header, &extra);
        self.names.extend(grant.token_reply.kept_names());
        let tokens = ["access_token", "refresh_token"];
        self.steps("auth.follow_up", grant.follow_up, &tokens);
        let extra = ["access_token", "refresh_token", "client_id", "client_secret", "scope"];
        self.params("auth.refresh.params", &grant.refresh.params, &extra);
        self.headers("auth.refresh.headers", &grant.refresh.headers, TemplatePlace::Header, &extra);
        self.option_step("auth.refresh.request", grant.refresh.request.as_ref(), &extra);
        self.option_step("auth.revoke", grant.revoke, &["token", "access_token", "refresh_token"]);
        self.apply(grant.apply);
    }

    fn client(&mut self, grant: &Grant<'a>) {
        let Some(client_auth) = grant.client_auth else { return };
        self.add("auth.client_id", grant.client_id, TemplatePlace::Value);
        if !matches!(client_auth, ClientAuth::None | ClientAuth::PrivateKeyJwt) {
            self.add("auth.client_secret", grant.client_secret, TemplatePlace::Value);
        }
        if let Some(assertion) = grant.client_assertion {
            self.assertion("auth.client_assertion", assertion);
        }
    }

    fn assertion(&mut self, path: &str, assertion: &'a Assertion) {
        self.add(&format!("{path}.key"), &assertion.key, TemplatePlace::Value);
        self.option(&format!("{path}.key_passphrase"), assertion.key_passphrase.as_deref(), TemplatePlace::Value);
        self.option(&format!("{path}.certificate"), assertion.certificate.as_deref(), TemplatePlace::Value);
        let extra =
            ["token_url", "scope", "now", "expires_at", "nonce", "public_key_fingerprint", "certificate_thumbprint"];
        self.headers(&format!("{path}.headers"), &assertion.headers, TemplatePlace::Json, &extra);
        for (name, claim) in &assertion.claims {
            self.json(&format!("{path}.claims.{name}"), claim, TemplatePlace::Json, &extra);
        }
    }

    fn oauth1(&mut self, oauth1: &'a Oauth1) {
        self.add("auth.consumer_key", &oauth1.consumer_key, TemplatePlace::Value);
        self.add("auth.consumer_secret", &oauth1.consumer_secret, TemplatePlace::Value);
        self.url("auth.request_token_url", oauth1.request_token_url.as_deref());
        self.url("auth.authorize_url", oauth1.authorize_url.as_deref());
        self.params("auth.authorize_params", &oauth1.authorize_params, &[]);
        self.url("auth.access_token_url", oauth1.access_token_url.as_deref());
        self.option("auth.access_token", oauth1.access_token.as_deref(), TemplatePlace::Value);
        self.option("auth.access_token_secret", oauth1.access_token_secret.as_deref(), TemplatePlace::Value);
        self.option("auth.realm", oauth1.realm.as_deref(), TemplatePlace::Value);
    }

    fn exchange(&mut self, exchange: &'a TokenExchange) {
        self.steps("auth.steps", &exchange.steps, &["access_token", "refresh_token"]);
        self.option_step("auth.refresh", exchange.refresh.as_ref(), &["access_token", "refresh_token"]);
        self.option_step("auth.revoke", exchange.revoke.as_ref(), &["token", "access_token", "refresh_token"]);
        self.apply(&exchange.apply);
    }

    /// Steps in order: what one keeps, the next ones may use.
    fn steps(&mut self, path: &str, steps: &'a [Step], extra: &[&'a str]) {
        for (at, step) in steps.iter().enumerate() {
            self.step(&format!("{path}.{at}"), step, extra);
            self.names.extend(step.kept_names());
        }
    }

    fn option_step(&mut self, path: &str, step: Option<&'a Step>, extra: &[&'a str]) {
        if let Some(step) = step {
            self.step(path, step, extra);
        }
    }

    fn step(&mut self, path: &str, step: &'a Step, extra: &[&'a str]) {
        self.with(&format!("{path}.url"), &step.url, TemplatePlace::Url, extra);
        if let Some(basic) = &step.basic {
            self.with(&format!("{path}.basic.username"), &basic.username, TemplatePlace::Value, extra);
            self.with(&format!("{path}.basic.password"), &basic.password, TemplatePlace::Value, extra);
        }
        self.headers(&format!("{path}.headers"), &step.headers, TemplatePlace::Header, extra);
        self.params(&format!("{path}.query"), &step.query, extra);
        if let Some(body) = &step.body {
            let place = match step.format {
                BodyFormat::Form | BodyFormat::Query => TemplatePlace::Value,
                BodyFormat::Json => TemplatePlace::Json,
                BodyFormat::Xml => TemplatePlace::Xml,
            };
            self.json(&format!("{path}.body"), body, place, extra);
        }
    }

    fn apply(&mut self, apply: &'a Apply) {
        let place = if apply.query.is_some() { TemplatePlace::Value } else { TemplatePlace::Header };
        self.with("auth.apply.value", apply.template(), place, &["access_token"]);
        self.headers("auth.apply.headers", &apply.headers, TemplatePlace::Header, &["access_token"]);
    }
}
