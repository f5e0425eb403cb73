//! Renewing tokens: once for everybody who asks, on every node; never more than the provider allows; nothing lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use insta::assert_snapshot;
use keyway::app::ANSWERS_BYTES;
use keyway::model::actor::Permission;
use keyway::web::Options;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::peer::Request;
use crate::support::told;

const MANIFEST: &str = r#"
key: provider
label: Provider
category: test
documentation_url: https://provider.example/docs
connections:
  - key: code
    label: Code
    base_url: "{{base}}"
    inputs: &inputs
      - { key: base, label: Base, type: string, required: true, managed_by: organization }
      - { key: client_id, label: Client, type: string, required: true, managed_by: organization }
      - { key: client_secret, label: Client secret, type: password, required: true, managed_by: organization }
    auth: { kind: oauth2_authorization_code, authorize_url: "{{base}}/authorize", token_url: "{{base}}/token", revoke_url: "{{base}}/revoke" }
  - key: client
    label: Client credentials
    base_url: "{{base}}"
    inputs: *inputs
    auth: { kind: oauth2_client_credentials, token_url: "{{base}}/token" }
"#;

/// A token endpoint that takes each refresh token once.
#[derive(Default)]
struct Strict {
    count: usize,
    good: BTreeSet<String>,
    /// Answers instead, when it is there.
    instead: Option<fn() -> Reply>,
    /// Before each answer.
    wait: Duration,
    is_reused: bool,
}

impl Strict {
    fn answer(&mut self, request: &Request) -> Reply {
        if let Some(instead) = self.instead {
            return instead();
        }
        if request.field("grant_type").as_deref() == Some("refresh_token") {
            let token = request.field("refresh_token").unwrap_or_default();
            if !self.good.remove(&token) {
                self.is_reused = true;
                return refused("invalid_grant");
            }
        }
        self.count += 1;
        let refresh = format!("refresh-{}", self.count);
        self.good.insert(refresh.clone());
        let answer =
            json!({ "access_token": format!("access-{}", self.count), "refresh_token": refresh, "expires_in": 3600 });
        Reply::json(&answer).after(self.wait)
    }
}

fn refused(error: &str) -> Reply {
    let body = json!({ "error": error }).to_string().into_bytes();
    Reply::status(400).header("Content-Type", "application/json").body(body)
}

struct Stage {
    t: TestApp,
    peer: Peer,
    strict: Arc<Mutex<Strict>>,
    admin: Client,
    runtime: Client,
    _manifests: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let manifests = tempfile::tempdir().unwrap();
        std::fs::write(manifests.path().join("provider.yaml"), MANIFEST).unwrap();
        let t = TestApp::start_in_with(manifests.path(), change).await;
        let strict = Arc::new(Mutex::new(Strict { good: ["refresh-0".to_owned()].into(), ..Strict::default() }));
        let known = Arc::clone(&strict);
        let peer = Peer::start(move |request| known.lock().unwrap().answer(request));
        let (admin, runtime) = (t.api_key(Permission::ALL).await, t.api_key(&[Permission::CredentialsRead]).await);
        let stage = Self { t, peer, strict, admin, runtime, _manifests: manifests };
        for kind in ["code", "client"] {
            let base = stage.peer.url("").as_str().trim_end_matches('/').to_owned();
            let body = json!({ "component": "provider", "connection_type": kind, "scope": "organization_global",
                "stable_key": kind, "without_test": true, "inputs": { "base": { "value": base }, "client_id": { "value": "c" },
                "client_secret": { "value": "PLANTED-secret" } } });
            stage.admin.post("/api/v1/connections", body).await.must_be(201);
        }
        stage
    }

    /// An authorized credential whose token ends so many seconds from now.
    async fn authorized(&self, seconds: i64) -> String {
        let body = json!({ "connection": "code", "owner": "organization", "inputs": {} });
        let path = self.admin.post("/api/v1/credentials", body).await.must_be(201).header("location").to_owned();
        let end = self.t.app.clock().now() + TimeDelta::seconds(seconds);
        let tokens = json!({ "access_token": "access-0", "refresh_token": "refresh-0", "expires_at": end });
        self.admin.put(&format!("{path}/tokens"), tokens).await.must_be(204);
        path
    }

    fn asked(&self) -> usize {
        self.peer.requests().len()
    }

    fn behave(&self, change: impl FnOnce(&mut Strict)) {
        change(&mut self.strict.lock().unwrap());
    }
}

/// The access token that a runtime gets, or what is wrong.
async fn token(runtime: &Client, connection: &str) -> String {
    let answer = runtime.get(&format!("/api/v1/connections/{connection}/credentials?mode=organization")).await;
    match answer.status {
        200 => answer.json()["token"]["access_token"].as_str().unwrap_or("none").to_owned(),
        _ => told::problem(&answer),
    }
}

#[actix_web::test]
async fn many_readers_on_two_nodes_cause_one_renewal_per_generation() {
    let stage = Stage::start().await;
    stage.authorized(-1).await;
    stage.behave(|strict| strict.wait = Duration::from_millis(300));
    let second = stage.t.another(ANSWERS_BYTES).await;
    let there = second.here(&stage.runtime);
    for generation in 1..=3 {
        let calls = (0..60).map(|n| token(if n % 2 == 0 { &stage.runtime } else { &there }, "code"));
        let got: BTreeSet<String> = futures_util::future::join_all(calls).await.into_iter().collect();
        assert_eq!(got, [format!("access-{generation}")].into());
        assert_eq!(stage.asked(), generation, "one call for each generation");
        stage.t.app.clock().advance(TimeDelta::hours(2));
    }
    assert!(!stage.strict.lock().unwrap().is_reused);
}

#[actix_web::test]
async fn a_stop_waits_for_renewals_no_longer_than_agreed() {
    let stage = Stage::start_with(|options| options.stop_timeout = Duration::from_secs(1)).await;
    stage.authorized(-1).await;
    stage.behave(|strict| strict.wait = Duration::from_secs(8));
    let gone = tokio::time::timeout(Duration::from_millis(300), token(&stage.runtime, "code")).await;
    assert!(gone.is_err(), "the provider was not slow");
    let begun = std::time::Instant::now();
    stage.t.stop().await;
    let took = begun.elapsed().as_secs_f64();
    assert!((0.9..6.0).contains(&took), "{took} s");
}

#[actix_web::test]
async fn an_ended_authorization_is_not_asked_for_again() {
    let stage = Stage::start().await;
    let credential = stage.authorized(-1).await;
    stage.behave(|strict| strict.good.clear());
    let wanted = "409 reauthorization_required: somebody must authorize this connection at the provider again";
    assert_eq!(token(&stage.runtime, "code").await, wanted);
    assert_snapshot!(token(&stage.runtime, "code").await, @"409 reauthorization_required: somebody must authorize `code` at the provider again");
    assert_eq!(stage.asked(), 1);
    assert_eq!(stage.admin.get(&credential).await.must_be(200).text("/status"), "reauthorization_required");
    let audit = stage.admin.get("/api/v1/audit?limit=50").await.must_be(200).body;
    assert!(audit.contains("credential.reauthorization_required"), "{audit}");
    assert!(!audit.contains("refresh-0") && !audit.contains("PLANTED"), "{audit}");
}

#[actix_web::test]
async fn a_good_token_is_served_while_its_renewal_fails() {
    let stage = Stage::start().await;
    stage.authorized(20).await;
    // Due at any moment of its last twenty seconds.
    stage.t.app.clock().advance(TimeDelta::seconds(19));
    stage.behave(|strict| strict.instead = Some(|| Reply::status(503).header("Retry-After", "120")));
    assert_eq!(token(&stage.runtime, "code").await, "access-0");
    stage.t.app.clock().advance(TimeDelta::seconds(2));
    let failed = token(&stage.runtime, "code").await;
    assert!(failed.starts_with("502 refresh_failed: the provider gave no tokens"), "{failed}");
    let asked = stage.asked();
    assert!(asked >= 1);
    // Not before the provider allows it.
    assert!(token(&stage.runtime, "code").await.starts_with("502 refresh_failed"));
    stage.t.app.clock().advance(TimeDelta::seconds(60));
    assert!(token(&stage.runtime, "code").await.starts_with("502 refresh_failed"));
    assert_eq!(stage.asked(), asked);
    stage.behave(|strict| strict.instead = None);
    stage.t.app.clock().advance(TimeDelta::hours(1));
    assert_eq!(token(&stage.runtime, "code").await, "access-1");
}

#[actix_web::test]
async fn a_credential_that_needs_no_person_gets_its_token_by_itself() {
    let stage = Stage::start().await;
    assert_eq!(token(&stage.runtime, "client").await, "access-1");
    assert_eq!(token(&stage.runtime, "client").await, "access-1");
    assert_eq!(stage.asked(), 1);
    stage.t.app.clock().advance(TimeDelta::hours(2));
    assert_eq!(token(&stage.runtime, "client").await, "access-2");
    let first = &stage.peer.requests()[0];
    assert_eq!(first.field("grant_type").as_deref(), Some("client_credentials"));
}

#[actix_web::test]
async fn the_schedule_renews_before_the_end() {
    let stage = Stage::start().await;
    stage.authorized(3600).await;
    keyway::jobs::run(&stage.t.app, keyway::jobs::Job::RefreshTokens).await.unwrap();
    assert_eq!(stage.asked(), 0);
    stage.t.app.clock().advance(TimeDelta::seconds(3590));
    keyway::jobs::run(&stage.t.app, keyway::jobs::Job::RefreshTokens).await.unwrap();
    assert_eq!(stage.asked(), 1);
    assert_eq!(token(&stage.runtime, "code").await, "access-1");
    assert_eq!(stage.asked(), 1);
}

#[actix_web::test]
async fn nobody_is_asked_before_somebody_authorized() {
    let stage = Stage::start().await;
    assert_snapshot!(token(&stage.runtime, "code").await, @"409 credential_pending: nobody authorized `code` at the provider yet");
    let body = json!({ "connection": "code", "owner": "organization", "inputs": {} });
    stage.admin.post("/api/v1/credentials", body).await.must_be(201);
    assert_snapshot!(token(&stage.runtime, "code").await, @"409 credential_pending: nobody authorized `code` at the provider yet");
    assert_eq!(stage.asked(), 0);
}

#[actix_web::test]
async fn a_token_does_not_follow_a_changed_url_even_with_secrets_entered_anew() {
    let stage = Stage::start().await;
    stage.authorized(3600).await;
    assert_eq!(token(&stage.runtime, "code").await, "access-0");
    let move_to = async |base: &str| {
        let inputs = json!({ "base": { "value": base }, "client_secret": { "value": "PLANTED-secret" } });
        let body = json!({ "without_test": true, "inputs": inputs });
        stage.admin.patch("/api/v1/connections/code", body).await.must_be(200);
    };
    move_to("https://elsewhere.example").await;
    let refused = token(&stage.runtime, "code").await;
    assert!(refused.starts_with("409 credential_quarantined"), "{refused}");
    // The control: where it was authorized, it is given.
    move_to(stage.peer.url("").as_str().trim_end_matches('/')).await;
    assert_eq!(token(&stage.runtime, "code").await, "access-0");
    assert_eq!(stage.asked(), 0);
}

#[actix_web::test]
async fn disconnecting_sends_no_token_to_a_place_that_it_was_not_issued_for() {
    for is_moved in [true, false] {
        let stage = Stage::start().await;
        let credential = stage.authorized(3600).await;
        let other = Peer::start(|_| Reply::status(200));
        let base = other.url("").as_str().trim_end_matches('/').to_owned();
        let inputs = json!({ "base": { "value": base }, "client_secret": { "value": "PLANTED-secret" } });
        if is_moved {
            let body = json!({ "without_test": true, "inputs": inputs });
            stage.admin.patch("/api/v1/connections/code", body).await.must_be(200);
        }
        let answer = stage.admin.post(&format!("{credential}/disconnect"), json!({})).await.must_be(200);
        let wanted = if is_moved { "failed" } else { "revoked" };
        assert_eq!(answer.text("/at_provider"), wanted, "{}", answer.body);
        assert_eq!((other.requests().len(), stage.asked()), (0, usize::from(!is_moved)));
    }
}

#[actix_web::test]
async fn given_tokens_are_used_and_strange_ones_refused() {
    let stage = Stage::start().await;
    let path = stage.authorized(3600).await;
    assert_eq!(token(&stage.runtime, "code").await, "access-0");
    let give = async |body: Value| told::problem(&stage.admin.put(&format!("{path}/tokens"), body).await);
    assert_snapshot!(give(json!({ "access_token": "a", "kept": { "team": "x" } })).await, @"422 unknown_kept_value: the manifest keeps no value `team`; it keeps none");
    assert_eq!(stage.asked(), 0);
}
