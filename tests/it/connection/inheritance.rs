//! Inheritance is by reference: a changed global value is in the next answer of everybody who inherits it.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::connection::OTHER_CLIENT_ID;
use crate::connection::authorized;
use crate::connection::customers;
use crate::connection::fetched;
use crate::connection::made;
use crate::connection::runtime;
use crate::connection::shopify;
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::told;

async fn credential(client: &Client, connection: &str, owner: Value, inputs: Value) -> String {
    let body = json!({ "connection": connection, "owner": owner, "inputs": inputs });
    let path = client.post("/api/v1/credentials", body).await.must_be(201).header("location").to_owned();
    authorized(client, &path).await;
    path
}

/// Sets one global value.
async fn set(client: &Client, connection: &str, input: &str, value: Value) {
    let body = json!({ "inputs": { input: { "value": value } } });
    client.patch(&format!("/api/v1/connections/{connection}"), body).await.must_be(200);
}

/// What each owner gets, a line each.
async fn all(runtime: &Client, connection: &str, owners: &[&str]) -> String {
    let mut lines = Vec::new();
    for owner in owners {
        lines.push(format!("{owner}: {}", fetched(runtime, connection, owner).await));
    }
    lines.join("\n")
}

#[actix_web::test]
async fn customers_with_their_own_accounts_inherit() {
    let t = TestApp::start().await;
    customers(&t, &["acme", "bolt"]).await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let key = "shopify-oauth2";
    credential(&builder, key, json!({ "customer": "acme" }), json!({ "shop": { "value": "acme" } })).await;
    credential(&builder, key, json!({ "customer": "bolt" }), json!({ "shop": { "value": "bolt" } })).await;
    let test = credential(&builder, key, json!("test"), json!({ "shop": { "value": "dev" } })).await;
    let runtime = runtime(&t).await;
    let owners = ["customer=acme", "customer=bolt", "mode=test"];
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"client_id":"0123456789abcdef0123456789abcdef","client_secret":"first-secret","scopes":"read_products,write_orders","shop":"acme"}
    customer=bolt: {"client_id":"0123456789abcdef0123456789abcdef","client_secret":"first-secret","scopes":"read_products,write_orders","shop":"bolt"}
    mode=test: {"client_id":"0123456789abcdef0123456789abcdef","client_secret":"first-secret","scopes":"read_products,write_orders","shop":"dev"}
    "#);
    set(&builder, key, "client_id", json!(OTHER_CLIENT_ID)).await;
    set(&builder, key, "client_secret", json!("second-secret")).await;
    set(&builder, key, "scopes", json!("read_orders")).await;
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_orders","shop":"acme"}
    customer=bolt: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_orders","shop":"bolt"}
    mode=test: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_orders","shop":"dev"}
    "#);
    // The test runner overrides what it likes, and inherits again when it lets go.
    builder.patch(&test, json!({ "inputs": { "scopes": { "value": "read_themes" } } })).await.must_be(200);
    set(&builder, key, "scopes", json!("read_all")).await;
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_all","shop":"acme"}
    customer=bolt: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_all","shop":"bolt"}
    mode=test: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_themes","shop":"dev"}
    "#);
    builder.patch(&test, json!({ "inputs": { "scopes": { "value": null } } })).await.must_be(200);
    set(&builder, key, "scopes", json!(null)).await;
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_products,write_orders","shop":"acme"}
    customer=bolt: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_products,write_orders","shop":"bolt"}
    mode=test: {"client_id":"fedcba9876543210fedcba9876543210","client_secret":"second-secret","scopes":"read_products,write_orders","shop":"dev"}
    "#);
}

#[actix_web::test]
async fn customers_whose_accounts_the_organization_enters_inherit() {
    let t = TestApp::start().await;
    customers(&t, &["acme", "bolt"]).await;
    let builder = t.user(Role::Builder).await;
    let body = json!({ "component": "http", "connection_type": "api_key", "scope": "organization_customer",
        "inputs": { "base_url": { "value": "https://api.example.com/v1" }, "header": { "value": "X-One" } } });
    made(&builder, body).await;
    let key = "http-api-key";
    let support = t.user(Role::Support).await;
    for customer in ["acme", "bolt"] {
        let inputs = json!({ "api_key": { "value": format!("{customer}-secret") } });
        credential(&support, key, json!({ "customer": customer }), inputs).await;
    }
    let test = json!({ "api_key": { "value": "test-secret" }, "header": { "value": "X-Test" } });
    credential(&builder, key, json!("test"), test).await;
    let runtime = runtime(&t).await;
    let owners = ["customer=acme", "customer=bolt", "mode=test"];
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"api_key":"acme-secret","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    customer=bolt: {"api_key":"bolt-secret","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    mode=test: {"api_key":"test-secret","base_url":"https://api.example.com/v1","header":"X-Test","test_path":"/"}
    "#);
    set(&builder, key, "header", json!("X-Two")).await;
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"api_key":"acme-secret","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    customer=bolt: {"api_key":"bolt-secret","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    mode=test: {"api_key":"test-secret","base_url":"https://api.example.com/v1","header":"X-Test","test_path":"/"}
    "#);
    set(&builder, key, "header", json!(null)).await;
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"api_key":"acme-secret","base_url":"https://api.example.com/v1","header":"X-API-Key","test_path":"/"}
    customer=bolt: {"api_key":"bolt-secret","base_url":"https://api.example.com/v1","header":"X-API-Key","test_path":"/"}
    mode=test: {"api_key":"test-secret","base_url":"https://api.example.com/v1","header":"X-Test","test_path":"/"}
    "#);
}

#[actix_web::test]
async fn customers_of_one_account_of_the_organization_inherit() {
    let t = TestApp::start().await;
    customers(&t, &["acme", "bolt"]).await;
    let builder = t.user(Role::Builder).await;
    let body = json!({ "component": "http", "connection_type": "api_key", "scope": "organization_global",
        "inputs": { "base_url": { "value": "https://api.example.com/v1" }, "header": { "value": "X-One" } } });
    made(&builder, body).await;
    let key = "http-api-key";
    credential(&builder, key, json!("organization"), json!({ "api_key": { "value": "ours" } })).await;
    credential(&builder, key, json!("test"), json!({ "api_key": { "value": "for tests" } })).await;
    let runtime = runtime(&t).await;
    let owners = ["customer=acme", "customer=bolt", "mode=organization", "", "mode=test"];
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    customer=bolt: {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    mode=organization: {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    : {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    mode=test: {"api_key":"for tests","base_url":"https://api.example.com/v1","header":"X-One","test_path":"/"}
    "#);
    set(&builder, key, "header", json!("X-Two")).await;
    assert_snapshot!(all(&runtime, key, &owners).await, @r#"
    customer=acme: {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    customer=bolt: {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    mode=organization: {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    : {"api_key":"ours","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    mode=test: {"api_key":"for tests","base_url":"https://api.example.com/v1","header":"X-Two","test_path":"/"}
    "#);
}

#[actix_web::test]
async fn each_value_says_where_it_came_from_and_what_is_missing() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let values = async |query: &str| {
        told::values(&builder.get(&format!("/api/v1/connections/shopify-oauth2/values{query}")).await.must_be(200))
    };
    assert_snapshot!(values("").await, @r#"
    shop = -; from nowhere, missing, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization
    client_id = "0123456789abcdef0123456789abcdef"; from global, set, managed by organization
    client_secret = secret, 12 characters; from global, set, managed by organization
    missing: shop (missing, customer)
    status pending, complete false
    "#);
    assert_snapshot!(values("?customer=acme").await, @r#"
    shop = -; from nowhere, missing, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization, not settable here
    client_id = "0123456789abcdef0123456789abcdef"; from global, set, managed by organization, not settable here
    client_secret = secret, 12 characters; from global, set, managed by organization, not settable here
    missing: shop (missing, customer)
    status pending, complete false
    "#);
    let runtime = runtime(&t).await;
    assert_snapshot!(fetched(&runtime, "shopify-oauth2", "customer=acme").await, @"409 credential_pending: `shopify-oauth2` lacks values: shop");
    credential(&builder, "shopify-oauth2", json!({ "customer": "acme" }), json!({ "shop": { "value": "acme" } })).await;
    assert_snapshot!(values("?customer=acme").await, @r#"
    shop = "acme"; from credential, set, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization, not settable here
    client_id = "0123456789abcdef0123456789abcdef"; from global, set, managed by organization, not settable here
    client_secret = secret, 12 characters; from global, set, managed by organization, not settable here
    status active, complete true
    "#);
    let answer =
        runtime.get("/api/v1/connections/shopify-oauth2/credentials?customer=acme&provenance=true").await.must_be(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_snapshot!(answer.shown(), @r#"
    200 OK

    {
      "connection": {
        "id": "con_…",
        "stable_key": "shopify-oauth2"
      },
      "component": "shopify",
      "connection_type": "oauth2",
      "credential_id": "crd_…",
      "values": {
        "client_id": "0123456789abcdef0123456789abcdef",
        "client_secret": "first-secret",
        "scopes": "read_products,write_orders",
        "shop": "acme"
      },
      "request": {
        "base_url": "https://acme.myshopify.com/admin/api/2026-07",
        "headers": {
          "X-Shopify-Access-Token": "issued-token"
        },
        "query": {},
        "body": {},
        "signing": "none"
      },
      "token": {
        "access_token": "issued-token",
        "expires_at": null,
        "granted_scopes": null,
        "kept": {}
      },
      "origins": {
        "client_id": "global",
        "client_secret": "global",
        "scopes": "default",
        "shop": "credential"
      }
    }
    "#);
    set(&builder, "shopify-oauth2", "client_secret", json!(null)).await;
    assert_snapshot!(fetched(&runtime, "shopify-oauth2", "customer=acme").await, @"409 credential_pending: `shopify-oauth2` lacks values: client_secret");
}

#[actix_web::test]
async fn a_query_that_names_nobody_in_particular_is_refused() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let runtime = runtime(&t).await;
    let refused = async |query: &str| fetched(&runtime, "shopify-oauth2", query).await;
    assert_snapshot!(refused("").await, @"422 wrong_owner: `shopify-oauth2` has the scope customer; each customer has a credential of its own here: name the customer");
    assert_snapshot!(refused("customer=nobody").await, @"404 not_found: customer `nobody` does not exist");
    assert_snapshot!(refused("customer=acme&mode=test").await, @"400 malformed_query: give `customer` or `mode`, not both");
    assert_snapshot!(refused("credential=eu").await, @"400 malformed_query: `credential` is one of a customer's: give `customer` too");
    assert_snapshot!(refused("mode=everybody").await, @"400 malformed_query: the query does not fit: Query deserialize error: unknown variant `everybody`, expected `test` or `organization`");
    assert_snapshot!(told::problem(&builder.get("/api/v1/connections/shopify-oauth2/credentials?mode=test").await), @"403 forbidden: this needs an API key with the scope `credentials:read`");
    assert_snapshot!(told::problem(&builder.get("/api/v1/connections/shopify-oauth2/values?mode=organization").await), @"422 wrong_owner: `shopify-oauth2` has the scope customer; each customer has a credential of its own here: name the customer");
}
