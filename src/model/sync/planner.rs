//! Makes the plan: one walk over both snapshots, in key order, so the same input gives the same plan.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::model::sync::ConnectionFacts;
use crate::model::sync::Policy;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::model::sync::matching::Matching;
use crate::model::sync::matching::merge;
use crate::model::sync::plan::Blocker;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::Difference;
use crate::model::sync::plan::End;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Outcome;
use crate::model::sync::plan::Plan;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::Side;
use crate::model::sync::plan::Summary;
use crate::model::sync::plan::Todo;
use crate::model::sync::plan::Warning;
use crate::model::sync::plan::WarningCode;
use crate::model::sync::snapshot::ConnectionContent;

mod components;
mod connections;
mod integrations;
mod maps;
mod references;

pub(super) use connections::definition_fields;
pub(super) use connections::input_fields;
pub(super) use integrations::slot_fields;

/// How many uses a blocker or warning names; the rest is counted.
const MAX_USES_NAMED: usize = 20;

/// What a sync from `source` into `target` would do. Pure: equal input, equal plan.
#[must_use]
pub fn plan(source: &SourceState, target: &TargetState, policy: &Policy) -> Plan {
    let mut planner = Planner::new(source, target, policy);
    planner.read_maps();
    planner.pairs();
    let (from, to) = (&source.snapshot.integrations, &target.snapshot.integrations);
    merge(from, to, |key, a, b| planner.integration(key, a, b));
    planner.report_maps();
    planner.report_shortfalls();
    planner.placeholders();
    planner.left_over();
    planner.components();
    planner.into_plan()
}

/// The plan in the making. Keys are borrowed from the two snapshots.
struct Planner<'a> {
    source: &'a SourceState,
    target: &'a TargetState,
    policy: &'a Policy,
    matching: Matching<'a>,
    /// Pairs under one and the same key, with what the target knows of them: nearly every reference finds one here.
    exact: HashMap<&'a str, Exact<'a>>,
    maps: BTreeMap<&'a str, maps::Entry<'a>>,
    /// Target connections by component and connection type; made when first asked for.
    by_type: Option<BTreeMap<(&'a str, &'a str), Vec<&'a str>>>,
    /// The target's key now -> its key after the sync.
    renames: BTreeMap<&'a str, &'a str>,
    /// Source connections to be created.
    placeholders: BTreeMap<&'a str, &'a ConnectionContent>,
    /// Source connections that references use and that are not matched.
    referenced: BTreeSet<&'a str>,
    /// Target connections that a reference finds, by their key now.
    used: BTreeSet<&'a str>,
    needed_components: BTreeSet<&'a str>,
    shortfalls: BTreeMap<&'a str, BTreeSet<&'a str>>,
    component_changes: Vec<Change>,
    connection_changes: Vec<Change>,
    integration_changes: Vec<Change>,
    integration_deletes: Vec<Change>,
    connection_deletes: Vec<Change>,
    references: Vec<Reference>,
    blockers: BTreeMap<(BlockerCode, String), Blocker>,
    warnings: BTreeMap<(WarningCode, String), Warning>,
    differences: Vec<Difference>,
    left_alone: Vec<LeftAlone>,
    todo: Vec<Todo>,
    unchanged_integrations: usize,
    detailed_integrations: usize,
}

impl<'a> Planner<'a> {
    fn new(source: &'a SourceState, target: &'a TargetState, policy: &'a Policy) -> Self {
        let matching = Matching::of(&source.snapshot.connections, &target.snapshot.connections);
        Self {
            source,
            target,
            policy,
            exact: exact_pairs(&matching, target),
            matching,
            maps: BTreeMap::new(),
            by_type: None,
            renames: BTreeMap::new(),
            placeholders: BTreeMap::new(),
            referenced: BTreeSet::new(),
            used: BTreeSet::new(),
            needed_components: BTreeSet::new(),
            shortfalls: BTreeMap::new(),
            component_changes: Vec::new(),
            connection_changes: Vec::new(),
            integration_changes: Vec::new(),
            integration_deletes: Vec::new(),
            connection_deletes: Vec::new(),
            references: Vec::with_capacity(source.snapshot.integrations.len()),
            blockers: BTreeMap::new(),
            warnings: BTreeMap::new(),
            differences: Vec::new(),
            left_alone: Vec::new(),
            todo: Vec::new(),
            unchanged_integrations: 0,
            detailed_integrations: 0,
        }
    }

    fn facts(&self, target_key: &str) -> Option<&'a ConnectionFacts> {
        self.target.facts.get(target_key)
    }

    fn key_after(&self, target_key: &'a str) -> &'a str {
        self.renames.get(target_key).copied().unwrap_or(target_key)
    }

    /// One blocker per code and subject; further causes only add to its uses.
    fn block(&mut self, code: BlockerCode, subject: &str, text: (String, String), used_by: Option<&Use<'_>>) {
        let (message, advice) = text;
        let blocker = self.blockers.entry((code, subject.to_owned())).or_insert_with(|| Blocker {
            code,
            subject: subject.to_owned(),
            message,
            advice,
            used_by: Vec::new(),
            uses: 0,
        });
        count_use(&mut blocker.used_by, &mut blocker.uses, used_by);
    }

    fn warn(&mut self, code: WarningCode, subject: &str, used_by: Option<&Use<'_>>, message: impl FnOnce() -> String) {
        let warning = self.warnings.entry((code, subject.to_owned())).or_insert_with(|| Warning {
            code,
            subject: subject.to_owned(),
            message: message(),
            used_by: Vec::new(),
            uses: 0,
        });
        count_use(&mut warning.used_by, &mut warning.uses, used_by);
    }

    /// Deletes, and what is left as it is.
    fn left_over(&mut self) {
        for key in std::mem::take(&mut self.matching.only_in_source) {
            if !self.placeholders.contains_key(key) && !self.referenced.contains(key) {
                self.left_alone.push(LeftAlone { kind: Kind::Connection, key: key.to_owned(), side: Side::Source });
            }
        }
        for key in std::mem::take(&mut self.matching.only_in_target) {
            if !self.policy.prune || self.used.contains(key) {
                self.left_alone.push(LeftAlone { kind: Kind::Connection, key: key.to_owned(), side: Side::Target });
            } else if self.facts(key).is_some_and(|facts| facts.is_used_elsewhere) {
                self.warn(WarningCode::StillUsed, key, None, || {
                    "is not deleted: instances, workflows or older versions use it".to_owned()
                });
                self.left_alone.push(LeftAlone { kind: Kind::Connection, key: key.to_owned(), side: Side::Target });
            } else {
                let reason = "the source has no such connection, and no integration refers to it any more";
                self.connection_deletes.push(connections::delete(key, reason));
            }
        }
    }

    fn into_plan(self) -> Plan {
        let groups = [
            self.component_changes,
            self.connection_changes,
            self.integration_changes,
            self.integration_deletes,
            self.connection_deletes,
        ];
        let mut plan = Plan {
            source: End { name: self.source.name.clone(), revision: self.source.revision, is_production: false },
            target: End {
                name: self.target.name.clone(),
                revision: Some(self.target.revision),
                is_production: self.target.is_production,
            },
            policy: self.policy.clone(),
            outcome: Outcome::Nothing,
            summary: Summary::default(),
            changes: groups.into_iter().flatten().collect(),
            references: self.references,
            blockers: self.blockers.into_values().collect(),
            warnings: self.warnings.into_values().collect(),
            differences: self.differences,
            left_alone: self.left_alone,
            todo: self.todo,
            hash: String::new(),
        };
        plan.left_alone.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        plan.todo.sort_by(|a, b| (a.code, &a.connection).cmp(&(b.code, &b.connection)));
        plan.finish(self.unchanged_integrations);
        plan
    }
}

/// A connection that both sides have under one key.
#[derive(Clone, Copy)]
struct Exact<'a> {
    source: &'a ConnectionContent,
    target: &'a ConnectionContent,
    facts: Option<&'a ConnectionFacts>,
}

/// Pairs and facts are both in key order, so one walk joins them.
fn exact_pairs<'a>(matching: &Matching<'a>, target: &'a TargetState) -> HashMap<&'a str, Exact<'a>> {
    let mut facts = target.facts.iter().peekable();
    let exact = matching.pairs.iter().filter(|pair| pair.source_key == pair.target_key);
    exact
        .map(|pair| {
            while facts.next_if(|(key, _)| key.as_str() < pair.target_key).is_some() {}
            let known = facts.peek().filter(|(key, _)| *key == pair.target_key).map(|(_, facts)| *facts);
            (pair.target_key, Exact { source: pair.source, target: pair.target, facts: known })
        })
        .collect()
}

/// A slot of an integration.
struct Use<'k> {
    integration: &'k str,
    slot: &'k str,
}

fn count_use(named: &mut Vec<String>, uses: &mut usize, used_by: Option<&Use<'_>>) {
    if let Some(Use { integration, slot }) = used_by {
        *uses += 1;
        if named.len() < MAX_USES_NAMED {
            named.push(format!("{integration}/{slot}"));
        }
    }
}
