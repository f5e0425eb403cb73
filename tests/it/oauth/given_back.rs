//! Tokens that were issued and are not kept: the provider is told, and what was tried is recorded.

use serde_json::Value;
use serde_json::json;

use super::Stage;
use crate::support::oauth_server::Mood;

impl Stage {
    /// Kind, outcome and sentence of what was tried for a connection, the newest first.
    async fn attempts(&self, key: &str) -> Vec<String> {
        let list = self.admin.get(&format!("/api/v1/connections/{key}/attempts")).await.must_be(200).json();
        let word = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        let line = |item: &Value| ["kind", "outcome", "detail"].map(|name| word(item, name)).join(" | ");
        list["items"].as_array().unwrap().iter().map(line).collect()
    }
}

#[actix_web::test]
async fn tokens_that_fail_the_live_test_are_revoked() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let link = stage.customer_link(&key).await;
    stage.server.mood(Mood { api: Some(403), ..Mood::default() });
    stage.connect(&link).await.must_be(422);
    assert_eq!(stage.server.asked("/revoke")[0].field("token_type_hint").as_deref(), Some("refresh_token"));
    assert_eq!(stage.server.good(), Vec::<String>::new());
    insta::assert_snapshot!(stage.attempts(&key).await.join("\n"), @"
    authorize | live_test_failed | Access was denied
    revoke | ok | they were not kept; the provider revoked the tokens
    ");
    // Whatever comes of it, the person is told what failed.
    stage.server.mood(Mood { api: Some(403), revocation: Some(503), ..Mood::default() });
    assert!(stage.connect(&link).await.must_be(422).body.contains("live_test_failed"));
    assert!(stage.attempts(&key).await[1].starts_with("revoke | provider_failed | they were not kept; "));
    let without = stage.connection("off", "customer").await;
    stage.connect(&stage.customer_link(&without).await).await.must_be(422);
    assert!(stage.attempts(&without).await[1].starts_with("revoke | not_supported | "));
}

#[actix_web::test]
async fn tokens_that_come_too_late_are_revoked() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let body = json!({ "owner": "customer", "customer": "acme" });
    let path = format!("/api/v1/connections/{key}/connect-links");
    let made = stage.admin.post(&path, body).await.must_be(201);
    let back = stage.until_back(&made.text("/url"), &[]).await;
    let seen = stage.browser.get(&back).await.must_be(200);
    stage.admin.delete(&format!("/api/v1/connect-links/{}", made.text("/id"))).await.must_be(200);
    stage.browser.follow(seen).await.must_be(422);
    assert_eq!(stage.server.asked("/token").len(), 1);
    assert_eq!(stage.server.asked("/revoke").len(), 1);
    assert_eq!(stage.server.good(), Vec::<String>::new());
    assert!(stage.credentials().await.is_empty());
    let attempts = stage.attempts(&key).await;
    assert!(
        attempts[0].starts_with("authorize | link_completed") && attempts[1].starts_with("revoke | ok"),
        "{attempts:?}"
    );
    assert!(!attempts.join("").contains("PLANTED"));
}
