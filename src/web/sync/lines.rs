//! One change, one reference, one value of a plan, in words.

use serde::Serialize;
use serde_json::Value;

use crate::model::sync::plan::Action;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::FieldChange;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::ReferenceOutcome;

/// Longest value that is shown, in characters.
const MAX_VALUE: usize = 240;
/// Changed fields that are shown without a click.
const OPEN: usize = 8;

#[derive(Serialize)]
pub struct ChangeOnPage {
    /// Above the first of each kind.
    pub heading: Option<&'static str>,
    pub sign: &'static str,
    pub action: &'static str,
    pub tone: &'static str,
    pub key: String,
    pub new_key: Option<String>,
    pub reason: String,
    pub fields: Vec<FieldOnPage>,
    pub field_count: usize,
    pub more_fields: usize,
    pub is_new: bool,
    pub is_open: bool,
}

/// One field on both sides.
#[derive(Serialize)]
pub struct FieldOnPage {
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

#[derive(Serialize)]
pub struct ReferenceOnPage {
    pub integration: String,
    pub slot: String,
    pub source_key: Option<String>,
    pub target_key: Option<String>,
    pub is_other_key: bool,
    pub outcome: &'static str,
    pub tone: &'static str,
    pub reason: Option<String>,
    pub advice: Option<String>,
}

/// Renames are updates to those who filter, placeholders are made.
#[must_use]
pub fn word(action: Action) -> &'static str {
    match action {
        Action::Create | Action::Placeholder => "create",
        Action::Rename | Action::Update => "update",
        Action::Delete => "delete",
    }
}

#[must_use]
pub fn heading(kind: Kind) -> &'static str {
    match kind {
        Kind::Component => "Components",
        Kind::Connection => "Connections",
        Kind::Integration => "Integrations",
    }
}

/// The first few, and how many more.
#[must_use]
pub fn used_by(names: &[String], uses: usize) -> String {
    let shown = names.len().min(3);
    match uses.saturating_sub(shown) {
        0 => names[..shown].join(", "),
        more => format!("{} and {more} more", names[..shown].join(", ")),
    }
}

/// A value in words, not longer than can be read.
#[must_use]
pub fn value(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        Value::Bool(is_on) => if *is_on { "on" } else { "off" }.to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl From<&FieldChange> for FieldOnPage {
    fn from(field: &FieldChange) -> Self {
        // The way to a value is told shorter than the model tells it.
        let name = field.field.strip_suffix(".value").unwrap_or(&field.field).replacen("inputs.", "", 1);
        Self { name, old: field.old.as_ref().map(value), new: field.new.as_ref().map(value) }
    }
}

impl ChangeOnPage {
    #[must_use]
    pub fn of(change: &Change) -> Self {
        let (sign, action, tone) = match change.action {
            Action::Create => ("+", "Create", "good"),
            Action::Placeholder => ("+", "Placeholder", "good"),
            Action::Rename => ("~", "Rename", "accent"),
            Action::Update => ("~", "Update", "accent"),
            Action::Delete => ("−", "Delete", "bad"),
        };
        let is_new = matches!(change.action, Action::Create | Action::Placeholder);
        Self {
            heading: None,
            sign,
            action,
            tone,
            key: change.key.clone(),
            new_key: change.new_key.clone(),
            reason: change.reason.clone(),
            field_count: change.fields.len() + change.more_fields,
            fields: change.fields.iter().map(FieldOnPage::from).collect(),
            more_fields: change.more_fields,
            is_new,
            is_open: !is_new && change.fields.len() <= OPEN,
        }
    }

    #[must_use]
    pub fn of_difference(difference: &crate::model::sync::plan::Difference) -> Self {
        Self {
            heading: None,
            sign: "≠",
            action: "Stays",
            tone: "",
            key: difference.target_key.clone(),
            new_key: None,
            reason: difference.reason.clone(),
            field_count: difference.fields.len(),
            fields: difference.fields.iter().map(FieldOnPage::from).collect(),
            more_fields: 0,
            is_new: false,
            is_open: difference.fields.len() <= OPEN,
        }
    }
}

impl ReferenceOnPage {
    #[must_use]
    pub fn of(reference: &Reference) -> Self {
        let outcome = match reference.outcome {
            ReferenceOutcome::Matched => "Matched by stable key",
            ReferenceOutcome::ByAlias => "Found by an alias",
            ReferenceOutcome::Mapped => "Mapped",
            ReferenceOutcome::Placeholder => "Placeholder",
            ReferenceOutcome::Missing => "Missing",
            ReferenceOutcome::Ambiguous => "Several candidates",
            ReferenceOutcome::WrongComponent => "Another component",
            ReferenceOutcome::WrongType => "Another connection type",
            ReferenceOutcome::WrongScope => "Another scope",
            ReferenceOutcome::Unbound => "None in the source",
        };
        let tone = match reference.outcome {
            _ if reference.is_blocking => "bad",
            ReferenceOutcome::Matched => "good",
            _ => "warn",
        };
        Self {
            integration: reference.integration.clone(),
            slot: reference.slot.clone(),
            is_other_key: reference.target_key.is_some() && reference.source_key != reference.target_key,
            source_key: reference.source_key.clone(),
            target_key: reference.target_key.clone(),
            outcome,
            tone,
            reason: reference.reason.clone(),
            advice: reference.advice.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_at_characters() {
        assert_eq!(value(&"ü".repeat(300).into()).chars().count(), MAX_VALUE + 1);
        assert_eq!(value(&serde_json::json!({ "a": 1 })), r#"{"a":1}"#);
        assert_eq!((value(&true.into()), value(&Value::Null)), ("on".to_owned(), "none".to_owned()));
    }

    #[test]
    fn many_uses_are_counted() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!((used_by(&names, 9), used_by(&names[..1], 1)), ("a, b, c and 6 more".to_owned(), "a".to_owned()));
    }
}
