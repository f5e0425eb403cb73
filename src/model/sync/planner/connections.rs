//! Matched connections: what follows the source and what is only told. Connections that are made to be filled in.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::sync::KnownType;
use crate::model::sync::diff::Differ;
use crate::model::sync::matching::Pair;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::Difference;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::Todo;
use crate::model::sync::plan::TodoCode;
use crate::model::sync::plan::TodoInput;
use crate::model::sync::plan::WarningCode;
use crate::model::sync::planner::Planner;
use crate::model::sync::snapshot::ConnectionContent;
use crate::model::sync::snapshot::InputContent;
use crate::model::sync::snapshot::canonical_json;
use crate::model::sync::snapshot::digest_of;
use crate::model::sync::write::placeholder_content;
use crate::model::sync::write::values_to_update;

/// A connection has few fields; a cut keeps a hostile one from filling the plan.
const MAX_FIELDS: usize = 200;

pub(super) fn delete(key: &str, reason: &str) -> Change {
    Change {
        kind: Kind::Connection,
        key: key.to_owned(),
        action: Action::Delete,
        new_key: None,
        fields: Vec::new(),
        more_fields: 0,
        reason: reason.to_owned(),
        digest: None,
    }
}

/// Whether one can stand for the other.
pub(super) fn same_kind(source: &ConnectionContent, target: &ConnectionContent) -> bool {
    source.component == target.component
        && source.connection_type == target.connection_type
        && source.scope == target.scope
}

/// Everything but the aliases: those are each tenant's own record of its names.
fn is_same(source: &ConnectionContent, target: &ConnectionContent) -> bool {
    same_kind(source, target)
        && source.label == target.label
        && source.description == target.description
        && source.is_enabled == target.is_enabled
        && source.is_embedded == target.is_embedded
        && source.inputs == target.inputs
}

impl<'a> Planner<'a> {
    pub(super) fn pairs(&mut self) {
        for pair in std::mem::take(&mut self.matching.pairs) {
            if pair.source_key == pair.target_key && is_same(pair.source, pair.target) {
                continue;
            }
            let follows = self.policy.update_connections && same_kind(pair.source, pair.target);
            let renamed = follows && self.rename(pair);
            let updates = if follows { self.update(pair) } else { BTreeMap::new() };
            self.difference(pair, renamed, &updates);
        }
    }

    /// Whether the target's older name follows the source's newer one.
    fn rename(&mut self, pair: Pair<'a>) -> bool {
        let Pair { source_key, source, target_key, target } = pair;
        let is_left_behind = source.aliases.contains(target_key) && !target.aliases.contains(source_key);
        if source_key == target_key || !is_left_behind {
            return false;
        }
        if self.matching.target.resolve(source_key).is_some() {
            self.warn(WarningCode::KeyTaken, target_key, None, || {
                format!("keeps its key: `{source_key}` belongs to another connection in the target")
            });
            return false;
        }
        self.renames.insert(target_key, source_key);
        self.connection_changes.push(Change {
            action: Action::Rename,
            new_key: Some(source_key.to_owned()),
            reason: format!("renamed in {}; `{target_key}` stays as an alias", self.source.name),
            ..delete(target_key, "")
        });
        true
    }

    fn update(&mut self, pair: Pair<'a>) -> BTreeMap<String, Option<Value>> {
        let facts = self.facts(pair.target_key);
        let updates = values_to_update(pair.source, pair.target, facts);
        if updates.is_empty() {
            return updates;
        }
        let mut differ = Differ::new(MAX_FIELDS);
        for (input, new) in &updates {
            let old = pair.target.inputs.get(input).and_then(|input| input.value.clone());
            differ.field(&format!("inputs.{input}.value"), old, new.clone());
        }
        self.connection_changes.push(Change {
            action: Action::Update,
            fields: differ.fields,
            more_fields: differ.more,
            reason: "shared values follow the source".to_owned(),
            digest: Some(digest_of(&canonical_json(&updates))),
            ..delete(pair.target_key, "")
        });
        if let Some(facts) = facts.filter(|facts| facts.holds_secrets) {
            let moved = updates.keys().filter(|input| facts.destination_inputs.contains(*input));
            let moved: Vec<&str> = moved.map(String::as_str).collect();
            if !moved.is_empty() {
                self.quarantine(pair.target_key, &format!("changing `{}`", moved.join("`, `")));
            }
        }
        updates
    }

    /// `cause` would send stored secrets to another place.
    pub(super) fn quarantine(&mut self, target_key: &'a str, cause: &str) {
        let key = self.key_after(target_key);
        if self.policy.allow_quarantine {
            self.warn(WarningCode::Quarantine, target_key, None, || {
                format!("its secrets are held back until they are entered again: {cause} changes where they are sent")
            });
            if !self.todo.iter().any(|todo| todo.code == TodoCode::EnterSecretsAgain && todo.connection == key) {
                let message = "enter its secrets again: they are held back because the place they go to changed";
                self.todo.push(Todo {
                    code: TodoCode::EnterSecretsAgain,
                    connection: key.to_owned(),
                    message: message.to_owned(),
                    inputs: Vec::new(),
                });
            }
            return;
        }
        let message = format!("{cause} changes where the secrets of `{target_key}` are sent");
        let advice = "`--allow-quarantine` accepts that they must be entered again; or make the values equal first";
        self.block(BlockerCode::WouldQuarantine, target_key, (message, advice.to_owned()), None);
    }

    /// What differs and stays: `old` is the target's, `new` the source's.
    fn difference(&mut self, pair: Pair<'a>, is_renamed: bool, updates: &BTreeMap<String, Option<Value>>) {
        let Pair { source_key, source, target_key, target } = pair;
        let mut differ = Differ::new(MAX_FIELDS);
        if !is_renamed {
            differ.field("stable_key", Some(target_key.into()), Some(source_key.into()));
        }
        definition_fields(&mut differ, target, source);
        let local = self.facts(target_key).map(|facts| &facts.local_inputs);
        input_fields(&mut differ, target, source, |input| {
            let is_local = target.inputs.get(input).is_some_and(|set| set.shared == Some(false))
                || local.is_some_and(|local| local.contains(input));
            !is_local && !updates.contains_key(input)
        });
        if differ.fields.is_empty() {
            return;
        }
        let reason = match self.policy.update_connections {
            true => "stays as it is: only shared values follow the source",
            false => "stays as it is; `--update-connections` lets shared values follow the source",
        };
        self.differences.push(Difference {
            source_key: source_key.to_owned(),
            target_key: target_key.to_owned(),
            fields: differ.fields,
            reason: reason.to_owned(),
        });
    }

    /// Creates what references need and the target lacks.
    pub(super) fn placeholders(&mut self) {
        for (key, source) in std::mem::take(&mut self.placeholders) {
            let content = placeholder_content(source, &self.matching.target);
            self.needed_components.insert(&source.component);
            let mut differ = Differ::new(MAX_FIELDS);
            for (field, value) in [
                ("label", content.label.as_str()),
                ("component", &content.component),
                ("connection_type", &content.connection_type),
                ("scope", content.scope.as_str()),
            ] {
                differ.field(field, None, Some(value.into()));
            }
            for (input, set) in &content.inputs {
                differ.field(&format!("inputs.{input}.value"), None, set.value.clone());
            }
            self.connection_changes.push(Change {
                action: Action::Placeholder,
                fields: differ.fields,
                more_fields: differ.more,
                reason: format!("{} has none; made from the definition in {}", self.target.name, self.source.name),
                digest: Some(digest_of(&canonical_json(&content))),
                ..delete(key, "")
            });
            self.fill_in(key, &content);
            self.placeholders.insert(key, source);
        }
        self.connection_changes.sort_by(|a, b| (a.action, &a.key).cmp(&(b.action, &b.key)));
    }

    fn fill_in(&mut self, key: &str, content: &ConnectionContent) {
        let kind = self.known_type(content);
        let required = kind.map_or(&[][..], |kind| kind.required.as_slice());
        let inputs: Vec<TodoInput> = required
            .iter()
            .filter(|input| content.inputs.get(&input.key).is_none_or(|set| set.value.is_none()))
            .map(|input| TodoInput {
                input: input.key.clone(),
                who: match content.scope {
                    // One account for all: no customer could enter anything.
                    Scope::OrganizationGlobal => ManagedBy::Organization,
                    _ => content.inputs.get(&input.key).and_then(|set| set.managed_by).unwrap_or(input.managed_by),
                },
                is_secret: input.is_secret,
            })
            .collect();
        let needs_authorization = kind.is_some_and(|kind| kind.needs_authorization);
        let message = match (inputs.is_empty(), needs_authorization) {
            (true, false) if kind.is_some() => "look it over: nothing that must be set is missing",
            (true, false) => "fill it in",
            (true, true) => "complete its authorization",
            (false, false) => "fill in its values",
            (false, true) => "fill in its values, then complete its authorization",
        };
        let (connection, message) = (key.to_owned(), message.to_owned());
        self.todo.push(Todo { code: TodoCode::FillPlaceholder, connection, message, inputs });
    }

    fn known_type(&self, content: &ConnectionContent) -> Option<&'a KnownType> {
        let pin = self.source.snapshot.components.get(&content.component)?;
        let known = self.target.known_components.get(&content.component)?;
        known.iter().find(|known| known.pin == *pin)?.connection_types.get(&content.connection_type)
    }
}

/// The fields of a definition besides its inputs.
pub(in crate::model::sync) fn definition_fields(differ: &mut Differ, old: &ConnectionContent, new: &ConnectionContent) {
    differ.field("label", Some(old.label.as_str().into()), Some(new.label.as_str().into()));
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    differ.field("description", text(&old.description), text(&new.description));
    differ.field("component", Some(old.component.as_str().into()), Some(new.component.as_str().into()));
    let types = (old.connection_type.as_str(), new.connection_type.as_str());
    differ.field("connection_type", Some(types.0.into()), Some(types.1.into()));
    differ.field("scope", Some(old.scope.as_str().into()), Some(new.scope.as_str().into()));
    differ.field("is_enabled", Some(old.is_enabled.into()), Some(new.is_enabled.into()));
    differ.field("is_embedded", Some(old.is_embedded.into()), Some(new.is_embedded.into()));
}

/// The inputs; values only where `tells_value` says so.
pub(in crate::model::sync) fn input_fields(
    differ: &mut Differ,
    old: &ConnectionContent,
    new: &ConnectionContent,
    tells_value: impl Fn(&str) -> bool,
) {
    let none = InputContent::default();
    let mut keys: Vec<&String> = old.inputs.keys().chain(new.inputs.keys()).collect();
    keys.sort();
    keys.dedup();
    let who = |who: Option<ManagedBy>| who.and_then(|who| serde_json::to_value(who).ok());
    for key in keys {
        let (a, b) = (old.inputs.get(key).unwrap_or(&none), new.inputs.get(key).unwrap_or(&none));
        if tells_value(key) {
            differ.field(&format!("inputs.{key}.value"), a.value.clone(), b.value.clone());
        }
        differ.field(&format!("inputs.{key}.managed_by"), who(a.managed_by), who(b.managed_by));
        differ.field(&format!("inputs.{key}.shared"), a.shared.map(Value::from), b.shared.map(Value::from));
    }
}
