//! What one query tells of a credential that a runtime asks for: who asks, whether it may be given, and which versions
//! the answer is made of. An answer that was made of the same versions is still right.

use crate::clock::Instant;
use crate::ids::ApiKeyId;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::StoredStatus;

/// What a runtime asks for, in the words of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup<'a> {
    /// Public part of the API key.
    pub prefix: &'a str,
    /// Stable key or alias.
    pub connection: &'a str,
    pub owner: LookupOwner<'a>,
}

impl Lookup<'_> {
    /// Everything that somebody wrote.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let customer = match self.owner {
            LookupOwner::Customer(customer) | LookupOwner::Shared(customer) => Some(customer),
            LookupOwner::Organization | LookupOwner::Test => None,
        };
        [self.prefix, self.connection].into_iter().chain(customer)
    }
}

/// Whose credential is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupOwner<'a> {
    /// By the vendor's own id. Where one account serves all customers nothing is found: look for `Shared` then.
    Customer(&'a str),
    /// The organization's account, for this customer.
    Shared(&'a str),
    Organization,
    Test,
}

/// The API key that was shown. Nothing is proved by its prefix: compare the hash.
#[derive(Debug, Clone)]
pub struct KeyProof {
    pub id: ApiKeyId,
    pub hash: Vec<u8>,
    /// Words, separated by spaces.
    pub scopes: String,
    pub is_revoked: bool,
    pub expires_at: Option<Instant>,
    pub last_used_at: Option<Instant>,
}

/// One credential that was found, or the connection without one.
#[derive(Debug, Clone)]
pub struct Proof {
    pub tenant: TenantId,
    pub key: KeyProof,
    pub scope: Scope,
    pub is_enabled: bool,
    /// Of the credential; absent: there is none.
    pub name: Option<String>,
    pub status: Option<StoredStatus>,
    /// End of the access token; absent: none, or no known end.
    pub expires_at: Option<Instant>,
    pub versions: Versions,
}

/// Everything that an answer is made of, each with what changes whenever it does. Versions start again at 1 when a row
/// is made anew, so the instant of the last write stands beside each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    pub connection: Stamp<ConnectionId>,
    /// Digest of the manifest that the tenant is pinned to.
    pub pin: String,
    pub credential: Option<Stamp<CredentialId>>,
    pub tokens: Option<TokenStamp>,
}

/// A row at one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<Id> {
    pub id: Id,
    pub version: i64,
    pub updated_at: Instant,
}

/// A credential's tokens at one of their generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenStamp {
    pub generation: i64,
    pub obtained_at: Instant,
    /// End of the access token.
    pub expires_at: Option<Instant>,
}

impl Proof {
    /// The one that is meant out of one owner's: the named one, the only one, or the default one. `None`: there is none
    /// of that name, or several could be meant.
    #[must_use]
    pub fn pick(mut found: Vec<Self>, name: Option<&str>) -> Option<Self> {
        let is_only = found.len() == 1;
        let wanted = match name {
            None if is_only => return found.pop(),
            None => Credential::DEFAULT_NAME,
            Some(name) => name,
        };
        let index = found.iter().position(|proof| proof.name.as_deref() == Some(wanted))?;
        Some(found.swap_remove(index))
    }

    /// Whether nothing but the answer itself is in question: the connection is switched on, the credential is in order,
    /// and its access token is not over.
    #[must_use]
    pub fn is_in_order(&self, now: Instant) -> bool {
        self.is_enabled
            && self.status.is_none_or(|status| status == StoredStatus::Active)
            && self.expires_at.is_none_or(|end| end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(name: Option<&str>) -> Proof {
        let at = chrono::DateTime::UNIX_EPOCH;
        let key = KeyProof {
            id: ApiKeyId::new(),
            hash: Vec::new(),
            scopes: String::new(),
            is_revoked: false,
            expires_at: None,
            last_used_at: None,
        };
        let connection = Stamp { id: ConnectionId::new(), version: 1, updated_at: at };
        Proof {
            tenant: TenantId::new(),
            key,
            scope: Scope::Customer,
            is_enabled: true,
            name: name.map(str::to_owned),
            status: name.map(|_| StoredStatus::Active),
            expires_at: None,
            versions: Versions { connection, pin: String::new(), credential: None, tokens: None },
        }
    }

    #[test]
    fn the_named_the_only_or_the_default_one_is_meant() {
        let picked = |names: &[Option<&str>], name: Option<&str>| {
            Proof::pick(names.iter().map(|name| proof(*name)).collect(), name).map(|proof| proof.name)
        };
        let owned = |name: &str| Some(Some(name.to_owned()));
        assert_eq!(picked(&[None], None), Some(None));
        assert_eq!(picked(&[Some("eu")], None), owned("eu"));
        assert_eq!(picked(&[Some("eu"), Some("us")], None), None);
        assert_eq!(picked(&[Some("default"), Some("us")], None), owned("default"));
        assert_eq!(picked(&[Some("default"), Some("us")], Some("us")), owned("us"));
        assert_eq!(picked(&[Some("eu")], Some("us")), None);
        assert_eq!(picked(&[None], Some("us")), None);
        assert_eq!(picked(&[], None), None);
    }

    #[test]
    fn what_is_not_in_order_is_looked_at_again() {
        let now = chrono::DateTime::UNIX_EPOCH;
        let usable = proof(Some("eu"));
        assert!(usable.is_in_order(now));
        assert!(!Proof { is_enabled: false, ..usable.clone() }.is_in_order(now));
        assert!(!Proof { status: Some(StoredStatus::Error), ..usable.clone() }.is_in_order(now));
        assert!(!Proof { expires_at: Some(now), ..usable }.is_in_order(now));
    }
}
