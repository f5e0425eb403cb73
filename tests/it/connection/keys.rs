//! Stable keys: proposed, unique, renamed with an alias that stays until it is released.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::connection::made;
use crate::connection::shopify;
use crate::support::TestApp;
use crate::support::told;

#[actix_web::test]
async fn a_key_is_proposed_and_never_numbered() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let proposed = async |component: &str, kind: &str| {
        let body = json!({ "component": component, "connection_type": kind, "scope": "customer" });
        made(&builder, body).await.text("/stable_key")
    };
    assert_eq!(proposed("aws-s3", "api_key_secret").await, "aws-s3-api-key-secret");
    assert_eq!(proposed("openai", "open_ai_api_key").await, "openai-open-ai-api-key");
    let body = json!({ "component": "openai", "connection_type": "open_ai_api_key", "scope": "customer" });
    assert_snapshot!(told::problem(&builder.post("/api/v1/connections", body).await), @"409 stable_key_taken: the stable key `openai-open-ai-api-key` is taken by another connection");
}

#[actix_web::test]
async fn a_renamed_connection_is_found_by_its_old_key_until_that_is_released() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let id = made(&builder, shopify()).await.text("/id");
    let renamed =
        builder.put("/api/v1/connections/shopify-oauth2/stable-key", json!({ "stable_key": "shop-eu" })).await;
    let renamed = renamed.must_be(200);
    assert_eq!(
        (renamed.text("/stable_key"), renamed.json()["aliases"].clone()),
        ("shop-eu".into(), json!(["shopify-oauth2"]))
    );
    assert_eq!(renamed.header("etag"), "\"2\"");
    for key in [id.as_str(), "shop-eu", "shopify-oauth2"] {
        assert_eq!(builder.get(&format!("/api/v1/connections/{key}")).await.text("/id"), id);
        let list = builder.get(&format!("/api/v1/connections?stable_key={key}")).await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), usize::from(key != id), "{key}");
    }
    // An alias is taken as much as a key is.
    assert_snapshot!(told::problem(&builder.post("/api/v1/connections", shopify()).await), @"409 stable_key_taken: the stable key `shopify-oauth2` is an alias of a renamed connection; release the alias first");
    let mut other = shopify();
    other["stable_key"] = json!("other");
    made(&builder, other).await;
    let taken = builder.put("/api/v1/connections/other/stable-key", json!({ "stable_key": "shopify-oauth2" })).await;
    assert_snapshot!(told::problem(&taken), @"409 stable_key_taken: the stable key `shopify-oauth2` is an alias of a renamed connection; release the alias first");
    let wrong = builder.delete("/api/v1/connections/other/aliases/shopify-oauth2").await;
    assert_snapshot!(told::problem(&wrong), @"404 not_found: alias `shopify-oauth2` does not exist");
    let released = builder.delete("/api/v1/connections/shop-eu/aliases/shopify-oauth2").await.must_be(200);
    assert_eq!(released.json()["aliases"], json!([]));
    builder.get("/api/v1/connections/shopify-oauth2").await.must_be(404);
    made(&builder, shopify()).await;
}

#[actix_web::test]
async fn a_key_can_be_taken_back() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let rename = async |key: &str| {
        let answer = builder.put("/api/v1/connections/shopify-oauth2/stable-key", json!({ "stable_key": key })).await;
        let json = answer.must_be(200).json();
        format!("{} {}", json["stable_key"], json["aliases"])
    };
    assert_snapshot!(rename("shop-eu").await, @r#""shop-eu" ["shopify-oauth2"]"#);
    assert_snapshot!(rename("shopify-oauth2").await, @r#""shopify-oauth2" ["shop-eu"]"#);
    let current = builder.delete("/api/v1/connections/shopify-oauth2/aliases/shopify-oauth2").await;
    assert_snapshot!(told::problem(&current), @"404 not_found: alias `shopify-oauth2` does not exist");
    let wrong = builder.put("/api/v1/connections/shopify-oauth2/stable-key", json!({ "stable_key": "Shop_EU" })).await;
    assert_snapshot!(told::problem(&wrong), @"422 invalid_stable_key: a stable key has lower-case letters, digits and single hyphens between them: try `shop-eu`");
}
