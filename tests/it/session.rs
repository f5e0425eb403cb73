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
    assert_snapshot!(answer.shown(), @"");
    let me = t.anonymous().bearer(&answer.text("/token")).get("/api/v1/me").await;
    assert_snapshot!(me.shown(), @"");
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
    assert_snapshot!(wrong.shown(), @"");
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
    assert_snapshot!(refused.shown(), @"");
    t.advance(TimeDelta::seconds(13));
    guess().post("/api/v1/sessions", right).await.must_be(201);
}

#[actix_web::test]
async fn a_session_ends_when_it_is_not_used_and_after_half_a_day_in_any_case() {
    let t = TestApp::start().await;
    let idle = t.user(Role::Viewer).await;
    t.advance(TimeDelta::minutes(31));
    assert_snapshot!(idle.get("/api/v1/me").await.shown(), @"");

    let busy = t.user(Role::Viewer).await;
    for _ in 0..35 {
        t.advance(TimeDelta::minutes(20));
        busy.get("/api/v1/me").await.must_be(200);
        t.settle().await;
    }
    t.advance(TimeDelta::minutes(20));
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
    assert_snapshot!(bea.put("/api/v1/me/password", body).await.shown(), @"");
    let body = json!({ "current_password": PASSWORD, "new_password": "short" });
    assert_snapshot!(bea.put("/api/v1/me/password", body).await.shown(), @"");
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
    assert_snapshot!(bea.get("/api/v1/me").await.shown(), @"");
    assert_eq!(bea.tenant("prod").get("/api/v1/me").await.text("/role"), "viewer");
    assert_eq!(bea.tenant("dev").get("/api/v1/me").await.text("/role"), "builder");
    t.tenant("other", false).await;
    let foreign = bea.tenant("other").get("/api/v1/me").await;
    let unknown = bea.tenant("nowhere").get("/api/v1/me").await;
    assert_eq!(foreign.shown().replace("other", "nowhere"), unknown.shown());
    assert_snapshot!(foreign.shown(), @"");
    assert_snapshot!(bea.get("/api/v1/tenants").await.shown(), @"");
}

#[actix_web::test]
async fn no_person_and_no_key_has_what_only_people_have() {
    let t = TestApp::start().await;
    let key = t.api_key(&[keyway::model::actor::Permission::CustomersRead]).await;
    assert_snapshot!(key.delete("/api/v1/sessions/current").await.shown(), @"");
    key.delete("/api/v1/sessions").await.must_be(403);
}
