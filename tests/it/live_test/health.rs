//! Tests that come by themselves.

use std::sync::Arc;
use std::sync::Mutex;

use chrono::TimeDelta;
use keyway::jobs;
use keyway::jobs::Job;
use serde_json::json;

use crate::live_test::acme;
use crate::live_test::base;
use crate::live_test::builder;
use crate::live_test::entered;
use crate::live_test::http;
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::told;

struct World {
    t: TestApp,
    client: Client,
    peer: Peer,
    status: Arc<Mutex<u16>>,
    path: String,
}

impl World {
    async fn start() -> Self {
        let t = TestApp::start().await;
        let client = builder(&t).await;
        let status = Arc::new(Mutex::new(200));
        let told = Arc::clone(&status);
        let peer = Peer::start(move |_| Reply::status(*told.lock().unwrap()));
        http(&client, "customer", &base(&peer)).await.must_be(201);
        let path = client.post("/api/v1/credentials", acme("right")).await.must_be(201).header("location").to_owned();
        Self { t, client, peer, status, path }
    }

    /// A day and a bit later, with the third party answering so.
    async fn next_day(&self, status: u16) -> String {
        *self.status.lock().unwrap() = status;
        self.t.advance(TimeDelta::hours(27));
        assert!(!jobs::run(&self.t.app, Job::CheckCredentials).await.unwrap());
        let shown = self.client.get(&self.path).await.must_be(200);
        format!("{status} -> {}, {}", shown.text("/status"), shown.text("/last_check/outcome"))
    }
}

#[actix_web::test]
async fn two_refusals_make_an_error_and_a_success_ends_it() {
    let w = World::start().await;
    let mut days = Vec::new();
    for status in [200, 401, 500, 403, 503, 401, 403, 500, 403, 200, 401] {
        days.push(w.next_day(status).await);
    }
    insta::assert_snapshot!(days.join("\n"), @"
    200 -> active, ok
    401 -> active, authentication_rejected
    500 -> active, server_error
    403 -> active, access_denied
    503 -> active, server_error
    401 -> active, authentication_rejected
    403 -> error, access_denied
    500 -> error, server_error
    403 -> error, access_denied
    200 -> active, ok
    401 -> active, authentication_rejected
    ");
    let history = w.client.get("/api/v1/connections/http-basic/history?limit=2").await;
    insta::assert_snapshot!(told::history(&history), @r#"
    keyway (health check) credential.recovered credential default
      status: "error" -> "active"
    keyway (health check) credential.failed credential default
      status: "active" -> "error"
    "#);
    let audit = w.client.get("/api/v1/audit?limit=1").await.json();
    assert_eq!(audit["items"][0]["action"], "credential.recovered");
}

#[actix_web::test]
async fn what_is_not_due_or_switched_off_is_left_alone() {
    let w = World::start().await;
    let asked = || w.peer.requests().len();
    assert_eq!(asked(), 1);
    w.t.advance(TimeDelta::hours(20));
    w.t.app.check_due_credentials().await.unwrap();
    assert_eq!(asked(), 1);
    w.t.advance(TimeDelta::hours(7));
    let never = w.t.app.clone().with_checks(None);
    never.check_due_credentials().await.unwrap();
    assert_eq!(asked(), 1);
    w.client.patch(&w.path, json!({ "is_enabled": false })).await.must_be(200);
    w.t.app.check_due_credentials().await.unwrap();
    assert_eq!(asked(), 1);
    w.client.patch(&w.path, json!({ "is_enabled": true })).await.must_be(200);
    w.t.app.check_due_credentials().await.unwrap();
    assert_eq!(asked(), 2);
    // Two processes at once test once.
    w.t.advance(TimeDelta::hours(27));
    let (one, two) = (w.t.app.clone(), w.t.app.clone());
    let (one, two) = tokio::join!(one.check_due_credentials(), two.check_due_credentials());
    assert!(!one.unwrap() && !two.unwrap());
    assert_eq!(asked(), 3);
}

#[actix_web::test]
async fn a_test_by_hand_that_passes_ends_an_error() {
    let w = World::start().await;
    w.next_day(401).await;
    assert_eq!(w.next_day(401).await, "401 -> error, authentication_rejected");
    let test = format!("{}/test", w.path);
    w.client.post(&test, json!({})).await.must_be(200);
    assert_eq!(w.client.get(&w.path).await.text("/status"), "error");
    *w.status.lock().unwrap() = 200;
    w.client.post(&test, json!({})).await.must_be(200);
    assert_eq!(w.client.get(&w.path).await.text("/status"), "active");
}

#[actix_web::test]
async fn attempts_are_forgotten_after_a_month() {
    let w = World::start().await;
    w.t.advance(TimeDelta::days(29));
    w.t.app.purge_old().await.unwrap();
    let count = async || w.client.get(&format!("{}/attempts", w.path)).await.json()["items"].as_array().unwrap().len();
    assert_eq!(count().await, 1);
    w.t.advance(TimeDelta::days(2));
    w.t.app.purge_old().await.unwrap();
    assert_eq!(count().await, 0);
}

#[actix_web::test]
async fn the_schedule_does_what_is_due_and_stops() {
    let w = World::start().await;
    w.t.advance(TimeDelta::hours(27));
    let running = jobs::start(&w.t.app);
    let begun = std::time::Instant::now();
    while w.peer.requests().len() < 2 {
        assert!(begun.elapsed().as_secs() < 10, "nothing was tested");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    drop(running);
    w.t.settle().await;
    w.t.advance(TimeDelta::hours(27));
    w.t.settle().await;
    assert_eq!(w.peer.requests().len(), 2);
}

#[actix_web::test]
async fn a_silent_third_party_holds_back_none_of_the_others() {
    let w = World::start().await;
    let silent = Peer::start(|request| {
        let is_first = request.path == "/";
        Reply::status(200).after(std::time::Duration::from_millis(if is_first { 0 } else { 3000 }))
    });
    let body = json!({ "component": "http", "connection_type": "none", "scope": "organization_global",
        "inputs": { "base_url": { "value": base(&silent) } } });
    w.client.post("/api/v1/connections", body).await.must_be(201);
    let own = json!({ "connection": "http-none", "owner": "organization" });
    w.client.post("/api/v1/credentials", own).await.must_be(201);
    let slow = json!({ "inputs": { "test_path": { "value": "/slow" } }, "without_test": true });
    w.client.patch("/api/v1/connections/http-none", slow).await.must_be(200);
    w.t.advance(TimeDelta::hours(27));
    let app = w.t.app.clone();
    let checking = actix_web::rt::spawn(async move { app.check_due_credentials().await });
    let begun = std::time::Instant::now();
    while w.peer.requests().len() < 2 {
        assert!(begun.elapsed().as_millis() < 2500, "the silent one came first");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    checking.await.unwrap().unwrap();
    assert!(silent.requests().iter().any(|request| request.path == "/slow"));
}

/// What a failing check means for everybody who looks, and that it passes by itself.
#[actix_web::test]
async fn a_failing_check_is_seen_everywhere_and_recovers() {
    let w = World::start().await;
    let fetch = "/api/v1/connections/http-basic/credentials?customer=acme";
    let seen = async || {
        let list = w.client.get("/api/v1/credentials").await.must_be(200).json();
        let fetched = w.client.get(fetch).await;
        let code = if fetched.status == 200 { "given".to_owned() } else { fetched.text("/code") };
        let listed = &list["items"][0];
        format!("{}, {}; {code}", listed["status"].as_str().unwrap(), listed["last_check"]["outcome"].as_str().unwrap())
    };
    assert_eq!(seen().await, "active, ok; given");
    w.next_day(401).await;
    assert_eq!(seen().await, "active, authentication_rejected; given");
    w.next_day(401).await;
    assert_eq!(seen().await, "error, authentication_rejected; credential_error");
    w.next_day(200).await;
    assert_eq!(seen().await, "active, ok; given");
}

#[actix_web::test]
async fn credentials_of_disabled_connections_are_not_tested() {
    let w = World::start().await;
    let switch = async |is_enabled: bool| {
        w.client.patch("/api/v1/connections/http-basic", json!({ "is_enabled": is_enabled })).await.must_be(200);
        w.t.app.check_due_credentials().await.unwrap();
        w.peer.requests().len()
    };
    w.t.advance(TimeDelta::hours(27));
    assert_eq!(switch(false).await, 1);
    assert_eq!(switch(true).await, 2);
}

#[actix_web::test]
async fn checks_are_spread_and_eight_run_at_a_time() {
    let t = TestApp::start().await;
    let client = builder(&t).await;
    let running = Arc::new(Mutex::new((0, 0)));
    let counted = Arc::clone(&running);
    let peer = Peer::start(move |_| {
        let change = |by: i32| {
            let mut counts = counted.lock().unwrap();
            counts.0 += by;
            counts.1 = counts.1.max(counts.0);
        };
        change(1);
        std::thread::sleep(std::time::Duration::from_millis(150));
        change(-1);
        Reply::status(200)
    });
    http(&client, "customer", &base(&peer)).await.must_be(201);
    for number in 0..20 {
        let customer = format!("c{number}");
        client.post("/api/v1/customers", json!({ "external_id": customer })).await.must_be(201);
        let body = json!({ "connection": "http-basic", "owner": { "customer": customer }, "inputs": entered("right") });
        client.post("/api/v1/credentials", body).await.must_be(201);
    }
    let now = t.app.clock().now();
    let due = async |hours: i64| {
        let at = now + TimeDelta::hours(hours);
        t.on_database(move |c| keyway::store::check::list_due(c, at, 100).unwrap().len()).await
    };
    // A tenth of a day earlier or later.
    assert_eq!((due(21).await, due(27).await), (0, 20));
    let tenant = t.operator_in("dev").await.tenant.id;
    let moments = t.on_database(move |c| {
        let due = keyway::store::check::list_due(c, now + TimeDelta::hours(27), 100).unwrap();
        let next =
            due.into_iter().map(|(_, id)| keyway::store::check::find(c, tenant, id).unwrap().unwrap().next_check_at);
        next.collect::<std::collections::BTreeSet<_>>().len()
    });
    assert!(moments.await > 5);
    t.advance(TimeDelta::hours(27));
    *running.lock().unwrap() = (0, 0);
    t.app.check_due_credentials().await.unwrap();
    assert_eq!(peer.requests().len(), 40);
    let most = running.lock().unwrap().1;
    assert!((2..=8).contains(&most), "{most} at a time");
}
