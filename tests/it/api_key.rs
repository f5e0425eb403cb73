//! API keys.

use chrono::TimeDelta;
use insta::assert_snapshot;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn a_key_is_shown_once_and_works() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let body = json!({ "name": "runtime", "scopes": ["credentials:read", "customers:read"], "expires_in_days": 30 });
    let made = admin.post("/api/v1/api-keys", body).await;
    assert_snapshot!(made.shown(), @r#"
    201 Created

    {
      "api_key": {
        "id": "key_…",
        "name": "runtime",
        "prefix": "[prefix]",
        "scopes": [
          "credentials:read",
          "customers:read"
        ],
        "created_by": "admin@example.com",
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-31T00:00:00Z",
        "last_used_at": null,
        "revoked_at": null
      },
      "token": "kwk_…"
    }
    "#);
    let key = t.anonymous().bearer(&made.text("/token"));
    key.get("/api/v1/customers").await.must_be(200);
    key.get("/api/v1/users").await.must_be(403);
    t.settle().await;
    let list = admin.get("/api/v1/api-keys").await;
    assert!(!list.body.contains(&made.text("/token")));
    assert_snapshot!(list.shown(), @r#"
    200 OK

    {
      "items": [
        {
          "id": "key_…",
          "name": "runtime",
          "prefix": "[prefix]",
          "scopes": [
            "credentials:read",
            "customers:read"
          ],
          "created_by": "admin@example.com",
          "created_at": "2026-01-01T00:00:00Z",
          "expires_at": "2026-01-31T00:00:00Z",
          "last_used_at": "2026-01-01T00:00:00Z",
          "revoked_at": null
        }
      ],
      "next_cursor": null
    }
    "#);
}

#[actix_web::test]
async fn nobody_makes_a_key_that_may_more_than_they() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let refused = admin.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["tenants:write"] })).await;
    assert_snapshot!(refused.shown(), @r#"
    403 Forbidden

    {
      "type": "about:blank",
      "title": "Forbidden",
      "status": 403,
      "code": "scope_not_grantable",
      "detail": "you cannot make a key with the scope `tenants:write`: you do not hold it yourself",
      "request_id": "[request_id]"
    }
    "#);
    t.user(Role::Owner)
        .await
        .post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["tenants:write"] }))
        .await
        .must_be(201);
    let key = t.api_key(&[Permission::ApiKeysWrite]).await;
    key.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["credentials:read"] })).await.must_be(403);
    key.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["api_keys:write"] })).await.must_be(201);
}

#[actix_web::test]
async fn an_expired_or_revoked_key_is_told_so() {
    let t = TestApp::start().await;
    let owner = t.user(Role::Owner).await;
    let body = json!({ "name": "k", "scopes": ["customers:read"], "expires_in_days": 1 });
    let made = owner.post("/api/v1/api-keys", body).await.must_be(201);
    let key = t.anonymous().bearer(&made.text("/token"));
    key.get("/api/v1/me").await.must_be(200);
    t.advance(TimeDelta::days(1));
    assert_snapshot!(key.get("/api/v1/me").await.shown(), @r#"
    401 Unauthorized

    {
      "type": "about:blank",
      "title": "Unauthorized",
      "status": 401,
      "code": "unauthenticated",
      "detail": "this API key has expired; make a new one",
      "request_id": "[request_id]"
    }
    "#);
    let owner = t.sign_in("owner@example.com").await;
    owner.delete(&format!("/api/v1/api-keys/{}", made.text("/api_key/id"))).await.must_be(204);
    owner.delete(&format!("/api/v1/api-keys/{}", made.text("/api_key/id"))).await.must_be(204);
    assert_snapshot!(key.get("/api/v1/me").await.shown(), @r#"
    401 Unauthorized

    {
      "type": "about:blank",
      "title": "Unauthorized",
      "status": 401,
      "code": "unauthenticated",
      "detail": "this API key was revoked; use another one",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn a_key_needs_known_scopes() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let empty = admin.post("/api/v1/api-keys", json!({ "name": "k", "scopes": [], "expires_in_days": 0 })).await;
    assert_snapshot!(empty.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "invalid_fields",
      "detail": "expires_in_days: 1 to 3650 days",
      "errors": [
        {
          "field": "expires_in_days",
          "code": "out_of_range",
          "message": "1 to 3650 days"
        }
      ],
      "request_id": "[request_id]"
    }
    "#);
    admin.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["everything"] })).await.must_be(422);
}
