//! Writes a document as YAML that every reader understands alike: what YAML 1.1 or 1.2 would take for something else
//! is quoted, text of several lines is a literal block where that loses nothing, keys keep their order.
//!
//! An emitter of its own, because reading the result must give the same document for any text whatever.

use std::fmt::Write as _;

use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

/// Readers may refuse a longer key before a colon (YAML 1.2.2 section 7.4.2 allows 1024 characters).
const MAX_SIMPLE_KEY: usize = 400;

/// Words that some reader takes for a boolean or for nothing.
const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

/// The document as YAML text, ending with a line break.
#[must_use]
pub fn write(document: &Value) -> String {
    let mut out = String::new();
    match document {
        Value::Object(entries) if !entries.is_empty() => mapping(&mut out, entries, 0),
        Value::Array(items) if !items.is_empty() => list(&mut out, items, 0),
        value => {
            scalar(&mut out, value, 0);
            end_line(&mut out);
        }
    }
    out
}

/// The entries; the first stands where the cursor is.
fn mapping(out: &mut String, entries: &Map<String, Value>, indent: usize) {
    for (at, (name, value)) in entries.iter().enumerate() {
        if at > 0 {
            spaces(out, indent);
        }
        let start = out.len();
        key(out, name);
        if out.len() - start > MAX_SIMPLE_KEY {
            out.insert_str(start, "? ");
            out.push('\n');
            spaces(out, indent);
        }
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                spaces(out, indent + 2);
                mapping(out, inner, indent + 2);
            }
            Value::Array(inner) if !inner.is_empty() => {
                out.push('\n');
                spaces(out, indent + 2);
                list(out, inner, indent + 2);
            }
            value => {
                out.push(' ');
                scalar(out, value, indent);
                end_line(out);
            }
        }
    }
}

/// The items; the first stands where the cursor is.
fn list(out: &mut String, items: &[Value], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            spaces(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(inner) if !inner.is_empty() => mapping(out, inner, indent + 2),
            Value::Array(inner) if !inner.is_empty() => list(out, inner, indent + 2),
            value => {
                scalar(out, value, indent);
                end_line(out);
            }
        }
    }
}

/// A block ends with its own line break.
fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn key(out: &mut String, name: &str) {
    if is_plain(name) { out.push_str(name) } else { quoted(out, name) }
}

fn scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        Value::Number(value) => number(out, value),
        Value::String(text) if is_plain(text) => out.push_str(text),
        Value::String(text) if is_block(text) => block(out, text, indent + 2),
        Value::String(text) => quoted(out, text),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// YAML 1.1 readers want a point in the mantissa and a sign in the exponent.
fn number(out: &mut String, value: &Number) {
    let text = value.to_string();
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        out.push_str(&text);
        return;
    };
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with(['-', '+']) {
        out.push('+');
    }
    out.push_str(exponent);
}

/// Whether a text can stand without quotes: it begins with a letter, so it is no number, date or indicator.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    (first.is_alphabetic() || matches!(first, '_' | '/' | '$'))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(|c| is_printable(c) && (c == ' ' || !c.is_whitespace()))
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text of several lines keeps every character as a literal block without an indentation indicator.
fn is_block(text: &str) -> bool {
    let last_line = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    text.contains('\n')
        && !text.starts_with(char::is_whitespace)
        && !last_line.trim().is_empty()
        && text.chars().all(|c| matches!(c, '\n' | '\t') || is_printable(c))
}

fn block(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") {
        out.push('+');
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(out, indent);
            out.push_str(line);
        }
    }
    out.push('\n');
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            // Writing to a String cannot fail.
            c => drop(write!(out, "\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
}

/// Characters that stand for themselves in every reader: no controls, no line breaks of any kind, no byte order mark,
/// no noncharacters.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests;
