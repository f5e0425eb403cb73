//! What steps say of each other: references to results of earlier steps, in inputs and in templates.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::definition::Definition;
use crate::model::definition::Step;
use crate::model::definition::outline::flow_of;
use crate::model::definition::secrets::child;
use crate::model::test_run::scope::loose;

/// A step that refers to another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = StepReference)]
pub struct Reference {
    /// Path of the step that refers.
    #[schema(example = "Flow 1 / Post")]
    pub path: String,
    /// The input that holds it.
    #[schema(example = "message")]
    pub input: String,
    /// As it is written: `listFiles.results`.
    #[schema(example = "listFiles.results[0].name")]
    pub text: String,
}

/// A text of the document that refers to results.
pub(super) struct Found {
    pub reference: Reference,
    /// The flow of the step that refers.
    flow: Option<usize>,
    /// Of that step: its place among all steps.
    at: usize,
    /// JSON pointer to the text.
    pub pointer: String,
    pub is_template: bool,
}

/// Every text that refers to results, in order of the steps.
pub(super) fn all(definition: &Definition) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, step) in definition.steps.iter().enumerate() {
        let pointer = child(&step.pointer, "inputs");
        let inputs = definition.document.pointer(&pointer).and_then(Value::as_object);
        for (name, node) in inputs.into_iter().flatten() {
            let of = (at, step, name.as_str());
            collect(node, child(&pointer, name), of, &mut found);
        }
    }
    found
}

fn collect(node: &Value, pointer: String, (at, step, name): (usize, &Step, &str), found: &mut Vec<Found>) {
    let mut left = vec![(node, pointer)];
    while let Some((node, pointer)) = left.pop() {
        match node {
            Value::Array(items) => {
                left.extend(items.iter().enumerate().map(|(at, item)| (item, format!("{pointer}/{at}"))));
            }
            Value::Object(entries) => {
                let kind = entries.get("type").and_then(Value::as_str);
                if let (Some(kind @ ("reference" | "template")), Some(Value::String(text))) =
                    (kind, entries.get("value"))
                {
                    let reference = Reference { path: step.path.clone(), input: name.to_owned(), text: text.clone() };
                    let (flow, pointer) = (flow_of(&step.pointer), child(&pointer, "value"));
                    found.push(Found { reference, flow, at, pointer, is_template: kind == "template" });
                }
                left.extend(entries.iter().map(|(key, item)| (item, child(&pointer, key))));
            }
            _ => {}
        }
    }
}

impl Found {
    /// The names of steps in it, each as it is written.
    fn names(&self) -> Vec<&str> {
        let text = self.reference.text.as_str();
        let parts: Vec<&str> =
            if self.is_template { holes(text).map(|(_, inside)| inside).collect() } else { vec![text] };
        parts.into_iter().map(first).filter(|name| !name.is_empty()).collect()
    }

    fn refers_to(&self, name: &str) -> bool {
        self.names().iter().any(|written| loose(written) == name)
    }

    /// The text with another name in the place of a step's; `None`: it does not refer to it.
    pub(super) fn renamed(&self, from: &str, to: &str) -> Option<String> {
        if !self.refers_to(&loose(from)) {
            return None;
        }
        let text = self.reference.text.as_str();
        let is_it = |inside: &str| loose(first(inside)) == loose(from);
        if !self.is_template {
            return Some(text.replacen(first(text), to, 1));
        }
        let mut out = String::new();
        let mut end = 0;
        for (at, inside) in holes(text) {
            out.push_str(&text[end..at]);
            out.push_str(&if is_it(inside) { inside.replacen(first(inside), to, 1) } else { inside.to_owned() });
            end = at + inside.len();
        }
        out.push_str(&text[end..]);
        Some(out)
    }
}

/// What stands between braces and is no variable, with where it begins.
fn holes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + text[end..].find("{{")? + 2;
        let length = text[start..].find("}}")?;
        end = start + length;
        Some((start, &text[start..end]))
    })
    .filter(|(_, inside)| !inside.trim_start().starts_with('#'))
}

/// The name that a reference begins with.
fn first(text: &str) -> &str {
    let text = text.trim_start().trim_start_matches('$');
    text.split(['.', '[', ']', ' ', '}']).next().unwrap_or_default()
}

/// The steps that refer to one of these steps and are none of them.
#[must_use]
pub fn referring(definition: &Definition, path: &str) -> Vec<Reference> {
    let Some(step) = definition.steps.iter().find(|step| step.path == path) else { return Vec::new() };
    let inside = format!("{}/", step.pointer);
    let is_within = |other: &Step| other.pointer == step.pointer || other.pointer.starts_with(&inside);
    let mut names: Vec<String> =
        definition.steps.iter().filter(|other| is_within(other)).map(|other| loose(&other.name)).collect();
    if step.is_trigger {
        names.push("trigger".to_owned());
    }
    let flow = flow_of(&step.pointer);
    let found = all(definition).into_iter().filter(|found| {
        let from = &definition.steps[found.at];
        found.flow == flow && !is_within(from) && names.iter().any(|name| found.refers_to(name))
    });
    found.map(|found| found.reference).collect()
}

/// References to steps that are not there, or come later.
#[must_use]
pub fn broken(definition: &Definition) -> Vec<Reference> {
    let mut first_at: HashMap<(Option<usize>, String), usize> = HashMap::new();
    for (at, step) in definition.steps.iter().enumerate() {
        let flow = flow_of(&step.pointer);
        first_at.entry((flow, loose(&step.name))).or_insert(at);
        if step.is_trigger {
            first_at.entry((flow, "trigger".to_owned())).or_insert(at);
        }
    }
    let variables: Vec<String> = variables(definition);
    let is_broken = |found: &Found, name: &str| {
        let name = loose(name);
        let is_there = first_at.get(&(found.flow, name.clone())).is_some_and(|at| *at < found.at);
        !(is_there || found.is_template && variables.contains(&name))
    };
    let found = all(definition).into_iter().filter(|found| found.names().iter().any(|name| is_broken(found, name)));
    found.map(|found| found.reference).collect()
}

fn variables(definition: &Definition) -> Vec<String> {
    let listed = definition.document.get("requiredConfigVars").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(|variable| variable.get("key")?.as_str()).map(loose).collect()
}
