//! The whole way of a customer: connecting, being used, renewed, disconnected, and connecting again.

use serde_json::json;

use super::run;
use super::sleep_ms;
use super::stage::Setup;
use super::stage::Stage;

#[test]
fn a_customer_connects_is_used_renewed_and_disconnected() {
    let stage = Stage::new(Setup::default());
    run(async {
        stage.provider.tokens_live(2).await;
        stage.provider.has_grace(6).await;
        stage.connect_customers(&["acme"]).await;
        let node = &stage.deployment.urls()[0];
        let credential = stage.credential("acme").await;
        assert_eq!((&credential["status"], &credential["owner"]), (&json!("active"), &json!("customer")));

        let first = stage.fetch(node, "acme").await;
        let at_first = stage.provider.me(first.access_token()).await.unwrap();
        let called = stage.call(node, "acme").await;
        assert_eq!((called.status, &called.body["grant"]), (200, &json!(at_first.grant)), "{}", called.body);

        stage.tokens_end(2).await;
        while stage.provider.me(first.access_token()).await.is_some() {
            sleep_ms(200).await;
        }
        stage.provider.tokens_live(3600).await;
        let called = stage.call(node, "acme").await;
        assert_eq!((called.status, &called.body["grant"]), (200, &json!(at_first.grant)), "{}", called.body);
        let second = stage.fetch(node, "acme").await;
        let at_second = stage.provider.me(second.access_token()).await.unwrap();
        assert_eq!(at_second.grant, at_first.grant);
        assert!(at_second.generation > at_first.generation);
        stage.provider.counters().await.assert_spent_once();

        let path = format!("/api/v1/credentials/{}/disconnect", credential["id"].as_str().unwrap());
        let gone = stage.admin().post(&path, json!({})).await.must_be(200);
        assert_eq!(gone.text("/at_provider"), "revoked", "{}", gone.body);
        assert_eq!(stage.provider.me(second.access_token()).await, None, "the provider took it back");
        let refused = stage.fetch(node, "acme").await;
        assert_eq!((refused.status, refused.code()), (409, "reauthorization_required"));
        let kinds: Vec<_> = stage.attempts(&credential).await.iter().map(|tried| tried["kind"].clone()).collect();
        assert_eq!((kinds.first(), kinds.last()), (Some(&json!("revoke")), Some(&json!("authorize"))), "{kinds:?}");

        stage.connect("acme").await;
        let again = stage.fetch(node, "acme").await;
        let me = stage.provider.me(again.access_token()).await.unwrap();
        assert_ne!(me.grant, at_first.grant);
        assert_eq!(stage.credential("acme").await["id"], credential["id"]);
        for secret in ["PLANTED", first.access_token(), again.access_token()] {
            assert!(!stage.deployment.logged().contains(secret), "a secret is logged");
        }
    });
}
