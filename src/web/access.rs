//! Finds out who asks, before anything else of a request is read: strangers get 401 whatever their request looks like.

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::caller::Caller;
use crate::web::Options;
use crate::web::limit::Left;
use crate::web::limit::Requests;

/// The header that names the tenant; keys need none.
pub const TENANT: &str = "keyway-tenant";

type Answer = Result<ServiceResponse<BoxBody>, actix_web::Error>;

/// For routes that need somebody, in whatever tenant.
pub async fn signed_in(req: ServiceRequest, next: Next<BoxBody>) -> Answer {
    match caller(req.request()).await {
        Ok(caller) => {
            let left = take(&req, &caller);
            req.extensions_mut().insert(caller);
            within(left, req, next).await
        }
        Err(error) => Ok(req.error_response(error)),
    }
}

/// For routes that act in one tenant.
pub async fn member(req: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let caller = match caller(req.request()).await {
        Ok(caller) => caller,
        Err(error) => return Ok(req.error_response(error)),
    };
    let left = take(&req, &caller);
    match named_tenant(req.request()).and_then(|tenant| caller.act_in(tenant.as_deref())) {
        Ok(actor) => {
            req.extensions_mut().insert(caller);
            req.extensions_mut().insert(actor);
            within(left, req, next).await
        }
        Err(error) => Ok(told(req.error_response(error), left)),
    }
}

/// One request of the caller's budget.
fn take(req: &ServiceRequest, caller: &Caller) -> Option<Left> {
    let (requests, app) = (req.app_data::<Data<Requests<Uuid>>>()?, req.app_data::<Data<App>>()?);
    requests.take(caller.id(), app.clock().now())
}

/// Goes on unless the budget is used up; the answer tells what is left in any case.
async fn within(left: Option<Left>, req: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let answer = match left.and_then(|left| left.refusal()) {
        Some(refusal) => req.error_response(refusal),
        None => next.call(req).await?,
    };
    Ok(told(answer, left))
}

fn told(mut answer: ServiceResponse<BoxBody>, left: Option<Left>) -> ServiceResponse<BoxBody> {
    if let Some(left) = left {
        left.write_to(answer.headers_mut());
    }
    answer
}

/// The actor of a route that finds out itself who asks.
///
/// # Errors
/// `unauthenticated`, and those of acting in a tenant.
pub async fn actor(req: &HttpRequest) -> Result<Actor> {
    caller_and_actor(req).await.map(|(_, actor)| actor)
}

async fn caller_and_actor(req: &HttpRequest) -> Result<(Caller, Actor)> {
    let caller = caller(req).await?;
    let actor = caller.act_in(named_tenant(req)?.as_deref())?;
    Ok((caller, actor))
}

async fn caller(req: &HttpRequest) -> Result<Caller> {
    let (Some(app), Some(options)) = (req.app_data::<Data<App>>(), req.app_data::<Data<Options>>()) else {
        return Err(Error::bug("the server was started without its application"));
    };
    app.recognise(bearer(req.headers()).ok_or_else(Error::unauthenticated)?, options.session).await
}

/// The token of `Authorization: Bearer …`; the scheme's case does not matter (RFC 9110 section 11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn named_tenant(req: &HttpRequest) -> Result<Option<String>> {
    let Some(value) = req.headers().get(TENANT) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if key.len() <= 64 => Ok(Some(key.trim().to_owned())),
        _ => Err(Error::malformed("malformed_tenant", "`Keyway-Tenant` holds the key of a tenant")),
    }
}
