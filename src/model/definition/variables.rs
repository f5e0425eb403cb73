//! `requiredConfigVars`: which are connections, and what a file says of each.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::model::connection::StableKey;
use crate::model::connection::slug_problem;
use crate::model::definition::ConnectionVariable;
use crate::model::definition::VariableKind;
use crate::model::definition::context::Context;
use crate::model::definition::inline;
use crate::model::definition::inline::Reported;
use crate::model::definition::secrets::child;
use crate::model::definition::secrets::is_example;
use crate::model::definition::secrets::is_surely_secret;
use crate::model::names::slug;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml::Node;

/// A configuration variable of any type, before its meaning is read.
pub(super) struct Found<'n> {
    pub key: &'n str,
    pub key_place: Place,
    pub node: &'n Node,
    pub pointer: String,
    pub is_connection: bool,
}

/// All variables with a key; reports those without, and keys used twice.
pub(super) fn find<'n>(context: &mut Context<'_>, root: &'n Node) -> Vec<Found<'n>> {
    let list = root.get("requiredConfigVars");
    if let Some(node) = list.filter(|node| node.describe() == "a mapping") {
        let message = "`requiredConfigVars` must be a list, not a mapping";
        context.report(Problem::error("wrong_shape", node.place, message).help(
            "this is the form of files older than version 7: open the integration where it came from and export it again",
        ));
        return Vec::new();
    }
    let mut first: HashMap<&str, Place> = HashMap::new();
    let mut found = Vec::new();
    for (at, node) in context.list(list, "`requiredConfigVars`").iter().enumerate() {
        let Some(node) = context.map(Some(node), "a variable") else { continue };
        let name = node.get("key");
        let Some(key) = context.name(name, "the `key` of a variable") else {
            if name.is_none_or(|name| {
                name.as_str().is_some_and(|text| text.trim().is_empty()) || name.describe() == "nothing"
            }) {
                let problem = Problem::error("variable_without_key", node.place, "this variable has no `key`");
                context.report(problem.help("steps find a variable by its key: give it one"));
            }
            continue;
        };
        let key_place = name.map_or(node.place, |name| name.place);
        if let Some(first) = first.insert(key, key_place) {
            let message = format!("variable `{key}` stands here twice; the first is on line {}", first.line);
            context.report(
                Problem::error("duplicate_variable", key_place, message).help("keep one of the two, or rename one"),
            );
            continue;
        }
        let is_connection = node.get("dataType").and_then(Node::as_str) == Some("connection")
            || node.get("connection").is_some()
            || node.get("useScopedConfigVar").is_some();
        context.names.insert(key.to_owned());
        if is_connection {
            context.connections.insert(key.to_owned());
        }
        found.push(Found { key, key_place, node, pointer: format!("/requiredConfigVars/{at}"), is_connection });
    }
    found
}

/// Reads one connection variable; `None` when it cannot be one.
pub(super) fn connection(
    context: &mut Context<'_>,
    found: &Found<'_>,
    user_level: &HashSet<&str>,
) -> Option<ConnectionVariable> {
    let node = found.node;
    strays(context, found);
    let inline = inline::read(context, found);
    let scoped = context.name(node.get("useScopedConfigVar"), "`useScopedConfigVar`");
    let kind = match (scoped, inline) {
        (Some(stable_key), _) => {
            check_stable_key(context, found, stable_key);
            VariableKind::Scoped { stable_key: stable_key.to_owned() }
        }
        (None, Ok(Some(inline))) => VariableKind::Inline(inline),
        (None, Ok(None)) => {
            let message =
                format!("connection variable `{}` has neither `connection` nor `useScopedConfigVar`", found.key);
            context.report(Problem::error("no_connection", found.key_place, message).help(
                "say which connection: `connection` with `key` and `component`, or `useScopedConfigVar` with a stable key",
            ));
            return None;
        }
        (None, Err(Reported)) => return None,
    };
    let text = |name: &str| node.get(name).and_then(Node::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let is = |name: &str| node.get(name).and_then(Node::as_bool) == Some(true);
    let required_scopes = match &kind {
        VariableKind::Inline(inline) => inline::scopes(inline),
        VariableKind::Scoped { .. } => Vec::new(),
    };
    Some(ConnectionVariable {
        key: found.key.to_owned(),
        place: found.key_place,
        kind,
        is_org_only: is("orgOnly"),
        is_user_level: is("userLevelConfigured") || user_level.contains(found.key),
        on_premise: text("onPremiseConnectionConfig"),
        description: text("description"),
        required_scopes,
        stable_key_in_file: text("stableKey"),
    })
}

fn check_stable_key(context: &mut Context<'_>, found: &Found<'_>, stable_key: &str) {
    let Some(problem) = slug_problem(stable_key, StableKey::MAX_CHARS) else { return };
    let place = found.node.get("useScopedConfigVar").map_or(found.key_place, |node| node.place);
    let message = format!("`useScopedConfigVar` of variable `{}` is no stable key", found.key);
    context.report(Problem::warning("invalid_stable_key", place, message).help(format!("a stable key {problem}")));
}

/// Secrets in places where no secret belongs: a field that a tool left behind is blanked. A default that looks like a
/// secret stays, because there is no connection to enter it on and the integration would not run without it.
pub(super) fn strays(context: &mut Context<'_>, found: &Found<'_>) {
    if is_surely_secret(&slug(found.key))
        && let Some(node) = found.node.get("defaultValue")
        && !is_example(&node.to_value())
    {
        let message =
            format!("the default of variable `{}` looks like a secret; it stays in the definition", found.key);
        context.report(Problem::warning("secret_default", node.place, message).help(
            "everybody who reads the definition sees it: leave the default empty and set it where it is deployed",
        ));
    }
    for entry in found.node.entries().iter().filter(|entry| entry.key != "inputs") {
        stray(context, found, &entry.value, (&entry.key, &child(&found.pointer, &entry.key)));
    }
}

fn stray(context: &mut Context<'_>, found: &Found<'_>, node: &Node, (name, pointer): (&str, &str)) {
    if is_surely_secret(name) {
        context.blank(node, pointer, || format!("secret field `{name}` of variable `{}` was not kept", found.key));
        return;
    }
    for entry in node.entries() {
        stray(context, found, &entry.value, (&entry.key, &child(pointer, &entry.key)));
    }
}
