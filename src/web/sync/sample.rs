//! Plans and a drift for samples of pages; whatever can be hostile is.

use crate::model::component::ManagedBy;
use crate::model::sync::Drift;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::drift::DriftItem;
use crate::model::sync::drift::DriftState;
use crate::model::sync::drift::LocalDrift;
use crate::model::sync::drift::Verdict;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Blocker;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::End;
use crate::model::sync::plan::FieldChange;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Outcome;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::ReferenceOutcome;
use crate::model::sync::plan::Side;
use crate::model::sync::plan::Summary;
use crate::model::sync::plan::Todo;
use crate::model::sync::plan::TodoCode;
use crate::model::sync::plan::TodoInput;
use crate::model::sync::plan::Warning;
use crate::model::sync::plan::WarningCode;

const HOSTILE: &str = "<script>alert(1)</script>";

fn end(name: &str) -> End {
    End { name: name.to_owned(), revision: Some(3), is_production: false }
}

#[must_use]
pub fn nothing() -> Plan {
    Plan {
        source: end("prod"),
        target: end("dev"),
        policy: Policy::default(),
        outcome: Outcome::Nothing,
        summary: Summary { unchanged_integrations: 12_345, ..Summary::default() },
        changes: Vec::new(),
        references: Vec::new(),
        blockers: Vec::new(),
        warnings: Vec::new(),
        differences: Vec::new(),
        left_alone: Vec::new(),
        todo: Vec::new(),
        hash: "sha256:2c26b46b".to_owned(),
    }
}

fn field(name: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
    FieldChange { field: name.to_owned(), old: old.map(Into::into), new: new.map(Into::into) }
}

fn change(kind: Kind, action: Action, fields: Vec<FieldChange>) -> Change {
    Change {
        kind,
        key: "orders".to_owned(),
        action,
        new_key: (action == Action::Rename).then(|| HOSTILE.to_owned()),
        fields,
        more_fields: 0,
        reason: HOSTILE.to_owned(),
        digest: None,
    }
}

#[must_use]
pub fn changes() -> Plan {
    let fields = vec![
        field("inputs.region.value", Some("eu"), Some(HOSTILE)),
        field("label", None, Some("new")),
        field("description", Some("gone"), None),
    ];
    let todo = Todo {
        code: TodoCode::FillPlaceholder,
        connection: HOSTILE.to_owned(),
        message: HOSTILE.to_owned(),
        inputs: vec![TodoInput { input: "api_key".to_owned(), who: ManagedBy::Organization, is_secret: true }],
    };
    let warning = Warning {
        code: WarningCode::NoTestCredential,
        subject: HOSTILE.to_owned(),
        message: "has no test credential".to_owned(),
        used_by: vec!["orders/Erp".to_owned()],
        uses: 4,
    };
    let left = |side| LeftAlone { kind: Kind::Connection, key: HOSTILE.to_owned(), side };
    Plan {
        outcome: Outcome::Changes,
        summary: Summary { created: 1, updated: 1, renamed: 1, deleted: 1, warnings: 1, ..Summary::default() },
        changes: vec![
            change(Kind::Connection, Action::Placeholder, vec![field("component", None, Some("slack"))]),
            change(Kind::Connection, Action::Rename, Vec::new()),
            Change { more_fields: 7, ..change(Kind::Integration, Action::Update, fields) },
            change(Kind::Integration, Action::Delete, Vec::new()),
        ],
        warnings: vec![warning],
        left_alone: vec![left(Side::Source), left(Side::Target)],
        todo: vec![todo],
        ..nothing()
    }
}

#[must_use]
pub fn blocked() -> Plan {
    let reference = |outcome, is_blocking: bool| Reference {
        integration: "orders".to_owned(),
        slot: HOSTILE.to_owned(),
        source_key: Some("slack-oauth2".to_owned()),
        target_key: (!is_blocking).then(|| "slack-eu".to_owned()),
        outcome,
        is_blocking,
        reason: Some(HOSTILE.to_owned()),
        advice: Some(HOSTILE.to_owned()),
    };
    let blocker = |code| Blocker {
        code,
        subject: HOSTILE.to_owned(),
        message: HOSTILE.to_owned(),
        advice: HOSTILE.to_owned(),
        used_by: vec![HOSTILE.to_owned()],
        uses: 9,
    };
    Plan {
        outcome: Outcome::Blocked,
        summary: Summary { blockers: 2, references: 2, blocked_references: 1, ..Summary::default() },
        references: vec![reference(ReferenceOutcome::ByAlias, false), reference(ReferenceOutcome::Missing, true)],
        blockers: vec![blocker(BlockerCode::MissingConnection), blocker(BlockerCode::EditedDraft)],
        ..nothing()
    }
}

#[must_use]
pub fn drift() -> Drift {
    let item = |key: &str, state, fields| DriftItem {
        kind: Kind::Connection,
        key: key.to_owned(),
        other_key: Some(HOSTILE.to_owned()),
        state,
        fields,
        more_fields: 2,
    };
    let local = |is_secret: bool, verdict| LocalDrift {
        connection: HOSTILE.to_owned(),
        input: "client_secret".to_owned(),
        is_secret,
        verdict,
    };
    Drift {
        a: end("prod"),
        b: end("dev"),
        is_empty: false,
        items: vec![
            item(HOSTILE, DriftState::OnlyInA, Vec::new()),
            item("slack", DriftState::Different, vec![field("label", Some("a"), Some(HOSTILE))]),
        ],
        local_values: vec![local(true, Verdict::Different), local(false, Verdict::Equal)],
    }
}
