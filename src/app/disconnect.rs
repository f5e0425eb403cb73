//! Ending an authorization: at the provider where it can be ended there, and here in any case.

use std::time::Instant as Stopwatch;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::By;
use crate::app::credential::Held;
use crate::app::credential::require_rank;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::component::ConnectionType;
use crate::model::credential::StoredStatus;
use crate::model::fill::Fill;
use crate::model::token::TokenSet;
use crate::model::values::FieldChange;
use crate::model::values::resolve;
use crate::outbound::client::Rules;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::Revoked;
use crate::store;

/// What became of the tokens at the provider. Here they are gone in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AtProvider {
    Revoked,
    /// The provider has no way to end them, or Keyway knows of none: they end by themselves, or in the account's settings there.
    NotSupported,
    /// The provider refused, or did not answer: they may still be good there.
    Failed,
    /// There were none.
    NoTokens,
}

/// A credential without its tokens.
pub struct Disconnected {
    pub held: Held,
    pub at_provider: AtProvider,
    pub message: String,
}

impl App {
    /// Revokes the tokens at the provider when it can, and removes them here whatever it says.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn disconnect_credential(&self, actor: Actor, id: CredentialId) -> Result<Disconnected> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, tenant) = (self.clone(), actor.tenant.id);
        let (held, fill, tokens, is_moved) = self
            .store()
            .read(move |c| {
                let held = app.held(c, tenant, id)?;
                let (global, own) = app.both_secrets(c, tenant, &held.described, Some(&held.credential))?;
                let layers = held.described.layers(Some((held.credential.owner.kind(), &held.credential.inputs)))?;
                let fill = Fill::of(&resolve(&layers, Some((&global, &own))));
                // Tokens that were issued for another place are not sent to this one, not even to end them.
                let (stored, is_moved) = match app.fitting_tokens(c, tenant, &held) {
                    Err(error) if error.code == "credential_quarantined" => (None, true),
                    stored => (stored?, false),
                };
                let tokens = stored.map(|stored| stored.tokens).filter(|tokens| !tokens.access_token.is_empty());
                Ok((held, fill, tokens, is_moved))
            })
            .await?;
        require_rank(&actor, held.credential.owner)?;
        let begun = Stopwatch::now();
        let (at_provider, code, message) = match &tokens {
            Some(tokens) => self.revoke_tokens(held.described.kind()?, &fill, tokens).await,
            None if is_moved => {
                let message = "the provider's URLs changed since somebody authorized it, so the tokens were not sent: remove the \
                               access in the account's settings there";
                (AtProvider::Failed, "credential_quarantined", message.to_owned())
            }
            None => (AtProvider::NoTokens, Attempt::OK, "there were no tokens to revoke".to_owned()),
        };
        let attempt = Attempt {
            id: EventId::new(),
            connection_id: held.credential.connection_id,
            credential_id: Some(id),
            at: self.clock().now(),
            kind: AttemptKind::Revoke,
            outcome: code.to_owned(),
            detail: message.clone(),
            status: None,
            duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        let held = self.forget_tokens(actor, (tenant, id), attempt).await?;
        Ok(Disconnected { held, at_provider, message })
    }

    /// What became of it, the stable word and a sentence for the attempt.
    pub(crate) async fn revoke_tokens(
        &self,
        kind: &ConnectionType,
        fill: &Fill,
        tokens: &TokenSet,
    ) -> (AtProvider, &'static str, String) {
        let send = |request| self.outbound().send(request, Rules::default());
        let caller = Caller { kind, fill, clock: self.clock(), send };
        match caller.revoke(tokens).await {
            Ok(Revoked::Done) => (AtProvider::Revoked, Attempt::OK, "the provider revoked the tokens".to_owned()),
            Ok(Revoked::NoWay) => {
                let message = "the provider offers no revocation: remove the access in the account's settings there";
                (AtProvider::NotSupported, "not_supported", message.to_owned())
            }
            Err(failure) => {
                let reason = failure.reason();
                let message = format!(
                    "the provider did not revoke the tokens ({}): remove the access in the account's settings there",
                    reason.message
                );
                (AtProvider::Failed, reason.code, message)
            }
        }
    }

    async fn forget_tokens(
        &self,
        actor: Actor,
        (tenant, id): (TenantId, CredentialId),
        attempt: Attempt,
    ) -> Result<Held> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let mut held = app.held(tx, tenant, id)?;
                app.clear_tokens(tx, tenant, id)?;
                store::attempt::append(tx, tenant, &attempt)?;
                let before = held.credential.status;
                // Where the values alone give tokens, the next use gets new ones.
                let needs_person = held.described.kind()?.auth.needs_consent();
                if needs_person && before != StoredStatus::Disabled {
                    held.credential.status = StoredStatus::ReauthorizationRequired;
                }
                let after = held.credential.status;
                if after != before {
                    store::credential::update(tx, tenant, &held.credential, now)?;
                    held.credential.version += 1;
                    held.credential.updated_at = now;
                }
                let changes: Vec<_> = FieldChange::of("status", before.as_str(), after.as_str()).into_iter().collect();
                app.record_credential(tx, By::new(&actor, now), &held, ("credential.disconnected", &changes))?;
                Ok(held)
            })
            .await
    }
}
