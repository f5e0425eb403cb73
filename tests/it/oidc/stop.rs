//! A stop by the operator, as in every deploy: what is being renewed is waited for.

use std::time::Duration;
use std::time::Instant;

use super::report;
use super::run;
use super::sleep_ms;
use super::stage::Setup;
use super::stage::Stage;

#[test]
fn a_stop_waits_for_renewals_that_nobody_waits_for_any_more() {
    let mut stage = Stage::new(Setup::default());
    run(async {
        stage.provider.tokens_live(1).await;
        stage.connect_customers(&["acme", "globex"]).await;
        for is_scheduled in [false, true] {
            stage.tokens_end(1).await;
            stage.provider.is_slow(700, 4000).await;
            let before = stage.provider.counters().await.spent();
            let begun = if is_scheduled {
                // A process looks for what is due as soon as it runs; no request is under way.
                stage.deployment.kill(0);
                stage.deployment.restart(0);
                sleep_ms(600).await;
                stage.deployment.signal(0, "-TERM");
                Instant::now()
            } else {
                let node = stage.deployment.urls()[0].clone();
                // One reader stays; the other goes away.
                let gone = tokio::time::timeout(Duration::from_millis(300), stage.fetch(&node, "globex"));
                let stopped = async {
                    gone.await.unwrap_err();
                    stage.deployment.signal(0, "-TERM");
                    Instant::now()
                };
                let (stays, begun) = tokio::join!(stage.fetch(&node, "acme"), stopped);
                assert_eq!(stays.status, 200, "{}", stage.deployment.logged());
                begun
            };
            let mut ended = stage.deployment.ended(0);
            while ended.is_none() && begun.elapsed() < Duration::from_secs(20) {
                sleep_ms(20).await;
                ended = stage.deployment.ended(0);
            }
            let took = begun.elapsed();
            assert!(ended.is_some_and(|status| status.success()), "{ended:?} {}", stage.deployment.logged());
            assert!(took >= Duration::from_secs(3), "it did not wait: {took:?}");
            let counters = stage.provider.counters().await;
            counters.assert_spent_once();
            assert!(counters.spent() > before);

            stage.provider.is_slow(0, 0).await;
            stage.deployment.restart(0);
            let node = stage.deployment.urls()[0].clone();
            for customer in ["acme", "globex"] {
                let called = stage.call(&node, customer).await;
                assert_eq!(called.status, 200, "{} {}", called.body, stage.deployment.logged());
            }
            stage.provider.counters().await.assert_spent_once();
            report(&format!("stop     SIGTERM during a refresh: ended after {} ms, nothing lost", took.as_millis()));
        }
    });
}
