//! Reading what a third party answered: bytes to text, text to a tree, paths into it, and whether it is what a manifest
//! expects. Any bytes may come; nothing here panics or grows without bound.

use serde_json::Map;
use serde_json::Value;
use url::form_urlencoded;

use crate::model::component::Expectation;
use crate::model::component::auth::param::Paths;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::http::Reply;

mod xml;

/// Longest document that is read as a tree, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// A body as text. Bytes that are no UTF-8 are read as the charset that the reply names, or replaced: what is taken
/// from the text must not hold the replacement character.
#[must_use]
pub fn text(reply: &Reply) -> String {
    let body = reply.body.as_slice();
    match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ if std::str::from_utf8(body).is_err() && is_latin(reply) => {
            body.iter().map(|byte| char::from(*byte)).collect()
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

fn is_latin(reply: &Reply) -> bool {
    let kind = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.contains("iso-8859-1") || kind.contains("windows-1252") || kind.contains("latin1")
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The reply as a tree; nothing when it cannot be read as one. Of repeated JSON keys the last counts, as everywhere.
#[must_use]
pub fn document(reply: &Reply, format: ReplyFormat) -> Option<Value> {
    if reply.body.len() > MAX_DOCUMENT_BYTES {
        return None;
    }
    let text = text(reply);
    match format {
        ReplyFormat::Form => Some(form(&text)),
        ReplyFormat::Xml => xml::read(&text),
        // serde_json refuses more than 128 levels.
        ReplyFormat::Json => serde_json::from_str(&text).ok().or_else(|| is_form(reply).then(|| form(&text))),
    }
}

/// Some providers answer with a form until they are asked for JSON.
fn is_form(reply: &Reply) -> bool {
    let kind = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("application/x-www-form-urlencoded")
}

fn form(text: &str) -> Value {
    let pairs = form_urlencoded::parse(text.trim().as_bytes());
    Value::Object(
        pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect::<Map<_, _>>(),
    )
}

/// What stands at a dotted path; the empty path is the whole.
#[must_use]
pub fn at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(document);
    }
    if let Some(found) = document.get(path) {
        return Some(found).filter(|found| !found.is_null());
    }
    path.split('.')
        .try_fold(document, |value, key| match value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            Value::Object(map) => map.get(key),
            _ => None,
        })
        .filter(|found| !found.is_null())
}

/// The first of the paths that is there.
#[must_use]
pub fn first<'v>(document: &'v Value, paths: &Paths) -> Option<&'v Value> {
    paths.iter().find_map(|path| at(document, path))
}

/// A text, number or truth value as text.
#[must_use]
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a reply is what is expected: its status, and what its document holds.
#[must_use]
pub fn is_expected(reply: &Reply, expect: &Expectation, document: Option<&Value>) -> bool {
    is_expected_status(reply, expect) && is_expected_document(expect, document)
}

#[must_use]
pub fn is_expected_status(reply: &Reply, expect: &Expectation) -> bool {
    expect.status.map_or_else(|| reply.is_success(), |status| status == reply.status)
}

fn is_expected_document(expect: &Expectation, document: Option<&Value>) -> bool {
    if expect.has.is_empty() && expect.equals.is_empty() {
        return true;
    }
    let Some(document) = document else { return false };
    expect.has.iter().all(|path| at(document, path).is_some())
        && expect.equals.iter().all(|(path, wanted)| at(document, path).is_some_and(|found| is_same(found, wanted)))
}

/// Forms and XML hold texts only: `ok: true` is met by the text too.
fn is_same(found: &Value, wanted: &Value) -> bool {
    found == wanted || matches!((scalar(found), scalar(wanted)), (Some(one), Some(other)) if one == other)
}

#[cfg(test)]
mod tests;
