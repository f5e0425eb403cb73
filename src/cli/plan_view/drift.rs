//! A drift report for people.

use crate::cli::plan_view::Look;
use crate::cli::plan_view::MAX_FIELDS;
use crate::cli::plan_view::MAX_OBJECTS;
use crate::cli::plan_view::page::Page;
use crate::cli::plan_view::page::Style;
use crate::cli::plan_view::page::count;
use crate::cli::plan_view::page::value;
use crate::model::sync::Drift;
use crate::model::sync::drift::DriftItem;
use crate::model::sync::drift::DriftState;
use crate::model::sync::drift::LocalDrift;
use crate::model::sync::drift::Verdict;
use crate::model::sync::plan::Kind;

/// How two tenants differ, and what is meant to differ.
#[must_use]
pub fn render_drift(drift: &Drift, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(0, Style::Bold, &format!("Drift: {} and {}", drift.a.name, drift.b.name));
    for (kind, name) in
        [(Kind::Component, "Components"), (Kind::Connection, "Connections"), (Kind::Integration, "Integrations")]
    {
        items(&mut page, drift, kind, name);
    }
    local_values(&mut page, drift);
    page.gap();
    if drift.is_empty {
        page.line(0, Style::Good, "No drift: everything shared is equal.");
    } else {
        let number = count(drift.items.len(), "difference", "differences");
        page.line(0, Style::Bold, &format!("{number} in what is shared."));
        let next = format!("To make {1} follow {0}: keyway sync plan --from {0} --to {1}", drift.a.name, drift.b.name);
        page.line(0, Style::Dim, &next);
    }
    page.finish()
}

fn items(page: &mut Page, drift: &Drift, kind: Kind, name: &str) {
    let of_kind: Vec<&DriftItem> = drift.items.iter().filter(|item| item.kind == kind).collect();
    if of_kind.is_empty() {
        return;
    }
    page.section(&format!("{name} ({})", of_kind.len()));
    let shown = page.look.most(MAX_OBJECTS);
    for item in of_kind.iter().take(shown) {
        match item.state {
            DriftState::OnlyInA => page.item(Style::Bad, "-", &format!("{} (only in {})", item.key, drift.a.name), ""),
            DriftState::OnlyInB => page.item(Style::Good, "+", &format!("{} (only in {})", item.key, drift.b.name), ""),
            DriftState::Different => different(page, drift, item),
        }
    }
    page.more(2, of_kind.len().saturating_sub(shown));
}

fn different(page: &mut Page, drift: &Drift, item: &DriftItem) {
    let what = match &item.other_key {
        Some(other) => format!("{} ({other} in {})", item.key, drift.b.name),
        None => item.key.clone(),
    };
    page.item(Style::Changed, "≠", &what, "");
    let shown = page.look.most(MAX_FIELDS);
    for field in item.fields.iter().take(shown) {
        let side = |side: &Option<serde_json::Value>| side.as_ref().map_or_else(|| "(not set)".to_owned(), value);
        let (a, b) = (side(&field.old), side(&field.new));
        page.line(6, Style::Plain, &format!("{}: {a} in {}, {b} in {}", field.field, drift.a.name, drift.b.name));
    }
    page.more(6, item.fields.len().saturating_sub(shown) + item.more_fields);
}

fn local_values(page: &mut Page, drift: &Drift) {
    let is_told = |local: &&LocalDrift| page.look.is_verbose || local.verdict != Verdict::Equal;
    let told: Vec<&LocalDrift> = drift.local_values.iter().filter(is_told).collect();
    let equal = drift.local_values.len() - told.len();
    if drift.local_values.is_empty() {
        return;
    }
    page.section(&format!(
        "Each tenant's own, meant to differ ({})",
        count(drift.local_values.len(), "value", "values")
    ));
    let shown = page.look.most(MAX_OBJECTS);
    for local in told.iter().take(shown) {
        let verdict = match local.verdict {
            Verdict::Equal => "equal".to_owned(),
            Verdict::Different => "differs".to_owned(),
            Verdict::SetOnlyInA => format!("set only in {}", drift.a.name),
            Verdict::SetOnlyInB => format!("set only in {}", drift.b.name),
            Verdict::Unknown => "cannot be compared".to_owned(),
        };
        let secret = if local.is_secret { " (secret)" } else { "" };
        page.line(2, Style::Plain, &format!("{} / {}{secret}: {verdict}", local.connection, local.input));
    }
    page.more(2, told.len().saturating_sub(shown));
    if equal > 0 {
        page.line(2, Style::Dim, &format!("= {equal} equal"));
    }
}
