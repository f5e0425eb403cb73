//! The findings of one file, and the place of a finding inside a text of it.

use serde::de::DeserializeOwned;

use crate::model::component::shape::MOST_PROBLEMS;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

pub(super) struct Check<'t> {
    pub text: &'t str,
    pub problems: Vec<Problem>,
    /// Patterns met so far: compiling them takes time.
    pub patterns: usize,
}

impl Check<'_> {
    /// Whether enough is wrong to stop looking.
    pub fn is_full(&self) -> bool {
        self.problems.len() >= MOST_PROBLEMS
    }

    /// Whether a list is short enough to go on with.
    pub fn is_short(&mut self, items: &[Node], most: usize, what: &str) -> bool {
        if items.len() > most {
            let message = format!("more than {most} {what}");
            self.error("too_many", items[most].place, message, "split the component");
        }
        items.len() <= most
    }

    pub fn error(&mut self, code: &'static str, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::error(code, place, message).help(help));
    }

    /// The place of `length` bytes at `offset` of a text's value; the whole text where its quotes hide the way.
    pub fn within(&self, node: &Node, offset: usize, length: usize) -> Place {
        let at = node.place;
        let raw = self.text.get(at.offset_bytes..at.offset_bytes + at.length_bytes).unwrap_or_default();
        let value = node.as_str().unwrap_or_default();
        let quoted = raw.len() >= 2 && raw.starts_with(['"', '\'']) && raw.get(1..raw.len() - 1) == Some(value);
        if raw.contains('\n') || !(quoted || raw == value) {
            return at;
        }
        let start = offset + usize::from(quoted);
        let Some(before) = raw.get(..start) else { return at };
        Place {
            column: at.column + before.chars().count(),
            offset_bytes: at.offset_bytes + start,
            length_bytes: length.min(raw.len() - start),
            ..at
        }
    }
}

/// A part of the file as its type; nothing when its shape is wrong, which is reported by itself.
pub(super) fn typed<T: DeserializeOwned>(node: &Node) -> Option<T> {
    serde_json::from_value(node.to_value()).ok()
}

/// The entry under a key that is there and has text.
pub(super) fn text_at<'n>(node: &'n Node, key: &str) -> Option<(&'n Node, &'n str)> {
    let found = node.get(key)?;
    found.as_str().map(|text| (found, text))
}

/// The items of a list under a key.
pub(super) fn items_at<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map_or(&[], Node::items)
}

/// The beginning of a node: a whole mapping is too much to point at.
pub(super) fn start(node: &Node) -> Place {
    match &node.kind {
        NodeKind::Map(entries) => entries.first().map_or(node.place, |entry| entry.key_place),
        _ => node.place,
    }
}

/// The place of a key, or the beginning of the mapping that lacks it.
pub(super) fn key_place(node: &Node, key: &str) -> Place {
    node.entries().iter().find(|entry| entry.key == key).map_or_else(|| start(node), |entry| entry.key_place)
}
