//! What is missing, ambiguous, edited or in the way.

use keyway::model::actor::Actor;
use keyway::model::connection::Scope;
use serde_json::Value;
use serde_json::json;

use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;
use crate::support::world::World;

fn blockers(plan: &Value) -> Vec<(&str, &str)> {
    let blockers = plan["blockers"].as_array().unwrap().iter();
    blockers.map(|b| (b["code"].as_str().unwrap(), b["subject"].as_str().unwrap())).collect()
}

async fn slot(w: &World, integration: &str, variable: &str) -> Value {
    let view = w.admin.get(&format!("/api/v1/integrations/{integration}")).await.must_be(200).json();
    let slot = view["slots"].as_array().unwrap().iter().find(|slot| slot["variable"] == variable).unwrap();
    slot["stable_key"].clone()
}

#[actix_web::test]
async fn what_is_missing_blocks_or_becomes_a_placeholder_or_is_mapped() {
    let w = World::start().await;
    let before = w.snapshot().await;
    let plan = w.plan(&json!({})).await;
    assert_eq!(plan["outcome"], "blocked");
    assert_eq!(blockers(&plan).iter().filter(|(code, _)| *code == "missing_connection").count(), 4);
    let refused = w.apply(&json!({})).await.must_be(409);
    assert_eq!(refused.text("/code"), "sync_blocked");
    assert_eq!(refused.json()["plan"]["outcome"], "blocked");
    assert_eq!(w.snapshot().await, before);

    let erp = ("api_key", Scope::OrganizationGlobal);
    w.connection(&w.prod, "erp-main", ("http", erp), "prod").await;
    let policy = json!({ "on_missing": "placeholder", "map": { "erp": "erp-main" } });
    let applied = w.apply(&policy).await.must_be(200).json();
    let todo: Vec<_> = applied["plan"]["todo"].as_array().unwrap().iter().map(|todo| &todo["connection"]).collect();
    assert_eq!(todo, ["aws-s3-api-key-secret", "openai-open-ai-api-key", "slack-oauth2"]);
    assert_eq!(slot(&w, "orders", "Erp").await, "erp-main");
    assert_eq!(slot(&w, "files", "Model").await, "openai-open-ai-api-key");
    let made = w.t.app.get_connection(w.prod.clone(), "slack-oauth2".to_owned()).await.unwrap().connection;
    assert!(made.is_placeholder && made.sealed.is_none());
    assert_eq!(made.inputs["scopes"].value, Some(json!("chat:write")));
    assert!(!made.inputs.contains_key("client_id"));
    assert_eq!(w.apply(&policy).await.must_be(200).text("/status"), "nothing");
    let wrong = w.plan(&json!({ "map": { "nothing": "erp-main" } })).await;
    assert!(blockers(&wrong).contains(&("unused_map", "nothing")), "{wrong}");
}

#[actix_web::test]
async fn older_names_match_by_alias_and_two_candidates_are_asked_about() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    w.rename(&w.prod, "erp", "erp-new").await;
    w.rename(&w.dev, "slack-oauth2", "team-chat").await;
    let plan = w.plan(&json!({})).await;
    let outcome = |name: &str| {
        let references = plan["references"].as_array().unwrap().iter();
        references.filter(|r| r["slot"] == name).map(|r| r["outcome"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((outcome("Erp"), outcome("Chat")), (vec![json!("by_alias")], vec![json!("by_alias")]));
    w.apply(&json!({})).await.must_be(200);
    assert_eq!(slot(&w, "orders", "Erp").await, "erp-new");
    assert_eq!(slot(&w, "alerts", "Chat").await, "slack-oauth2");
    // The name follows only where connections may be updated.
    w.apply(&json!({ "update_connections": true })).await.must_be(200);
    assert_eq!(slot(&w, "alerts", "Chat").await, "team-chat");

    // `main` was `chat-a` and `chat-b` before; the target has one of each.
    let openai = ("open_ai_api_key", Scope::OrganizationGlobal);
    w.connection(&w.dev, "model-a", ("openai", openai), "dev").await;
    w.rename(&w.dev, "model-a", "model-b").await;
    w.rename(&w.dev, "model-b", "model-c").await;
    w.connection(&w.prod, "model-a", ("openai", openai), "prod").await;
    w.connection(&w.prod, "model-b", ("openai", openai), "prod").await;
    let text = definition("Ask", &[("Model", Variable::Scoped("model-c", "openai"))]);
    import(&w.source, "", &text).await.must_be(201);
    assert_eq!(blockers(&w.plan(&json!({})).await), [("ambiguous", "model-c")]);
    w.apply(&json!({ "map": { "model-c": "model-b" } })).await.must_be(200);
    assert_eq!(slot(&w, "ask", "Model").await, "model-b");
}

#[actix_web::test]
async fn only_shared_values_follow_and_only_when_asked() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    w.apply(&json!({})).await.must_be(200);
    w.set(&w.dev, "aws-s3-api-key-secret", json!({ "region": "eu-west-1" })).await;
    w.set(
        &w.dev,
        "erp",
        json!({ "base_url": "https://dev2.erp.example", "api_key": "PLANTED-dev2", "header": "X-Key" }),
    )
    .await;
    let plan = w.plan(&json!({})).await;
    assert_eq!(
        (&plan["outcome"], plan["differences"].as_array().unwrap().len() >= 2),
        (&json!("nothing"), true),
        "{plan}"
    );
    w.apply(&json!({ "update_connections": true })).await.must_be(200);
    let prod = |key: &str| w.t.app.get_connection(w.prod.clone(), key.to_owned());
    assert_eq!(
        prod("aws-s3-api-key-secret").await.unwrap().connection.inputs["region"].value,
        Some(json!("eu-west-1"))
    );
    let erp = prod("erp").await.unwrap().connection;
    assert_eq!(erp.inputs["header"].value, Some(json!("X-Key")));
    assert_eq!(erp.inputs["base_url"].value, Some(json!("https://prod.erp.example")));
    let organization = keyway::app::credential::OwnerRef::Organization;
    assert_eq!(w.opened(&w.prod, "erp", organization, "api_key").await, "PLANTED-prod-erp");
    assert_eq!(w.apply(&json!({ "update_connections": true })).await.must_be(200).text("/status"), "nothing");
}

async fn share_base_url(w: &World, actor: &Actor) {
    let mut edits = crate::support::world::edits(json!({ "base_url": null }));
    let edit = edits.get_mut("base_url").unwrap();
    *edit = keyway::model::values::Edit::default();
    edit.shared = keyway::model::values::edit::Change::Set(true);
    let update = keyway::app::connection::ConnectionUpdate { inputs: edits, ..Default::default() };
    w.t.app.update_connection(actor.clone(), "erp".to_owned(), None, update).await.unwrap();
}

#[actix_web::test]
async fn moving_the_place_of_secrets_blocks() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    w.apply(&json!({})).await.must_be(200);
    share_base_url(&w, &w.dev).await;
    share_base_url(&w, &w.prod).await;
    let policy = json!({ "update_connections": true });
    assert_eq!(blockers(&w.plan(&policy).await), [("would_quarantine", "erp")]);
    assert_eq!(w.apply(&policy).await.must_be(409).text("/code"), "sync_blocked");
    let before = w.snapshot().await;
    let policy = json!({ "update_connections": true, "allow_quarantine": true });
    let applied = w.apply(&policy).await.must_be(200).json();
    assert_eq!(applied["plan"]["todo"][0]["code"], "enter_secrets_again");
    let organization = keyway::app::credential::OwnerRef::Organization;
    let fetched = w.t.app.fetch_credential(w.prod.clone(), "erp".to_owned(), organization.clone()).await;
    assert!(fetched.is_err());
    w.rollback().await.must_be(200);
    assert_eq!(w.snapshot().await, before);
    assert_eq!(w.opened(&w.prod, "erp", organization, "api_key").await, "PLANTED-prod-erp");
}

#[actix_web::test]
async fn an_edited_draft_blocks_and_comes_back_with_a_rollback() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    w.apply(&json!({})).await.must_be(200);
    let before = w.snapshot().await;
    let slack = ("oauth2", Scope::Customer);
    w.connection(&w.prod, "slack-own", ("slack", slack), "prod").await;
    // A draft beside a published version, and one that is alone.
    w.admin.put("/api/v1/integrations/alerts/slots/Chat", json!({ "connection": "slack-own" })).await.must_be(200);
    let draft = w.admin.get("/api/v1/integrations/alerts").await.must_be(200).json();
    let store = |kind| Variable::Inline("aws-s3", kind, "{}");
    let alone = definition("Files", &[("Store", store("apiKeySecret"))]);
    import(&w.admin, "?as=files", &alone).await.must_be(200);
    let alone = w.admin.get("/api/v1/integrations/files").await.must_be(200).json();

    let changed = definition("Alerts", &[("Chat", Variable::Inline("slack", "oauth2", "{}"))]);
    import(&w.source, "", &changed).await.must_be(200);
    w.source.post("/api/v1/integrations/alerts/publish", json!({})).await.must_be(200);
    assert_eq!(blockers(&w.plan(&json!({})).await), [("edited_draft", "alerts"), ("edited_draft", "files")]);
    let edited = w.snapshot().await;
    assert_ne!(before, edited);
    w.apply(&json!({ "overwrite_drafts": true })).await.must_be(200);
    assert_eq!(slot(&w, "alerts", "Chat").await, "slack-oauth2");
    w.rollback().await.must_be(200);
    assert_eq!(w.snapshot().await, edited);
    for (key, was) in [("alerts", draft), ("files", alone)] {
        let now = w.admin.get(&format!("/api/v1/integrations/{key}")).await.must_be(200).json();
        for part in ["slots", "steps", "draft_edited_by", "has_unpublished_changes", "number"] {
            assert_eq!(now[part], was[part], "{part} of {key}");
        }
    }
    assert_eq!(blockers(&w.plan(&json!({})).await), [("edited_draft", "alerts"), ("edited_draft", "files")]);
}
