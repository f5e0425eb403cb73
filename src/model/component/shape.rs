//! A file's tree against a JSON Schema generated from our types, so that every finding has its line, not only the first.
//! Knows just what that generator writes: `$ref`, `properties`, `required`, `additionalProperties`, `items`, `type`,
//! `enum`, `const`, `minimum`, `maximum`, `anyOf`, and `oneOf` told apart by `kind`.

use serde_json::Value;

use crate::model::component::words;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

/// More findings than this help nobody.
pub const MOST_PROBLEMS: usize = 100;

/// The key that tells the variants of a tagged type apart.
const TAG: &str = "kind";

/// Every way in which the tree differs from the schema.
#[must_use]
pub fn check(root: &Value, node: &Node) -> Vec<Problem> {
    let mut walk = Walk { root, problems: Vec::new() };
    walk.node(root, node, "the file");
    walk.problems
}

struct Walk<'s> {
    root: &'s Value,
    problems: Vec<Problem>,
}

impl<'s> Walk<'s> {
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        target.and_then(|path| self.root.pointer(path)).unwrap_or(schema)
    }

    /// `name` is how messages call the node.
    fn node(&mut self, schema: &'s Value, node: &Node, name: &str) {
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let schema = self.resolve(schema);
        if let Some(words) = self.words(schema) {
            return self.word(&words, node, name);
        }
        if let Some(variants) = list(schema, "oneOf") {
            return self.variant(variants, node, name);
        }
        if let Some(branches) = list(schema, "anyOf") {
            return self.branch(branches, node, name);
        }
        if !self.has_type(schema, node) {
            let expected = types(schema);
            return self.wrong_type(&expected, node, name);
        }
        match &node.kind {
            NodeKind::Scalar(value) => self.range(schema, value, node, name),
            NodeKind::List(items) => {
                if let Some(schema) = schema.get("items") {
                    for item in items {
                        let key = item.get("key").and_then(Node::as_str);
                        let called =
                            key.map_or_else(|| "an item".to_owned(), |key| format!("`{}`", words::shortened(key)));
                        self.node(schema, item, &format!("{called} of {name}"));
                    }
                }
            }
            NodeKind::Map(_) => self.map(schema, node, name),
        }
    }

    fn map(&mut self, schema: &'s Value, node: &Node, name: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for entry in node.entries() {
            if self.problems.len() >= MOST_PROBLEMS {
                return;
            }
            let called = format!("`{}`", words::shortened(&entry.key));
            match properties.and_then(|known| known.get(&entry.key)) {
                Some(schema) => self.node(schema, &entry.value, &called),
                None => match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        let known: Vec<&str> =
                            properties.into_iter().flatten().map(|(known, _)| known.as_str()).collect();
                        let message = format!("unknown key {called}");
                        let help = words::did_you_mean(&entry.key, &known, "known keys");
                        self.problems.push(Problem::error("unknown_key", entry.key_place, message).help(help));
                    }
                    Some(schema) => self.node(schema, &entry.value, &called),
                    None => {}
                },
            }
        }
        for required in list(schema, "required").into_iter().flatten().filter_map(Value::as_str) {
            // A misspelt key is reported as such already.
            let is_misspelt = node.entries().iter().any(|entry| {
                properties.is_some_and(|known| !known.contains_key(&entry.key))
                    && words::near(&entry.key, &[required]).is_some()
            });
            if node.get(required).is_none() && !is_misspelt {
                let message = format!("{name} lacks the key `{required}`");
                let help =
                    properties.and_then(|known| known.get(required)).map(|schema| self.example(required, schema));
                let problem = Problem::error("missing_key", start(node), message);
                self.problems.push(help.map_or(problem.clone(), |help| problem.help(help)));
            }
        }
    }

    /// How to write a key that is missing.
    fn example(&self, key: &str, schema: &'s Value) -> String {
        let schema = self.resolve(schema);
        match self.words(schema).or_else(|| self.tags(schema)) {
            Some(words) if schema.get("oneOf").is_some_and(is_tagged) => {
                format!("add `{key}: {{ {TAG}: … }}` with one of: {}", words.join(", "))
            }
            Some(words) => format!("add `{key}:` with one of: {}", words.join(", ")),
            None => format!("add `{key}: …`"),
        }
    }

    fn variant(&mut self, variants: &'s [Value], node: &Node, name: &str) {
        if !matches!(node.kind, NodeKind::Map(_)) {
            return self.wrong_type(&["object"], node, name);
        }
        let known: Vec<&str> = variants.iter().filter_map(|variant| tag_of(self.resolve(variant))).collect();
        let Some(tag) = node.get(TAG) else {
            let help = format!("add `{TAG}:` with one of: {}", known.join(", "));
            self.problems
                .push(Problem::error("missing_key", start(node), format!("{name} lacks the key `{TAG}`")).help(help));
            return;
        };
        let word = tag.as_str().unwrap_or_default();
        match variants.iter().find(|variant| tag_of(self.resolve(variant)) == Some(word)) {
            Some(variant) => {
                let name = format!("{name} of kind `{word}`");
                let schema = self.resolve(variant);
                self.map(schema, node, &name);
            }
            None => self.word(&known, tag, &format!("`{TAG}`")),
        }
    }

    /// The branch that suits the node's type; among several, the one with the fewest problems.
    fn branch(&mut self, branches: &'s [Value], node: &Node, name: &str) {
        let suitable: Vec<&Value> = branches.iter().filter(|branch| self.suits(branch, node)).collect();
        let best = suitable
            .iter()
            .map(|schema| {
                let mut walk = Walk { root: self.root, problems: Vec::new() };
                walk.node(schema, node, name);
                walk.problems
            })
            .min_by_key(Vec::len);
        match best {
            Some(problems) => self.problems.extend(problems),
            None => {
                let mut expected = Vec::new();
                branches.iter().for_each(|branch| self.all_types(branch, &mut expected));
                self.wrong_type(&expected, node, name);
            }
        }
    }

    fn all_types(&self, schema: &'s Value, into: &mut Vec<&'s str>) {
        let schema = self.resolve(schema);
        for key in ["anyOf", "oneOf"] {
            list(schema, key).into_iter().flatten().for_each(|inner| self.all_types(inner, into));
        }
        into.extend(types(schema).into_iter().filter(|word| *word != "null"));
    }

    fn suits(&self, schema: &'s Value, node: &Node) -> bool {
        let schema = self.resolve(schema);
        ["anyOf", "oneOf"]
            .iter()
            .find_map(|key| list(schema, key))
            .map_or_else(|| self.has_type(schema, node), |inner| inner.iter().any(|schema| self.suits(schema, node)))
    }

    fn has_type(&self, schema: &Value, node: &Node) -> bool {
        let expected = types(schema);
        expected.is_empty() || expected.iter().any(|word| is_of_type(word, node))
    }

    fn range(&mut self, schema: &Value, value: &Value, node: &Node, name: &str) {
        let Some(number) = value.as_f64() else { return };
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        if bound("minimum").is_some_and(|least| number < least) || bound("maximum").is_some_and(|most| number > most) {
            let most = bound("maximum").map_or(String::new(), |most| format!(" to {most}"));
            let message = format!("{name} is out of range");
            let help = format!("a number from {}{most}", bound("minimum").unwrap_or_default());
            self.problems.push(Problem::error("out_of_range", node.place, message).help(help));
        }
    }

    /// The words of an enum: plain, or each with a description of its own.
    fn words(&self, schema: &'s Value) -> Option<Vec<&'s str>> {
        if let Some(word) = schema.get("const").and_then(Value::as_str) {
            return Some(vec![word]);
        }
        if let Some(words) = list(schema, "enum") {
            return Some(words.iter().filter_map(Value::as_str).collect());
        }
        let each: Option<Vec<_>> = list(schema, "oneOf")?.iter().map(|one| self.words(self.resolve(one))).collect();
        each.map(|each| each.concat())
    }

    fn tags(&self, schema: &'s Value) -> Option<Vec<&'s str>> {
        list(schema, "oneOf")?.iter().map(|variant| tag_of(self.resolve(variant))).collect()
    }

    fn word(&mut self, words: &[&str], node: &Node, name: &str) {
        match node.as_str() {
            Some(word) if words.contains(&word) => {}
            Some(word) => {
                let help = words::did_you_mean(word, words, "one of");
                let message = format!("{name} cannot be `{}`", words::shortened(word));
                self.problems.push(Problem::error("unknown_word", node.place, message).help(help));
            }
            None => {
                let message = format!("{name} must be a word, not {}", node.describe());
                let help = format!("one of: {}", words.join(", "));
                self.problems.push(Problem::error("wrong_type", node.place, message).help(help));
            }
        }
    }

    fn wrong_type(&mut self, expected: &[&str], node: &Node, name: &str) {
        let mut called: Vec<&str> =
            expected.iter().filter(|word| **word != "null").map(|word| in_words(word)).collect();
        called.dedup();
        let message = format!("{name} must be {}, not {}", called.join(" or "), node.describe());
        let is_plain = matches!(node.kind, NodeKind::Scalar(Value::Bool(_) | Value::Number(_)));
        let help = match &node.kind {
            NodeKind::Scalar(Value::Null) => "give it a value, or drop the key",
            _ if expected.contains(&"string") && is_plain => "put it in quotes",
            _ if expected.contains(&"array") => "write `[a, b]`, or lines that begin with `- `",
            _ if expected.contains(&"object") => "write `{ key: value }`, or indented `key: value` lines",
            NodeKind::Scalar(Value::Number(_)) => "without a fraction",
            NodeKind::Scalar(Value::String(_)) => "without quotes",
            _ => "write one value",
        };
        self.problems.push(Problem::error("wrong_type", start(node), message).help(help));
    }
}

/// The beginning of a node: a whole mapping is too much to point at.
fn start(node: &Node) -> Place {
    match &node.kind {
        NodeKind::Scalar(_) => node.place,
        NodeKind::List(_) => Place { length_bytes: 1, ..node.place },
        NodeKind::Map(entries) => entries.first().map_or(node.place, |entry| entry.key_place),
    }
}

fn list<'s>(schema: &'s Value, key: &str) -> Option<&'s [Value]> {
    schema.get(key).and_then(Value::as_array).map(Vec::as_slice)
}

fn tag_of(variant: &Value) -> Option<&str> {
    variant.get("properties")?.get(TAG)?.get("const")?.as_str()
}

fn is_tagged(variants: &Value) -> bool {
    variants.as_array().is_some_and(|variants| variants.iter().any(|variant| tag_of(variant).is_some()))
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of_type(word: &str, node: &Node) -> bool {
    match (word, &node.kind) {
        ("object", NodeKind::Map(_)) | ("array", NodeKind::List(_)) => true,
        ("string", NodeKind::Scalar(value)) => value.is_string(),
        ("boolean", NodeKind::Scalar(value)) => value.is_boolean(),
        ("number", NodeKind::Scalar(value)) => value.is_number(),
        ("integer", NodeKind::Scalar(value)) => value.is_i64() || value.is_u64(),
        ("null", NodeKind::Scalar(value)) => value.is_null(),
        _ => false,
    }
}

fn in_words(word: &str) -> &str {
    match word {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        other => other,
    }
}
