//! What reading a file gathers as it goes: findings, secrets to blank, and which inputs name which variable.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::model::component::Component;
use crate::model::definition::Components;
use crate::model::definition::Use;
use crate::model::definition::secrets::Blanks;
use crate::model::definition::secrets::child;
use crate::model::definition::secrets::is_authorization;
use crate::model::definition::secrets::is_likely_secret;
use crate::model::definition::secrets::is_surely_secret;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::problem::nearest;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

/// Nobody reads more; a hostile file would make one per line.
const MAX_ERRORS: usize = 100;
const MAX_WARNINGS: usize = 500;

/// Values inside values: lists of named values are two levels.
const MAX_NESTING: usize = 16;

/// Names longer than this are no names.
const MAX_NAME: usize = 256;

/// What is known and found so far.
pub(super) struct Context<'a> {
    components: &'a Components<'a>,
    cache: HashMap<String, Option<Arc<Component>>>,
    /// Keys of all configuration variables.
    pub names: HashSet<String>,
    /// Keys of those that are connections.
    pub connections: HashSet<String>,
    pub blanks: Blanks,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<'a> Context<'a> {
    pub(super) fn new(components: &'a Components<'a>) -> Self {
        Self {
            components,
            cache: HashMap::new(),
            names: HashSet::new(),
            connections: HashSet::new(),
            blanks: Blanks::default(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn component(&mut self, key: &str) -> Option<Arc<Component>> {
        if let Some(known) = self.cache.get(key) {
            return known.clone();
        }
        let found = (self.components)(key);
        self.cache.insert(key.to_owned(), found.clone());
        found
    }

    pub(super) fn report(&mut self, problem: Problem) {
        let (list, limit) =
            if problem.is_error() { (&mut self.errors, MAX_ERRORS) } else { (&mut self.warnings, MAX_WARNINGS) };
        if list.len() < limit {
            list.push(problem);
        }
    }

    /// Errors with the warnings beside them, or the warnings alone; in file order.
    pub(super) fn finish(self) -> Result<Vec<Problem>, Vec<Problem>> {
        let is_refused = !self.errors.is_empty();
        let mut problems = self.errors;
        problems.extend(self.warnings);
        problems.sort_by_key(|problem| (problem.line, problem.column));
        if is_refused { Err(problems) } else { Ok(problems) }
    }

    /// The items of a list; nothing at all is an empty list.
    pub(super) fn list<'n>(&mut self, node: Option<&'n Node>, what: &str) -> &'n [Node] {
        self.shaped(node, what, "a list").map_or(&[], Node::items)
    }

    /// A mapping; nothing at all is none.
    pub(super) fn map<'n>(&mut self, node: Option<&'n Node>, what: &str) -> Option<&'n Node> {
        self.shaped(node, what, "a mapping")
    }

    fn shaped<'n>(&mut self, node: Option<&'n Node>, what: &str, shape: &'static str) -> Option<&'n Node> {
        let node = node.filter(|node| node.describe() != "nothing")?;
        if node.describe() == shape {
            return Some(node);
        }
        self.report(Problem::error(
            "wrong_shape",
            node.place,
            format!("{what} must be {shape}, not {}", node.describe()),
        ));
        None
    }

    /// A name that is text and not empty. `None` when it is absent; reports one of another shape.
    pub(super) fn name<'n>(&mut self, node: Option<&'n Node>, what: &str) -> Option<&'n str> {
        let node = node?;
        let Some(text) = node.as_str() else {
            if node.describe() != "nothing" {
                let message = format!("{what} must be text, not {}", node.describe());
                self.report(Problem::error("wrong_shape", node.place, message).help("put it in quotes"));
            }
            return None;
        };
        if text.chars().count() > MAX_NAME {
            let message = format!("{what} is longer than {MAX_NAME} characters");
            self.report(Problem::error("name_too_long", node.place, message));
            return None;
        }
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// The inputs of a step or a data source: which of them name connection variables; secrets in them are blanked.
    pub(super) fn uses(&mut self, owner: &str, inputs: Option<&Node>, pointer: &str) -> Vec<Use> {
        let mut uses = Vec::new();
        let Some(inputs) = self.map(inputs, &format!("`inputs` of {owner}")) else { return uses };
        for entry in inputs.entries() {
            let at = At { owner, label: &entry.key, name: &entry.key, pointer: &child(pointer, &entry.key), depth: 0 };
            self.input(&at, &entry.value, &mut uses);
        }
        uses
    }

    fn input(&mut self, at: &At<'_>, node: &Node, uses: &mut Vec<Use>) {
        let value = node.get("value");
        if is_surely_secret(at.name) || is_authorization(at.name, value.unwrap_or(node)) {
            let what = || format!("secret input `{}` of {} was not kept: put it into a connection", at.label, at.owner);
            self.blank(node, at.pointer, what);
        }
        if node.get("type").and_then(Node::as_str) == Some("configVar") {
            if let Some(place) = value
                && let Some(variable) = place.as_str().filter(|name| !name.is_empty())
            {
                self.variable(at, variable, place.place, uses);
            }
            return;
        }
        let (nested, pointer) = match value {
            Some(value) => (value, format!("{}/value", at.pointer)),
            None => (node, at.pointer.to_owned()),
        };
        self.nested(at, nested, &pointer, uses);
    }

    /// Lists of values, and values by name.
    fn nested(&mut self, at: &At<'_>, node: &Node, pointer: &str, uses: &mut Vec<Use>) {
        if at.depth >= MAX_NESTING {
            return;
        }
        let depth = at.depth + 1;
        match &node.kind {
            NodeKind::Scalar(_) => {}
            NodeKind::List(items) => {
                for (index, item) in
                    items.iter().enumerate().filter(|(_, item)| !matches!(item.kind, NodeKind::Scalar(_)))
                {
                    let name = item.get("name").and_then(Node::as_str).unwrap_or_default();
                    let (label, pointer) = (format!("{}[{index}]", at.label), format!("{pointer}/{index}"));
                    self.input(&At { label: &label, name, pointer: &pointer, depth, ..*at }, item, uses);
                }
            }
            NodeKind::Map(entries) => {
                for entry in entries.iter().filter(|entry| !matches!(entry.key.as_str(), "name" | "type" | "meta")) {
                    let (label, pointer) = (format!("{}.{}", at.label, entry.key), child(pointer, &entry.key));
                    self.input(
                        &At { label: &label, name: &entry.key, pointer: &pointer, depth, ..*at },
                        &entry.value,
                        uses,
                    );
                }
            }
        }
    }

    fn variable(&mut self, at: &At<'_>, variable: &str, place: Place, uses: &mut Vec<Use>) {
        if self.connections.contains(variable) {
            let pointer = format!("{}/value", at.pointer);
            uses.push(Use { input: at.label.to_owned(), variable: variable.to_owned(), place, pointer });
            return;
        }
        if self.names.contains(variable) {
            return;
        }
        // A name in the place of a secret may be the secret itself.
        let message = if is_likely_secret(at.name) || variable.chars().count() > MAX_NAME {
            format!("input `{}` of {} names a variable that does not exist", at.label, at.owner)
        } else {
            format!("input `{}` of {} names variable `{variable}`, which does not exist", at.label, at.owner)
        };
        let mut problem = Problem::warning("unknown_variable", place, message);
        if let Some(meant) = self.suggest(variable, self.names.iter().map(String::as_str)) {
            problem = problem.help(format!("did you mean `{meant}`?"));
        }
        self.report(problem);
    }

    /// The nearest known word. Not asked for the many findings of a hostile file: comparing is slow.
    pub(super) fn suggest<'s>(&self, word: &str, known: impl IntoIterator<Item = &'s str>) -> Option<&'s str> {
        const MAX_WORD: usize = 64;
        if word.len() > MAX_WORD || self.warnings.len() >= 50 {
            return None;
        }
        nearest(word, known.into_iter().filter(|candidate| candidate.len() <= MAX_WORD).take(200))
    }

    /// Blanks the literals of a secret; tells of it when there was a real one.
    pub(super) fn blank(&mut self, node: &Node, pointer: &str, what: impl FnOnce() -> String) {
        let names = &self.names;
        if self.blanks.input(node, pointer, &|name| names.contains(name)) {
            let place = node.get("value").map_or(node.place, |value| value.place);
            self.report(Problem::warning("secret_not_kept", place, what()));
        }
    }
}

/// Where an input stands.
#[derive(Clone, Copy)]
struct At<'a> {
    /// `step ...` or `variable ...`.
    owner: &'a str,
    label: &'a str,
    name: &'a str,
    pointer: &'a str,
    depth: usize,
}
