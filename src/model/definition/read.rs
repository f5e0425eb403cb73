//! Reads a file: refuses what cannot be an integration of version 7, warns of what somebody should look at.

use std::collections::HashSet;

use serde_json::Value;

use crate::model::definition::Components;
use crate::model::definition::Definition;
use crate::model::definition::Reading;
use crate::model::definition::Rename;
use crate::model::definition::Use;
use crate::model::definition::context::Context;
use crate::model::definition::steps;
use crate::model::definition::variables;
use crate::model::names::slug_or;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml;
use crate::model::yaml::Entry;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

const VERSION: u64 = 7;
const MAX_KEY_BYTES: usize = 1_000;
const START: Place = Place { line: 1, column: 1, offset_bytes: 0, length_bytes: 0 };

/// Reads the text of a definition. The caller bounds its size.
///
/// # Errors
/// Everything wrong with the file, several findings at once, warnings among them; in file order.
pub fn read(text: &str, components: &Components<'_>) -> Result<Reading, Vec<Problem>> {
    let root = yaml::read(text).map_err(|problem| vec![problem])?;
    read_node(&root, components)
}

/// Reads a document that was kept. Its findings have no places.
///
/// # Errors
/// As [`read`].
pub fn from_document(document: &Value, components: &Components<'_>) -> Result<Reading, Vec<Problem>> {
    read_node(&to_node(document), components)
}

fn to_node(value: &Value) -> Node {
    let kind = match value {
        Value::Array(items) => NodeKind::List(items.iter().map(to_node).collect()),
        Value::Object(entries) => NodeKind::Map(
            entries
                .iter()
                .map(|(key, value)| Entry { key: key.clone(), key_place: Place::default(), value: to_node(value) })
                .collect(),
        ),
        scalar => NodeKind::Scalar(scalar.clone()),
    };
    Node { place: Place::default(), kind }
}

fn read_node(root: &Node, components: &Components<'_>) -> Result<Reading, Vec<Problem>> {
    let mut context = Context::new(components);
    if root.describe() != "a mapping" {
        let message = format!("a definition is a mapping, not {}", root.describe());
        return Err(vec![Problem::error("not_a_definition", root.place, message)]);
    }
    let is_current = check_version(&mut context, root);
    let name = integration_name(&mut context, root);
    if !is_current {
        // The rest has another shape in other versions: its findings would mislead.
        return Err(context.finish().err().unwrap_or_default());
    }
    check_keys(&mut context, root);

    let found = variables::find(&mut context, root);
    let user_level = user_level_keys(root);
    let mut connections = Vec::new();
    let mut data_sources = Vec::new();
    for variable in &found {
        if variable.is_connection {
            connections.extend(variables::connection(&mut context, variable, &user_level));
        } else {
            variables::strays(&mut context, variable);
            data_sources.extend(steps::data_source(&mut context, variable));
        }
    }
    let steps = steps::read(&mut context, root);
    let is_code_native = root.get("isCodeNative").and_then(Node::as_bool) == Some(true);
    // Steps of a code-native file are of the file's own component.
    if !is_code_native {
        let of_steps =
            steps.iter().map(|step| (step.path.clone(), step.component.as_deref(), step.connections.as_slice()));
        let of_sources = data_sources
            .iter()
            .map(|source| (source.path(), source.component.as_deref(), source.connections.as_slice()));
        let users: Vec<(String, Option<&str>, &[Use])> =
            of_steps.chain(of_sources).filter(|(.., uses)| !uses.is_empty()).collect();
        steps::check_components(&mut context, &connections, &users);
    }

    let renames = renames(&mut context, root);
    let mut document = root.to_value();
    context.blanks.apply(&mut document);
    let problems = context.finish()?;
    let description = root.get("description").and_then(Node::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let key = slug_or(&name, "integration");
    let variables = connections;
    let definition =
        Definition { name, key, description, is_code_native, document, variables, steps, data_sources, renames };
    Ok(Reading { definition, problems })
}

fn check_version(context: &mut Context<'_>, root: &Node) -> bool {
    let export_again =
        "open the integration where it came from and export it again: the file must say `definitionVersion: 7`";
    let Some(node) = root.get("definitionVersion") else {
        let message = "`definitionVersion` is missing";
        context.report(
            Problem::error("no_definition_version", Place { line: 1, column: 1, ..START }, message).help(export_again),
        );
        return false;
    };
    let version = match &node.kind {
        NodeKind::Scalar(Value::Number(number)) => number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && *float == 7.0);
            whole.map(|_| VERSION)
        }),
        NodeKind::Scalar(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    if version == Some(VERSION) {
        return true;
    }
    let found = version.map_or_else(|| node.describe().to_owned(), |version| version.to_string());
    let message = format!("`definitionVersion` is {found}; only {VERSION} is read");
    context.report(Problem::error("definition_version", node.place, message).help(export_again));
    false
}

fn integration_name(context: &mut Context<'_>, root: &Node) -> String {
    let node = root.get("name");
    let name = context.name(node, "`name`").unwrap_or_default().to_owned();
    let is_absent = node
        .is_none_or(|node| node.describe() == "nothing" || node.as_str().is_some_and(|text| text.trim().is_empty()));
    if is_absent {
        let place = node.map_or(START, |node| node.place);
        context.report(
            Problem::error("no_name", place, "the integration has no `name`").help("add `name: ...` at the top level"),
        );
    }
    name
}

/// Refuses keys that would make one file mean two things, or be too long to be a name.
fn check_keys(context: &mut Context<'_>, node: &Node) {
    for entry in node.entries() {
        // Some readers put the named fields in its place and some do not: a secret could hide in between.
        if entry.key == "<<" {
            let problem = Problem::error("merge_key", entry.key_place, "merge keys (`<<`) are not read");
            context.report(problem.help("write the fields out where they are used"));
        }
        if entry.key.len() > MAX_KEY_BYTES {
            let message = format!("a key is longer than {MAX_KEY_BYTES} bytes");
            context.report(Problem::error("key_too_long", entry.key_place, message));
        }
        check_keys(context, &entry.value);
    }
    for item in node.items() {
        check_keys(context, item);
    }
}

/// The variables on pages that each user fills in.
fn user_level_keys(root: &Node) -> HashSet<&str> {
    let pages = root.get("configPages").map_or(&[][..], Node::items);
    pages
        .iter()
        .filter(|page| page.get("userLevelConfigured").and_then(Node::as_bool) == Some(true))
        .filter_map(|page| page.get("elements"))
        .flat_map(Node::items)
        .filter(|element| element.get("type").and_then(Node::as_str) == Some("configVar"))
        .filter_map(|element| element.get("value").and_then(Node::as_str))
        .collect()
}

fn renames(context: &mut Context<'_>, root: &Node) -> Vec<Rename> {
    let Some(attributes) = context.map(root.get("renameAttributes"), "`renameAttributes`") else { return Vec::new() };
    let what = "`requiredConfigVars` of `renameAttributes`";
    let text = |node: &Node, name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
    context
        .list(attributes.get("requiredConfigVars"), what)
        .iter()
        .filter_map(|node| Some(Rename { old: text(node, "oldName")?, new: text(node, "newName")? }))
        .collect()
}
