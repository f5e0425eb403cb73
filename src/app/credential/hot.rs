//! The fast way of a fetch: one query proves who asks and that an answer made before is still right. Whatever is out of
//! the ordinary (an error, a credential that is not in order) is left to the slow way, so both answer alike.

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::credential::answer::Answer;
use crate::app::credential::fetch::FetchRequest;
use crate::app::read::Reading;
use crate::clock::Instant;
use crate::crypto::token;
use crate::crypto::token::PresentedToken;
use crate::crypto::token::TokenKind;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CustomerId;
use crate::model::actor::Permission;
use crate::model::connection::Scope;
use crate::model::proof::KeyProof;
use crate::model::proof::Lookup;
use crate::model::proof::LookupOwner;
use crate::model::proof::Proof;
use crate::model::values::OwnerKind;

impl App {
    /// The answer for an API key as it was shown; `None`: find out who asks and use `fetch_answer`, which tells what is
    /// wrong, if anything is.
    ///
    /// # Errors
    /// Those of `fetch_answer` for a credential that changed since it was proved.
    pub async fn fetch_hot(&self, presented: &str, request: &FetchRequest) -> Result<Option<Answer>> {
        let now = self.clock().now();
        let Some((proof, owner)) = self.prove_in_order(presented, request, now).await else { return Ok(None) };
        let answer = match self.inner.answers.get(&proof.versions, owner, request.with_provenance) {
            Some(answer) => answer,
            None => self.make_answer(&proof, request).await?,
        };
        self.note(&proof, now);
        Ok(Some(answer))
    }

    /// The answer, when one is kept that is still right; `None`: `fetch_hot` makes one.
    pub async fn fetch_kept(&self, presented: &str, request: &FetchRequest) -> Option<Answer> {
        let now = self.clock().now();
        let (proof, owner) = self.prove_in_order(presented, request, now).await?;
        let answer = self.inner.answers.get(&proof.versions, owner, request.with_provenance)?;
        self.note(&proof, now);
        Some(answer)
    }

    /// `None` as well when it may not be read by this key, or not at this moment.
    async fn prove_in_order(
        &self,
        presented: &str,
        request: &FetchRequest,
        now: Instant,
    ) -> Option<(Proof, OwnerKind)> {
        let token = token::read(presented).filter(|token| token.kind == TokenKind::ApiKey)?;
        let (proof, owner) = self.prove(&token, request).await?;
        (may_read(&proof.key, &token, now) && proof.is_in_order(now)).then_some((proof, owner))
    }

    fn note(&self, proof: &Proof, now: Instant) {
        self.note_read(Reading {
            tenant: proof.tenant,
            api_key: proof.key.id,
            connection: proof.versions.connection.id,
            credential: proof.versions.credential.map(|credential| credential.id),
        });
        self.note_use(proof.key.id, proof.key.last_used_at, now);
    }

    async fn prove(&self, token: &PresentedToken, request: &FetchRequest) -> Option<(Proof, OwnerKind)> {
        if request.connection.parse::<ConnectionId>().is_ok() {
            return None;
        }
        let lookup = |owner| Lookup { prefix: &token.prefix, connection: &request.connection, owner };
        let (owner, kind, name) = match &request.owner {
            OwnerRef::Organization => (LookupOwner::Organization, OwnerKind::Organization, None),
            OwnerRef::Test => (LookupOwner::Test, OwnerKind::Test, None),
            OwnerRef::Customer { customer, .. } if customer.parse::<CustomerId>().is_ok() => return None,
            OwnerRef::Customer { customer, name } => {
                let found = self.store().prove(&lookup(LookupOwner::Customer(customer))).await?;
                if found.first().is_none_or(|proof| proof.scope != Scope::OrganizationGlobal) {
                    return Proof::pick(found, name.as_deref()).map(|proof| (proof, OwnerKind::Customer));
                }
                // One account serves all customers: its credential is the organization's, whatever name is asked for.
                (LookupOwner::Shared(customer), OwnerKind::Organization, None)
            }
        };
        let found = self.store().prove(&lookup(owner)).await?;
        Proof::pick(found, name).map(|proof| (proof, kind))
    }

    /// Made anew, in one transaction that began after the call did.
    async fn make_answer(&self, proof: &Proof, request: &FetchRequest) -> Result<Answer> {
        let FetchRequest { connection, owner, with_provenance } = request.clone();
        let fetched = self.ready_to_use(proof.tenant, connection, owner).await?;
        let answer = Answer::new(fetched, with_provenance)?;
        self.inner.answers.keep(&answer, with_provenance);
        Ok(answer)
    }

    /// How many bytes of answers are kept in memory.
    #[must_use]
    pub fn kept_answers_bytes(&self) -> u64 {
        self.inner.answers.bytes()
    }
}

/// Whether it is the key that it says it is, of use at this moment, and for this.
fn may_read(key: &KeyProof, token: &PresentedToken, now: Instant) -> bool {
    token.matches(&key.hash)
        && !key.is_revoked
        && key.expires_at.is_none_or(|end| end > now)
        && key.scopes.split(' ').any(|word| word == Permission::CredentialsRead.as_str())
}
