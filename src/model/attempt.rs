//! What was tried with a third party on behalf of a credential: as far as it can be shown to people.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::EventId;

/// One call, or one row of calls that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attempt {
    #[schema(value_type = String, example = "evt_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: EventId,
    #[schema(value_type = String, example = "con_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub connection_id: ConnectionId,
    /// `null`: it was about values that are stored nowhere.
    #[schema(value_type = Option<String>, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub credential_id: Option<CredentialId>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    pub kind: AttemptKind,
    /// `ok`, or the stable word of what went wrong.
    pub outcome: String,
    /// A sentence for people; never a secret.
    pub detail: String,
    /// The HTTP status of the answer, when there was one.
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
