//! What a provider issued for a credential: access and refresh token, their ends, and values kept from the replies.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::clock::Instant;

/// The tokens of one credential, sealed as one JSON document. No `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSet {
    pub access_token: Zeroizing<String>,
    /// Of OAuth 1 (RFC 5849 section 3.1): the secret that signs together with the client's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_secret: Option<Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Zeroizing<String>>,
    /// End of the access token; absent: no known end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<Instant>,
    /// Scopes granted; absent: the provider did not say, so those asked for count (RFC 6749 section 5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_scopes: Option<BTreeSet<String>>,
    /// The origins that they were issued for; anywhere else they are not sent. Refreshed tokens keep those of the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bound_to: Vec<String>,
    /// Values kept from replies and from the callback, by the name under which templates use them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, Zeroizing<String>>,
}

impl TokenSet {
    /// Whether there is anything of an authorization: a set that was taken out is stored empty.
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        !self.access_token.is_empty() || self.refresh_token.is_some()
    }
}

/// A token set with what the store knows of it.
#[derive(Clone)]
pub struct StoredTokens {
    pub tokens: TokenSet,
    /// Grows with every set that is stored.
    pub generation: i64,
    /// When it is due to be renewed; absent: never, or it cannot be.
    pub refresh_at: Option<Instant>,
    pub obtained_at: Instant,
}
