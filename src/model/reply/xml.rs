//! XML as a tree of texts and maps: elements by their names without prefixes, repeated ones as lists. No entities but
//! the five of the language and character references, no document types: what a document defines itself is refused.

use serde_json::Map;
use serde_json::Value;

const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 50_000;

/// One open element.
struct Open {
    name: String,
    text: String,
    children: Map<String, Value>,
}

/// The tree, under the name of the root; nothing when the text is no XML document that we read.
pub(super) fn read(source: &str) -> Option<Value> {
    let mut rest = source.trim_start();
    let mut open = vec![Open { name: String::new(), text: String::new(), children: Map::new() }];
    let mut elements = 0;
    while let Some(start) = rest.find('<') {
        open.last_mut()?.text.push_str(&unescape(&rest[..start])?);
        rest = &rest[start..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = &after[after.find("-->")? + 3..];
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let end = after.find("]]>")?;
            open.last_mut()?.text.push_str(&after[..end]);
            rest = &after[end + 3..];
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = &after[after.find("?>")? + 2..];
        } else if rest.starts_with("<!") {
            return None;
        } else if let Some(after) = rest.strip_prefix("</") {
            let end = after.find('>')?;
            close(&mut open, after[..end].trim_end())?;
            rest = &after[end + 1..];
        } else {
            let end = tag_end(rest)?;
            let tag = &rest[1..end];
            elements += 1;
            if elements > MAX_ELEMENTS || open.len() > MAX_DEPTH {
                return None;
            }
            let name =
                tag.trim_end_matches('/').split([' ', '\t', '\r', '\n']).next().filter(|name| !name.is_empty())?;
            open.push(Open { name: name.to_owned(), text: String::new(), children: Map::new() });
            if tag.ends_with('/') {
                let name = name.to_owned();
                close(&mut open, &name)?;
            }
            rest = &rest[end + 1..];
        }
    }
    let root = open.pop()?;
    (open.is_empty() && rest.trim().is_empty() && root.children.len() == 1).then_some(Value::Object(root.children))
}

/// Where a tag ends: a `>` in an attribute's quotes does not end it.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, character)| {
        match (quote, character) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (Some(opened), _) if opened == character => quote = None,
            _ => {}
        }
        None
    })
}

fn close(open: &mut Vec<Open>, name: &str) -> Option<()> {
    let done = open.pop().filter(|done| done.name == name)?;
    let parent = open.last_mut()?;
    let value = if done.children.is_empty() {
        Value::String(done.text.trim().to_owned())
    } else {
        Value::Object(done.children)
    };
    let local = done.name.rsplit(':').next().unwrap_or_default().to_owned();
    match parent.children.get_mut(&local) {
        None => drop(parent.children.insert(local, value)),
        Some(Value::Array(items)) => items.push(value),
        Some(single) => {
            let earlier = single.take();
            *single = Value::Array(vec![earlier, value]);
        }
    }
    Some(())
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').map(|end| at + end)?;
        out.push(match &rest[at + 1..end] {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            code => {
                let digits = code.strip_prefix('#')?;
                let number = match digits.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                char::from_u32(number.ok()?)?
            }
        });
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}
