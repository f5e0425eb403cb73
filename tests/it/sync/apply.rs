//! The main job: integrations arrive and find the target's own connections.

use keyway::app::credential::OwnerRef;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::world::CONNECTIONS;
use crate::support::world::World;

#[actix_web::test]
async fn integrations_bind_to_the_targets_own_connections() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    let mut before = Vec::new();
    for (key, ..) in CONNECTIONS {
        before.push(w.t.app.get_connection(w.prod.clone(), key.to_owned()).await.unwrap().connection);
    }
    let plan = w.plan(&json!({})).await;
    assert_eq!(plan["outcome"], "changes", "{plan}");
    assert_eq!(plan["summary"]["created"], 3);
    assert!(plan["references"].as_array().unwrap().iter().all(|reference| reference["outcome"] == "matched"));
    let applied = w.apply(&json!({})).await.must_be(200).json();
    assert_eq!(applied["status"], "done");
    // Not a byte of them changed, seals included.
    for (old, (key, ..)) in before.iter().zip(CONNECTIONS) {
        let now = w.t.app.get_connection(w.prod.clone(), key.to_owned()).await.unwrap().connection;
        assert_eq!(*old, now);
    }
    let view = w.admin.get("/api/v1/integrations/orders").await.must_be(200).json();
    assert_eq!((&view["slots"][0]["stable_key"], &view["published_number"]), (&json!("erp"), &json!(1)));
    assert_eq!(w.admin.get("/api/v1/integrations/files").await.json()["published_number"], 0);
    let test = || OwnerRef::Test;
    assert_eq!(w.opened(&w.prod, "openai-open-ai-api-key", test(), "api_key").await, "sk-PLANTED-test-prod");
    assert_eq!(w.opened(&w.prod, "erp", OwnerRef::Organization, "base_url").await, "https://prod.erp.example");
    assert_eq!(w.opened(&w.prod, "erp", OwnerRef::Organization, "api_key").await, "PLANTED-prod-erp");

    let drift = w.drift().await;
    assert_eq!(drift["is_empty"], true, "{drift}");
    assert!(!drift["local_values"].as_array().unwrap().is_empty());
    let again = w.apply(&json!({})).await.must_be(200).json();
    assert_eq!(again["status"], "nothing");
}

#[actix_web::test]
async fn a_stale_plan_is_refused_with_the_new_one() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    let seen = w.plan(&json!({})).await["hash"].clone();
    w.set(&w.prod, "aws-s3-api-key-secret", json!({ "region": "us-east-1" })).await;
    let before = w.snapshot().await;
    let refused = w.apply_hash(&json!({}), &seen).await.must_be(409);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.text("/code"), "stale_plan");
    assert_eq!(w.snapshot().await, before);
    let plan = refused.json()["plan"].clone();
    assert_ne!(plan["hash"], seen);
    w.apply_hash(&json!({}), &plan["hash"]).await.must_be(200);
    // A change of the source makes the plan stale, too; so does another policy.
    w.source.delete("/api/v1/integrations/files").await.must_be(204);
    let seen = w.plan(&json!({ "prune": true })).await["hash"].clone();
    assert_eq!(w.apply_hash(&json!({}), &seen).await.must_be(409).text("/code"), "stale_plan");
    let body = json!({ "from": { "tenant": "dev" } });
    w.admin.post("/api/v1/sync/apply", body).await.must_be(422);
}

#[actix_web::test]
async fn production_takes_syncs_from_admins_only() {
    let w = World::start().await;
    w.connections(&w.prod, "prod").await;
    let body = json!({ "from": { "tenant": "dev" }, "plan_hash": w.plan(&json!({})).await["hash"] });
    w.t.person("dev", "builder@example.com", Role::Builder).await;
    w.t.person("prod", "builder@example.com", Role::Builder).await;
    let builder = w.t.sign_in("builder@example.com").await.tenant("prod");
    let refused = builder.post("/api/v1/sync/apply", body.clone()).await.must_be(403);
    assert!(refused.text("/detail").contains("admin"));
    builder.post("/api/v1/sync/rollback", json!({})).await.must_be(403);
    w.admin.post("/api/v1/sync/apply", body).await.must_be(200);
}

#[actix_web::test]
async fn every_sync_is_recorded_and_no_secret_anywhere() {
    let w = World::start().await;
    let applied = w.apply(&json!({ "on_missing": "placeholder" })).await.must_be(200);
    let run = applied.text("/run");
    let shown = w.admin.get(&format!("/api/v1/sync/runs/{run}")).await.must_be(200);
    assert_eq!(shown.text("/source"), "dev");
    assert_eq!(shown.text("/actor"), "admin@example.com");
    assert_eq!(shown.json()["plan"]["hash"], applied.json()["plan"]["hash"]);
    let listed = w.admin.get("/api/v1/sync/runs?limit=1").await.must_be(200);
    assert_eq!(listed.json()["items"][0]["id"], json!(run));
    assert_eq!(w.source.get("/api/v1/sync/runs").await.must_be(200).json()["items"], json!([]));
    w.source.get(&format!("/api/v1/sync/runs/{run}")).await.must_be(404);
    let history = w.t.app.connection_history(w.prod.clone(), "erp".to_owned(), None, 100).await.unwrap();
    let texts = [
        w.source.get("/api/v1/sync/snapshot").await.must_be(200).body,
        w.snapshot().await,
        shown.body,
        listed.body,
        applied.body,
        w.plan(&json!({})).await.to_string(),
        w.drift().await.to_string(),
        w.admin.get("/api/v1/audit").await.must_be(200).body,
        serde_json::to_string(&history).unwrap(),
    ];
    for text in texts {
        assert!(!text.contains("PLANTED"), "{text}");
        // Local values do not travel, either.
        assert!(!text.contains("dev.erp.example") && !text.contains("dev-client"), "{text}");
    }
}

#[actix_web::test]
async fn every_sync_is_recorded_whatever_came_of_it() {
    let w = World::start().await;
    let blocked = w.apply(&json!({})).await.must_be(409).json();
    assert_eq!(blocked["code"], "sync_blocked");
    w.connections(&w.prod, "prod").await;
    let before = w.snapshot().await;
    w.apply_hash(&json!({}), &json!("sha256:0")).await.must_be(409);
    assert_eq!(w.snapshot().await, before);
    w.apply(&json!({})).await.must_be(200);
    let (synced, revision) = (w.snapshot().await, w.plan(&json!({})).await["target"]["revision"].clone());
    let again = w.apply(&json!({})).await.must_be(200).json();
    assert_eq!(again["status"], "nothing");
    // The record is no change of the tenant.
    assert_eq!((w.snapshot().await, &w.plan(&json!({})).await["target"]["revision"]), (synced, &revision));

    let runs = w.admin.get("/api/v1/sync/runs").await.must_be(200).json();
    let runs = runs["items"].as_array().unwrap();
    let results: Vec<_> = runs.iter().map(|run| run["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["nothing", "done", "stale", "blocked"]);
    assert!(runs.iter().all(|run| run["actor"] == "admin@example.com" && run["duration_ms"].is_i64()), "{runs:?}");
    let show = async |number: usize| {
        let path = format!("/api/v1/sync/runs/{}", runs[number]["id"].as_str().unwrap());
        w.admin.get(&path).await.must_be(200).json()
    };
    assert_eq!(runs[0]["id"], again["run"]);
    assert_eq!(show(3).await["plan"]["blockers"], blocked["plan"]["blockers"]);
    assert_eq!(show(0).await["plan"]["references"], json!([]));
    // What wrote nothing cannot be taken back; what did is found behind it.
    let refused = w.admin.post("/api/v1/sync/rollback", json!({ "run": runs[0]["id"] })).await.must_be(409).json();
    assert_eq!(refused["code"], "nothing_to_take_back");
    assert_eq!(w.rollback().await.must_be(200).json()["id"], runs[1]["id"]);
    assert_eq!(w.snapshot().await, before);
}
