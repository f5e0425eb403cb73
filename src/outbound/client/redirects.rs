//! What a redirect makes of a request (RFC 9110, section 15.4), and which redirects are not followed. Pure.

use zeroize::Zeroizing;

use crate::model::http::Method;
use crate::model::http::Request;

/// What may go along to another origin. A list of what credentials are called would miss the next provider's header.
const HARMLESS: &[&str] = &["accept", "accept-language", "user-agent"];
/// These describe the body, and go with it.
const OF_THE_BODY: &[&str] = &["content-encoding", "content-language", "content-location", "content-type", "digest"];

/// The request that follows a redirect. `None`: the answer is no redirect, or one that is not followed.
pub(super) fn next(request: &Request, status: u16, location: Option<&str>) -> Option<Request> {
    let url = request.url.join(location?).ok()?;
    let method = match (status, request.method) {
        (303, Method::Head) | (301..=303, Method::Get) => request.method,
        (303, _) | (301 | 302, Method::Post) => Method::Get,
        (301 | 302 | 307 | 308, method) => method,
        _ => return None,
    };
    if request.url.scheme() == "https" && url.scheme() != "https" {
        return None;
    }
    let is_same_origin = request.url.origin() == url.origin();
    let is_read = matches!(method, Method::Get | Method::Head);
    if !is_same_origin && !is_read {
        // What is written here is not for another server, and without its body the request means something else.
        return None;
    }
    let keeps_body = is_same_origin && method == request.method;
    let is_kept = |(name, _): &&(String, Zeroizing<String>)| {
        let is_in = |list: &[&str]| list.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is_same_origin { keeps_body || !is_in(OF_THE_BODY) } else { is_in(HARMLESS) }
    };
    Some(Request {
        method,
        url,
        headers: request.headers.iter().filter(is_kept).cloned().collect(),
        body: request.body.clone().filter(|_| keeps_body),
    })
}

#[cfg(test)]
mod tests;
