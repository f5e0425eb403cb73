//! Tenants and the audit log.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn who_makes_a_tenant_owns_it() {
    let t = TestApp::start().await;
    let owner = t.user(Role::Owner).await;
    let made = owner.post("/api/v1/tenants", json!({ "key": "prod", "is_production": true })).await;
    assert_snapshot!(made.shown(), @r#"
    201 Created

    {
      "id": "ten_…",
      "key": "prod",
      "name": "prod",
      "is_production": true,
      "revision": 0,
      "created_at": "2026-01-01T00:00:00Z"
    }
    "#);
    assert_eq!(owner.tenant("prod").get("/api/v1/me").await.text("/role"), "owner");
    assert_snapshot!(owner.tenant("dev").post("/api/v1/tenants", json!({ "key": "prod" })).await.shown(), @r#"
    409 Conflict

    {
      "type": "about:blank",
      "title": "Conflict",
      "status": 409,
      "code": "tenant_exists",
      "detail": "a tenant `prod` exists already",
      "request_id": "[request_id]"
    }
    "#);
    owner.tenant("dev").post("/api/v1/tenants", json!({ "key": "Not a key" })).await.must_be(422);
}

#[actix_web::test]
async fn a_tenant_is_renamed_and_marked() {
    let t = TestApp::start().await;
    let owner = t.user(Role::Owner).await;
    let body = json!({ "name": "Development", "is_production": true });
    assert_snapshot!(owner.patch("/api/v1/tenants/current", body).await.shown(), @r#"
    200 OK

    {
      "id": "ten_…",
      "key": "dev",
      "name": "Development",
      "is_production": true,
      "revision": 0,
      "created_at": "2026-01-01T00:00:00Z"
    }
    "#);
}

#[actix_web::test]
async fn what_was_done_is_in_the_audit_log() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    admin.post("/api/v1/customers", json!({ "external_id": "acme-42" })).await.must_be(201);
    let page = admin.get("/api/v1/audit?limit=2").await;
    assert_snapshot!(page.shown(), @r#"
    200 OK

    {
      "items": [
        {
          "id": "evt_…",
          "at": "2026-01-01T00:00:00Z",
          "actor": "admin@example.com",
          "action": "customer.created",
          "subject": "acme-42",
          "detail": {
            "name": "acme-42"
          }
        },
        {
          "id": "evt_…",
          "at": "2026-01-01T00:00:00Z",
          "actor": "operator tester",
          "action": "user.created",
          "subject": "admin@example.com",
          "detail": {
            "role": "admin",
            "is_new": true
          }
        }
      ],
      "next_cursor": "[next_cursor]"
    }
    "#);
    let next = admin.get(&format!("/api/v1/audit?cursor={}", page.text("/next_cursor"))).await;
    assert_eq!(next.text("/items/0/action"), "tenant.created");
}
