//! Connections that a sync makes, renames, updates, prunes and brings back.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::app::sync::write::Writer;
use crate::app::sync::write::kept::CALLBACK_NOUN;
use crate::app::sync::write::kept::CHECK_NOUN;
use crate::app::sync::write::kept::CONNECTION_NOUN;
use crate::app::sync::write::kept::CREDENTIAL_NOUN;
use crate::app::sync::write::kept::KeptCallback;
use crate::app::sync::write::kept::Of;
use crate::app::sync::write::kept::TOKENS_NOUN;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::EventId;
use crate::model::connection::Connection;
use crate::model::connection::HistoryEntry;
use crate::model::connection::StableKey;
use crate::model::sync::ConnectionContent;
use crate::model::values::FieldChange;
use crate::model::values::Stored;
use crate::model::values::is_shared;
use crate::store;
use crate::store::conn::Conn;

impl Writer<'_> {
    pub(super) fn create(&mut self, key: &str, content: ConnectionContent) -> Result<()> {
        let id = ConnectionId::new();
        let connection = Connection {
            id,
            stable_key: StableKey::parse(key)?,
            aliases: content.aliases.iter().map(|alias| StableKey::parse(alias)).collect::<Result<_>>()?,
            label: content.label,
            description: content.description,
            component: content.component,
            connection_type: content.connection_type,
            scope: content.scope,
            is_enabled: content.is_enabled,
            is_embedded: content.is_embedded,
            is_placeholder: true,
            inputs: content.inputs.into_iter().map(|(key, input)| (key, stored(input))).collect(),
            sealed: None,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        self.keys.insert(key.to_owned(), id);
        self.keys.extend(connection.aliases.iter().map(|alias| (alias.to_string(), id)));
        self.note(&connection, "connection.created", Vec::new());
        self.connections.push(connection);
        Ok(())
    }

    fn note(&mut self, connection: &Connection, action: &str, changes: Vec<FieldChange>) {
        let entry = HistoryEntry {
            id: EventId::new(),
            at: self.now,
            actor: format!("{} (sync {})", self.actor.name(), self.run),
            action: action.to_owned(),
            subject: connection.stable_key.to_string(),
            changes,
        };
        self.history.push((connection.id, entry));
    }

    fn connection(&self, tx: &mut Conn, key: &str) -> Result<Connection> {
        store::connection::find_by_key(tx, self.tenant(), key)?.ok_or_else(|| Error::not_found("connection", key))
    }

    pub(super) fn rename(&mut self, tx: &mut Conn, from: &str, to: &str) -> Result<()> {
        let connection = self.connection(tx, from)?;
        let new = StableKey::parse(to)?;
        store::connection::key::rename(tx, self.tenant(), connection.id, &new, self.now)?;
        store::connection::update(tx, self.tenant(), &connection, self.now)?;
        self.keys.insert(to.to_owned(), connection.id);
        self.note(&connection, "connection.renamed", FieldChange::of("stable_key", from, to).into_iter().collect());
        Ok(())
    }

    pub(super) fn update(&mut self, tx: &mut Conn, key: &str, values: BTreeMap<String, Option<Value>>) -> Result<()> {
        let mut connection = self.connection(tx, key)?;
        let mut changes = Vec::new();
        for (input, value) in values {
            let stored = connection.inputs.entry(input.clone()).or_default();
            let (old, new) = (stored.value.clone(), value.clone());
            changes.extend(FieldChange::of(
                format!("inputs.{input}"),
                old.unwrap_or_default(),
                new.unwrap_or_default(),
            ));
            stored.value = value;
        }
        connection.inputs.retain(|_, stored| !stored.is_empty());
        store::connection::update(tx, self.tenant(), &connection, self.now)?;
        self.note(&connection, "connection.changed", changes);
        Ok(())
    }

    /// Makes a connection exactly `content` again; local values and secrets stay as they are.
    pub(super) fn restore(
        &mut self,
        tx: &mut Conn,
        (from, key): (Option<&str>, &str),
        content: ConnectionContent,
        wanted_by: &BTreeSet<(String, String)>,
    ) -> Result<()> {
        let mut connection = match from {
            Some(from) => self.connection(tx, from)?,
            None => self.bring_back(tx, key)?,
        };
        // Only what travels was touched: shared values are the content's again, the rest stays.
        let kind = self.app.component(tx, self.tenant(), &connection.component)?;
        let kind = kind.as_ref().and_then(|component| component.connection_type(&connection.connection_type));
        let inputs = kind.map_or(&[][..], |kind| kind.inputs.as_slice());
        let shared: Vec<&str> = inputs
            .iter()
            .filter(|input| is_shared(&connection.inputs, input))
            .map(|input| input.key.as_str())
            .collect();
        for (_, stored) in connection.inputs.iter_mut().filter(|(name, _)| shared.contains(&name.as_str())) {
            stored.value = None;
        }
        for (name, input) in content.inputs {
            let stored = connection.inputs.entry(name).or_default();
            stored.managed_by = input.managed_by;
            stored.shared = input.shared;
            if input.value.is_some() {
                stored.value = input.value;
            }
        }
        connection.inputs.retain(|_, stored| !stored.is_empty());
        connection.label = content.label;
        connection.description = content.description;
        connection.is_enabled = content.is_enabled;
        connection.is_embedded = content.is_embedded;
        connection.stable_key = StableKey::parse(key)?;
        connection.aliases = content.aliases.iter().map(|alias| StableKey::parse(alias)).collect::<Result<_>>()?;
        store::connection::update(tx, self.tenant(), &connection, self.now)?;
        store::connection::key::replace(tx, self.tenant(), &connection)?;
        if let Some(from) = from.filter(|from| *from != key) {
            // Versions that were published meanwhile hold the key that goes.
            store::slot::rename_key(tx, self.tenant(), (from, key), wanted_by)?;
        }
        self.keys.retain(|_, id| *id != connection.id);
        self.keys.insert(key.to_owned(), connection.id);
        self.keys.extend(connection.aliases.iter().map(|alias| (alias.to_string(), connection.id)));
        self.note(&connection, "connection.restored", Vec::new());
        Ok(())
    }

    /// A pruned connection and its credentials, with the ids that their seals are bound to.
    fn bring_back(&mut self, tx: &mut Conn, key: &str) -> Result<Connection> {
        let tenant = self.tenant();
        let connection = self.kept.connections.remove(key).ok_or_else(|| {
            let message = format!("`{key}` was pruned too long ago to be brought back");
            Error::conflict("pruned_too_long_ago", message)
        })?;
        store::connection::insert_all(tx, tenant, std::slice::from_ref(&connection))?;
        if let Some(kept) = self.kept.callbacks.remove(&connection.id) {
            store::callback::insert(tx, tenant, connection.id, &kept.callback_id, kept.created_at)?;
        }
        for credential in self.kept.credentials.remove(&connection.id).unwrap_or_default() {
            store::credential::insert(tx, tenant, &credential)?;
            if let Some(tokens) = self.kept.tokens.remove(&credential.id) {
                store::token::insert(tx, tenant, credential.id, &tokens)?;
            }
            if let Some(check) = self.kept.checks.remove(&credential.id) {
                store::check::put(tx, tenant, credential.id, &check)?;
            }
        }
        Ok(connection)
    }

    pub(super) fn prune(&mut self, tx: &mut Conn, key: &str) -> Result<()> {
        let tenant = self.tenant();
        let connection = self.connection(tx, key)?;
        self.keep(CONNECTION_NOUN, &connection)?;
        self.keep_credentials(tx, connection.id)?;
        store::slot::unbind(tx, tenant, connection.id, connection.stable_key.as_str())?;
        store::connection::delete(tx, tenant, connection.id)?;
        self.keys.retain(|_, id| *id != connection.id);
        self.note(&connection, "connection.deleted", Vec::new());
        Ok(())
    }

    /// All that belongs to a connection and cannot be made anew: secrets and tokens stay sealed.
    fn keep_credentials(&mut self, tx: &mut Conn, connection: ConnectionId) -> Result<()> {
        let tenant = self.tenant();
        // Whoever renews tokens writes them before the credential: locked in this order, nobody waits for each other.
        store::dialect::lock_tokens(tx, tenant, connection)?;
        store::dialect::lock_credentials(tx, tenant, connection)?;
        for credential in store::credential::list_of_connection(tx, tenant, connection)? {
            self.keep(CREDENTIAL_NOUN, &credential)?;
        }
        for (id, what) in store::token::list_of_connection(tx, tenant, connection)? {
            self.keep(TOKENS_NOUN, &Of { id, what })?;
        }
        for (id, what) in store::check::list_of_connection(tx, tenant, connection)? {
            self.keep(CHECK_NOUN, &Of { id, what })?;
        }
        if let Some((callback_id, created_at)) = store::callback::find_with_time(tx, tenant, connection)? {
            self.keep(CALLBACK_NOUN, &Of { id: connection, what: KeptCallback { callback_id, created_at } })?;
        }
        Ok(())
    }
}

fn stored(input: crate::model::sync::InputContent) -> Stored {
    Stored { value: input.value, managed_by: input.managed_by, shared: input.shared, ..Stored::default() }
}
