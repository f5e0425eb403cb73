//! A credential: the values of one connection for one owner.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::model::values::Inputs;
use crate::model::values::OwnerKind;
use crate::model::values::Resolution;

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    Customer(CustomerId),
    Organization,
    Test,
}

impl Owner {
    /// The owner that a row tells.
    #[must_use]
    pub fn read(word: &str, customer: Option<CustomerId>) -> Option<Self> {
        match (word, customer) {
            ("customer", Some(id)) => Some(Self::Customer(id)),
            ("organization", None) => Some(Self::Organization),
            ("test", None) => Some(Self::Test),
            _ => None,
        }
    }

    #[must_use]
    pub fn kind(self) -> OwnerKind {
        match self {
            Self::Customer(_) => OwnerKind::Customer,
            Self::Organization => OwnerKind::Organization,
            Self::Test => OwnerKind::Test,
        }
    }

    #[must_use]
    pub fn customer(self) -> Option<CustomerId> {
        match self {
            Self::Customer(id) => Some(id),
            _ => None,
        }
    }
}

/// What is stored of a credential's health. What is missing or quarantined is worked out at every look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoredStatus {
    Active,
    Error,
    ReauthorizationRequired,
    Disabled,
}

impl StoredStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Error => "error",
            Self::ReauthorizationRequired => "reauthorization_required",
            Self::Disabled => "disabled",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Error, Self::ReauthorizationRequired, Self::Disabled]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// A credential's status as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Values are missing, or nobody authorized at the provider yet.
    Pending,
    Active,
    Error,
    ReauthorizationRequired,
    /// A secret must be entered again: the place it is sent to changed.
    Quarantined,
    Disabled,
}

/// A stored credential. Its sealed secrets stay in the store until somebody opens them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    pub id: CredentialId,
    pub connection_id: ConnectionId,
    pub owner: Owner,
    /// Tells several of one customer apart.
    pub name: String,
    pub inputs: Inputs,
    pub sealed: Option<Vec<u8>>,
    pub status: StoredStatus,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Credential {
    /// The name of a customer's only credential.
    pub const DEFAULT_NAME: &'static str = "default";

    /// One without values.
    #[must_use]
    pub fn blank(connection: ConnectionId, owner: Owner, name: &str, now: Instant) -> Self {
        Self {
            id: CredentialId::new(),
            connection_id: connection,
            owner,
            name: name.to_owned(),
            inputs: Inputs::new(),
            sealed: None,
            status: StoredStatus::Active,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// What the stored status, the resolved values and the tokens say together. `lacks_consent`: of a kind that a person
    /// authorizes at the provider, and there are no tokens.
    #[must_use]
    pub fn status(&self, resolution: &Resolution<'_>, lacks_consent: bool) -> Status {
        match self.status {
            StoredStatus::Disabled => Status::Disabled,
            _ if resolution.is_quarantined() => Status::Quarantined,
            _ if !resolution.is_complete() => Status::Pending,
            // Somebody did authorize, which is over.
            StoredStatus::ReauthorizationRequired => Status::ReauthorizationRequired,
            _ if lacks_consent => Status::Pending,
            StoredStatus::Active => Status::Active,
            StoredStatus::Error => Status::Error,
        }
    }
}

impl Check {
    /// The outcome of what no test was made of.
    pub const UNTESTED: &'static str = "untested";
}

/// The last live test of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub checked_at: Instant,
    /// `ok`, one of the six reasons, or [`Check::UNTESTED`].
    pub outcome: String,
    pub message: String,
    /// Of the scheduled ones; absent: never again by itself.
    pub next_check_at: Option<Instant>,
}
