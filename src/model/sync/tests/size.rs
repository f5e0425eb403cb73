//! Large tenants: planning must grow with their size, not with its square.

use std::time::Duration;
use std::time::Instant;

use crate::model::sync::OnMissing;
use crate::model::sync::Policy;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::model::sync::plan;
use crate::model::sync::plan::Outcome;
use crate::model::sync::tests::example::integration;
use crate::model::sync::tests::example::slot;
use crate::model::sync::tests::example::tenants;
use crate::model::sync::tests::example::with_alias;

/// `count` connections with an alias each, and `count` integrations with two slots each, on both sides.
fn large(count: usize) -> (SourceState, TargetState) {
    let (mut source, mut target) = tenants();
    let (connections, integrations) = (&mut source.snapshot.connections, &mut source.snapshot.integrations);
    let slack = connections["slack-oauth2"].clone();
    for n in 0..count {
        connections.insert(format!("slack-oauth2-{n}"), with_alias(slack.clone(), &format!("old-{n}")));
        let slots = [
            ("Chat", slot("slack", "oauth2", &format!("slack-oauth2-{n}"))),
            ("Shop", slot("shopify", "api_key", "shopify-api-key")),
        ];
        integrations.insert(format!("orders-{n}"), integration(&format!("Orders {n}"), n % 2 == 0, &slots));
    }
    target.snapshot = source.snapshot.clone();
    let facts = target.facts["slack-oauth2"].clone();
    target.facts = target.snapshot.connections.keys().map(|key| (key.clone(), facts.clone())).collect();
    (source, target)
}

fn fastest(source: &SourceState, target: &TargetState, outcome: Outcome) -> Duration {
    let policy = Policy { on_missing: OnMissing::Placeholder, ..Policy::default() };
    let once = || {
        let start = Instant::now();
        assert_eq!(plan(source, target, &policy).outcome(), outcome);
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap()
}

#[test]
fn planning_grows_with_the_tenant() {
    let emptied = |(source, mut target): (SourceState, TargetState)| {
        target.snapshot.connections.clear();
        target.snapshot.integrations.clear();
        (source, target)
    };
    let (small, big) = (large(500), large(5000));
    let times = [fastest(&small.0, &small.1, Outcome::Nothing), fastest(&big.0, &big.1, Outcome::Nothing)];
    let (small, big) = (emptied(small), emptied(big));
    let all_new = [fastest(&small.0, &small.1, Outcome::Changes), fastest(&big.0, &big.1, Outcome::Changes)];
    // Ten times the work may cost more than ten times the time on a busy machine; a square would cost a hundred.
    assert!(times[1] < times[0] * 60 && all_new[1] < all_new[0] * 60, "{times:?} {all_new:?}");
}
