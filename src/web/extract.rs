//! What handlers take from a request, and how requests that cannot be read are refused.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::error::JsonPayloadError;
use actix_web::error::PathError;
use actix_web::error::PayloadError;
use actix_web::error::QueryPayloadError;
use actix_web::http::header;
use actix_web::web;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::caller::Caller;

/// Longest part of a parser's message that is repeated to the caller.
const MAX_REASON: usize = 300;

/// The actor of a `Member` route: `web::access` found it before anything else of the request was read.
impl FromRequest for Actor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(req.extensions().get::<Self>().cloned().ok_or_else(Error::unauthenticated))
    }
}

/// The caller of a `SignedIn` or `Member` route.
impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(req.extensions().get::<Self>().cloned().ok_or_else(Error::unauthenticated))
    }
}

/// The version that the caller last saw (`If-Match: "3"`), for writes to versioned things. Absent, or `*`: any version
/// will do. The use case compares and answers 412 `version_mismatch`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Option<i64>);

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match req.headers().get(header::IF_MATCH) {
            None => Ok(Self(None)),
            Some(value) => value.to_str().ok().and_then(read_if_match).map(Self).ok_or_else(|| {
                Error::malformed("malformed_if_match", "`If-Match` repeats the `ETag` of an answer, such as \"3\"")
            }),
        })
    }
}

fn read_if_match(text: &str) -> Option<Option<i64>> {
    match text.trim() {
        "*" => Some(None),
        text => text.strip_prefix('"')?.strip_suffix('"')?.parse().ok().map(Some),
    }
}

/// How bodies, paths and queries are read: with these limits, and with errors of ours.
pub fn configure(config: &mut web::ServiceConfig, body_limit: usize) {
    config
        .app_data(json_config(body_limit))
        .app_data(web::PayloadConfig::new(body_limit))
        .app_data(web::PathConfig::default().error_handler(|error, req| path_error(&error, req).into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| query_error(&error).into()));
}

pub fn json_config(limit: usize) -> web::JsonConfig {
    web::JsonConfig::default().limit(limit).error_handler(|error, _| json_error(error).into())
}

fn json_error(error: JsonPayloadError) -> Error {
    use JsonPayloadError as E;
    match error {
        E::OverflowKnownLength { limit, .. } | E::Overflow { limit } => too_large(limit),
        E::ContentType => Error::new(
            Kind::UnsupportedMedia,
            "unsupported_media_type",
            "the body is JSON: send it with `Content-Type: application/json`",
        ),
        E::Deserialize(error) if error.is_data() => {
            Error::invalid("invalid_body", format!("the body does not fit: {}", reason(&error)))
        }
        E::Deserialize(error) => {
            Error::malformed("malformed_json", format!("the body is not JSON: {}", reason(&error)))
        }
        E::Payload(error) => payload_error(&error),
        other => Error::malformed("malformed_body", "the body cannot be read").because(anyhow::anyhow!("{other}")),
    }
}

pub fn payload_error(error: &PayloadError) -> Error {
    match error {
        PayloadError::Overflow => Error::new(Kind::TooLarge, "body_too_large", "the body is too large"),
        _ => Error::malformed("incomplete_body", "the body did not arrive in time, or not whole"),
    }
}

pub fn too_large(limit: usize) -> Error {
    Error::new(Kind::TooLarge, "body_too_large", format!("the body is larger than {limit} bytes"))
}

/// An id that is none is like one that does not exist.
fn path_error(error: &PathError, req: &HttpRequest) -> Error {
    Error::not_found("path", req.path()).because(anyhow::anyhow!("{error}"))
}

fn query_error(error: &QueryPayloadError) -> Error {
    Error::malformed("malformed_query", format!("the query does not fit: {}", reason(error)))
}

fn reason(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.chars().take(MAX_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_reads_what_etag_wrote() {
        assert_eq!(read_if_match(&crate::web::respond::etag(3)), Some(Some(3)));
        assert_eq!(read_if_match("*"), Some(None));
        assert_eq!(read_if_match("3"), None);
        assert_eq!(read_if_match("W/\"3\""), None);
        assert_eq!(read_if_match("\"3\", \"4\""), None);
    }
}
