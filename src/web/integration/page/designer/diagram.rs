//! A flow as rows of a diagram: steps, and where lists inside of steps begin and end. Flat, so that no file is nested too
//! deep for it.

use serde::Serialize;

use crate::app::integration::design::SlotConnection;
use crate::model::definition::outline::Flow;
use crate::model::definition::outline::Outlined;
use crate::web::integration::page::designer::Making;
use crate::web::integration::page::readiness_word;

/// One row; of the first four exactly one is true.
#[derive(Serialize, Default)]
pub(super) struct Row {
    pub is_step: bool,
    pub ends_step: bool,
    pub begins_lane: bool,
    pub ends_lane: bool,
    /// Of a lane: its branch; of a step: its name.
    pub name: Option<String>,
    pub path: String,
    pub url: String,
    pub component: String,
    pub mark: String,
    pub action: String,
    pub is_trigger: bool,
    pub is_current: bool,
    pub is_logic: bool,
    /// `loop`, `branch` or `bolt`.
    pub icon: &'static str,
    pub has_broken: bool,
    pub can_move: bool,
    pub connections: Vec<UsedConnection>,
    /// At the end of a step: behind it; in a lane: at its beginning.
    pub add_url: Option<String>,
    pub branch: String,
}

/// A connection that a step uses.
#[derive(Serialize, Clone)]
pub(super) struct UsedConnection {
    pub input: String,
    pub variable: String,
    pub label: String,
    pub stable_key: Option<String>,
    pub state: &'static str,
    pub tone: &'static str,
    pub switch_url: String,
    pub open_url: Option<String>,
    pub needs_test: bool,
}

pub(super) fn rows(making: &Making<'_>, flow: &Flow) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut at = 0;
    // What is open: lanes that are still to come of each step around, and the end of each.
    let mut open: Vec<Level> = vec![Level { step: None, next_lane: 0 }];
    loop {
        let next = flow.steps.get(at);
        let parent = next.and_then(|step| step.parent.as_deref());
        let Some(level) = open.last_mut() else { break };
        let here = level.step.map(|step| step.path.as_str());
        let lanes = level.step.map(|step| step.lanes.as_slice()).unwrap_or_default();
        if let Some(step) = next.filter(|_| parent == here) {
            let lane = lanes.get(level.next_lane.wrapping_sub(1));
            let is_in_lane = level.step.is_none() || lane.is_some_and(|lane| lane.branch == step.branch);
            if is_in_lane {
                rows.push(row(making, step));
                open.push(Level { step: Some(step), next_lane: 0 });
                at += 1;
                continue;
            }
        }
        if let Some(owner) = level.step {
            if level.next_lane > 0 && level.next_lane <= lanes.len() {
                rows.push(Row { ends_lane: true, ..Row::default() });
            }
            if let Some(lane) = lanes.get(level.next_lane) {
                rows.push(lane_row(making, owner, lane.branch, lane.name.clone()));
                level.next_lane += 1;
                continue;
            }
            rows.push(end_row(making, owner));
        }
        open.pop();
    }
    rows
}

struct Level<'a> {
    step: Option<&'a Outlined>,
    next_lane: usize,
}

/// The end of a step, where the next one is added.
fn end_row(making: &Making<'_>, step: &Outlined) -> Row {
    let add = [("flow", making.flow()), ("add", "after"), ("at", step.path.as_str())];
    let add_url = making.head.may_write.then(|| making.url(&add));
    let name = Some(step.name.clone());
    Row { ends_step: true, add_url, name, path: step.path.clone(), ..Row::default() }
}

fn lane_row(making: &Making<'_>, owner: &Outlined, branch: Option<usize>, name: Option<String>) -> Row {
    let branch = branch.map(|at| at.to_string()).unwrap_or_default();
    let pairs = [("flow", making.flow()), ("add", "inside"), ("at", owner.path.as_str()), ("branch", branch.as_str())];
    let add_url = making.head.may_write.then(|| making.url(&pairs));
    Row { begins_lane: true, name, add_url, path: owner.path.clone(), branch, ..Row::default() }
}

fn row(making: &Making<'_>, step: &Outlined) -> Row {
    let component = step.component.as_deref().unwrap_or_default();
    let action = step.action.as_deref().unwrap_or_default();
    let is_logic = matches!(
        component,
        "loop" | "branch" | "code" | "schedule-triggers" | "webhook-triggers" | "management-triggers"
    );
    let is_broken = |path: &str| making.design.broken_references.iter().any(|found| found.path == path);
    Row {
        is_step: true,
        name: Some(step.name.clone()),
        path: step.path.clone(),
        url: making.url(&[("flow", making.flow()), ("step", &step.path)]),
        component: making.known.label(component),
        mark: component.to_owned(),
        action: making.known.action_label(component, action),
        is_trigger: step.is_trigger,
        is_current: making.asked.step == step.path,
        is_logic,
        icon: match component {
            "loop" => "loop",
            "branch" => "branch",
            "schedule-triggers" => "clock",
            _ => "bolt",
        },
        has_broken: is_broken(&step.path),
        can_move: making.head.may_write && !step.is_trigger,
        connections: connections(making, step),
        ..Row::default()
    }
}

/// What a step uses, in the order of its inputs.
pub(super) fn connections(making: &Making<'_>, step: &Outlined) -> Vec<UsedConnection> {
    let uses = step.uses.iter().map(|wanted| {
        let slot = making.design.connections.iter().find(|slot| slot.slot.variable == wanted.variable);
        used(making, step, &wanted.input, (&wanted.variable, slot))
    });
    uses.collect()
}

fn used(
    making: &Making<'_>,
    step: &Outlined,
    input: &str,
    (variable, slot): (&str, Option<&SlotConnection>),
) -> UsedConnection {
    let switch_url = making.url(&[("flow", making.flow()), ("step", &step.path), ("switch", input)]);
    let bound = slot.and_then(|slot| slot.connection.as_ref());
    let (state, tone) = bound.map_or(("Not connected", "bad"), |bound| readiness_word(bound.status));
    UsedConnection {
        input: input.to_owned(),
        variable: variable.to_owned(),
        label: bound.map_or_else(
            || if variable.is_empty() { "No connection".to_owned() } else { variable.to_owned() },
            |bound| bound.label.clone(),
        ),
        stable_key: slot.and_then(|slot| slot.slot.stable_key.clone()),
        state,
        tone,
        switch_url,
        open_url: bound.map(|bound| making.visit.url(&format!("/connections/{}", bound.stable_key))),
        needs_test: bound.is_some_and(|bound| !bound.has_test_credential),
    }
}
