//! When a request is sent again, and when not.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::World;
use super::told;
use crate::support::peer::Reply;
use crate::support::peer::Request;

fn asked(w: &World, path: &str) -> usize {
    w.peer.requests().iter().filter(|request| request.path == path).count()
}

/// A third party that takes only the newest of its tokens.
fn with_tokens(newest: usize) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let issued = Arc::new(AtomicUsize::new(0));
    move |request| match request.path.as_str() {
        "/token" => {
            let token = format!("token-{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
            Reply::json(&json!({ "access_token": token, "token_type": "bearer", "expires_in": 3600 }))
        }
        _ if request.header("authorization") == format!("Bearer token-{newest}") => Reply::text("well"),
        _ => Reply::status(401).header("WWW-Authenticate", "Bearer error=\"invalid_token\"").body(b"no".to_vec()),
    }
}

#[actix_web::test]
async fn a_token_that_is_not_taken_is_renewed_once() {
    let w = World::start(with_tokens(2)).await;
    let key = w.connection("client", "/").await;
    let body = Some(("text/plain", b"twice".to_vec()));
    let answer = w.runtime.raw("POST", &format!("/api/v1/proxy/{key}/x"), body).await.must_be(200);
    assert_eq!(answer.body, "well");
    assert_eq!((asked(&w, "/token"), asked(&w, "/api/x")), (2, 2));
    assert!(
        w.peer.requests().iter().filter(|request| request.path == "/api/x").all(|request| request.text() == "twice")
    );
    w.get(&key, "x").await.must_be(200);
    assert_eq!(asked(&w, "/token"), 2);
}

#[actix_web::test]
async fn a_third_party_that_takes_no_token_is_not_asked_for_ever() {
    let w = World::start(with_tokens(usize::MAX)).await;
    let key = w.connection("client", "/").await;
    let answer = w.get(&key, "x").await;
    assert_eq!((answer.status, answer.header("keyway-origin"), answer.body.as_str()), (401, "upstream", "no"));
    assert_eq!((asked(&w, "/token"), asked(&w, "/api/x")), (2, 2));
    // What cannot be renewed is asked with once.
    let key = w.connection("bearer", "/").await;
    w.get(&key, "y").await.must_be(401);
    assert_eq!(asked(&w, "/y"), 1);
}

#[actix_web::test]
async fn a_body_that_is_gone_is_not_sent_again_but_the_next_one_finds_a_new_token() {
    let w = World::start(with_tokens(2)).await;
    let key = w.connection("client", "/").await;
    let long = || Some(("text/plain", vec![b'x'; 2 * 1024 * 1024]));
    let path = format!("/api/v1/proxy/{key}/x");
    w.runtime.raw("POST", &path, long()).await.must_be(401);
    assert_eq!(asked(&w, "/api/x"), 1);
    w.runtime.raw("POST", &path, long()).await.must_be(200);
    assert_eq!((asked(&w, "/token"), asked(&w, "/api/x")), (2, 2));
}

/// Busy so many times, each time asking for this wait.
fn busy(times: usize, status: u16, wait: &'static str) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move |_| match count.fetch_add(1, Ordering::SeqCst) < times {
        true => Reply::status(status).header("Retry-After", wait).body(b"busy".to_vec()),
        false => Reply::text("well"),
    }
}

#[actix_web::test]
async fn a_busy_third_party_is_waited_for() {
    for status in [429, 503] {
        let w = World::start(busy(2, status, "0")).await;
        let key = w.connection("bearer", "/").await;
        w.get(&key, "x").await.must_be(200);
        assert_eq!(asked(&w, "/x"), 3);
    }
}

#[actix_web::test]
async fn what_is_not_waited_for_is_the_callers() {
    for (times, status, wait, method, wanted) in [
        (9, 429, "0", "GET", 3),
        (9, 503, "600", "GET", 1),
        (9, 500, "0", "GET", 1),
        (9, 429, "0", "POST", 1),
        (9, 503, "0", "PATCH", 1),
    ] {
        let w = World::start(busy(times, status, wait)).await;
        let key = w.connection("bearer", "/").await;
        let answer = w.runtime.raw(method, &format!("/api/v1/proxy/{key}/x"), None).await;
        assert_eq!(told(&answer), (status, "upstream", String::new()), "{method} {status} {wait}");
        assert_eq!((answer.header("retry-after"), asked(&w, "/x")), (wait, wanted), "{method} {status} {wait}");
    }
}

/// The wait is as long as was asked for, and no longer than a client would take.
#[actix_web::test]
async fn the_wait_is_as_long_as_was_asked_for() {
    let w = World::start(busy(1, 429, "1")).await;
    let key = w.connection("bearer", "/").await;
    let begun = std::time::Instant::now();
    w.get(&key, "x").await.must_be(200);
    assert!(begun.elapsed().as_millis() >= 1000, "{:?}", begun.elapsed());
}
