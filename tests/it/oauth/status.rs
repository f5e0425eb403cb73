//! What is complete and was never authorized waits, wherever somebody looks, and says so by one code.

use serde_json::Value;
use serde_json::json;

use super::Stage;
use crate::support::told;

#[actix_web::test]
async fn complete_values_that_nobody_authorized_are_pending() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let values = format!("/api/v1/connections/{key}/values?customer=acme");
    assert_eq!(stage.admin.get(&values).await.must_be(200).text("/status"), "pending", "nobody has any");
    let body =
        json!({ "connection": key, "owner": { "customer": "acme" }, "inputs": { "account": { "value": "shop" } } });
    let made = stage.admin.post("/api/v1/credentials", body).await.must_be(201).json();
    assert_eq!((&made["status"], &made["is_complete"]), (&json!("pending"), &json!(true)));
    assert_eq!(stage.credentials().await[0]["status"], "pending");
    assert_eq!(stage.admin.get(&values).await.must_be(200).text("/status"), "pending");
    // One code, whoever asks.
    let id = made["id"].as_str().unwrap();
    for answer in [
        stage.admin.get(&format!("/api/v1/connections/{key}/credentials?customer=acme")).await,
        stage.admin.with("Keyway-Customer", "acme").get(&format!("/api/v1/proxy/{key}/me")).await,
        stage.admin.post(&format!("/api/v1/credentials/{id}/test"), json!({})).await,
    ] {
        let what = told::problem(&answer);
        assert!(what.starts_with("409 credential_pending: nobody authorized `code-customer`"), "{what}");
    }
    let link = stage.customer_link(&key).await;
    stage.connect(&link).await.must_be(200);
    assert_eq!(stage.credentials().await[0]["status"], "active");
    assert_eq!(stage.admin.get(&values).await.must_be(200).text("/status"), "active");
}

#[actix_web::test]
async fn an_account_for_all_is_ready_once_it_is_authorized() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "organization_global").await;
    let theirs = stage.connection("code", "customer").await;
    let readiness = async |key: &str| {
        let shown = stage.admin.get(&format!("/api/v1/connections/{key}")).await.must_be(200).text("/status");
        let list = stage.admin.get("/api/v1/connections").await.must_be(200).json();
        let listed = list["items"].as_array().unwrap().iter().find(|item| item["stable_key"] == key).unwrap().clone();
        assert_eq!(listed["status"], shown.as_str());
        shown
    };
    assert_eq!(readiness(&key).await, "pending");
    // What each customer authorizes is not the organization's to do.
    assert_eq!(readiness(&theirs).await, "ready");
    let body = json!({ "connection": key, "owner": "organization", "inputs": {} });
    stage.admin.post("/api/v1/credentials", body).await.must_be(201);
    assert_eq!(readiness(&key).await, "pending", "complete values are not an authorization");
    let pending = stage.admin.get("/api/v1/connections?status=pending").await.must_be(200).json();
    assert_eq!(pending["items"].as_array().map(Vec::len), Some(1));
    let link = stage.link(&key, json!({ "owner": "organization" })).await;
    stage.connect(&link).await.must_be(200);
    assert_eq!(readiness(&key).await, "ready");
    let own: Value = stage.credentials().await[0].clone();
    let path = format!("/api/v1/credentials/{}/disconnect", own["id"].as_str().unwrap());
    stage.admin.post(&path, json!({})).await.must_be(200);
    assert_eq!(readiness(&key).await, "pending");
}
