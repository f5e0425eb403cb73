//! Stable keys: renaming a connection, and letting its aliases go.

use crate::app::App;
use crate::app::By;
use crate::app::layers::Described;
use crate::clock::Instant;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Connection;
use crate::model::connection::StableKey;
use crate::model::values::FieldChange;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Gives a connection another stable key; the old one stays as an alias.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid_stable_key`, `stable_key_taken`, `version_mismatch`.
    pub async fn rename_connection(
        &self,
        actor: Actor,
        reference: String,
        expected_version: Option<i64>,
        new_key: String,
    ) -> Result<Described> {
        actor.require(Permission::ConnectionsWrite)?;
        let new = StableKey::parse(&new_key)?;
        self.change_keys(actor, reference, expected_version, move |tx, actor, connection, now| {
            if new == connection.stable_key {
                return Ok(Vec::new());
            }
            store::connection::key::rename(tx, actor.tenant.id, connection.id, &new, now)?;
            Ok(FieldChange::of("stable_key", connection.stable_key.as_str(), new.as_str()).into_iter().collect())
        })
        .await
    }

    /// Lets an alias go, so that another connection can take the key.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`.
    pub async fn release_alias(
        &self,
        actor: Actor,
        reference: String,
        expected_version: Option<i64>,
        alias: String,
    ) -> Result<Described> {
        actor.require(Permission::ConnectionsWrite)?;
        self.change_keys(actor, reference, expected_version, move |tx, actor, connection, _| {
            store::connection::key::release(tx, actor.tenant.id, connection.id, &alias)?;
            Ok(FieldChange::of("aliases", alias.as_str(), serde_json::Value::Null).into_iter().collect())
        })
        .await
    }

    async fn change_keys(
        &self,
        actor: Actor,
        reference: String,
        expected_version: Option<i64>,
        change: impl FnOnce(&mut Conn, &Actor, &Connection, Instant) -> Result<Vec<FieldChange>> + Send + 'static,
    ) -> Result<Described> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                store::tenant::bump_revision(tx, actor.tenant.id)?;
                let old = app.describe(tx, actor.tenant.id, &reference)?;
                if expected_version.is_some_and(|version| version != old.connection.version) {
                    return Err(store::connection::version_mismatch());
                }
                let changes = change(tx, &actor, &old.connection, now)?;
                if changes.is_empty() {
                    return Ok(old);
                }
                store::connection::update(tx, actor.tenant.id, &old.connection, now)?;
                app.record(tx, By::new(&actor, now), &old.connection, ("connection.renamed", &changes))?;
                app.describe(tx, actor.tenant.id, &old.connection.id.to_string())
            })
            .await
    }
}
