//! An authorization under way: from the button on our page, by way of the provider, to the tokens.
//!
//! `started` -> `returned` (the code is sealed in the flow) -> `exchanging` -> `done`; or `failed` from anywhere. Nothing
//! goes back, so a state, a code and a ticket work once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::crypto::sha256;
use crate::ids::FlowId;
use crate::ids::LinkId;
use crate::ids::TenantId;
use crate::model::link::Ends;
use crate::model::link::Place;
use crate::model::oauth::three_legged::Temporary;

/// An authorization as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    pub id: FlowId,
    pub tenant: TenantId,
    pub place: Place,
    /// The connect link that it began with.
    pub link: LinkId,
    /// Of the redirect URI that the provider was told.
    pub callback: String,
    pub state_hash: [u8; 32],
    /// Of the cookie of the browser that began.
    pub session_hash: [u8; 32],
    /// A [`Held`], sealed.
    pub sealed: Vec<u8>,
    pub status: FlowStatus,
    pub ends: Ends,
    pub actor: String,
    pub created_at: Instant,
    pub expires_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowStatus {
    Started,
    /// The person came back with a code.
    Returned,
    /// The code is being spent.
    Exchanging,
    Done,
    Failed,
}

impl FlowStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Returned => "returned",
            Self::Exchanging => "exchanging",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Started, Self::Returned, Self::Exchanging, Self::Done, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// What a flow keeps sealed. No `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Held {
    /// Of PKCE.
    pub verifier: Zeroizing<String>,
    /// Of OAuth 1.
    pub temporary: Option<Temporary>,
    pub redirect_uri: String,
    /// Fingerprint of the client and its provider, as they were when the person was sent there.
    pub registration: String,
    /// What the form gave, by input; `null` clears.
    pub values: BTreeMap<String, Value>,
    /// Scopes that were asked for; they count as granted where the provider says nothing (RFC 6749 section 5.1).
    pub scopes: Vec<String>,
    /// The code, or the verifier of OAuth 1.
    pub code: Zeroizing<String>,
    /// What the callback gave besides.
    pub kept: BTreeMap<String, Zeroizing<String>>,
    /// Of the browser that came back: hash of the word that its page goes on with.
    pub ticket_hash: Option<[u8; 32]>,
}

/// What a state is found by. The temporary token of OAuth 1 is the provider's: it counts within its callback only.
#[must_use]
pub fn state_hash(state: &str, of_callback: Option<&str>) -> [u8; 32] {
    match of_callback {
        None => sha256(format!("state\0{state}").as_bytes()),
        Some(callback) => sha256(format!("oauth_token\0{callback}\0{state}").as_bytes()),
    }
}
