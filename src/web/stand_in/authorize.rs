//! The authorization endpoint (RFC 6749 section 4.1.1): who may ask, the page, and the way back with a code or a refusal.
//! PKCE by S256 is asked of everybody.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::web::Data;
use url::Url;
use url::form_urlencoded;

use crate::app::demo::shop::CLIENT_ID;
use crate::app::demo::shop::SCOPES;
use crate::error::Error;
use crate::error::Result;
use crate::web::connect::told;
use crate::web::html;
use crate::web::origin;
use crate::web::stand_in::Registered;
use crate::web::stand_in::book::Asked;
use crate::web::stand_in::book::Book;
use crate::web::stand_in::page::AuthorizePage;
use crate::web::stand_in::page::wish;

/// A request whose client and redirect URI are right: whatever else is wrong is told there.
struct Request {
    redirect_uri: Url,
    state: Option<String>,
    /// What is asked, or the error code and what is wrong.
    wish: Result<Wish, (&'static str, &'static str)>,
}

struct Wish {
    challenge: String,
    scopes: BTreeSet<String>,
}

/// `GET /oauth/authorize`
pub(super) async fn show(registered: Data<Registered>, req: HttpRequest) -> HttpResponse {
    told(shown(&registered, req.query_string()))
}

fn shown(registered: &Registered, query: &str) -> Result<HttpResponse> {
    let request = Request::read(registered, query)?;
    let wish = match &request.wish {
        Ok(found) => found.scopes.iter().map(|scope| wish(scope)).collect(),
        Err((code, why)) => return Ok(back(&request, &[("error", *code), ("error_description", *why)])),
    };
    let back_to = request.redirect_uri.origin().ascii_serialization();
    // The answer to the form redirects there, and browsers hold that to the policy too.
    let places = format!("'self' {back_to}");
    html::answer(StatusCode::OK, &AuthorizePage::new(wish, back_to, query.to_owned()), Some(&places))
}

/// `POST /oauth/authorize`
pub(super) async fn decide(
    book: Data<Book>,
    registered: Data<Registered>,
    req: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    told(decided(&book, &registered, &req, &body))
}

fn decided(book: &Book, registered: &Registered, req: &HttpRequest, body: &[u8]) -> Result<HttpResponse> {
    origin::check(req.headers(), &registered.own_url)?;
    let form: BTreeMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let request = Request::read(registered, field("query"))?;
    let wish = match &request.wish {
        Ok(wish) => wish,
        Err((code, why)) => return Ok(back(&request, &[("error", *code), ("error_description", *why)])),
    };
    if field("decision") != "allow" {
        return Ok(back(&request, &[("error", "access_denied"), ("error_description", "The owner did not allow it.")]));
    }
    let code = book.allow(Asked {
        redirect_uri: request.redirect_uri.as_str().to_owned(),
        challenge: wish.challenge.clone(),
        scopes: wish.scopes.clone(),
        at: book.now(),
    })?;
    Ok(back(&request, &[("code", code.as_str())]))
}

impl Request {
    /// # Errors
    /// A client or redirect URI that is not registered: the browser is sent nowhere.
    fn read(registered: &Registered, query: &str) -> Result<Self> {
        let mut given: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            if given.insert(name, value).is_some() {
                return Err(Error::malformed("invalid_request", "a parameter of this request stands in it twice"));
            }
        }
        let field = |name: &str| given.get(name).map(String::as_str);
        if field("client_id") != Some(CLIENT_ID) {
            let message = format!("this client is not registered; the demo's client is `{CLIENT_ID}`");
            return Err(Error::malformed("unknown_client", message));
        }
        let redirect_uri = field("redirect_uri").filter(|uri| uri.starts_with(&registered.callbacks));
        let redirect_uri = redirect_uri.and_then(|uri| Url::parse(uri).ok()).ok_or_else(|| {
            let message =
                format!("this redirect URI is not registered; those of the demo begin with {}", registered.callbacks);
            Error::malformed("unknown_redirect_uri", message)
        })?;
        Ok(Self { redirect_uri, state: field("state").map(str::to_owned), wish: Wish::read(field) })
    }
}

impl Wish {
    fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, (&'static str, &'static str)> {
        if field("response_type") != Some("code") {
            return Err(("unsupported_response_type", "Only codes are issued here."));
        }
        if field("code_challenge_method") != Some("S256") {
            return Err(("invalid_request", "PKCE by S256 is needed."));
        }
        let challenge = field("code_challenge").filter(|challenge| challenge.len() == 43);
        let challenge = challenge.ok_or(("invalid_request", "The code challenge is not one of S256."))?.to_owned();
        let asked = field("scope").unwrap_or_default();
        let mut scopes: BTreeSet<String> =
            asked.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(("invalid_scope", "There is no such scope here."));
        }
        if scopes.is_empty() {
            scopes = SCOPES.map(str::to_owned).into();
        }
        Ok(Self { challenge, scopes })
    }
}

fn back(request: &Request, params: &[(&str, &str)]) -> HttpResponse {
    let mut url = request.redirect_uri.clone();
    url.query_pairs_mut().extend_pairs(params);
    if let Some(state) = &request.state {
        url.query_pairs_mut().append_pair("state", state);
    }
    HttpResponse::SeeOther().insert_header((header::LOCATION, url.as_str())).finish()
}
