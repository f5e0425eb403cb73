//! Parameters that a manifest adds to a request, some of them under a condition.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// Parameters by name, in a stable order. One whose template names an input without a value is left out; one under a
/// standard name (`grant_type`, `scope`) stands in place of the standard one, and when its condition fails neither is sent.
pub type Params = BTreeMap<String, Param>;

/// A parameter: a template, or a template with a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Param {
    Always(String),
    When(ConditionalParam),
}

/// A parameter that is sent only when inputs have certain values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionalParam {
    pub value: String,
    /// Inputs and the values that all of them must have.
    pub when: BTreeMap<String, Value>,
}

impl Param {
    #[must_use]
    pub fn template(&self) -> &str {
        match self {
            Self::Always(value) => value,
            Self::When(conditional) => &conditional.value,
        }
    }

    /// Inputs and the values they must have for the parameter to be sent.
    #[must_use]
    pub fn conditions(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Self::Always(_) => None,
            Self::When(conditional) => Some(&conditional.when),
        }
    }
}

/// How parameters of a request are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyFormat {
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    #[default]
    Form,
    Json,
    /// In the URL; the request has no body.
    Query,
    /// `application/xml`; the body is one text, values are escaped.
    Xml,
}

/// How a reply is read before paths are applied to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplyFormat {
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`; its names are the paths.
    Form,
    /// Dotted paths of element names without their prefixes: `Envelope.Body.loginResponse.result.sessionId`.
    Xml,
}

/// One dotted path into a reply (`data.access_token`, `items.0.id`), or several: the first that is there counts. The
/// empty path is the whole reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    One(String),
    Several(Vec<String>),
}

impl Paths {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}
