//! Connect links: whoever holds one completes one credential, without an account.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::LinkId;
use crate::model::credential::Owner;

/// Which credential is completed: there, or about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub connection: ConnectionId,
    pub owner: Owner,
    /// Tells several of one customer apart.
    pub name: String,
}

/// Where the browser goes in the end; each exactly as it was registered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    pub success_url: Option<String>,
    pub failure_url: Option<String>,
}

/// What a link is for, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub id: LinkId,
    pub place: Place,
    pub ends: Ends,
    pub created_by: String,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub completed_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConnectLinkStatus)]
pub enum LinkStatus {
    Open,
    /// It served its purpose: it works once.
    Completed,
    Revoked,
    Expired,
}

impl Link {
    #[must_use]
    pub fn status(&self, now: Instant) -> LinkStatus {
        if self.completed_at.is_some() {
            LinkStatus::Completed
        } else if self.revoked_at.is_some() {
            LinkStatus::Revoked
        } else if self.expires_at <= now {
            LinkStatus::Expired
        } else {
            LinkStatus::Open
        }
    }
}

impl LinkStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}
