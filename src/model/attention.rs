//! What needs a person: credentials that stopped working, connections that lack something, slots that reach nothing.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::model::values::OwnerKind;

/// Why somebody should look, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttentionReason)]
pub enum Reason {
    /// The provider takes its tokens no more: somebody authorizes again.
    Reauthorize,
    /// A secret must be entered again, because the place it is sent to changed.
    Quarantined,
    /// Its live tests fail.
    Failing,
    /// A sync made the connection, and nobody filled it in yet.
    Placeholder,
    /// The connection lacks values that are the organization's to give.
    PendingConnection,
    /// A slot of an integration reaches no connection.
    UnboundSlot,
}

impl Reason {
    pub const ALL: [Self; 6] = [
        Self::Reauthorize,
        Self::Quarantined,
        Self::Failing,
        Self::Placeholder,
        Self::PendingConnection,
        Self::UnboundSlot,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reauthorize => "reauthorize",
            Self::Quarantined => "quarantined",
            Self::Failing => "failing",
            Self::Placeholder => "placeholder",
            Self::PendingConnection => "pending_connection",
            Self::UnboundSlot => "unbound_slot",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// In a few words, for headings and badges.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Reauthorize => "Authorize again",
            Self::Quarantined => "Enter a secret again",
            Self::Failing => "Live test fails",
            Self::Placeholder => "Placeholder to fill in",
            Self::PendingConnection => "Values missing",
            Self::UnboundSlot => "Slot without connection",
        }
    }

    /// What happened, and what to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Reauthorize => "The provider no longer accepts its tokens. Connect it again.",
            Self::Quarantined => "The place that its secret is sent to changed. Enter the secret again to confirm it.",
            Self::Failing => {
                "Its live test was refused twice in a row. Look at its attempts, then enter what is wrong again."
            }
            Self::Placeholder => "A sync made it for a reference. Fill in its values.",
            Self::PendingConnection => "It cannot be used before the missing values are entered.",
            Self::UnboundSlot => "The integration cannot run this step. Choose a connection for the slot.",
        }
    }
}

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AttentionItem)]
pub struct Item {
    pub reason: Reason,
    /// Absent where a slot reaches none.
    pub connection: Option<ConnectionInNeed>,
    /// Of the reasons that are about a credential.
    pub credential: Option<CredentialInNeed>,
    /// Of `unbound_slot`.
    pub slot: Option<SlotInNeed>,
    /// Since when, as far as it is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Instant>,
    /// What happened, and what to do.
    pub advice: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConnectionInNeed {
    #[schema(value_type = String, example = "con_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: ConnectionId,
    pub stable_key: String,
    pub label: String,
    #[schema(example = "slack")]
    pub component: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CredentialInNeed {
    #[schema(value_type = String, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: CredentialId,
    pub owner: OwnerKind,
    /// The customer's name; of the owner `customer` only.
    pub customer: Option<String>,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlotInNeed {
    /// The integration's key.
    pub integration: String,
    pub integration_name: String,
    pub variable: String,
    /// The stable key that it asks for; absent: none was chosen.
    pub stable_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert_eq!(Reason::parse("other"), None);
    }
}
