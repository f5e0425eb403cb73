//! Tests by hand: with what is stored, with what is typed, and never with a secret where it does not belong.

use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::live_test::acme;
use crate::live_test::attempts;
use crate::live_test::base;
use crate::live_test::builder;
use crate::live_test::entered;
use crate::live_test::guarded;
use crate::live_test::http;
use crate::support::TestApp;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::told;

const CANARY: &str = "kw-CANARY-7f3a9c1e";

#[actix_web::test]
async fn support_tests_what_is_stored_and_what_is_typed() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let peer = guarded();
    http(&client, "customer", &base(&peer)).await.must_be(201);
    let made = client.post("/api/v1/credentials", acme("right")).await.must_be(201);
    let path = made.header("location");
    let support = t.user(Role::Support).await;
    let test = async |inputs: Value| support.post(&format!("{path}/test"), json!({ "inputs": inputs })).await;
    insta::assert_snapshot!(test(json!({})).await.shown(), @r#"
    200 OK

    {
      "outcome": "ok",
      "message": "The connection works",
      "advice": "Nothing needs to be done.",
      "status": 200
    }
    "#);
    insta::assert_snapshot!(test(entered("wrong")).await.shown(), @r#"
    200 OK

    {
      "outcome": "authentication_rejected",
      "message": "Authentication was rejected",
      "advice": "One or more of the credentials are incorrect or no longer valid.",
      "status": 401
    }
    "#);
    // Blank is what is stored.
    assert_eq!(
        test(json!({ "username": { "value": "ann" }, "password": { "value": "" } })).await.text("/outcome"),
        "ok"
    );
    assert_eq!(test(json!({ "user": { "value": "ann" } })).await.text("/code"), "invalid_fields");
    let before = client.get(path).await.json();
    assert_eq!((&before["version"], &before["last_check"]["outcome"]), (&json!(1), &json!("ok")));
    // By its connection, too.
    let by_connection = json!({ "customer": "acme" });
    let answer = support.post("/api/v1/connections/http-basic/test", by_connection).await.must_be(200);
    assert_eq!(answer.text("/outcome"), "ok");
    let unstored = json!({ "mode": "test", "inputs": entered("wrong") });
    let answer = support.post("/api/v1/connections/http-basic/test", unstored).await.must_be(200);
    assert_eq!(answer.text("/outcome"), "authentication_rejected");
    let nothing = support.post("/api/v1/connections/http-basic/test", json!({})).await;
    insta::assert_snapshot!(told::problem(&nothing), @"409 credential_pending: `http-basic` lacks values: username");
    insta::assert_snapshot!(attempts(&support, "/api/v1/connections/http-basic").await, @"
    live_test authentication_rejected 401 no credential
    live_test ok 200 credential
    live_test ok 200 credential
    live_test authentication_rejected 401 credential
    live_test ok 200 credential
    live_test ok 200 credential
    ");
    assert_eq!(t.user(Role::Viewer).await.post(&format!("{path}/test"), json!({})).await.status, 403);
}

#[actix_web::test]
async fn a_connection_is_tested_ten_times_in_a_minute_by_whatever_name() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let peer = guarded();
    let connection = http(&client, "customer", &base(&peer)).await.must_be(201).text("/id");
    let made = client.post("/api/v1/credentials", acme("right")).await.must_be(201);
    let body = json!({ "customer": "acme" });
    for name in ["http-basic", &connection] {
        for _ in 0..5 {
            client.post(&format!("/api/v1/connections/{name}/test"), body.clone()).await.must_be(200);
        }
    }
    let over = client.post(&format!("{}/test", made.header("location")), json!({})).await;
    assert_eq!((over.status, over.text("/code"), over.header("retry-after")), (429, "too_many_tests".to_owned(), "7"));
    t.advance(chrono::TimeDelta::seconds(7));
    client.post("/api/v1/connections/http-basic/test", body).await.must_be(200);
}

#[actix_web::test]
async fn a_stored_secret_never_reaches_a_place_that_is_typed() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let (right, evil) = (Peer::start(answer), Peer::start(answer));
    // Each component type with every URL that decides where its secrets go, and its values.
    let (good, bad) = (base(&right), base(&evil));
    let cases = [
        ("http", "basic", json!({ "base_url": good, "username": "ann", "password": CANARY }), vec!["base_url"]),
        ("http", "api_key", json!({ "base_url": good, "api_key": CANARY }), vec!["base_url"]),
        ("http", "bearer", json!({ "base_url": good, "token": CANARY }), vec!["base_url"]),
        (
            "akeneo",
            "oauth2_password",
            json!({ "base_url": good, "client_id": "1_a", "client_secret": CANARY, "username": "erp", "password": CANARY }),
            vec!["base_url"],
        ),
    ];
    for (component, kind, values, urls) in cases {
        let connection = json!({ "component": component, "connection_type": kind, "scope": "customer" });
        let key = client.post("/api/v1/connections", connection).await.must_be(201).text("/stable_key");
        let inputs: serde_json::Map<_, _> =
            values.as_object().unwrap().iter().map(|(key, value)| (key.clone(), json!({ "value": value }))).collect();
        let body = json!({ "connection": key, "owner": { "customer": "acme" }, "inputs": inputs });
        let made = client.post("/api/v1/credentials", body).await.must_be(201);
        for url in urls {
            let typed = json!({ "inputs": { url: { "value": bad } } });
            let answer = client.post(&format!("{}/test", made.header("location")), typed.clone()).await;
            assert_eq!(
                (answer.status, answer.text("/code")),
                (409, "credential_quarantined".to_owned()),
                "{kind} {url}"
            );
            let mut typed = typed;
            typed["customer"] = json!("acme");
            let answer = client.post(&format!("/api/v1/connections/{key}/test"), typed.clone()).await;
            assert_eq!(
                (answer.status, answer.text("/code")),
                (409, "credential_quarantined".to_owned()),
                "{kind} {url}"
            );
            // Saved, it is quarantined just so, and a test of what is stored sends nothing either.
            client.patch(made.header("location"), json!({ "inputs": { url: { "value": bad } } })).await.must_be(200);
            let answer = client.post(&format!("{}/test", made.header("location")), json!({})).await;
            assert_eq!(answer.text("/code"), "credential_quarantined", "{kind} {url}");
        }
    }
    assert!(right.requests().iter().any(|request| request.has(CANARY)), "the right one never had it");
    assert_eq!(evil.connections(), 0);
}

/// Takes whatever it gets.
fn answer(_: &crate::support::peer::Request) -> Reply {
    Reply::json(&json!({ "access_token": "T", "expires_in": 3600, "_embedded": { "items": [] } }))
}

#[actix_web::test]
async fn the_connections_own_url_does_not_lead_its_secret_away() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let (right, evil) = (guarded(), Peer::start(answer));
    let mut inputs = entered("right");
    inputs["base_url"] = json!({ "value": base(&right) });
    let new =
        json!({ "component": "http", "connection_type": "basic", "scope": "organization_global", "inputs": inputs });
    client.post("/api/v1/connections", new).await.must_be(201);
    let test =
        async |inputs: Value| client.post("/api/v1/connections/http-basic/test", json!({ "inputs": inputs })).await;
    assert_eq!(test(json!({})).await.text("/outcome"), "ok");
    let led_away = test(json!({ "base_url": { "value": base(&evil) } })).await;
    assert_eq!((led_away.status, led_away.text("/code")), (409, "credential_quarantined".to_owned()));
    assert_eq!(evil.connections(), 0);
    // Whoever types the secret again says that it is meant for there.
    let mut anew = entered("right");
    anew["base_url"] = json!({ "value": base(&evil) });
    assert_eq!(test(anew).await.text("/outcome"), "ok");
    assert_eq!(evil.requests().len(), 1);
}
