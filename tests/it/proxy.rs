//! Requests that pass through Keyway: what arrives at the third party, what comes back, and what never leaves.

mod auth;
mod limits;
mod path;
mod retry;
mod stream;

use keyway::app::proxy::Rules;
use keyway::model::actor::Permission;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::client::Client;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::peer::Request;

/// One connection type for each way of proof, all at the place that the test says.
const MANIFEST: &str = r#"
key: peer
label: Peer
category: platform
connections:
  - { key: none, label: None, inputs: &inputs [
        { key: base_url, label: Base URL, required: true, pattern: "https?://.+" }, { key: secret, label: Secret, type: password }, { key: name, label: Name, default: someone }],
      base_url: "{{base_url}}", auth: { kind: none } }
  - { key: basic, label: Basic, inputs: *inputs, base_url: "{{base_url}}", auth: { kind: basic, username: "{{name}}", password: "{{secret}}" } }
  - { key: key_in_header, label: Key, inputs: *inputs, base_url: "{{base_url}}", headers: { X-App: "{{name}}" },
      auth: { kind: api_key, in: header, name: X-Key, value: "{{secret}}" } }
  - { key: key_in_query, label: Key, inputs: *inputs, base_url: "{{base_url}}", auth: { kind: api_key, in: query, name: key, value: "{{secret}}" } }
  - { key: bearer, label: Bearer, inputs: *inputs, base_url: "{{base_url}}", auth: { kind: bearer, token: "{{secret}}" } }
  - { key: custom, label: Custom, inputs: *inputs, base_url: "{{base_url}}",
      auth: { kind: custom, headers: { X-One: "{{name}}", X-Two: "{{secret}}" }, query: { three: "{{secret}}" } } }
  - { key: client, label: Client, inputs: *inputs, base_url: "{{base_url}}/api",
      auth: { kind: oauth2_client_credentials, token_url: "{{base_url}}/token", client_id: "{{name}}", client_secret: "{{secret}}" } }
  - { key: code, label: Code, inputs: *inputs, base_url: "{{base_url}}",
      auth: { kind: oauth2_authorization_code, authorize_url: "{{base_url}}/authorize", token_url: "{{base_url}}/token", client_id: "{{name}}", client_secret: "{{secret}}" } }
  - { key: oauth1, label: OAuth 1, inputs: *inputs, base_url: "{{base_url}}",
      auth: { kind: oauth1, consumer_key: "{{name}}", consumer_secret: "{{secret}}", access_token: tok, access_token_secret: toksecret, signature_method: HMAC-SHA256 } }
  - { key: s3, label: S3, inputs: *inputs, base_url: "{{base_url}}",
      auth: { kind: aws_sigv4, access_key_id: "{{name}}", secret_access_key: "{{secret}}", region: eu-west-1, service: s3 } }
  - { key: sqs, label: SQS, inputs: *inputs, base_url: "{{base_url}}",
      auth: { kind: aws_sigv4, access_key_id: "{{name}}", secret_access_key: "{{secret}}", region: eu-west-1, service: sqs } }
"#;

/// A secret in every connection.
const SECRET: &str = "pl4nted/secret+42";

struct World {
    t: TestApp,
    peer: Peer,
    admin: Client,
    /// A key that may use the proxy and nothing else.
    runtime: Client,
    _directory: TempDir,
}

impl World {
    async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(Rules::default(), Peer::start(answer)).await
    }

    async fn start_with(rules: Rules, peer: Peer) -> Self {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("peer.yaml"), manifest()).unwrap();
        let t = TestApp::start_in_with(directory.path(), |options| options.proxy = rules).await;
        let admin = t.api_key(Permission::ALL).await;
        let runtime = t.api_key(&[Permission::ProxyUse]).await;
        Self { t, peer, admin, runtime, _directory: directory }
    }

    /// One of a connection type for the whole organization, at the peer, below a path.
    async fn connection(&self, kind: &str, below: &str) -> String {
        self.connection_of(kind, "organization_global", below).await
    }

    async fn connection_of(&self, kind: &str, scope: &str, below: &str) -> String {
        let base_url = self.peer.url(below).to_string();
        let body = json!({
            "component": "peer", "connection_type": kind, "scope": scope, "without_test": true,
            "inputs": { "base_url": { "value": base_url.trim_end_matches('/') }, "secret": { "value": SECRET } },
        });
        self.admin.post("/api/v1/connections", body).await.must_be(201).text("/stable_key")
    }

    async fn get(&self, key: &str, path: &str) -> Answer {
        self.runtime.get(&format!("/api/v1/proxy/{key}/{path}")).await
    }
}

/// Anchors are no part of manifests: what they stand for is written out.
fn manifest() -> String {
    let start = MANIFEST.find("&inputs [").unwrap();
    let end = start + MANIFEST[start..].find(']').unwrap() + 1;
    let inputs = &MANIFEST[start + "&inputs ".len()..end];
    MANIFEST.replace("&inputs ", "").replace("*inputs", inputs)
}

/// The peer's answer: nothing but that it was asked.
fn well(_: &Request) -> Reply {
    Reply::json(&json!({ "ok": true }))
}

fn told(answer: &Answer) -> (u16, &str, String) {
    let code =
        serde_json::from_str::<Value>(&answer.body).ok().and_then(|body| body["code"].as_str().map(str::to_owned));
    (answer.status, answer.header("keyway-origin"), code.unwrap_or_default())
}

#[actix_web::test]
async fn a_request_arrives_as_it_was_sent_but_for_whose_it_is() {
    let w = World::start(|request| {
        let reply = Reply::status(418).header("X-Asked", &request.method).header("Set-Cookie", "sid=1");
        let reply = reply.header("Keyway-Origin", "keyway").header("Connection", "X-Hop").header("X-Hop", "1");
        reply.header("Strict-Transport-Security", "max-age=1").body(b"a teapot".to_vec())
    })
    .await;
    let key = w.connection("bearer", "/base/v1").await;
    let caller = w.runtime.with("Cookie", "a=b").with("X-Forwarded-For", "10.0.0.1").with("X-Own", "1");
    let caller =
        caller.with("Idempotency-Key", "for-the-peer").with("Keyway-Mode", "organization").with("Forwarded", "for=x");
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let body = matches!(method, "POST" | "PUT" | "PATCH").then(|| ("text/x-own", b"the body".to_vec()));
        let answer = caller.raw(method, &format!("/api/v1/proxy/{key}/a/b?q=1%202&q=3"), body.clone()).await;
        let asked = w.peer.requests().pop().unwrap();
        assert_eq!((asked.method.as_str(), asked.path.as_str()), (method, "/base/v1/a/b?q=1%202&q=3"));
        assert_eq!(asked.header("authorization"), format!("Bearer {SECRET}"));
        assert_eq!((asked.header("x-own"), asked.header("idempotency-key")), ("1", "for-the-peer"));
        for name in ["cookie", "x-forwarded-for", "forwarded", "keyway-mode"] {
            assert_eq!(asked.header(name), "", "{name}");
        }
        assert_eq!(asked.header("host"), w.peer.url("/").authority());
        assert_eq!(asked.body, body.map(|(_, body)| body).unwrap_or_default());
        assert_eq!((answer.status, answer.header("keyway-origin")), (418, "upstream"), "{}", answer.body);
        assert_eq!(answer.header("x-asked"), method);
        assert_eq!(answer.body, if method == "HEAD" { "" } else { "a teapot" });
        assert_eq!(answer.header("content-length"), "8", "{method}");
        for name in ["set-cookie", "x-hop", "strict-transport-security"] {
            assert_eq!(answer.header(name), "", "{name}");
        }
    }
}

#[actix_web::test]
async fn keyways_own_answers_say_so() {
    let w = World::start(well).await;
    let key = w.connection("bearer", "/").await;
    let of = |key: &str| format!("/api/v1/proxy/{key}/x");
    assert_eq!(told(&w.get(&key, "x").await), (200, "upstream", String::new()));
    assert_eq!(told(&w.t.anonymous().get(&of(&key)).await), (401, "keyway", "unauthenticated".to_owned()));
    assert_eq!(told(&w.admin.call("TRACE", &of(&key), None).await), (405, "keyway", "method_not_allowed".to_owned()));
    // A browser's preflight carries no key.
    let preflight = w.t.anonymous().call("OPTIONS", &of(&key), None).await;
    assert_eq!(told(&preflight), (401, "keyway", "unauthenticated".to_owned()));
    assert_eq!(told(&w.get("unknown", "x").await), (404, "keyway", "not_found".to_owned()));
    let reader = w.t.api_key(&[Permission::CredentialsRead]).await;
    assert_eq!(told(&reader.get(&of(&key)).await), (403, "keyway", "forbidden".to_owned()));
    for (name, value) in [("Keyway-Mode", "other"), ("Keyway-Credential", "a"), ("Keyway-Customer", "")] {
        let answer = w.runtime.with(name, value).get(&of(&key)).await;
        assert_eq!(told(&answer), (400, "keyway", "malformed_owner".to_owned()), "{name}");
    }
    let off = json!({ "is_enabled": false });
    w.admin.patch(&format!("/api/v1/connections/{key}"), off).await.must_be(200);
    assert_eq!(told(&w.get(&key, "x").await), (409, "keyway", "connection_disabled".to_owned()));
    assert_eq!(w.peer.requests().len(), 1);
}

#[actix_web::test]
async fn each_customer_is_served_with_their_own() {
    let w = World::start(well).await;
    let key = w.connection_of("key_in_header", "customer", "/").await;
    for (customer, secret) in [("acme", "secret-of-acme"), ("globex", "secret-of-globex")] {
        w.admin.post("/api/v1/customers", json!({ "external_id": customer })).await.must_be(201);
        let inputs = json!({ "secret": { "value": secret } });
        let body = json!({ "connection": key, "owner": { "customer": customer }, "inputs": inputs });
        w.admin.post("/api/v1/credentials", body).await;
    }
    let inputs = json!({ "secret": { "value": "secret-of-tests" } });
    let body = json!({ "connection": key, "owner": "test", "inputs": inputs });
    w.admin.post("/api/v1/credentials", body).await.must_be(201);
    let path = format!("/api/v1/proxy/{key}/x");
    for (name, value, wanted) in [
        ("Keyway-Customer", "acme", "secret-of-acme"),
        ("Keyway-Customer", "globex", "secret-of-globex"),
        ("Keyway-Mode", "test", "secret-of-tests"),
    ] {
        w.runtime.with(name, value).get(&path).await.must_be(200);
        assert_eq!(w.peer.requests().pop().unwrap().header("x-key"), wanted);
    }
    assert_eq!(told(&w.runtime.get(&path).await).2, "wrong_owner");
    assert_eq!(told(&w.runtime.with("Keyway-Customer", "nobody").get(&path).await).0, 404);
}

#[actix_web::test]
async fn redirects_are_the_callers_to_follow_and_hold_no_key() {
    let w = World::start(|request| match request.path.split('?').next().unwrap() {
        "/v1/here" => Reply::redirect(302, &format!("{}&page=2", request.path.replace("here", "there"))),
        "/v1/out" => {
            Reply::redirect(302, &format!("https://other.example/x?{}", request.path.split_once('?').unwrap().1))
        }
        _ => well(request),
    })
    .await;
    let key = w.connection("key_in_query", "/v1").await;
    let answer = w.get(&key, "here?a=1").await.must_be(302);
    assert_eq!(answer.header("location"), format!("/api/v1/proxy/{key}/there?a=1&page=2"));
    assert!(w.peer.requests()[0].path.contains("key=pl4nted"));
    assert_eq!(w.get(&key, "out?a=1").await.must_be(302).header("location"), "https://other.example/x?a=1");
    assert_eq!(w.peer.requests().len(), 2);
}
