//! Many readers of one expired token, in every process of the deployment at once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::Sizes;
use super::report;
use super::run;
use super::sleep_ms;
use super::stage::Got;
use super::stage::Setup;
use super::stage::Stage;

const CUSTOMER: &str = "acme";

/// Everybody asks at the same time, spread over the processes.
async fn read_at_once(stage: &Stage, readers: usize) -> Vec<Got> {
    let nodes = stage.deployment.urls();
    join_all((0..readers).map(|number| stage.fetch(&nodes[number % nodes.len()], CUSTOMER))).await
}

/// All got the same token, and it is good at the API; its generation.
async fn assert_one_good_token(stage: &Stage, got: &[Got]) -> usize {
    let failed: Vec<_> = got.iter().filter(|got| got.status != 200).map(|got| (got.status, &got.body)).collect();
    assert!(failed.is_empty(), "{} of {}: {:?}\n{}", failed.len(), got.len(), failed[0], stage.deployment.logged());
    let tokens: BTreeSet<&str> = got.iter().map(Got::access_token).collect();
    assert_eq!(tokens.len(), 1, "they got different tokens");
    let me = stage.provider.me(tokens.first().unwrap()).await;
    me.unwrap_or_else(|| panic!("the token is no good\n{}", stage.deployment.logged())).generation
}

/// Makes the stored token one that is over, while those that are issued next last; how often a refresh token was spent until
/// then. The API forgets a token, and the proxy gets one in its place that ends soon.
async fn expired(stage: &Stage) -> usize {
    let node = &stage.deployment.urls()[0];
    loop {
        stage.provider.tokens_live(1).await;
        stage.provider.forget(stage.fetch(node, CUSTOMER).await.access_token()).await;
        let called = stage.call(node, CUSTOMER).await;
        assert_eq!(called.status, 200, "{} {}", called.body, stage.deployment.logged());
        stage.provider.tokens_live(3600).await;
        let spent = stage.provider.counters().await.spent();
        sleep_ms(1200).await;
        // The schedule may have been faster than the end.
        if stage.provider.counters().await.spent() == spent {
            return spent;
        }
    }
}

fn longest(got: &[Got]) -> Duration {
    got.iter().map(|got| got.took).max().unwrap()
}

#[test]
fn many_readers_of_an_expired_token_cause_one_refresh_per_generation() {
    let sizes = Sizes::read();
    let setup = Setup { nodes: 3, ..Setup::default() };
    let stage = Stage::new(setup);
    run(async {
        stage.connect_customers(&[CUSTOMER]).await;
        // As in the world: an answer takes its time.
        stage.provider.is_slow(100, 100).await;
        let mut waited = Vec::new();
        for round in 0..=sizes.rounds {
            let before = expired(&stage).await;
            let got = read_at_once(&stage, sizes.readers).await;
            let generation = assert_one_good_token(&stage, &got).await;
            let counters = stage.provider.counters().await;
            counters.assert_spent_once();
            assert_eq!(counters.spent(), before + 1, "round {round}, generation {generation}");
            assert_eq!(generation, counters.spent(), "each generation comes from the one before it");
            // The first round opens connections.
            if round > 0 {
                waited.extend(got.iter().map(|got| got.took));
            }
        }
        waited.sort();
        let at = |share: usize| waited[(waited.len() - 1) * share / 100].as_millis();
        report(&format!(
            "readers  {} readers in {} process(es), {} rounds of one refresh each; {} generations in all, each spent once, \
             0 reuses; waited {} ms at the median, {} ms at 99 %",
            sizes.readers,
            setup.node_count(),
            sizes.rounds,
            stage.provider.counters().await.spent(),
            at(50),
            at(99)
        ));
    });
}

#[test]
fn a_token_endpoint_slower_than_the_lease_is_spent_once() {
    let setup = Setup { nodes: 2, lease_seconds: 1, timeout_seconds: 20 };
    let stage = Stage::new(setup);
    run(async {
        stage.set_up(&[CUSTOMER]).await;
        for (before_ms, after_ms) in [(3000, 0), (0, 3000)] {
            stage.provider.is_slow(0, 0).await;
            stage.provider.tokens_live(1).await;
            stage.connect(CUSTOMER).await;
            stage.tokens_end(1).await;
            stage.provider.tokens_live(60).await;
            stage.provider.is_slow(before_ms, after_ms).await;
            let before = stage.provider.counters().await.spent();
            let got = read_at_once(&stage, 20).await;
            assert!(longest(&got) >= Duration::from_secs(3));
            assert_one_good_token(&stage, &got).await;
            let counters = stage.provider.counters().await;
            counters.assert_spent_once();
            assert_eq!(counters.spent(), before + 1);
            report(&format!(
                "slow     {before_ms} ms before spending, {after_ms} ms after it, lease of {} s: spent once",
                setup.lease_seconds
            ));
        }
    });
}

#[test]
fn a_process_that_is_halted_during_a_refresh_loses_its_lease_and_no_token() {
    let setup = Setup { nodes: 2, lease_seconds: 1, timeout_seconds: 20 };
    let stage = Stage::new(setup);
    run(async {
        stage.provider.tokens_live(1).await;
        stage.connect_customers(&[CUSTOMER]).await;
        stage.tokens_end(1).await;
        stage.provider.tokens_live(60).await;
        stage.provider.is_slow(800, 0).await;
        let before = stage.provider.counters().await.spent();
        let nodes = stage.deployment.urls();
        let halted = async {
            sleep_ms(400).await;
            stage.deployment.signal(0, "-STOP");
            // The provider answers and the lease runs out meanwhile.
            sleep_ms(2500).await;
            stage.deployment.signal(0, "-CONT");
        };
        let other = async {
            sleep_ms(600).await;
            stage.fetch(&nodes[nodes.len() - 1], CUSTOMER).await
        };
        let (first, other, ()) = tokio::join!(stage.fetch(&nodes[0], CUSTOMER), other, halted);
        assert_one_good_token(&stage, &[first, other]).await;
        let counters = stage.provider.counters().await;
        counters.assert_spent_once();
        assert_eq!(counters.spent(), before + 1);
        report("halted   2.5 s during a refresh, lease of 1 s: spent once");
    });
}
