//! `Idempotency-Key`: a repeated call makes nothing twice.

use chrono::TimeDelta;
use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn a_repeated_call_gets_the_first_ones_answer() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let once = admin.with("Idempotency-Key", "key-1");
    let body = json!({ "name": "runtime", "scopes": ["credentials:read"] });
    let first = once.post("/api/v1/api-keys", body.clone()).await.must_be(201);
    let second = once.post("/api/v1/api-keys", body).await.must_be(201);
    assert_eq!((&second.body, second.header("location")), (&first.body, first.header("location")));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(second.header("content-type"), "application/json");
    assert_eq!(admin.get("/api/v1/api-keys").await.json()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn the_same_key_with_another_request_is_refused() {
    let t = TestApp::start().await;
    let once = t.user(Role::Admin).await.with("Idempotency-Key", "key-1");
    once.post("/api/v1/customers", json!({ "external_id": "a" })).await.must_be(201);
    assert_snapshot!(once.post("/api/v1/customers", json!({ "external_id": "b" })).await.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "idempotency_key_reused",
      "detail": "this `Idempotency-Key` came with another request before; use a new one",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn keys_of_two_callers_are_two_keys() {
    let t = TestApp::start().await;
    for number in 0..2 {
        let once = t.user(Role::Support).await.with("Idempotency-Key", "key-1");
        once.post("/api/v1/customers", json!({ "external_id": format!("c-{number}") })).await.must_be(201);
    }
}

#[actix_web::test]
async fn a_failed_call_gives_the_key_back() {
    let t = TestApp::start().await;
    let once = t.user(Role::Support).await.with("Idempotency-Key", "key-1");
    once.post("/api/v1/customers", json!({ "external_id": "" })).await.must_be(422);
    once.post("/api/v1/customers", json!({ "external_id": "a" })).await.must_be(201);
}

#[actix_web::test]
async fn an_answer_is_kept_for_a_day() {
    let t = TestApp::start().await;
    let key = t.api_key(&[keyway::model::actor::Permission::CustomersWrite]).await;
    let once = key.with("Idempotency-Key", "key-1");
    let body = json!({ "external_id": "a" });
    once.post("/api/v1/customers", body.clone()).await.must_be(201);
    t.advance(TimeDelta::hours(23));
    once.post("/api/v1/customers", body.clone()).await.must_be(201);
    t.advance(TimeDelta::hours(2));
    once.post("/api/v1/customers", body).await.must_be(409);
}

#[actix_web::test]
async fn of_calls_at_the_same_time_one_makes_it() {
    let t = TestApp::start_with(|options| options.workers = 2).await;
    let admin = t.user(Role::Admin).await;
    let once = admin.with("Idempotency-Key", "key-1");
    let body = json!({ "name": "runtime", "scopes": ["credentials:read"] });
    let calls = (0..12).map(|_| once.post("/api/v1/api-keys", body.clone()));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().any(|answer| answer.status == 201));
    for answer in answers {
        assert!(matches!((answer.status, answer.header("retry-after")), (201, "") | (409, "1")), "{}", answer.body);
    }
    assert_eq!(admin.get("/api/v1/api-keys").await.json()["items"].as_array().unwrap().len(), 1);
}
