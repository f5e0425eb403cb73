//! A plan, a drift report and a result as a person reads a diff. Pure: types in, text out.

use crate::cli::plan_view::page::Page;
use crate::cli::plan_view::page::Style;
use crate::cli::plan_view::page::count;
use crate::cli::plan_view::page::value;
use crate::model::component::ManagedBy;
use crate::model::sync::OnMissing;
use crate::model::sync::Plan;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::FieldChange;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Outcome;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::ReferenceOutcome;
use crate::model::sync::plan::Side;
use crate::model::sync::plan::Todo;

pub use drift::render_drift;

mod drift;
mod page;

/// Lists of plain names longer than this are cut, unless everything is asked for.
const MAX_NAMES: usize = 10;
/// Changed fields shown per object, unless everything is asked for.
const MAX_FIELDS: usize = 8;
/// Objects shown per kind and section, unless everything is asked for.
const MAX_OBJECTS: usize = 50;

/// How a report is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub is_colored: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Everything, nothing collapsed.
    pub is_verbose: bool,
}

impl Look {
    fn most(self, limit: usize) -> usize {
        if self.is_verbose { usize::MAX } else { limit }
    }
}

/// The plan before it is applied, ending with what to type next.
#[must_use]
pub fn render(plan: &Plan, look: Look) -> String {
    let mut page = Page::new(look);
    title(&mut page, "Sync plan", plan);
    changes(&mut page, plan);
    references(&mut page, plan);
    blockers(&mut page, plan);
    warnings(&mut page, plan);
    differences(&mut page, plan);
    left_alone(&mut page, plan);
    todo(&mut page, "After the sync somebody must:", &plan.todo);
    page.gap();
    page.line(0, Style::Bold, &summary(plan));
    page.line(0, Style::Dim, &next(plan));
    page.finish()
}

/// What an apply did: short, then what is left for people to do.
#[must_use]
pub fn render_result(plan: &Plan, look: Look) -> String {
    let mut page = Page::new(look);
    match plan.outcome() {
        Outcome::Blocked => {
            page.line(0, Style::Bad, &format!("Nothing was written to {}: the plan is blocked.", plan.target.name));
            blockers(&mut page, plan);
        }
        Outcome::Nothing => {
            let message =
                format!("{} already has what {} would bring. Nothing was written.", plan.target.name, plan.source.name);
            page.line(0, Style::Good, &message);
        }
        Outcome::Changes => {
            let message = format!("{} now follows {}: {}.", plan.target.name, plan.source.name, tally(plan));
            page.line(0, Style::Good, &message);
            warnings(&mut page, plan);
            todo(&mut page, "Now somebody must:", &plan.todo);
            page.gap();
            let undo = format!("To take it back: keyway sync rollback --tenant {}", plan.target.name);
            page.line(0, Style::Dim, &undo);
        }
    }
    page.finish()
}

fn title(page: &mut Page, what: &str, plan: &Plan) {
    let revision = |revision: Option<i64>| revision.map_or_else(String::new, |number| format!(" (revision {number})"));
    let production = if plan.target.is_production { ", production" } else { "" };
    let (source, target) = (&plan.source, &plan.target);
    page.line(
        0,
        Style::Bold,
        &format!(
            "{what}: {}{} -> {}{}{production}",
            source.name,
            revision(source.revision),
            target.name,
            revision(target.revision)
        ),
    );
}

fn mark(action: Action) -> (&'static str, Style) {
    match action {
        Action::Create | Action::Placeholder => ("+", Style::Good),
        Action::Update | Action::Rename => ("~", Style::Changed),
        Action::Delete => ("-", Style::Bad),
    }
}

fn changes(page: &mut Page, plan: &Plan) {
    for (kind, name) in
        [(Kind::Component, "Components"), (Kind::Connection, "Connections"), (Kind::Integration, "Integrations")]
    {
        let of_kind: Vec<&Change> = plan.changes.iter().filter(|change| change.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        page.section(&format!("{name} ({})", of_kind.len()));
        let shown = page.look.most(MAX_OBJECTS);
        for one in of_kind.iter().take(shown) {
            change(page, one);
        }
        page.more(2, of_kind.len().saturating_sub(shown));
    }
}

fn change(page: &mut Page, change: &Change) {
    let (sign, style) = mark(change.action);
    let what = match (change.action, &change.new_key) {
        (Action::Rename, Some(new)) => format!("{} -> {new}", change.key),
        (Action::Placeholder, _) => format!("{} (to be filled in)", change.key),
        _ => change.key.clone(),
    };
    page.item(style, sign, &what, &change.reason);
    match change.action {
        Action::Create | Action::Placeholder => page.new_fields(&change.fields),
        _ => fields(page, &change.fields, change.more_fields),
    }
}

/// `field: old -> new`, one per line.
fn fields(page: &mut Page, fields: &[FieldChange], more: usize) {
    let shown = page.look.most(MAX_FIELDS);
    for field in fields.iter().take(shown) {
        let text = match (&field.old, &field.new) {
            (Some(old), Some(new)) => format!("{}: {} -> {}", field.field, value(old), value(new)),
            (None, Some(new)) => format!("{}: added {}", field.field, value(new)),
            (Some(old), None) => format!("{}: removed {}", field.field, value(old)),
            (None, None) => field.field.clone(),
        };
        page.line(6, Style::Plain, &text);
    }
    page.more(6, fields.len().saturating_sub(shown) + more);
}

fn references(page: &mut Page, plan: &Plan) {
    if plan.references.is_empty() {
        return;
    }
    page.section(&format!("Connections that integrations use ({})", count(plan.references.len(), "slot", "slots")));
    let is_told = |reference: &&Reference| page.look.is_verbose || reference.outcome != ReferenceOutcome::Matched;
    let told: Vec<&Reference> = plan.references.iter().filter(is_told).collect();
    let matched = plan.references.len() - told.len();
    if matched > 0 {
        page.line(2, Style::Plain, &format!("= {matched} matched by stable key"));
    }
    let shown = page.look.most(MAX_OBJECTS);
    for reference in told.iter().take(shown) {
        one_reference(page, reference);
    }
    page.more(2, told.len().saturating_sub(shown));
}

fn one_reference(page: &mut Page, reference: &Reference) {
    let (sign, style) = match reference.outcome {
        _ if reference.is_blocking => ("!", Style::Bad),
        ReferenceOutcome::Placeholder => ("+", Style::Good),
        ReferenceOutcome::Matched => ("=", Style::Plain),
        _ => ("~", Style::Changed),
    };
    let key = reference.source_key.as_deref().unwrap_or("(none)");
    let to = match reference.target_key.as_deref() {
        Some(target) if target != key => format!("{key} -> {target}"),
        Some(_) => key.to_owned(),
        None => format!("{key} -> ?"),
    };
    let what = format!("{} / {}: {to}", reference.integration, reference.slot);
    page.item(style, sign, &what, reference.reason.as_deref().unwrap_or(""));
}

fn uses(used_by: &[String], uses: usize, look: Look) -> String {
    let shown = look.most(3).min(used_by.len());
    let names = used_by[..shown].join(", ");
    match uses - shown {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

fn blockers(page: &mut Page, plan: &Plan) {
    if plan.blockers.is_empty() {
        return;
    }
    page.section(&format!("Blocked by ({})", plan.blockers.len()));
    let shown = page.look.most(MAX_OBJECTS);
    for blocker in plan.blockers.iter().take(shown) {
        page.item(Style::Bad, "!", &blocker.message, "");
        if blocker.uses > 0 {
            page.line(6, Style::Dim, &format!("used by {}", uses(&blocker.used_by, blocker.uses, page.look)));
        }
        page.line(6, Style::Plain, &format!("what to do: {}", blocker.advice));
    }
    page.more(2, plan.blockers.len().saturating_sub(shown));
}

fn warnings(page: &mut Page, plan: &Plan) {
    if plan.warnings.is_empty() {
        return;
    }
    page.section(&format!("Worth a look ({})", plan.warnings.len()));
    let shown = page.look.most(MAX_OBJECTS);
    for warning in plan.warnings.iter().take(shown) {
        let used_by = match warning.uses {
            0 => String::new(),
            _ => format!("used by {}", uses(&warning.used_by, warning.uses, page.look)),
        };
        page.item(Style::Changed, "?", &format!("{} {}", warning.subject, warning.message), &used_by);
    }
    page.more(2, plan.warnings.len().saturating_sub(shown));
}

fn differences(page: &mut Page, plan: &Plan) {
    let Some(first) = plan.differences.first() else { return };
    page.section(&format!("Different, and left as they are in {} ({})", plan.target.name, plan.differences.len()));
    page.line(2, Style::Dim, &format!("Each {}.", first.reason));
    let shown = page.look.most(MAX_OBJECTS);
    for difference in plan.differences.iter().take(shown) {
        page.item(Style::Plain, "≠", &difference.target_key, "");
        for field in &difference.fields {
            let side = |side: &Option<serde_json::Value>| side.as_ref().map_or_else(|| "(not set)".to_owned(), value);
            let text =
                format!("{}: {} here, {} in {}", field.field, side(&field.old), side(&field.new), plan.source.name);
            page.line(6, Style::Plain, &text);
        }
    }
    page.more(2, plan.differences.len().saturating_sub(shown));
}

fn left_alone(page: &mut Page, plan: &Plan) {
    let groups = [
        (Side::Source, format!("Only in {}, and used by no integration: not copied", plan.source.name)),
        (Side::Target, format!("Only in {}: stays", plan.target.name)),
    ];
    for (side, name) in groups {
        let of_side: Vec<&LeftAlone> = plan.left_alone.iter().filter(|left| left.side == side).collect();
        if of_side.is_empty() {
            continue;
        }
        page.section(&format!("{name} ({})", of_side.len()));
        let shown = page.look.most(MAX_NAMES);
        for left in of_side.iter().take(shown) {
            page.line(2, Style::Dim, &format!("{} {}", left.kind.as_str(), left.key));
        }
        page.more(2, of_side.len().saturating_sub(shown));
    }
}

fn todo(page: &mut Page, heading: &str, todo: &[Todo]) {
    if todo.is_empty() {
        return;
    }
    page.section(heading);
    let shown = page.look.most(MAX_OBJECTS);
    for one in todo.iter().take(shown) {
        page.item(Style::Plain, "*", &format!("{}: {}", one.connection, one.message), "");
        for (who, name) in [
            (ManagedBy::Organization, "you"),
            (ManagedBy::Customer, "each customer"),
            (ManagedBy::Embedded, "your program"),
        ] {
            let inputs: Vec<String> = one
                .inputs
                .iter()
                .filter(|input| input.who == who)
                .map(|input| if input.is_secret { format!("{} (secret)", input.input) } else { input.input.clone() })
                .collect();
            if !inputs.is_empty() {
                page.line(6, Style::Plain, &format!("{name}: {}", inputs.join(", ")));
            }
        }
    }
    page.more(2, todo.len().saturating_sub(shown));
}

/// `1 connection created to be filled in, 2 integrations updated`.
fn tally(plan: &Plan) -> String {
    let kinds = [
        (Kind::Component, "component", "components"),
        (Kind::Connection, "connection", "connections"),
        (Kind::Integration, "integration", "integrations"),
    ];
    let actions = [
        (Action::Create, "created"),
        (Action::Placeholder, "created to be filled in"),
        (Action::Rename, "renamed"),
        (Action::Update, "updated"),
        (Action::Delete, "deleted"),
    ];
    let mut parts = Vec::new();
    for (kind, one, many) in kinds {
        for (action, word) in actions {
            let number = plan.changes.iter().filter(|change| change.kind == kind && change.action == action).count();
            if number > 0 {
                parts.push(format!("{} {word}", count(number, one, many)));
            }
        }
    }
    parts.join(", ")
}

fn summary(plan: &Plan) -> String {
    let unchanged = match plan.summary.unchanged_integrations {
        0 => String::new(),
        number => format!("; {} unchanged", count(number, "integration", "integrations")),
    };
    match plan.outcome() {
        Outcome::Nothing => format!("Nothing to do{unchanged}."),
        Outcome::Changes => format!("Plan: {}{unchanged}.", tally(plan)),
        Outcome::Blocked => {
            let blockers = count(plan.blockers.len(), "problem", "problems");
            let would = if plan.changes.is_empty() {
                String::new()
            } else {
                format!(" It would be: {}{unchanged}.", tally(plan))
            };
            format!("Blocked by {blockers}; nothing can be written.{would}")
        }
    }
}

fn next(plan: &Plan) -> String {
    match plan.outcome() {
        Outcome::Nothing => format!("{} already has what {} would bring.", plan.target.name, plan.source.name),
        Outcome::Changes => format!("To do this: keyway sync apply {}", flags(plan)),
        Outcome::Blocked => format!("Solve the above, then: keyway sync plan {}", flags(plan)),
    }
}

/// The flags that made this plan.
fn flags(plan: &Plan) -> String {
    let policy = &plan.policy;
    let mut flags = format!("--from {} --to {}", plan.source.name, plan.target.name);
    if policy.on_missing == OnMissing::Placeholder {
        flags.push_str(" --on-missing placeholder");
    }
    for (old, new) in &policy.map {
        flags.push_str(&format!(" --map {old}={new}"));
    }
    for (is_set, flag) in [
        (policy.prune, " --prune"),
        (policy.update_connections, " --update-connections"),
        (policy.overwrite_drafts, " --overwrite-drafts"),
        (policy.allow_quarantine, " --allow-quarantine"),
    ] {
        if is_set {
            flags.push_str(flag);
        }
    }
    flags
}

#[cfg(test)]
mod tests;
