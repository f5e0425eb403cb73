//! Random tenants: few keys, so that they meet; a target that is the source, changed in places.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use serde_json::json;

use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::sync::ConnectionContent;
use crate::model::sync::ConnectionFacts;
use crate::model::sync::InputContent;
use crate::model::sync::IntegrationContent;
use crate::model::sync::KnownComponent;
use crate::model::sync::KnownType;
use crate::model::sync::OnMissing;
use crate::model::sync::Pin;
use crate::model::sync::Policy;
use crate::model::sync::SlotContent;
use crate::model::sync::Snapshot;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;

const KEYS: usize = 9;

/// Choices read from random bytes; zeros when they run out, so that shrinking makes everything plain.
struct Dice {
    bytes: Vec<u8>,
    at: usize,
}

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % n
    }

    /// True once in `n`; never for zeros.
    fn rarely(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn key(&mut self) -> String {
        format!("k{}", self.below(KEYS))
    }

    fn connection(&mut self) -> ConnectionContent {
        let kind = self.below(3);
        let mut inputs = BTreeMap::new();
        for name in ["host", "region", "size"] {
            if self.rarely(2) {
                inputs.insert(name.to_owned(), self.input());
            }
        }
        ConnectionContent {
            label: format!("Label {}", self.below(2)),
            description: self.rarely(3).then(|| "words".to_owned()),
            component: format!("c{kind}"),
            connection_type: "oauth2".to_owned(),
            scope: if self.rarely(6) { Scope::OrganizationGlobal } else { Scope::Customer },
            is_enabled: !self.rarely(4),
            is_embedded: self.rarely(2),
            aliases: BTreeSet::new(),
            inputs,
        }
    }

    fn input(&mut self) -> InputContent {
        let shared = [None, Some(true), Some(false)][self.below(3)];
        let value = [json!("a"), json!(1), json!(["x", "y"]), json!({"k": "v", "a": "b"})][self.below(4)].clone();
        let managed_by = self.rarely(4).then_some(ManagedBy::Customer);
        let has_value = shared != Some(false) && !self.rarely(4);
        let input = InputContent { value: has_value.then_some(value), managed_by, shared };
        match input == InputContent::default() {
            true => InputContent { value: Some(json!(true)), ..input },
            false => input,
        }
    }

    fn slot(&mut self, connections: &BTreeMap<String, ConnectionContent>) -> SlotContent {
        let key = match connections.len() {
            0 => self.key(),
            _ if self.rarely(9) => self.key(),
            n => {
                let (key, content) = connections.iter().nth(self.below(n)).unwrap();
                let alias = content.aliases.first().filter(|_| self.rarely(4));
                alias.unwrap_or(key).clone()
            }
        };
        let content = connections.get(&key);
        SlotContent {
            component: content.map(|content| content.component.clone()),
            connection_type: content.map(|content| content.connection_type.clone()),
            scope: self.rarely(3).then_some(Scope::Customer),
            stable_key: (!self.rarely(30)).then_some(key),
            required_scopes: if self.rarely(3) { BTreeSet::from(["read".to_owned()]) } else { BTreeSet::new() },
        }
    }

    fn integration(&mut self, connections: &BTreeMap<String, ConnectionContent>) -> IntegrationContent {
        let slots = (0..self.below(4)).map(|n| (format!("Slot {n}"), self.slot(connections))).collect();
        let mut content = IntegrationContent {
            name: format!("Name {}", self.below(2)),
            description: None,
            is_published: self.rarely(2),
            definition: "".into(),
            digest: String::new(),
            slots,
        };
        content.set_definition(&json!({"name": content.name, "flows": [{"name": "Main", "x": self.below(3)}]}));
        content
    }

    fn snapshot(&mut self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for _ in 0..self.below(7) {
            let (key, mut content) = (self.key(), self.connection());
            if !self.rarely(3) {
                content.aliases.insert(self.key());
            }
            insert(&mut snapshot.connections, key, content);
        }
        for n in 0..self.below(5) {
            let integration = self.integration(&snapshot.connections);
            snapshot.integrations.insert(format!("i{n}"), integration);
        }
        self.pins(&mut snapshot);
        snapshot
    }

    fn pins(&mut self, snapshot: &mut Snapshot) {
        for n in 0..3 {
            let version = if self.rarely(4) { 2 } else { 1 };
            snapshot.components.entry(format!("c{n}")).or_insert_with(|| pin(version));
        }
    }

    /// The source as another tenant might have it.
    fn changed(&mut self, source: &Snapshot) -> Snapshot {
        let mut target = Snapshot::default();
        for (key, content) in &source.connections {
            let (mut key, mut content) = (key.clone(), content.clone());
            match self.below(8) {
                1 => continue,
                2 => {
                    // The target still has the older key.
                    if let Some(alias) = content.aliases.pop_first() {
                        key = alias;
                    }
                }
                3 => {
                    // The target moved on.
                    content.aliases.insert(key);
                    key = self.key();
                }
                4 => content = ConnectionContent { aliases: content.aliases, ..self.connection() },
                5 => drop(content.inputs.insert("region".to_owned(), self.input())),
                _ => {}
            }
            insert(&mut target.connections, key, content);
        }
        if self.rarely(3) {
            insert(&mut target.connections, self.key(), self.connection());
        }
        for (key, content) in &source.integrations {
            match self.below(4) {
                0 => drop(target.integrations.insert(key.clone(), content.clone())),
                1 => drop(target.integrations.insert(key.clone(), self.integration(&target.connections.clone()))),
                _ => {}
            }
        }
        if self.rarely(3) {
            let extra = self.integration(&target.connections.clone());
            target.integrations.insert("extra".to_owned(), extra);
        }
        self.pins(&mut target);
        normalise(&mut target);
        target
    }

    fn facts(&mut self) -> ConnectionFacts {
        let mut names = |n| -> BTreeSet<String> {
            ["host", "region"].into_iter().filter(|_| self.rarely(n)).map(str::to_owned).collect()
        };
        let (destination_inputs, local_inputs) = (names(3), names(3));
        ConnectionFacts {
            is_pending: self.rarely(3),
            has_test_credential: self.rarely(2),
            holds_secrets: self.rarely(2),
            granted_scopes: self.rarely(2).then(BTreeSet::new),
            fill: self.key(),
            is_used_elsewhere: self.rarely(5),
            destination_inputs: destination_inputs.into(),
            local_inputs: local_inputs.into(),
            ..ConnectionFacts::default()
        }
    }

    fn policy(&mut self, source: &Snapshot, target: &Snapshot) -> Policy {
        let mut map = BTreeMap::new();
        if self.rarely(3)
            && let (Some(old), Some(new)) = (source.connections.keys().next(), target.connections.keys().last())
        {
            map.insert(old.clone(), new.clone());
        }
        Policy {
            on_missing: if self.rarely(4) { OnMissing::Fail } else { OnMissing::Placeholder },
            map,
            prune: self.rarely(2),
            update_connections: self.rarely(2),
            overwrite_drafts: !self.rarely(4),
            allow_quarantine: !self.rarely(4),
        }
    }
}

pub(super) fn pin(version: u32) -> Pin {
    Pin { version, digest: format!("digest-{version}") }
}

pub(super) fn known(version: u32) -> KnownComponent {
    let kind = KnownType { destinations: format!("places-{version}"), ..KnownType::default() };
    KnownComponent { pin: pin(version), connection_types: BTreeMap::from([("oauth2".to_owned(), kind)]) }
}

/// Keeps keys and aliases one namespace.
fn insert(connections: &mut BTreeMap<String, ConnectionContent>, key: String, mut content: ConnectionContent) {
    let is_taken = |name: &String| {
        connections.contains_key(name) || connections.values().any(|content| content.aliases.contains(name))
    };
    if is_taken(&key) {
        return;
    }
    content.aliases.retain(|alias| *alias != key && !is_taken(alias));
    connections.insert(key, content);
}

/// A snapshot's slots show current keys where they resolve.
fn normalise(snapshot: &mut Snapshot) {
    let aliases: BTreeMap<String, String> = snapshot
        .connections
        .iter()
        .flat_map(|(key, content)| content.aliases.iter().map(|alias| (alias.clone(), key.clone())))
        .collect();
    for slot in snapshot.integrations.values_mut().flat_map(|integration| integration.slots.values_mut()) {
        let current = slot.stable_key.as_ref().and_then(|key| aliases.get(key));
        slot.stable_key = current.or(slot.stable_key.as_ref()).cloned();
    }
}

/// A source, a target and a policy.
pub(super) fn worlds() -> impl Strategy<Value = (SourceState, TargetState, Policy)> {
    vec(any::<u8>(), 0..400).prop_map(|bytes| {
        let mut dice = Dice { bytes, at: 0 };
        let snapshot = dice.snapshot();
        let target = if dice.rarely(4) { dice.snapshot() } else { dice.changed(&snapshot) };
        let policy = dice.policy(&snapshot, &target);
        let mut state = TargetState { name: "prod".to_owned(), revision: 7, ..TargetState::default() };
        for key in target.connections.keys() {
            if !dice.rarely(3) {
                state.facts.insert(key.clone(), dice.facts());
            }
        }
        for key in target.integrations.keys().filter(|_| dice.rarely(5)) {
            state.edited_drafts.insert(key.clone(), "ann@example.com".to_owned());
        }
        for n in 0..3 {
            let versions = if dice.rarely(12) { vec![known(1)] } else { vec![known(1), known(2)] };
            state.known_components.insert(format!("c{n}"), versions);
        }
        state.snapshot = target;
        (SourceState { name: "dev".to_owned(), revision: Some(3), snapshot }, state, policy)
    })
}

/// Any snapshot that can be written.
pub(super) fn snapshots() -> impl Strategy<Value = Snapshot> {
    vec(any::<u8>(), 0..300).prop_map(|bytes| Dice { bytes, at: 0 }.snapshot())
}
