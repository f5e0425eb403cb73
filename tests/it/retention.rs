//! What is forgotten, and when.

use chrono::TimeDelta;
use keyway::app::retention::Retention;
use keyway::ids::ApiKeyId;
use keyway::ids::ConnectionId;
use keyway::jobs;
use keyway::jobs::Job;
use keyway::model::actor::Permission;
use keyway::store::read::Batch;
use keyway::store::read::Place;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;

async fn connection(client: &Client) -> String {
    let body = json!({ "component": "http", "connection_type": "none", "scope": "organization_global", "stable_key": "peer",
        "without_test": true, "inputs": { "base_url": { "value": "https://peer.example" } } });
    client.post("/api/v1/connections", body).await.must_be(201).text("/id")
}

async fn reads(client: &Client) -> usize {
    let list = client.get("/api/v1/connections/peer/reads?limit=200").await.must_be(200).json();
    list["items"].as_array().unwrap().len()
}

#[actix_web::test]
async fn reads_are_forgotten_after_ninety_days_or_as_the_settings_say() {
    let t = TestApp::start().await;
    let client = t.api_key(Permission::ALL).await;
    connection(&client).await;
    let read = async || {
        client.get("/api/v1/connections/peer/credentials?mode=organization").await.must_be(200);
        t.app.write_reads().await.unwrap();
    };
    read().await;
    t.advance(TimeDelta::days(60));
    read().await;
    t.advance(TimeDelta::days(29));
    jobs::run(&t.app, Job::Purge).await.unwrap();
    assert_eq!(reads(&client).await, 2);
    t.advance(TimeDelta::days(2));
    jobs::run(&t.app, Job::Purge).await.unwrap();
    assert_eq!(reads(&client).await, 1);
    let short = t.app.clone().with_retention(Retention { reads: TimeDelta::days(30), ..Retention::default() });
    jobs::run(&short, Job::Purge).await.unwrap();
    assert_eq!(reads(&client).await, 0);
}

#[actix_web::test]
async fn more_reads_than_one_batch_are_forgotten_at_once() {
    let t = TestApp::start().await;
    let client = t.api_key(Permission::ALL).await;
    let connection: ConnectionId = connection(&client).await.parse().unwrap();
    let keys = client.get("/api/v1/api-keys").await.must_be(200).json();
    let api_key: ApiKeyId = keys["items"][0]["id"].as_str().unwrap().parse().unwrap();
    let (tenant, now) = (t.operator_in("dev").await.tenant.id, t.app.clock().now());
    let batches = (0..2500).map(|back| Batch {
        place: Place { second: now.timestamp() - back * 3600, tenant, api_key, connection },
        reads: vec![(None, 1)],
    });
    let batches: Vec<Batch> = batches.collect();
    t.on_database(move |c| keyway::store::read::insert_all(c, &batches).unwrap()).await;
    assert_eq!(reads(&client).await, 200);
    let short = t.app.clone().with_retention(Retention { reads: TimeDelta::hours(4), ..Retention::default() });
    jobs::run(&short, Job::Purge).await.unwrap();
    // Of the last four hours, both ends.
    assert_eq!(reads(&client).await, 5);
}
