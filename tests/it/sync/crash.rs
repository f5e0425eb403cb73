//! A sync that fails or dies anywhere leaves everything as it was, or does all of it: every write, every statement, and
//! the process itself are stopped once.

mod killed;
mod statement;

use serde_json::Value;
use serde_json::json;

use crate::support::db;
use crate::support::definition;
use crate::support::world::World;

/// Makes a sync that does everything at once: a rename, an update, a placeholder, an overwritten draft, a deletion of each
/// kind. Answers its policy.
async fn busy(w: &World) -> Value {
    let openai = ("open_ai_api_key", keyway::model::connection::Scope::OrganizationGlobal);
    w.connections(&w.prod, "prod").await;
    w.connection(&w.prod, "only-prod", ("openai", openai), "only").await;
    w.apply(&json!({})).await.must_be(200);
    w.rename(&w.dev, "erp", "erp-2").await;
    w.set(&w.dev, "aws-s3-api-key-secret", json!({ "region": "eu-west-1" })).await;
    w.connection(&w.dev, "new-one", ("openai", openai), "dev").await;
    w.source.delete("/api/v1/integrations/files").await.must_be(204);
    let scoped = definition::Variable::Scoped("new-one", "openai");
    let text = definition::definition("Alerts", &[("Model", scoped)]);
    definition::import(&w.source, "", &text).await.must_be(200);
    json!({ "on_missing": "placeholder", "update_connections": true, "prune": true })
}

#[actix_web::test]
async fn a_failure_at_any_write_leaves_everything_as_it_was() {
    let w = World::start().await;
    let policy = busy(&w).await;
    let before = w.snapshot().await;
    let runs = w.admin.get("/api/v1/sync/runs").await.must_be(200).body;
    let seen = w.plan(&policy).await["hash"].clone();

    // On PostgreSQL every fifth: each costs more there.
    let step = if db::is_postgres() { 5 } else { 1 };
    let mut after = 0;
    loop {
        w.t.fail_writes(Some(after)).await;
        let answer = w.apply_hash(&policy, &seen).await;
        w.t.fail_writes(None).await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.status, 500, "{}", answer.body);
        assert_eq!(w.snapshot().await, before, "after {after} rows");
        assert_eq!(w.admin.get("/api/v1/sync/runs").await.must_be(200).body, runs);
        after += step;
    }
    assert!(after >= 15, "only {after} rows were written");
    assert_eq!(w.plan(&policy).await["outcome"], "nothing");
    let synced = w.snapshot().await;
    let mut after = 0;
    loop {
        w.t.fail_writes(Some(after)).await;
        let answer = w.rollback().await;
        w.t.fail_writes(None).await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.status, 500, "{}", answer.body);
        assert_eq!(w.snapshot().await, synced, "after {after} rows");
        after += step;
    }
    assert_eq!(w.snapshot().await, before);
}
