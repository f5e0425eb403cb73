//! What handlers take from a request, and how requests that cannot be read are refused.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::error::PathError;
use actix_web::error::QueryPayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

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

/// A JSON object as the body. The framework's own `Json` would also take an array for a struct, field by field.
#[derive(Debug)]
pub struct Json<T>(T);

impl<T> Json<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = req.mime_type().is_ok_and(|mime| {
            mime.is_some_and(|mime| mime.subtype() == "json" || mime.suffix().is_some_and(|suffix| suffix == "json"))
        });
        if !is_json {
            let public = "the body is JSON: send it with `Content-Type: application/json`";
            let error = Error::new(Kind::UnsupportedMedia, "unsupported_media_type", public);
            return Box::pin(ready(Err(error)));
        }
        let limit = req.app_data::<BodyLimit>().copied();
        let body = web::Bytes::from_request(req, payload);
        Box::pin(async move {
            let body = body.await.map_err(|error| body_error(&error, limit))?;
            read_json(&body).map(Self)
        })
    }
}

/// How large a body may be. Kept beside the framework's own limit, which cannot be asked.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

/// How bodies, paths and queries are read: with these limits, and with errors of ours.
pub fn configure(config: &mut web::ServiceConfig, body_limit: usize) {
    config
        .app_data(BodyLimit(body_limit))
        .app_data(web::PayloadConfig::new(body_limit))
        .app_data(web::PathConfig::default().error_handler(|error, req| path_error(&error, req).into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| query_error(&error).into()));
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid("invalid_body", "the body does not fit: an object is expected"));
    }
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            Error::invalid("invalid_body", format!("the body does not fit: {}", without_value(&reason(&error))))
        } else {
            Error::malformed("malformed_json", format!("the body is not JSON: {}", reason(&error)))
        }
    })
}

/// Why a body could not be read.
pub fn body_error(error: &actix_web::Error, limit: Option<BodyLimit>) -> Error {
    match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = limit.map(|limit| format!(" than {} bytes", limit.0)).unwrap_or_default();
            Error::new(Kind::TooLarge, "body_too_large", format!("the body is larger{limit}"))
        }
        _ => Error::malformed("incomplete_body", "the body did not arrive in time, or not whole"),
    }
}

/// An id that is none is like one that does not exist.
fn path_error(error: &PathError, req: &HttpRequest) -> Error {
    Error::not_found("path", req.path()).because(anyhow::anyhow!("{error}"))
}

/// A query that a route reads itself.
///
/// # Errors
/// `malformed_query`.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T> {
    web::Query::<T>::from_query(query).map(web::Query::into_inner).map_err(|error| query_error(&error))
}

fn query_error(error: &QueryPayloadError) -> Error {
    Error::malformed("malformed_query", format!("the query does not fit: {}", reason(error)))
}

fn reason(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.chars().take(MAX_REASON).collect()
}

/// What a parser says of a value of the wrong type, without the value: it may be a secret in the wrong place.
fn without_value(reason: &str) -> String {
    let cut = || {
        let at = ["invalid type: ", "invalid value: "].iter().find_map(|start| reason.strip_prefix(start))?;
        // Only the value may hold this text a second time: what is expected is written by us.
        let (found, expected) = at.rsplit_once(", expected ")?;
        let kind = found.split([' ', '`', '"']).next().unwrap_or_default();
        Some(format!("found {kind}, expected {expected}"))
    };
    cut().unwrap_or_else(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_an_object() {
        #[derive(serde::Deserialize)]
        struct Body {
            _a: String,
        }
        assert!(read_json::<Body>(b" {\"_a\": \"x\"}").is_ok());
        let code = |body: &str| read_json::<Body>(body.as_bytes()).err().map(|error| error.code);
        assert_eq!(code("[\"x\"]"), Some("invalid_body"));
        assert_eq!(code("{}"), Some("invalid_body"));
        assert_eq!(code("{"), Some("malformed_json"));
        assert_eq!(code(""), Some("malformed_json"));
    }

    #[test]
    fn if_match_reads_what_etag_wrote() {
        assert_eq!(read_if_match(&crate::web::respond::etag(3)), Some(Some(3)));
        assert_eq!(read_if_match("*"), Some(None));
        assert_eq!(read_if_match("3"), None);
        assert_eq!(read_if_match("W/\"3\""), None);
        assert_eq!(read_if_match("\"3\", \"4\""), None);
    }

    #[test]
    fn values_of_the_wrong_type_are_not_repeated() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Body {
            label: String,
            is_enabled: Option<bool>,
        }
        let told = |json: &str| without_value(&serde_json::from_str::<Body>(json).unwrap_err().to_string());
        insta::assert_snapshot!(told(r#"{"label": "a", "is_enabled": "planted, expected x"}"#), @"found string, expected a boolean at line 1 column 50");
        insta::assert_snapshot!(told(r#"{"label": 4242}"#), @"found integer, expected a string at line 1 column 14");
        insta::assert_snapshot!(told(r#"{"label": {"planted": 1}}"#), @"found map, expected a string at line 1 column 10");
        insta::assert_snapshot!(told(r#""planted""#), @"found string, expected struct Body at line 1 column 9");
        insta::assert_snapshot!(told("{}"), @"missing field `label` at line 1 column 2");
    }
}
