//! Tokens of credentials: opened, sealed, stored by generation, and when they are due to be renewed.

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::random;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::component::Auth;
use crate::model::oauth::renew::due_at;
use crate::model::token::StoredTokens;
use crate::model::token::TokenSet;
use crate::store;
use crate::store::conn::Conn;
use crate::store::token::SealedTokens;

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

    /// Stores `tokens` in place of `generation` (0: there were none). `false`: somebody stored others meanwhile.
    pub(crate) fn put_tokens(
        &self,
        tx: &mut Conn,
        (tenant, credential): (TenantId, CredentialId),
        (generation, tokens): (i64, &TokenSet),
        (auth, now): (&Auth, Instant),
    ) -> Result<bool> {
        let sealed = self.keys(tx, tenant)?.seal("tokens", credential.0, "sealed", tokens)?;
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

/// Whether an access token is there and good at `now`.
#[must_use]
pub(crate) fn is_good(tokens: &TokenSet, now: Instant) -> bool {
    !tokens.access_token.is_empty() && tokens.expires_at.is_none_or(|end| end > now)
}
