//! What was tried with a third party on behalf of a credential: as far as it can be shown to people.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::EventId;

/// One call, or one row of calls that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: EventId,
    pub connection_id: ConnectionId,
    /// Absent: nothing was stored.
    pub credential_id: Option<CredentialId>,
    pub at: Instant,
    pub kind: AttemptKind,
    /// `ok`, or the stable word of what went wrong.
    pub outcome: String,
    /// A sentence for people; never a secret.
    pub detail: String,
    /// Of the answer, when there was one.
    pub status: Option<u16>,
    pub duration_ms: i64,
}

impl Attempt {
    pub const OK: &'static str = "ok";
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// A person's authorization was exchanged for tokens.
    Authorize,
    /// Tokens were renewed.
    Refresh,
    /// Tokens were obtained without a person.
    Exchange,
    Revoke,
    LiveTest,
}

impl AttemptKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Refresh => "refresh",
            Self::Exchange => "exchange",
            Self::Revoke => "revoke",
            Self::LiveTest => "live_test",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Authorize, Self::Refresh, Self::Exchange, Self::Revoke, Self::LiveTest]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}
