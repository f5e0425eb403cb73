//! How two tenants differ. Shared content is compared; local values and secrets are told apart, and meant to differ.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::sync::diff::Differ;
use crate::model::sync::matching::Matching;
use crate::model::sync::matching::Pair;
use crate::model::sync::matching::merge;
use crate::model::sync::plan::End;
use crate::model::sync::plan::FieldChange;
use crate::model::sync::plan::Kind;
use crate::model::sync::planner;
use crate::model::sync::snapshot::IntegrationContent;
use crate::model::sync::snapshot::SlotContent;
use crate::model::sync::snapshot::Snapshot;

const MAX_FIELDS: usize = 50;

/// A tenant's local values as they can be compared: stable key -> input -> its mark. Unset inputs are absent.
pub type Comparison = BTreeMap<String, BTreeMap<String, LocalValue>>;

/// That a local value is set, and a keyed mark of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalValue {
    pub is_secret: bool,
    /// A keyed hash under one key of the deployment; absent when the value comes from another deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// One tenant of the comparison.
#[derive(Debug, Clone, Copy)]
pub struct Party<'a> {
    pub name: &'a str,
    pub revision: Option<i64>,
    pub snapshot: &'a Snapshot,
    /// Absent: nothing is known of its local values (a folder, or a remote that does not say).
    pub values: Option<&'a Comparison>,
}

/// What differs between `a` and `b`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drift {
    pub a: End,
    pub b: End,
    /// Whether anything shared differs; local values do not count.
    pub is_empty: bool,
    /// Shared content; components, connections, integrations.
    pub items: Vec<DriftItem>,
    /// Meant to differ.
    pub local_values: Vec<LocalDrift>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DriftItem {
    pub kind: Kind,
    /// The key in `a`; in `b` when only `b` has it.
    pub key: String,
    /// The key in `b`, when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_key: Option<String>,
    pub state: DriftState,
    /// `old` is `a`'s, `new` is `b`'s.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Further differing fields that are not listed.
    pub more_fields: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    OnlyInA,
    OnlyInB,
    Different,
}

/// One local value or secret of a connection that both sides have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocalDrift {
    /// The key in `a`.
    pub connection: String,
    pub input: String,
    pub is_secret: bool,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Equal,
    Different,
    SetOnlyInA,
    SetOnlyInB,
    /// Set, but one side cannot be compared.
    Unknown,
}

/// Compares two tenants. Connections are matched as a sync matches them: by key, then by alias.
#[must_use]
pub fn drift(a: Party<'_>, b: Party<'_>) -> Drift {
    let matching = Matching::of(&a.snapshot.connections, &b.snapshot.connections);
    let mut items = Vec::new();
    components(&mut items, a.snapshot, b.snapshot);
    connections(&mut items, a.snapshot, b.snapshot, &matching);
    integrations(&mut items, a.snapshot, b.snapshot, &matching);
    let local_values = matching.pairs.iter().flat_map(|pair| local_values(pair, a.values, b.values)).collect();
    let end = |party: Party<'_>| End { name: party.name.to_owned(), revision: party.revision, is_production: false };
    Drift { a: end(a), b: end(b), is_empty: items.is_empty(), items, local_values }
}

fn only(kind: Kind, key: &str, state: DriftState) -> DriftItem {
    DriftItem { kind, key: key.to_owned(), other_key: None, state, fields: Vec::new(), more_fields: 0 }
}

fn different(items: &mut Vec<DriftItem>, kind: Kind, key: &str, differ: Differ) {
    if !differ.fields.is_empty() {
        let item = only(kind, key, DriftState::Different);
        items.push(DriftItem { fields: differ.fields, more_fields: differ.more, ..item });
    }
}

fn components(items: &mut Vec<DriftItem>, a: &Snapshot, b: &Snapshot) {
    merge(&a.components, &b.components, |key, left, right| match (left, right) {
        (Some(left), Some(right)) => {
            let mut differ = Differ::new(MAX_FIELDS);
            differ.field("version", Some(left.version.into()), Some(right.version.into()));
            differ.field("digest", Some(left.digest.as_str().into()), Some(right.digest.as_str().into()));
            different(items, Kind::Component, key, differ);
        }
        (Some(_), None) => items.push(only(Kind::Component, key, DriftState::OnlyInA)),
        (None, _) => items.push(only(Kind::Component, key, DriftState::OnlyInB)),
    });
}

fn connections(items: &mut Vec<DriftItem>, a: &Snapshot, b: &Snapshot, matching: &Matching<'_>) {
    let first = items.len();
    let mut matched_in_b = BTreeSet::new();
    let mut matched_in_a = BTreeSet::new();
    for Pair { source_key, source, target_key, target } in &matching.pairs {
        matched_in_a.insert(*source_key);
        matched_in_b.insert(*target_key);
        let mut differ = Differ::new(MAX_FIELDS);
        differ.field("stable_key", Some((*source_key).into()), Some((*target_key).into()));
        planner::definition_fields(&mut differ, source, target);
        if source.inputs != target.inputs {
            planner::input_fields(&mut differ, source, target, |_| true);
        }
        different(items, Kind::Connection, source_key, differ);
        if let Some(item) = items.last_mut().filter(|item| item.key == *source_key && source_key != target_key) {
            item.other_key = Some((*target_key).to_owned());
        }
    }
    let left = a.connections.keys().filter(|key| !matched_in_a.contains(key.as_str()));
    items.extend(left.map(|key| only(Kind::Connection, key, DriftState::OnlyInA)));
    let right = b.connections.keys().filter(|key| !matched_in_b.contains(key.as_str()));
    items.extend(right.map(|key| only(Kind::Connection, key, DriftState::OnlyInB)));
    items[first..].sort_by(|a, b| (&a.key, a.state).cmp(&(&b.key, b.state)));
}

fn integrations(items: &mut Vec<DriftItem>, a: &Snapshot, b: &Snapshot, matching: &Matching<'_>) {
    // A slot that names the counterpart of the same connection does not differ, whatever the two tenants call it.
    let keys_in_b: BTreeMap<&str, &str> = matching
        .pairs
        .iter()
        .filter(|pair| pair.source_key != pair.target_key)
        .map(|pair| (pair.source_key, pair.target_key))
        .collect();
    let in_b = |slot: &SlotContent| {
        let key = slot.stable_key.as_deref()?;
        let current = matching.source.resolve(key).map_or(key, |(current, _)| current);
        Some(keys_in_b.get(current).copied().unwrap_or(current).to_owned())
    };
    let bound = |slot: &SlotContent| {
        let key = slot.stable_key.as_deref()?;
        Some(matching.target.resolve(key).map_or(key, |(current, _)| current).to_owned())
    };
    merge(&a.integrations, &b.integrations, |key, left, right| match (left, right) {
        (Some(left), Some(right)) => {
            let mut differ = Differ::new(MAX_FIELDS);
            integration_fields(&mut differ, left, right);
            slots(&mut differ, left, right, (&in_b, &bound));
            different(items, Kind::Integration, key, differ);
        }
        (Some(_), None) => items.push(only(Kind::Integration, key, DriftState::OnlyInA)),
        (None, _) => items.push(only(Kind::Integration, key, DriftState::OnlyInB)),
    });
}

fn integration_fields(differ: &mut Differ, a: &IntegrationContent, b: &IntegrationContent) {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    differ.field("name", Some(a.name.as_str().into()), Some(b.name.as_str().into()));
    differ.field("description", text(&a.description), text(&b.description));
    let state = |is_published: bool| Some(Value::from(if is_published { "published" } else { "draft" }));
    differ.field("state", state(a.is_published), state(b.is_published));
    if a.digest == b.digest {
        return;
    }
    let before = differ.fields.len() + differ.more;
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    if let Some((old, new)) = read(&a.definition).zip(read(&b.definition)) {
        differ.values("definition", &old, &new);
    }
    if before == differ.fields.len() + differ.more {
        differ.field("definition", Some(a.digest.as_str().into()), Some(b.digest.as_str().into()));
    }
}

type KeyOf<'a> = &'a dyn Fn(&SlotContent) -> Option<String>;

fn slots(differ: &mut Differ, a: &IntegrationContent, b: &IntegrationContent, (in_b, bound): (KeyOf<'_>, KeyOf<'_>)) {
    merge(&a.slots, &b.slots, |name, left, right| match (left, right) {
        (Some(left), Some(right)) => {
            let path = |field: &str| format!("slots[{name}].{field}");
            if in_b(left) != bound(right) {
                let key = |slot: &SlotContent| slot.stable_key.as_deref().map(Value::from);
                differ.field(&path("connection"), key(left), key(right));
            }
            planner::slot_fields(differ, path, left, right);
        }
        (left, right) => {
            let key = |slot: Option<&SlotContent>| slot.map(|slot| slot.stable_key.as_deref().unwrap_or("").into());
            differ.field(&format!("slots[{name}]"), key(left), key(right));
        }
    });
}

fn local_values(pair: &Pair<'_>, a: Option<&Comparison>, b: Option<&Comparison>) -> Vec<LocalDrift> {
    let none = BTreeMap::new();
    let left = a.map(|values| values.get(pair.source_key).unwrap_or(&none));
    let right = b.map(|values| values.get(pair.target_key).unwrap_or(&none));
    let inputs: BTreeSet<&String> = left.into_iter().chain(right).flat_map(BTreeMap::keys).collect();
    let of = |input: &String| {
        let (here, there) = (left.and_then(|values| values.get(input)), right.and_then(|values| values.get(input)));
        let verdict = match (here, there) {
            (Some(here), Some(there)) => match (&here.fingerprint, &there.fingerprint) {
                (Some(here), Some(there)) if here == there => Verdict::Equal,
                (Some(_), Some(_)) => Verdict::Different,
                _ => Verdict::Unknown,
            },
            (Some(_), None) if right.is_some() => Verdict::SetOnlyInA,
            (None, Some(_)) if left.is_some() => Verdict::SetOnlyInB,
            _ => Verdict::Unknown,
        };
        let is_secret = here.or(there).is_some_and(|value| value.is_secret);
        LocalDrift { connection: pair.source_key.to_owned(), input: input.clone(), is_secret, verdict }
    };
    inputs.into_iter().map(of).collect()
}
