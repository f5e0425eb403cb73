//! Token requests of the grants (RFC 6749 sections 4.1.3, 4.3.2, 4.4.2 and 6, RFC 7523 section 2.1), with all that a
//! manifest changes about them.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::Method;
use crate::model::component::auth::Auth;
use crate::model::component::auth::grant::Grant;
use crate::model::component::auth::grant::JwtBearer;
use crate::model::component::auth::grant::Pkce;
use crate::model::component::auth::param::BodyFormat;
use crate::model::component::auth::param::Params;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::fill::Fill;
use crate::model::http::Request;
use crate::model::http::encode;
use crate::model::http::fields::Fields;
use crate::model::oauth::Moment;
use crate::model::oauth::client;
use crate::model::oauth::scopes;
use crate::model::sign::jwt;
use crate::model::sign::jwt::Facts;
use crate::model::template::Encoding;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What a person's authorization gave. No `Debug`.
pub struct Code<'a> {
    pub code: &'a str,
    pub verifier: &'a str,
    /// The same as in the authorize URL.
    pub redirect_uri: &'a str,
}

/// The request that trades a code for tokens. `fill` holds what the callback gave besides.
///
/// # Errors
/// `wrong_kind`; a value is missing or unfit.
pub fn by_code(auth: &Auth, fill: &Fill, code: &Code<'_>, moment: &Moment<'_>) -> Result<Request> {
    let Auth::Oauth2AuthorizationCode(kind) = auth else { return Err(wrong_kind()) };
    let mut fields = Fields::default();
    fields.put("grant_type", "authorization_code");
    fields.put("code", code.code);
    fields.put("redirect_uri", code.redirect_uri);
    let mut fill = fill.clone().with("code", code.code).with("redirect_uri", code.redirect_uri);
    if kind.pkce != Pkce::Off {
        fields.put("code_verifier", code.verifier);
        fill.set("code_verifier", code.verifier);
    }
    let grant = kind.grant();
    let added = Added { params: &grant.token_request.params, headers: None };
    Draft { auth, grant, fill: &fill, moment }.request(&kind.token_url, fields, &added)
}

/// The request of a grant that needs no person; nothing where the assertion itself is the token.
///
/// # Errors
/// `wrong_kind`; a value is missing or unfit.
pub fn by_itself(auth: &Auth, fill: &Fill, moment: &Moment<'_>) -> Result<Option<Request>> {
    let mut fields = Fields::default();
    let mut named = fill.clone();
    let scope = scopes(auth, fill)?.join(auth.scope_separator());
    match auth {
        Auth::Oauth2ClientCredentials(_) => fields.put("grant_type", "client_credentials"),
        Auth::Oauth2Password(kind) => {
            fields.put("grant_type", "password");
            for (name, template) in [("username", &kind.username), ("password", &kind.password)] {
                let value = fill.text(template, Encoding::Plain)?;
                fields.put(name, value.as_str());
                named.set(name, value.as_str());
            }
        }
        Auth::JwtBearer(kind) if kind.token_url.is_some() => {
            let assertion = assertion(auth, kind, fill, moment)?;
            fields.put("grant_type", JWT_BEARER);
            fields.put("assertion", assertion.as_str());
            named.set("assertion", assertion.as_str());
        }
        Auth::JwtBearer(_) => return Ok(None),
        _ => return Err(wrong_kind()),
    }
    if !scope.is_empty() {
        fields.put("scope", scope);
    }
    let (Some(grant), Some(url)) = (auth.grant(), auth.grant().and_then(|grant| grant.token_url)) else {
        return Err(wrong_kind());
    };
    let added = Added { params: &grant.token_request.params, headers: None };
    Draft { auth, grant, fill: &named, moment }.request(url, fields, &added).map(Some)
}

/// The signed assertion of a `jwt_bearer` type.
///
/// # Errors
/// A value is missing, or the key cannot be used.
pub fn assertion(auth: &Auth, kind: &JwtBearer, fill: &Fill, moment: &Moment<'_>) -> Result<Zeroizing<String>> {
    let token_url = kind.token_url.as_deref().map(|url| fill.url(url)).transpose()?;
    let scope = scopes(auth, fill)?.join(&kind.scope_separator);
    let facts = Facts {
        now: moment.now,
        nonce: moment.nonce,
        token_url: token_url.as_ref().map(url::Url::as_str),
        scope: &scope,
    };
    jwt::sign(&kind.assertion, fill, &facts)
}

/// What is traded for a new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traded {
    RefreshToken,
    AccessToken,
}

/// The request that renews a token (section 6), or trades the access token itself. `fill` holds the tokens.
///
/// # Errors
/// `wrong_kind`; a value is missing or unfit.
pub fn by_refresh(auth: &Auth, fill: &Fill, traded: Traded, moment: &Moment<'_>) -> Result<Request> {
    let Some(grant) = auth.grant() else { return Err(wrong_kind()) };
    let Some(url) = grant.refresh_url.or(grant.token_url) else { return Err(wrong_kind()) };
    let mut fields = Fields::default();
    match traded {
        Traded::RefreshToken => {
            fields.put("grant_type", "refresh_token");
            fields.put("refresh_token", fill.text("{{refresh_token}}", Encoding::Plain)?.as_str());
        }
        Traded::AccessToken => fields.put("access_token", fill.text("{{access_token}}", Encoding::Plain)?.as_str()),
    }
    let added = Added { params: &grant.refresh.params, headers: Some(&grant.refresh.headers) };
    Draft { auth, grant, fill, moment }.request(url, fields, &added)
}

/// What a manifest adds to one kind of request.
struct Added<'a> {
    params: &'a Params,
    headers: Option<&'a BTreeMap<String, String>>,
}

/// A request on its way.
struct Draft<'a> {
    auth: &'a Auth,
    grant: Grant<'a>,
    fill: &'a Fill,
    moment: &'a Moment<'a>,
}

impl Draft<'_> {
    fn request(&self, url: &str, mut fields: Fields, added: &Added<'_>) -> Result<Request> {
        let rules = self.grant.token_request;
        let mut request = Request::new(rules.method, self.fill.url(url)?);
        client::prove(&self.grant, self.fill, self.moment, &mut request, &mut fields)?;
        rules.omit.iter().for_each(|name| fields.remove(name));
        let scope = scopes(self.auth, self.fill)?.join(self.grant.scope_separator);
        let named = client::named(&self.grant, self.fill, &scope)?;
        named.params(added.params, &mut fields)?;
        rules.rename.iter().for_each(|(old, new)| fields.rename(old, new));
        headers(&named, &rules.headers, &mut request)?;
        if let Some(own) = added.headers {
            headers(&named, own, &mut request)?;
        }
        accept(self.grant.token_reply.format, &mut request);
        let is_get = matches!(rules.method, Method::Get | Method::Head);
        let format = if is_get && rules.format == BodyFormat::Form { BodyFormat::Query } else { rules.format };
        fields.write(&mut request, format)?;
        Ok(request)
    }
}

/// Sets a manifest's headers; one that names something without a value is left out.
pub(super) fn headers(fill: &Fill, headers: &BTreeMap<String, String>, request: &mut Request) -> Result<()> {
    for (name, template) in headers {
        if let Some(value) = fill.optional(template, Encoding::Header)? {
            encode::check_header(name, &value)?;
            request.set_header(name, value);
        }
    }
    Ok(())
}

/// Asks for the form of reply that is read.
pub(super) fn accept(format: ReplyFormat, request: &mut Request) {
    let wanted = match format {
        ReplyFormat::Json => "application/json",
        ReplyFormat::Form => "application/x-www-form-urlencoded",
        ReplyFormat::Xml => "application/xml, text/xml",
    };
    request.default_header("Accept", wanted);
}

pub(super) fn wrong_kind() -> Error {
    Error::invalid("wrong_kind", "this connection type has no token request of that kind")
}
