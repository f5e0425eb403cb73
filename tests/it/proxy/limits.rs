//! How much is taken at a time, and what is said when a third party fails.

use std::time::Duration;

use futures_util::future::join_all;
use keyway::app::proxy::Rules;
use serde_json::json;

use super::World;
use super::told;
use super::well;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

fn quick() -> Rules {
    Rules { idle: Duration::from_millis(300), ..Rules::default() }
}

#[actix_web::test]
async fn a_connection_has_so_many_requests_at_a_time() {
    let rules = Rules { concurrent_requests: 3, ..Rules::default() };
    let peer = Peer::start(|_| Reply::text("well").after(Duration::from_millis(400)));
    let w = World::start_with(rules, peer).await;
    let (one, other) = (w.connection("bearer", "/").await, w.connection("basic", "/").await);
    let answers = join_all((0..8).map(|_| w.get(&one, "x"))).await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(served, 3);
    let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(told(refused), (429, "keyway", "connection_busy".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    // Another connection has places of its own, and those of the first are free again.
    let (first, second) = tokio::join!(w.get(&one, "x"), w.get(&other, "x"));
    assert_eq!((first.status, second.status), (200, 200));
}

#[actix_web::test]
async fn bodies_have_a_limit_in_each_direction() {
    let rules = Rules { body_limit_bytes: 2_000_000, reply_limit_bytes: 100_000, ..Rules::default() };
    let peer = Peer::start(|request| Reply::status(200).body(vec![b'x'; request.path[1..].parse().unwrap()]));
    let w = World::start_with(rules, peer).await;
    let key = w.connection("bearer", "/").await;
    let too_long = Some(("text/plain", vec![b'x'; 2_000_001]));
    let answer = w.runtime.raw("POST", &format!("/api/v1/proxy/{key}/1"), too_long).await;
    assert_eq!(told(&answer), (413, "keyway", "body_too_large".to_owned()));
    assert_eq!(w.peer.connections(), 0);
    let fitting = Some(("text/plain", vec![b'x'; 2_000_000]));
    w.runtime.raw("POST", &format!("/api/v1/proxy/{key}/1"), fitting).await.must_be(200);
    assert_eq!(w.get(&key, "100000").await.must_be(200).body.len(), 100_000);
    assert_eq!(told(&w.get(&key, "100001").await), (502, "keyway", "upstream_too_large".to_owned()));
}

#[actix_web::test]
async fn failures_say_what_failed() {
    let w = World::start_with(quick(), Peer::start(|_| Reply::text("late").after(Duration::from_secs(2)))).await;
    let key = w.connection("bearer", "/").await;
    assert_eq!(told(&w.get(&key, "x").await), (502, "keyway", "upstream_timed_out".to_owned()));

    let w = World::start_with(quick(), Peer::raw(drop)).await;
    let key = w.connection("bearer", "/").await;
    let answer = w.get(&key, "x").await;
    assert_eq!(told(&answer), (502, "keyway", "upstream_lost".to_owned()));
    assert!(!answer.body.contains("/x"), "{}", answer.body);

    let set = async |base_url: &str| {
        let body = json!({ "inputs": { "base_url": { "value": base_url }, "secret": { "value": "again" } } });
        w.admin.patch(&format!("/api/v1/connections/{key}"), body).await.must_be(200);
        told(&w.get(&key, "x").await).2
    };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(set(&format!("http://{closed}")).await, "upstream_unreachable");
    assert_eq!(set("http://169.254.169.254/latest").await, "upstream_refused");
    assert_eq!(set("https://10.0.0.1").await, "upstream_refused");
}

/// Rule 9: a secret goes nowhere but to where it was entered for.
#[actix_web::test]
async fn a_moved_base_url_gets_no_secret() {
    let (w, other) = (World::start(well).await, Peer::start(well));
    let key = w.connection("bearer", "/").await;
    let body = json!({ "inputs": { "base_url": { "value": other.url("").as_str().trim_end_matches('/') } } });
    w.admin.patch(&format!("/api/v1/connections/{key}"), body).await.must_be(200);
    let answer = w.get(&key, "x").await;
    assert_eq!((answer.status, answer.header("keyway-origin")), (409, "keyway"), "{}", answer.body);
    assert_eq!(other.connections(), 0);
}
