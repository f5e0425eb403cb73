//! What was tried for a connection or a credential, for people who look for the reason of a failure.

use crate::app::App;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::attempt::Attempt;
use crate::store;

impl App {
    /// Newest first, before `before`: live tests, renewals and authorizations of all credentials of a connection.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn connection_attempts(
        &self,
        actor: Actor,
        reference: String,
        before: Option<EventId>,
        limit: i64,
    ) -> Result<Vec<Attempt>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let connection = app.describe(c, actor.tenant.id, &reference)?.connection.id;
                store::attempt::list(c, actor.tenant.id, (connection, None), before, limit)
            })
            .await
    }

    /// The same of one credential.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn credential_attempts(
        &self,
        actor: Actor,
        id: CredentialId,
        before: Option<EventId>,
        limit: i64,
    ) -> Result<Vec<Attempt>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let credential = app.held(c, actor.tenant.id, id)?.credential;
                store::attempt::list(c, actor.tenant.id, (credential.connection_id, Some(id)), before, limit)
            })
            .await
    }
}
