//! A secret goes where it was meant to go when it was entered, and nowhere else.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::connection::customers;
use crate::connection::fetched;
use crate::connection::made;
use crate::connection::runtime;
use crate::support::TestApp;
use crate::support::told;

#[actix_web::test]
async fn a_changed_host_holds_secrets_back_until_they_are_entered_again() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let body = json!({ "component": "http", "connection_type": "api_key", "scope": "organization_global",
        "inputs": { "base_url": { "value": "https://api.example.com/v1" } } });
    let path = made(&builder, body).await.header("location").to_owned();
    let credential =
        json!({ "connection": "http-api-key", "owner": "organization", "inputs": { "api_key": { "value": "ours" } } });
    let credential = builder.post("/api/v1/credentials", credential).await.must_be(201).header("location").to_owned();
    let runtime = runtime(&t).await;
    let base_url = async |url: &str| {
        let body = json!({ "inputs": { "base_url": { "value": url } } });
        builder.patch(&path, body).await.must_be(200);
        fetched(&runtime, "http-api-key", "").await
    };
    // Another path on the same host is the same place.
    assert_snapshot!(base_url("https://api.example.com/v2").await, @r#"{"api_key":"ours","base_url":"https://api.example.com/v2","header":"X-API-Key","test_path":"/"}"#);
    assert_snapshot!(base_url("https://api.example.org/v2").await, @"409 credential_quarantined: where the secrets of `http-api-key` are sent changed since they were entered; enter again: api_key");
    assert_snapshot!(told::values(&builder.get(&credential).await), @r#"
    base_url = "https://api.example.org/v2"; from global, set, managed by organization
    test_path = "/"; from default, set, managed by organization
    header = "X-API-Key"; from default, set, managed by organization
    api_key = secret, 4 characters; from credential, quarantined, managed by organization
    missing: api_key (quarantined, organization)
    status quarantined, complete false
    "#);
    assert_eq!(builder.get(&path).await.text("/status"), "pending");
    // Back at the old place, it may go there again.
    assert_snapshot!(base_url("https://api.example.com").await, @r#"{"api_key":"ours","base_url":"https://api.example.com","header":"X-API-Key","test_path":"/"}"#);
    base_url("https://api.example.org").await;
    let enter = async |value: Value| {
        let body = json!({ "inputs": { "api_key": { "value": value } } });
        builder.patch(&credential, body).await.must_be(200);
        fetched(&runtime, "http-api-key", "").await
    };
    // Blank enters nothing.
    assert_snapshot!(enter(json!("")).await, @"409 credential_quarantined: where the secrets of `http-api-key` are sent changed since they were entered; enter again: api_key");
    assert_snapshot!(enter(json!("ours")).await, @r#"{"api_key":"ours","base_url":"https://api.example.org","header":"X-API-Key","test_path":"/"}"#);
}

#[actix_web::test]
async fn a_customers_own_host_does_not_get_the_organizations_secret() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let builder = t.user(Role::Builder).await;
    let body = json!({ "component": "http", "connection_type": "api_key", "scope": "customer",
        "inputs": { "base_url": { "value": "https://api.example.com" }, "api_key": { "value": "ours" } } });
    made(&builder, body).await;
    let runtime = runtime(&t).await;
    assert_snapshot!(fetched(&runtime, "http-api-key", "customer=acme").await, @r#"{"api_key":"ours","base_url":"https://api.example.com","header":"X-API-Key","test_path":"/"}"#);
    let credential = json!({ "connection": "http-api-key", "owner": { "customer": "acme" },
        "inputs": { "base_url": { "value": "https://evil.example.net" } } });
    let credential = builder.post("/api/v1/credentials", credential).await.must_be(201);
    assert_snapshot!(told::values(&credential), @r#"
    base_url = "https://evil.example.net"; from credential, set, managed by customer
    test_path = "/"; from default, set, managed by organization, not settable here
    header = "X-API-Key"; from default, set, managed by organization, not settable here
    api_key = secret, 4 characters; from global, quarantined, managed by customer
    missing: api_key (quarantined, customer)
    status quarantined, complete false
    "#);
    assert_snapshot!(fetched(&runtime, "http-api-key", "customer=acme").await, @"409 credential_quarantined: where the secrets of `http-api-key` are sent changed since they were entered; enter again: api_key");
}
