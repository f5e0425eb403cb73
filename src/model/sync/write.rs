//! A plan as typed writes, in dependency order, and what they do to a state in memory: the reference for the store.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::model::sync::ConnectionFacts;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::model::sync::matching::KeyIndex;
use crate::model::sync::matching::Matching;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::Outcome;
use crate::model::sync::plan::Plan;
use crate::model::sync::plan::Reference;
use crate::model::sync::snapshot::ConnectionContent;
use crate::model::sync::snapshot::IntegrationContent;
use crate::model::sync::snapshot::Pin;
use crate::model::sync::snapshot::Snapshot;
use crate::model::sync::snapshot::canonical_json;
use crate::model::sync::snapshot::digest_of;
use crate::model::sync::snapshot::sort_keys;

/// One write to the target. To be done in the order given, all or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub enum Write {
    /// The tenant uses this version of the component from now on.
    PinComponent {
        key: String,
        pin: Pin,
    },
    /// Only in a rollback.
    UnpinComponent {
        key: String,
    },
    /// A connection without local values and credentials.
    CreatePlaceholder {
        key: String,
        content: ConnectionContent,
    },
    /// `from` becomes an alias; whatever is bound to the connection stays bound.
    RenameConnection {
        from: String,
        to: String,
    },
    /// Shared global values; `None` clears. `key` is the one after renames.
    UpdateConnection {
        key: String,
        values: BTreeMap<String, Option<Value>>,
    },
    /// Only in a rollback: the connection is again exactly `content`. `from` is its key now; absent when it was
    /// deleted, and then its kept secrets and credentials come back too. `wanted_by`: slots (integration, variable) that
    /// named `from` when nothing had that key, and name it again.
    RestoreConnection {
        from: Option<String>,
        key: String,
        content: ConnectionContent,
        wanted_by: BTreeSet<(String, String)>,
    },
    /// Creates or replaces the published version, or the draft, as `content.is_published` says. Slots name current keys.
    PutIntegration {
        key: String,
        content: IntegrationContent,
    },
    DeleteIntegration {
        key: String,
    },
    /// Its secrets and credentials are kept sealed, so that a rollback can bring them back.
    DeleteConnection {
        key: String,
    },
}

impl Plan {
    /// The writes of this plan, for the very states it was made from. None when it is blocked.
    #[must_use]
    pub fn writes(&self, source: &SourceState, target: &TargetState) -> Vec<Write> {
        if self.outcome() == Outcome::Blocked {
            return Vec::new();
        }
        let mut by_integration: BTreeMap<&str, Vec<&Reference>> = BTreeMap::new();
        for reference in &self.references {
            by_integration.entry(&reference.integration).or_default().push(reference);
        }
        let none = Vec::new();
        let references = |key: &str| by_integration.get(key).unwrap_or(&none).as_slice();
        let renames: BTreeMap<&str, &str> =
            self.changes.iter().filter_map(|change| Some((change.key.as_str(), change.new_key.as_deref()?))).collect();
        let matching = Matching::of(&source.snapshot.connections, &target.snapshot.connections);
        let updates = Updates { source, target, renames: &renames, matching: &matching };
        self.changes
            .iter()
            .filter_map(|change| match change.kind {
                Kind::Component => {
                    let pin = source.snapshot.components.get(&change.key)?.clone();
                    Some(Write::PinComponent { key: change.key.clone(), pin })
                }
                Kind::Connection => updates.write(change),
                Kind::Integration if change.action == Action::Delete => {
                    Some(Write::DeleteIntegration { key: change.key.clone() })
                }
                Kind::Integration => {
                    let content = source.snapshot.integrations.get(&change.key)?;
                    let content = rebound(content, references(&change.key));
                    Some(Write::PutIntegration { key: change.key.clone(), content })
                }
            })
            .collect()
    }
}

struct Updates<'a> {
    source: &'a SourceState,
    target: &'a TargetState,
    renames: &'a BTreeMap<&'a str, &'a str>,
    matching: &'a Matching<'a>,
}

impl Updates<'_> {
    fn write(&self, change: &Change) -> Option<Write> {
        let key = change.key.clone();
        match change.action {
            Action::Delete => Some(Write::DeleteConnection { key }),
            Action::Rename => Some(Write::RenameConnection { from: key, to: change.new_key.clone()? }),
            Action::Create | Action::Placeholder => {
                let content = self.source.snapshot.connections.get(&key)?;
                Some(Write::CreatePlaceholder { content: placeholder_content(content, &self.matching.target), key })
            }
            Action::Update => {
                let pair = self.matching.pair_of_target(&key)?;
                let values = values_to_update(pair.source, pair.target, self.target.facts.get(&key));
                let key = self.renames.get(key.as_str()).map_or(key.clone(), |new| (*new).to_owned());
                Some(Write::UpdateConnection { key, values })
            }
        }
    }
}

/// The integration with each slot naming the target's connection.
pub(super) fn rebound(content: &IntegrationContent, references: &[&Reference]) -> IntegrationContent {
    let mut content = content.clone();
    for reference in references {
        if let (Some(slot), Some(key)) = (content.slots.get_mut(&reference.slot), &reference.target_key) {
            slot.stable_key = Some(key.clone());
        }
    }
    content
}

/// [`content_digest`] of what [`rebound`] makes, which is nearly always the content as it is.
pub(super) fn rebound_digest(content: &IntegrationContent, references: &[Reference]) -> String {
    let is_bound = |reference: &Reference| {
        let key = content.slots.get(&reference.slot).and_then(|slot| slot.stable_key.as_ref());
        reference.target_key.is_none() || reference.target_key.as_ref() == key
    };
    if references.iter().all(is_bound) {
        return content_digest(content);
    }
    content_digest(&rebound(content, &references.iter().collect::<Vec<_>>()))
}

/// Of everything in it; the definition counts by its own digest.
pub(super) fn content_digest(content: &IntegrationContent) -> String {
    let IntegrationContent { name, description, is_published, definition: _, digest, slots } = content;
    digest_of(&canonical_json(&(name, description, is_published, digest, slots)))
}

/// The definition as it is created in the target: without the aliases that mean something else there.
pub(super) fn placeholder_content(source: &ConnectionContent, target: &KeyIndex<'_>) -> ConnectionContent {
    let mut content = source.clone();
    content.aliases.retain(|alias| target.resolve(alias).is_none());
    content
}

/// Shared values of a matched connection that follow the source; `None` clears. Never a value that is local in the target.
///
/// A value that the source does not have is cleared only when both sides take it for shared: an absent value of an input
/// that is local in the source says nothing about the target.
pub(super) fn values_to_update(
    source: &ConnectionContent,
    target: &ConnectionContent,
    facts: Option<&ConnectionFacts>,
) -> BTreeMap<String, Option<Value>> {
    let is_local = |input: &str| {
        target.inputs.get(input).is_some_and(|set| set.shared == Some(false))
            || facts.is_some_and(|facts| facts.local_inputs.contains(input))
    };
    let set = source.inputs.iter().filter_map(|(input, set)| Some((input, set.value.as_ref()?)));
    let set = set
        .filter(|(input, value)| target.inputs.get(*input).and_then(|has| has.value.as_ref()) != Some(value))
        .map(|(input, value)| (input.clone(), Some(sort_keys(value))));
    let cleared = target.inputs.iter().filter(|(_, has)| has.value.is_some());
    let cleared = cleared.filter(|(input, has)| match source.inputs.get(*input) {
        Some(set) if set.value.is_some() => false,
        Some(set) => set.shared == Some(true) || (set.shared.is_none() && has.shared.is_none()),
        None => has.shared.is_none(),
    });
    let cleared = cleared.map(|(input, _)| (input.clone(), None));
    set.chain(cleared).filter(|(input, _)| !is_local(input)).collect()
}

/// Does the writes to a snapshot in memory: what the store's must equal.
pub fn apply(snapshot: &mut Snapshot, writes: &[Write]) {
    for write in writes {
        apply_one(snapshot, write);
    }
}

fn apply_one(snapshot: &mut Snapshot, write: &Write) {
    let Snapshot { components, connections, integrations } = snapshot;
    match write {
        Write::PinComponent { key, pin } => drop(components.insert(key.clone(), pin.clone())),
        Write::UnpinComponent { key } => drop(components.remove(key)),
        Write::CreatePlaceholder { key, content } => drop(connections.insert(key.clone(), content.clone())),
        Write::RenameConnection { from, to } => {
            if let Some(mut content) = connections.remove(from) {
                content.aliases.remove(to);
                content.aliases.insert(from.clone());
                connections.insert(to.clone(), content);
                rebind(snapshot, from, to, &BTreeSet::new());
            }
        }
        Write::UpdateConnection { key, values } => {
            if let Some(content) = connections.get_mut(key) {
                set_values(content, values);
            }
        }
        Write::RestoreConnection { from, key, content, wanted_by } => {
            if let Some(from) = from {
                connections.remove(from);
            }
            connections.insert(key.clone(), content.clone());
            if let Some(from) = from.as_ref().filter(|from| *from != key) {
                rebind(snapshot, from, key, wanted_by);
            }
        }
        Write::PutIntegration { key, content } => drop(integrations.insert(key.clone(), content.clone())),
        Write::DeleteIntegration { key } => drop(integrations.remove(key)),
        Write::DeleteConnection { key } => drop(connections.remove(key)),
    }
}

/// A snapshot's slots show the current key of what they are bound to.
fn rebind(snapshot: &mut Snapshot, from: &str, to: &str, except: &BTreeSet<(String, String)>) {
    for (integration, content) in &mut snapshot.integrations {
        for (name, slot) in &mut content.slots {
            let is_bound = slot.stable_key.as_deref() == Some(from);
            if is_bound && (except.is_empty() || !except.contains(&(integration.clone(), name.clone()))) {
                slot.stable_key = Some(to.to_owned());
            }
        }
    }
}

fn set_values(content: &mut ConnectionContent, values: &BTreeMap<String, Option<Value>>) {
    for (input, value) in values {
        let set = content.inputs.entry(input.clone()).or_default();
        set.value.clone_from(value);
        if *set == Default::default() {
            content.inputs.remove(input);
        }
    }
}

/// Does the writes to a whole target in memory: content as [`apply`], and the facts that follow from them.
pub fn apply_to(target: &mut TargetState, writes: &[Write]) {
    apply(&mut target.snapshot, writes);
    for write in writes {
        match write {
            Write::CreatePlaceholder { key, .. } => {
                let empty =
                    ConnectionFacts { is_pending: true, has_test_credential: false, ..ConnectionFacts::default() };
                target.facts.insert(key.clone(), empty);
            }
            Write::RenameConnection { from, to: key } | Write::RestoreConnection { from: Some(from), key, .. } => {
                if let Some(facts) = target.facts.remove(from) {
                    target.facts.insert(key.clone(), facts);
                }
            }
            Write::PutIntegration { key, .. } | Write::DeleteIntegration { key } => {
                target.edited_drafts.remove(key);
            }
            Write::DeleteConnection { key } => {
                target.facts.remove(key);
            }
            _ => {}
        }
    }
    target.revision += i64::from(!writes.is_empty());
}
