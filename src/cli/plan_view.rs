//! A plan, a drift report and a result as a person reads a diff. Pure: types in, text out.

use crate::cli::plan_view::changes::changes;
use crate::cli::plan_view::page::Page;
use crate::cli::plan_view::page::Style;
use crate::cli::plan_view::page::count;
use crate::cli::plan_view::page::value;
use crate::model::component::ManagedBy;
use crate::model::sync::OnMissing;
use crate::model::sync::Plan;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Blocker;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Outcome;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::ReferenceOutcome;
use crate::model::sync::plan::Side;
use crate::model::sync::plan::Todo;

pub use drift::render_drift;

mod changes;
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
    let mut page = body(plan, look);
    page.line(0, Style::Dim, &next(plan));
    page.finish()
}

/// The same before a question, which says itself what comes next.
#[must_use]
pub fn render_to_ask(plan: &Plan, look: Look) -> String {
    body(plan, look).finish()
}

fn body(plan: &Plan, look: Look) -> Page {
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
    page
}

/// What an apply did: short, then what is left for people to do. `next`: commands that may follow, when it did something.
#[must_use]
pub fn render_result(plan: &Plan, next: &[String], look: Look) -> String {
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
            for line in next {
                page.line(0, Style::Dim, line);
            }
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

fn references(page: &mut Page, plan: &Plan) {
    if plan.references.is_empty() {
        return;
    }
    page.section(&format!("Connections that integrations use ({})", count(plan.references.len(), "slot", "slots")));
    let is_told = |reference: &&Reference| {
        let is_counted = matches!(
            reference.outcome,
            ReferenceOutcome::Matched
                | ReferenceOutcome::Placeholder
                | ReferenceOutcome::Missing
                | ReferenceOutcome::Unbound
        );
        page.look.is_verbose || !is_counted
    };
    let (told, counted): (Vec<&Reference>, Vec<&Reference>) = plan.references.iter().partition(is_told);
    for (outcome, sign, style, what) in [
        (ReferenceOutcome::Matched, "=", Style::Plain, "matched by stable key"),
        (ReferenceOutcome::Placeholder, "+", Style::Good, "use a connection that is made, to be filled in"),
        (ReferenceOutcome::Missing, "!", Style::Bad, "find no connection"),
        (ReferenceOutcome::Unbound, "!", Style::Bad, "have no connection in the source"),
    ] {
        let number = counted.iter().filter(|reference| reference.outcome == outcome).count();
        if number > 0 {
            page.line(2, style, &format!("{sign} {number} {what}"));
        }
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
    // What helps against many is said once.
    let mut groups: Vec<(&str, Vec<&Blocker>)> = Vec::new();
    for blocker in plan.blockers.iter().take(shown) {
        match groups.iter_mut().find(|(advice, _)| *advice == blocker.advice) {
            Some((_, group)) => group.push(blocker),
            None => groups.push((&blocker.advice, vec![blocker])),
        }
    }
    for (advice, group) in groups {
        for blocker in group {
            let used_by = match blocker.uses {
                0 => String::new(),
                _ => format!("used by {}", uses(&blocker.used_by, blocker.uses, page.look)),
            };
            page.item(Style::Bad, "!", &blocker.message, &used_by);
        }
        page.line(4, Style::Bold, &format!("what to do: {advice}"));
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
                // A component itself is the deployment's: what changes is the version that the tenant uses.
                let word = if (kind, action) == (Kind::Component, Action::Create) { "pinned" } else { word };
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
        Outcome::Blocked => {
            let only_missing = plan.blockers.iter().all(|blocker| blocker.code == BlockerCode::MissingConnection);
            let again = flags(plan);
            match only_missing && plan.policy.on_missing == OnMissing::Fail {
                true => {
                    format!("To have them made, to be filled in: keyway sync plan {again} --on-missing placeholder")
                }
                false => format!("Solve the above, then: keyway sync plan {again}"),
            }
        }
    }
}

/// As a shell takes it for one word.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The flags that made this plan.
fn flags(plan: &Plan) -> String {
    let policy = &plan.policy;
    let mut flags = format!("--from {} --to {}", word(&plan.source.name), word(&plan.target.name));
    if policy.on_missing == OnMissing::Placeholder {
        flags.push_str(" --on-missing placeholder");
    }
    for (old, new) in &policy.map {
        flags.push_str(&format!(" --map {}", word(&format!("{old}={new}"))));
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
