//! Requests that runtimes send through Keyway: where they may go, which of their headers go along, which come back, and
//! when one is sent again. Pure rules.

use std::time::Duration;

use chrono::DateTime;
use url::Url;

use crate::clock::Instant;
use crate::model::http::Method;
use crate::model::http::encode::percent;
use crate::model::recipe::Recipe;

pub use path::check as check_path;
pub use path::join;

mod path;

/// What the proxy answers by: who made an answer, the third party or Keyway.
pub const ORIGIN: &str = "keyway-origin";
/// `keyway-origin` of what the third party answered.
pub const UPSTREAM: &str = "upstream";
/// `keyway-origin` of what Keyway itself answered.
pub const KEYWAY: &str = "keyway";

/// Longest wait that a third party may ask for before the same request is sent again by itself.
pub const MAX_WAIT: Duration = Duration::from_secs(10);
/// How often a request is sent again because the third party was busy.
pub const MAX_RETRIES: u32 = 2;

/// Of one connection, not of the whole way (RFC 9110, section 7.6.1).
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Meant for Keyway, made by the connection, or telling the third party who called Keyway.
const OWN: &[&str] = &[
    "authorization",
    "cf-connecting-ip",
    "content-length",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "host",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];

/// What would act on Keyway's own address in a browser, or is a session that the caller must not hold.
const NOT_RETURNED: &[&str] = &[
    "alt-svc",
    "authentication-info",
    "clear-site-data",
    "content-security-policy",
    "nel",
    "public-key-pins",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "x-frame-options",
    "x-request-id",
];

/// The caller's headers that go along to the third party: all but those that are of this connection or for Keyway.
#[must_use]
pub fn forwarded(headers: &[(String, String)]) -> Vec<(String, String)> {
    kept(headers, |name| {
        HOP_BY_HOP.contains(&name)
            || OWN.contains(&name)
            || name.starts_with("x-forwarded-")
            || name.starts_with("keyway-")
    })
}

/// The third party's headers that come back. Their names are in lower case. Values that hold what `recipe` adds to a
/// query are cleaned of it; addresses below the base URL become addresses of the proxy, which begin with `mount`.
#[must_use]
pub fn returned(headers: &[(String, String)], recipe: &Recipe, url: &Url, mount: &str) -> Vec<(String, String)> {
    let kept = kept(headers, |name| {
        HOP_BY_HOP.contains(&name)
            || NOT_RETURNED.contains(&name)
            || name.starts_with("keyway-")
            || name.starts_with("access-control-")
    });
    kept.into_iter()
        .map(|(name, value)| {
            let value = match name.as_str() {
                "location" | "content-location" => moved(&value, recipe, url, mount),
                _ => value,
            };
            let value = without_secrets(&value, recipe);
            (name, value)
        })
        .collect()
}

/// Those that are not dropped, and are not named in `Connection` either.
fn kept(headers: &[(String, String)], is_dropped: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let named = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let named: Vec<String> =
        named.flat_map(|(_, value)| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
    let is_kept = |(name, _): &&(String, String)| {
        let name = name.to_ascii_lowercase();
        !is_dropped(&name) && !named.contains(&name)
    };
    headers.iter().filter(is_kept).cloned().collect()
}

/// An address of an answer: without what the recipe put into the query, and by way of the proxy where it can be.
fn moved(location: &str, recipe: &Recipe, url: &Url, mount: &str) -> String {
    let Ok(mut target) = url.join(location) else { return String::new() };
    if target.query().is_some() && !recipe.query.is_empty() {
        let is_own = |name: &str| recipe.query.iter().any(|(known, _)| known == name);
        let parts = target.query().unwrap_or_default().split('&');
        let kept: Vec<&str> = parts.filter(|part| !is_own(&name_of(part))).collect();
        let query = kept.join("&");
        target.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    }
    let Some(base) = recipe.base_url.as_deref().and_then(|base| Url::parse(base).ok()) else { return target.into() };
    let prefix = base.path().trim_end_matches('/');
    let below = target.path().strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match below {
        Some(rest) if base.origin() == target.origin() && join(&base, rest.trim_start_matches('/'), None).is_ok() => {
            let rest = if rest.is_empty() { "/" } else { rest };
            let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
            let fragment = target.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
            format!("{mount}{rest}{query}{fragment}")
        }
        _ => target.into(),
    }
}

/// The decoded name of one part of a query.
fn name_of(part: &str) -> String {
    url::form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// Paging links and the like repeat the address that was asked, with the key in its query.
fn without_secrets(value: &str, recipe: &Recipe) -> String {
    const SHORTEST: usize = 4;
    let secrets = recipe.query.iter().map(|(_, value)| value).filter(|value| value.len() >= SHORTEST);
    secrets.fold(value.to_owned(), |text, secret| {
        text.replace(secret.as_str(), "").replace(percent(secret.as_bytes()).as_str(), "")
    })
}

/// Whether sending a request twice does the same as sending it once (RFC 9110, section 9.2.2).
#[must_use]
pub fn is_idempotent(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head | Method::Options | Method::Put | Method::Delete)
}

/// How long to wait before a request is sent again; `None`: its answer stands. `retries`: made already.
#[must_use]
pub fn wait_before_retry(status: u16, retry_after: Option<&str>, retries: u32, now: Instant) -> Option<Duration> {
    if !matches!(status, 429 | 503) || retries >= MAX_RETRIES {
        return None;
    }
    let Some(text) = retry_after else { return Some(Duration::from_millis(500) * 2_u32.pow(retries)) };
    let wait = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        // A moment (RFC 9110, section 5.6.7); one that is over asks for no wait.
        Err(_) => {
            let at = DateTime::parse_from_rfc2822(text.trim()).ok()?.to_utc();
            (at - now).to_std().unwrap_or_default()
        }
    };
    (wait <= MAX_WAIT).then_some(wait)
}

#[cfg(test)]
mod tests;
