//! Connections: making and changing them, and what becomes of their values.

mod canary;
mod change;
mod deletion;
mod inheritance;
mod keys;
mod list;
mod quarantine;

use insta::assert_snapshot;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::client::Client;
use crate::support::told;

const CLIENT_ID: &str = "0123456789abcdef0123456789abcdef";
const OTHER_CLIENT_ID: &str = "fedcba9876543210fedcba9876543210";

/// A connection to Shopify with the organization's app.
fn shopify() -> Value {
    json!({
        "component": "shopify", "connection_type": "oauth2", "scope": "customer",
        "inputs": { "client_id": { "value": CLIENT_ID }, "client_secret": { "value": "first-secret" } },
    })
}

/// Makes it.
async fn made(client: &Client, body: Value) -> Answer {
    client.post("/api/v1/connections", body).await.must_be(201)
}

/// Makes customers with these external ids.
async fn customers(t: &TestApp, ids: &[&str]) {
    let support = t.user(Role::Support).await;
    for id in ids {
        support.post("/api/v1/customers", json!({ "external_id": id })).await.must_be(201);
    }
}

/// What the provider would have issued, of types whose requests carry a token.
async fn authorized(client: &Client, credential: &str) {
    let answer = client.put(&format!("{credential}/tokens"), json!({ "access_token": "issued-token" })).await;
    assert!(answer.status == 204 || answer.json()["code"] == "no_tokens", "{}", answer.body);
}

/// What a runtime gets, as one line.
async fn fetched(runtime: &Client, connection: &str, owner: &str) -> String {
    let answer = runtime.get(&format!("/api/v1/connections/{connection}/credentials?{owner}")).await;
    if answer.status == 200 { answer.json()["values"].to_string() } else { told::problem(&answer) }
}

async fn runtime(t: &TestApp) -> Client {
    t.api_key(&[Permission::CredentialsRead]).await
}

#[actix_web::test]
async fn a_connection_is_made_with_the_proposed_key_and_masked_secrets() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let answer = made(&builder, shopify()).await;
    assert_eq!(answer.header("location"), format!("/api/v1/connections/{}", answer.text("/id")));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_snapshot!(told::values(&answer), @r#"
    shop = -; from nowhere, missing, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization
    client_id = "0123456789abcdef0123456789abcdef"; from global, set, managed by organization
    client_secret = secret, 12 characters; from global, set, managed by organization
    missing: shop (missing, customer)
    status ready, complete false
    "#);
    let shown = builder.get(answer.header("location")).await.must_be(200);
    assert_eq!((&shown.body, shown.header("etag")), (&answer.body, "\"1\""));
    let mut head = answer.json();
    head["inputs"].take();
    let uri = head.as_object_mut().unwrap().shift_remove("redirect_uri").unwrap();
    assert!(uri.as_str().unwrap().contains("/oauth/callback/"), "{uri}");
    assert_snapshot!(serde_json::to_string_pretty(&head).unwrap().replace(&answer.text("/id"), "con_…"), @r#"
    {
      "id": "con_…",
      "stable_key": "shopify-oauth2",
      "aliases": [],
      "label": "Shopify",
      "description": null,
      "component": "shopify",
      "connection_type": "oauth2",
      "scope": "customer",
      "status": "ready",
      "is_enabled": true,
      "is_embedded": false,
      "is_placeholder": false,
      "version": 1,
      "created_at": "2026-01-01T00:00:00Z",
      "updated_at": "2026-01-01T00:00:00Z",
      "inputs": null,
      "missing": [
        {
          "key": "shop",
          "label": "Shop name",
          "managed_by": "customer",
          "state": "missing"
        }
      ],
      "ignored": [],
      "is_complete": false
    }
    "#);
}

#[actix_web::test]
async fn what_cannot_be_made_is_told_field_by_field() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let refused = async |body: Value| told::problem(&builder.post("/api/v1/connections", body).await);
    let new = |component: &str, kind: &str, inputs: Value| json!({ "component": component, "connection_type": kind, "scope": "customer", "inputs": inputs });
    assert_snapshot!(refused(new("shopfy", "oauth2", json!({}))).await, @"422 unknown_component: no component `shopfy` is known here; did you mean `shopify`?");
    assert_snapshot!(refused(new("shopify", "oauth", json!({}))).await, @"422 unknown_connection_type: shopify has no connection type `oauth`; did you mean `oauth2`?");
    let inputs = json!({ "client_idd": { "value": "a" }, "shop": { "value": "No!" }, "client_secret": { "shared": true, "value": "planted" } });
    assert_snapshot!(refused(new("shopify", "oauth2", inputs)).await, @"
    422 invalid_fields: 3 fields are wrong; the first is inputs.client_idd: `oauth2` has no such input; did you mean `client_id`?
    inputs.client_idd unknown_input: `oauth2` has no such input; did you mean `client_id`?
    inputs.client_secret.shared secret_not_shared: a secret never leaves its tenant
    inputs.shop pattern: it does not have the expected form, for example `acme`
    ");
    let inputs =
        json!({ "client_secret": "planted", "client_id": { "val": "planted" }, "scopes": { "shared": "planted" } });
    assert_snapshot!(refused(new("shopify", "oauth2", inputs)).await, @r#"
    422 invalid_fields: 3 fields are wrong; the first is inputs.client_secret: give an object such as {"value": "…"}
    inputs.client_secret malformed_input: give an object such as {"value": "…"}
    inputs.client_id unknown_field: an input has no `val`; it has value, managed_by, shared
    inputs.scopes.shared malformed_input: give true, false or null
    "#);
    let mut body = shopify();
    body["scope"] = json!("organization_customer");
    assert_snapshot!(refused(body).await, @"
    422 invalid_fields: scope: somebody at the customer authorizes at the provider: use customer, or organization_global
    scope needs_consent: somebody at the customer authorizes at the provider: use customer, or organization_global
    ");
    let mut body = shopify();
    body["label"] = json!(" ");
    body["stable_key"] = json!("Shop EU");
    assert_snapshot!(refused(body).await, @"
    422 invalid_fields: label: 1 to 120 characters are expected
    label invalid_length: 1 to 120 characters are expected
    ");
    let mut body = shopify();
    body["stable_key"] = json!("Shop EU");
    assert_snapshot!(refused(body).await, @"422 invalid_stable_key: a stable key has lower-case letters, digits and single hyphens between them: try `shop-eu`");
    assert_snapshot!(refused(json!({ "component": "shopify", "connection_type": "oauth2", "scope": "customer", "colour": "red" })).await, @"422 invalid_body: the body does not fit: unknown field `colour`, expected one of `component`, `connection_type`, `scope`, `label`, `description`, `stable_key`, `is_embedded`, `inputs`, `without_test` at line 1 column 77");
    assert_snapshot!(refused(json!({ "component": ["planted"], "connection_type": "oauth2", "scope": "customer" })).await, @"422 invalid_body: the body does not fit: found sequence, expected a string at line 1 column 13");
    assert_eq!(builder.get("/api/v1/connections").await.json()["items"], json!([]));
}

#[actix_web::test]
async fn who_manages_an_input_is_the_connections_choice() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let credential = json!({ "connection": "shopify-oauth2", "owner": { "customer": "acme" },
        "inputs": { "shop": { "value": "acme" }, "client_id": { "value": OTHER_CLIENT_ID } } });
    let support = t.user(Role::Support).await;
    assert_snapshot!(told::problem(&support.post("/api/v1/credentials", credential.clone()).await), @"
    422 invalid_fields: inputs.client_id: the organization manages it for all customers: set it on the connection
    inputs.client_id not_settable: the organization manages it for all customers: set it on the connection
    ");
    let manage = async |who: Value| {
        let body = json!({ "inputs": { "client_id": { "managed_by": who } } });
        builder.patch("/api/v1/connections/shopify-oauth2", body).await.must_be(200)
    };
    manage(json!("customer")).await;
    support.post("/api/v1/credentials", credential).await.must_be(201);
    let values = async || {
        told::values(&builder.get("/api/v1/connections/shopify-oauth2/values?customer=acme").await.must_be(200))
    };
    assert_snapshot!(values().await, @r#"
    shop = "acme"; from credential, set, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization, not settable here
    client_id = "fedcba9876543210fedcba9876543210"; from credential, set, managed by customer
    client_secret = secret, 12 characters; from global, set, managed by organization, not settable here
    status pending, complete true
    "#);
    // Taken back: what the customer stored no longer counts, and is told.
    manage(json!(null)).await;
    assert_snapshot!(values().await, @r#"
    shop = "acme"; from credential, set, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization, not settable here
    client_id = "0123456789abcdef0123456789abcdef"; from global, set, managed by organization, not settable here
    client_secret = secret, 12 characters; from global, set, managed by organization, not settable here
    ignored: client_id (managed_by_organization)
    status pending, complete true
    "#);
}

#[actix_web::test]
async fn a_repeated_create_makes_one_connection() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await.with("Idempotency-Key", "make-shopify");
    let first = made(&builder, shopify()).await;
    let again = made(&builder, shopify()).await;
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&first.body, "true"));
    assert_eq!(again.header("etag"), "\"1\"");
    assert_eq!(builder.get("/api/v1/connections").await.json()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn another_tenants_connection_does_not_exist() {
    let t = TestApp::start().await;
    t.tenant("other", false).await;
    made(&t.user(Role::Builder).await, shopify()).await;
    let foreign = t.api_key_in("other", Permission::ALL).await;
    for path in ["", "/history", "/usage", "/values", "/credentials?mode=test"] {
        let answer = foreign.get(&format!("/api/v1/connections/shopify-oauth2{path}")).await.must_be(404);
        assert_eq!(answer.text("/code"), "not_found");
    }
    // The same key is free there.
    made(&foreign, shopify()).await;
}
