//! Random small tenants through the real SQL: what the model promises, the database keeps.

use keyway::model::connection::Scope;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;
use crate::support::world::World;

const CASES: usize = 20;
const SCOPES: [Scope; 2] = [Scope::OrganizationGlobal, Scope::Customer];

/// Something that a builder does in one of the tenants.
#[derive(Debug, Clone)]
enum Act {
    Connect(bool, u8, usize),
    Rename(bool, u8, u8),
    Region(bool, u8, u8),
    Integrate(bool, u8, Vec<u8>),
    Publish(bool, u8),
    Remove(bool, u8),
    Sync(Value),
}

fn policy() -> impl Strategy<Value = Value> {
    (any::<bool>(), any::<bool>()).prop_map(|(prune, update)| {
        json!({
            "on_missing": "placeholder", "prune": prune, "update_connections": update, "overwrite_drafts": true,
            "allow_quarantine": true,
        })
    })
}

fn act() -> impl Strategy<Value = Act> {
    let key = || 0..4u8;
    prop_oneof![
        3 => (any::<bool>(), key(), 0..2usize).prop_map(|(side, a, scope)| Act::Connect(side, a, scope)),
        2 => (any::<bool>(), key(), 0..8u8).prop_map(|(side, a, b)| Act::Rename(side, a, b)),
        2 => (any::<bool>(), key(), 0..3u8).prop_map(|(side, a, b)| Act::Region(side, a, b)),
        4 => (any::<bool>(), 0..3u8, prop::collection::vec(key(), 0..3)).prop_map(|(s, a, b)| Act::Integrate(s, a, b)),
        2 => (any::<bool>(), 0..3u8).prop_map(|(side, a)| Act::Publish(side, a)),
        1 => (any::<bool>(), 0..3u8).prop_map(|(side, a)| Act::Remove(side, a)),
        1 => policy().prop_map(Act::Sync),
    ]
}

/// What cannot be done just now is left out.
async fn perform(w: &World, act: &Act) {
    let side = |is_source: &bool| if *is_source { (&w.dev, &w.source) } else { (&w.prod, &w.admin) };
    match act {
        Act::Connect(s, key, scope) => {
            let key = format!("k{key}");
            if w.t.app.get_connection(side(s).0.clone(), key.clone()).await.is_err() {
                let new = keyway::app::connection::NewConnection {
                    component: "aws-s3".to_owned(),
                    connection_type: "api_key_secret".to_owned(),
                    scope: SCOPES[*scope],
                    label: None,
                    description: None,
                    stable_key: Some(key),
                    is_embedded: false,
                    inputs: crate::support::world::edits(json!({ "secret_access_key": "PLANTED" })),
                    without_test: false,
                };
                // A customer's secret may not be set here: then it goes without.
                let bare = keyway::app::connection::NewConnection { inputs: Default::default(), ..new.clone() };
                if w.t.app.create_connection(side(s).0.clone(), new).await.is_err() {
                    w.t.app.create_connection(side(s).0.clone(), bare).await.unwrap();
                }
            }
        }
        Act::Rename(s, from, to) => {
            let _ = w.t.app.rename_connection(side(s).0.clone(), format!("k{from}"), None, format!("k{to}")).await;
        }
        Act::Region(s, key, region) => {
            let inputs = crate::support::world::edits(json!({ "region": format!("eu-west-{region}") }));
            let update = keyway::app::connection::ConnectionUpdate { inputs, ..Default::default() };
            let _ = w.t.app.update_connection(side(s).0.clone(), format!("k{key}"), None, update).await;
        }
        Act::Integrate(s, name, keys) => {
            let keys: Vec<String> = keys.iter().map(|key| format!("k{key}")).collect();
            let names: Vec<String> = (0..keys.len()).map(|number| format!("V{number}")).collect();
            let variables: Vec<_> =
                names.iter().zip(&keys).map(|(name, key)| (name.as_str(), Variable::Scoped(key, "aws-s3"))).collect();
            import(side(s).1, "", &definition(&format!("I{name}"), &variables)).await;
        }
        Act::Publish(s, name) => {
            side(s).1.post(&format!("/api/v1/integrations/i{name}/publish"), json!({})).await;
        }
        Act::Remove(s, name) => {
            side(s).1.delete(&format!("/api/v1/integrations/i{name}")).await;
        }
        Act::Sync(policy) => {
            w.apply(policy).await;
        }
    }
}

#[actix_web::test]
async fn applied_is_applied_and_taken_back_is_as_before() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let strategy = (prop::collection::vec(act(), 4..24), policy());
    let (mut applied, mut blocked) = (0, 0);
    for _ in 0..CASES {
        let (acts, policy) = strategy.new_tree(&mut runner).unwrap().current();
        let w = World::empty(TestApp::start().await).await;
        for act in &acts {
            perform(&w, act).await;
        }
        let told = format!("{acts:?} then {policy}");
        let before = w.snapshot().await;
        let answer = w.apply(&policy).await;
        if answer.status == 409 {
            assert_eq!(answer.text("/code"), "sync_blocked", "{told}");
            assert_eq!(w.snapshot().await, before, "{told}");
            blocked += 1;
            continue;
        }
        let answer = answer.must_be(200);
        let after = w.snapshot().await;
        let plan = w.plan(&policy).await;
        assert_eq!(plan["outcome"], "nothing", "{told}: {plan}");
        assert_eq!(w.apply(&policy).await.must_be(200).text("/status"), "nothing", "{told}");
        assert_eq!(w.snapshot().await, after, "{told}");
        if answer.text("/status") == "done" {
            let back = w.rollback().await;
            assert_eq!(back.status, 200, "{told}: {}", back.body);
            assert_eq!(w.snapshot().await, before, "{told}");
            applied += 1;
        }
    }
    assert!(applied >= CASES / 5, "{applied} applied, {blocked} blocked");
}

#[actix_web::test]
async fn a_slot_that_wanted_an_alias_of_what_a_sync_made_wants_it_again() {
    let w = World::empty(TestApp::start().await).await;
    for act in [
        Act::Connect(true, 0, 0),
        Act::Rename(true, 0, 6),
        Act::Integrate(false, 2, vec![0]),
        Act::Integrate(true, 1, vec![0]),
    ] {
        perform(&w, &act).await;
    }
    let before = w.snapshot().await;
    assert_eq!(w.apply(&json!({ "on_missing": "placeholder" })).await.must_be(200).text("/status"), "done");
    let back = w.rollback().await;
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(w.snapshot().await, before);
}
