//! The three legs of OAuth 1 (RFC 5849 section 2): temporary credentials, the person's authorization, token credentials.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::Method;
use crate::model::component::auth::oauth1::Oauth1;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::component::auth::token::TokenReply;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::encode;
use crate::model::http::fields::Fields;
use crate::model::oauth::Moment;
use crate::model::oauth::answer::Issued;
use crate::model::oauth::ask;
use crate::model::oauth::failure::Failure;
use crate::model::reply;
use crate::model::sign::oauth1::Signer;
use crate::model::template::Encoding;

/// Temporary credentials, to be sealed with the flow. No `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Temporary {
    pub token: Zeroizing<String>,
    pub secret: Zeroizing<String>,
}

/// Who signs: the client alone, or with a token.
///
/// # Errors
/// A value is missing.
pub fn signer(oauth1: &Oauth1, fill: &Fill, token: Option<(&str, &str)>) -> Result<Signer> {
    let owned = |text: &str| Zeroizing::new(text.to_owned());
    let realm = oauth1.realm.as_deref().map(|realm| fill.optional(realm, Encoding::Header)).transpose()?;
    Ok(Signer {
        method: oauth1.signature_method,
        consumer_key: fill.text(&oauth1.consumer_key, Encoding::Plain)?,
        consumer_secret: fill.text(&oauth1.consumer_secret, Encoding::Plain)?,
        token: token.map(|(token, secret)| (owned(token), owned(secret))),
        realm: realm.flatten(),
    })
}

/// The request for temporary credentials (section 2.1).
///
/// # Errors
/// `wrong_kind` when no person authorizes; a value is missing.
pub fn temporary_request(oauth1: &Oauth1, fill: &Fill, callback: &str, moment: &Moment<'_>) -> Result<Request> {
    let url = oauth1.request_token_url.as_deref().ok_or_else(ask::wrong_kind)?;
    let mut request = Request::new(Method::Post, fill.url(url)?);
    signer(oauth1, fill, None)?.sign(&mut request, moment.now, moment.nonce, &[("oauth_callback", callback)]);
    Ok(request)
}

/// # Errors
/// The reply says no, or holds no credentials.
pub fn read_temporary(reply: &Reply, fill: &Fill, moment: &Moment<'_>) -> Result<Temporary, Failure> {
    let (token, secret) = credentials(reply, fill, moment)?;
    Ok(Temporary { token, secret })
}

/// Where the person goes (section 2.2).
///
/// # Errors
/// `wrong_kind`; a value is missing.
pub fn authorize_url(oauth1: &Oauth1, fill: &Fill, temporary: &Temporary) -> Result<Url> {
    let mut url = fill.url(oauth1.authorize_url.as_deref().ok_or_else(ask::wrong_kind)?)?;
    let mut fields = Fields::default();
    fields.put("oauth_token", temporary.token.as_str());
    fill.params(&oauth1.authorize_params, &mut fields)?;
    encode::add_query(&mut url, &fields.into_vec());
    Ok(url)
}

/// The request for the token (section 2.3).
///
/// # Errors
/// `wrong_kind`; a value is missing.
pub fn token_request(
    oauth1: &Oauth1,
    fill: &Fill,
    temporary: &Temporary,
    verifier: &str,
    moment: &Moment<'_>,
) -> Result<Request> {
    let url = oauth1.access_token_url.as_deref().ok_or_else(ask::wrong_kind)?;
    let mut request = Request::new(Method::Post, fill.url(url)?);
    let signer = signer(oauth1, fill, Some((&temporary.token, &temporary.secret)))?;
    signer.sign(&mut request, moment.now, moment.nonce, &[("oauth_verifier", verifier)]);
    Ok(request)
}

/// # Errors
/// The reply says no, or holds no token.
pub fn read_token(reply: &Reply, fill: &Fill, moment: &Moment<'_>) -> Result<Issued, Failure> {
    let (token, secret) = credentials(reply, fill, moment)?;
    Ok(Issued { access_token: Some(token), token_secret: Some(secret), ..Issued::default() })
}

fn credentials(
    reply: &Reply,
    fill: &Fill,
    moment: &Moment<'_>,
) -> Result<(Zeroizing<String>, Zeroizing<String>), Failure> {
    let document = reply::document(reply, ReplyFormat::Form).unwrap_or_default();
    if !reply.is_success() {
        // Providers of OAuth 1 have no codes of errors; a 401 is a signature or a token that is not accepted.
        return Err(Failure::refusal(reply, &TokenReply::default(), Some(&document), fill, moment.now));
    }
    let value = |name: &str| {
        let text = reply::at(&document, name).and_then(Value::as_str).unwrap_or_default();
        let is_fit = !text.is_empty() && text.len() <= 4096 && !text.chars().any(char::is_control);
        is_fit.then(|| Zeroizing::new(text.to_owned()))
    };
    match (value("oauth_token"), value("oauth_token_secret")) {
        (Some(token), Some(secret)) => Ok((token, secret)),
        _ => Err(Failure::unreadable(
            reply,
            "no_token",
            "there is no `oauth_token` with its secret in it; check the URLs",
        )),
    }
}

/// What a person's answer is checked against: it must name the temporary token that was asked for.
///
/// # Errors
/// `invalid_callback`.
pub fn check_token(temporary: &Temporary, token: &str) -> Result<()> {
    if temporary.token.as_str() == token {
        return Ok(());
    }
    Err(Error::invalid("invalid_callback", "the answer belongs to another authorization; begin again"))
}
