//! The cookie of an authorization: one for each, so that several can be under way in one browser.

use actix_web::HttpRequest;

use crate::app::connect::begin::FLOW_LIFE;
use crate::ids::FlowId;
use crate::web::cookie;

fn name(flow: FlowId) -> String {
    format!("keyway-flow-{}", flow.0.simple())
}

/// Lax: it comes along when the provider sends the browser back.
#[must_use]
pub fn keep(public_url: &str, flow: FlowId, secret: &str) -> String {
    cookie::written(public_url, &name(flow), (secret, FLOW_LIFE.num_seconds()))
}

#[must_use]
pub fn drop(public_url: &str, flow: FlowId) -> String {
    cookie::dropped(public_url, &name(flow))
}

#[must_use]
pub fn read(req: &HttpRequest, public_url: &str, flow: FlowId) -> Option<String> {
    cookie::read(req, public_url, &name(flow))
}
