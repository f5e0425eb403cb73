//! Integrations as people read them.

use crate::app::integration::SlotView;
use crate::app::integration::edit::SwitchReport;
use crate::app::integration::show::IntegrationSummary;
use crate::app::integration::show::IntegrationView;
use crate::app::integration::show::StepView;
use crate::app::integration::show::VersionView;
use crate::cli::integration::numbered;
use crate::cli::output::Face;
use crate::cli::output::Tone;
use crate::cli::table::Cell;
use crate::cli::table::fields;
use crate::cli::table::moment;
use crate::cli::table::or_dash;
use crate::cli::table::table;
use crate::cli::table::toned;
use crate::model::integration::SlotState;

pub(super) fn list(integrations: &[IntegrationSummary], face: Face) -> String {
    let rows = integrations.iter().map(|integration| {
        [
            toned(&integration.key, Tone::Strong),
            Cell::from(&integration.name),
            state(integration),
            or_dash(integration.draft_edited_by.as_deref()),
            moment(integration.updated_at).into(),
        ]
    });
    table(face, ["KEY", "NAME", "STATE", "DRAFT EDITED BY", "CHANGED (UTC)"], rows)
}

fn state(integration: &IntegrationSummary) -> Cell {
    match integration.published_number {
        0 => toned("draft", Tone::Dim),
        number => toned(format!("published, {}", numbered(number)), Tone::Good),
    }
}

pub(super) fn one(view: &IntegrationView, face: Face) -> String {
    let changes = match (view.number, view.has_unpublished_changes) {
        (0, true) if view.summary.published_number > 0 => toned("changed since it was published", Tone::Warning),
        (0, true) => toned("never published", Tone::Dim),
        _ => toned("as published", Tone::Dim),
    };
    let mut text = fields(
        face,
        [
            ("key", toned(&view.summary.key, Tone::Strong)),
            ("name", Cell::from(&view.summary.name)),
            ("state", state(&view.summary)),
            ("draft", changes),
            ("changed", moment(view.summary.updated_at).into()),
        ],
    );
    if !view.slots.is_empty() {
        text.push('\n');
        text.push_str(&table(face, ["SLOT", "CONNECTION", "COMPONENT · TYPE", "STATE"], view.slots.iter().map(slot)));
    }
    if !view.steps.is_empty() {
        text.push('\n');
        text.push_str(&table(face, ["STEP", "USES", "DOES"], view.steps.iter().map(step)));
    }
    text
}

fn slot(slot: &SlotView) -> [Cell; 4] {
    let kind = [slot.component.as_deref(), slot.connection_type.as_deref()];
    let kind: Vec<&str> = kind.into_iter().flatten().collect();
    let state = match slot.state {
        SlotState::Bound if slot.is_rebound => toned("bound by hand", Tone::Good),
        SlotState::Bound => toned("bound", Tone::Good),
        SlotState::Missing => toned("its connection is not here", Tone::Bad),
        SlotState::Unbound => toned("no connection chosen", Tone::Bad),
        SlotState::UnknownComponent => toned("its component is not known here", Tone::Bad),
    };
    [
        Cell::from(&slot.variable),
        or_dash(slot.stable_key.as_deref()),
        or_dash((!kind.is_empty()).then(|| kind.join(" · "))),
        state,
    ]
}

fn step(step: &StepView) -> [Cell; 3] {
    let uses: Vec<String> = step.connections.iter().map(|(input, variable)| format!("{variable} ({input})")).collect();
    let does = [step.component.as_deref(), step.action.as_deref()];
    let does: Vec<&str> = does.into_iter().flatten().collect();
    [Cell::from(&step.path), uses.join(", ").into(), toned(does.join(" · "), Tone::Dim)]
}

pub(super) fn versions(versions: &[VersionView], face: Face) -> String {
    let rows = versions.iter().map(|version| {
        let digest: String = version.digest.trim_start_matches("sha256:").chars().take(12).collect();
        [
            toned(numbered(version.number), Tone::Strong),
            moment(version.created_at).into(),
            Cell::from(&version.created_by),
            toned(digest, Tone::Dim),
        ]
    });
    table(face, ["VERSION", "MADE (UTC)", "BY", "DIGEST"], rows)
}

pub(super) fn switched(report: &SwitchReport, face: Face) -> String {
    if report.changes.is_empty() {
        return String::new();
    }
    let rows = report.changes.iter().map(|change| {
        [
            Cell::from(&change.path),
            Cell::from(&change.input),
            or_dash(change.before.as_deref()),
            toned(&change.after, Tone::Good),
        ]
    });
    table(face, ["STEP", "INPUT", "BEFORE", "AFTER"], rows)
}
