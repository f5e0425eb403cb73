//! What in a definition is a secret, and how it is left out. Secrets belong on connections, never in a file.

use serde_json::Value;

use crate::model::names::fold;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

/// Names that cannot mean anything else, wherever they stand.
const SURE: &[&str] = &[
    "password",
    "passphrase",
    "clientsecret",
    "secretaccesskey",
    "secretkey",
    "apikey",
    "apitoken",
    "apisecret",
    "appsecret",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
    "bearertoken",
    "authtoken",
    "webhooksecret",
    "signingsecret",
    "signingkey",
    "sharedsecret",
];

/// Names that mean a secret on a connection of which nothing else is known.
const LIKELY: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "passphrase",
    "privatekey",
    "apikey",
    "token",
    "credential",
    "signingkey",
    "authorization",
];

/// What is about a secret without being one: `tokenUrl`, `apiKeyHeader`.
const ABOUT: &[&str] =
    &["url", "uri", "endpoint", "path", "type", "header", "prefix", "name", "expiresin", "algorithm"];

/// Whether a name alone says that the value is a secret.
pub(super) fn is_surely_secret(name: &str) -> bool {
    let folded = fold(name);
    SURE.iter().any(|ending| folded.ends_with(ending))
}

/// Whether an input of an unknown connection is a secret by its name.
pub(super) fn is_likely_secret(name: &str) -> bool {
    let folded = fold(name);
    let is_about = ABOUT.iter().any(|ending| folded.ends_with(ending));
    let is_key = ["accesskey", "sharedkey", "masterkey", "encryptionkey", "accountkey", "pwd"]
        .iter()
        .any(|end| folded.ends_with(end));
    !is_about && (is_key || LIKELY.iter().any(|word| folded.contains(word)))
}

/// A header value that carries a credential: `Bearer ...`.
pub(super) fn is_authorization(name: &str, value: &Node) -> bool {
    let is_header = matches!(fold(name).as_str(), "authorization" | "proxyauthorization");
    is_header && value.as_str().is_some_and(|text| scheme_of(text).is_some_and(|rest| !rest.trim().is_empty()))
}

/// A value that only shows what belongs there, or nothing at all.
#[must_use]
pub fn is_example(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => {
            let text = text.trim();
            let starts_with =
                |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
            text.is_empty()
                || starts_with("add your ")
                || text.contains("YOUR-")
                || text.contains("YOUR_")
                || text.to_ascii_lowercase().contains("<your")
        }
        Value::Array(items) => items.iter().all(is_example),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// One secret input never needs more; a larger one is blanked as a whole.
const MAX_LITERALS: usize = 256;

/// The places of a document that are to be blanked.
#[derive(Debug, Default)]
pub(super) struct Blanks(Vec<String>);

/// Whether a name is one of the file's variables: a reference to it is no literal.
pub(super) type IsVariable<'a> = dyn Fn(&str) -> bool + 'a;

impl Blanks {
    /// Notes every literal of a secret input for blanking. Answers whether a real value was among them.
    pub(super) fn input(&mut self, node: &Node, pointer: &str, is_variable: &IsVariable<'_>) -> bool {
        let mut found = Found { pointers: Vec::new(), is_real: false };
        found.literals(node, pointer, is_variable);
        if found.pointers.len() > MAX_LITERALS {
            self.0.push(pointer.to_owned());
        } else {
            self.0.append(&mut found.pointers);
        }
        found.is_real
    }

    pub(super) fn apply(&self, document: &mut Value) {
        for pointer in &self.0 {
            if let Some(value) = document.pointer_mut(pointer) {
                *value = Value::String(String::new());
            }
        }
    }
}

/// The literals of one input.
struct Found {
    pointers: Vec<String>,
    is_real: bool,
}

impl Found {
    fn literals(&mut self, node: &Node, pointer: &str, is_variable: &IsVariable<'_>) {
        if self.pointers.len() > MAX_LITERALS {
            return;
        }
        match &node.kind {
            NodeKind::Scalar(value) => self.scalar(value, pointer),
            NodeKind::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.literals(item, &format!("{pointer}/{at}"), is_variable);
                }
            }
            NodeKind::Map(_) if is_reference(node, is_variable) => {}
            NodeKind::Map(entries) => {
                for entry in entries.iter().filter(|entry| !matches!(entry.key.as_str(), "name" | "type" | "meta")) {
                    self.literals(&entry.value, &child(pointer, &entry.key), is_variable);
                }
            }
        }
    }

    fn scalar(&mut self, value: &Value, pointer: &str) {
        let is_literal = match value {
            // A switch may have a secret's name, `hidePassword: "true"`.
            Value::String(text) => !matches!(text.as_str(), "" | "true" | "false") && !is_only_placeholders(text),
            Value::Number(_) => true,
            _ => false,
        };
        if is_literal {
            self.pointers.push(pointer.to_owned());
            self.is_real |= !is_example(value);
        }
    }
}

/// Values that are looked up when the integration runs.
fn is_reference(node: &Node, is_variable: &IsVariable<'_>) -> bool {
    match node.get("type").and_then(Node::as_str) {
        Some("reference" | "dataSource") => true,
        Some("configVar") => node.get("value").and_then(Node::as_str).is_some_and(is_variable),
        _ => false,
    }
}

/// A template such as `Bearer {{$login.results.token}}` holds no secret of its own.
fn is_only_placeholders(text: &str) -> bool {
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else { return false };
        if !inside.trim_start().starts_with(['$', '#']) {
            return false;
        }
        literal.push_str(before);
        rest = after;
    }
    if rest.len() == text.len() {
        return false;
    }
    literal.push_str(rest);
    let literal = scheme_of(&literal).unwrap_or(&literal);
    !literal.contains(char::is_alphanumeric)
}

/// What follows `Bearer ` and its like.
fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.trim_start().split_once(' ')?;
    ["bearer", "basic", "token", "apikey"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

/// The JSON pointer of a key inside another.
pub(super) fn child(pointer: &str, key: &str) -> String {
    if key.contains(['~', '/']) {
        return format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    }
    format!("{pointer}/{key}")
}
