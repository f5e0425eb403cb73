//! What a file means for connections: keys, values, who manages what.

use std::collections::BTreeMap;
use std::collections::HashSet;

use proptest::prelude::prop_assert;
use proptest::prelude::prop_assert_eq;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;

use crate::model::component::ManagedBy;
use crate::model::definition::differences;
use crate::model::definition::is_example;
use crate::model::definition::proposals;
use crate::model::definition::proposed_managers;
use crate::model::definition::proposed_values;
use crate::model::definition::tests::components;
use crate::model::definition::tests::definition;
use crate::model::definition::tests::reading;

#[test]
fn values_of_a_new_connection_are_neither_secrets_nor_examples() {
    let definition = definition("inline");
    let slack = components("slack").unwrap();
    let chat = definition.variable("Team Chat").unwrap();
    let values = proposed_values(chat, &slack.connections[0]);
    let expected = BTreeMap::from([
        ("client_id".to_owned(), (json!("12345.67890"), Some(ManagedBy::Organization))),
        ("is_user".to_owned(), (json!(true), None)),
        ("scopes".to_owned(), (json!("chat:write, channels:read  chat:write"), Some(ManagedBy::Organization))),
    ]);
    assert_eq!(values, expected);
    let managers = proposed_managers(chat, &slack.connections[0]);
    assert_eq!(managers.get("client_secret"), Some(&ManagedBy::Organization));
    assert_eq!(managers.get("is_user"), None);

    let s3 = components("aws-s3").unwrap();
    let files = proposed_values(definition.variable("Order Files").unwrap(), &s3.connections[0]);
    assert_eq!(files["timeout"].0, json!(3000));
    assert_eq!(files["hosts"].0, json!(["one.example.com", "two.example.com"]));
    assert_eq!(files["access_key_id"].1, Some(ManagedBy::Embedded));
    assert!(!files.contains_key("secret_access_key"));
}

#[test]
fn only_values_that_differ_are_told() {
    let definition = definition("inline");
    let slack = components("slack").unwrap();
    let existing = BTreeMap::from([
        ("client_id".to_owned(), json!("another")),
        ("is_user".to_owned(), json!(true)),
        ("token_url".to_owned(), json!("https://acme.example.com/token")),
    ]);
    let found = differences(definition.variable("Team Chat").unwrap(), &slack.connections[0], &existing);
    let told: Vec<_> = found.iter().map(|it| (it.input.as_str(), it.existing.clone(), it.place.line)).collect();
    assert_eq!(told, [("client_id", Some(json!("another")), 30), ("scopes", None, 38)]);
}

#[test]
fn examples_count_as_missing() {
    let examples =
        ["", "  ", "Add your apiKey here", "https://YOUR-SHOP.example.com", "YOUR_TOKEN", "<your token>", "<Your Key>"];
    for text in examples {
        assert!(is_example(&json!(text)), "{text}");
    }
    for text in ["https://your-shop.example.com", "Address", "0", "Ädd your", "add you"] {
        assert!(!is_example(&json!(text)), "{text}");
    }
    assert!(!is_example(&json!(0)) && !is_example(&json!(false)) && is_example(&Value::Null));
}

fn file(variables: &[(String, &str, &str)]) -> String {
    let variables: Vec<Value> = variables
        .iter()
        .map(|(key, component, connection_type)| {
            let connection = json!({ "key": connection_type, "component": { "key": component } });
            json!({ "key": key, "dataType": "connection", "connection": connection })
        })
        .collect();
    json!({ "definitionVersion": 7, "name": "x", "requiredConfigVars": variables }).to_string()
}

fn keys_of(variables: &[(&str, &str, &str)]) -> Vec<String> {
    let variables: Vec<_> =
        variables.iter().map(|(key, component, kind)| ((*key).to_owned(), *component, *kind)).collect();
    let definition = reading(&file(&variables)).unwrap().definition;
    let proposed = proposals(&definition);
    definition.variables.iter().map(|variable| proposed[&variable.key].clone()).collect()
}

#[test]
fn later_variables_of_a_type_are_told_apart_by_their_own_name() {
    // The manifest's name of the type counts, however a file writes it.
    let found = keys_of(&[("A", "slack", "OAuth2"), ("Second One", "slack", "oauth2"), ("b", "slack", "oauth_2")]);
    assert_eq!(found, ["slack-oauth2", "slack-oauth2-second-one", "slack-oauth2-b"]);
    // Two types whose keys meet.
    let found = keys_of(&[("A", "aws", "s3Key"), ("B", "aws-s3", "key")]);
    assert_eq!(found, ["aws-s3-key", "aws-s3-key-b"]);
    // Names that differ only in what a slug leaves out.
    let found = keys_of(&[("A", "slack", "oauth2"), ("My Chat", "slack", "oauth2"), ("my chat!", "slack", "oauth2")]);
    assert_eq!(found[1], "slack-oauth2-my-chat");
    assert!(found[2].starts_with("slack-oauth2-my-chat-") && found[2].len() == found[1].len() + 9, "{found:?}");
}

#[test]
fn a_warning_suggests_what_was_meant() {
    let problems = reading(&file(&[("A".to_owned(), "slack", "oauth")])).unwrap().problems;
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `oauth2`?"));
}

proptest! {
    #[test]
    fn proposals_are_keys_and_no_two_are_equal(names in proptest::collection::hash_set("\\PC{1,90}", 1..12)) {
        let variables: Vec<_> = names.into_iter().filter(|name| !name.trim().is_empty()).map(|name| (name, "slack", "oauth2")).collect();
        let definition = reading(&file(&variables)).unwrap().definition;
        let proposed = proposals(&definition);
        let distinct: HashSet<&String> = proposed.values().collect();
        prop_assert_eq!(distinct.len(), variables.len());
        for key in distinct {
            prop_assert!(key.len() <= 64 && crate::model::names::slug(key) == *key, "{}", key);
        }
        if let Some((first, ..)) = variables.first() {
            prop_assert_eq!(&proposed[first], "slack-oauth2");
        }
    }
}
