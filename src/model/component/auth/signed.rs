//! Assertions: JSON Web Tokens that a key of the connection signs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::model::component::is_default;

/// A signed assertion (RFC 7519, RFC 7523 section 3). `iat`, `exp` and `jti` are set unless `claims` sets them or `omit`
/// names them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    pub algorithm: Algorithm,
    /// Template of the key: PEM for RS256, PS256 and ES256, the shared secret for HS256.
    pub key: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub key_encoding: KeyEncoding,
    /// Opens an encrypted PEM key (PKCS #8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_passphrase: Option<String>,
    /// A PEM certificate; gives `certificate_thumbprint` (SHA-256, base64url) for a `x5t#S256` header (RFC 7515 section 4.1.8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// More header fields: `kid`, `x5t#S256`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Claims; the strings in them are templates. Besides the inputs they may name `token_url`, `scope`, `now` and
    /// `expires_at` (Unix seconds), `nonce`, `public_key_fingerprint` (SHA-256 of the DER public key, base64).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, Value>,
    /// How long an assertion holds, in seconds.
    #[serde(default = "five_minutes")]
    pub lifetime_s: u64,
    /// Claims that the provider refuses to see: `jti`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<String>,
}

fn five_minutes() -> u64 {
    300
}

/// Signature algorithms (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "HS256")]
    Hs256,
}

/// How the text of a key stands for its bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyEncoding {
    /// PEM, or the bytes of the text.
    #[default]
    Text,
    Base64,
    Hex,
}
