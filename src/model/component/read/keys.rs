//! Keys and labels: their form, and that each stands once.

use std::collections::HashMap;

use crate::model::component::read::check::Check;
use crate::model::component::read::check::text_at;
use crate::model::component::words::fold;
use crate::model::component::words::shortened;
use crate::model::yaml::Node;

/// Longest key; stable keys are made of two of them.
const MAX_KEY_BYTES: usize = 64;
const MAX_LABEL_CHARS: usize = 200;

/// `aws-s3`: lower-case letters, digits and hyphens.
fn is_component_key(key: &str) -> bool {
    is_key(key, b'-')
}

/// `api_key_secret`: lower-case letters, digits and underscores.
fn is_snake_case(key: &str) -> bool {
    is_key(key, b'_')
}

fn is_key(key: &str, joint: u8) -> bool {
    let bytes = key.as_bytes();
    let doubled = bytes.windows(2).any(|two| two == [joint, joint]);
    key.len() <= MAX_KEY_BYTES
        && !doubled
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == joint)
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last() != Some(&joint)
}

impl Check<'_> {
    pub fn component_key(&mut self, node: &Node, key: &str) {
        let Some((place, text)) = text_at(node, key) else { return };
        if !is_component_key(text) {
            let message = format!("`{}` is no component key", shortened(text));
            let help = format!(
                "lower-case letters, digits and single hyphens, at most {MAX_KEY_BYTES}: `{}`",
                suggestion(text, '-')
            );
            self.error("invalid_key", place.place, message, help);
        }
    }

    /// Keys of connection types, inputs and actions.
    pub fn snake_key(&mut self, node: &Node, key: &str) {
        let Some((place, text)) = text_at(node, key) else { return };
        if !is_snake_case(text) || text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            let message = format!("`{}` is not in snake_case", shortened(text));
            let help = format!(
                "a letter, then lower-case letters, digits and single underscores, at most {MAX_KEY_BYTES}: `{}`",
                suggestion(text, '_')
            );
            self.error("invalid_key", place.place, message, help);
        }
    }

    pub fn label(&mut self, node: &Node) {
        let Some((place, text)) = text_at(node, "label") else { return };
        if text.trim().is_empty() {
            self.error("empty_label", place.place, "the label is empty", "say what people know it by");
        } else if text.chars().count() > MAX_LABEL_CHARS {
            let help = format!("at most {MAX_LABEL_CHARS} characters");
            self.error("long_label", place.place, "the label is too long", help);
        }
    }

    /// Keys that differ only in case, `_` and `-` count as equal: definitions of other origin are matched that way.
    pub fn duplicates(&mut self, items: &[Node], key: &str, what: &str) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (node, text) in items.iter().filter_map(|item| text_at(item, key)) {
            if let Some(first) = seen.get(&fold(text)) {
                let message = format!("{what} `{}` stands here twice; the first is on line {first}", shortened(text));
                self.error("duplicate_key", node.place, message, "keep one of the two, or give one another key");
            } else {
                seen.insert(fold(text), node.place.line);
            }
        }
    }
}

/// The nearest text that would be a key.
fn suggestion(text: &str, joint: char) -> String {
    let mut key = String::new();
    let mut after_lower = false;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            if character.is_ascii_uppercase() && after_lower {
                key.push(joint);
            }
            key.push(character.to_ascii_lowercase());
            after_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        } else if !key.is_empty() && !key.ends_with(joint) {
            key.push(joint);
            after_lower = false;
        }
    }
    key.truncate(MAX_KEY_BYTES);
    let key =
        key.trim_end_matches(joint).trim_start_matches(|c: char| joint == '_' && (c.is_ascii_digit() || c == '_'));
    if key.is_empty() { format!("my{joint}key") } else { key.to_owned() }
}
