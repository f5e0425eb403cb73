//! Lists of connections: filters and pages.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::connection::made;
use crate::connection::shopify;
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::told;

async fn keys(client: &Client, query: &str) -> String {
    let answer = client.get(&format!("/api/v1/connections?{query}")).await.must_be(200).json();
    let keys: Vec<_> =
        answer["items"].as_array().unwrap().iter().map(|item| item["stable_key"].as_str().unwrap()).collect();
    keys.join(" ")
}

#[actix_web::test]
async fn filters_find_what_they_say() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    made(&builder, shopify()).await;
    let s3 = json!({ "component": "aws-s3", "connection_type": "api_key_secret", "scope": "organization_customer", "label": "100% Files_EU" });
    made(&builder, s3).await;
    let http = json!({ "component": "http", "connection_type": "api_key", "scope": "organization_global", "is_embedded": true });
    made(&builder, http).await;
    builder.patch("/api/v1/connections/aws-s3-api-key-secret", json!({ "is_enabled": false })).await.must_be(200);
    let viewer = t.user(Role::Viewer).await;
    for (query, expected) in [
        ("", "shopify-oauth2 aws-s3-api-key-secret http-api-key"),
        ("component=shopify", "shopify-oauth2"),
        ("scope=organization_customer", "aws-s3-api-key-secret"),
        ("status=disabled", "aws-s3-api-key-secret"),
        ("status=ready", "shopify-oauth2"),
        ("status=pending", "http-api-key"),
        ("embedded=true", "http-api-key"),
        ("embedded=false", "shopify-oauth2 aws-s3-api-key-secret"),
        ("text=API-KEY", "aws-s3-api-key-secret http-api-key"),
        ("text=files_eu", "aws-s3-api-key-secret"),
        ("text=0%25%20f", "aws-s3-api-key-secret"),
        ("text=%25", "aws-s3-api-key-secret"),
        ("stable_key=http-api-key", "http-api-key"),
        ("component=shopify&scope=organization_global", ""),
    ] {
        assert_eq!(keys(&viewer, query).await, expected, "{query}");
    }
    assert_snapshot!(told::problem(&viewer.get("/api/v1/connections?scope=mine").await), @"400 malformed_query: the query does not fit: Query deserialize error: unknown variant `mine`, expected one of `customer`, `organization_customer`, `organization_global`");
    assert_snapshot!(told::problem(&viewer.get("/api/v1/connections?componnent=shopify").await), @"400 malformed_query: the query does not fit: Query deserialize error: unknown field `componnent`, expected one of `component`, `scope`, `status`, `stable_key`, `text`, `embedded`, `limit`, `cursor`");
}

#[actix_web::test]
async fn a_list_is_read_page_by_page_with_its_filter() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let mut wanted = Vec::new();
    for number in 0..7 {
        let key = format!("shop-{number}");
        let mut body = shopify();
        body["stable_key"] = json!(key);
        made(&builder, body).await;
        if number % 3 == 0 {
            builder.patch(&format!("/api/v1/connections/{key}"), json!({ "is_enabled": false })).await.must_be(200);
        } else {
            wanted.push(key);
        }
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/connections?status=ready&limit=2".to_owned());
    loop {
        let page = builder.get(&path).await.must_be(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["stable_key"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/connections?status=ready&limit=2&cursor={cursor}");
    }
    assert_eq!(seen, wanted);
    assert_snapshot!(told::problem(&builder.get("/api/v1/connections?cursor=abc").await), @"400 invalid_cursor: `cursor` is `next_cursor` of the page before, of the same list");
}
