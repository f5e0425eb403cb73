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
    assert_snapshot!(t.anonymous().get("/api/v1/nothing").await.shown(), @r#"
    404 Not Found

    {
      "type": "about:blank",
      "title": "Not Found",
      "status": 404,
      "code": "not_found",
      "detail": "path `/api/v1/nothing` does not exist",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn another_method_is_told_which_there_are() {
    let t = TestApp::start().await;
    let answer = t.anonymous().put("/api/v1/customers", json!({})).await;
    assert_eq!(answer.header("allow"), "GET, POST");
    assert_snapshot!(answer.shown(), @r#"
    405 Method Not Allowed

    {
      "type": "about:blank",
      "title": "Method Not Allowed",
      "status": 405,
      "code": "method_not_allowed",
      "detail": "this path answers GET, POST",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let t = TestApp::start().await;
    let support = t.user(Role::Support).await;
    let send = |content_type: &'static str, body: &[u8]| {
        let (support, body) = (support.clone(), body.to_vec());
        async move { support.raw("POST", "/api/v1/customers", Some((content_type, body))).await }
    };
    assert_snapshot!(send("application/json", b"{").await.shown(), @r#"
    400 Bad Request

    {
      "type": "about:blank",
      "title": "Bad Request",
      "status": 400,
      "code": "malformed_json",
      "detail": "the body is not JSON: EOF while parsing an object at line 1 column 1",
      "request_id": "[request_id]"
    }
    "#);
    assert_snapshot!(send("text/plain", b"{}").await.shown(), @r#"
    415 Unsupported Media Type

    {
      "type": "about:blank",
      "title": "Unsupported Media Type",
      "status": 415,
      "code": "unsupported_media_type",
      "detail": "the body is JSON: send it with `Content-Type: application/json`",
      "request_id": "[request_id]"
    }
    "#);
    assert_snapshot!(send("application/json", b"[1]").await.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "invalid_body",
      "detail": "the body does not fit: an object is expected",
      "request_id": "[request_id]"
    }
    "#);
    assert_snapshot!(send("application/json", &vec![b' '; 1024 * 1024 + 1]).await.shown(), @r#"
    413 Payload Too Large

    {
      "type": "about:blank",
      "title": "Payload Too Large",
      "status": 413,
      "code": "body_too_large",
      "detail": "the body is larger than 1048576 bytes",
      "request_id": "[request_id]"
    }
    "#);
    send("application/json", (r#"{"external_id":"#.to_owned() + &"[".repeat(100_000)).as_bytes()).await.must_be(422);
}

#[actix_web::test]
async fn health_and_readiness() {
    let t = TestApp::start().await;
    assert_snapshot!(t.anonymous().get("/healthz").await.shown(), @r#"
    200 OK

    {
      "status": "ok"
    }
    "#);
    t.anonymous().get("/readyz").await.must_be(200);
}
