//! Who may read a source, and what of a snapshot from elsewhere is taken.

use keyway::app::api_key::NewApiKey;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::world::World;

const PLAN: &str = "/api/v1/sync/plan";

#[actix_web::test]
async fn a_source_is_read_by_who_may_read_it() {
    let w = World::start().await;
    let dev = json!({ "from": { "tenant": "dev" } });
    // A person without a role there, and a key of this tenant alone: there is no such tenant for them.
    let person = w.t.user_in("prod", Role::Owner).await;
    person.post(PLAN, dev.clone()).await.must_be(404);
    let target = w.t.api_key_in("prod", &[Permission::SyncRead, Permission::SyncApply]).await;
    assert_eq!(target.post(PLAN, dev.clone()).await.must_be(404).text("/code"), "not_found");
    target.post(PLAN, json!({ "from": { "tenant": "prod" } })).await.must_be(422);

    let key = |scopes: &[Permission]| {
        let new = NewApiKey { name: "source".to_owned(), scopes: scopes.iter().copied().collect(), expires_at: None };
        let (app, dev) = (w.t.app.clone(), w.dev.clone());
        async move { app.create_api_key(dev, new).await.unwrap().token.to_string() }
    };
    let reads = key(&[Permission::SyncRead]).await;
    let other = key(&[Permission::ConnectionsRead]).await;
    let with = |tenant: &str, key: &str| json!({ "from": { "tenant": tenant, "api_key": key } });
    target.post(PLAN, with("dev", &reads)).await.must_be(200);
    target.post(PLAN, with("dev", &other)).await.must_be(403);
    for (tenant, key) in [("nowhere", reads.as_str()), ("dev", "kwk_x"), ("dev", "")] {
        let refused = target.post(PLAN, with(tenant, key)).await.must_be(422);
        assert_eq!(refused.json()["errors"][0]["field"], "from.api_key");
        assert!(key.is_empty() || !refused.body.contains(key));
    }
    for from in [json!({}), json!({ "tenant": "dev", "name": "x" }), json!({ "api_key": "x" })] {
        target.post(PLAN, json!({ "from": from })).await.must_be(422);
    }
}

#[actix_web::test]
async fn a_snapshot_from_elsewhere_syncs_the_same() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    let snapshot = w.source.get("/api/v1/sync/snapshot").await.must_be(200).json();
    let from = json!({ "snapshot": snapshot, "name": "git" });
    let plan = w.admin.post(PLAN, json!({ "from": from })).await.must_be(200).json();
    let body = json!({ "from": from, "plan_hash": plan["hash"] });
    let applied = w.admin.post("/api/v1/sync/apply", body).await.must_be(200).json();
    assert_eq!(applied["status"], "done");
    assert_eq!(w.plan(&json!({})).await["outcome"], "nothing");
    let run = w.admin.get("/api/v1/sync/runs").await.must_be(200).json();
    assert_eq!(run["items"][0]["source"], "git");
}

#[actix_web::test]
async fn a_snapshot_that_holds_what_it_must_not_is_refused() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    let whole = w.source.get("/api/v1/sync/snapshot").await.must_be(200).json();
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut snapshot = whole.clone();
        change(&mut snapshot);
        let answer = w.admin.post(PLAN, json!({ "from": { "snapshot": snapshot } })).await.must_be(422);
        assert!(!answer.body.contains("PLANTED"), "{}", answer.body);
        answer.text("/code")
    };
    let set = |snapshot: &mut Value, key: &str, input: &str, value: Value| {
        snapshot["connections"][key]["inputs"][input] = json!({ "value": value });
    };
    let invalid = "invalid_snapshot";
    assert_eq!(refused(&|s| set(s, "erp", "api_key", json!("PLANTED"))).await, invalid);
    assert_eq!(refused(&|s| set(s, "erp", "no_such_input", json!("x"))).await, invalid);
    assert_eq!(refused(&|s| set(s, "aws-s3-api-key-secret", "region", json!("PLANTED!"))).await, invalid);
    assert_eq!(refused(&|s| s["connections"]["erp"]["connection_type"] = json!("nothing")).await, invalid);
    assert_eq!(refused(&|s| s["connections"]["erp"]["label"] = json!("x".repeat(500))).await, invalid);
    let define = |snapshot: &mut Value, definition: Value| {
        let content = &mut snapshot["integrations"]["orders"];
        content["digest"] = json!(keyway::model::definition::digest(&definition));
        content["definition"] = json!(definition.to_string());
    };
    let steps = json!([{ "name": "S", "inputs": { "password": { "type": "value", "value": "PLANTED" } } }]);
    let mut secret: Value =
        serde_json::from_str(whole["integrations"]["orders"]["definition"].as_str().unwrap()).unwrap();
    assert_eq!(refused(&|s| define(s, json!({ "name": "x" }))).await, invalid);
    secret["flows"][0]["steps"] = steps;
    assert_eq!(refused(&|s| define(s, secret.clone())).await, invalid);
    assert_eq!(refused(&|s| s["integrations"]["orders"]["slots"] = json!({})).await, invalid);
    let long = "k".repeat(65);
    assert_eq!(refused(&|s| s["integrations"][&long] = s["integrations"]["orders"].clone()).await, invalid);
}
