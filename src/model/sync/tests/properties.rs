//! What holds for every pair of tenants.

use std::collections::BTreeSet;

use proptest::prelude::ProptestConfig;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;
use proptest::strategy::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::model::sync::InputContent;
use crate::model::sync::Snapshot;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::model::sync::Undo;
use crate::model::sync::apply_to;
use crate::model::sync::drift;
use crate::model::sync::drift::Party;
use crate::model::sync::files::from_files;
use crate::model::sync::files::to_files;
use crate::model::sync::plan;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Outcome;
use crate::model::sync::rollback;
use crate::model::sync::tests::generate::snapshots;
use crate::model::sync::tests::generate::worlds;
use crate::model::sync::undo_of;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_second_apply_changes_nothing((source, mut target, policy) in worlds()) {
        let first = plan(&source, &target, &policy);
        if first.outcome() == Outcome::Blocked {
            prop_assert!(first.writes(&source, &target).is_empty());
            return Ok(());
        }
        let writes = first.writes(&source, &target);
        prop_assert_eq!(writes.len(), first.changes.len());
        apply_to(&mut target, &writes);
        prop_assert!(target.snapshot.check().is_ok(), "{:?}", target.snapshot.check());
        let second = plan(&source, &target, &policy);
        prop_assert_eq!(&second.changes, &vec![]);
        prop_assert_eq!(&second.blockers, &vec![]);
        prop_assert_eq!(second.outcome(), Outcome::Nothing);
    }

    #[test]
    fn rollback_restores_every_byte((source, mut target, policy) in worlds()) {
        let before = target.snapshot.to_canonical_json();
        let writes = plan(&source, &target, &policy).writes(&source, &target);
        let undo = undo_of(&writes, &target);
        let kept: Undo = serde_json::from_str(&serde_json::to_string(&undo).unwrap()).unwrap();
        prop_assert_eq!(&kept, &undo);
        apply_to(&mut target, &writes);
        let back = rollback(&kept, &target);
        prop_assert!(back.is_ok(), "{:?}", back);
        apply_to(&mut target, &back.unwrap());
        prop_assert_eq!(target.snapshot.to_canonical_json(), before);
    }

    #[test]
    fn only_prune_deletes((source, target, policy) in worlds()) {
        let plan = plan(&source, &target, &policy);
        prop_assert!(policy.prune || plan.changes.iter().all(|change| change.action != Action::Delete));
    }

    #[test]
    fn matched_connections_keep_what_is_theirs((source, mut target, policy) in worlds()) {
        let before = target.clone();
        let plan = plan(&source, &target, &policy);
        let writes = plan.writes(&source, &target);
        apply_to(&mut target, &writes);
        if writes.is_empty() {
            prop_assert_eq!(&before, &target);
            return Ok(());
        }
        for (key, old) in &before.snapshot.connections {
            let rename = plan.changes.iter().find(|change| change.action == Action::Rename && change.key == *key);
            prop_assert!(policy.update_connections || rename.is_none());
            let key_now = rename.and_then(|change| change.new_key.as_ref()).unwrap_or(key);
            let Some(new) = target.snapshot.connections.get(key_now) else {
                prop_assert!(policy.prune);
                continue;
            };
            if !policy.update_connections {
                prop_assert_eq!(old, new);
                continue;
            }
            prop_assert_eq!((&old.label, &old.description, old.scope), (&new.label, &new.description, new.scope));
            prop_assert_eq!((old.is_enabled, old.is_embedded), (new.is_enabled, new.is_embedded));
            for name in ["host", "region", "size"] {
                let (a, b) = (old.inputs.get(name), new.inputs.get(name));
                let is_local = before.facts.get(key).is_some_and(|facts| facts.local_inputs.contains(name))
                    || a.is_some_and(|input| input.shared == Some(false));
                prop_assert!(!is_local || a == b, "{key} {name}");
                let choices = |input: Option<&InputContent>| input.map_or((None, None), |input| (input.managed_by, input.shared));
                prop_assert_eq!(choices(a), choices(b));
            }
        }
    }

    #[test]
    fn every_reference_is_told_once((source, target, policy) in worlds()) {
        let plan = plan(&source, &target, &policy);
        let slots: Vec<(String, String)> = source.snapshot.integrations.iter()
            .flat_map(|(key, content)| content.slots.keys().map(move |slot| (key.clone(), slot.clone())))
            .collect();
        let told: Vec<(String, String)> =
            plan.references.iter().map(|reference| (reference.integration.clone(), reference.slot.clone())).collect();
        prop_assert_eq!(told, slots);
        for reference in &plan.references {
            prop_assert_eq!(reference.is_blocking, reference.target_key.is_none());
            prop_assert!(!reference.is_blocking || reference.advice.is_some());
            prop_assert!(!reference.is_blocking || plan.outcome() == Outcome::Blocked);
        }
    }

    #[test]
    fn references_hold_after_the_sync((source, mut target, policy) in worlds()) {
        let plan = plan(&source, &target, &policy);
        if plan.outcome() == Outcome::Blocked {
            return Ok(());
        }
        let writes = plan.writes(&source, &target);
        apply_to(&mut target, &writes);
        for reference in &plan.references {
            let slot = &target.snapshot.integrations[&reference.integration].slots[&reference.slot];
            prop_assert_eq!(&slot.stable_key, &reference.target_key);
            let key = reference.target_key.as_ref().unwrap();
            prop_assert!(target.snapshot.connections.contains_key(key), "{}", key);
        }
    }

    #[test]
    fn the_same_tenants_give_the_same_plan((source, target, policy) in worlds()) {
        let reread = |snapshot: &Snapshot| Snapshot::parse(&snapshot.to_canonical_json()).unwrap();
        let again = (
            SourceState { snapshot: reread(&source.snapshot), ..source.clone() },
            TargetState { snapshot: reread(&target.snapshot), ..target.clone() },
        );
        prop_assert_eq!(plan(&source, &target, &policy), plan(&again.0, &again.1, &policy));
    }

    #[test]
    fn the_hash_tells_different_writes_apart((source, target, policy) in worlds(), (other, _, _) in worlds()) {
        let (a, b) = (plan(&source, &target, &policy), plan(&other, &target, &policy));
        let (x, y) = (a.writes(&source, &target), b.writes(&other, &target));
        prop_assert!(x == y || a.hash != b.hash);
    }

    #[test]
    fn a_map_that_does_nothing_blocks((source, target, mut policy) in worlds()) {
        policy.map = [("nothing-like-it".to_owned(), "nothing-there".to_owned())].into();
        let plan = plan(&source, &target, &policy);
        let codes: BTreeSet<BlockerCode> = plan.blockers.iter().map(|blocker| blocker.code).collect();
        prop_assert!(codes.contains(&BlockerCode::UnusedMap) && codes.contains(&BlockerCode::UnknownMapTarget));
        prop_assert!(plan.blockers.iter().all(|blocker| !blocker.advice.is_empty()));
    }

    #[test]
    fn a_tenant_does_not_drift_from_itself(snapshot in snapshots()) {
        let party = |name| Party { name, revision: None, snapshot: &snapshot, values: None };
        prop_assert!(drift(party("a"), party("b")).is_empty);
        let read = Snapshot::parse(&snapshot.to_canonical_json()).unwrap();
        prop_assert_eq!(&read, &snapshot);
        prop_assert_eq!(read.to_canonical_json(), snapshot.to_canonical_json());
    }

    #[test]
    fn a_folder_holds_the_whole_snapshot(snapshot in snapshots()) {
        let files = to_files(&snapshot);
        let read = from_files(&files);
        prop_assert!(read.is_ok(), "{:?}\n{:?}", read, files);
        let read = read.unwrap();
        prop_assert_eq!(read.to_canonical_json(), snapshot.to_canonical_json());
        prop_assert_eq!(to_files(&read), files);
    }

    #[test]
    fn drift_is_seen_from_both_sides((source, target, _) in worlds()) {
        let a = Party { name: "a", revision: None, snapshot: &source.snapshot, values: None };
        let b = Party { name: "b", revision: None, snapshot: &target.snapshot, values: None };
        let (there, back) = (drift(a, b), drift(b, a));
        prop_assert_eq!(there.is_empty, back.is_empty);
        prop_assert_eq!(there.items.len(), back.items.len());
    }
}

/// Properties that only hold for blocked plans would prove little.
#[test]
fn the_random_tenants_are_worth_testing() {
    let mut runner = TestRunner::deterministic();
    let (mut changes, mut nothing, mut codes, mut actions) = (0, 0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..3000 {
        let (source, target, policy) = worlds().new_tree(&mut runner).unwrap().current();
        let plan = plan(&source, &target, &policy);
        codes.extend(plan.blockers.iter().map(|blocker| format!("{:?}", blocker.code)));
        codes.extend(plan.warnings.iter().map(|warning| format!("{:?}", warning.code)));
        codes.extend(plan.references.iter().map(|reference| format!("{:?}", reference.outcome)));
        match plan.outcome() {
            Outcome::Changes => {
                changes += 1;
                actions.extend(plan.changes.iter().map(|change| format!("{:?} {:?}", change.kind, change.action)));
            }
            Outcome::Nothing => nothing += 1,
            Outcome::Blocked => {}
        }
    }
    assert!(changes > 600 && nothing > 30, "{changes} with changes, {nothing} with nothing");
    assert!(actions.len() >= 8, "{actions:?}");
    assert!(codes.len() >= 26, "{codes:?}");
}
