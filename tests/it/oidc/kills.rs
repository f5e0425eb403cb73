//! SIGKILL during renewals: afterwards each credential works, or it says why a person has to come.

use std::collections::BTreeMap;
use std::time::Duration;
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use super::Sizes;
use super::report;
use super::run;
use super::sleep_ms;
use super::stage::Got;
use super::stage::Setup;
use super::stage::Stage;

const CUSTOMERS: [&str; 3] = ["acme", "globex", "initech"];
/// The way of a request and of its answer.
const WAY_MS: u64 = 50;
/// Somebody asks again one and a half times the timeout after the intent, not before.
const TIMEOUT_SECONDS: u64 = 2;
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Tally {
    kills: usize,
    /// By customer, as they connected last.
    grants: BTreeMap<&'static str, String>,
    /// Refresh tokens that the provider took around the kills.
    spent: usize,
    usable: usize,
    lost: usize,
}

#[test]
fn a_kill_at_any_point_of_a_refresh_loses_no_credential_without_a_recorded_cause() {
    let sizes = Sizes::read();
    let setup = Setup { nodes: 2, lease_seconds: 1, timeout_seconds: TIMEOUT_SECONDS };
    let mut stage = Stage::new(setup);
    run(async {
        stage.provider.tokens_live(1).await;
        stage.set_up(&CUSTOMERS).await;
        let mut tally = Tally::default();
        for customer in CUSTOMERS {
            connect(&stage, customer, &mut tally).await;
        }
        // From the readers' start to the end of the slowest commit, on this machine, with a margin.
        stage.tokens_end(1).await;
        stage.provider.is_slow(WAY_MS, WAY_MS).await;
        let node = stage.deployment.urls()[0].clone();
        let got = join_all(CUSTOMERS.map(|customer| stage.fetch(&node, customer))).await;
        let span_ms = (got.iter().map(|got| got.took).max().unwrap().as_secs_f64() * 1200.0).min(1000.0);
        // Points that cover the span evenly however many there are, from a start that differs from run to run.
        let start = f64::from(std::process::id() % 1000) / 1000.0;
        for kill in 0..sizes.kills {
            let point_ms = ((start + kill as f64 * 0.618_034).fract() * span_ms) as u64;
            one_kill(&mut stage, (kill % setup.node_count(), point_ms), &mut tally).await;
        }
        if sizes.kills >= 30 {
            assert!(tally.lost > 0 && tally.spent > tally.lost, "the points missed the refresh");
        }
        report(&format!(
            "kills    {} SIGKILLs within {span_ms:.0} ms, {} credentials each, {} refreshes reached the provider meanwhile: {} usable afterwards, \
             {} lost with the cause recorded, 0 without one",
            tally.kills,
            CUSTOMERS.len(),
            tally.spent,
            tally.usable,
            tally.lost
        ));
    });
}

async fn one_kill(stage: &mut Stage, (node, point_ms): (usize, u64), tally: &mut Tally) {
    let place = format!("kill {} after {point_ms} ms", tally.kills);
    stage.tokens_end(1).await;
    stage.provider.is_slow(WAY_MS, WAY_MS).await;
    let before = stage.provider.counters().await.spent();
    let nodes = stage.deployment.urls();
    // Other processes of the deployment are asked a moment later: they take over what the killed one has begun.
    let readers = CUSTOMERS.iter().flat_map(|customer| nodes.iter().map(move |node| (customer, node)));
    let (asked, first) = (&*stage, &nodes[node]);
    let reading = join_all(readers.map(|(customer, node)| async move {
        if node != first {
            sleep_ms(30).await;
        }
        asked.fetch(node, customer).await
    }));
    let dead = async {
        sleep_ms(point_ms).await;
        stage.deployment.signal(node, "-KILL");
    };
    tokio::join!(reading, dead);
    stage.deployment.kill(node);
    // What was sent arrives all the same.
    sleep_ms(2 * WAY_MS).await;
    tally.spent += stage.provider.counters().await.spent() - before;
    stage.provider.is_slow(0, 0).await;
    stage.deployment.restart(node);
    tally.kills += 1;
    for customer in CUSTOMERS {
        after(stage, customer, &place, tally).await;
    }
}

/// Judges one credential by what the provider counted, and makes a lost one good again.
async fn after(stage: &Stage, customer: &'static str, place: &str, tally: &mut Tally) {
    let answer = settled(stage, customer).await;
    let told = || format!("{place}, {customer}: {answer:?}\n{}", stage.deployment.logged());
    let grant = stage.provider.counters().await.grants.remove(&tally.grants[customer]).unwrap();
    if answer.status == 200 {
        assert_eq!(answer.body["grant"], json!(tally.grants[customer]));
        assert!(!grant.is_revoked && grant.is_spent_once(), "{grant:?} {}", told());
        tally.usable += 1;
        return;
    }
    assert_eq!(answer.code(), "reauthorization_required", "{}", told());
    let credential = stage.credential(customer).await;
    assert_eq!(credential["status"], "reauthorization_required", "{}", told());
    let tried = stage.attempts(&credential).await;
    let cause = (&tried[0]["kind"], &tried[0]["outcome"]);
    assert_eq!(cause, (&json!("refresh"), &json!("outcome_unknown")), "{tried:?} {}", told());
    // Its refresh token was spent by the call that was killed, and sent once more when no answer could come any more.
    let (earlier, last) = grant.generations.split_at(grant.generations.len() - 2);
    let [spent, unused] = last else { panic!("{grant:?} {}", told()) };
    let [first, second] = spent.spent.as_slice() else { panic!("{grant:?} {}", told()) };
    assert!(grant.is_revoked && unused.spent.is_empty(), "{grant:?} {}", told());
    assert!(earlier.iter().all(|generation| generation.spent.len() == 1), "{grant:?} {}", told());
    assert_eq!((first.status, second.status), (200, 400));
    assert!(second.at_ms - first.at_ms >= TIMEOUT_SECONDS * 1000 / 2, "{grant:?} {}", told());
    tally.lost += 1;
    connect(stage, customer, tally).await;
}

/// The API's answer, or that somebody has to authorize again, as soon as it is one of these.
async fn settled(stage: &Stage, customer: &str) -> Got {
    let node = &stage.deployment.urls()[0];
    let begun = Instant::now();
    loop {
        let answer = stage.call(node, customer).await;
        if answer.status == 200 || answer.code() == "reauthorization_required" || begun.elapsed() > PATIENCE {
            return answer;
        }
        // Somebody renews it, or the provider is left alone for a moment.
        sleep_ms(200).await;
    }
}

async fn connect(stage: &Stage, customer: &'static str, tally: &mut Tally) {
    stage.connect(customer).await;
    let called = settled(stage, customer).await;
    assert_eq!(called.status, 200, "{} {}", called.body, stage.deployment.logged());
    tally.grants.insert(customer, called.body["grant"].as_str().unwrap().to_owned());
}
