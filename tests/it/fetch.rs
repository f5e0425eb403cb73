//! What runtimes fetch: always what the database holds at that moment, on every node, whichever way it was found.

use chrono::TimeDelta;
use insta::assert_snapshot;
use keyway::app::ANSWERS_BYTES;
use keyway::app::credential::OwnerRef;
use keyway::app::credential::fetch::FetchRequest;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::told;

const PATH: &str = "/api/v1/connections/http-basic/credentials";

/// A connection of each scope with credentials of two customers, the organization and the test runner.
struct World {
    t: TestApp,
    admin: Client,
    runtime: Client,
}

impl World {
    async fn start() -> Self {
        let t = TestApp::start().await;
        let (admin, runtime) = (t.user(Role::Owner).await, t.api_key(&[Permission::CredentialsRead]).await);
        let world = Self { t, admin, runtime };
        for customer in ["acme", "bolt", "none"] {
            world.post("customers", json!({ "external_id": customer })).await;
        }
        for (key, scope) in
            [("http-basic", "customer"), ("entered", "organization_customer"), ("shared", "organization_global")]
        {
            let body = json!({ "component": "http", "connection_type": "basic", "scope": scope, "stable_key": key,
                "inputs": { "base_url": { "value": "https://api.example.com" } } });
            world.post("connections", body).await;
            world.credential(key, json!("test"), "tester").await;
        }
        world.credential("http-basic", json!({ "customer": "acme" }), "ann").await;
        world.credential("http-basic", json!({ "customer": "bolt", "name": "eu" }), "eve").await;
        world.credential("http-basic", json!({ "customer": "bolt", "name": "us" }), "uma").await;
        world.credential("entered", json!({ "customer": "acme", "name": "only" }), "olga").await;
        world.credential("shared", json!("organization"), "all").await;
        world
    }

    async fn post(&self, what: &str, body: Value) -> String {
        self.admin.post(&format!("/api/v1/{what}"), body).await.must_be(201).text("/id")
    }

    async fn credential(&self, connection: &str, owner: Value, username: &str) -> String {
        let inputs = json!({ "username": { "value": username }, "password": { "value": "s3cret" } });
        self.post("credentials", json!({ "connection": connection, "owner": owner, "inputs": inputs })).await
    }

    async fn change(&self, path: &str, body: Value) {
        self.admin.patch(&format!("/api/v1/{path}"), body).await.must_be(200);
    }
}

/// User name and URL, or what is wrong.
async fn given(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    if answer.status != 200 {
        return told::problem(&answer);
    }
    let values = answer.json()["values"].clone();
    format!("{} at {}", values["username"].as_str().unwrap(), values["base_url"].as_str().unwrap())
}

fn request(connection: &str, owner: OwnerRef) -> FetchRequest {
    FetchRequest { connection: connection.to_owned(), owner, with_provenance: false }
}

fn customer(id: &str) -> OwnerRef {
    OwnerRef::Customer { customer: id.to_owned(), name: None }
}

#[actix_web::test]
async fn every_change_counts_from_the_very_next_call_on_every_node() {
    let w = World::start().await;
    let other = w.t.another(ANSWERS_BYTES).await;
    let nodes = [w.runtime.clone(), other.here(&w.runtime)];
    let acme = format!("{PATH}?customer=acme");
    let look = async |path: &str| {
        let mut answers = Vec::new();
        // Twice: made anew, and given again.
        for node in [&nodes[0], &nodes[1], &nodes[0], &nodes[1]] {
            answers.push(given(node, path).await);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {answers:?}");
        answers.remove(0)
    };
    assert_snapshot!(look(&acme).await, @"ann at https://api.example.com");
    let held = w.admin.get("/api/v1/credentials?connection=http-basic&customer=acme").await.must_be(200);
    let own = format!("credentials/{}", held.text("/items/0/id"));
    w.change(&own, json!({ "inputs": { "username": { "value": "anna" } } })).await;
    assert_snapshot!(look(&acme).await, @"anna at https://api.example.com");
    let url = json!({ "inputs": { "base_url": { "value": "https://eu.example.com" } } });
    w.change("connections/http-basic", url).await;
    assert_snapshot!(look(&acme).await, @"409 credential_quarantined: where the secrets of `http-basic` are sent changed since they were entered; enter again: password");
    w.change(&own, json!({ "inputs": { "password": { "value": "again" } } })).await;
    assert_snapshot!(look(&acme).await, @"anna at https://eu.example.com");
    w.change(&own, json!({ "is_enabled": false })).await;
    assert_snapshot!(look(&acme).await, @"409 credential_disabled: this credential of `http-basic` is disabled");
    w.change(&own, json!({ "is_enabled": true })).await;
    w.change("connections/http-basic", json!({ "is_enabled": false })).await;
    assert_snapshot!(look(&acme).await, @"409 connection_disabled: the connection `http-basic` is disabled");
    w.change("connections/http-basic", json!({ "is_enabled": true })).await;
    assert_snapshot!(look(&acme).await, @"anna at https://eu.example.com");
    w.admin.delete(&format!("/api/v1/{own}")).await.must_be(204);
    assert_snapshot!(look(&acme).await, @"409 credential_pending: `http-basic` lacks values: username");
    w.credential("http-basic", json!({ "customer": "acme" }), "new").await;
    assert_snapshot!(look(&acme).await, @"new at https://eu.example.com");
}

#[actix_web::test]
async fn a_test_credential_that_is_changed_by_another_process_counts_at_the_next_step() {
    let w = World::start().await;
    let other = w.t.another(ANSWERS_BYTES).await;
    let path = format!("{PATH}?mode=test");
    let held = w.admin.get("/api/v1/credentials?connection=http-basic").await.must_be(200).json();
    let test = held["items"].as_array().unwrap().iter().find(|item| item["owner"] == "test").unwrap()["id"].clone();
    let change = format!("/api/v1/credentials/{}", test.as_str().unwrap());
    for step in 0..10 {
        let name = format!("step-{step}");
        let body = json!({ "inputs": { "username": { "value": name } } });
        other.here(&w.admin).patch(&change, body).await.must_be(200);
        assert_eq!(given(&w.runtime, &path).await, format!("{name} at https://api.example.com"));
    }
}

#[actix_web::test]
async fn a_renamed_connection_is_found_by_both_keys_and_says_the_new_one() {
    let w = World::start().await;
    let key = async |path: &str| {
        let answer = w.runtime.get(&format!("/api/v1/connections/{path}/credentials?customer=acme")).await;
        if answer.status == 200 { answer.text("/connection/stable_key") } else { told::problem(&answer) }
    };
    assert_eq!(key("http-basic").await, "http-basic");
    let rename = json!({ "stable_key": "erp" });
    w.admin.put("/api/v1/connections/http-basic/stable-key", rename).await.must_be(200);
    assert_eq!((key("http-basic").await, key("erp").await), ("erp".to_owned(), "erp".to_owned()));
    w.admin.delete("/api/v1/connections/erp/aliases/http-basic").await.must_be(200);
    assert_snapshot!(key("http-basic").await, @"404 not_found: connection `http-basic` does not exist");
    assert_eq!(key("erp").await, "erp");
}

#[actix_web::test]
async fn a_tenant_that_is_pinned_to_another_manifest_gets_answers_made_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = |version: u32, header: &str| {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/components/http.yaml")).unwrap();
        let text =
            text.replace("X-API-Key", header).replace("key: http\n", &format!("key: http\nversion: {version}\n"));
        std::fs::write(folder.path().join("http.yaml"), text).unwrap();
    };
    manifest(2, "X-First");
    let t = TestApp::start_in(folder.path()).await;
    let (admin, runtime) = (t.user(Role::Owner).await, t.api_key(&[Permission::CredentialsRead]).await);
    let body = json!({ "component": "http", "connection_type": "api_key", "scope": "organization_global",
        "inputs": { "base_url": { "value": "https://api.example.com" }, "api_key": { "value": "ours" } } });
    admin.post("/api/v1/connections", body).await.must_be(201);
    let header = async || {
        let path = "/api/v1/connections/http-api-key/credentials?mode=organization";
        runtime.get(path).await;
        runtime.get(path).await.must_be(200).text("/values/header")
    };
    assert_eq!(header().await, "X-First");
    manifest(3, "X-Second");
    // The folder is looked at once a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(header().await, "X-First");
    admin.post("/api/v1/components/http/upgrade", json!({})).await.must_be(200);
    assert_eq!(header().await, "X-Second");
}

#[actix_web::test]
async fn a_key_that_is_revoked_or_over_fetches_nothing() {
    let w = World::start().await;
    let path = format!("{PATH}?customer=acme");
    let made = |days: Value| json!({ "name": "job", "scopes": ["credentials:read"], "expires_in_days": days });
    let lasting = w.admin.post("/api/v1/api-keys", made(Value::Null)).await.must_be(201);
    let ending = w.admin.post("/api/v1/api-keys", made(json!(1))).await.must_be(201);
    let client = |made: &crate::support::client::Answer| w.t.anonymous().bearer(&made.text("/token"));
    for _ in 0..2 {
        assert_eq!(given(&client(&lasting), &path).await, given(&client(&ending), &path).await);
    }
    let id = lasting.text("/api_key/id");
    w.admin.delete(&format!("/api/v1/api-keys/{id}")).await.must_be(204);
    assert_snapshot!(given(&client(&lasting), &path).await, @"401 unauthenticated: this API key was revoked; use another one");
    let other = w.t.api_key(&[Permission::ConnectionsRead]).await;
    assert_snapshot!(given(&other, &path).await, @"403 forbidden: this needs an API key with the scope `credentials:read`");
    w.t.tenant("prod", true).await;
    let foreign = w.t.api_key_in("prod", Permission::ALL).await;
    assert_snapshot!(given(&foreign, &path).await, @"404 not_found: connection `http-basic` does not exist");
    w.t.advance(TimeDelta::days(1));
    assert_snapshot!(given(&client(&ending), &path).await, @"401 unauthenticated: this API key has expired; make a new one");
}

#[actix_web::test]
async fn both_ways_answer_alike() {
    let w = World::start().await;
    w.change("connections/entered", json!({ "inputs": { "base_url": { "value": null } } })).await;
    let rename = json!({ "stable_key": "ours" });
    w.admin.put("/api/v1/connections/shared/stable-key", rename).await.must_be(200);
    let strange = w.t.api_key(&[Permission::ConnectionsRead]).await;
    // Naming the tenant is the slow way.
    let slow = w.runtime.tenant("dev");
    let owners = [
        "",
        "customer=acme",
        "customer=bolt",
        "customer=none",
        "customer=nobody",
        "customer=acme&credential=default",
        "customer=bolt&credential=us",
        "customer=bolt&credential=asia",
        "customer=acme&credential=only",
        "mode=test",
        "mode=organization",
        "mode=test&customer=acme",
        "credential=us",
        "mode=odd",
        "customer=ac%6de",
        "customer=",
        "customer=%00",
    ];
    let mut succeeded = 0;
    for connection in ["http-basic", "entered", "shared", "ours", "nothing", "http%2Dbasic", "con_1", "%ff"] {
        for owner in owners {
            for extra in ["", "&provenance=true"] {
                let path = format!("/api/v1/connections/{connection}/credentials?{owner}{extra}");
                let expected = slow.get(&path).await;
                succeeded += usize::from(expected.status == 200);
                // Made anew, then given again.
                for _ in 0..2 {
                    let found = w.runtime.get(&path).await;
                    assert_eq!(found.shown(), expected.shown(), "{path}");
                    if found.status == 200 {
                        assert_eq!(found.body, expected.body, "{path}");
                    }
                    for header in ["content-type", "cache-control", "x-content-type-options"] {
                        assert_eq!(found.header(header), expected.header(header), "{path}");
                    }
                }
                assert_eq!(strange.get(&path).await.shown(), strange.tenant("dev").get(&path).await.shown(), "{path}");
            }
        }
    }
    assert!(succeeded > 30, "{succeeded}");
}

#[actix_web::test]
async fn several_credentials_of_a_customer_need_a_name() {
    let w = World::start().await;
    assert_snapshot!(given(&w.runtime, &format!("{PATH}?customer=bolt")).await, @"409 ambiguous_credential: this customer has several credentials: say which in `credential`: `eu`, `us`");
    assert_snapshot!(given(&w.runtime, &format!("{PATH}?customer=bolt&credential=us")).await, @"uma at https://api.example.com");
    w.credential("http-basic", json!({ "customer": "bolt", "name": "default" }), "dora").await;
    assert_snapshot!(given(&w.runtime, &format!("{PATH}?customer=bolt")).await, @"dora at https://api.example.com");
}

#[actix_web::test]
async fn the_fast_way_is_taken_for_what_is_in_order_and_for_nothing_else() {
    let w = World::start().await;
    let made = w.admin.post("/api/v1/api-keys", json!({ "name": "job", "scopes": ["credentials:read"] })).await;
    let key = made.text("/token");
    let is_fast = async |connection: &str, owner: OwnerRef| {
        w.t.app.fetch_hot(&key, &request(connection, owner)).await.unwrap().is_some()
    };
    assert!(is_fast("http-basic", customer("acme")).await);
    assert!(is_fast("http-basic", OwnerRef::Test).await);
    assert!(is_fast("shared", OwnerRef::Organization).await);
    assert!(is_fast("shared", customer("acme")).await);
    assert!(!is_fast("http-basic", customer("bolt")).await);
    assert!(!is_fast("http-basic", customer("nobody")).await);
    assert!(!is_fast("shared", customer("nobody")).await);
    // Tokens that are over are none to give again; what is in them is not looked at.
    let tokens = |ends: (i64, &str)| {
        let columns = "INSERT INTO tokens (credential_id, tenant_id, sealed, generation, obtained_at, expires_at)";
        let from = "FROM credentials WHERE name = 'default' AND owner = 'customer'";
        (
            format!("DELETE FROM tokens; {columns} SELECT id, tenant_id, x'00', 7, 1, {} {from}", ends.0),
            format!(
                "DELETE FROM tokens; {columns} SELECT id, tenant_id, '\\x00', 7, '2026-01-01', '{}' {from}",
                ends.1
            ),
        )
    };
    let (sqlite, postgres) = tokens((1_767_229_200_000_000, "2026-01-01 01:00:00Z"));
    w.t.execute(&sqlite, &postgres).await;
    assert!(is_fast("http-basic", customer("acme")).await);
    w.t.advance(TimeDelta::hours(1));
    assert!(!is_fast("http-basic", customer("acme")).await);
    assert_eq!(given(&w.runtime, &format!("{PATH}?customer=acme")).await, "ann at https://api.example.com");
}

#[actix_web::test]
async fn kept_answers_stay_within_their_bytes() {
    let w = World::start().await;
    let small = w.t.another(10_000).await;
    let runtime = small.here(&w.runtime);
    for number in 0..60 {
        let name = format!("n{number}");
        w.credential("http-basic", json!({ "customer": "acme", "name": name }), &name).await;
        let path = format!("{PATH}?customer=acme&credential={name}");
        for _ in 0..2 {
            assert_eq!(given(&runtime, &path).await, format!("{name} at https://api.example.com"));
        }
        assert!(small.app.kept_answers_bytes() <= 10_000);
    }
    assert!(small.app.kept_answers_bytes() > 2_000);
}

#[actix_web::test]
async fn reads_are_recorded_when_the_server_stops() {
    let w = World::start().await;
    let node = w.t.another(ANSWERS_BYTES).await;
    let runtime = node.here(&w.runtime);
    for path in ["?customer=acme", "?customer=acme", "?customer=bolt&credential=us", "?mode=test"] {
        runtime.get(&format!("{PATH}{path}")).await.must_be(200);
    }
    // The slow way counts as well.
    runtime.tenant("dev").get(&format!("{PATH}?customer=acme")).await.must_be(200);
    runtime.get(&format!("{PATH}?customer=nobody")).await.must_be(404);
    node.stop().await;
    let reads = w.admin.get("/api/v1/connections/http-basic/reads").await.must_be(200);
    let mut total = 0;
    for read in reads.json()["items"].as_array().unwrap() {
        assert_eq!((&read["at"], &read["api_key"]["name"]), (&json!("2026-01-01T00:00:00Z"), &json!("test")));
        total += read["reads"].as_i64().unwrap();
    }
    assert_eq!(total, 5, "{}", reads.body);
    let mut seen = Vec::new();
    let mut path = "/api/v1/connections/http-basic/reads?limit=1".to_owned();
    loop {
        let page = w.admin.get(&path).await.must_be(200).json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/connections/http-basic/reads?limit=1&cursor={cursor}");
    }
    assert_eq!(Value::Array(seen), reads.json()["items"]);
    let keys = w.admin.get("/api/v1/api-keys").await.must_be(200);
    assert_eq!(keys.text("/items/0/last_used_at"), "2026-01-01T00:00:00Z");
    let none = w.admin.get("/api/v1/connections/shared/reads").await.must_be(200);
    assert_eq!(none.json(), json!({ "items": [], "next_cursor": null }));
}
