//! A file imported again over the slots of its integration.

use crate::model::definition::Slot;
use crate::model::definition::SlotChange;
use crate::model::definition::SlotPlan;
use crate::model::definition::reconcile;
use crate::model::definition::tests::definition;
use crate::model::definition::tests::reading;

fn slot(variable: &str, stable_key: &str) -> Slot {
    Slot {
        variable: variable.to_owned(),
        component: Some("slack".to_owned()),
        connection_type: Some("oauth2".to_owned()),
        stable_key: Some(stable_key.to_owned()),
        is_rebound: false,
        required_scopes: Vec::new(),
    }
}

fn inline(variables: &[&str], component: &str, more: &str) -> Vec<SlotPlan> {
    plan(&[], variables, component, more)
}

fn plan(old: &[Slot], variables: &[&str], component: &str, more: &str) -> Vec<SlotPlan> {
    let mut text = format!("definitionVersion: 7\nname: x\n{more}\nrequiredConfigVars:\n");
    for key in variables {
        text += &format!(
            "  - {{ key: {key}, dataType: connection, connection: {{ key: oauth2, component: {{ key: {component} }} }} }}\n"
        );
    }
    reconcile(old, &reading(&text).unwrap().definition)
}

fn told(plans: &[SlotPlan]) -> Vec<(&str, &SlotChange, Option<&str>)> {
    plans.iter().map(|plan| (plan.slot.variable.as_str(), &plan.change, plan.slot.stable_key.as_deref())).collect()
}

#[test]
fn the_same_file_again_changes_nothing() {
    for name in ["inline", "scoped", "unknown", "code_native"] {
        let definition = definition(name);
        let first = reconcile(&[], &definition);
        assert!(first.iter().all(|plan| plan.change == SlotChange::Added));
        let slots: Vec<Slot> = first.into_iter().map(|plan| plan.slot).collect();
        let second = reconcile(&slots, &definition);
        assert!(
            second.iter().all(|plan| plan.change == SlotChange::Kept && plan.before.is_none()),
            "{name}: {second:?}"
        );
        assert_eq!(second.into_iter().map(|plan| plan.slot).collect::<Vec<_>>(), slots);
    }
}

#[test]
fn what_no_manifest_knows_stays_unbound() {
    let plans = inline(&["A"], "acme-erp", "");
    assert_eq!(told(&plans), [("A", &SlotChange::Added, None)]);
    assert_eq!(plans[0].slot.component.as_deref(), Some("acme-erp"));
    // Known by now: the next import binds it.
    let old = [Slot { stable_key: None, ..slot("A", "") }];
    assert_eq!(told(&plan(&old, &["A"], "slack", "")), [("A", &SlotChange::Kept, Some("slack-oauth2"))]);
}

#[test]
fn a_slot_follows_its_renamed_variable_and_keeps_a_builders_choice() {
    let old = [Slot { is_rebound: true, ..slot("Messenger", "slack-sales") }, slot("Gone", "slack-oauth2-gone")];
    let renames = "renameAttributes: { requiredConfigVars: [{ oldName: Messenger, newName: Talk }, { oldName: Talk, newName: Chat }, { oldName: Chat, newName: Messenger }] }";
    let plans = plan(&old, &["Chat", "New"], "slack", renames);
    let renamed = SlotChange::Renamed { from: "Messenger".to_owned() };
    assert_eq!(
        told(&plans),
        [
            ("Chat", &renamed, Some("slack-sales")),
            ("New", &SlotChange::Added, Some("slack-oauth2")),
            ("Gone", &SlotChange::Removed, Some("slack-oauth2-gone")),
        ]
    );
    assert!(plans[0].slot.is_rebound);
}

#[test]
fn a_new_variable_before_it_does_not_take_its_connection() {
    let plans = plan(&[slot("Chat", "slack-oauth2")], &["Another", "Chat"], "slack", "");
    let expected = [
        ("Another", &SlotChange::Added, Some("slack-oauth2-another")),
        ("Chat", &SlotChange::Kept, Some("slack-oauth2")),
    ];
    assert_eq!(told(&plans), expected);
}

#[test]
fn another_type_of_connection_is_bound_anew() {
    let old = [Slot { is_rebound: true, component: Some("aws-s3".to_owned()), ..slot("Chat", "files") }];
    let plans = plan(&old, &["Chat"], "slack", "");
    assert_eq!(told(&plans), [("Chat", &SlotChange::Retyped, Some("slack-oauth2"))]);
    assert_eq!((plans[0].slot.is_rebound, plans[0].before.as_deref()), (false, Some("files")));
}

#[test]
fn a_file_that_names_a_key_means_it_unless_a_builder_chose_otherwise() {
    let file = definition("scoped");
    let old = [slot("Chat", "slack-before"), Slot { is_rebound: true, ..slot("Files", "chosen") }];
    let plans = reconcile(&old, &file);
    assert_eq!(plans[0].slot.stable_key.as_deref(), Some("slack-oauth2"));
    assert_eq!(plans[0].before.as_deref(), Some("slack-before"));
    assert_eq!(plans[1].slot.stable_key.as_deref(), Some("chosen"));
    assert_eq!(plans[1].slot.component.as_deref(), Some("slack"));
}
