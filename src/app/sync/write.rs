//! A plan's writes on the database, batched: ten thousand new integrations are a handful of statements.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::Value;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::EventId;
use crate::ids::IntegrationId;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::actor::Actor;
use crate::model::connection::Connection;
use crate::model::connection::HistoryEntry;
use crate::model::connection::StableKey;
use crate::model::credential::Credential;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::model::sync::ConnectionContent;
use crate::model::sync::IntegrationContent;
use crate::model::sync::Pin;
use crate::model::sync::Write;
use crate::model::values::FieldChange;
use crate::model::values::Stored;
use crate::store;
use crate::store::conn::Conn;

/// Executes writes in one transaction.
pub(super) struct Writer<'a> {
    pub(super) app: &'a App,
    pub(super) actor: &'a Actor,
    pub(super) now: Instant,
    /// The run that prunes, or the run whose pruned rows come back.
    pub(super) run: SyncRunId,
    pub(super) purge_after: Instant,
    /// What the writer itself makes, put into the database in batches.
    connections: Vec<Connection>,
    integrations: Vec<Integration>,
    versions: Vec<Version>,
    slots: Vec<(VersionId, Slot)>,
    history: Vec<(ConnectionId, HistoryEntry)>,
    /// Current keys and aliases, as they are after the writes so far.
    keys: HashMap<String, ConnectionId>,
    existing: HashMap<String, Integration>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        (app, actor): (&'a App, &'a Actor),
        tx: &mut Conn,
        run: SyncRunId,
        (now, purge_after): (Instant, Instant),
    ) -> Result<Self> {
        let tenant = actor.tenant.id;
        let keys = store::connection::key::list(tx, tenant)?.into_iter().map(|(key, id, _)| (key, id)).collect();
        let existing = store::integration::list(tx, tenant, None, None, i64::MAX)?;
        Ok(Self {
            app,
            actor,
            now,
            run,
            purge_after,
            connections: Vec::new(),
            integrations: Vec::new(),
            versions: Vec::new(),
            slots: Vec::new(),
            history: Vec::new(),
            keys,
            existing: existing.into_iter().map(|found| (found.key.clone(), found)).collect(),
        })
    }

    fn tenant(&self) -> TenantId {
        self.actor.tenant.id
    }

    /// Does all of them, in order.
    pub(super) fn run(mut self, tx: &mut Conn, writes: Vec<Write>) -> Result<()> {
        for write in writes {
            // What later writes look at must be in the database.
            if !matches!(write, Write::CreatePlaceholder { .. } | Write::PutIntegration { .. }) {
                self.flush(tx)?;
            }
            match write {
                Write::PinComponent { key, pin } => self.pin(tx, &key, &pin)?,
                Write::UnpinComponent { key } => store::component::delete_pin(tx, self.tenant(), &key)?,
                Write::CreatePlaceholder { key, content } => self.create(&key, content)?,
                Write::RenameConnection { from, to } => self.rename(tx, &from, &to)?,
                Write::UpdateConnection { key, values } => self.update(tx, &key, values)?,
                Write::RestoreConnection { from, key, content, .. } => {
                    self.restore(tx, from.as_deref(), &key, content)?;
                }
                Write::PutIntegration { key, content } => self.put(tx, key, content)?,
                Write::DeleteIntegration { key } => {
                    let found = store::integration::get(tx, self.tenant(), &key)?;
                    store::integration::delete(tx, self.tenant(), found.id)?;
                }
                Write::DeleteConnection { key } => self.prune(tx, &key)?,
            }
        }
        self.flush(tx)
    }

    fn flush(&mut self, tx: &mut Conn) -> Result<()> {
        let tenant = self.tenant();
        store::connection::insert_all(tx, tenant, &std::mem::take(&mut self.connections))?;
        let (integrations, versions) = (std::mem::take(&mut self.integrations), std::mem::take(&mut self.versions));
        store::integration::insert_all(tx, tenant, &integrations, &versions)?;
        store::slot::insert_all(tx, tenant, &std::mem::take(&mut self.slots))?;
        store::history::append_all(tx, tenant, &std::mem::take(&mut self.history))
    }

    fn pin(&mut self, tx: &mut Conn, key: &str, pin: &Pin) -> Result<()> {
        if store::component::find_manifest(tx, key, pin)?.is_none() {
            let entry = self.app.catalog().get(key).filter(|entry| entry.digest == pin.digest);
            let entry = entry.ok_or_else(|| Error::bug(format!("{key} version {} is not known here", pin.version)))?;
            self.app.keep(tx, &entry, self.now)?;
        }
        store::component::set_pin(tx, self.tenant(), key, pin, self.now)
    }

    fn create(&mut self, key: &str, content: ConnectionContent) -> Result<()> {
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

    fn rename(&mut self, tx: &mut Conn, from: &str, to: &str) -> Result<()> {
        let connection = self.connection(tx, from)?;
        let new = StableKey::parse(to)?;
        store::connection::key::rename(tx, self.tenant(), connection.id, &new, self.now)?;
        store::connection::update(tx, self.tenant(), &connection, self.now)?;
        self.keys.insert(to.to_owned(), connection.id);
        self.note(&connection, "connection.renamed", FieldChange::of("stable_key", from, to).into_iter().collect());
        Ok(())
    }

    fn update(&mut self, tx: &mut Conn, key: &str, values: BTreeMap<String, Option<Value>>) -> Result<()> {
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
    fn restore(&mut self, tx: &mut Conn, from: Option<&str>, key: &str, content: ConnectionContent) -> Result<()> {
        let mut connection = match from {
            Some(from) => self.connection(tx, from)?,
            None => self.bring_back(tx, key)?,
        };
        // Only what travels was touched: shared values are the content's again, the rest stays.
        let kind = self.app.component(tx, self.tenant(), &connection.component)?;
        let kind = kind.as_ref().and_then(|component| component.connection_type(&connection.connection_type));
        for (name, stored) in &mut connection.inputs {
            let is_shared = kind
                .and_then(|kind| kind.input(name))
                .is_some_and(|input| !input.is_secret() && stored.shared.unwrap_or_else(|| !input.is_local()));
            if is_shared {
                stored.value = None;
            }
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
        self.keys.retain(|_, id| *id != connection.id);
        self.keys.insert(key.to_owned(), connection.id);
        self.keys.extend(connection.aliases.iter().map(|alias| (alias.to_string(), connection.id)));
        self.note(&connection, "connection.restored", Vec::new());
        Ok(())
    }

    /// A pruned connection and its credentials, with the ids that their seals are bound to.
    fn bring_back(&mut self, tx: &mut Conn, key: &str) -> Result<Connection> {
        let tenant = self.tenant();
        let mut found = None;
        for text in store::sync::list_pruned(tx, tenant, self.run, "connection")? {
            let kept: Connection = serde_json::from_str(&text).map_err(Error::internal)?;
            if kept.stable_key.as_str() == key {
                found = Some(kept);
            }
        }
        let connection = found.ok_or_else(|| {
            let message = format!("`{key}` was pruned too long ago to be brought back");
            Error::conflict("pruned_too_long_ago", message)
        })?;
        store::connection::insert_all(tx, tenant, std::slice::from_ref(&connection))?;
        for text in store::sync::list_pruned(tx, tenant, self.run, "credential")? {
            let kept: Credential = serde_json::from_str(&text).map_err(Error::internal)?;
            if kept.connection_id == connection.id {
                store::credential::insert(tx, tenant, &kept)?;
            }
        }
        Ok(connection)
    }

    fn prune(&mut self, tx: &mut Conn, key: &str) -> Result<()> {
        let tenant = self.tenant();
        let connection = self.connection(tx, key)?;
        let text = serde_json::to_string(&connection).map_err(Error::internal)?;
        store::sync::keep_pruned(tx, tenant, self.run, ("connection", &text), self.purge_after)?;
        for credential in store::credential::list_of_connection(tx, tenant, connection.id)? {
            let text = serde_json::to_string(&credential).map_err(Error::internal)?;
            store::sync::keep_pruned(tx, tenant, self.run, ("credential", &text), self.purge_after)?;
        }
        store::connection::delete(tx, tenant, connection.id)?;
        self.keys.retain(|_, id| *id != connection.id);
        self.note(&connection, "connection.deleted", Vec::new());
        Ok(())
    }

    fn put(&mut self, tx: &mut Conn, key: String, content: IntegrationContent) -> Result<()> {
        let tenant = self.tenant();
        let existing = self.existing.get(&key).cloned();
        let integration_id = existing.as_ref().map_or_else(IntegrationId::new, |found| found.id);
        let number = match (&existing, content.is_published) {
            (_, false) => DRAFT,
            (None, true) => 1,
            (Some(found), true) => store::integration::next_number(tx, tenant, found.id)?,
        };
        let version = Version {
            id: VersionId::new(),
            integration_id,
            number,
            definition: content.definition.to_string(),
            digest: content.digest,
            created_by: format!("{} (sync {})", self.actor.name(), self.run),
            created_at: self.now,
        };
        let integration = Integration {
            id: integration_id,
            key: key.clone(),
            name: content.name,
            published_number: number,
            draft_edited_by: None,
            version: existing.as_ref().map_or(1, |found| found.version),
            created_at: existing.as_ref().map_or(self.now, |found| found.created_at),
            updated_at: self.now,
        };
        match existing {
            None => self.integrations.push(integration),
            Some(found) => {
                // A draft beside a published version would say something older than what was promoted.
                if let Some(draft) = store::integration::find_version(tx, tenant, found.id, DRAFT)? {
                    store::integration::delete_version(tx, tenant, draft.id)?;
                }
                store::integration::update(tx, tenant, &integration, self.now)?;
            }
        }
        for (variable, slot) in content.slots {
            let connection_id = slot.stable_key.as_ref().filter(|_| number == DRAFT).and_then(|key| self.keys.get(key));
            let stable_key = slot.stable_key.clone().filter(|_| connection_id.is_none());
            let slot = Slot {
                variable,
                component: slot.component,
                connection_type: slot.connection_type,
                scope: slot.scope,
                required_scopes: slot.required_scopes.into_iter().collect(),
                connection_id: connection_id.copied(),
                stable_key,
                is_rebound: false,
            };
            self.slots.push((version.id, slot));
        }
        self.versions.push(version);
        Ok(())
    }
}

fn stored(input: crate::model::sync::InputContent) -> Stored {
    Stored { value: input.value, managed_by: input.managed_by, shared: input.shared, ..Stored::default() }
}
