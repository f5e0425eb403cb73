//! Taking syncs back: everything, with what was pruned, or nothing.

use keyway::app::credential::NewCredential;
use keyway::app::credential::OwnerRef;
use keyway::model::connection::Scope;
use serde_json::json;

use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;
use crate::support::world::World;
use crate::support::world::edits;

#[actix_web::test]
async fn the_snapshot_is_the_same_byte_for_byte() {
    let w = World::start().await;
    let empty = w.snapshot().await;
    w.apply(&json!({ "on_missing": "placeholder" })).await.must_be(200);
    let synced = w.snapshot().await;
    assert_ne!(synced, empty);
    let run = w.rollback().await.must_be(200);
    assert_eq!(run.text("/rolled_back_by"), "admin@example.com");
    assert_eq!(w.snapshot().await, empty);
    assert_eq!(w.rollback().await.must_be(404).text("/code"), "no_sync");
    let body = json!({ "run": run.text("/id") });
    let refused = w.admin.post("/api/v1/sync/rollback", body).await.must_be(409);
    assert_eq!(refused.text("/code"), "already_rolled_back");
    // And the same again.
    w.apply(&json!({ "on_missing": "placeholder" })).await.must_be(200);
    assert_eq!(w.snapshot().await, synced);
}

#[actix_web::test]
async fn what_was_filled_in_or_is_used_by_now_is_not_taken_away() {
    let w = World::start().await;
    w.apply(&json!({ "on_missing": "placeholder" })).await.must_be(200);
    let synced = w.snapshot().await;
    let inputs = edits(json!({ "api_key": "sk-PLANTED-filled" }));
    let new = NewCredential {
        connection: "openai-open-ai-api-key".to_owned(),
        owner: OwnerRef::Test,
        inputs,
        without_test: false,
    };
    let held = w.t.app.create_credential(w.prod.clone(), new).await.unwrap();
    let refused = w.rollback().await.must_be(409);
    assert_eq!(refused.text("/code"), "changed_since");
    assert_eq!(refused.json()["errors"][0]["field"], "openai-open-ai-api-key");
    assert_eq!(w.snapshot().await, synced);
    w.t.app.delete_credential(w.prod.clone(), held.credential.id, None).await.unwrap();

    // A draft beside a published version is in no snapshot, and still needs what it is bound to.
    let own = definition("Own", &[("Chat", Variable::Inline("slack", "bot_token", "{}"))]);
    import(&w.admin, "", &own).await.must_be(201);
    w.admin.post("/api/v1/integrations/own/publish", json!({})).await.must_be(200);
    let more = definition(
        "Own",
        &[
            ("Chat", Variable::Inline("slack", "bot_token", "{}")),
            ("Store", Variable::Inline("aws-s3", "apiKeySecret", "{}")),
        ],
    );
    import(&w.admin, "", &more).await.must_be(200);
    let refused = w.rollback().await.must_be(409);
    assert_eq!(refused.json()["errors"][0]["field"], "aws-s3-api-key-secret");
    w.admin.delete("/api/v1/integrations/own").await.must_be(204);
    // So does a connection of a component that the sync brought.
    let refused = w.rollback().await.must_be(409);
    assert_eq!(refused.json()["errors"][0]["field"], "slack");
    w.t.app.delete_connection(w.prod.clone(), "slack-bot-token".to_owned(), None, false).await.unwrap();
    w.rollback().await.must_be(200);
}

#[actix_web::test]
async fn pruned_connections_come_back_with_their_secrets() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    let openai = ("open_ai_api_key", Scope::OrganizationGlobal);
    w.connection(&w.prod, "only-prod", ("openai", openai), "only").await;
    let text = definition("Extra", &[("Model", Variable::Scoped("only-prod", "openai"))]);
    import(&w.admin, "", &text).await.must_be(201);
    w.admin.post("/api/v1/integrations/extra/publish", json!({})).await.must_be(200);
    w.rename(&w.prod, "only-prod", "only-here").await;
    let before = w.snapshot().await;
    let row = w.t.app.get_connection(w.prod.clone(), "only-here".to_owned()).await.unwrap().connection;

    let applied = w.apply(&json!({ "prune": true })).await.must_be(200).json();
    assert_eq!(applied["plan"]["summary"]["deleted"], 2);
    w.admin.get("/api/v1/integrations/extra").await.must_be(404);
    assert!(w.t.app.get_connection(w.prod.clone(), "only-prod".to_owned()).await.is_err());
    assert_eq!(w.apply(&json!({ "prune": true })).await.must_be(200).text("/status"), "nothing");

    w.rollback().await.must_be(200);
    assert_eq!(w.snapshot().await, before);
    let back = w.t.app.get_connection(w.prod.clone(), "only-prod".to_owned()).await.unwrap().connection;
    assert_eq!((back.id, &back.inputs, &back.sealed), (row.id, &row.inputs, &row.sealed));
    assert_eq!(w.opened(&w.prod, "only-here", OwnerRef::Test, "api_key").await, "sk-PLANTED-test-only");
    assert_eq!(w.opened(&w.prod, "only-here", OwnerRef::Organization, "api_key").await, "sk-PLANTED-only");
    let versions = w.admin.get("/api/v1/integrations/extra/versions").await.must_be(200).json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn versions_published_since_follow_a_key_that_is_taken_back() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    w.apply(&json!({})).await.must_be(200);
    w.rename(&w.dev, "erp", "erp-2").await;
    w.apply(&json!({ "update_connections": true })).await.must_be(200);
    let text = definition("Later", &[("Erp", Variable::Scoped("erp-2", "http"))]);
    import(&w.admin, "", &text).await.must_be(201);
    w.admin.post("/api/v1/integrations/later/publish", json!({})).await.must_be(200);
    w.rollback().await.must_be(200);
    let view = w.admin.get("/api/v1/integrations/later").await.must_be(200).json();
    assert_eq!((&view["slots"][0]["stable_key"], &view["slots"][0]["state"]), (&json!("erp"), &json!("bound")));
    let snapshot: serde_json::Value = serde_json::from_str(&w.snapshot().await).unwrap();
    assert_eq!(snapshot["integrations"]["later"]["slots"]["Erp"]["stable_key"], "erp");
    assert_eq!(snapshot["connections"]["erp"]["aliases"], json!(null));
}
