//! A walk over the manifests that ship: each says every request of its own from example values, and every recipe and
//! live test can be made of it.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::Value;

use crate::app::catalog::Catalog;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::auth::Auth;
use crate::model::component::auth::request::Step;
use crate::model::component::whole_pattern;
use crate::model::fill::Fill;
use crate::model::http::Request;
use crate::model::live_test;
use crate::model::oauth::Moment;
use crate::model::oauth::ask;
use crate::model::oauth::ask::Code;
use crate::model::oauth::ask::Traded;
use crate::model::oauth::authorize;
use crate::model::oauth::authorize::Authorization;
use crate::model::oauth::revoke;
use crate::model::oauth::step;
use crate::model::oauth::three_legged;
use crate::model::oauth::three_legged::Temporary;
use crate::model::recipe::Recipe;
use crate::model::template::Encoding;
use crate::model::template::Template;
use crate::model::token::TokenSet;
use crate::model::values::Opened;

const KEY: &str = include_str!("../../model/sign/testdata/rsa.pem");
const CERTIFICATE: &str = include_str!("../../model/sign/testdata/certificate.pem");
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT_URI: &str = "https://keyway.example/oauth/callback/1";

/// Values of the forms that patterns ask for.
const USUAL: [&str; 18] = [
    "https://acme.example",
    "acme.example",
    "acme",
    "ACME-1",
    "/path",
    "1234567",
    "person@acme.example",
    "00000000-0000-4000-8000-000000000000",
    "pat-1",
    "sk-ant-1",
    "ghp_1",
    "lin_api_1",
    "ntn_1",
    "SG.1",
    "shpat_1",
    "xoxb-1",
    "sk_test_1",
    "0123456789abcdef0123456789abcdef",
];

fn made() -> impl Iterator<Item = String> {
    let hex = "0123456789abcdef0123456789abcdef";
    let long = format!("{hex}01234567");
    let made = [
        format!("{hex}-us6"),
        format!("AC{hex}"),
        format!("SK{hex}"),
        format!("ck_{long}"),
        format!("cs_{long}"),
        long,
    ];
    made.into_iter()
}

/// A value that the input takes.
fn example(at: &str, input: &Input) -> Value {
    match (input.kind, input.key.as_str()) {
        (_, "private_key") => return KEY.into(),
        (_, "certificate") => return CERTIFICATE.into(),
        (InputKind::Boolean, _) => return input.default.clone().unwrap_or(Value::Bool(true)),
        (InputKind::Number, _) => return input.default.clone().unwrap_or_else(|| 7.into()),
        _ => {}
    }
    let own = input.example.iter().cloned().chain(input.default.as_ref().and_then(Value::as_str).map(str::to_owned));
    let choices = input.options.iter().map(|choice| choice.value.clone());
    let usual = USUAL.iter().copied().map(str::to_owned).chain(made());
    let pattern = input.pattern.as_deref().map(|pattern| whole_pattern(pattern).unwrap());
    let fits = |text: &String| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
    let is_url = input.key.ends_with("url");
    let usual = usual.filter(|text| !input.options.is_empty() || is_url == text.contains("://"));
    let found = own.chain(choices).chain(usual).find(fits);
    found.unwrap_or_else(|| panic!("{at}: no example fits `{}`", input.key)).into()
}

/// Resolved values; `is_whole` sets optional inputs too.
fn values(at: &str, kind: &ConnectionType, is_whole: bool) -> Fill {
    let set = kind.inputs.iter().filter(|input| !input.is_derived());
    let set = set.filter(|input| is_whole || input.required || input.default.is_some());
    let set = set.filter(|input| is_whole && input.key != "passphrase" || input.required || input.default.is_some());
    let mut values: BTreeMap<String, Opened> =
        set.map(|input| (input.key.clone(), example(at, input).into())).collect();
    let fill = Fill::new(values.clone());
    for input in kind.inputs.iter().filter(|input| input.is_derived()) {
        let template = input.template.as_deref().unwrap();
        let encoding = Template::parse(template).unwrap().derived_encoding();
        if let Some(text) = fill.optional(template, encoding).unwrap_or_else(|e| panic!("{at}: {}: {e}", input.key)) {
            values.insert(input.key.clone(), text.as_str().to_owned().into());
        }
    }
    Fill::new(values)
}

/// Tokens with everything that replies and the callback give.
fn tokens(kind: &ConnectionType) -> TokenSet {
    let leading = kind.base_url.as_deref().and_then(|base| Template::parse(base).ok());
    let leading = leading.as_ref().and_then(Template::leading_name);
    let names = kind.auth.kept_from_replies().into_iter().chain(kind.auth.kept_from_callback());
    let value = |name: &str| if leading == Some(name) { "https://kept.example" } else { "kept-1" };
    TokenSet {
        access_token: "at".to_owned().into(),
        token_secret: matches!(&kind.auth, Auth::Oauth1(oauth1) if oauth1.authorize_url.is_some())
            .then(|| "ts".to_owned().into()),
        refresh_token: Some("rt".to_owned().into()),
        kept: names.map(|name| (name.to_owned(), value(name).to_owned().into())).collect(),
        ..TokenSet::default()
    }
}

fn moment() -> Moment<'static> {
    Moment { now: DateTime::from_timestamp(1_800_000_000, 0).unwrap(), nonce: "n-1" }
}

/// Every request that the type makes before it is of use.
fn requests(kind: &ConnectionType, fill: &Fill, tokens: &TokenSet) -> crate::error::Result<Vec<Request>> {
    let (auth, moment) = (&kind.auth, moment());
    let mut made = Vec::new();
    let with = fill.clone().with_tokens(tokens);
    let steps = |steps: &[&Step]| -> crate::error::Result<Vec<Request>> {
        steps.iter().filter_map(|one| step::request(one, &with).transpose()).collect()
    };
    match auth {
        Auth::Oauth2AuthorizationCode(_) => {
            let with = Authorization { redirect_uri: REDIRECT_URI, state: "s", verifier: VERIFIER, nonce: "n" };
            let url = authorize::url(auth, fill, &with)?;
            assert!(url.query().unwrap().contains("state=s"), "{url}");
            let code = Code { code: "c", verifier: VERIFIER, redirect_uri: REDIRECT_URI };
            made.push(ask::by_code(auth, fill, &code, &moment)?);
        }
        Auth::Oauth2ClientCredentials(_) | Auth::Oauth2Password(_) => made.extend(ask::by_itself(auth, fill, &moment)?),
        Auth::JwtBearer(jwt) => {
            assert_eq!(ask::assertion(auth, jwt, fill, &moment)?.split('.').count(), 3);
            made.extend(ask::by_itself(auth, fill, &moment)?);
        }
        Auth::Oauth1(oauth1) if oauth1.authorize_url.is_some() => {
            made.push(three_legged::temporary_request(oauth1, fill, REDIRECT_URI, &moment)?);
            let temporary = Temporary { token: "t".to_owned().into(), secret: "s".to_owned().into() };
            three_legged::authorize_url(oauth1, fill, &temporary)?;
            made.push(three_legged::token_request(oauth1, fill, &temporary, "v", &moment)?);
        }
        Auth::TokenExchange(exchange) => {
            let all: Vec<&Step> = exchange.steps.iter().chain(&exchange.refresh).collect();
            made.extend(steps(&all)?);
        }
        _ => {}
    }
    if let Some(grant) = auth.grant() {
        if grant.refresh_url.or(grant.token_url).is_some() && grant.refresh.request.is_none() {
            made.push(ask::by_refresh(auth, &with, Traded::RefreshToken, &moment)?);
        }
        let all: Vec<&Step> = grant.follow_up.iter().chain(&grant.refresh.request).collect();
        made.extend(steps(&all)?);
    }
    made.extend(revoke::request(auth, fill, tokens, &moment)?);
    Ok(made)
}

fn assert_filled(at: &str, request: &Request) {
    let headers: Vec<&str> = request.headers.iter().map(|(_, value)| value.as_str()).collect();
    let body = request.body.as_ref().map_or("", |body| std::str::from_utf8(body).unwrap());
    let whole = format!("{} {} {body}", request.url, headers.join(" "));
    assert!(!whole.contains("{{") && !whole.contains("%7B%7B"), "{at}: {whole}");
    assert_eq!(request.url.scheme(), "https", "{at}: {whole}");
}

#[test]
fn every_manifest_says_all_its_requests_from_example_values() {
    let (mut types, mut tests) = (0, 0);
    for entry in Catalog::new(None).list() {
        for kind in &entry.component.connections {
            for is_whole in [true, false] {
                let at = format!("{}: {} (all values: {is_whole})", entry.component.key, kind.key);
                let fill = values(&at, kind, is_whole);
                let tokens = tokens(kind);
                let made = requests(kind, &fill, &tokens).unwrap_or_else(|e| panic!("{at}: {e}"));
                made.iter().for_each(|request| assert_filled(&at, request));
                let recipe = Recipe::of(kind, &fill, Some(&tokens)).unwrap_or_else(|e| panic!("{at}: {e}"));
                types += 1;
                for test in kind.test_requests() {
                    let made = live_test::request(test, &fill, Some(&tokens), &recipe);
                    let mut request = made.unwrap_or_else(|e| panic!("{at}: {e}"));
                    let bare = request.headers.len();
                    recipe.apply(&mut request, moment().now, "n-1").unwrap_or_else(|e| panic!("{at}: {e}"));
                    assert_filled(&at, &request);
                    let is_open = matches!(kind.auth, Auth::None(_));
                    let is_proven = request.headers.len() > bare || !recipe.query.is_empty();
                    assert!(is_open || is_proven, "{at}: nothing proves who asks");
                    tests += 1;
                }
            }
        }
    }
    assert!(types >= 2 * 63 && tests > 100, "{types} {tests}");
}

#[test]
fn akeneo_says_what_happened_in_its_six_sentences() {
    let catalog = Catalog::new(None);
    let entries = catalog.list();
    let akeneo = entries.iter().find(|entry| entry.component.key == "akeneo").unwrap();
    let kind = &akeneo.component.connections[0];
    let said: Vec<String> = live_test::Outcome::FAILURES
        .iter()
        .map(|outcome| live_test::verdict(kind, *outcome, None, None))
        .map(|verdict| format!("{}: {}. {}", verdict.outcome.as_str(), verdict.message, verdict.advice))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    not_found: The Akeneo API was not found at this Base URL. The Base URL is wrong or does not point to your Akeneo instance. Check it (for example, https://your-instance.cloud).
    authentication_rejected: Authentication was rejected. One or more of the Client ID, Secret, Username, or Password is incorrect.
    access_denied: Access was denied by Akeneo. The API user does not have permission to use the API — check its roles and permissions in Akeneo.
    request_rejected: Akeneo rejected the request. Review the connection details and try again.
    server_error: Akeneo returned a server error. A temporary problem on the Akeneo side — try again in a few moments.
    unreachable: Could not reach the Akeneo server. The Base URL is wrong, or the server is offline or unreachable from this network.
    ");
    let fill = values("akeneo", kind, true);
    let request = ask::by_itself(&kind.auth, &fill, &moment()).unwrap().unwrap();
    assert_eq!(request.url.path(), "/api/oauth/v1/token");
    assert!(request.header_value("authorization").unwrap().starts_with("Basic "));
    assert_eq!(fill.text("{{base_url}}", Encoding::UrlPart).unwrap().as_str(), "https://acme.cloud.akeneo.com");
}
