//! The token endpoint: what is sent besides the standard parameters, and where the reply holds what.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::model::component::Expectation;
use crate::model::component::Method;
use crate::model::component::auth::param::BodyFormat;
use crate::model::component::auth::param::Params;
use crate::model::component::auth::param::Paths;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::component::auth::request::Apply;
use crate::model::component::auth::request::Step;
use crate::model::component::is_default;

/// How the client proves itself at the token endpoint (RFC 6749 section 2.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `client_id` and `client_secret` among the parameters.
    #[default]
    Body,
    /// `Authorization: Basic` with both.
    Basic,
    /// `Authorization: Basic` with the secret as user name and no password.
    BasicSecretOnly,
    /// A public client: `client_id` alone, PKCE does the rest (RFC 8252 section 8.4).
    None,
    /// `client_assertion`, signed by a key (RFC 7523 section 2.2).
    PrivateKeyJwt,
}

/// A token request beyond the standard parameters of its grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    #[serde(default = "post", skip_serializing_if = "is_post")]
    pub method: Method,
    /// How the parameters are written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: BodyFormat,
    /// More parameters, or others in place of standard ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Params,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Other names for standard parameters: `{ code: auth_code }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rename: BTreeMap<String, String>,
    /// Standard parameters that the provider refuses to see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<String>,
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self {
            method: Method::Post,
            format: BodyFormat::Form,
            params: BTreeMap::new(),
            headers: BTreeMap::new(),
            rename: BTreeMap::new(),
            omit: Vec::new(),
        }
    }
}

fn post() -> Method {
    Method::Post
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_post(method: &Method) -> bool {
    *method == Method::Post
}

/// Where a reply holds what. In a grant an absent path means the standard name (RFC 6749 section 5.1); in a step it
/// means that the reply does not give the thing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenReply {
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: ReplyFormat,
    /// What counts as success; absent: any 2xx. For providers that answer 200 with an error inside.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expect: Expectation,
    /// Where a refusal holds its code; absent: `error` (RFC 6749 section 5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Paths>,
    /// Codes that end an authorization, besides `invalid_grant`: a person has to authorize again. Any other refusal
    /// keeps the tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended_by: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Paths>,
    /// The remaining lifetime of the access token, counted in `expires_unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Paths>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub expires_unit: DurationUnit,
    /// When the access token ends: Unix seconds, Unix milliseconds (from 10^11 on) or RFC 3339, told apart by form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Paths>,
    /// Lifetime in seconds when the reply says none. Absent too: the token has no known end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_s: Option<u64>,
    /// The remaining lifetime of the refresh token, counted in `expires_unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<Paths>,
    /// The scopes granted, a text or a list (RFC 6749 section 3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Paths>,
    /// Values to keep beside the token, by the name under which templates use them: `{ instance_url: instance_url }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keep: BTreeMap<String, Paths>,
    /// URLs of which only scheme, host and port are kept, by the name under which templates use them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keep_origin: BTreeMap<String, Paths>,
    /// Response headers to keep beside the token, by the name under which templates use them. Of `set-cookie`, the
    /// `name=value` parts, joined as a `Cookie` header wants them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keep_headers: BTreeMap<String, String>,
}

impl TokenReply {
    /// Names under which templates use what is kept.
    pub fn kept_names(&self) -> impl Iterator<Item = &str> {
        self.keep.keys().chain(self.keep_origin.keys()).chain(self.keep_headers.keys()).map(String::as_str)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DurationUnit {
    #[default]
    Seconds,
    Milliseconds,
    Minutes,
}

impl DurationUnit {
    /// Milliseconds in one unit.
    #[must_use]
    pub fn milliseconds(self) -> u64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
        }
    }
}

/// How a token is renewed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Absent: by the refresh token if there is one, else by the same grant again where no person is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RefreshBy>,
    /// More parameters, or others in place of `grant_type` and `refresh_token` (RFC 6749 section 6).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Params,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How long before its end a token is renewed, in seconds. Absent: the deployment's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_s: Option<u64>,
    /// Stands in place of the standard request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshBy {
    RefreshToken,
    /// The access token itself is traded for a later one, while it is still good.
    AccessToken,
    /// The same grant again.
    Repeat,
    Never,
}

/// One or more requests, in order; the last `access_token` among their replies is the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenExchange {
    #[schemars(length(min = 1))]
    pub steps: Vec<Step>,
    /// Renews the token, with `refresh_token` if a step gave one. Absent: the steps are made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Step>,
    /// Ends the token at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<Step>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub apply: Apply,
}
