//! Taking a sync back: what each touched object was, what the sync made of it, and whether it is still that.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::sync::TargetState;
use crate::model::sync::matching::KeyIndex;
use crate::model::sync::plan::Kind;
use crate::model::sync::snapshot::ConnectionContent;
use crate::model::sync::snapshot::IntegrationContent;
use crate::model::sync::snapshot::Pin;
use crate::model::sync::snapshot::Snapshot;
use crate::model::sync::snapshot::canonical_json;
use crate::model::sync::snapshot::digest_of;
use crate::model::sync::write::Write;
use crate::model::sync::write::apply;
use crate::model::sync::write::content_digest;

/// What a sync touched. Kept with its record; holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    pub components: BTreeMap<String, Touched<Pin>>,
    /// By the key after the sync; a deleted one by the key it had.
    pub connections: BTreeMap<String, TouchedConnection>,
    pub integrations: BTreeMap<String, Touched<IntegrationContent>>,
}

/// One object before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Touched<T> {
    /// Absent: the sync made it.
    pub before: Option<T>,
    /// A digest of what the sync left; absent: it was deleted.
    pub after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TouchedConnection {
    /// The key before.
    pub key: Option<String>,
    #[serde(flatten)]
    pub content: Touched<ConnectionContent>,
    /// The mark of its local values and credentials that must still be the same, because taking the sync back would
    /// lose them: of a placeholder, and of a connection whose secrets go to another place since.
    pub fill: Option<String>,
    /// Slots, as integration and variable, that already named the new key when nothing had it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub wanted_by: BTreeSet<(String, String)>,
}

/// An object that keeps a sync from being taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    pub kind: Kind,
    pub key: String,
    pub reason: String,
}

/// Records what `writes` will do to `before`, so that it can be taken back.
#[must_use]
pub fn undo_of(writes: &[Write], before: &TargetState) -> Undo {
    let mut undo = Undo::default();
    let names = Names::of(writes);
    let after = touched_only(writes, &before.snapshot);
    let snapshot = &before.snapshot;
    for write in writes {
        match write {
            Write::PinComponent { key, .. } | Write::UnpinComponent { key } => {
                let touched = Touched {
                    before: snapshot.components.get(key).cloned(),
                    after: after.components.get(key).map(digest),
                };
                undo.components.insert(key.clone(), touched);
            }
            Write::PutIntegration { key, content } => {
                let before = snapshot.integrations.get(key).cloned();
                undo.integrations.insert(key.clone(), Touched { before, after: Some(content_digest(content)) });
            }
            Write::DeleteIntegration { key } => {
                let before = snapshot.integrations.get(key).cloned();
                undo.integrations.insert(key.clone(), Touched { before, after: None });
            }
            Write::CreatePlaceholder { key, content } => {
                let mut touched = touched_connection(key, &names, (before, &after));
                touched.content.after = Some(digest(content));
                undo.connections.insert(key.clone(), touched);
            }
            Write::RenameConnection { to: key, .. }
            | Write::UpdateConnection { key, .. }
            | Write::RestoreConnection { key, .. }
            | Write::DeleteConnection { key } => {
                undo.connections.insert(key.clone(), touched_connection(key, &names, (before, &after)));
            }
        }
    }
    note_wanted(&mut undo, snapshot, writes);
    undo
}

/// Slots of the target that already named what the sync makes, by its key or by an alias that came with it.
fn note_wanted(undo: &mut Undo, before: &Snapshot, writes: &[Write]) {
    let index = KeyIndex::of(&before.connections);
    let keys = undo.connections.keys().map(|key| (key, key));
    let aliases = writes.iter().filter_map(|write| match write {
        Write::CreatePlaceholder { key, content } => Some(content.aliases.iter().map(move |alias| (alias, key))),
        _ => None,
    });
    let is_new = |(name, _): &(&String, &String)| index.resolve(name).is_none();
    let new: BTreeMap<String, String> =
        keys.chain(aliases.flatten()).filter(is_new).map(|(name, key)| (name.clone(), key.clone())).collect();
    if new.is_empty() {
        return;
    }
    for (integration, content) in &before.integrations {
        for (slot, wanted) in content.slots.iter().filter_map(|(name, slot)| Some((name, slot.stable_key.as_deref()?)))
        {
            if let Some(touched) = new.get(wanted).and_then(|key| undo.connections.get_mut(key)) {
                touched.wanted_by.insert((integration.clone(), slot.clone()));
            }
        }
    }
}

/// The keys that renamed connections had before, and the inputs that updates set, by the key after.
struct Names<'a> {
    before: BTreeMap<&'a str, &'a str>,
    updated: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Names<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let mut updated: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for write in writes {
            if let Write::UpdateConnection { key, values } = write {
                updated.entry(key).or_default().extend(values.keys().map(String::as_str));
            }
        }
        let renamed = writes.iter().filter_map(|write| match write {
            Write::RenameConnection { from, to: key } | Write::RestoreConnection { from: Some(from), key, .. } => {
                Some((key.as_str(), from.as_str()))
            }
            _ => None,
        });
        Self { before: renamed.collect(), updated }
    }

    fn before<'k>(&'k self, key: &'k str) -> &'k str {
        self.before.get(key).copied().unwrap_or(key)
    }
}

fn touched_connection(key: &str, names: &Names<'_>, (before, after): (&TargetState, &Snapshot)) -> TouchedConnection {
    let key_before = names.before(key);
    let content = before.snapshot.connections.get(key_before);
    let facts = before.facts.get(key_before);
    let moves_secrets = facts.is_some_and(|facts| {
        names.updated.get(key).is_some_and(|inputs| inputs.iter().any(|i| facts.destination_inputs.contains(*i)))
    });
    let fill = match content {
        None => Some(String::new()),
        Some(_) => facts.filter(|_| moves_secrets).map(|facts| facts.fill.clone()),
    };
    TouchedConnection {
        key: content.map(|_| key_before.to_owned()),
        content: Touched { before: content.cloned(), after: after.connections.get(key).map(digest) },
        fill,
        wanted_by: BTreeSet::new(),
    }
}

fn digest<T: Serialize>(content: &T) -> String {
    digest_of(&canonical_json(content))
}

/// What the writes leave of the pins and connections that they change, without copying the rest: what they put whole
/// tells itself.
fn touched_only(writes: &[Write], before: &Snapshot) -> Snapshot {
    let mut after = Snapshot::default();
    for write in writes {
        let key = match write {
            Write::UpdateConnection { key, .. } | Write::RenameConnection { from: key, .. } => key,
            _ => continue,
        };
        if let Some((key, content)) = before.connections.get_key_value(key) {
            after.connections.insert(key.clone(), content.clone());
        }
    }
    let whole = |write: &&Write| matches!(write, Write::CreatePlaceholder { .. } | Write::PutIntegration { .. });
    for write in writes.iter().filter(|write| !whole(write)) {
        apply(&mut after, std::slice::from_ref(write));
    }
    after
}

/// The writes that take a sync back.
///
/// # Errors
/// Every object that is no longer what the sync left, or that something new depends on.
pub fn rollback(undo: &Undo, now: &TargetState) -> Result<Vec<Write>, Vec<Changed>> {
    let changed = Check { undo, now, changed: Vec::new() }.run();
    if !changed.is_empty() {
        return Err(changed);
    }
    let mut writes = Vec::new();
    let mut last = Vec::new();
    for (key, touched) in &undo.components {
        match &touched.before {
            Some(pin) => writes.push(Write::PinComponent { key: key.clone(), pin: pin.clone() }),
            None => last.push(Write::UnpinComponent { key: key.clone() }),
        }
    }
    for (key, touched) in &undo.connections {
        match (&touched.content.before, &touched.key) {
            (Some(content), Some(before)) => writes.push(Write::RestoreConnection {
                from: touched.content.after.as_ref().map(|_| key.clone()),
                key: before.clone(),
                content: content.clone(),
                wanted_by: touched.wanted_by.clone(),
            }),
            _ => last.insert(0, Write::DeleteConnection { key: key.clone() }),
        }
    }
    for (key, touched) in &undo.integrations {
        match &touched.before {
            Some(content) => writes.push(Write::PutIntegration { key: key.clone(), content: content.clone() }),
            None => writes.push(Write::DeleteIntegration { key: key.clone() }),
        }
    }
    writes.append(&mut last);
    Ok(writes)
}

struct Check<'a> {
    undo: &'a Undo,
    now: &'a TargetState,
    changed: Vec<Changed>,
}

impl Check<'_> {
    fn run(mut self) -> Vec<Changed> {
        let (undo, now) = (self.undo, &self.now.snapshot);
        for (key, touched) in &undo.components {
            self.same(Kind::Component, key, touched.after.as_ref(), now.components.get(key).map(digest).as_ref());
        }
        for (key, touched) in &undo.connections {
            let after = touched.content.after.as_ref();
            self.same(Kind::Connection, key, after, now.connections.get(key).map(digest).as_ref());
            self.same_fill(key, touched);
        }
        for (key, touched) in &undo.integrations {
            let after = touched.after.as_ref();
            self.same(Kind::Integration, key, after, now.integrations.get(key).map(content_digest).as_ref());
            if self.now.edited_drafts.contains_key(key) && !self.is_told(Kind::Integration, key) {
                self.tell(Kind::Integration, key, "its draft was edited since");
            }
        }
        self.keys_are_free();
        self.nothing_new_depends();
        self.changed
    }

    fn tell(&mut self, kind: Kind, key: &str, reason: impl Into<String>) {
        self.changed.push(Changed { kind, key: key.to_owned(), reason: reason.into() });
    }

    fn is_told(&self, kind: Kind, key: &str) -> bool {
        self.changed.iter().any(|changed| changed.kind == kind && changed.key == key)
    }

    fn same(&mut self, kind: Kind, key: &str, after: Option<&String>, now: Option<&String>) {
        let reason = match (after, now) {
            (after, now) if after == now => return,
            (Some(_), None) => "it was deleted or renamed since",
            (None, Some(_)) => "the sync deleted it, and there is a new one since",
            _ => "it was changed since",
        };
        self.tell(kind, key, reason);
    }

    fn same_fill(&mut self, key: &str, touched: &TouchedConnection) {
        let Some(fill) = &touched.fill else { return };
        let Some(facts) = self.now.facts.get(key) else { return };
        if self.is_told(Kind::Connection, key) {
            return;
        }
        let is_filled = touched.content.before.is_none() && (facts.holds_secrets || facts.has_test_credential);
        if facts.fill != *fill || is_filled {
            self.tell(Kind::Connection, key, "values or credentials were entered since");
        }
    }

    /// A key that comes back must not belong to another connection by now.
    fn keys_are_free(&mut self) {
        let returning: BTreeMap<&str, &str> = self
            .undo
            .connections
            .iter()
            .filter_map(|(key, touched)| {
                Some((key.as_str(), touched.content.before.as_ref()?, touched.key.as_deref()?))
            })
            .flat_map(|(key, content, before)| {
                let names = std::iter::once(before).chain(content.aliases.iter().map(String::as_str));
                names.map(move |name| (name, key))
            })
            .collect();
        let mut taken = BTreeSet::new();
        for (key, content) in &self.now.snapshot.connections {
            for name in std::iter::once(key).chain(&content.aliases) {
                if let Some(owner) = returning.get(name.as_str()).filter(|owner| *owner != key) {
                    taken.insert(((*owner).to_owned(), name.clone(), key.clone()));
                }
            }
        }
        for (owner, name, key) in taken {
            // Another connection of the same sync gives the key back in the same rollback.
            if !self.undo.connections.contains_key(&key) && !self.is_told(Kind::Connection, &owner) {
                self.tell(Kind::Connection, &owner, format!("its key `{name}` belongs to `{key}` by now"));
            }
        }
    }

    /// What the sync made cannot go while something that stays uses it.
    fn nothing_new_depends(&mut self) {
        let (undo, now) = (self.undo, &self.now.snapshot);
        let goes = |key: &str| undo.connections.get(key).is_some_and(|touched| touched.content.before.is_none());
        let mut used: BTreeMap<&str, &str> = BTreeMap::new();
        let mut components: BTreeMap<&str, &str> = BTreeMap::new();
        for (key, integration) in now.integrations.iter().filter(|(key, _)| !undo.integrations.contains_key(*key)) {
            for (name, slot) in &integration.slots {
                let this = (key.clone(), name.clone());
                let named = slot.stable_key.as_deref().filter(|named| {
                    undo.connections.get(*named).is_some_and(|touched| !touched.wanted_by.contains(&this))
                });
                named.map(|named| used.insert(named, key));
                slot.component.as_deref().map(|component| components.insert(component, key));
            }
        }
        for (key, connection) in now.connections.iter().filter(|(key, _)| !goes(key)) {
            components.insert(&connection.component, key);
        }
        for (key, touched) in undo.connections.iter().filter(|(key, _)| goes(key)) {
            let is_used_elsewhere = self.now.facts.get(key).is_some_and(|facts| facts.is_used_elsewhere);
            let user =
                used.get(key.as_str()).copied().or(is_used_elsewhere.then_some("a draft, an instance or a workflow"));
            if let Some(user) = user.filter(|_| touched.content.after.is_some()) {
                self.tell(Kind::Connection, key, format!("`{user}` uses it by now"));
            }
        }
        for (key, touched) in &undo.components {
            if let Some(user) = components.get(key.as_str()).filter(|_| touched.before.is_none()) {
                self.tell(Kind::Component, key, format!("`{user}` needs it by now"));
            }
        }
    }
}
