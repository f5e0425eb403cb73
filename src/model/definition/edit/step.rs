//! Steps: adding, changing, moving, removing.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::model::definition::Definition;
use crate::model::definition::Step;
use crate::model::definition::edit::EditError;
use crate::model::definition::edit::Edited;
use crate::model::definition::edit::InputText;
use crate::model::definition::edit::NewStep;
use crate::model::definition::edit::Result;
use crate::model::definition::edit::Spot;
use crate::model::definition::edit::branch;
use crate::model::definition::edit::checked_name;
use crate::model::definition::edit::find;
use crate::model::definition::edit::input;
use crate::model::definition::edit::place;
use crate::model::definition::outline::flow_of;
use crate::model::definition::reference;
use crate::model::names::camel;
use crate::model::test_run::scope::loose;

pub(super) fn add(definition: &Definition, at: &Spot, new: &NewStep) -> Result<Edited> {
    let place = place::resolve(definition, at)?;
    if place.at == 0 && starts_with_trigger(definition, &place.list) {
        return Err(place::before_trigger());
    }
    let flow = flow_of(&place.list);
    let name = match &new.name {
        Some(name) => free_name(definition, flow, checked_name(name, "the step")?, None)?.to_owned(),
        None => numbered(definition, flow, &words(&new.action)),
    };
    let mut inputs = match (new.component.as_str(), new.action.as_str()) {
        ("branch", _) => json!({ "conditions": { "type": "complex", "value": [
            { "name": "Yes", "type": "complex", "value": ["and", ["equal", { "type": "value", "value": "" }, { "type": "value", "value": "" }]] },
        ] } }),
        _ => json!({}),
    };
    let connection_input = new.connection.as_ref().map(|_| connection_input(definition, &new.component));
    if let Some(inputs) = inputs.as_object_mut() {
        if let Some(name) = &connection_input {
            inputs.insert(name.clone(), json!({ "type": "configVar", "value": "" }));
        }
        for (name, typed) in &new.inputs {
            input::write(definition, inputs, (name, typed))?;
        }
    }
    let mut node = json!({
        "name": name,
        "description": "",
        "action": { "key": camel(&new.action), "component": { "key": new.component, "version": "LATEST", "isPublic": true } },
        "inputs": inputs,
    });
    match new.component.as_str() {
        "loop" => node["steps"] = json!([]),
        "branch" => node["branches"] = json!([{ "name": "Yes", "steps": [] }, { "name": "Else", "steps": [] }]),
        _ => {}
    }
    let mut document = definition.document.clone();
    place::insert(&mut document, &place, node)?;
    let pointer = place::settle(&mut document);
    Ok(Edited { connection_input, ..Edited::new(document, pointer) })
}

pub(super) fn change(
    definition: &Definition,
    path: &str,
    name: Option<&str>,
    inputs: &BTreeMap<String, InputText>,
) -> Result<Edited> {
    let step = find(definition, path)?;
    let mut document = definition.document.clone();
    if let Some(name) = name.map(str::trim).filter(|name| *name != step.name) {
        let name = free_name(definition, flow_of(&step.pointer), checked_name(name, "the step")?, Some(step))?;
        rename(definition, &mut document, step, name);
    }
    let node = document.pointer_mut(&step.pointer).and_then(Value::as_object_mut);
    if let Some(node) = node.filter(|_| !inputs.is_empty()) {
        let before = node.get("inputs").cloned();
        let listed = node.entry("inputs").or_insert_with(|| json!({}));
        if listed.is_null() {
            *listed = json!({});
        }
        let listed = listed.as_object_mut();
        let listed =
            listed.ok_or_else(|| EditError::new("no_such_place", "the inputs of this step cannot be written"))?;
        for (name, typed) in inputs {
            // References in what was typed are as they were seen: by the old name.
            input::write(definition, listed, (name, typed))?;
        }
        branch::follow(node, before.as_ref());
    }
    Ok(Edited::new(document, Some(step.pointer.clone())))
}

/// Gives the step its name, and lets follow what refers to it.
fn rename(definition: &Definition, document: &mut Value, step: &Step, name: &str) {
    let flow = flow_of(&step.pointer);
    let same = definition
        .steps
        .iter()
        .filter(|other| flow_of(&other.pointer) == flow && loose(&other.name) == loose(&step.name));
    // Of two with one name nobody can say which is meant.
    if same.count() == 1 && loose(name) != loose(&step.name) {
        let inside = |pointer: &str| flow_of(pointer) == flow;
        for found in reference::all(definition).iter().filter(|found| inside(&found.pointer)) {
            if let Some(text) = found.renamed(&step.name, &camel(name))
                && let Some(place) = document.pointer_mut(&found.pointer)
            {
                *place = Value::String(text);
            }
        }
    }
    if let Some(node) = document.pointer_mut(&step.pointer).and_then(Value::as_object_mut) {
        node.insert("name".to_owned(), name.into());
    }
}

pub(super) fn relocate(definition: &Definition, path: &str, to: &Spot) -> Result<Edited> {
    let step = find(definition, path)?;
    let place = place::resolve(definition, to)?;
    if step.is_trigger || (place.at == 0 && starts_with_trigger(definition, &place.list)) {
        return Err(place::before_trigger());
    }
    if flow_of(&place.list) != flow_of(&step.pointer) {
        return Err(EditError::new(
            "other_flow",
            "a step stays in its flow: steps of the other one do not know its results",
        ));
    }
    if format!("{}/", place.list).starts_with(&format!("{}/", step.pointer)) {
        return Err(EditError::new("inside_itself", "a step cannot be moved inside of itself"));
    }
    let mut document = definition.document.clone();
    if let Some(node) = place::take(&mut document, &step.pointer) {
        place::insert(&mut document, &place, node)?;
    }
    let pointer = place::settle(&mut document);
    Ok(Edited::new(document, pointer))
}

pub(super) fn remove(definition: &Definition, path: &str) -> Result<Edited> {
    let step = find(definition, path)?;
    let mut document = definition.document.clone();
    place::take(&mut document, &step.pointer);
    place::settle(&mut document);
    Ok(Edited::new(document, None))
}

fn starts_with_trigger(definition: &Definition, list: &str) -> bool {
    let first = format!("{list}/0");
    definition.steps.iter().any(|step| step.is_trigger && step.pointer == first)
}

/// Refuses a name under which references would find another step of the flow.
fn free_name<'n>(definition: &Definition, flow: Option<usize>, name: &'n str, own: Option<&Step>) -> Result<&'n str> {
    let is_other = |step: &&Step| own.is_none_or(|own| own.pointer != step.pointer);
    let mut others = definition.steps.iter().filter(is_other).filter(|step| flow_of(&step.pointer) == flow);
    match others.find(|step| loose(&step.name) == loose(name)) {
        Some(other) => {
            let message = format!("the step `{}` of this flow has this name; give it another one", other.path);
            Err(EditError::new("name_taken", message).of("name"))
        }
        None => Ok(name),
    }
}

/// `Post Message`, or `Post Message 2` when there is one.
fn numbered(definition: &Definition, flow: Option<usize>, name: &str) -> String {
    let mut number = 1;
    loop {
        let candidate = if number == 1 { name.to_owned() } else { format!("{name} {number}") };
        if free_name(definition, flow, &candidate, None).is_ok() {
            return candidate;
        }
        number += 1;
    }
}

/// `post_message` as `Post Message`.
fn words(action: &str) -> String {
    let parts = action.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    let name = parts.map(capital).collect::<Vec<_>>().join(" ");
    if name.is_empty() { "Step".to_owned() } else { name }
}

/// What other steps of the component call the input that takes their connection.
fn connection_input(definition: &Definition, component: &str) -> String {
    let same = definition.steps.iter().filter(|step| step.component.as_deref() == Some(component));
    let used = same.flat_map(|step| &step.connections).find(|used| !used.input.contains(['.', '[']));
    used.map_or_else(|| "connection".to_owned(), |used| used.input.clone())
}
