//! Exports that name other connections, and steps switched to another.

use std::collections::BTreeMap;

use proptest::prelude::prop_assert_eq;
use proptest::proptest;
use serde_json::json;

use crate::model::definition::Definition;
use crate::model::definition::SwitchError;
use crate::model::definition::Target;
use crate::model::definition::VariableKind;
use crate::model::definition::export;
use crate::model::definition::from_document;
use crate::model::definition::proposals;
use crate::model::definition::switch_slot;
use crate::model::definition::switch_step;
use crate::model::definition::tests::components;
use crate::model::definition::tests::definition;
use crate::model::definition::tests::reading;
use crate::model::yaml::write;

const POST: &str = "On Order / Each File / Is It Large? / Large / Post";

fn bind(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(variable, key)| ((*variable).to_owned(), (*key).to_owned())).collect()
}

#[test]
fn a_rebound_variable_is_exported_by_its_key_alone() {
    let definition = definition("inline");
    let document = export(&definition, &bind(&[("Team Chat", "slack-oauth2-sales")]));
    let again = from_document(&document, &components).unwrap().definition;
    let VariableKind::Scoped { stable_key } = &again.variable("Team Chat").unwrap().kind else { panic!() };
    assert_eq!(stable_key, "slack-oauth2-sales");
    assert_eq!(
        document["requiredConfigVars"][0],
        json!({
            "key": "Team Chat",
            "dataType": "connection",
            "useScopedConfigVar": "slack-oauth2-sales",
            "description": "Where alerts go",
            "orgOnly": false,
            "onPremiseConnectionConfig": "disallowed",
            "meta": {
                "visibleToCustomerDeployer": true,
                "visibleToOrgDeployer": true,
                "oAuthSuccessRedirectUri": "https://example.com/done",
            },
        })
    );
    // The other variable of the type is now the first: unbound by name, it would take the plain key.
    assert_eq!(proposals(&again)["Personal Chat"], "slack-oauth2");
}

fn bound_after(definition: &Definition, bindings: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let text = write(&export(definition, bindings));
    proposals(&reading(&text).unwrap().definition)
}

proptest! {
    #[test]
    fn an_exported_file_binds_as_the_integration_did(choices in proptest::collection::vec(0usize..5, 3)) {
        let keys = ["slack-oauth2", "slack-oauth2-personal-chat", "aws-s3-api-key-secret", "other", "slack-oauth2-team-chat"];
        for name in ["inline", "scoped"] {
            let definition = definition(name);
            let bindings: BTreeMap<String, String> =
                definition.variables.iter().zip(&choices).map(|(variable, at)| (variable.key.clone(), keys[*at].to_owned())).collect();
            prop_assert_eq!(bound_after(&definition, &bindings), bindings);
        }
    }
}

#[test]
fn a_step_is_switched_to_another_variable() {
    let definition = definition("inline");
    let to = Target::Variable("Personal Chat".to_owned());
    let switched = switch_step(&definition, POST, "connection", &to).unwrap();
    let [change] = switched.changes.as_slice() else { panic!() };
    assert_eq!((change.before.as_deref(), change.after.as_str()), (Some("Team Chat"), "Personal Chat"));
    let again = from_document(&switched.document, &components).unwrap().definition;
    let uses: Vec<String> =
        again.uses().filter(|(_, used)| used.variable == "Personal Chat").map(|(path, _)| path).collect();
    assert_eq!(uses, [POST, &format!("{POST} #2")]);
    // Again changes nothing.
    assert!(switch_step(&again, POST, "connection", &to).unwrap().changes.is_empty());
}

#[test]
fn a_switch_to_a_new_connection_adds_its_variable_once() {
    let definition = definition("inline");
    let to = Target::Connection { label: "Team Chat".to_owned(), stable_key: "slack-sales".to_owned() };
    let switched = switch_step(&definition, POST, "connection", &to).unwrap();
    assert!(switched.is_variable_new);
    assert_eq!(switched.variable, "Team Chat (slack-sales)");
    let again = from_document(&switched.document, &components).unwrap().definition;
    assert_eq!(proposals(&again)["Team Chat (slack-sales)"], "slack-sales");
    let second = switch_step(&again, &format!("{POST} #2"), "connection", &to).unwrap();
    assert!(!second.is_variable_new);
    assert_eq!(second.variable, "Team Chat (slack-sales)");
    assert_eq!(second.document["requiredConfigVars"].as_array().unwrap().len(), 5);
}

#[test]
fn inputs_that_name_nothing_yet_and_data_sources_are_switched_too() {
    let inline = definition("inline");
    let to = Target::Variable("Team Chat".to_owned());
    let switched = switch_step(&inline, "Clean Up / Call", "connection", &to).unwrap();
    assert_eq!(switched.changes[0].before, None);
    assert_eq!(switched.document.pointer("/flows/1/steps/1/inputs/connection/value"), Some(&json!("Team Chat")));

    let sources = definition("data_sources");
    let to = Target::Connection { label: "Chat".to_owned(), stable_key: "slack-oauth2".to_owned() };
    let switched = switch_step(&sources, "Configuration / Channel", "connection", &to).unwrap();
    assert_eq!(switched.document.pointer("/requiredConfigVars/3/inputs/connection/value"), Some(&json!("Chat")));

    let scoped = definition("scoped");
    let to = Target::Variable("Chat".to_owned());
    let switched = switch_step(&scoped, "Main / Send", "also[0]", &to).unwrap();
    assert_eq!(switched.document.pointer("/flows/0/steps/0/inputs/also/value/0/value"), Some(&json!("Chat")));
}

#[test]
fn what_is_not_there_cannot_be_switched() {
    let definition = definition("inline");
    let chat = Target::Variable("Team Chat".to_owned());
    let step = |path: &str, input: &str, to: &Target| switch_step(&definition, path, input, to).unwrap_err();
    assert!(matches!(step("No / Step", "connection", &chat), SwitchError::NoStep { .. }));
    assert!(matches!(step(POST, "message", &chat), SwitchError::NotAConnection { .. }));
    assert!(matches!(step(POST, "other", &chat), SwitchError::NotAConnection { .. }));
    let threshold = Target::Variable("Threshold".to_owned());
    assert_eq!(
        step(POST, "connection", &threshold).to_string(),
        "the integration has no connection variable `Threshold`"
    );
}

#[test]
fn switching_a_slot_lists_every_use() {
    let definition = definition("inline");
    let changes = switch_slot(&definition, "Order Files", Some("aws-s3-api-key-secret"), "archive-s3");
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let topic = "On Order / Each File / Is It Large? / Else / Notify Topic";
    assert_eq!(paths, ["On Order / List Files", topic, "Clean Up / Delete"]);
    assert!(switch_slot(&definition, "Order Files", Some("same"), "same").is_empty());
}
