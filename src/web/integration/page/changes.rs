//! Differences between definitions, line by line, as people read them.

use serde::Serialize;

use crate::model::definition::diff::Change;
use crate::model::definition::diff::ChangeKind;
use crate::model::definition::diff::Detail;

/// One line.
#[derive(Serialize)]
pub struct ChangeLine {
    /// `Step added`
    what: &'static str,
    /// `good`, `bad`, `warn`, or nothing.
    tone: &'static str,
    name: String,
    before: Option<String>,
    after: Option<String>,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<&Change> for ChangeLine {
    fn from(change: &Change) -> Self {
        let (what, tone) = match change.kind {
            ChangeKind::FlowAdded => ("Flow added", "good"),
            ChangeKind::FlowRemoved => ("Flow removed", "bad"),
            ChangeKind::StepAdded => ("Step added", "good"),
            ChangeKind::StepRemoved => ("Step removed", "bad"),
            ChangeKind::StepMoved if change.before.is_some() => ("Step renamed or moved", "accent"),
            ChangeKind::StepMoved => ("Step moved", "accent"),
            ChangeKind::StepChanged => ("Step changed", "warn"),
            ChangeKind::ConnectionAdded => ("Connection added", "good"),
            ChangeKind::ConnectionRemoved => ("Connection removed", "bad"),
            ChangeKind::ConnectionSwitched => ("Connection switched", "warn"),
            ChangeKind::VariableAdded => ("Variable added", "good"),
            ChangeKind::VariableRemoved => ("Variable removed", "bad"),
            ChangeKind::VariableChanged => ("Variable changed", "warn"),
            ChangeKind::FieldChanged => ("Field changed", "warn"),
        };
        // A step that was renamed says its new name already.
        let after = change.after.clone().filter(|after| *after != change.what);
        let part = |detail: &Detail| Part {
            name: detail.part.clone(),
            before: detail.before.clone(),
            after: detail.after.clone(),
        };
        let parts = change.details.iter().map(part).collect();
        Self { what, tone, name: change.what.clone(), before: change.before.clone(), after, parts }
    }
}

impl ChangeLine {
    /// For samples of pages.
    #[must_use]
    pub fn samples(text: &str) -> Vec<Self> {
        let part = Part { name: "message".to_owned(), before: Some(text.to_owned()), after: None };
        let line = |what, tone, before: Option<&str>, parts| Self {
            what,
            tone,
            name: text.to_owned(),
            before: before.map(str::to_owned),
            after: Some(text.to_owned()),
            parts,
        };
        vec![
            line("Step changed", "warn", None, vec![part]),
            line("Connection switched", "warn", Some("slack"), Vec::new()),
        ]
    }
}
