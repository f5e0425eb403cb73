//! Taking syncs back: everything, with what was pruned, or nothing.

use chrono::TimeDelta;
use keyway::app::credential::NewCredential;
use keyway::app::credential::OwnerRef;
use keyway::app::retention::Retention;
use keyway::app::sync::Source;
use keyway::model::actor::Permission;
use keyway::model::connection::Scope;
use keyway::model::sync::Policy;
use keyway::model::sync::RunResult;
use keyway::store::conn::Conn;
use keyway::store::sync::list_pruned;
use serde_json::json;

use crate::support::client::Client;
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

/// A connection that only `prod` has, authorized by a customer; with the paths of both.
async fn authorized(w: &World, key: &Client) -> (String, String) {
    w.connections(&w.prod, "prod").await;
    w.connection(&w.prod, "only-prod", ("slack", ("oauth2", Scope::Customer)), "only").await;
    key.post("/api/v1/customers", json!({ "external_id": "acme" })).await.must_be(201);
    let body = json!({ "connection": "only-prod", "owner": { "customer": "acme" }, "inputs": {} });
    let path = key.post("/api/v1/credentials", body).await.must_be(201).header("location").to_owned();
    let tokens = json!({ "access_token": "xoxb-PLANTED-access", "refresh_token": "PLANTED-refresh", "granted_scopes": ["chat:write"] });
    key.put(&format!("{path}/tokens"), tokens).await.must_be(204);
    (path, "/api/v1/connections/only-prod/credentials?customer=acme".to_owned())
}

async fn prune(w: &World, key: &Client) {
    let done = w.apply(&json!({ "prune": true })).await.must_be(200);
    assert_eq!(done.text("/status"), "done");
    key.get("/api/v1/connections/only-prod").await.must_be(404);
}

#[actix_web::test]
async fn pruned_credentials_come_back_authorized_with_their_redirect_uri_and_last_check() {
    let w = World::start().await;
    let key = w.t.api_key_in("prod", Permission::ALL).await;
    let (path, fetch) = authorized(&w, &key).await;
    key.post(&format!("{path}/test"), json!({})).await.must_be(200);
    let callback = key.get("/api/v1/connections/only-prod/callback").await.must_be(200).json();
    let (before, fetched) = (key.get(&path).await.must_be(200).json(), key.get(&fetch).await.must_be(200).json());
    assert_eq!(fetched["token"]["access_token"], "xoxb-PLANTED-access");
    assert_eq!(before["last_check"]["outcome"], "ok");

    prune(&w, &key).await;
    key.get(&path).await.must_be(404);
    let stored = w.t.stored_bytes().await;
    for secret in ["xoxb-PLANTED-access", "PLANTED-refresh"] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is in the clear");
    }
    w.rollback().await.must_be(200);
    assert_eq!(key.get(&path).await.must_be(200).json(), before);
    assert_eq!(key.get("/api/v1/connections/only-prod/callback").await.must_be(200).json(), callback);
    // It is still bound to where it was authorized for: otherwise it would be quarantined.
    let mut again = key.get(&fetch).await.must_be(200).json();
    again["connection"] = fetched["connection"].clone();
    assert_eq!(again, fetched);
    // And due again for the schedule.
    w.t.advance(TimeDelta::hours(27));
    let due = w.t.app.clock().now();
    let due = w.t.on_database(move |c| keyway::store::check::list_due(c, due, 100).unwrap()).await;
    assert!(due.iter().any(|(_, id)| path.ends_with(&id.to_string())), "{due:?}");
}

#[actix_web::test]
async fn what_was_pruned_is_wiped_when_its_time_is_over() {
    let w = World::start().await;
    let key = w.t.api_key_in("prod", Permission::ALL).await;
    authorized(&w, &key).await;
    prune(&w, &key).await;
    let (tenant, runs) = (w.prod.tenant.id, w.t.app.list_syncs(w.prod.clone(), None, 10).await.unwrap());
    let (run, long_ago) = (runs[0].id, chrono::DateTime::UNIX_EPOCH);
    let kept = async || {
        let nouns = ["connection", "credential", "tokens", "check", "integration"];
        let count = move |c: &mut Conn, noun| list_pruned(c, (tenant, run), noun, long_ago).unwrap().len();
        w.t.on_database(move |c| nouns.map(|noun| count(c, noun))).await
    };
    assert_eq!(kept().await, [1, 1, 1, 1, 0]);
    w.t.advance(TimeDelta::days(29));
    w.t.app.purge_old().await.unwrap();
    assert_eq!(kept().await, [1, 1, 1, 1, 0]);
    w.t.advance(TimeDelta::days(2));
    // Over, though no purge came by yet.
    let refused = key.post("/api/v1/sync/rollback", json!({})).await.must_be(409);
    assert_eq!(refused.text("/code"), "pruned_too_long_ago");
    w.t.app.purge_old().await.unwrap();
    assert_eq!(kept().await, [0; 5]);
}

#[actix_web::test]
async fn the_setting_says_how_long_what_was_pruned_is_kept() {
    for (days, after, code) in [(2, 1, 200), (2, 3, 409), (0, 0, 409)] {
        let w = World::start().await;
        let key = w.t.api_key_in("prod", Permission::ALL).await;
        authorized(&w, &key).await;
        let keeping = Retention { pruned: TimeDelta::days(days), ..Retention::default() };
        let app = w.t.app.clone().with_retention(keeping);
        let policy = Policy { prune: true, ..Policy::default() };
        let applied = app.apply_sync(w.prod.clone(), Source::Tenant(Box::new(w.dev.clone())), policy, None).await;
        assert_eq!(applied.unwrap().status, RunResult::Done);
        w.t.advance(TimeDelta::days(after));
        key.post("/api/v1/sync/rollback", json!({})).await.must_be(code);
    }
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
