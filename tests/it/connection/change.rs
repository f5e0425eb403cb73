//! Changing connections: what stays, who was first, what histories tell.

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
use crate::support::told;

#[actix_web::test]
async fn a_change_that_comes_second_is_refused() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let path = made(&builder, shopify()).await.header("location").to_owned();
    let first = builder.with("If-Match", "\"1\"");
    let changed = first.patch(&path, json!({ "label": "Shop" })).await.must_be(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_snapshot!(told::problem(&first.patch(&path, json!({ "label": "Other" })).await), @"412 version_mismatch: somebody else changed it meanwhile: read it again, then repeat your change");
    assert_eq!(first.put(&format!("{path}/stable-key"), json!({ "stable_key": "shop" })).await.status, 412);
    assert_eq!(first.delete(&path).await.status, 412);
    assert_eq!(builder.get(&path).await.text("/label"), "Shop");
    // What changes nothing makes no version.
    let same = builder.with("If-Match", "\"2\"").patch(&path, json!({ "label": "Shop" })).await.must_be(200);
    assert_eq!(same.header("etag"), "\"2\"");
    assert_snapshot!(told::problem(&builder.with("If-Match", "2").patch(&path, json!({})).await), @r#"400 malformed_if_match: `If-Match` repeats the `ETag` of an answer, such as "3""#);
}

#[actix_web::test]
async fn history_tells_old_and_new_and_of_secrets_that_they_changed() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let builder = t.user(Role::Builder).await;
    let path = made(&builder, shopify()).await.header("location").to_owned();
    let inputs = json!({ "client_id": { "value": OTHER_CLIENT_ID }, "client_secret": { "value": "second-secret" }, "scopes": { "shared": false } });
    builder.patch(&path, json!({ "label": "Shop", "description": "Orders", "inputs": inputs })).await.must_be(200);
    builder
        .patch(
            &path,
            json!({ "is_enabled": false, "description": null, "inputs": { "client_secret": { "value": null } } }),
        )
        .await
        .must_be(200);
    let credential = json!({ "connection": "shopify-oauth2", "owner": { "customer": "acme" }, "inputs": { "shop": { "value": "acme" } } });
    let credential = builder.post("/api/v1/credentials", credential).await.must_be(201);
    builder
        .patch(credential.header("location"), json!({ "inputs": { "shop": { "value": "acme-eu" } } }))
        .await
        .must_be(200);
    builder.put(&format!("{path}/stable-key"), json!({ "stable_key": "shop" })).await.must_be(200);
    let all = builder.get(&format!("{path}/history")).await.must_be(200);
    assert_snapshot!(told::history(&all).replace(&credential.text("/customer/id"), "cus_…"), @r#"
    builder2@example.com connection.renamed shopify-oauth2
      stable_key: "shopify-oauth2" -> "shop"
    builder2@example.com credential.changed credential default of cus_…
      inputs.shop: "acme" -> "acme-eu"
    builder2@example.com credential.created credential default of cus_…
      inputs.shop: null -> "acme"
    builder2@example.com connection.changed shopify-oauth2
      description: "Orders" -> null
      is_enabled: true -> false
      inputs.client_secret: "set" -> null (secret)
    builder2@example.com connection.changed shopify-oauth2
      label: "Shopify" -> "Shop"
      description: null -> "Orders"
      inputs.scopes.shared: null -> false
      inputs.client_id: "0123456789abcdef0123456789abcdef" -> "fedcba9876543210fedcba9876543210"
      inputs.client_secret: "set" -> "changed" (secret)
    builder2@example.com connection.created shopify-oauth2
      inputs.client_id: null -> "0123456789abcdef0123456789abcdef"
      inputs.client_secret: null -> "set" (secret)
    "#);
    let (mut pages, mut next) = (Vec::new(), format!("{path}/history?limit=2"));
    loop {
        let page = builder.get(&next).await.must_be(200).json();
        pages.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{path}/history?limit=2&cursor={cursor}");
    }
    assert_eq!(Value::from(pages), all.json()["items"]);
}

#[actix_web::test]
async fn switching_off_needs_less_and_stops_runtimes_at_once() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let builder = t.user(Role::Builder).await;
    let path = made(&builder, shopify()).await.header("location").to_owned();
    let credential = json!({ "connection": path.rsplit('/').next(), "owner": { "customer": "acme" }, "inputs": { "shop": { "value": "acme" } } });
    let made = builder.post("/api/v1/credentials", credential).await.must_be(201);
    authorized(&builder, made.header("location")).await;
    let runtime = runtime(&t).await;
    let support = t.user(Role::Support).await;
    support.patch(&path, json!({ "is_enabled": false })).await.must_be(200);
    assert_snapshot!(fetched(&runtime, "shopify-oauth2", "customer=acme").await, @"409 connection_disabled: the connection `shopify-oauth2` is disabled");
    support.patch(&path, json!({ "is_enabled": true })).await.must_be(200);
    runtime.get("/api/v1/connections/shopify-oauth2/credentials?customer=acme").await.must_be(200);
    support.patch(&path, json!({ "is_enabled": true, "label": "Mine" })).await.must_be(403);
    t.user(Role::Viewer).await.patch(&path, json!({ "is_enabled": false })).await.must_be(403);
}

#[actix_web::test]
async fn blank_keeps_a_secret_null_clears_it_and_typing_replaces_it() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let secret = async |value: Value| {
        let body = json!({ "inputs": { "client_secret": { "value": value } } });
        let answer = builder.patch("/api/v1/connections/shopify-oauth2", body).await.must_be(200);
        told::values(&answer).lines().find(|line| line.starts_with("client_secret")).unwrap().to_owned()
    };
    assert_snapshot!(secret(json!("")).await, @"client_secret = secret, 12 characters; from global, set, managed by organization");
    assert_snapshot!(secret(json!("a longer secret")).await, @"client_secret = secret, 15 characters; from global, set, managed by organization");
    assert_snapshot!(secret(json!(null)).await, @"client_secret = secret, null characters; from nowhere, missing, managed by organization");
    // A plain input has nothing to keep: blank clears it.
    let body = json!({ "inputs": { "client_id": { "value": "" } } });
    let answer = builder.patch("/api/v1/connections/shopify-oauth2", body).await.must_be(200);
    assert_snapshot!(told::values(&answer), @r#"
    shop = -; from nowhere, missing, managed by customer
    scopes = "read_products,write_orders"; from default, set, managed by organization
    client_id = -; from nowhere, missing, managed by organization
    client_secret = secret, null characters; from nowhere, missing, managed by organization
    missing: shop (missing, customer)
    missing: client_id (missing, organization)
    missing: client_secret (missing, organization)
    status pending, complete false
    "#);
}
