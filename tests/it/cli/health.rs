//! What the schedule found, on the terminal.

use std::sync::Arc;
use std::sync::Mutex;

use chrono::TimeDelta;
use keyway::jobs;
use keyway::jobs::Job;
use keyway::model::actor::Permission;
use serde_json::json;

use crate::support::TestApp;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

#[actix_web::test]
async fn a_credential_that_fails_its_checks_is_shown_so_until_one_passes() {
    let t = TestApp::start().await;
    let client = t.api_key(Permission::ALL).await;
    let status = Arc::new(Mutex::new(200));
    let told = Arc::clone(&status);
    let peer = Peer::start(move |_| Reply::status(*told.lock().unwrap()));
    let body = json!({ "component": "http", "connection_type": "bearer", "scope": "organization_global", "stable_key": "peer",
        "without_test": true, "inputs": { "base_url": { "value": peer.url("/") } } });
    client.post("/api/v1/connections", body).await.must_be(201);
    let body =
        json!({ "connection": "peer", "owner": "organization", "inputs": { "token": { "value": "PLANTED-token" } } });
    let made = client.post("/api/v1/credentials", body).await.must_be(201);
    let (desk, id) = (t.desk(), made.header("location").rsplit('/').next().unwrap().to_owned());
    let mut seen = Vec::new();
    for answer in [200, 401, 401, 503, 200] {
        *status.lock().unwrap() = answer;
        t.advance(TimeDelta::hours(27));
        jobs::run(&t.app, Job::CheckCredentials).await.unwrap();
        let listed = desk.aside(&["credentials", "list"]).answer;
        let line = listed.lines().find(|line| line.contains("peer")).unwrap().to_owned();
        let words: Vec<&str> = line.split_whitespace().collect();
        // Connection, owner, name, status, outcome.
        let shown = desk.json_aside(&["credentials", "show", &id]);
        let (status, outcome) = (&shown["status"], &shown["last_check"]["outcome"]);
        assert_eq!((words[3], words[4].trim_end_matches(',')), (status.as_str().unwrap(), outcome.as_str().unwrap()));
        seen.push(format!("{answer}: {} {}", words[3], words[4].trim_end_matches(',')));
    }
    insta::assert_snapshot!(seen.join("\n"), @r"
    200: active ok
    401: active authentication_rejected
    401: error authentication_rejected
    503: error server_error
    200: active ok
    ");
    let attempts = desk.aside(&["credentials", "attempts", &id]);
    assert_eq!((attempts.code, attempts.answer.lines().filter(|line| line.contains("live_test")).count()), (0, 6));
    let history = desk.aside(&["connections", "history", "peer"]).answer;
    assert!(history.contains("keyway (health check)") && history.contains("credential.recovered"), "{history}");
}
