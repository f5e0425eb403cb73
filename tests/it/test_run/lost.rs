//! Runs whose process is gone, and those whose process only seems to be.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use chrono::TimeDelta;
use keyway::jobs;
use keyway::jobs::Job;
use serde_json::Value;
use serde_json::json;

use super::World;
use super::get;
use super::told;
use crate::support::peer::Reply;

const RUNS: &str = "/api/v1/integrations/flows/test-runs";

async fn newest(w: &World) -> Value {
    w.admin.get(RUNS).await.must_be(200).json()["items"][0].clone()
}

async fn look_for_lost(w: &World) {
    assert!(!jobs::run(&w.t.app, Job::InterruptTestRuns).await.unwrap());
}

#[actix_web::test]
async fn a_run_that_nobody_holds_is_interrupted_and_its_process_stops_at_the_next_step() {
    let (arrived, has_arrived) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let gate = Mutex::new((arrived, may_go_on));
    let w = World::start(move |request| {
        if request.path == "/v1/second" {
            let gate = gate.lock().unwrap();
            gate.0.send(()).unwrap();
            gate.1.recv_timeout(Duration::from_secs(15)).unwrap();
        }
        Reply::text("well")
    })
    .await;
    w.connection("bearer", "token").await;
    w.draft(&[get("First", "/first"), get("Second", "/second"), get("Third", "/third")].concat()).await;
    let client = w.admin.clone();
    let run = actix_web::rt::spawn(async move { client.post(RUNS, json!({})).await });
    tokio::task::spawn_blocking(move || has_arrived.recv_timeout(Duration::from_secs(15))).await.unwrap().unwrap();
    // Whoever runs it has told of itself just now.
    look_for_lost(&w).await;
    assert_eq!(newest(&w).await["status"], "running");
    w.t.execute("UPDATE test_runs SET leased_until = 1", "UPDATE test_runs SET leased_until = 'epoch'").await;
    look_for_lost(&w).await;
    let lost = newest(&w).await;
    insta::assert_snapshot!(told(&lost), @r"
    interrupted
    Main / First done
    ");
    assert!(lost["ended_at"].is_string());
    go_on.send(()).unwrap();
    let refused = run.await.unwrap().must_be(409);
    assert_eq!(refused.text("/code"), "test_run_interrupted");
    assert_eq!(newest(&w).await, lost);
    assert!(w.peer.requests().iter().all(|request| request.path != "/v1/third"));
    // The next one is not touched by it, and what is over stays what it was.
    look_for_lost(&w).await;
    assert_eq!(newest(&w).await, lost);
}

#[actix_web::test]
async fn a_run_that_takes_longer_than_its_lease_holds_on_to_it() {
    let w = World::start(|_| Reply::text("well").after(Duration::from_secs(4))).await;
    w.connection("bearer", "token").await;
    w.draft(&get("First", "/first")).await;
    let app = w.t.app.clone().with_test_lease(TimeDelta::milliseconds(1800));
    let actor = w.t.operator_in("dev").await;
    let run = actix_web::rt::spawn(async move { app.run_test(actor, "flows".to_owned(), None).await });
    while !run.is_finished() {
        look_for_lost(&w).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    run.await.unwrap().unwrap();
    assert_eq!(newest(&w).await["status"], "done");
}
