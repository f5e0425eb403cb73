//! The plan of a copy: a folder follows its source in everything, so nothing is matched, missing or filled in there.

use crate::model::sync::Policy;
use crate::model::sync::SourceState;
use crate::model::sync::drift::DriftState;
use crate::model::sync::drift::Party;
use crate::model::sync::drift::drift;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::End;
use crate::model::sync::plan::FieldChange;
use crate::model::sync::plan::Plan;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::ReferenceOutcome;
use crate::model::sync::snapshot::Snapshot;

/// What making `target` (called `name`) equal to the source would change.
#[must_use]
pub fn mirror(source: &SourceState, name: &str, target: &Snapshot) -> Plan {
    let a = Party { name: &source.name, revision: source.revision, snapshot: &source.snapshot, values: None };
    let differences = drift(a, Party { name, revision: None, snapshot: target, values: None });
    let changes = differences.items.into_iter().map(|item| {
        let (action, reason) = match item.state {
            DriftState::OnlyInA => (Action::Create, format!("{name} has none")),
            DriftState::OnlyInB => (Action::Delete, format!("{} has none any more", source.name)),
            DriftState::Different => (Action::Update, format!("differs from {}", source.name)),
        };
        let fields = item.fields.into_iter().map(|field| FieldChange { old: field.new, new: field.old, ..field });
        Change {
            kind: item.kind,
            key: item.other_key.unwrap_or(item.key),
            action,
            new_key: None,
            fields: fields.collect(),
            more_fields: item.more_fields,
            reason,
            digest: None,
        }
    });
    let mut changes: Vec<Change> = changes.collect();
    changes.sort_by_key(|change| change.action == Action::Delete);
    let integrations = &source.snapshot.integrations;
    let unchanged = integrations.iter().filter(|(key, content)| target.integrations.get(*key) == Some(content)).count();
    let mut plan = Plan {
        source: End { name: source.name.clone(), revision: source.revision, is_production: false },
        target: End { name: name.to_owned(), revision: None, is_production: false },
        policy: Policy::default(),
        outcome: Default::default(),
        summary: Default::default(),
        changes,
        references: references(&source.snapshot),
        blockers: Vec::new(),
        warnings: Vec::new(),
        differences: Vec::new(),
        left_alone: Vec::new(),
        todo: Vec::new(),
        hash: String::new(),
    };
    plan.finish(unchanged);
    plan
}

fn references(snapshot: &Snapshot) -> Vec<Reference> {
    let slots =
        snapshot.integrations.iter().flat_map(|(key, content)| content.slots.iter().map(move |slot| (key, slot)));
    slots
        .map(|(integration, (slot, content))| Reference {
            integration: integration.clone(),
            slot: slot.clone(),
            source_key: content.stable_key.clone(),
            target_key: content.stable_key.clone(),
            outcome: if content.stable_key.is_some() { ReferenceOutcome::Matched } else { ReferenceOutcome::Unbound },
            is_blocking: false,
            reason: None,
            advice: None,
        })
        .collect()
}
