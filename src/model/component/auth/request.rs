//! Requests that a manifest spells out whole, and how a token is put on the requests to the API.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::model::component::Method;
use crate::model::component::auth::param::BodyFormat;
use crate::model::component::auth::param::Params;
use crate::model::component::auth::simple::Basic;
use crate::model::component::auth::token::TokenReply;
use crate::model::component::is_default;

/// One request of an exchange: a follow-up of a grant, a refresh or a revocation that is not standard. When two steps
/// keep a value under one name, the later wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(default = "post")]
    pub method: Method,
    /// Absolute. A step whose URL names an input without a value is skipped.
    pub url: String,
    /// Sends `Authorization: Basic` with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic: Option<Basic>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: Params,
    /// An object for `form` and `json`, a text for `xml`; the strings in it are templates, and a field whose
    /// template names an input without a value is left out. Absent: no body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// How `body` is written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: BodyFormat,
    /// What the reply gives. Only what is named is taken: no `access_token` path, no new token.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reply: TokenReply,
}

fn post() -> Method {
    Method::Post
}

/// Names of values that the replies of the steps give, in order of the steps.
#[must_use]
pub fn kept_names(steps: &[Step]) -> Vec<&str> {
    steps.iter().flat_map(Step::kept_names).collect()
}

impl Step {
    /// Names that later steps and requests to the API may use.
    pub fn kept_names(&self) -> impl Iterator<Item = &str> {
        self.reply.kept_names()
    }
}

/// How the token is put on requests to the API. Without `header` and `query`: `Authorization` (RFC 6750 section 2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// Name of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Name of the query parameter, when the token goes there (RFC 6750 section 2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Template; may use `access_token`. Absent: `Bearer {{access_token}}` in `Authorization`, else the token alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Further headers that need the token or values kept beside it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// Where a token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppliedTo<'a> {
    Header(&'a str),
    Query(&'a str),
}

impl Apply {
    #[must_use]
    pub fn target(&self) -> AppliedTo<'_> {
        match (&self.header, &self.query) {
            (Some(header), _) => AppliedTo::Header(header),
            (None, Some(query)) => AppliedTo::Query(query),
            (None, None) => AppliedTo::Header("Authorization"),
        }
    }

    /// The template of the header or parameter.
    #[must_use]
    pub fn template(&self) -> &str {
        match (&self.value, self.target()) {
            (Some(value), _) => value,
            (None, AppliedTo::Header(name)) if name.eq_ignore_ascii_case("Authorization") => "Bearer {{access_token}}",
            (None, _) => "{{access_token}}",
        }
    }
}
