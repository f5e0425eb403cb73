//! Integrations: what would be created, replaced or deleted, compared by digest; only changed definitions are read.

use serde_json::Value;

use crate::model::sync::diff::Differ;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Side;
use crate::model::sync::plan::WarningCode;
use crate::model::sync::planner::Planner;
use crate::model::sync::planner::connections::delete;
use crate::model::sync::snapshot::IntegrationContent;
use crate::model::sync::snapshot::SlotContent;
use crate::model::sync::write::rebound_digest;

/// Changed places that one integration's change lists.
const MAX_FIELDS: usize = 50;

/// A plan that changes more integrations than this tells the places of the first ones only.
const MAX_DETAILED: usize = 200;

fn state(is_published: bool) -> Value {
    if is_published { "published".into() } else { "draft".into() }
}

impl<'a> Planner<'a> {
    pub(super) fn integration(
        &mut self,
        key: &'a str,
        source: Option<&'a IntegrationContent>,
        target: Option<&'a IntegrationContent>,
    ) {
        let Some(source) = source else {
            return self.only_in_target(key);
        };
        let first = self.references.len();
        let mut bound = Vec::with_capacity(source.slots.len());
        for (name, slot) in &source.slots {
            bound.push(self.reference(key, name, slot));
        }
        let Some(target) = target else {
            let mut differ = Differ::new(MAX_FIELDS);
            differ.field("name", None, Some(source.name.as_str().into()));
            differ.field("state", None, Some(state(source.is_published)));
            let reason = format!("{} has no such integration", self.target.name);
            let change = self.change(key, Action::Create, (source, first), differ);
            self.integration_changes.push(Change { reason, ..change });
            return;
        };
        if self.is_same(source, target, &bound) {
            self.unchanged_integrations += 1;
            return;
        }
        self.guard_draft(key, "replaced");
        if target.is_published && !source.is_published {
            self.warn(WarningCode::Unpublished, key, None, || {
                "is published in the target and only a draft in the source: its published version is withdrawn"
                    .to_owned()
            });
        }
        let differ = self.fields(source, target, &bound);
        let change = self.change(key, Action::Update, (source, first), differ);
        self.integration_changes.push(Change { reason: format!("differs from {}", self.source.name), ..change });
    }

    fn change(
        &self,
        key: &str,
        action: Action,
        (source, first): (&IntegrationContent, usize),
        differ: Differ,
    ) -> Change {
        Change {
            kind: Kind::Integration,
            action,
            fields: differ.fields,
            more_fields: differ.more,
            digest: Some(rebound_digest(source, &self.references[first..])),
            ..delete(key, "")
        }
    }

    fn only_in_target(&mut self, key: &str) {
        if !self.policy.prune {
            self.left_alone.push(LeftAlone { kind: Kind::Integration, key: key.to_owned(), side: Side::Target });
            // What stays keeps its connections.
            return;
        }
        self.guard_draft(key, "deleted");
        let reason = format!("{} has no such integration", self.source.name);
        self.integration_deletes.push(Change { kind: Kind::Integration, ..delete(key, &reason) });
    }

    fn guard_draft(&mut self, key: &str, what: &str) {
        let Some(who) = self.target.edited_drafts.get(key) else { return };
        if self.policy.overwrite_drafts {
            self.warn(WarningCode::DraftOverwritten, key, None, || format!("the draft that {who} edited is {what}"));
            return;
        }
        let message = format!("`{key}`: {who} edited its draft in {}, and it would be {what}", self.target.name);
        let advice = "bring the edit to the source first, or `--overwrite-drafts` gives it up";
        self.block(BlockerCode::EditedDraft, key, (message, advice.to_owned()), None);
    }

    fn is_same(&self, source: &IntegrationContent, target: &IntegrationContent, bound: &[Option<&str>]) -> bool {
        source.digest == target.digest
            && source.is_published == target.is_published
            && source.name == target.name
            && source.description == target.description
            && source.slots.len() == target.slots.len()
            && source.slots.iter().zip(&target.slots).zip(bound).all(|((source, target), bound)| {
                let ((name, source), (target_name, target)) = (source, target);
                name == target_name
                    && source.component == target.component
                    && source.connection_type == target.connection_type
                    && source.scope == target.scope
                    && source.required_scopes == target.required_scopes
                    && (bound.is_none() || *bound == target.stable_key.as_deref() || *bound == self.bound_now(target))
            })
    }

    /// The target's connection that its slot names now, by current key; the wanted key when nothing has it.
    fn bound_now<'k>(&'k self, slot: &'k SlotContent) -> Option<&'k str> {
        let key = slot.stable_key.as_deref()?;
        Some(self.matching.target.resolve(key).map_or(key, |(current, _)| current))
    }

    fn fields(&mut self, source: &IntegrationContent, target: &IntegrationContent, bound: &[Option<&str>]) -> Differ {
        let mut differ = Differ::new(MAX_FIELDS);
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        differ.field("name", Some(target.name.as_str().into()), Some(source.name.as_str().into()));
        differ.field("description", text(&target.description), text(&source.description));
        differ.field("state", Some(state(target.is_published)), Some(state(source.is_published)));
        for ((name, new), bound) in source.slots.iter().zip(bound) {
            let old = target.slots.get(name);
            let none = SlotContent::default();
            let path = |field: &str| format!("slots[{name}].{field}");
            if let Some(bound) = bound {
                let now = old.and_then(|old| self.bound_now(old));
                differ.field(&path("connection"), now.map(Value::from), Some((*bound).into()));
            }
            slot_fields(&mut differ, path, old.unwrap_or(&none), new);
        }
        for (name, old) in target.slots.iter().filter(|(name, _)| !source.slots.contains_key(*name)) {
            let key = old.stable_key.as_deref().unwrap_or("");
            differ.field(&format!("slots[{name}]"), Some(key.into()), None);
        }
        if source.digest != target.digest {
            self.definition(&mut differ, source, target);
        }
        differ
    }

    fn definition(&mut self, differ: &mut Differ, source: &IntegrationContent, target: &IntegrationContent) {
        let before = differ.fields.len() + differ.more;
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        if self.detailed_integrations < MAX_DETAILED {
            self.detailed_integrations += 1;
            if let Some((old, new)) = read(&target.definition).zip(read(&source.definition)) {
                differ.values("definition", &old, &new);
            }
        }
        if before == differ.fields.len() + differ.more {
            differ.field("definition", Some(target.digest.as_str().into()), Some(source.digest.as_str().into()));
        }
    }
}

pub(in crate::model::sync) fn slot_fields(
    differ: &mut Differ,
    path: impl Fn(&str) -> String,
    old: &SlotContent,
    new: &SlotContent,
) {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    differ.field(&path("component"), text(&old.component), text(&new.component));
    differ.field(&path("connection_type"), text(&old.connection_type), text(&new.connection_type));
    let scope = |slot: &SlotContent| slot.scope.map(|scope| scope.as_str().into());
    differ.field(&path("scope"), scope(old), scope(new));
    let scopes = |slot: &SlotContent| {
        let list: Vec<&str> = slot.required_scopes.iter().map(String::as_str).collect();
        (!list.is_empty()).then(|| list.join(" ").into())
    };
    differ.field(&path("required_scopes"), scopes(old), scopes(new));
}
