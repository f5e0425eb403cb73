//! Tokens that were issued and are not kept: they are ended at the provider where it can, so that nobody has to know of
//! them. Whatever comes of it, the person is told why connecting failed, and the attempt is kept.

use std::time::Instant as Stopwatch;

use crate::app::App;
use crate::app::connect::receive::Known;
use crate::error::Result;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::link::Place;
use crate::model::token::TokenSet;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Ends tokens that an authorization gave for nothing. They are good at the place that issued them, and are sent
    /// nowhere else: the flow was begun and ended by the same registration.
    pub(super) async fn give_back(&self, known: &Known, tokens: &TokenSet) {
        if let Err(error) = self.revoke_and_note(known, tokens).await {
            tracing::warn!(flow.id = %known.flow.id, code = error.code, cause = ?error.source, "tokens that nobody keeps were not revoked: {error}");
        }
    }

    async fn revoke_and_note(&self, known: &Known, tokens: &TokenSet) -> Result<()> {
        let begun = Stopwatch::now();
        let (kind, fill) = (known.draft.kind()?, known.draft.fill()?);
        let (tenant, place, app) = (known.flow.tenant, known.flow.place.clone(), self.clone());
        // Somebody who was faster, or an authorization from before: what this person did now does not take that away.
        let others = move |c: &mut Conn| app.stored_authorization(c, tenant, &place);
        let (code, message) = match kind.auth.revokes_whole_accounts() && self.store().read(others).await? {
            true => ("not_revoked", "the provider would end the tokens that are stored with them".to_owned()),
            false => {
                let (_, code, message) = self.revoke_tokens(kind, &fill, tokens).await;
                (code, message)
            }
        };
        let credential = known.draft.held.credential.id;
        let attempt = Attempt {
            id: EventId::new(),
            connection_id: known.flow.place.connection,
            credential_id: None,
            at: self.clock().now(),
            kind: AttemptKind::Revoke,
            outcome: code.to_owned(),
            detail: format!("they were not kept; {message}"),
            status: None,
            duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        self.store()
            .write(move |tx| {
                // It may have been made, or deleted, while the person was at the provider.
                let credential_id = store::credential::find(tx, tenant, credential)?.map(|stored| stored.id);
                store::attempt::append(tx, tenant, &Attempt { credential_id, ..attempt })
            })
            .await
    }

    /// Whether the credential of a place holds tokens.
    fn stored_authorization(&self, c: &mut Conn, tenant: TenantId, place: &Place) -> Result<bool> {
        let stored = store::credential::list_of_owner(c, tenant, place.connection, place.owner)?;
        for credential in stored {
            if self.tokens(c, tenant, credential.id)?.is_some_and(|stored| stored.tokens.is_authorized()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
