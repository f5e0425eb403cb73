//! Ending a token at the provider (RFC 7009), and asking what it knows of one (RFC 7662).

use crate::clock::Instant;
use crate::error::Result;
use crate::model::component::Method;
use crate::model::component::auth::Auth;
use crate::model::component::auth::grant::Grant;
use crate::model::component::auth::param::BodyFormat;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::fields::Fields;
use crate::model::oauth::Moment;
use crate::model::oauth::ask;
use crate::model::oauth::client;
use crate::model::oauth::step;
use crate::model::oauth::times;
use crate::model::reply;
use crate::model::token::TokenSet;

/// The request that ends these tokens: the refresh token if there is one, because its end is that of the others
/// (RFC 7009 section 2.1), else the access token. Nothing where the provider has no way.
///
/// # Errors
/// A value is missing or unfit.
pub fn request(auth: &Auth, fill: &Fill, tokens: &TokenSet, moment: &Moment<'_>) -> Result<Option<Request>> {
    let (token, hint) = match &tokens.refresh_token {
        Some(token) => (token, "refresh_token"),
        None => (&tokens.access_token, "access_token"),
    };
    if token.is_empty() {
        return Ok(None);
    }
    let fill = fill.clone().with_tokens(tokens).with("token", token.as_str());
    let own = match auth {
        Auth::TokenExchange(exchange) => exchange.revoke.as_ref(),
        _ => auth.grant().and_then(|grant| grant.revoke),
    };
    if let Some(own) = own {
        let named = auth.grant().map(|grant| client::named(&grant, &fill, "")).transpose()?.unwrap_or(fill);
        return step::request(own, &named);
    }
    let Some(grant) = auth.grant() else { return Ok(None) };
    let Some(url) = grant.revoke_url.map(|url| fill.optional(url, crate::model::template::Encoding::UrlPart)) else {
        return Ok(None);
    };
    match url? {
        Some(url) => about_token(&grant, &fill, &url, (token.as_str(), hint), moment).map(Some),
        None => Ok(None),
    }
}

/// The request that asks when an access token ends, where the manifest names an endpoint for it.
///
/// # Errors
/// A value is missing or unfit.
pub fn introspection(auth: &Auth, fill: &Fill, tokens: &TokenSet, moment: &Moment<'_>) -> Result<Option<Request>> {
    let Some(grant) = auth.grant() else { return Ok(None) };
    let Some(url) = grant.introspection_url else { return Ok(None) };
    let url = fill.url(url)?;
    about_token(&grant, fill, url.as_str(), (tokens.access_token.as_str(), "access_token"), moment).map(Some)
}

/// The end of the token as introspection tells it (RFC 7662 section 2.2).
#[must_use]
pub fn introspected_end(reply: &Reply) -> Option<Instant> {
    let document = reply::document(reply, ReplyFormat::Json).filter(|_| reply.is_success())?;
    times::unix(reply::at(&document, "exp")?)
}

fn about_token(
    grant: &Grant<'_>,
    fill: &Fill,
    url: &str,
    (token, hint): (&str, &str),
    moment: &Moment<'_>,
) -> Result<Request> {
    let mut request = Request::new(Method::Post, crate::model::fill::absolute(url)?);
    let mut fields = Fields::default();
    fields.put("token", token);
    fields.put("token_type_hint", hint);
    client::prove(grant, fill, moment, &mut request, &mut fields)?;
    ask::accept(ReplyFormat::Json, &mut request);
    fields.write(&mut request, BodyFormat::Form)?;
    Ok(request)
}
