//! Connecting again, disconnecting, and asking for more than was granted.

use serde_json::Value;
use serde_json::json;

use super::Stage;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;
use crate::support::oauth_server::Mood;

impl Stage {
    async fn only(&self) -> Value {
        let id = self.credentials().await[0]["id"].as_str().unwrap().to_owned();
        self.admin.get(&format!("/api/v1/credentials/{id}")).await.must_be(200).json()
    }

    async fn disconnect(&self, id: &Value) -> Value {
        let path = format!("/api/v1/credentials/{}/disconnect", id.as_str().unwrap());
        self.admin.post(&path, json!({})).await.must_be(200).json()
    }

    async fn reconnect(&self, id: &Value) -> String {
        let path = format!("/api/v1/credentials/{}/connect-link", id.as_str().unwrap());
        self.admin.post(&path, json!({})).await.must_be(201).text("/url")
    }
}

#[actix_web::test]
async fn a_disconnected_credential_is_revoked_and_connects_again() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let nothing = stage.customer_link(&key).await;
    stage.connect(&nothing).await.must_be(200);
    let first = stage.only().await;
    assert_eq!(first["authorization"]["granted_scopes"], json!(["read"]), "those asked for count");
    assert_eq!(first["authorization"]["can_be_renewed"], true);
    let told = stage.disconnect(&first["id"]).await;
    assert_eq!(told["at_provider"], "revoked");
    assert_eq!(told["credential"]["status"], "reauthorization_required");
    assert_eq!(told["credential"].get("authorization"), None);
    assert_eq!(stage.server.good(), Vec::<String>::new());
    assert_eq!(stage.server.asked("/revoke")[0].field("token_type_hint").as_deref(), Some("refresh_token"));
    assert_eq!(stage.disconnect(&first["id"]).await["at_provider"], "no_tokens");
    let refused = stage.admin.get(&format!("/api/v1/connections/{key}/credentials?customer=acme")).await;
    assert_eq!((refused.status, refused.text("/code").as_str()), (409, "reauthorization_required"));
    let link = stage.reconnect(&first["id"]).await;
    assert!(stage.browser.get(&link).await.must_be(200).body.contains("connected already"));
    stage.connect(&link).await.must_be(200);
    let again = stage.only().await;
    assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("active")));
    assert_eq!(stage.server.good().len(), 1);
    // Whatever the provider says, the tokens are gone here.
    stage.server.mood(Mood { revocation: Some(503), ..Mood::default() });
    let told = stage.disconnect(&first["id"]).await;
    assert_eq!(told["at_provider"], "failed");
    assert_eq!(stage.only().await.get("authorization"), None);
}

#[actix_web::test]
async fn a_provider_without_revocation_is_told_apart() {
    let stage = Stage::start().await;
    let key = stage.connection("off", "customer").await;
    stage.connect(&stage.customer_link(&key).await).await.must_be(200);
    let told = stage.disconnect(&stage.only().await["id"]).await;
    assert_eq!(told["at_provider"], "not_supported");
}

#[actix_web::test]
async fn who_granted_less_than_is_asked_for_is_listed() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    stage.connect(&stage.customer_link(&key).await).await.must_be(200);
    let list = async || {
        let list = stage.admin.get(&format!("/api/v1/connections/{key}/reconsent")).await.must_be(200).json();
        list["items"].as_array().unwrap().clone()
    };
    assert!(list().await.is_empty());
    let change = json!({ "inputs": { "scopes": { "value": "read write" } } });
    stage.admin.patch(&format!("/api/v1/connections/{key}"), change).await.must_be(200);
    let lacking = list().await;
    assert_eq!(lacking.len(), 1);
    assert_eq!(lacking[0]["missing_scopes"], json!(["write"]));
    assert_eq!(lacking[0]["customer"]["external_id"], "acme");
    // The provider grants less than was asked for, and says so.
    stage.server.mood(Mood { grants: Some("read".to_owned()), ..Mood::default() });
    stage.connect(&stage.reconnect(&lacking[0]["credential"]).await).await.must_be(200);
    assert_eq!(list().await.len(), 1);
    stage.server.mood(Mood { grants: Some("write read".to_owned()), ..Mood::default() });
    stage.connect(&stage.reconnect(&lacking[0]["credential"]).await).await.must_be(200);
    assert!(list().await.is_empty());
    assert_eq!(stage.credentials().await.len(), 1);
}

#[actix_web::test]
async fn a_slot_that_asks_for_more_counts_too() {
    let stage = Stage::start().await;
    stage.connection("code", "customer").await;
    let rename = json!({ "stable_key": "provider-code" });
    stage.admin.put("/api/v1/connections/code-customer/stable-key", rename).await.must_be(200);
    stage.connect(&stage.customer_link("provider-code").await).await.must_be(200);
    let scopes = "{ scopes: { type: value, value: 'read write' } }";
    let file = definition("Alerts", &[("Main", Variable::Inline("provider", "code", scopes))]);
    let report = import(&stage.admin, "", &file).await.must_be(201).json();
    assert_eq!(report["created_connections"], json!([]), "{report}");
    let list = stage.admin.get("/api/v1/connections/provider-code/reconsent").await.must_be(200).json();
    assert_eq!(list["items"][0]["missing_scopes"], json!(["write"]), "{list}");
}
