//! Telling cases, one promise each.

use serde_json::json;

use crate::model::connection::Scope;
use crate::model::sync::OnMissing;
use crate::model::sync::Policy;
use crate::model::sync::Snapshot;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::model::sync::Write;
use crate::model::sync::apply_to;
use crate::model::sync::drift;
use crate::model::sync::drift::Comparison;
use crate::model::sync::drift::LocalValue;
use crate::model::sync::drift::Party;
use crate::model::sync::drift::Verdict;
use crate::model::sync::plan;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Outcome;
use crate::model::sync::plan::ReferenceOutcome;
use crate::model::sync::plan::WarningCode;
use crate::model::sync::rollback;
use crate::model::sync::tests::example::connection;
use crate::model::sync::tests::example::define;
use crate::model::sync::tests::example::pin;
use crate::model::sync::tests::example::tenants;
use crate::model::sync::tests::example::with_alias;
use crate::model::sync::tests::example::with_value;
use crate::model::sync::undo_of;

fn codes(source: &SourceState, target: &TargetState, policy: &Policy) -> Vec<(BlockerCode, String)> {
    let plan = plan(source, target, policy);
    assert_eq!(plan.outcome() == Outcome::Blocked, !plan.blockers.is_empty());
    plan.blockers.into_iter().map(|blocker| (blocker.code, blocker.subject)).collect()
}

fn outcome(source: &SourceState, target: &TargetState, policy: &Policy) -> ReferenceOutcome {
    let plan = plan(source, target, policy);
    plan.references
        .iter()
        .find(|reference| reference.slot == "Chat" && reference.integration == "orders")
        .unwrap()
        .outcome
}

fn map(old: &str, new: &str) -> Policy {
    Policy { map: [(old.to_owned(), new.to_owned())].into(), ..Policy::default() }
}

fn placeholder() -> Policy {
    Policy { on_missing: OnMissing::Placeholder, ..Policy::default() }
}

#[test]
fn equal_tenants_need_nothing() {
    let (source, target) = tenants();
    let plan = plan(&source, &target, &Policy::default());
    assert_eq!(plan.outcome(), Outcome::Nothing);
    assert_eq!((plan.summary.references, plan.summary.unchanged_integrations), (3, 2));
    assert_eq!(plan.left_alone.len(), 1, "the connection that nothing uses is only told");
}

#[test]
fn a_missing_connection_blocks_unless_a_placeholder_may_be_made() {
    let (source, mut target) = tenants();
    target.snapshot.connections.remove("slack-oauth2");
    let expected = vec![(BlockerCode::MissingConnection, "slack-oauth2".to_owned())];
    assert_eq!(codes(&source, &target, &Policy::default()), expected, "once, however many slots need it");
    let plan = plan(&source, &target, &placeholder());
    assert_eq!((plan.summary.placeholders, plan.todo.len()), (1, 1));
    assert_eq!(plan.todo[0].inputs.len(), 2);
}

#[test]
fn a_key_that_even_the_source_lacks_never_becomes_a_placeholder() {
    let (mut source, target) = tenants();
    let slots = &mut source.snapshot.integrations.get_mut("orders").unwrap().slots;
    slots.get_mut("Chat").unwrap().stable_key = Some("gone".to_owned());
    assert_eq!(codes(&source, &target, &placeholder()), [(BlockerCode::MissingConnection, "gone".to_owned())]);
}

#[test]
fn another_component_type_or_scope_blocks_and_only_a_scope_can_be_accepted() {
    let (source, target) = tenants();
    let wrong = |change: fn(&mut crate::model::sync::ConnectionContent)| {
        let mut target = target.clone();
        change(target.snapshot.connections.get_mut("slack-oauth2").unwrap());
        target
    };
    let component = wrong(|content| content.component = "teams".to_owned());
    let connection_type = wrong(|content| content.connection_type = "bot".to_owned());
    let scope = wrong(|content| content.scope = Scope::OrganizationGlobal);
    assert_eq!(outcome(&source, &component, &Policy::default()), ReferenceOutcome::WrongComponent);
    assert_eq!(outcome(&source, &connection_type, &Policy::default()), ReferenceOutcome::WrongType);
    assert_eq!(outcome(&source, &scope, &Policy::default()), ReferenceOutcome::WrongScope);
    let accepted = map("slack-oauth2", "slack-oauth2");
    assert_eq!(outcome(&source, &component, &accepted), ReferenceOutcome::WrongComponent);
    let plan = plan(&source, &scope, &accepted);
    assert_eq!(plan.outcome(), Outcome::Nothing);
    assert_eq!(plan.warnings[0].code, WarningCode::ScopeDiffers);
}

#[test]
fn names_that_one_side_left_behind_still_match() {
    let (mut source, target) = tenants();
    let slack = source.snapshot.connections.remove("slack-oauth2").unwrap();
    source.snapshot.connections.insert("team-chat".to_owned(), with_alias(slack, "slack-oauth2"));
    let plan_now = plan(&source, &target, &Policy::default());
    assert_eq!(outcome(&source, &target, &Policy::default()), ReferenceOutcome::ByAlias);
    assert_eq!(plan_now.outcome(), Outcome::Nothing, "{:?}", plan_now.changes);
    let follow = Policy { update_connections: true, ..Policy::default() };
    let writes = plan(&source, &target, &follow).writes(&source, &target);
    let rename = Write::RenameConnection { from: "slack-oauth2".to_owned(), to: "team-chat".to_owned() };
    assert_eq!(writes, [rename]);
}

#[test]
fn several_candidates_are_never_guessed() {
    let (mut source, mut target) = tenants();
    let slack = source.snapshot.connections.remove("slack-oauth2").unwrap();
    source.snapshot.connections.insert("chat".to_owned(), with_alias(with_alias(slack, "slack-oauth2"), "slack-a"));
    target.snapshot.connections.insert("slack-a".to_owned(), connection("slack", "oauth2", "A"));
    assert_eq!(codes(&source, &target, &placeholder()), [(BlockerCode::Ambiguous, "chat".to_owned())]);
    assert_eq!(outcome(&source, &target, &map("chat", "slack-a")), ReferenceOutcome::Mapped);
}

#[test]
fn a_key_that_is_an_alias_of_something_else_in_the_target_is_not_created() {
    let (source, mut target) = tenants();
    let shop = target.snapshot.connections.remove("shopify-api-key").unwrap();
    target.snapshot.connections.remove("slack-oauth2");
    target.snapshot.connections.insert("shopify-api-key".to_owned(), with_alias(shop, "slack-oauth2"));
    assert_eq!(codes(&source, &target, &placeholder()), [(BlockerCode::Ambiguous, "slack-oauth2".to_owned())]);
}

#[test]
fn pins_follow_only_where_the_deployment_can() {
    let (mut source, target) = tenants();
    source.snapshot.components.insert("shopify".to_owned(), pin(2));
    assert_eq!(
        codes(&source, &target, &Policy::default()),
        [(BlockerCode::WouldQuarantine, "shopify-api-key".to_owned())]
    );
    let accept = Policy { allow_quarantine: true, ..Policy::default() };
    assert_eq!(plan(&source, &target, &accept).summary.updated, 1);
    source.snapshot.components.insert("shopify".to_owned(), pin(3));
    assert_eq!(codes(&source, &target, &accept), [(BlockerCode::ComponentDiffers, "shopify".to_owned())]);
    source.snapshot.components.insert("shopify".to_owned(), pin(1));
    source.snapshot.components.insert("unheard-of".to_owned(), pin(1));
    let plan = plan(&source, &target, &accept);
    assert_eq!((plan.outcome(), plan.warnings[0].code), (Outcome::Nothing, WarningCode::ComponentNotKnown));
}

#[test]
fn only_shared_values_follow_and_secrets_stay_where_they_are_sent() {
    let (mut source, target) = tenants();
    let slack = source.snapshot.connections.get_mut("slack-oauth2").unwrap();
    let label = "New label".to_owned();
    *slack =
        with_value(with_value(slack.clone(), "scopes", json!("chat:write files:read")), "client_id", json!("dev-id"));
    slack.label = label;
    let keep = plan(&source, &target, &Policy::default());
    assert_eq!((keep.outcome(), keep.differences.len()), (Outcome::Nothing, 1));
    let follow = Policy { update_connections: true, ..Policy::default() };
    let writes = plan(&source, &target, &follow).writes(&source, &target);
    let Write::UpdateConnection { values, .. } = &writes[0] else { panic!("{writes:?}") };
    assert_eq!(values.keys().collect::<Vec<_>>(), ["scopes"], "client_id is prod's own");
    let moved =
        with_value(source.snapshot.connections["slack-oauth2"].clone(), "base_url", json!("https://other.example"));
    source.snapshot.connections.insert("slack-oauth2".to_owned(), moved);
    assert_eq!(codes(&source, &target, &follow), [(BlockerCode::WouldQuarantine, "slack-oauth2".to_owned())]);
    assert_eq!(codes(&source, &target, &Policy::default()), []);
}

#[test]
fn an_edited_draft_is_not_overwritten_unasked() {
    let (mut source, mut target) = tenants();
    target.edited_drafts.insert("alerts".to_owned(), "ann".to_owned());
    assert_eq!(codes(&source, &target, &Policy::default()), [], "nothing would be written to it");
    define(source.snapshot.integrations.get_mut("alerts").unwrap(), "/alerts");
    assert_eq!(codes(&source, &target, &Policy::default()), [(BlockerCode::EditedDraft, "alerts".to_owned())]);
    let overwrite = Policy { overwrite_drafts: true, ..Policy::default() };
    let plan = plan(&source, &target, &overwrite);
    assert_eq!(plan.warnings[0].code, WarningCode::DraftOverwritten);
    assert_eq!(plan.changes[0].fields[0].field, "definition.flows[Main].steps[Fetch].inputs.path.value");
}

#[test]
fn unbound_slots_and_wrong_maps_block() {
    let (mut source, target) = tenants();
    let unused = codes(&source, &target, &map("slack-oauth2-old", "slack-oauth2"));
    assert_eq!(unused, [(BlockerCode::UnusedMap, "slack-oauth2-old".to_owned())]);
    let unknown = codes(&source, &target, &map("slack-oauth2", "slak"));
    assert_eq!(unknown, [(BlockerCode::UnknownMapTarget, "slak".to_owned())]);
    let near = plan(&source, &target, &map("slack-oauth3", "slack-oauth2"));
    assert_eq!(near.blockers[0].advice, "did you mean `slack-oauth2`?");
    source.snapshot.integrations.get_mut("orders").unwrap().slots.get_mut("Chat").unwrap().stable_key = None;
    assert_eq!(codes(&source, &target, &Policy::default()), [(BlockerCode::UnboundSlot, "orders/Chat".to_owned())]);
}

#[test]
fn prune_deletes_what_nothing_uses() {
    let (source, mut target) = tenants();
    let spare = connection("slack", "oauth2", "Spare");
    target.snapshot.connections.insert("spare".to_owned(), spare.clone());
    target.snapshot.connections.insert("in-use".to_owned(), spare);
    target.facts.insert(
        "in-use".to_owned(),
        crate::model::sync::ConnectionFacts { is_used_elsewhere: true, ..Default::default() },
    );
    let old = source.snapshot.integrations["alerts"].clone();
    target.snapshot.integrations.insert("old".to_owned(), old);
    let prune = Policy { prune: true, ..Policy::default() };
    let writes = plan(&source, &target, &prune).writes(&source, &target);
    let expected =
        [Write::DeleteIntegration { key: "old".to_owned() }, Write::DeleteConnection { key: "spare".to_owned() }];
    assert_eq!(writes, expected);
    assert_eq!(plan(&source, &target, &Policy::default()).outcome(), Outcome::Nothing);
}

#[test]
fn the_hash_moves_with_the_target() {
    let (source, mut target) = tenants();
    let first = plan(&source, &target, &Policy::default()).hash;
    assert_eq!(plan(&source, &target, &Policy::default()).hash, first);
    target.revision += 1;
    assert_ne!(plan(&source, &target, &Policy::default()).hash, first);
}

#[test]
fn a_filled_placeholder_is_not_taken_back() {
    let (source, mut target) = tenants();
    target.snapshot.connections.remove("slack-oauth2");
    target.facts.remove("slack-oauth2");
    let writes = plan(&source, &target, &placeholder()).writes(&source, &target);
    let undo = undo_of(&writes, &target);
    apply_to(&mut target, &writes);
    let mut filled = target.clone();
    filled.facts.get_mut("slack-oauth2").unwrap().fill = "2".to_owned();
    let mut renamed = target.clone();
    let content = renamed.snapshot.connections.remove("slack-oauth2").unwrap();
    renamed.snapshot.connections.insert("chat".to_owned(), content);
    for (now, reason) in
        [(filled, "values or credentials were entered since"), (renamed, "it was deleted or renamed since")]
    {
        let changed = rollback(&undo, &now).unwrap_err();
        assert_eq!((changed[0].key.as_str(), changed[0].reason.as_str()), ("slack-oauth2", reason));
    }
    assert!(rollback(&undo, &target).is_ok());
}

#[test]
fn local_values_do_not_make_drift() {
    let (source, target) = tenants();
    let mut a = source.snapshot.clone();
    a.connections.remove("slack-oauth2-old");
    let local = |mark: Option<&str>| LocalValue { is_secret: true, fingerprint: mark.map(str::to_owned) };
    let values = |marks: &[(&str, Option<&str>)]| -> Comparison {
        let inputs = marks.iter().map(|(input, mark)| ((*input).to_owned(), local(*mark))).collect();
        Comparison::from([("slack-oauth2".to_owned(), inputs)])
    };
    let left = values(&[("secret", Some("x")), ("id", Some("1")), ("token", Some("t")), ("only", Some("o"))]);
    let right = values(&[("secret", Some("y")), ("id", Some("1")), ("token", None)]);
    let party = |snapshot, values| Party { name: "t", revision: None, snapshot, values };
    let told = drift(party(&a, Some(&left)), party(&target.snapshot, Some(&right)));
    assert!(told.is_empty);
    let verdicts: Vec<(&str, Verdict)> =
        told.local_values.iter().map(|local| (local.input.as_str(), local.verdict)).collect();
    let expected = [
        ("id", Verdict::Equal),
        ("only", Verdict::SetOnlyInA),
        ("secret", Verdict::Different),
        ("token", Verdict::Unknown),
    ];
    assert_eq!(verdicts, expected);
    let remote = drift(party(&a, Some(&left)), party(&target.snapshot, None));
    assert!(remote.local_values.iter().all(|local| local.verdict == Verdict::Unknown));
    assert!(!drift(party(&source.snapshot, None), party(&target.snapshot, None)).is_empty);
}

#[test]
fn a_snapshot_refuses_what_it_must_not_hold() {
    let (source, _) = tenants();
    let good = source.snapshot.to_canonical_json();
    assert_eq!(Snapshot::parse(&good).unwrap(), source.snapshot);
    let scopes = r#""scopes":{"value":"chat:write"}"#;
    for (from, to, why) in [
        (scopes, r#""scopes":{"secret":true,"value":"x"}"#, "marked secret"),
        (scopes, r#""scopes":{"shared":false,"value":"x"}"#, "local"),
        (scopes, r#""scopes":{"valeu":"x"}"#, "unknown field"),
        ("keyway.snapshot/1", "keyway.snapshot/2", "format"),
        (r#""label":"Shop""#, r#""label":"Shop","id":1"#, "unknown field"),
        ("/orders", "/hacked", "digest"),
        (r#""slack-oauth2":{"#, r#""../slack":{"#, "stable key"),
        (r#""alerts":{"#, r#""../alerts":{"#, "key of integration"),
        (r#""is_embedded":false"#, r#""is_embedded":false,"aliases":["slack-oauth2"]"#, "alias"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = Snapshot::parse(&good.replacen(from, to, 1)).unwrap_err();
        assert!(error.code == "invalid_snapshot" && error.public.contains(why), "{why}: {}", error.public);
    }
}
