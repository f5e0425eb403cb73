//! Answers: kinds of errors become statuses and problem details (RFC 9457), and every answer gets its headers.

use std::fmt;

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use serde::Serialize;
use tracing_actix_web::RequestId;
use utoipa::ToSchema;

use crate::error::Error;
use crate::error::FieldError;
use crate::error::Kind;
use crate::error::RetryAfter;
use crate::model::live_test::Failed;
use crate::model::live_test::Outcome;

/// Nothing but data: an answer of the API is never a page, and never framed.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    #[schema(example = "Unprocessable Entity")]
    pub title: String,
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// Stable word for programs.
    #[schema(example = "invalid_fields", pattern = "^[a-z0-9_]+$")]
    pub code: String,
    /// What happened and what to do, for people.
    pub detail: String,
    /// The wrong fields, when the request's fields are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<WrongField>, required = false)]
    pub errors: Vec<FieldError>,
    /// With `live_test_failed`: what the live test found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub outcome: Option<Outcome>,
    /// With `live_test_failed`: what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// With `live_test_failed`: what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// With `live_test_failed`: more for who can do something about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Names the request in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// One wrong field.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the error type of the base, which knows no HTTP")]
pub struct WrongField {
    /// Dotted path of the field, as the caller spelled it.
    #[schema(example = "email")]
    field: String,
    /// Stable word for programs.
    #[schema(example = "invalid_email")]
    code: String,
    message: String,
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self.kind {
            Kind::Malformed => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Upstream => StatusCode::BAD_GATEWAY,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if self.kind == Kind::Unauthenticated {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(wait) = self.source.as_ref().and_then(|source| source.downcast_ref::<RetryAfter>()) {
            answer.insert_header((header::RETRY_AFTER, wait.seconds));
        }
        answer.body(problem(self, None))
    }
}

fn problem(error: &Error, request_id: Option<String>) -> String {
    let (status, found) = (error.status_code(), Failed::of(error));
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        code: error.code.to_owned(),
        detail: error.public.clone(),
        errors: error.fields.clone(),
        outcome: found.map(|verdict| verdict.outcome),
        message: found.map(|verdict| verdict.message.clone()),
        advice: found.map(|verdict| verdict.advice.clone()),
        hint: found.and_then(|verdict| verdict.hint.clone()),
        request_id,
    };
    // Strings and numbers always serialise.
    serde_json::to_string(&problem).unwrap_or_default()
}

/// Finishes every answer: request id, security headers, problem details, one line in the log for failures of ours.
pub async fn finish(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = req.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let mut answer = next.call(req).await?.map_into_boxed_body();
    if let Some(body) = answer.response().error().map(|error| finish_problem(error, &id)) {
        let (status, body) = body;
        *answer.response_mut().status_mut() = status;
        let content = HeaderValue::from_static("application/problem+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, content);
        answer = answer.map_body(|_, _| BoxBody::new(body));
    }
    dress(answer.headers_mut(), &id);
    Ok(answer)
}

/// The headers that every answer has: the request's id, and those that keep it out of caches, frames and scripts.
pub fn dress(headers: &mut HeaderMap, id: &str) {
    const DEFAULTS: [(HeaderName, HeaderValue); 5] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(API_POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in DEFAULTS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}

fn finish_problem(error: &actix_web::Error, id: &str) -> (StatusCode, String) {
    if let Some(error) = error.as_error::<Error>() {
        if error.status_code().is_server_error() {
            let cause = error.source.as_ref().map(|source| format!("{source:#}")).unwrap_or_default();
            tracing::error!(code = error.code, cause, "a request failed: {}", error.public);
        }
        return (error.status_code(), problem(error, Some(id.to_owned())));
    }
    // An error of the framework that no handler of ours turned into one of ours.
    let status = error.as_response_error().status_code();
    let ours = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Kind::TooLarge, "body_too_large", "the body is too large"),
        status if status.is_client_error() => Error::malformed("malformed_request", "the request cannot be read"),
        _ => Error::bug(error),
    };
    if ours.kind == Kind::Internal {
        tracing::error!(cause = %error, "a request failed outside of a handler");
    }
    (ours.status_code(), problem(&ours, Some(id.to_owned())))
}

/// A problem with one more member, for answers that say more than that something is refused.
pub fn problem_with(req: &HttpRequest, error: &Error, member: &str, content: &impl Serialize) -> HttpResponse {
    let request_id = req.extensions().get::<RequestId>().map(ToString::to_string);
    let mut body: serde_json::Value = serde_json::from_str(&problem(error, request_id)).unwrap_or_default();
    body[member] = serde_json::to_value(content).unwrap_or_default();
    HttpResponse::build(error.status_code()).content_type("application/problem+json").body(body.to_string())
}

/// 200 with a body.
pub fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

/// 200 with a body and its version.
pub fn ok_versioned(version: i64, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, etag(version))).json(body)
}

/// 201 with what was made and where it is.
pub fn created(location: impl fmt::Display, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().insert_header((header::LOCATION, location.to_string())).json(body)
}

/// 201 with what was made, where it is, and its version.
pub fn created_versioned(location: impl fmt::Display, version: i64, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((header::LOCATION, location.to_string()))
        .insert_header((header::ETAG, etag(version)))
        .json(body)
}

/// 204.
pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// The entity tag of a version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}
