//! A connection that stands in a file: its type, its inputs, which of them are secret and who sets them.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::definition::Inline;
use crate::model::definition::InlineInput;
use crate::model::definition::context::Context;
use crate::model::definition::secrets::child;
use crate::model::definition::secrets::is_example;
use crate::model::definition::secrets::is_likely_secret;
use crate::model::definition::values::stored;
use crate::model::definition::variables::Found;
use crate::model::names::fold;
use crate::model::names::slug;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml::Node;

/// Already reported.
pub(super) struct Reported;

/// The connection that stands in the file. Its secrets are blanked even when another form wins.
pub(super) fn read(context: &mut Context<'_>, found: &Found<'_>) -> Result<Option<Inline>, Reported> {
    let Some(node) = found.node.get("connection").filter(|node| node.describe() != "nothing") else {
        inputs(context, found, &Manifest::default());
        return Ok(None);
    };
    let what = format!("`connection` of variable `{}`", found.key);
    let map = context.map(Some(node), &what).ok_or(Reported)?;
    let connection_type = context.name(map.get("key"), "the `key` of a connection");
    let component = map.get("component").and_then(|component| component.get("key"));
    let component = context.name(component, "the `key` of a component");
    let (Some(connection_type), Some(component)) = (connection_type, component) else {
        let message = format!("{what} must name its `key` and its `component` with a `key`");
        context.report(Problem::error("wrong_shape", node.place, message));
        return Err(Reported);
    };
    let manifest = manifest(context, found.key, (component, connection_type), node.place);
    let inputs = inputs(context, found, &manifest);
    Ok(Some(Inline {
        component: component.to_owned(),
        connection_type: connection_type.to_owned(),
        known: manifest.connection_type().map(|known| known.key.clone()),
        inputs,
    }))
}

/// What the manifests know of an inline connection.
#[derive(Default)]
struct Manifest {
    component: Option<Arc<Component>>,
    /// Index of the connection type.
    known: Option<usize>,
}

impl Manifest {
    fn connection_type(&self) -> Option<&ConnectionType> {
        self.component.as_ref().and_then(|component| component.connections.get(self.known?))
    }

    fn input(&self, folded: &str) -> Option<&Input> {
        self.connection_type()?.inputs.iter().find(|input| fold(&input.key) == folded)
    }

    /// Of a type that is not known, an input that is secret on any type of the component is secret.
    fn is_secret(&self, name: &str) -> bool {
        let folded = fold(name);
        if let Some(input) = self.input(&folded) {
            return input.is_secret();
        }
        let types = self.component.iter().flat_map(|component| &component.connections);
        let is_secret_elsewhere =
            types.flat_map(|known| &known.inputs).any(|input| input.is_secret() && fold(&input.key) == folded);
        is_secret_elsewhere || is_likely_secret(name)
    }
}

fn manifest(context: &mut Context<'_>, variable: &str, named: (&str, &str), place: Place) -> Manifest {
    let (key, connection_type) = named;
    let Some(component) = context.component(key) else {
        let message = format!("component `{key}` of variable `{variable}` is not known: its slot stays unbound");
        context
            .report(Problem::warning("unknown_component", place, message).help(format!(
                "add a manifest `{key}.yaml`; until then the integration cannot be published or synced"
            )));
        return Manifest::default();
    };
    let folded = fold(connection_type);
    let known = component.connections.iter().position(|candidate| fold(&candidate.key) == folded);
    if known.is_none() {
        let message = format!(
            "component `{key}` has no connection type `{connection_type}`: the slot of variable `{variable}` stays unbound"
        );
        let keys: Vec<&str> = component.connections.iter().map(|candidate| candidate.key.as_str()).collect();
        let help = match context.suggest(&slug(connection_type).replace('-', "_"), keys.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if keys.is_empty() => "the component has no connections".to_owned(),
            None => format!("it has: {}", keys.join(", ")),
        };
        context.report(Problem::warning("unknown_connection_type", place, message).help(help));
    }
    Manifest { component: Some(component), known }
}

fn inputs(context: &mut Context<'_>, found: &Found<'_>, manifest: &Manifest) -> Vec<InlineInput> {
    let what = format!("`inputs` of variable `{}`", found.key);
    let Some(map) = context.map(found.node.get("inputs"), &what) else { return Vec::new() };
    let pointer = format!("{}/inputs", found.pointer);
    let mut inputs = Vec::new();
    let mut seen = HashSet::new();
    for entry in map.entries() {
        let (name, node) = (entry.key.as_str(), &entry.value);
        let meta = node.get("meta");
        let input = manifest.input(&fold(name));
        let is_secret = manifest.is_secret(name) || flag(meta, "writeOnly") == Some(true);
        if is_secret {
            context.blank(node, &child(&pointer, name), || {
                format!("secret input `{name}` of variable `{}` was not kept: enter it on the connection", found.key)
            });
        }
        if let Some(known) = manifest.connection_type().filter(|_| input.is_none()) {
            let message = format!("connection type `{}` has no input `{name}`: it stays in the file only", known.key);
            let mut problem = Problem::warning("unknown_input", entry.key_place, message);
            let keys = known.inputs.iter().map(|input| input.key.as_str());
            if let Some(meant) = context.suggest(&slug(name).replace('-', "_"), keys) {
                problem = problem.help(format!("did you mean `{meant}`?"));
            }
            context.report(problem);
        }
        let literal = literal(node);
        if let (Some(known), Some(value)) = (input, literal.as_ref())
            && !is_secret
            && !is_example(value)
            && seen.insert(known.key.clone())
            && let Err((_, reason)) = stored(value, known)
        {
            let message = format!("the value of input `{name}` does not fit: {reason}");
            context.report(Problem::warning("unfit_value", node.place, message).help("it stays in the file only"));
        }
        inputs.push(InlineInput {
            name: name.to_owned(),
            place: node.place,
            input: input.map(|input| input.key.clone()),
            is_example: literal.as_ref().is_some_and(is_example),
            value: literal.filter(|_| !is_secret),
            is_secret,
            managed_by: meta.and_then(managed_by),
        });
    }
    inputs
}

/// A value that stands in the file: neither a reference nor a template.
fn literal(node: &Node) -> Option<Value> {
    if node.entries().is_empty() {
        return Some(node.to_value());
    }
    match node.get("type").and_then(Node::as_str) {
        None | Some("value" | "complex") => Some(node.get("value").map_or(Value::Null, Node::to_value)),
        Some(_) => None,
    }
}

fn flag(meta: Option<&Node>, name: &str) -> Option<bool> {
    meta.and_then(|meta| meta.get(name)).and_then(Node::as_bool)
}

/// Who sets an input, from who sees it. Older files write `isVisibleTo...`.
fn managed_by(meta: &Node) -> Option<ManagedBy> {
    let meta = Some(meta);
    let sees = |who: &str| flag(meta, &format!("visibleTo{who}")).or_else(|| flag(meta, &format!("isVisibleTo{who}")));
    let org_only = flag(meta, "orgOnly");
    match (org_only, sees("CustomerDeployer"), sees("OrgDeployer")) {
        (Some(true), ..) => Some(ManagedBy::Organization),
        (_, Some(true), _) => Some(ManagedBy::Customer),
        // The one combination that means: a program sets it for the customer.
        (Some(false), Some(false), Some(true)) => Some(ManagedBy::Embedded),
        (_, Some(false), _) => Some(ManagedBy::Organization),
        (_, None, _) => None,
    }
}

/// The OAuth scopes that the file asks for, each once.
pub(super) fn scopes(inline: &Inline) -> Vec<String> {
    let named = inline.inputs.iter().find(|input| matches!(fold(&input.name).as_str(), "scopes" | "scope"));
    let Some(value) = named.filter(|input| !input.is_example).and_then(|input| input.value.as_ref()) else {
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let texts: Vec<&str> = match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    texts
        .into_iter()
        .flat_map(|text| text.split(|c: char| c.is_whitespace() || c == ','))
        .filter(|scope| !scope.is_empty() && seen.insert(*scope))
        .map(str::to_owned)
        .collect()
}
