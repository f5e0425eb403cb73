//! The token endpoint (RFC 6749 section 4.1.3 and 6) and revocation (RFC 7009), for the one client that there is.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::web::Data;
use serde_json::json;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::app::credential::tokens::GivenTokens;
use crate::app::demo::shop::CLIENT_ID;
use crate::app::demo::shop::CLIENT_SECRET;
use crate::crypto::is_same;
use crate::model::http::encode::basic;
use crate::model::http::encode::percent;
use crate::web::stand_in::book::Book;
use crate::web::stand_in::book::Issued;

type Form = BTreeMap<String, String>;

/// `POST /oauth/token`
pub(super) async fn issue(book: Data<Book>, req: HttpRequest, body: Bytes) -> HttpResponse {
    let form = match form_of_client(&req, &body) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let issued = match field("grant_type") {
        "authorization_code" => book.trade(field("code"), field("redirect_uri"), field("code_verifier")),
        "refresh_token" => Ok(book.renew(field("refresh_token"))),
        _ => return refusal("unsupported_grant_type"),
    };
    match issued {
        Ok(Some(issued)) => HttpResponse::Ok().json(issued),
        Ok(None) => refusal("invalid_grant"),
        Err(error) => HttpResponse::from_error(error),
    }
}

/// `POST /oauth/revoke`
pub(super) async fn revoke(book: Data<Book>, req: HttpRequest, body: Bytes) -> HttpResponse {
    match form_of_client(&req, &body) {
        Ok(form) => {
            form.get("token").into_iter().for_each(|token| book.revoke(token));
            HttpResponse::Ok().finish()
        }
        Err(refusal) => *refusal,
    }
}

/// The form of a client that proved itself, by header or in the form.
fn form_of_client(req: &HttpRequest, body: &[u8]) -> Result<Form, Box<HttpResponse>> {
    let mut form = Form::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        if form.insert(name, value).is_some() {
            return Err(Box::new(refusal("invalid_request")));
        }
    }
    let header = req.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let is_proven = match header {
        // The two are form-encoded before they are joined (section 2.3.1).
        Some(given) => {
            let encoded = |text: &str| percent(text.as_bytes());
            is_same(given, basic(&encoded(CLIENT_ID), &encoded(CLIENT_SECRET)).as_bytes())
        }
        None => {
            let is = |name: &str, wanted: &str| {
                form.get(name).is_some_and(|given| is_same(given.as_bytes(), wanted.as_bytes()))
            };
            is("client_id", CLIENT_ID) && is("client_secret", CLIENT_SECRET)
        }
    };
    if is_proven {
        return Ok(form);
    }
    let told = HttpResponse::Unauthorized()
        .insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"Demo shop\""))
        .json(json!({ "error": "invalid_client" }));
    Err(Box::new(told))
}

fn refusal(error: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": error }))
}

/// Tokens as they are given to a credential that nobody authorizes by hand.
pub(super) fn given(issued: Issued) -> GivenTokens {
    GivenTokens {
        access_token: Zeroizing::new(issued.access_token),
        refresh_token: Some(Zeroizing::new(issued.refresh_token)),
        token_secret: None,
        expires_at: Some(issued.expires_at),
        granted_scopes: Some(issued.scope.split(' ').map(str::to_owned).collect()),
        kept: BTreeMap::new(),
    }
}
