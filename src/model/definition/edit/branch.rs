//! Branches of a step follow the conditions that name them: a condition without a branch would lead nowhere.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::definition::outline::text;

/// Taken when no other is; no condition names it.
const ELSE: &str = "Else";

/// The list of conditions or values, whichever the step has.
fn names(inputs: &Map<String, Value>) -> Option<Vec<String>> {
    let list = ["conditions", "branches"].iter().find_map(|name| inputs.get(*name)?.get("value")?.as_array())?;
    let name = |item: &Value| {
        let name = item.get("name")?;
        Some(name.as_str().or_else(|| text(name, "value"))?.trim().to_owned()).filter(|name| !name.is_empty())
    };
    list.iter().map(name).collect()
}

/// Renames, adds and removes branches after the inputs of a step changed. One that holds steps is never removed.
pub(super) fn follow(node: &mut Map<String, Value>, before: Option<&Value>) {
    let inputs = node.get("inputs").and_then(Value::as_object);
    let (Some(wanted), Some(was)) = (inputs.and_then(names), before.and_then(Value::as_object).and_then(names)) else {
        return;
    };
    if wanted == was {
        return;
    }
    let Some(branches) = node.get_mut("branches").and_then(Value::as_array_mut) else { return };
    let is_named = |branch: &Value, name: &str| text(branch, "name") == Some(name);
    if wanted.len() == was.len() {
        for (old, new) in was.iter().zip(&wanted).filter(|(old, new)| old != new) {
            let is_taken = branches.iter().any(|branch| is_named(branch, new));
            if let Some(branch) = branches.iter_mut().find(|branch| is_named(branch, old)).filter(|_| !is_taken) {
                branch["name"] = new.as_str().into();
            }
        }
    }
    for name in &wanted {
        if !branches.iter().any(|branch| is_named(branch, name)) {
            let last = branches.iter().position(|branch| is_named(branch, ELSE)).unwrap_or(branches.len());
            branches.insert(last, json!({ "name": name, "steps": [] }));
        }
    }
    branches.retain(|branch| {
        let is_wanted =
            text(branch, "name").is_none_or(|name| name == ELSE || wanted.iter().any(|known| known == name));
        is_wanted || branch.get("steps").and_then(Value::as_array).is_some_and(|steps| !steps.is_empty())
    });
}
