//! Steps whose definition says to try again.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use super::World;
use super::get;
use super::told;
use crate::support::peer::Reply;
use crate::support::peer::Request;

/// A third party that fails so often before it answers.
fn failing(times: usize) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let asked = AtomicUsize::new(0);
    move |request| match request.path.as_str() {
        "/v1/shaky" if asked.fetch_add(1, Ordering::SeqCst) < times => Reply::status(503).body(b"not now".to_vec()),
        "/v1/shaky" => Reply::json(&json!({ "next": "then" })),
        _ => Reply::text("well"),
    }
}

fn trying(more: &str) -> String {
    get("Shaky", "/shaky").replace("inputs:", &format!("errorConfig: {{ errorHandlerType: retry, {more} }}, inputs:"))
}

async fn run(times: usize, more: &str) -> (String, World) {
    let w = World::start(failing(times)).await;
    w.connection("bearer", "token").await;
    w.draft(&[trying(more), get("Then", "/then")].concat()).await;
    let told = told(&w.run().await);
    (told, w)
}

#[actix_web::test]
async fn each_attempt_is_told_until_one_works() {
    let (told, w) = run(2, "maxAttempts: 3").await;
    insta::assert_snapshot!(told, @r"
    done
    Main / Shaky #1 failed: the third party answered 503 (tried again after 0 s)
    Main / Shaky #2 failed: the third party answered 503 (tried again after 0 s)
    Main / Shaky #3 done
    Main / Then done
    ");
    let asked: Vec<String> = w.peer.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/v1/shaky", "/v1/shaky", "/v1/shaky", "/v1/then"]);
    let list = w.admin.get("/api/v1/integrations/flows/test-runs").await.must_be(200).json();
    let steps = &list["items"][0]["steps"];
    assert_eq!((&steps[0]["attempt"], &steps[0]["reply"]["body"]), (&json!(1), &json!("not now")));
    assert_eq!((&steps[2]["attempt"], &steps[2]["reply"]["status"]), (&json!(3), &json!(200)));
    assert!(steps[3].get("attempt").is_none());
}

#[actix_web::test]
async fn the_last_failure_ends_the_run_unless_the_definition_says_to_go_on() {
    let (told, _) = run(usize::MAX, "maxAttempts: 1").await;
    insta::assert_snapshot!(told, @r"
    failed
    Main / Shaky #1 failed: the third party answered 503 (tried again after 0 s)
    Main / Shaky #2 failed: the third party answered 503
    ");
    let (told, _) = run(usize::MAX, "maxAttempts: 1, ignoreFinalError: true").await;
    insta::assert_snapshot!(told, @r"
    done
    Main / Shaky #1 failed: the third party answered 503 (tried again after 0 s)
    Main / Shaky #2 failed: the third party answered 503 (the definition says to go on)
    Main / Then done
    ");
    let (told, w) = run(usize::MAX, "maxAttempts: 1000").await;
    assert_eq!((told.matches('#').count(), w.peer.requests().len()), (6, 6), "{told}");
}

#[actix_web::test]
async fn there_is_a_pause_between_attempts_and_each_reads_the_credential() {
    let w = World::start(|request| match request.header("authorization") {
        "Bearer c4nary-two" => Reply::text("well"),
        _ => Reply::status(403),
    })
    .await;
    w.connection("bearer", "token").await;
    w.draft(&trying("maxAttempts: 5, delaySeconds: 1")).await;
    let (client, begun) = (w.admin.clone(), Instant::now());
    let run = actix_web::rt::spawn(async move {
        client.post("/api/v1/integrations/flows/test-runs", json!({})).await.must_be(201).json()
    });
    while w.peer.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    w.change("token", "c4nary-two").await;
    let run = run.await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(run["status"], "done", "{run}");
    assert_eq!(run["steps"][0]["reason"], "the third party answered 403 (tried again after 1 s)");
}

/// What is no request will be none the next time.
#[actix_web::test]
async fn what_cannot_be_sent_is_not_tried_again() {
    let w = World::start(failing(0)).await;
    w.connection("bearer", "token").await;
    w.draft(&trying("maxAttempts: 3").replace("'/shaky'", "'https://evil.example/x'")).await;
    insta::assert_snapshot!(told(&w.run().await), @r"
    failed
    Main / Shaky #1 failed: the request leaves the host of the connection's base URL; use a path below it (foreign_host)
    ");
    assert!(w.peer.requests().is_empty());
}
