//! OAuth 1.0 (RFC 5849): three-legged, or with a token that somebody enters.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::model::component::auth::grant::Callback;
use crate::model::component::auth::param::Params;
use crate::model::component::is_default;

/// Signed requests. With an authorize URL a person authorizes; without, `access_token` and `access_token_secret` are
/// templates over inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth1 {
    #[serde(default = "consumer_key")]
    pub consumer_key: String,
    #[serde(default = "consumer_secret")]
    pub consumer_secret: String,
    /// Temporary credentials (section 2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_token_url: Option<String>,
    /// Where the person goes (section 2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorize_params: Params,
    #[serde(default, skip_serializing_if = "is_default")]
    pub callback: Callback,
    /// Token credentials (section 2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_url: Option<String>,
    /// An entered token, when no person authorizes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_secret: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub signature_method: SignatureMethod,
    /// `realm` of the `Authorization` header (section 3.5.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
}

fn consumer_key() -> String {
    "{{consumer_key}}".to_owned()
}

fn consumer_secret() -> String {
    "{{consumer_secret}}".to_owned()
}

/// Section 3.4; HMAC-SHA256 is a widespread extension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SignatureMethod {
    #[default]
    #[serde(rename = "HMAC-SHA1")]
    HmacSha1,
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
    #[serde(rename = "PLAINTEXT")]
    Plaintext,
}
