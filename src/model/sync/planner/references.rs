//! Which connection of the target a slot finds, and what is to be said about it.

use std::collections::BTreeMap;

use crate::model::connection::Scope;
use crate::model::sync::ConnectionFacts;
use crate::model::sync::OnMissing;
use crate::model::sync::matching::Counterpart;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::ReferenceOutcome;
use crate::model::sync::plan::WarningCode;
use crate::model::sync::planner::Exact;
use crate::model::sync::planner::Planner;
use crate::model::sync::planner::Use;
use crate::model::sync::planner::connections::same_kind;
use crate::model::sync::snapshot::ConnectionContent;
use crate::model::sync::snapshot::SlotContent;

/// How many candidates an advice names.
const MAX_CANDIDATES: usize = 3;

/// What the slot found.
struct Found<'a> {
    /// The target's key now, or that of the placeholder; `None`: nothing fits.
    bound: Option<&'a str>,
    outcome: ReferenceOutcome,
    is_blocking: bool,
    reason: Option<String>,
    advice: Option<String>,
}

impl<'a> Found<'a> {
    fn of(outcome: ReferenceOutcome, bound: &'a str, reason: Option<String>) -> Self {
        Self { bound: Some(bound), outcome, is_blocking: false, reason, advice: None }
    }

    fn blocked(outcome: ReferenceOutcome, reason: String, advice: String) -> Self {
        Self { bound: None, outcome, is_blocking: true, reason: Some(reason), advice: Some(advice) }
    }
}

/// What the source binds: the connection's own kind, or what the slot says when the source has no such connection.
#[derive(Clone, Copy)]
struct Expected<'a> {
    component: Option<&'a str>,
    connection_type: Option<&'a str>,
    scope: Option<Scope>,
}

impl<'a> Expected<'a> {
    fn of(slot: &'a SlotContent, source: Option<&'a ConnectionContent>) -> Self {
        source.map_or_else(
            || Self {
                component: slot.component.as_deref(),
                connection_type: slot.connection_type.as_deref(),
                scope: slot.scope,
            },
            |content| Self {
                component: Some(&content.component),
                connection_type: Some(&content.connection_type),
                scope: Some(content.scope),
            },
        )
    }

    fn describe(&self) -> String {
        let words = [self.component.unwrap_or("any component"), self.connection_type.unwrap_or("any type")];
        words.join(" ")
    }
}

impl<'a> Planner<'a> {
    /// Adds the slot's reference and answers with the target's key now (or the placeholder's), when there is one.
    pub(super) fn reference(&mut self, integration: &'a str, name: &'a str, slot: &'a SlotContent) -> Option<&'a str> {
        let used_by = Use { integration, slot: name };
        if let Some(key) = slot.stable_key.as_deref().filter(|_| self.maps.is_empty())
            && let Some(exact) = self.exact.get(key).copied()
            && same_kind(exact.source, exact.target)
        {
            self.matched(key, slot, exact, &used_by);
            return Some(key);
        }
        let found = match slot.stable_key.as_deref() {
            Some(wanted) => self.find(slot, wanted, &used_by),
            None => self.unbound(&used_by),
        };
        if let Some(component) = slot.component.as_deref() {
            self.needed_components.insert(component);
        }
        if let Some(bound) = found.bound.filter(|_| found.outcome != ReferenceOutcome::Placeholder) {
            self.used.insert(bound);
            let content = self.target.snapshot.connections.get(bound);
            let is_disabled = content.is_some_and(|content| !content.is_enabled);
            self.warn_about(bound, slot, (is_disabled, self.facts(bound)), &used_by);
        }
        self.references.push(Reference {
            integration: integration.to_owned(),
            slot: name.to_owned(),
            source_key: slot.stable_key.clone(),
            target_key: found.bound.map(|bound| self.key_after(bound).to_owned()),
            outcome: found.outcome,
            is_blocking: found.is_blocking,
            reason: found.reason,
            advice: found.advice,
        });
        found.bound
    }

    /// Equal key, equal kind: nothing to explain.
    fn matched(&mut self, key: &'a str, slot: &'a SlotContent, exact: Exact<'a>, used_by: &Use<'_>) {
        self.needed_components.insert(&exact.source.component);
        if let Some(component) = slot.component.as_deref() {
            self.needed_components.insert(component);
        }
        if self.policy.prune {
            self.used.insert(key);
        }
        self.warn_about(key, slot, (!exact.target.is_enabled, exact.facts), used_by);
        self.references.push(Reference {
            integration: used_by.integration.to_owned(),
            slot: used_by.slot.to_owned(),
            source_key: Some(key.to_owned()),
            target_key: Some(key.to_owned()),
            outcome: ReferenceOutcome::Matched,
            is_blocking: false,
            reason: None,
            advice: None,
        });
    }

    fn find(&mut self, slot: &'a SlotContent, wanted: &'a str, used_by: &Use<'_>) -> Found<'a> {
        let source = self.matching.source.resolve(wanted);
        let expected = Expected::of(slot, source.map(|(_, content)| content));
        if let Some(component) = expected.component {
            self.needed_components.insert(component);
        }
        let key = source.map_or(wanted, |(key, _)| key);
        if let Some(entry) = self.maps.get_mut(key) {
            entry.is_used = true;
            let new = entry.new;
            self.referenced.insert(key);
            return self.mapped(wanted, new, expected, used_by);
        }
        let Some((source_key, content)) = source else {
            return match self.matching.target.resolve(wanted) {
                Some((bound, target)) => self.fitting(wanted, (bound, target), expected, used_by),
                None => self.missing(wanted, None, expected, used_by),
            };
        };
        let bound = match self.matching.counterpart(source_key) {
            Counterpart::Exact => source_key,
            Counterpart::Alias(target_key) => target_key,
            Counterpart::Ambiguous(candidates) => return self.ambiguous(source_key, &candidates, used_by),
            Counterpart::None => return self.missing(wanted, Some((source_key, content)), expected, used_by),
        };
        match self.matching.target.resolve(bound) {
            Some(target) => self.fitting(wanted, target, expected, used_by),
            None => self.missing(wanted, Some((source_key, content)), expected, used_by),
        }
    }

    fn unbound(&mut self, used_by: &Use<'_>) -> Found<'a> {
        let reason = format!("in {} this slot is bound to no connection", self.source.name);
        let advice =
            format!("bind `{}` of `{}` in {}, then plan again", used_by.slot, used_by.integration, self.source.name);
        let subject = format!("{}/{}", used_by.integration, used_by.slot);
        let message = format!("`{subject}`: {reason}");
        self.block(BlockerCode::UnboundSlot, &subject, (message, advice.clone()), Some(used_by));
        Found::blocked(ReferenceOutcome::Unbound, reason, advice)
    }

    fn mapped(&mut self, wanted: &str, new: &'a str, expected: Expected<'a>, used_by: &Use<'_>) -> Found<'a> {
        let Some((bound, target)) = self.matching.target.resolve(new) else {
            // The map itself is reported once, where the maps are read.
            let reason = format!("mapped to `{new}`, which {} does not have", self.target.name);
            return Found::blocked(ReferenceOutcome::Missing, reason, "correct the right side of the map".to_owned());
        };
        if let Some(found) = self.wrong_kind(wanted, (bound, target), expected, used_by) {
            return found;
        }
        if expected.scope.is_some_and(|scope| scope != target.scope) {
            self.warn(WarningCode::ScopeDiffers, bound, Some(used_by), || {
                format!("has scope {}, another than in the source; accepted because it is mapped", target.scope)
            });
        }
        Found::of(ReferenceOutcome::Mapped, bound, Some(format!("`--map {wanted}={new}`")))
    }

    fn fitting(
        &mut self,
        wanted: &'a str,
        (bound, target): (&'a str, &'a ConnectionContent),
        expected: Expected<'a>,
        used_by: &Use<'_>,
    ) -> Found<'a> {
        if let Some(found) = self.wrong_kind(wanted, (bound, target), expected, used_by) {
            return found;
        }
        if let Some(scope) = expected.scope.filter(|scope| *scope != target.scope) {
            let reason =
                format!("scope is {scope} in {} and {} in {}", self.source.name, target.scope, self.target.name);
            let advice = format!(
                "that would change whose credentials are used: make the scopes equal, or accept it with `--map {wanted}={bound}`"
            );
            let message = format!("`{bound}`: its {reason}");
            self.block(BlockerCode::WrongScope, bound, (message, advice.clone()), Some(used_by));
            self.used.insert(bound);
            return Found::blocked(ReferenceOutcome::WrongScope, reason, advice);
        }
        let key = self.matching.source.resolve(wanted).map_or(wanted, |(key, _)| key);
        if wanted == bound && key == bound {
            return Found::of(ReferenceOutcome::Matched, bound, None);
        }
        let reason = if self.renames.contains_key(bound) {
            format!("renamed from `{bound}`")
        } else if target.aliases.contains(key) {
            format!("`{key}` is an alias of `{bound}` in {}", self.target.name)
        } else if key == bound {
            format!("`{wanted}` is an alias of `{bound}` in {}", self.source.name)
        } else {
            format!("`{bound}` is an alias of `{key}` in {}", self.source.name)
        };
        Found::of(ReferenceOutcome::ByAlias, bound, Some(reason))
    }

    fn wrong_kind(
        &mut self,
        wanted: &str,
        (bound, target): (&'a str, &'a ConnectionContent),
        expected: Expected<'a>,
        used_by: &Use<'_>,
    ) -> Option<Found<'a>> {
        let outcome = if expected.component.is_some_and(|component| component != target.component) {
            ReferenceOutcome::WrongComponent
        } else if expected.connection_type.is_some_and(|wanted| wanted != target.connection_type) {
            ReferenceOutcome::WrongType
        } else {
            return None;
        };
        let (theirs, ours) = (expected.describe(), format!("{} {}", target.component, target.connection_type));
        let reason = format!("`{bound}` is {ours} in {}, and {theirs} is needed", self.target.name);
        let advice = self.advise_map(
            wanted,
            expected,
            "create a connection of the needed type under another key, and map to it",
        );
        self.block(BlockerCode::WrongType, bound, (reason.clone(), advice.clone()), Some(used_by));
        self.used.insert(bound);
        Some(Found::blocked(outcome, reason, advice))
    }

    fn missing(
        &mut self,
        wanted: &str,
        source: Option<(&'a str, &'a ConnectionContent)>,
        expected: Expected<'a>,
        used_by: &Use<'_>,
    ) -> Found<'a> {
        if let (OnMissing::Placeholder, Some((key, content))) = (self.policy.on_missing, source) {
            self.placeholders.insert(key, content);
            let reason = format!("created from the definition in {}, to be filled in", self.source.name);
            return Found::of(ReferenceOutcome::Placeholder, key, Some(reason));
        }
        let reason = format!("{} has no connection `{wanted}`", self.target.name);
        let otherwise = match source {
            Some(_) => "`--on-missing placeholder` creates it to be filled in; or create it in the target".to_owned(),
            None => format!("{} has none either, so it must be created there first", self.source.name),
        };
        let advice = self.advise_map(wanted, expected, &otherwise);
        let subject = source.map_or(wanted, |(key, _)| key);
        if let Some((key, _)) = source {
            self.referenced.insert(key);
        }
        self.block(BlockerCode::MissingConnection, subject, (reason.clone(), advice.clone()), Some(used_by));
        Found::blocked(ReferenceOutcome::Missing, reason, advice)
    }

    fn ambiguous(&mut self, source_key: &'a str, candidates: &[&'a str], used_by: &Use<'_>) -> Found<'a> {
        let list = candidates.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let reason = match candidates {
            [only] => {
                format!("by its aliases it is `{only}` in {}, which another connection matches too", self.target.name)
            }
            _ => format!("by its aliases it could be {list} in {}", self.target.name),
        };
        let first = candidates.first().copied().unwrap_or("…");
        let advice = format!("choose with `--map {source_key}={first}`, or release the alias that is not meant");
        let message = format!("`{source_key}`: {reason}");
        self.block(BlockerCode::Ambiguous, source_key, (message, advice.clone()), Some(used_by));
        self.used.extend(candidates);
        Found::blocked(ReferenceOutcome::Ambiguous, reason, advice)
    }

    /// Names connections of the target that would fit, else says `otherwise`.
    fn advise_map(&mut self, wanted: &str, expected: Expected<'a>, otherwise: &str) -> String {
        let connections = &self.target.snapshot.connections;
        let by_type = self.by_type.get_or_insert_with(|| {
            let mut by_type: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
            for (key, content) in connections {
                by_type.entry((&content.component, &content.connection_type)).or_default().push(key);
            }
            by_type
        });
        let kind = expected.component.zip(expected.connection_type);
        let candidates = kind.and_then(|kind| by_type.get(&kind)).map_or(&[][..], Vec::as_slice);
        if candidates.is_empty() {
            return otherwise.to_owned();
        }
        let maps: Vec<String> =
            candidates.iter().take(MAX_CANDIDATES).map(|key| format!("`--map {wanted}={key}`")).collect();
        format!("{} uses one that is there; {otherwise}", maps.join(" or "))
    }

    fn warn_about(
        &mut self,
        bound: &'a str,
        slot: &'a SlotContent,
        (is_disabled, facts): (bool, Option<&'a ConnectionFacts>),
        used_by: &Use<'_>,
    ) {
        if is_disabled {
            self.warn(WarningCode::DisabledConnection, bound, Some(used_by), || "is disabled".to_owned());
        }
        let Some(facts) = facts else { return };
        if facts.is_pending {
            self.warn(WarningCode::PendingValues, bound, Some(used_by), || {
                "has values that are still missing".to_owned()
            });
        }
        if facts.needs_authorization {
            self.warn(WarningCode::PendingAuthorization, bound, Some(used_by), || {
                "waits for its authorization".to_owned()
            });
        }
        if !facts.has_test_credential {
            self.warn(WarningCode::NoTestCredential, bound, Some(used_by), || "has no test credential".to_owned());
        }
        let Some(granted) = &facts.granted_scopes else { return };
        let mut lacking = slot.required_scopes.iter().filter(|scope| !granted.contains(*scope)).peekable();
        if lacking.peek().is_some() {
            self.shortfalls.entry(bound).or_default().extend(lacking.map(String::as_str));
            self.warn(WarningCode::ScopeShortfall, bound, Some(used_by), String::new);
        }
    }

    /// The scopes that lack are known only after all slots.
    pub(super) fn report_shortfalls(&mut self) {
        for (key, scopes) in std::mem::take(&mut self.shortfalls) {
            if let Some(warning) = self.warnings.get_mut(&(WarningCode::ScopeShortfall, key.to_owned())) {
                let list = scopes.into_iter().collect::<Vec<_>>().join(", ");
                warning.message = format!("lacks OAuth scopes that integrations need: {list}");
            }
        }
    }
}
