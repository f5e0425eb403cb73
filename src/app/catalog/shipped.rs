//! The manifests that ship: each is read, and what it names is there.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use crate::app::catalog::Catalog;
use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::LiveTest;
use crate::model::component::auth::Auth;

fn shipped() -> Vec<Component> {
    Catalog::new(None).list().iter().map(|entry| entry.component.clone()).collect()
}

/// Names between `{{` and `}}`.
fn names(text: &str) -> Vec<&str> {
    text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn types() -> Vec<(String, ConnectionType)> {
    let all = shipped().into_iter();
    all.flat_map(|component| {
        let name = component.key.clone();
        component.connections.into_iter().map(move |found| (format!("{name}: {}", found.key), found))
    })
    .collect()
}

#[test]
fn each_manifest_is_named_after_its_key() {
    let key = Regex::new("^[a-z0-9]+(-[a-z0-9]+)*$").unwrap();
    let type_key = Regex::new("^[a-z][a-z0-9]*(_[a-z0-9]+)*$").unwrap();
    for component in shipped() {
        let file = &component.key;
        assert!(key.is_match(&component.key), "{file}");
        assert!(component.documentation_url.is_some() && component.category.is_some(), "{file}");
        assert!(!component.connections.is_empty(), "{file}");
        let keys: BTreeSet<&str> = component.connections.iter().map(|found| found.key.as_str()).collect();
        assert_eq!(keys.len(), component.connections.len(), "{file}");
        assert!(component.connections.iter().all(|found| type_key.is_match(&found.key)), "{file}");
    }
    assert!(shipped().len() >= 45);
}

#[test]
fn templates_name_inputs_that_are_there() {
    for (at, found) in types() {
        let inputs: BTreeSet<&str> = found.inputs.iter().map(|input| input.key.as_str()).collect();
        for used in found.auth.templates() {
            for name in names(used.text).into_iter().chain(used.conditions.iter().copied()) {
                assert!(inputs.contains(name) || used.names.contains(&name), "{at}: {} names {name}", used.path);
            }
        }
        let mut known = inputs.clone();
        known.extend(found.auth.kept_from_replies());
        known.extend(found.auth.kept_from_callback());
        let base_url = found.base_url.iter().chain(&found.destinations).chain(found.headers.values());
        for name in base_url.flat_map(|text| names(text)) {
            assert!(known.contains(name), "{at}: {name}");
        }
        let tests = match &found.live_test {
            None => Vec::new(),
            Some(LiveTest::One(test)) => vec![test],
            Some(LiveTest::Several(tests)) => tests.iter().collect(),
        };
        for test in tests {
            let body = test.body.iter().flat_map(texts);
            let values = test.query.values().chain(test.headers.values()).map(String::as_str);
            for name in values.chain([test.path.as_str()]).chain(body).flat_map(names) {
                assert!(known.contains(name), "{at}: live_test names {name}");
            }
        }
    }
}

#[test]
fn every_input_is_used_or_says_what_for() {
    for (at, found) in types() {
        let written = serde_json::to_string(&(&found.auth, &found.base_url, &found.headers, &found.live_test)).unwrap();
        let default_names = found.auth.templates();
        for input in &found.inputs {
            let is_used = written.contains(&format!("{{{{{}}}}}", input.key))
                || default_names.iter().any(|used| {
                    names(used.text).contains(&input.key.as_str()) || used.conditions.contains(&input.key.as_str())
                });
            let is_of_a_protocol = found.base_url.is_none();
            assert!(
                is_used || is_of_a_protocol || input.comments.is_some() || input.key == "signing_secret",
                "{at}: {}",
                input.key
            );
        }
    }
}

#[test]
fn actions_name_inputs_of_theirs_or_of_every_connection_type() {
    for component in shipped() {
        let file = &component.key;
        for action in &component.actions {
            let own: BTreeSet<&str> = action.inputs.iter().map(|input| input.key.as_str()).collect();
            let values = action.query.values().chain(action.headers.values()).map(String::as_str);
            let body = action.body.iter().flat_map(texts);
            let used: Vec<&str> = values.chain([action.path.as_str()]).chain(body).flat_map(names).collect();
            for name in &used {
                let is_everywhere = component.connections.iter().all(|found| found.input(name).is_some());
                assert!(own.contains(name) || is_everywhere, "{file}: {} names {name}", action.key);
            }
            assert!(own.iter().all(|input| used.contains(input)), "{file}: {} has an idle input", action.key);
            action.inputs.iter().for_each(|input| check_input(file, input));
        }
    }
}

#[test]
fn inputs_make_sense() {
    for (at, found) in types() {
        found.inputs.iter().for_each(|input| check_input(&at, input));
        for input in &found.inputs {
            assert!(input.managed_by.is_some(), "{at}: {}", input.key);
            assert!(!(input.required && input.default.is_some()), "{at}: {} is required and has a default", input.key);
        }
    }
}

fn check_input(at: &str, input: &Input) {
    let at = format!("{at}: {}", input.key);
    if let Some(pattern) = &input.pattern {
        let pattern = Regex::new(&format!("^(?:{pattern})$")).unwrap_or_else(|e| panic!("{at}: {e}"));
        let shown = input.example.iter().map(String::as_str).chain(input.default.as_ref().and_then(Value::as_str));
        for text in shown {
            assert!(pattern.is_match(text), "{at}: its own pattern refuses {text}");
        }
    }
    assert_eq!(input.kind == InputKind::Select, !input.options.is_empty(), "{at}");
    if let (InputKind::Select, Some(default)) = (input.kind, &input.default) {
        assert!(input.options.iter().any(|choice| Some(choice.value.as_str()) == default.as_str()), "{at}");
    }
    match (input.kind, &input.default) {
        (_, None) => {}
        (InputKind::Number, Some(default)) => assert!(default.is_number(), "{at}"),
        (InputKind::Boolean, Some(default)) => assert!(default.is_boolean(), "{at}"),
        (_, Some(default)) => assert!(default.is_string(), "{at}"),
    }
    assert_eq!(input.is_derived(), input.template.is_some(), "{at}");
    assert!(!(input.is_secret() && input.default.is_some()), "{at}");
}

#[test]
fn http_connection_types_have_a_live_test() {
    for (at, found) in types() {
        assert_eq!(found.base_url.is_some(), found.live_test.is_some(), "{at}");
        assert!(found.base_url.is_some() || !found.destinations.is_empty(), "{at}");
        assert!(found.base_url.is_some() || matches!(found.auth, Auth::None(_)), "{at}");
    }
}

#[test]
fn no_host_is_made_of_what_a_redirect_says() {
    for (at, found) in types() {
        let host = |url: &str| url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        for url in found.destination_templates() {
            let host = host(url);
            for name in found.auth.kept_from_callback() {
                assert!(!names(&host).contains(&name), "{at}: {url}");
            }
        }
    }
}

#[test]
fn accepted_connections_are_there() {
    let all = shipped();
    for component in &all {
        let file = &component.key;
        for accepted in &component.accepts {
            let other = all.iter().find(|other| other.key == accepted.component);
            let other = other.unwrap_or_else(|| panic!("{file} accepts {}", accepted.component));
            if let Some(key) = &accepted.connection {
                assert!(other.connection_type(key).is_some(), "{file} accepts {key}");
            }
        }
    }
}

#[test]
fn every_auth_kind_is_shown_by_some_manifest() {
    let kinds: BTreeSet<String> = types()
        .iter()
        .map(|(_, found)| serde_json::to_value(&found.auth).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.len(), 12, "{kinds:?}");
}
