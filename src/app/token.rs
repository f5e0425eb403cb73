//! Tokens of credentials: opened, sealed, stored by generation, and when they are due to be renewed.

use std::collections::BTreeSet;

use crate::app::App;
use crate::app::credential::Held;
use crate::clock::Instant;
use crate::crypto::random;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::component::Auth;
use crate::model::component::ConnectionType;
use crate::model::credential::Credential;
use crate::model::oauth::renew::due_at;
use crate::model::oauth::renew::needs_no_person;
use crate::model::token::StoredTokens;
use crate::model::token::TokenSet;
use crate::model::values::Layer;
use crate::model::values::destinations;
use crate::store;
use crate::store::conn::Conn;
use crate::store::token::SealedTokens;

#[cfg(test)]
mod tests;

impl App {
    /// The tokens that are stored for a credential, whether they are still good or not.
    pub(crate) fn tokens(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        credential: CredentialId,
    ) -> Result<Option<StoredTokens>> {
        let Some(row) = store::token::find(c, tenant, credential)? else { return Ok(None) };
        let tokens = self.keys(c, tenant)?.unseal("tokens", credential.0, "sealed", &row.sealed)?;
        Ok(Some(StoredTokens {
            tokens,
            generation: row.generation,
            refresh_at: row.refresh_at,
            obtained_at: row.obtained_at,
        }))
    }

    /// The same, unless the URLs that they are sent to changed since: values alone get others then, and a person has to
    /// authorize again or the URL to be changed back.
    ///
    /// # Errors
    /// `credential_quarantined` when a person's authorization would be sent elsewhere.
    pub(crate) fn fitting_tokens(&self, c: &mut Conn, tenant: TenantId, held: &Held) -> Result<Option<StoredTokens>> {
        let Some(stored) = self.tokens(c, tenant, held.credential.id)? else { return Ok(None) };
        if !stored.tokens.is_authorized() || places(held)?.iter().all(|place| stored.tokens.bound_to.contains(place)) {
            return Ok(Some(stored));
        }
        if needs_no_person(&held.described.kind()?.auth) {
            return Ok(Some(StoredTokens { tokens: TokenSet::default(), ..stored }));
        }
        let message =
            "where its tokens are sent changed since somebody authorized it: change that back, or authorize again";
        Err(Error::conflict("credential_quarantined", message))
    }

    /// Whether a person still has to authorize at the provider before a credential of this kind is of use.
    pub(crate) fn lacks_consent(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        (kind, credential): (&ConnectionType, Option<&Credential>),
    ) -> Result<bool> {
        if !kind.auth.needs_consent() {
            return Ok(false);
        }
        let stored = credential.map(|credential| self.tokens(c, tenant, credential.id)).transpose()?.flatten();
        Ok(!stored.is_some_and(|stored| stored.tokens.is_authorized()))
    }

    /// The organization's credentials that hold tokens, of all its connections.
    pub(crate) fn authorized_of_organization(&self, c: &mut Conn, tenant: TenantId) -> Result<BTreeSet<CredentialId>> {
        let keys = self.keys(c, tenant)?;
        let mut authorized = BTreeSet::new();
        for (credential, sealed) in store::token::list_of_organization(c, tenant)? {
            let tokens: TokenSet = keys.unseal("tokens", credential.0, "sealed", &sealed)?;
            if tokens.is_authorized() {
                authorized.insert(credential);
            }
        }
        Ok(authorized)
    }

    /// Stores `tokens` in place of `generation` (0: there were none). `false`: somebody stored others meanwhile.
    pub(crate) fn put_tokens(
        &self,
        tx: &mut Conn,
        (tenant, credential): (TenantId, CredentialId),
        (generation, tokens): (i64, &TokenSet),
        (auth, now): (&Auth, Instant),
    ) -> Result<bool> {
        let held = self.held(tx, tenant, credential)?;
        let mut bound = tokens.clone();
        if bound.bound_to.is_empty() {
            bound.bound_to = places(&held)?;
        }
        let sealed = self.keys(tx, tenant)?.seal("tokens", credential.0, "sealed", &bound)?;
        let new = SealedTokens {
            sealed,
            generation: generation + 1,
            granted_scopes: store::token::scopes_to_text(tokens.granted_scopes.as_ref())?,
            expires_at: tokens.expires_at,
            refresh_at: self.refresh_at(auth, tokens, now)?,
            obtained_at: now,
        };
        store::token::replace(tx, tenant, credential, &new)
    }

    fn refresh_at(&self, auth: &Auth, tokens: &TokenSet, now: Instant) -> Result<Option<Instant>> {
        let early = self.timing().early.to_std().unwrap_or_default();
        let jitter = f64::from(u8::from_be_bytes(random::<1>()?)) / 255.0;
        Ok(due_at(auth, tokens, now, early, jitter))
    }

    /// Takes the tokens out; what is under way with them comes too late.
    pub(crate) fn clear_tokens(&self, tx: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<()> {
        let empty = self.keys(tx, tenant)?.seal("tokens", credential.0, "sealed", &TokenSet::default())?;
        store::token::clear(tx, tenant, credential, empty)?;
        store::lease::reset(tx, tenant, credential)
    }
}

/// The origins that a credential's secrets and tokens are sent to.
fn places(held: &Held) -> Result<Vec<String>> {
    let owner = held.credential.owner.kind();
    let layers = held.described.layers(Some((owner, &held.credential.inputs)))?;
    Ok(destinations(&layers, Layer::Credential(owner)))
}

/// Whether an access token is there and good at `now`.
#[must_use]
pub(crate) fn is_good(tokens: &TokenSet, now: Instant) -> bool {
    !tokens.access_token.is_empty() && tokens.expires_at.is_none_or(|end| end > now)
}
