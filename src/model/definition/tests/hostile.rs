//! Files that nobody writes in good faith: reading ends soon, in an answer, and shows no secret.

use proptest::prelude::any;
use proptest::prelude::prop_assert;
use proptest::prelude::prop_assert_eq;
use proptest::proptest;
use serde_json::json;

use crate::model::definition::tests::reading;
use crate::model::definition::tests::text_of;
use crate::model::yaml::write;

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 100, ..Default::default() })]

    #[test]
    fn a_damaged_file_is_read_or_refused(at in any::<proptest::sample::Index>(), length in 0usize..40, put in "[ \n:\\-{}\"#a<&*]{0,3}") {
        for name in ["inline", "secrets", "scoped"] {
            let mut text: Vec<char> = text_of(name).chars().collect();
            let from = at.index(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, put.chars());
            let text: String = text.into_iter().collect();
            match reading(&text) {
                Ok(reading) => {
                    let written = write(&reading.definition.document);
                    prop_assert_eq!(crate::model::yaml::read(&written).unwrap().to_value(), reading.definition.document);
                }
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }

    #[test]
    fn no_finding_shows_a_secret(secret in "[A-Za-z0-9+/=]{12,40}", form in 0usize..4, name in 0usize..4) {
        let name = ["clientSecret", "password", "unknown_api_key", "signingWord"][name];
        let value = [
            json!({ "type": "value", "value": secret }),
            json!({ "type": "template", "value": format!("a{secret}{{{{#b}}}}") }),
            json!({ "type": "complex", "value": [[{ "value": secret }], { "name": "x", "type": "configVar", "value": secret }] }),
            json!(secret),
        ][form].clone();
        let connection = json!({ "key": "oauth2", "component": { "key": "slack" } });
        let mut inputs = json!({});
        inputs[name] = value;
        let file = json!({
            "definitionVersion": 7, "name": "x",
            "requiredConfigVars": [{ "key": "A", "dataType": "connection", "connection": connection, "inputs": inputs }],
        });
        let reading = reading(&file.to_string()).unwrap();
        let shown = format!("{:?}", reading);
        prop_assert!(!shown.contains(&secret));
        prop_assert!(reading.problems.iter().any(|problem| problem.code == "secret_not_kept"));
    }
}

#[test]
fn many_findings_and_long_names_are_bounded() {
    let variables: Vec<_> = (0..4_000).map(|at| json!({ "key": format!("v{at}"), "dataType": "connection" })).collect();
    let inputs: serde_json::Map<_, _> =
        (0..4_000).map(|at| (format!("i{at}"), json!({ "type": "configVar", "value": format!("w{at}") }))).collect();
    let flows = json!([{ "name": "f".repeat(5_000), "steps": [{ "name": "s", "inputs": inputs }] }]);
    let file = json!({ "definitionVersion": 7, "name": "x", "requiredConfigVars": variables, "flows": flows });
    let problems = reading(&file.to_string()).unwrap_err();
    assert_eq!(problems.len(), 600);
    assert!(problems.iter().all(|problem| problem.message.len() < 600));
}

#[test]
fn steps_nested_too_deep_are_refused() {
    let mut steps = json!([]);
    for _ in 0..40 {
        steps = json!([{ "name": "n".repeat(250), "steps": steps }]);
    }
    let file = json!({ "definitionVersion": 7, "name": "x", "flows": [{ "name": "f", "steps": steps }] });
    let problems = reading(&file.to_string()).unwrap_err();
    assert_eq!(problems[0].code, "too_deep");
}

#[test]
fn a_large_secret_is_blanked_as_a_whole() {
    let many: Vec<_> = (0..1_000).map(|at| format!("PLANTED-{at}")).collect();
    let flows = json!([{ "name": "f", "steps": [{ "name": "s", "inputs": { "password": { "type": "complex", "value": many } } }] }]);
    let file = json!({ "definitionVersion": 7, "name": "x", "flows": flows });
    let reading = reading(&file.to_string()).unwrap();
    assert_eq!(reading.definition.document.pointer("/flows/0/steps/0/inputs/password"), Some(&json!("")));
    assert_eq!(reading.problems.len(), 1);
}
