//! Definitions for tests: the fixtures, and small ones that are put together.

use std::path::Path;

use crate::support::client::Answer;
use crate::support::client::Client;

/// A file of `tests/fixtures/definitions`.
pub fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/definitions");
    std::fs::read_to_string(folder.join(format!("{name}.yml"))).unwrap()
}

/// A connection variable of a definition that is put together.
pub enum Variable<'a> {
    /// Component, connection type and inputs (`{ a: { type: value, value: b } }`).
    Inline(&'a str, &'a str, &'a str),
    /// A connection of the tenant by stable key, and the component of the step that uses it.
    Scoped(&'a str, &'a str),
}

/// A definition with one step for each variable, called `Main / Use <variable>`, with the input `connection`.
pub fn definition(name: &str, variables: &[(&str, Variable<'_>)]) -> String {
    let mut text = format!("definitionVersion: 7\nname: {name}\nrequiredConfigVars:\n");
    for (key, variable) in variables {
        match variable {
            Variable::Inline(component, kind, inputs) => text.push_str(&format!(
                "  - key: {key}\n    dataType: connection\n    connection: {{ key: {kind}, component: {{ key: {component}, \
                 version: LATEST, isPublic: true }} }}\n    inputs: {inputs}\n"
            )),
            Variable::Scoped(stable_key, _) => text
                .push_str(&format!("  - key: {key}\n    dataType: connection\n    useScopedConfigVar: {stable_key}\n")),
        }
    }
    text.push_str("flows:\n  - name: Main\n    steps:\n");
    for (key, variable) in variables {
        let (Variable::Inline(component, ..) | Variable::Scoped(_, component)) = variable;
        text.push_str(&format!(
            "      - name: Use {key}\n        action: {{ key: act, component: {{ key: {component}, version: LATEST, \
             isPublic: true }} }}\n        inputs: {{ connection: {{ type: configVar, value: {key} }} }}\n"
        ));
    }
    text
}

/// Imports a definition; `query` is empty or `?as=key`.
pub async fn import(client: &Client, query: &str, text: &str) -> Answer {
    let path = format!("/api/v1/integrations/import{query}");
    client.raw("POST", &path, Some(("application/yaml", text.as_bytes().to_vec()))).await
}

pub async fn check(client: &Client, text: &str) -> Answer {
    client
        .raw("POST", "/api/v1/integrations/check", Some(("text/plain; charset=utf-8", text.as_bytes().to_vec())))
        .await
}
