//! Between the model's requests and the HTTP library: headers checked on the way out, errors sorted on the way back.

use std::error::Error as StdError;

use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::Response;
use reqwest::header::ACCEPT_ENCODING;
use reqwest::header::CONTENT_LENGTH;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use url::Url;
use zeroize::Zeroizing;

use crate::model::http::Method;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::outbound::client::origin;
use crate::outbound::guard::Refusal;

/// Of what the library says about a failure: it may quote a certificate.
const MAX_REASON_CHARS: usize = 200;

/// Headers of the connection (RFC 9110, section 7.6.1; RFC 9112). From a request they could smuggle a second one, or
/// name another host than the one that was checked.
const OF_THE_CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn prepare(http: &reqwest::Client, request: &Request) -> Result<RequestBuilder, Unanswered> {
    let mut headers = headers(&request.headers)?;
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let takes_body = matches!(request.method, Method::Post | Method::Put | Method::Patch);
    if takes_body && request.body.is_none() {
        // RFC 9110, section 8.6; the library leaves it out, and some servers then answer 411.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let prepared = http.request(method(request.method), request.url.clone()).headers(headers);
    Ok(match &request.body {
        Some(body) => prepared.body(Bytes::from_owner(body.clone())),
        None => prepared,
    })
}

pub(super) fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Options => reqwest::Method::OPTIONS,
    }
}

pub(super) fn headers(given: &[(String, Zeroizing<String>)]) -> Result<HeaderMap, Unanswered> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let refuse = |why: &str| Unanswered::Refused(format!("the header `{}` {why}", plain(name)));
        let known =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_error| refuse("has a name that no header has"))?;
        if OF_THE_CONNECTION.contains(&known.as_str()) {
            return Err(refuse("is made by the connection and cannot be given"));
        }
        // The error would quote nothing, but the value is a secret as often as not.
        let mut value = HeaderValue::from_str(value)
            .map_err(|_hidden| refuse("has a value with characters that no header has, such as a line break"))?;
        value.set_sensitive(true);
        headers.append(known, value);
    }
    Ok(headers)
}

pub(super) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Without those named, which are in lower case as all of the library's are.
pub(super) fn reply_headers(headers: &HeaderMap, without: &[&str]) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| !without.contains(&name.as_str()));
    kept.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// The same for a reply that is handed on: neither what belongs to the connection nor what the connection says does.
pub(super) fn end_to_end_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let named = headers.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> = named.flat_map(|value| value.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let mut without: Vec<&str> = named.iter().map(String::as_str).collect();
    without.extend(OF_THE_CONNECTION.iter().filter(|name| **name != "content-length"));
    reply_headers(headers, &without)
}

pub(super) fn refused(refusal: Refusal) -> Unanswered {
    Unanswered::Refused(refusal.message)
}

pub(super) fn timed_out(url: &Url) -> Unanswered {
    Unanswered::TimedOut(format!("{} did not answer in time", origin(url)))
}

pub(super) fn too_large(url: &Url, limit: u64) -> Unanswered {
    let host = origin(url);
    Unanswered::TooLarge(match limit {
        0..1_048_576 => format!("the answer of {host} is longer than {limit} bytes"),
        _ => format!("the answer of {host} is longer than {} MiB", limit / 1024 / 1024),
    })
}

/// The library makes its client with the first request, and reads the system's certificates then.
pub(super) fn unmade(error: reqwest::Error) -> Unanswered {
    let reason = reason(&error.without_url());
    Unanswered::Unreachable(format!("no request can be made: {reason}; are the system's certificates installed?"))
}

/// Sorts by what may have happened: until the connection stands nothing is sent, and afterwards anything may be.
pub(super) fn failed(url: &Url, error: reqwest::Error) -> Unanswered {
    let error = error.without_url();
    if let Some(refusal) = find::<Refusal>(&error) {
        return refused(refusal.clone());
    }
    let host = origin(url);
    if error.is_connect() {
        return Unanswered::Unreachable(match error.is_timeout() {
            true => format!("{host} cannot be reached: no connection in time"),
            false => format!("{host} cannot be reached: {}", reason(&error)),
        });
    }
    if error.is_builder() {
        return Unanswered::Refused(format!("the request to {host} cannot be made: {}", reason(&error)));
    }
    if error.is_timeout() {
        return timed_out(url);
    }
    Unanswered::Lost(format!("{host} broke off before its answer was complete: {}", reason(&error)))
}

/// The innermost cause says the most.
fn reason(error: &reqwest::Error) -> String {
    let mut deepest: &dyn StdError = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    plain(&deepest.to_string())
}

fn find<T: StdError + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        cause = current.source();
    }
    None
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON_CHARS).collect()
}
