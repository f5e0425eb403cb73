//! Signing in and out.

use chrono::TimeDelta;
use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::PASSWORD;
use crate::support::TestApp;

#[actix_web::test]
async fn signing_in_answers_with_a_token_that_works() {
    let t = TestApp::start().await;
    t.person("dev", "bea@example.com", Role::Builder).await;
    let answer =
        t.anonymous().post("/api/v1/sessions", json!({ "email": "Bea@Example.com", "password": PASSWORD })).await;
    assert_snapshot!(answer.shown(), @r#"
    201 Created

    {
      "id": "ses_…",
      "token": "kws_…",
      "expires_at": "2026-01-01T12:00:00Z",
      "user": {
        "id": "usr_…",
        "email": "bea@example.com",
        "name": "Person bea@example.com",
        "is_disabled": false,
        "created_at": "2026-01-01T00:00:00Z"
      }
    }
    "#);
    let me = t.anonymous().bearer(&answer.text("/token")).get("/api/v1/me").await;
    assert_snapshot!(me.shown(), @r#"
    200 OK

    {
      "name": "bea@example.com",
      "id": "usr_…",
      "kind": "user",
      "tenant": {
        "id": "ten_…",
        "key": "dev",
        "name": "dev",
        "is_production": false,
        "revision": 0,
        "created_at": "2026-01-01T00:00:00Z"
      },
      "role": "builder",
      "permissions": [
        "components:read",
        "components:write",
        "connections:read",
        "connections:write",
        "connections:switch",
        "credentials:write",
        "embedded:read",
        "customers:read",
        "customers:write",
        "integrations:read",
        "integrations:write",
        "integrations:test",
        "sync:read",
        "sync:apply"
      ]
    }
    "#);
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_person_look_the_same() {
    let t = TestApp::start().await;
    t.person("dev", "bea@example.com", Role::Builder).await;
    let wrong =
        t.anonymous().post("/api/v1/sessions", json!({ "email": "bea@example.com", "password": "wrong" })).await;
    let unknown =
        t.anonymous().post("/api/v1/sessions", json!({ "email": "eve@example.com", "password": "wrong" })).await;
    assert_eq!(wrong.shown(), unknown.shown());
    assert_snapshot!(wrong.shown(), @r#"
    401 Unauthorized

    {
      "type": "about:blank",
      "title": "Unauthorized",
      "status": 401,
      "code": "wrong_credentials",
      "detail": "the e-mail address or the password is wrong",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn guessing_is_stopped_and_told_how_long_to_wait() {
    let t = TestApp::start().await;
    t.person("dev", "bea@example.com", Role::Builder).await;
    let guess = || t.anonymous();
    for _ in 0..5 {
        guess().post("/api/v1/sessions", json!({ "email": "bea@example.com", "password": "wrong" })).await.must_be(401);
    }
    let right = json!({ "email": "bea@example.com", "password": PASSWORD });
    let refused = guess().post("/api/v1/sessions", right.clone()).await;
    assert_eq!(refused.header("retry-after"), "13");
    assert_snapshot!(refused.shown(), @r#"
    429 Too Many Requests

    {
      "type": "about:blank",
      "title": "Too Many Requests",
      "status": 429,
      "code": "too_many_attempts",
      "detail": "too many attempts; try again in 13 s",
      "request_id": "[request_id]"
    }
    "#);
    t.advance(TimeDelta::seconds(13));
    guess().post("/api/v1/sessions", right).await.must_be(201);
}

#[actix_web::test]
async fn a_session_ends_when_it_is_not_used_and_at_its_end_in_any_case() {
    let t = TestApp::start_with(|options| options.session.absolute = TimeDelta::hours(2)).await;
    let idle = t.user(Role::Viewer).await;
    t.advance(TimeDelta::minutes(31));
    assert_snapshot!(idle.get("/api/v1/me").await.shown(), @r#"
    401 Unauthorized

    {
      "type": "about:blank",
      "title": "Unauthorized",
      "status": 401,
      "code": "unauthenticated",
      "detail": "this session has ended; sign in again",
      "request_id": "[request_id]"
    }
    "#);

    let sign_in = json!({ "email": "viewer@example.com", "password": PASSWORD });
    let busy = t.anonymous().post("/api/v1/sessions", sign_in).await.must_be(201).text("/token");
    let busy = t.anonymous().bearer(&busy);
    for _ in 0..4 {
        t.advance(TimeDelta::minutes(25));
        busy.get("/api/v1/me").await.must_be(200);
        t.settle().await;
    }
    t.advance(TimeDelta::minutes(25));
    busy.get("/api/v1/me").await.must_be(401);
}

#[actix_web::test]
async fn signing_out_ends_this_session_or_all_of_them() {
    let t = TestApp::start().await;
    let first = t.user(Role::Viewer).await;
    let second = t.sign_in("viewer@example.com").await;
    let third = t.sign_in("viewer@example.com").await;
    first.delete("/api/v1/sessions/current").await.must_be(204);
    first.get("/api/v1/me").await.must_be(401);
    second.get("/api/v1/me").await.must_be(200);
    second.delete("/api/v1/sessions").await.must_be(204);
    second.get("/api/v1/me").await.must_be(401);
    third.get("/api/v1/me").await.must_be(401);
}

#[actix_web::test]
async fn a_new_password_ends_all_sessions() {
    let t = TestApp::start().await;
    let bea = t.user(Role::Viewer).await;
    let body = json!({ "current_password": "wrong", "new_password": "staple correct horse" });
    assert_snapshot!(bea.put("/api/v1/me/password", body).await.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "wrong_password",
      "detail": "the current password is wrong",
      "request_id": "[request_id]"
    }
    "#);
    let body = json!({ "current_password": PASSWORD, "new_password": "short" });
    assert_snapshot!(bea.put("/api/v1/me/password", body).await.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "invalid_fields",
      "detail": "new_password: a password has 12 to 256 characters",
      "errors": [
        {
          "field": "new_password",
          "code": "invalid_length",
          "message": "a password has 12 to 256 characters"
        }
      ],
      "request_id": "[request_id]"
    }
    "#);
    let body = json!({ "current_password": PASSWORD, "new_password": "staple correct horse" });
    bea.put("/api/v1/me/password", body).await.must_be(204);
    bea.get("/api/v1/me").await.must_be(401);
    let sign_in = |password: &str| json!({ "email": "viewer@example.com", "password": password });
    t.anonymous().post("/api/v1/sessions", sign_in(PASSWORD)).await.must_be(401);
    t.anonymous().post("/api/v1/sessions", sign_in("staple correct horse")).await.must_be(201);
}

#[actix_web::test]
async fn who_has_several_tenants_says_which() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let bea = t.user(Role::Builder).await;
    t.person("prod", "builder@example.com", Role::Viewer).await;
    assert_snapshot!(bea.get("/api/v1/me").await.shown(), @r#"
    400 Bad Request

    {
      "type": "about:blank",
      "title": "Bad Request",
      "status": 400,
      "code": "tenant_required",
      "detail": "say which tenant in the header `Keyway-Tenant`: dev, prod",
      "request_id": "[request_id]"
    }
    "#);
    assert_eq!(bea.tenant("prod").get("/api/v1/me").await.text("/role"), "viewer");
    assert_eq!(bea.tenant("dev").get("/api/v1/me").await.text("/role"), "builder");
    t.tenant("other", false).await;
    let foreign = bea.tenant("other").get("/api/v1/me").await;
    let unknown = bea.tenant("nowhere").get("/api/v1/me").await;
    assert_eq!(foreign.shown().replace("other", "nowhere"), unknown.shown());
    assert_snapshot!(foreign.shown(), @r#"
    404 Not Found

    {
      "type": "about:blank",
      "title": "Not Found",
      "status": 404,
      "code": "not_found",
      "detail": "tenant `other` does not exist",
      "request_id": "[request_id]"
    }
    "#);
    assert_snapshot!(bea.get("/api/v1/tenants").await.shown(), @r#"
    200 OK

    {
      "items": [
        {
          "id": "ten_…",
          "key": "dev",
          "name": "dev",
          "is_production": false,
          "revision": 0,
          "created_at": "2026-01-01T00:00:00Z"
        },
        {
          "id": "ten_…",
          "key": "prod",
          "name": "prod",
          "is_production": true,
          "revision": 0,
          "created_at": "2026-01-01T00:00:00Z"
        }
      ],
      "next_cursor": null
    }
    "#);
}

#[actix_web::test]
async fn no_person_and_no_key_has_what_only_people_have() {
    let t = TestApp::start().await;
    let key = t.api_key(&[keyway::model::actor::Permission::CustomersRead]).await;
    assert_snapshot!(key.delete("/api/v1/sessions/current").await.shown(), @r#"
    403 Forbidden

    {
      "type": "about:blank",
      "title": "Forbidden",
      "status": 403,
      "code": "not_a_person",
      "detail": "this is for people: sign in instead of sending an API key",
      "request_id": "[request_id]"
    }
    "#);
    key.delete("/api/v1/sessions").await.must_be(403);
}
