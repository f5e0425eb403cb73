//! People and their roles.

use insta::assert_snapshot;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use secrecy::SecretString;
use serde_json::json;

use crate::support::PASSWORD;
use crate::support::TestApp;

#[actix_web::test]
async fn a_new_person_gets_a_password_that_is_shown_once() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let made =
        admin.post("/api/v1/users", json!({ "email": "bea@example.com", "name": "Bea", "role": "builder" })).await;
    assert_snapshot!(made.shown(), @r#"
    201 Created

    {
      "user": {
        "id": "usr_…",
        "email": "bea@example.com",
        "name": "Bea",
        "is_disabled": false,
        "created_at": "2026-01-01T00:00:00Z",
        "role": "builder"
      },
      "is_new": true,
      "password": "[password]"
    }
    "#);
    let body = json!({ "email": "bea@example.com", "password": made.text("/password") });
    t.anonymous().post("/api/v1/sessions", body).await.must_be(201);
    assert!(!admin.get("/api/v1/users").await.body.contains("password"));
    assert_snapshot!(admin.get(made.header("location")).await.shown(), @r#"
    200 OK

    {
      "id": "usr_…",
      "email": "bea@example.com",
      "name": "Bea",
      "is_disabled": false,
      "created_at": "2026-01-01T00:00:00Z",
      "role": "builder"
    }
    "#);
}

#[actix_web::test]
async fn somebody_who_exists_is_given_the_role_only() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    t.person("dev", "bea@example.com", Role::Builder).await;
    let admin = t.user_in("prod", Role::Admin).await;
    let body = json!({ "email": "bea@example.com", "name": "Other", "role": "viewer", "password": "another password" });
    let given = admin.post("/api/v1/users", body.clone()).await.must_be(201);
    assert_eq!(
        (given.text("/is_new"), given.text("/user/name")),
        ("false".to_owned(), "Person bea@example.com".to_owned())
    );
    t.anonymous()
        .post("/api/v1/sessions", json!({ "email": "bea@example.com", "password": PASSWORD }))
        .await
        .must_be(201);
    assert_snapshot!(admin.post("/api/v1/users", body).await.shown(), @r#"
    409 Conflict

    {
      "type": "about:blank",
      "title": "Conflict",
      "status": 409,
      "code": "already_member",
      "detail": "bea@example.com has a role in this tenant already; change it",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn nobody_grants_or_changes_what_is_above_them() {
    let t = TestApp::start().await;
    let owner = t.user(Role::Owner).await;
    let admin = t.user(Role::Admin).await;
    let body = json!({ "email": "bea@example.com", "name": "Bea", "role": "owner" });
    assert_snapshot!(admin.post("/api/v1/users", body).await.shown(), @r#"
    403 Forbidden

    {
      "type": "about:blank",
      "title": "Forbidden",
      "status": 403,
      "code": "role_too_high",
      "detail": "the role owner holds more than you do",
      "request_id": "[request_id]"
    }
    "#);
    let owner_id = owner.get("/api/v1/me").await.text("/id");
    let path = format!("/api/v1/users/{owner_id}");
    admin.patch(&path, json!({ "role": "viewer" })).await.must_be(403);
    admin.patch(&path, json!({ "is_disabled": true })).await.must_be(403);
    admin.delete(&path).await.must_be(403);
    let own = format!("/api/v1/users/{}", admin.get("/api/v1/me").await.text("/id"));
    admin.patch(&own, json!({ "role": "owner" })).await.must_be(403);
    let key = t.api_key(&[Permission::UsersWrite, Permission::UsersRead]).await;
    key.post("/api/v1/users", json!({ "email": "e@example.com", "name": "E", "role": "viewer" })).await.must_be(403);
}

#[actix_web::test]
async fn a_tenant_keeps_an_owner() {
    let t = TestApp::start().await;
    let owner = t.user(Role::Owner).await;
    let path = format!("/api/v1/users/{}", owner.get("/api/v1/me").await.text("/id"));
    assert_snapshot!(owner.patch(&path, json!({ "role": "admin" })).await.shown(), @r#"
    409 Conflict

    {
      "type": "about:blank",
      "title": "Conflict",
      "status": 409,
      "code": "last_owner",
      "detail": "the tenant dev needs an owner who can sign in; make another one first",
      "request_id": "[request_id]"
    }
    "#);
    owner.delete(&path).await.must_be(409);
    owner.patch(&path, json!({ "is_disabled": true })).await.must_be(409);
    let whole = t.api_key(Permission::ALL).await;
    assert_snapshot!(whole.patch(&path, json!({ "is_disabled": true })).await.shown(), @r#"
    409 Conflict

    {
      "type": "about:blank",
      "title": "Conflict",
      "status": 409,
      "code": "last_owner",
      "detail": "the tenant dev needs an owner who can sign in; make another one first",
      "request_id": "[request_id]"
    }
    "#);
    t.person("dev", "second@example.com", Role::Owner).await;
    owner.patch(&path, json!({ "role": "admin" })).await.must_be(200);
}

#[actix_web::test]
async fn a_disabled_person_is_out_at_once() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let bea = t.user(Role::Builder).await;
    let path = format!("/api/v1/users/{}", bea.get("/api/v1/me").await.text("/id"));
    admin.patch(&path, json!({ "is_disabled": true })).await.must_be(200);
    bea.get("/api/v1/me").await.must_be(401);
    let sign_in = json!({ "email": "builder2@example.com", "password": PASSWORD });
    t.anonymous().post("/api/v1/sessions", sign_in.clone()).await.must_be(401);
    admin.patch(&path, json!({ "is_disabled": false })).await.must_be(200);
    bea.get("/api/v1/me").await.must_be(401);
    t.anonymous().post("/api/v1/sessions", sign_in).await.must_be(201);
}

#[actix_web::test]
async fn disabling_does_not_reach_into_tenants_of_others() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let admin = t.user(Role::Admin).await;
    let bea = t.user(Role::Builder).await;
    t.person("prod", "builder2@example.com", Role::Builder).await;
    let path = format!("/api/v1/users/{}", bea.tenant("dev").get("/api/v1/me").await.text("/id"));
    assert_snapshot!(admin.patch(&path, json!({ "is_disabled": true })).await.shown(), @r#"
    403 Forbidden

    {
      "type": "about:blank",
      "title": "Forbidden",
      "status": 403,
      "code": "member_elsewhere",
      "detail": "they have a role in a tenant that you do not manage; take their role here away instead",
      "request_id": "[request_id]"
    }
    "#);
    t.person("prod", "admin@example.com", Role::Admin).await;
    admin.tenant("dev").patch(&path, json!({ "is_disabled": true })).await.must_be(200);
}

#[actix_web::test]
async fn a_role_that_is_taken_away_is_gone_at_once() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    let bea = t.user(Role::Builder).await;
    let path = format!("/api/v1/users/{}", bea.get("/api/v1/me").await.text("/id"));
    admin.delete(&path).await.must_be(204);
    assert_snapshot!(bea.get("/api/v1/me").await.shown(), @r#"
    403 Forbidden

    {
      "type": "about:blank",
      "title": "Forbidden",
      "status": 403,
      "code": "no_tenant",
      "detail": "you have no role in any tenant; ask an admin for one",
      "request_id": "[request_id]"
    }
    "#);
    admin.get(&path).await.must_be(404);
}

#[actix_web::test]
async fn the_first_owner_is_made_once_and_owns_every_tenant() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let first = t.app.ensure_first_owner("owner@keyway.local").await.unwrap().unwrap();
    assert!(t.app.ensure_first_owner("owner@keyway.local").await.unwrap().is_none());
    let password = SecretString::from(first.password.to_string());
    let session = t.app.sign_in(&first.email, password, Default::default()).await.unwrap();
    let owner = t.anonymous().bearer(&session.token);
    for tenant in ["dev", "prod"] {
        assert_eq!(owner.tenant(tenant).get("/api/v1/me").await.text("/role"), "owner");
    }
}
