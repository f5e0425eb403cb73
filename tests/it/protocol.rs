//! What every route has in common: problems, limits, headers, health.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn every_answer_has_a_request_id_and_is_not_kept() {
    let t = TestApp::start().await;
    let answer = t.anonymous().get("/api/v1/me").await.must_be(401);
    assert_eq!(answer.header("x-request-id"), answer.text("/request_id"));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-type", "application/problem+json"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

#[actix_web::test]
async fn an_unknown_path_is_not_found() {
    let t = TestApp::start().await;
    assert_snapshot!(t.anonymous().get("/api/v1/nothing").await.shown(), @"");
}

#[actix_web::test]
async fn another_method_is_told_which_there_are() {
    let t = TestApp::start().await;
    let answer = t.anonymous().put("/api/v1/customers", json!({})).await;
    assert_eq!(answer.header("allow"), "GET, POST");
    assert_snapshot!(answer.shown(), @"");
}

#[actix_web::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let t = TestApp::start().await;
    let support = t.user(Role::Support).await;
    let send = |content_type: &'static str, body: &[u8]| {
        let (support, body) = (support.clone(), body.to_vec());
        async move { support.raw("POST", "/api/v1/customers", Some((content_type, body))).await }
    };
    assert_snapshot!(send("application/json", b"{").await.shown(), @"");
    assert_snapshot!(send("text/plain", b"{}").await.shown(), @"");
    assert_snapshot!(send("application/json", b"[1]").await.shown(), @"");
    assert_snapshot!(send("application/json", &vec![b' '; 1024 * 1024 + 1]).await.shown(), @"");
    send("application/json", "[".repeat(100_000).as_bytes()).await.must_be(422);
}

#[actix_web::test]
async fn health_and_readiness() {
    let t = TestApp::start().await;
    assert_snapshot!(t.anonymous().get("/healthz").await.shown(), @"");
    t.anonymous().get("/readyz").await.must_be(200);
}
