//! The cookie of an authorization: one for each, so that several can be under way in one browser.

use actix_web::HttpRequest;

use crate::app::connect::begin::FLOW_LIFE;
use crate::ids::FlowId;

/// `__Host-`: no other host of the domain can set it, and it never goes over plain http. Browsers refuse that prefix where
/// the server itself is reached by http, which only this machine is.
fn name(public_url: &str, flow: FlowId) -> String {
    let prefix = if is_tls(public_url) { "__Host-" } else { "" };
    format!("{prefix}keyway-flow-{}", flow.0.simple())
}

fn is_tls(public_url: &str) -> bool {
    public_url.starts_with("https:")
}

fn written(public_url: &str, flow: FlowId, (value, seconds): (&str, i64)) -> String {
    let secure = if is_tls(public_url) { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", name(public_url, flow))
}

/// Lax: it comes along when the provider sends the browser back.
#[must_use]
pub fn keep(public_url: &str, flow: FlowId, secret: &str) -> String {
    written(public_url, flow, (secret, FLOW_LIFE.num_seconds()))
}

#[must_use]
pub fn drop(public_url: &str, flow: FlowId) -> String {
    written(public_url, flow, ("", 0))
}

#[must_use]
pub fn read(req: &HttpRequest, public_url: &str, flow: FlowId) -> Option<String> {
    let wanted = name(public_url, flow);
    let cookies = req.headers().get_all("cookie").filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    // Twice: somebody else set one of them.
    found.next().filter(|_| found.next().is_none())
}
