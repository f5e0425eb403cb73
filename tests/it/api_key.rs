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
    assert_snapshot!(made.shown(), @"");
    let key = t.anonymous().bearer(&made.text("/token"));
    key.get("/api/v1/customers").await.must_be(200);
    key.get("/api/v1/users").await.must_be(403);
    t.settle().await;
    let list = admin.get("/api/v1/api-keys").await;
    assert!(!list.body.contains(&made.text("/token")));
    assert_snapshot!(list.shown(), @"");
}

#[actix_web::test]
async fn nobody_makes_a_key_that_may_more_than_they() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let refused = admin.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["tenants:write"] })).await;
    assert_snapshot!(refused.shown(), @"");
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
    assert_snapshot!(key.get("/api/v1/me").await.shown(), @"");
    let owner = t.sign_in("owner@example.com").await;
    owner.delete(&format!("/api/v1/api-keys/{}", made.text("/api_key/id"))).await.must_be(204);
    owner.delete(&format!("/api/v1/api-keys/{}", made.text("/api_key/id"))).await.must_be(204);
    assert_snapshot!(key.get("/api/v1/me").await.shown(), @"");
}

#[actix_web::test]
async fn a_key_needs_known_scopes() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let empty = admin.post("/api/v1/api-keys", json!({ "name": "k", "scopes": [], "expires_in_days": 0 })).await;
    assert_snapshot!(empty.shown(), @"");
    admin.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["everything"] })).await.must_be(422);
}
