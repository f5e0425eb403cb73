//! Places of steps in a document: finding the list that a spot means, and moving nodes without losing their places.

use serde_json::Value;

use crate::model::definition::Definition;
use crate::model::definition::Step;
use crate::model::definition::edit::EditError;
use crate::model::definition::edit::Result;
use crate::model::definition::edit::Spot;
use crate::model::definition::edit::find;
use crate::model::definition::outline::list_of;
use crate::model::definition::outline::outline;

/// A list of steps and an index in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// JSON pointer to the list; it may not be there yet.
    pub list: String,
    pub at: usize,
}

/// Keys that no file has: they mark nodes while one operation is under way.
const GONE: &str = "\0gone";
const HERE: &str = "\0here";

/// Where a spot is.
pub(super) fn resolve(definition: &Definition, spot: &Spot) -> Result<Place> {
    let beside = |path: &str, by: usize| {
        let step = find(definition, path)?;
        let (list, at) = list_of(&step.pointer).ok_or_else(|| no_place(path))?;
        Ok(Place { list: list.to_owned(), at: at + by })
    };
    match spot {
        Spot::After(path) => beside(path, 1),
        Spot::Before(path) if find(definition, path)?.is_trigger => Err(before_trigger()),
        Spot::Before(path) => beside(path, 0),
        Spot::Flow(name) => {
            let at = flow_at(definition, name)?;
            let list = format!("/flows/{at}/steps");
            let at = definition.document.pointer(&list).and_then(Value::as_array).map_or(0, Vec::len);
            Ok(Place { list, at })
        }
        Spot::Inside { path, branch } => inside(find(definition, path)?, definition, *branch),
    }
}

fn inside(step: &Step, definition: &Definition, branch: Option<usize>) -> Result<Place> {
    let node = definition.document.pointer(&step.pointer);
    let list = match branch {
        Some(at) => {
            let has_it = node.and_then(|node| node.get("branches")?.get(at)).is_some_and(Value::is_object);
            has_it.then(|| format!("{}/branches/{at}/steps", step.pointer))
        }
        None => {
            let is_loop = step.component.as_deref() == Some("loop");
            let has_steps = node.and_then(|node| node.get("steps")).is_some_and(Value::is_array);
            (is_loop || has_steps).then(|| format!("{}/steps", step.pointer))
        }
    };
    list.map(|list| Place { list, at: 0 }).ok_or_else(|| no_place(&step.path))
}

fn no_place(path: &str) -> EditError {
    EditError::new("no_such_place", format!("`{path}` has no such place for steps inside of it"))
}

pub(super) fn before_trigger() -> EditError {
    EditError::new("trigger_first", "the trigger is the first step of its flow")
}

/// The place of a flow among the flows, by its name as the outline gives it.
pub(super) fn flow_at(definition: &Definition, name: &str) -> Result<usize> {
    let found = outline(definition).iter().position(|flow| flow.name == name);
    found.ok_or_else(|| EditError::new("no_such_flow", format!("the integration has no flow `{name}`")))
}

/// Puts a node there.
pub(super) fn insert(document: &mut Value, place: &Place, mut node: Value) -> Result<()> {
    if let Some(entries) = node.as_object_mut() {
        entries.insert(HERE.to_owned(), Value::Bool(true));
    }
    let (owner, _) = place.list.rsplit_once('/').unwrap_or_default();
    let owner = document.pointer_mut(owner).and_then(Value::as_object_mut);
    let owner = owner.ok_or_else(|| EditError::new("no_such_place", "there is no such place for a step"))?;
    let list = owner.entry("steps").or_insert_with(|| Value::Array(Vec::new()));
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let list =
        list.as_array_mut().ok_or_else(|| EditError::new("no_such_place", "there is no such place for a step"))?;
    list.insert(place.at.min(list.len()), node);
    Ok(())
}

/// Takes a node, and leaves a mark in its place: all other pointers go on to mean what they meant.
pub(super) fn take(document: &mut Value, pointer: &str) -> Option<Value> {
    let mark = serde_json::json!({ GONE: true });
    document.pointer_mut(pointer).map(|node| std::mem::replace(node, mark))
}

/// Drops the marks. Answers where the node is now that was put in.
pub(super) fn settle(document: &mut Value) -> Option<String> {
    let mut here = None;
    for (at, flow) in document.get_mut("flows").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        settle_in(flow, &format!("/flows/{at}"), &mut here);
    }
    here
}

fn settle_in(owner: &mut Value, pointer: &str, here: &mut Option<String>) {
    let Some(list) = owner.get_mut("steps").and_then(Value::as_array_mut) else { return };
    if list.iter().any(|node| node.get(GONE).is_some()) {
        list.retain(|node| node.get(GONE).is_none());
    }
    for (at, node) in list.iter_mut().enumerate() {
        let pointer = format!("{pointer}/steps/{at}");
        if let Some(entries) = node.as_object_mut().filter(|entries| entries.contains_key(HERE)) {
            entries.shift_remove(HERE);
            *here = Some(pointer.clone());
        }
        settle_in(node, &pointer, here);
        let branches = node.get_mut("branches").and_then(Value::as_array_mut);
        for (at, branch) in branches.into_iter().flatten().enumerate() {
            settle_in(branch, &format!("{pointer}/branches/{at}"), here);
        }
    }
}
