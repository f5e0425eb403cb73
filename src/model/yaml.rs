//! YAML read into a tree that knows where each node stands, so that every finding has a line and a column.
//! YAML 1.2 core schema; bounded in depth and nodes; aliases are resolved within the node budget. And YAML written back.

use std::collections::HashMap;

use granit_parser::Event;
use granit_parser::Parser;
use granit_parser::ScalarStyle;
use granit_parser::Span;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::model::problem::Place;
use crate::model::problem::Problem;

pub use write::write;

mod write;

/// No real file of ours comes near; a bomb does.
const MAX_NODES: usize = 250_000;
const MAX_DEPTH: usize = 100;
const MAX_COPIED_BYTES: usize = 16 << 20;

/// A node and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub place: Place,
    pub kind: NodeKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Null, boolean, number or string.
    Scalar(Value),
    List(Vec<Node>),
    /// In file order.
    Map(Vec<Entry>),
}

/// One key of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub value: Node,
}

impl Node {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The entries of a mapping; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            NodeKind::Scalar(value) => value.as_bool(),
            _ => None,
        }
    }

    /// The same content without places, keys in file order.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(value) => value.clone(),
            NodeKind::List(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            NodeKind::Map(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_value())).collect::<Map<_, _>>())
            }
        }
    }

    /// What kind of node, in words.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(Value::Null) => "nothing",
            NodeKind::Scalar(Value::Bool(_)) => "true or false",
            NodeKind::Scalar(Value::Number(_)) => "a number",
            NodeKind::Scalar(_) => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
        }
    }
}

/// Reads one document.
///
/// # Errors
/// Syntax errors, duplicate keys, keys that are not text, more than one document, and files past the bounds.
pub fn read(text: &str) -> Result<Node, Problem> {
    let mut reader = Reader { anchors: HashMap::new(), nodes: 0, copied_bytes: 0 };
    let mut parser = Parser::new_from_str(text);
    let mut document: Option<Node> = None;
    while let Some((event, span)) = next(&mut parser)? {
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd | Event::StreamEnd => {}
            _ if document.is_some() => {
                return Err(Problem::error("several_documents", place(&span), "only one YAML document is expected"));
            }
            event => document = Some(reader.node(&mut parser, event, &span, 0)?),
        }
    }
    document.ok_or_else(|| {
        Problem::error("empty_file", Place { line: 1, column: 1, ..Place::default() }, "the file is empty")
    })
}

type Input<'a> = Parser<'a, granit_parser::StrInput<'a>>;

struct Reader {
    anchors: HashMap<usize, (Node, Weight)>,
    nodes: usize,
    /// Of texts that aliases stand for: each stands for all of its anchor again.
    copied_bytes: usize,
}

/// What an alias adds.
#[derive(Clone, Copy)]
struct Weight {
    nodes: usize,
    bytes: usize,
}

/// The bytes of all texts in a value.
fn bytes_of(kind: &NodeKind) -> usize {
    match kind {
        NodeKind::Scalar(Value::String(text)) => text.len(),
        NodeKind::Scalar(_) => 0,
        NodeKind::List(items) => items.iter().map(|item| bytes_of(&item.kind)).sum(),
        NodeKind::Map(entries) => entries.iter().map(|entry| entry.key.len() + bytes_of(&entry.value.kind)).sum(),
    }
}

/// The next event that is content.
fn next<'a>(parser: &mut Input<'a>) -> Result<Option<(Event<'a>, Span)>, Problem> {
    loop {
        match parser.next() {
            None => return Ok(None),
            Some(Ok((Event::Comment(..), _))) => {}
            Some(Ok(found)) => return Ok(Some(found)),
            Some(Err(error)) => {
                let mark = error.marker();
                let at = Place {
                    line: mark.line(),
                    column: mark.col() + 1,
                    offset_bytes: mark.byte_offset().unwrap_or(0),
                    length_bytes: 0,
                };
                return Err(Problem::error("syntax", at, error.info()));
            }
        }
    }
}

fn place(span: &Span) -> Place {
    let start = span.start.byte_offset().unwrap_or(0);
    Place {
        line: span.start.line(),
        column: span.start.col() + 1,
        offset_bytes: start,
        length_bytes: span.end.byte_offset().unwrap_or(start).saturating_sub(start),
    }
}

impl Reader {
    fn node<'a>(
        &mut self,
        parser: &mut Input<'a>,
        event: Event<'a>,
        span: &Span,
        depth: usize,
    ) -> Result<Node, Problem> {
        let at = place(span);
        self.count(1, at)?;
        if depth > MAX_DEPTH {
            return Err(Problem::error("too_deep", at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let before = self.nodes;
        let (anchor, kind) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let value = if is_text { Value::String(text.into_owned()) } else { plain(&text) };
                (anchor, NodeKind::Scalar(value))
            }
            Event::SequenceStart(_, anchor, _) => (anchor, NodeKind::List(self.list(parser, depth)?)),
            Event::MappingStart(_, anchor, _) => (anchor, NodeKind::Map(self.map(parser, depth)?)),
            Event::Alias(id) => {
                let Some(&(_, weight)) = self.anchors.get(&id) else {
                    return Err(Problem::error("unknown_alias", at, "this alias has no anchor before it"));
                };
                // Counted before anything is copied.
                self.count(weight.nodes, at)?;
                self.copied_bytes += weight.bytes;
                if self.copied_bytes > MAX_COPIED_BYTES {
                    let message = format!("aliases stand for more than {} MiB of text", MAX_COPIED_BYTES >> 20);
                    return Err(Problem::error("too_large", at, message));
                }
                let kind = self.anchors.get(&id).map(|(node, _)| node.kind.clone());
                return Ok(Node { place: at, kind: kind.unwrap_or(NodeKind::Scalar(Value::Null)) });
            }
            _ => return Err(Problem::error("syntax", at, "a value is expected here")),
        };
        let node = Node { place: at, kind };
        if anchor != 0 {
            let weight = Weight { nodes: self.nodes - before + 1, bytes: bytes_of(&node.kind) };
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        Ok(node)
    }

    fn list(&mut self, parser: &mut Input<'_>, depth: usize) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        while let Some((event, span)) = next(parser)? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(parser, event, &span, depth + 1)?);
        }
        Ok(items)
    }

    fn map(&mut self, parser: &mut Input<'_>, depth: usize) -> Result<Vec<Entry>, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Place> = HashMap::new();
        while let Some((event, span)) = next(parser)? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(parser, event, &span, depth + 1)?;
            let NodeKind::Scalar(name) = key.kind else {
                return Err(Problem::error("key_not_text", key.place, "a key must be text"));
            };
            let name = match name {
                Value::String(text) => text,
                other => other.to_string(),
            };
            if let Some(first) = seen.insert(name.clone(), key.place) {
                let message = format!("`{name}` stands here twice; the first is on line {}", first.line);
                return Err(Problem::error("duplicate_key", key.place, message).help("keep one of the two"));
            }
            let Some((event, span)) = next(parser)? else { break };
            let value = self.node(parser, event, &span, depth + 1)?;
            entries.push(Entry { key: name, key_place: key.place, value });
        }
        Ok(entries)
    }

    fn count(&mut self, nodes: usize, at: Place) -> Result<(), Problem> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Problem::error("too_large", at, format!("the file holds more than {MAX_NODES} values")));
        }
        Ok(())
    }
}

/// A plain scalar by the core schema (YAML 1.2.2 section 10.3.2); what is no null, boolean or number is text.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    if text.len() - unsigned.len() > 1 || !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if !unsigned.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let signed = text.strip_prefix('+').unwrap_or(text);
        // Past 64 bits a number would change its digits: keep it as text.
        return signed.parse::<i64>().map(Number::from).or_else(|_| signed.parse::<u64>().map(Number::from)).ok();
    }
    let is_float = unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    is_float.then(|| text.parse::<f64>().ok()).flatten().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_a_long_text_are_counted_before_they_are_copied() {
        let text = "x".repeat(1 << 20);
        let of = |aliases: usize| format!("a: &a {text}\nb: [{}]", vec!["*a"; aliases].join(", "));
        assert!(read(&of(16)).is_ok());
        let refused = read(&of(1500)).unwrap_err();
        assert_eq!(
            (refused.code, refused.message.as_str()),
            ("too_large", "aliases stand for more than 16 MiB of text")
        );
    }
}
