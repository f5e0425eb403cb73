//! What is different between two definitions, in words that people use: steps, flows, connections.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::definition::Definition;
use crate::model::definition::outline::Flow;
use crate::model::definition::outline::Form;
use crate::model::definition::outline::Outlined;
use crate::model::definition::outline::outline;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DefinitionChange)]
pub struct Change {
    pub kind: ChangeKind,
    /// The path of a step, the name of a flow or variable, or the field of the file.
    #[schema(example = "Flow 1 / Post")]
    pub what: String,
    /// Before: of a rename the old name, of a switch the old stable key.
    pub before: Option<String>,
    pub after: Option<String>,
    /// Of a changed step: what of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub details: Vec<Detail>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DefinitionChangeKind)]
pub enum ChangeKind {
    FlowAdded,
    FlowRemoved,
    StepAdded,
    StepRemoved,
    /// The step says the same at another place or under another name.
    StepMoved,
    StepChanged,
    ConnectionAdded,
    ConnectionRemoved,
    /// A slot leads to another connection.
    ConnectionSwitched,
    VariableAdded,
    VariableRemoved,
    VariableChanged,
    /// Another field of the file.
    FieldChanged,
}

/// One part of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StepDetail)]
pub struct Detail {
    /// The input's name, or `action`, `description`, `settings`.
    #[schema(example = "message")]
    pub part: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A definition with the stable key of each connection variable.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub definition: &'a Definition,
    pub bindings: &'a BTreeMap<String, String>,
}

const MAX_SHOWN: usize = 2_000;

/// What must be done to the old one to get the new one, as a person would tell it.
#[must_use]
pub fn diff(old: Side<'_>, new: Side<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    fields(old.definition, new.definition, &mut changes);
    variables(old, new, &mut changes);
    let (before, after) = (outline(old.definition), outline(new.definition));
    let names = |flows: &[Flow]| flows.iter().map(|flow| flow.name.clone()).collect::<BTreeSet<_>>();
    let (old_names, new_names) = (names(&before), names(&after));
    let flow =
        |kind, name: &String| Change { kind, what: name.clone(), before: None, after: None, details: Vec::new() };
    changes.extend(old_names.difference(&new_names).map(|name| flow(ChangeKind::FlowRemoved, name)));
    changes.extend(new_names.difference(&old_names).map(|name| flow(ChangeKind::FlowAdded, name)));
    steps((old.definition, &before), (new.definition, &after), &mut changes);
    changes
}

fn shown(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(cut(text))
}

fn cut(text: String) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return text;
    }
    text.chars().take(MAX_SHOWN).chain(['…']).collect()
}

/// Fields at the top, but for those that are told in their own words.
fn fields(old: &Definition, new: &Definition, changes: &mut Vec<Change>) {
    const OWN: [&str; 2] = ["flows", "requiredConfigVars"];
    let (Some(before), Some(after)) = (old.document.as_object(), new.document.as_object()) else { return };
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in after.keys().chain(gone).filter(|name| !OWN.contains(&name.as_str())) {
        let (was, is) = (before.get(name), after.get(name));
        if was != is {
            changes.push(changed(ChangeKind::FieldChanged, name, shown(was), shown(is)));
        }
    }
}

fn changed(kind: ChangeKind, what: &str, before: Option<String>, after: Option<String>) -> Change {
    Change { kind, what: what.to_owned(), before, after, details: Vec::new() }
}

fn variables(old: Side<'_>, new: Side<'_>, changes: &mut Vec<Change>) {
    let listed = |definition: &Definition| -> BTreeMap<String, Value> {
        let list = definition.document.get("requiredConfigVars").and_then(Value::as_array);
        let pair = |entry: &Value| Some((entry.get("key")?.as_str()?.to_owned(), entry.clone()));
        list.into_iter().flatten().filter_map(pair).collect()
    };
    let (before, after) = (listed(old.definition), listed(new.definition));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let is_connection = old.definition.variable(key).or_else(|| new.definition.variable(key)).is_some();
        let (was, is) = (old.bindings.get(key).cloned(), new.bindings.get(key).cloned());
        match (before.get(key), after.get(key)) {
            (None, Some(_)) if is_connection => changes.push(changed(ChangeKind::ConnectionAdded, key, None, is)),
            (None, Some(_)) => changes.push(changed(ChangeKind::VariableAdded, key, None, None)),
            (Some(_), None) if is_connection => changes.push(changed(ChangeKind::ConnectionRemoved, key, was, None)),
            (Some(_), None) => changes.push(changed(ChangeKind::VariableRemoved, key, None, None)),
            (Some(one), Some(other)) => {
                if is_connection && was != is {
                    changes.push(changed(ChangeKind::ConnectionSwitched, key, was, is));
                }
                if one != other {
                    let default = |node: &Value| shown(node.get("defaultValue"));
                    let (was, is) = (default(one), default(other));
                    let (was, is) = if was == is { (None, None) } else { (was, is) };
                    changes.push(changed(ChangeKind::VariableChanged, key, was, is));
                }
            }
            (None, None) => {}
        }
    }
}

/// A step, and all that it says itself: what is inside of it speaks for itself.
struct Node<'a> {
    outlined: &'a Outlined,
    own: Value,
}

type Nodes<'a> = Vec<Node<'a>>;

fn nodes<'a>(definition: &Definition, flows: &'a [Flow]) -> Nodes<'a> {
    let by_path: HashMap<&str, &str> =
        definition.steps.iter().map(|step| (step.path.as_str(), step.pointer.as_str())).collect();
    let own = |outlined: &Outlined| {
        let mut node =
            by_path.get(outlined.path.as_str()).and_then(|pointer| definition.document.pointer(pointer)).cloned();
        if let Some(entries) = node.as_mut().and_then(Value::as_object_mut) {
            entries.shift_remove("steps");
            entries.shift_remove("name");
            for branch in entries.get_mut("branches").and_then(Value::as_array_mut).into_iter().flatten() {
                branch.as_object_mut().map(|branch| branch.shift_remove("steps"));
            }
        }
        node.unwrap_or_default()
    };
    flows.iter().flat_map(|flow| &flow.steps).map(|outlined| Node { outlined, own: own(outlined) }).collect()
}

fn steps((old, before): (&Definition, &[Flow]), (new, after): (&Definition, &[Flow]), changes: &mut Vec<Change>) {
    let (before, after) = (nodes(old, before), nodes(new, after));
    let old_at: HashMap<&str, usize> = places(&before);
    let new_at: HashMap<&str, usize> = places(&after);
    // One that is gone and one that is new are the same when they say the same: it was moved or renamed.
    let mut gone: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, node) in
        before.iter().enumerate().rev().filter(|(_, node)| !new_at.contains_key(node.outlined.path.as_str()))
    {
        gone.entry(node.own.to_string()).or_default().push(at);
    }
    let stay = in_order(&old_at, &after);
    let mut matched = BTreeSet::new();
    for (at, node) in after.iter().enumerate() {
        let path = node.outlined.path.as_str();
        match old_at.get(path) {
            Some(was) => {
                let was = &before[*was];
                let details = details(was, node);
                if !details.is_empty() {
                    changes.push(Change { details, ..changed(ChangeKind::StepChanged, path, None, None) });
                }
                if !stay.contains(&at) {
                    changes.push(changed(ChangeKind::StepMoved, path, None, None));
                }
            }
            None => match gone.get_mut(&node.own.to_string()).and_then(Vec::pop) {
                Some(was) => {
                    matched.insert(was);
                    let was = before[was].outlined.path.clone();
                    changes.push(changed(ChangeKind::StepMoved, path, Some(was), Some(path.to_owned())));
                }
                None => changes.push(changed(ChangeKind::StepAdded, path, None, None)),
            },
        }
    }
    let lost = before
        .iter()
        .enumerate()
        .filter(|(at, node)| !new_at.contains_key(node.outlined.path.as_str()) && !matched.contains(at));
    changes.extend(lost.map(|(_, node)| changed(ChangeKind::StepRemoved, &node.outlined.path, None, None)));
}

fn places<'a>(nodes: &[Node<'a>]) -> HashMap<&'a str, usize> {
    nodes.iter().enumerate().map(|(at, node)| (node.outlined.path.as_str(), at)).collect()
}

fn details(was: &Node<'_>, is: &Node<'_>) -> Vec<Detail> {
    if was.own == is.own {
        return Vec::new();
    }
    let mut details = Vec::new();
    let mut tell = |part: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            details.push(Detail { part: part.to_owned(), before: before.map(cut), after: after.map(cut) });
        }
    };
    let action = |node: &Node<'_>| {
        let of = |part: &Option<String>| part.clone().unwrap_or_default();
        Some(format!("{} {}", of(&node.outlined.component), of(&node.outlined.action)))
    };
    tell("action", action(was), action(is));
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    tell("description", text(&was.outlined.description), text(&is.outlined.description));
    let inputs = |node: &Node<'_>| -> BTreeMap<String, (String, String)> {
        let word = |form: Option<Form>| form.map_or("other", |form| form.as_str()).to_owned();
        node.outlined.inputs.iter().map(|input| (input.name.clone(), (word(input.form), input.text.clone()))).collect()
    };
    let (before, after) = (inputs(was), inputs(is));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (one, other) = (before.get(name), after.get(name));
        if one == other {
            continue;
        }
        let is_other_form = one.map(|one| &one.0) != other.map(|other| &other.0) && one.is_some() && other.is_some();
        let told = |side: Option<&(String, String)>| {
            side.map(|(form, text)| if is_other_form { format!("{form}: {text}") } else { text.clone() })
        };
        tell(name, told(one), told(other));
    }
    if details.is_empty() {
        details.push(Detail { part: "settings".to_owned(), before: None, after: None });
    }
    details
}

/// Of the new steps that were there before: the longest row that stands in the order of before. The others were moved.
fn in_order(old_at: &HashMap<&str, usize>, after: &[Node<'_>]) -> BTreeSet<usize> {
    let row: Vec<(usize, usize)> = after
        .iter()
        .enumerate()
        .filter_map(|(at, node)| Some((at, *old_at.get(node.outlined.path.as_str())?)))
        .collect();
    // `tails[n]`: the place in `row` where the best row of n + 1 ends.
    let mut tails: Vec<usize> = Vec::new();
    let mut before_it: Vec<Option<usize>> = vec![None; row.len()];
    for (place, (_, was)) in row.iter().enumerate() {
        let length = tails.partition_point(|tail| row[*tail].1 < *was);
        before_it[place] = length.checked_sub(1).map(|shorter| tails[shorter]);
        match tails.get_mut(length) {
            Some(tail) => *tail = place,
            None => tails.push(place),
        }
    }
    let mut stay = BTreeSet::new();
    let mut place = tails.last().copied();
    while let Some(at) = place {
        stay.insert(row[at].0);
        place = before_it[at];
    }
    stay
}
