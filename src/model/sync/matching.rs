//! Which connection of the source is which of the target: exact current keys first, then aliases among the rest.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::model::sync::snapshot::ConnectionContent;

type Connections = BTreeMap<String, ConnectionContent>;

/// Current keys and aliases of one tenant: one namespace.
pub(super) struct KeyIndex<'a> {
    connections: &'a Connections,
    aliases: HashMap<&'a str, &'a str>,
}

impl<'a> KeyIndex<'a> {
    pub(super) fn of(connections: &'a Connections) -> Self {
        let aliases = connections
            .iter()
            .flat_map(|(key, content)| content.aliases.iter().map(move |alias| (alias.as_str(), key.as_str())))
            .collect();
        Self { connections, aliases }
    }

    /// The current key and content of what `key` names.
    pub(super) fn resolve(&self, key: &str) -> Option<(&'a str, &'a ConnectionContent)> {
        self.connections
            .get_key_value(key)
            .or_else(|| self.aliases.get(key).and_then(|current| self.connections.get_key_value(*current)))
            .map(|(key, content)| (key.as_str(), content))
    }

    /// Every key that would resolve.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a str> {
        self.connections.keys().map(String::as_str).chain(self.aliases.keys().copied())
    }
}

/// A connection that both sides have.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) source_key: &'a str,
    pub(super) source: &'a ConnectionContent,
    pub(super) target_key: &'a str,
    pub(super) target: &'a ConnectionContent,
}

/// The counterpart of one source connection.
pub(super) enum Counterpart<'a> {
    Exact,
    /// The target's current key.
    Alias(&'a str),
    /// Every target connection it could be, or the one that already stands for another.
    Ambiguous(Vec<&'a str>),
    None,
}

pub(super) struct Matching<'a> {
    pub(super) source: KeyIndex<'a>,
    pub(super) target: KeyIndex<'a>,
    /// In order of the source's keys.
    pub(super) pairs: Vec<Pair<'a>>,
    by_alias: BTreeMap<&'a str, &'a str>,
    ambiguous: BTreeMap<&'a str, Vec<&'a str>>,
    pub(super) only_in_source: Vec<&'a str>,
    /// Neither matched nor a candidate of anything.
    pub(super) only_in_target: Vec<&'a str>,
}

impl<'a> Matching<'a> {
    pub(super) fn of(source: &'a Connections, target: &'a Connections) -> Self {
        let mut matching = Self {
            source: KeyIndex::of(source),
            target: KeyIndex::of(target),
            pairs: Vec::with_capacity(source.len().min(target.len())),
            by_alias: BTreeMap::new(),
            ambiguous: BTreeMap::new(),
            only_in_source: Vec::new(),
            only_in_target: Vec::new(),
        };
        let mut rest = Vec::new();
        let mut rest_of_target = BTreeSet::new();
        merge(source, target, |key, a, b| match (a, b) {
            (Some(source), Some(target)) => {
                matching.pairs.push(Pair { source_key: key, source, target_key: key, target });
            }
            (Some(source), None) => rest.push((key, source)),
            (None, _) => {
                rest_of_target.insert(key);
            }
        });
        matching.match_aliases(&rest, rest_of_target);
        matching
    }

    fn match_aliases(&mut self, rest: &[(&'a str, &'a ConnectionContent)], mut rest_of_target: BTreeSet<&'a str>) {
        let mut claims: BTreeMap<&'a str, usize> = BTreeMap::new();
        let candidates: Vec<BTreeSet<&'a str>> = rest
            .iter()
            .map(|(key, content)| {
                let names = std::iter::once(*key).chain(content.aliases.iter().map(String::as_str));
                let found = names.filter_map(|name| self.target.resolve(name)).map(|(current, _)| current);
                let free: BTreeSet<&'a str> = found.filter(|current| rest_of_target.contains(current)).collect();
                free.iter().for_each(|current| *claims.entry(*current).or_default() += 1);
                free
            })
            .collect();
        for ((key, source), candidates) in rest.iter().zip(candidates) {
            let is_claimed_once = candidates.iter().all(|candidate| claims.get(candidate) == Some(&1));
            let single = candidates.first().filter(|_| candidates.len() == 1 && is_claimed_once).copied();
            if let Some((target_key, target)) = single.and_then(|found| self.target.resolve(found)) {
                self.by_alias.insert(key, target_key);
                self.pairs.push(Pair { source_key: key, source, target_key, target });
            } else if !candidates.is_empty() {
                self.ambiguous.insert(key, candidates.iter().copied().collect());
            } else if let Some((taken_by, _)) = self.target.resolve(key) {
                // The key cannot be created either: in the target it is an alias of a connection that stands for another.
                self.ambiguous.insert(key, vec![taken_by]);
            } else {
                self.only_in_source.push(key);
            }
            candidates.iter().for_each(|candidate| {
                rest_of_target.remove(candidate);
            });
        }
        self.pairs.sort_by_key(|pair| pair.source_key);
        self.only_in_target = rest_of_target.into_iter().collect();
    }

    /// The pair of a target's current key.
    pub(super) fn pair_of_target(&self, target_key: &str) -> Option<Pair<'a>> {
        let exact = self.pairs.binary_search_by_key(&target_key, |pair| pair.source_key).ok().map(|at| self.pairs[at]);
        exact
            .filter(|pair| pair.target_key == target_key)
            .or_else(|| self.pairs.iter().find(|pair| pair.target_key == target_key).copied())
    }

    /// `source_key` is a current key of the source.
    pub(super) fn counterpart(&self, source_key: &str) -> Counterpart<'a> {
        if let Some(target_key) = self.by_alias.get(source_key) {
            return Counterpart::Alias(target_key);
        }
        if let Some(candidates) = self.ambiguous.get(source_key) {
            return Counterpart::Ambiguous(candidates.clone());
        }
        match self.target.connections.contains_key(source_key) {
            true => Counterpart::Exact,
            false => Counterpart::None,
        }
    }
}

/// Walks two sorted maps side by side, each key once.
pub(super) fn merge<'a, T>(
    left: &'a BTreeMap<String, T>,
    right: &'a BTreeMap<String, T>,
    mut visit: impl FnMut(&'a str, Option<&'a T>, Option<&'a T>),
) {
    let mut left = left.iter().peekable();
    let mut right = right.iter().peekable();
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return,
        };
        let a = if order.is_le() { left.next() } else { None };
        let b = if order.is_ge() { right.next() } else { None };
        if let Some((key, _)) = a.or(b) {
            visit(key, a.map(|(_, value)| value), b.map(|(_, value)| value));
        }
    }
}
