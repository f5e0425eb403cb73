//! What a plan would change: something new in a line each, something changed field by field.

use crate::cli::plan_view::MAX_FIELDS;
use crate::cli::plan_view::MAX_OBJECTS;
use crate::cli::plan_view::page::Page;
use crate::cli::plan_view::page::Style;
use crate::cli::plan_view::page::value;
use crate::model::sync::Plan;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::FieldChange;
use crate::model::sync::plan::Kind;

fn mark(action: Action) -> (&'static str, Style) {
    match action {
        Action::Create | Action::Placeholder => ("+", Style::Good),
        Action::Update | Action::Rename => ("~", Style::Changed),
        Action::Delete => ("-", Style::Bad),
    }
}

pub(super) fn changes(page: &mut Page, plan: &Plan) {
    for (kind, name) in
        [(Kind::Component, "Components"), (Kind::Connection, "Connections"), (Kind::Integration, "Integrations")]
    {
        let of_kind: Vec<&Change> = plan.changes.iter().filter(|change| change.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        page.section(&format!("{name} ({})", of_kind.len()));
        let told = if kind == Kind::Component && !page.look.is_verbose {
            new_components(page, &of_kind, &plan.source.name)
        } else {
            of_kind
        };
        let shown = page.look.most(MAX_OBJECTS);
        for one in told.iter().take(shown) {
            change(page, one);
        }
        page.more(2, told.len().saturating_sub(shown));
    }
}

/// All new ones in one go; the others are left to be told.
fn new_components<'c>(page: &mut Page, changes: &[&'c Change], source: &str) -> Vec<&'c Change> {
    let (new, other): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|change| change.action == Action::Create);
    let names = new.iter().map(|change| match new_value(change, "version") {
        Some(version) => format!("{} {version}", change.key),
        None => change.key.clone(),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    if !names.is_empty() {
        page.item(Style::Good, "+", &names, &format!("in the versions that {source} uses"));
    }
    other
}

fn change(page: &mut Page, change: &Change) {
    let (sign, style) = mark(change.action);
    let what = match (change.action, &change.new_key) {
        (Action::Rename, Some(new)) => format!("{} -> {new}", change.key),
        (Action::Placeholder, _) => format!("{} (to be filled in)", change.key),
        _ => change.key.clone(),
    };
    let is_new = matches!(change.action, Action::Create | Action::Placeholder);
    if is_new && !page.look.is_verbose {
        page.item(style, sign, &format!("{what}{}", gist(change)), "");
        let values = values(change);
        if !values.is_empty() {
            page.line(6, Style::Dim, &format!("with {values}"));
        }
        return;
    }
    page.item(style, sign, &what, &change.reason);
    match is_new {
        true => page.new_fields(&change.fields),
        false => fields(page, &change.fields, change.more_fields),
    }
}

fn new_value(change: &Change, field: &str) -> Option<String> {
    change.fields.iter().find(|one| one.field == field)?.new.as_ref().map(value)
}

/// What something new is, in a few words.
fn gist(change: &Change) -> String {
    let field = |name| new_value(change, name);
    let parts: Vec<String> = match change.kind {
        Kind::Connection => {
            let kind =
                field("component").zip(field("connection_type")).map(|(component, kind)| format!("{component} {kind}"));
            kind.into_iter().chain(field("scope").map(|scope| format!("scope {scope}"))).collect()
        }
        _ => ["name", "state"].into_iter().filter_map(field).collect(),
    };
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// The shared values that a new connection gets.
fn values(change: &Change) -> String {
    let told = change.fields.iter().filter_map(|field| {
        let input = field.field.strip_prefix("inputs.")?.strip_suffix(".value")?;
        Some(format!("{input}: {}", value(field.new.as_ref()?)))
    });
    told.collect::<Vec<_>>().join(", ")
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
