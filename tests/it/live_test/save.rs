//! Before saving: what fails leaves nothing behind, what is no value is not tested, what changes meanwhile is seen.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use keyway::model::actor::Role;
use serde_json::json;

use crate::live_test::acme;
use crate::live_test::attempts;
use crate::live_test::base;
use crate::live_test::basic;
use crate::live_test::builder;
use crate::live_test::entered;
use crate::live_test::found;
use crate::live_test::guarded;
use crate::live_test::http;
use crate::support::TestApp;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::told;

#[actix_web::test]
async fn each_outcome_is_told_with_its_reason_and_leaves_the_row_as_it_was() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let status = Arc::new(Mutex::new(200));
    let told = Arc::clone(&status);
    let peer = Peer::start(move |_| Reply::status(*told.lock().unwrap()));
    http(&client, "customer", &base(&peer)).await.must_be(201);
    let made = client.post("/api/v1/credentials", acme("right")).await.must_be(201);
    let (id, path) = (made.text("/id"), made.header("location"));
    let before = t.stored_credential("dev", &id).await.unwrap();
    let try_with = async |code: u16| {
        *status.lock().unwrap() = code;
        found(&client.patch(path, json!({ "inputs": entered("other") })).await)
    };
    let mut all = Vec::new();
    for code in [404, 301, 401, 403, 400, 429, 500] {
        all.push(format!("{code} -> {}", try_with(code).await));
    }
    insta::assert_snapshot!(all.join("\n"), @"
    404 -> 422 live_test_failed not_found: The API was not found at this URL | The URL is wrong, or something else answers there. Check it.
    301 -> 422 live_test_failed not_found: The API was not found at this URL | The URL is wrong, or something else answers there. Check it.
    401 -> 422 live_test_failed authentication_rejected: Authentication was rejected | One or more of the credentials are incorrect or no longer valid.
    403 -> 422 live_test_failed access_denied: Access was denied | The account may not use the API; check its roles, permissions and scopes there.
    400 -> 422 live_test_failed request_rejected: The request was rejected | Review the connection's details and try again.
    429 -> 422 live_test_failed request_rejected: The request was rejected | Review the connection's details and try again.
    500 -> 422 live_test_failed server_error: The server returned an error | A temporary problem on the other side; try again in a few moments.
    ");
    assert_eq!(t.stored_credential("dev", &id).await.unwrap(), before);
    assert_eq!(client.get(path).await.json()["last_check"], made.json()["last_check"]);
    insta::assert_snapshot!(attempts(&client, path).await, @"
    live_test server_error 500 credential
    live_test request_rejected 429 credential
    live_test request_rejected 400 credential
    live_test access_denied 403 credential
    live_test authentication_rejected 401 credential
    live_test not_found 301 credential
    live_test not_found 404 credential
    live_test ok 200 credential
    ");
    assert_eq!(attempts(&client, "/api/v1/connections/http-basic").await, attempts(&client, path).await);
    // Pages of one.
    let first = client.get(&format!("{path}/attempts?limit=1")).await.must_be(200).json();
    let next = format!("{path}/attempts?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_ne!(client.get(&next).await.must_be(200).json()["items"][0]["id"], first["items"][0]["id"]);
}

#[actix_web::test]
async fn an_address_that_is_refused_is_told_to_the_operator() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    http(&client, "customer", "http://10.0.0.1").await.must_be(201);
    let answer = client.post("/api/v1/credentials", acme("planted-password")).await;
    assert_eq!(
        found(&answer),
        "422 live_test_failed unreachable: The server could not be reached | The URL is wrong, or the server is offline or unreachable from this network."
    );
    insta::assert_snapshot!(answer.text("/hint"), @"10.0.0.1 would be called without encryption; use https, or let an operator list it in outbound.allow or set outbound.allow_http");
    assert!(!answer.body.contains("planted-password"));
}

#[actix_web::test]
async fn builders_may_save_without_a_test_and_the_history_says_so() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let peer = guarded();
    http(&client, "customer", &base(&peer)).await.must_be(201);
    let mut body = acme("wrong");
    body["without_test"] = json!(true);
    let support = t.user(Role::Support).await;
    let refused = support.post("/api/v1/credentials", body.clone()).await;
    insta::assert_snapshot!(told::problem(&refused), @"403 forbidden: this needs the role builder in this tenant; yours is support");
    let made = client.post("/api/v1/credentials", body).await.must_be(201);
    assert_eq!(made.text("/last_check/outcome"), "untested");
    assert_eq!(peer.requests().len(), 0);
    let history = client.get("/api/v1/connections/http-basic/history").await;
    assert!(told::history(&history).contains("live_test: null -> \"saved without a live test\""), "{}", history.body);
    // Support's own save is tested.
    let path = made.header("location");
    let wrong = support.patch(path, json!({ "inputs": entered("wrong again") })).await;
    assert_eq!(wrong.text("/outcome"), "authentication_rejected");
    let right = support.patch(path, json!({ "inputs": entered("right") })).await.must_be(200);
    assert_eq!(right.text("/last_check/outcome"), "ok");
}

#[actix_web::test]
async fn names_switches_and_keys_are_not_tested() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let peer = guarded();
    http(&client, "customer", &base(&peer)).await.must_be(201);
    let made = client.post("/api/v1/credentials", acme("right")).await.must_be(201);
    let (path, asked) = (made.header("location"), peer.requests().len());
    assert_eq!(asked, 1);
    client.patch(path, json!({ "name": "eu" })).await.must_be(200);
    client.patch(path, json!({ "is_enabled": false })).await.must_be(200);
    client.patch(path, json!({ "is_enabled": true })).await.must_be(200);
    client.patch(path, json!({ "inputs": { "password": { "value": "" } } })).await.must_be(200);
    client.patch("/api/v1/connections/http-basic", json!({ "label": "Ours" })).await.must_be(200);
    client.put("/api/v1/connections/http-basic/stable-key", json!({ "stable_key": "erp" })).await.must_be(200);
    client
        .patch("/api/v1/connections/erp", json!({ "inputs": { "test_path": { "value": "/me" } } }))
        .await
        .must_be(200);
    assert_eq!(peer.requests().len(), asked);
}

#[actix_web::test]
async fn the_organizations_one_account_is_tested_with_its_global_values() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let peer = guarded();
    let values = |password: &str| {
        let mut inputs = entered(password);
        inputs["base_url"] = json!({ "value": base(&peer) });
        inputs
    };
    let new = |password: &str| {
        json!({ "component": "http", "connection_type": "basic", "scope": "organization_global",
            "inputs": values(password) })
    };
    let wrong = client.post("/api/v1/connections", new("wrong")).await;
    assert_eq!(wrong.text("/code"), "live_test_failed");
    assert_eq!(client.get("/api/v1/connections").await.json()["items"], json!([]));
    let made = client.post("/api/v1/connections", new("right")).await.must_be(201);
    let path = made.header("location");
    let wrong = client.patch(path, json!({ "inputs": entered("wrong") })).await;
    assert_eq!(wrong.text("/outcome"), "authentication_rejected");
    let untested = json!({ "inputs": entered("wrong"), "without_test": true });
    client.patch(path, untested).await.must_be(200);
    // The organization's own credential is laid over them, and then it counts.
    let own = json!({ "connection": "http-basic", "owner": "organization", "inputs": entered("right") });
    let own = client.post("/api/v1/credentials", own).await.must_be(201);
    client.patch(path, json!({ "inputs": { "test_path": { "value": "/me" } } })).await.must_be(200);
    assert_eq!(peer.requests().last().unwrap().path, "/me");
    assert_eq!(basic(peer.requests().last().unwrap()).unwrap(), "ann:right");
    insta::assert_snapshot!(attempts(&client, own.header("location")).await, @"
    live_test ok 200 credential
    live_test ok 200 credential
    ");
    insta::assert_snapshot!(attempts(&client, path).await, @"
    live_test ok 200 credential
    live_test ok 200 credential
    live_test authentication_rejected 401 no credential
    live_test ok 200 no credential
    ");
}

#[actix_web::test]
async fn what_is_not_http_is_saved_untested() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let new = json!({ "component": "postgres", "connection_type": "postgres", "scope": "customer" });
    client.post("/api/v1/connections", new).await.must_be(201);
    let inputs = json!({ "host": { "value": "db.example" }, "database": { "value": "orders" },
        "username": { "value": "ann" }, "password": { "value": "right" } });
    let body = json!({ "connection": "postgres-postgres", "owner": { "customer": "acme" }, "inputs": inputs });
    let made = client.post("/api/v1/credentials", body).await.must_be(201);
    assert_eq!((made.text("/status"), made.text("/last_check/outcome")), ("active".to_owned(), "untested".to_owned()));
    let test = client.post(&format!("{}/test", made.header("location")), json!({})).await;
    assert_eq!((test.status, test.text("/code")), (409, "no_live_test".to_owned()));
}

#[actix_web::test]
async fn a_value_that_changes_while_it_is_tested_is_tested_again() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    // The first test lasts until somebody has changed the path that is tested.
    let peer = Peer::start(|request| match request.path.as_str() {
        "/slow" => Reply::status(200).after(Duration::from_millis(1500)),
        "/denied" => Reply::status(403),
        _ => Reply::status(200),
    });
    http(&client, "customer", &base(&peer)).await.must_be(201);
    let made = client.post("/api/v1/credentials", acme("right")).await.must_be(201);
    let path = made.header("location");
    let point = |to: &'static str| json!({ "inputs": { "test_path": { "value": to } } });
    client.patch("/api/v1/connections/http-basic", point("/slow")).await.must_be(200);
    let other = async {
        while !peer.requests().iter().any(|request| request.path == "/slow") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        client.patch("/api/v1/connections/http-basic", point("/denied")).await.must_be(200);
    };
    let (saved, ()) = tokio::join!(client.patch(path, json!({ "inputs": entered("other") })), other);
    assert_eq!((saved.status, saved.text("/outcome")), (422, "access_denied".to_owned()));
    // With a version, whoever comes second is told so.
    client.patch("/api/v1/connections/http-basic", point("/slow")).await.must_be(200);
    let asked = peer.requests().len();
    let other = async {
        while peer.requests().len() == asked {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        client.patch(path, json!({ "name": "eu" })).await.must_be(200);
    };
    let first = client.with("If-Match", "\"1\"");
    let (saved, ()) = tokio::join!(first.patch(path, json!({ "inputs": entered("other") })), other);
    assert_eq!((saved.status, saved.text("/code")), (412, "version_mismatch".to_owned()));
}

#[actix_web::test]
async fn a_database_connection_is_free_while_a_test_waits() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let peer = Peer::start(|_| Reply::status(200).after(Duration::from_millis(1500)));
    http(&client, "customer", &base(&peer)).await.must_be(201);
    let begun = std::time::Instant::now();
    let write = async {
        while peer.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        client.post("/api/v1/customers", json!({ "external_id": "bolt" })).await.must_be(201);
        begun.elapsed()
    };
    let (saved, written) = tokio::join!(client.post("/api/v1/credentials", acme("right")), write);
    saved.must_be(201);
    assert!(written < Duration::from_millis(1400) && begun.elapsed() > Duration::from_millis(1400), "{written:?}");
}
