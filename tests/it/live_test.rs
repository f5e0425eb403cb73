//! Live tests: values are tried at the third party before they are saved, and whenever somebody asks.

mod akeneo;
mod hand;
mod health;
mod save;

use keyway::model::actor::Permission;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::client::Client;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::peer::Request;

/// A key that may do everything, and does not end with a session.
async fn builder(t: &TestApp) -> Client {
    let client = t.api_key(Permission::ALL).await;
    client.post("/api/v1/customers", json!({ "external_id": "acme" })).await.must_be(201);
    client
}

/// A third party that knows one user.
fn guarded() -> Peer {
    Peer::start(|request| match basic(request).as_deref() {
        Some("ann:right") => Reply::json(&json!({ "ok": true })),
        _ => Reply::status(401),
    })
}

/// User and password, as they came.
fn basic(request: &Request) -> Option<String> {
    use base64::Engine as _;
    let sent = request.header("authorization").strip_prefix("Basic ")?;
    String::from_utf8(base64::prelude::BASE64_STANDARD.decode(sent).ok()?).ok()
}

/// A connection `http-basic` of this scope to a third party.
async fn http(client: &Client, scope: &str, base_url: &str) -> Answer {
    let body = json!({ "component": "http", "connection_type": "basic", "scope": scope,
        "inputs": { "base_url": { "value": base_url } } });
    client.post("/api/v1/connections", body).await
}

fn acme(password: &str) -> Value {
    json!({ "connection": "http-basic", "owner": { "customer": "acme" }, "inputs": entered(password) })
}

fn entered(password: &str) -> Value {
    json!({ "username": { "value": "ann" }, "password": { "value": password } })
}

/// A problem's code, and what the test found.
fn found(answer: &Answer) -> String {
    let json = answer.json();
    let word = |name: &str| json[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}: {} | {}", answer.status, word("code"), word("outcome"), word("message"), word("advice"))
}

fn base(peer: &Peer) -> String {
    peer.url("").as_str().trim_end_matches('/').to_owned()
}

/// Attempts as lines, the newest first.
async fn attempts(client: &Client, path: &str) -> String {
    let page = client.get(&format!("{path}/attempts")).await.must_be(200).json();
    let line = |item: &Value| {
        let stored = if item["credential_id"].is_null() { "no credential" } else { "credential" };
        format!(
            "{} {} {} {}",
            item["kind"].as_str().unwrap(),
            item["outcome"].as_str().unwrap(),
            item["status"],
            stored
        )
    };
    page["items"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}
