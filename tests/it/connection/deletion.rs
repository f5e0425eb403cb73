//! Deleting connections: refused while they are used, naming where.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::connection::customers;
use crate::connection::made;
use crate::connection::shopify;
use crate::support::TestApp;
use crate::support::told;

const DEFINITION: &str = "definitionVersion: 7
name: Orders
requiredConfigVars:
  - key: Shop
    dataType: connection
    connection: { key: oauth2, component: { key: shopify, version: LATEST, isPublic: true } }
flows:
  - name: Main
    steps:
      - name: List orders
        action: { key: listOrders, component: { key: shopify, version: LATEST, isPublic: true } }
        inputs: { connection: { type: configVar, value: Shop } }
";

#[actix_web::test]
async fn a_connection_in_use_is_deleted_by_force_only() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let credential = json!({ "connection": "shopify-oauth2", "owner": { "customer": "acme" }, "inputs": { "shop": { "value": "acme" } } });
    let credential = builder.post("/api/v1/credentials", credential).await.must_be(201).header("location").to_owned();
    let imported = t.app.import_integration(t.operator_in("dev").await, DEFINITION.to_owned(), None).await.unwrap();
    assert!(imported.ok, "{:?}", imported.problems);
    let path = "/api/v1/connections/shopify-oauth2";
    assert_snapshot!(builder.get(&format!("{path}/usage")).await.shown(), @r#"
    200 OK

    {
      "integrations": {
        "orders": {
          "draft_slots": [
            "Shop"
          ],
          "published_slots": [],
          "steps": [
            "Main / List orders"
          ]
        }
      },
      "customer_credentials": 1
    }
    "#);
    assert_snapshot!(told::problem(&builder.delete(path).await), @"409 connection_in_use: `shopify-oauth2` is used by integration `orders`, a customer's credential: switch them to another connection first, or force the deletion to detach them");
    assert_snapshot!(told::problem(&builder.delete(&format!("{path}?force=true")).await), @"403 forbidden: this needs the role admin in this tenant; yours is builder");
    let admin = t.user(Role::Admin).await;
    assert_eq!(admin.delete(path).await.status, 409);
    admin.delete(&format!("{path}?force=true")).await.must_be(204);
    builder.get(path).await.must_be(404);
    builder.get(&credential).await.must_be(404);
    // Its keys are free again.
    made(&builder, shopify()).await;
    assert_snapshot!(builder.get(&format!("{path}/usage")).await.shown(), @r#"
    200 OK

    {
      "integrations": {},
      "customer_credentials": 0
    }
    "#);
}

#[actix_web::test]
async fn what_nobody_uses_is_deleted_at_once() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let path = made(&builder, shopify()).await.header("location").to_owned();
    // A test credential is no use by anybody: it goes with the connection.
    let test = json!({ "connection": "shopify-oauth2", "owner": "test", "inputs": { "shop": { "value": "dev" } } });
    let test = builder.post("/api/v1/credentials", test).await.must_be(201).header("location").to_owned();
    builder.delete(&path).await.must_be(204);
    builder.delete(&path).await.must_be(404);
    builder.get(&test).await.must_be(404);
    let actions: Vec<_> = t.user(Role::Admin).await.get("/api/v1/audit").await.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap().to_owned())
        .filter(|action| action.starts_with("connection."))
        .collect();
    assert_eq!(actions, ["connection.deleted", "connection.created"]);
}
