//! Making, changing and removing connections.

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::App;
use crate::app::By;
use crate::app::component::connection_type;
use crate::app::layers::Described;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::connection::Connection;
use crate::model::connection::HistoryEntry;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::model::connection::Usage;
use crate::model::user::label_error;
use crate::model::values::Edit;
use crate::model::values::FieldChange;
use crate::model::values::Layer;
use crate::model::values::Opened;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::apply_edits;
use crate::model::values::edit::Context;
use crate::store;
use crate::store::conn::Conn;

mod keys;
pub mod list;
mod save;
pub mod usage;

/// A connection to be made.
#[derive(Debug, Clone)]
pub struct NewConnection {
    pub component: String,
    pub connection_type: String,
    pub scope: Scope,
    /// Absent: the component's label.
    pub label: Option<String>,
    pub description: Option<String>,
    /// Absent: `<component>-<connection type>`, the same in every tenant.
    pub stable_key: Option<String>,
    pub is_embedded: bool,
    pub inputs: BTreeMap<String, Edit>,
    /// Saves values that would be tested as they are, and says so in the history.
    pub without_test: bool,
}

/// Secrets by input: set, or (`None`) dropped.
pub(crate) type SecretEdits = BTreeMap<String, Option<Opened>>;

/// What changes; absent stays.
#[derive(Debug, Clone, Default)]
pub struct ConnectionUpdate {
    pub label: Option<String>,
    /// `Some(None)` clears.
    pub description: Option<Option<String>>,
    pub is_enabled: Option<bool>,
    pub is_embedded: Option<bool>,
    pub inputs: BTreeMap<String, Edit>,
    /// As of [`NewConnection`].
    pub without_test: bool,
}

impl ConnectionUpdate {
    /// Enabling and disabling needs less than everything else.
    fn only_switches(&self) -> bool {
        self.label.is_none() && self.description.is_none() && self.is_embedded.is_none() && self.inputs.is_empty()
    }
}

impl App {
    /// Builds and inserts a connection within a transaction that bumped the revision already.
    pub(crate) fn new_connection(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        new: NewConnection,
        now: Instant,
    ) -> Result<Described> {
        let tenant = actor.tenant.id;
        let component = self.ensure_pin(tx, tenant, &new.component, now)?;
        let kind = connection_type(&component, &new.connection_type)?;
        let label = new.label.unwrap_or_else(|| component.label.clone());
        let mut wrong: Vec<FieldError> = label_error("label", &label, 120).into_iter().collect();
        wrong.extend(new.description.as_deref().and_then(description_error));
        let empty = BTreeMap::new();
        let context = Context {
            kind,
            scope: new.scope,
            side: Side::Organization,
            layer: Layer::Global,
            global: &empty,
            current: &empty,
        };
        let edited = apply_edits(&context, &new.inputs).map_err(|errors| wrong.extend(errors)).unwrap_or_else(|()| {
            crate::model::values::Edited { inputs: BTreeMap::new(), secrets: BTreeMap::new(), changes: Vec::new() }
        });
        if let Some(error) = Error::of_fields(wrong) {
            return Err(error);
        }
        let stable_key = match new.stable_key {
            Some(key) => StableKey::parse(&key)?,
            None => StableKey::propose(&new.component, &new.connection_type),
        };
        let id = ConnectionId::new();
        let connection = Connection {
            id,
            stable_key,
            aliases: Vec::new(),
            label: label.trim().to_owned(),
            description: new.description,
            component: new.component,
            connection_type: new.connection_type,
            scope: new.scope,
            is_enabled: true,
            is_embedded: new.is_embedded,
            is_placeholder: false,
            inputs: edited.inputs,
            sealed: self.reseal(tx, tenant, ("connections", id.0), (Secrets::new(), edited.secrets))?,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        store::connection::insert(tx, tenant, &connection)?;
        Ok(Described { connection, component })
    }

    /// Reads a connection by id, stable key or alias.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_connection(&self, actor: Actor, reference: String) -> Result<Described> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store().read(move |c| app.describe(c, actor.tenant.id, &reference)).await
    }

    /// Changes a connection in memory; its secrets are sealed, nothing is written.
    pub(crate) fn change_connection(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        described: &mut Described,
        update: ConnectionUpdate,
    ) -> Result<Vec<FieldChange>> {
        let mut wrong: Vec<FieldError> =
            update.label.as_deref().and_then(|l| label_error("label", l, 120)).into_iter().collect();
        wrong.extend(update.description.as_ref().and_then(|text| text.as_deref().and_then(description_error)));
        let old = described.connection.clone();
        let context = Context {
            kind: described.kind()?,
            scope: old.scope,
            side: Side::Organization,
            layer: Layer::Global,
            global: &old.inputs,
            current: &old.inputs,
        };
        let edited = match apply_edits(&context, &update.inputs) {
            Ok(edited) => edited,
            Err(errors) => {
                wrong.extend(errors);
                return Err(Error::of_fields(wrong).unwrap_or_else(|| Error::bug("edits failed without a reason")));
            }
        };
        if let Some(error) = Error::of_fields(wrong) {
            return Err(error);
        }
        let connection = &mut described.connection;
        if !edited.secrets.is_empty() {
            let current = self.global_secrets(tx, actor.tenant.id, connection)?;
            connection.sealed =
                self.reseal(tx, actor.tenant.id, ("connections", connection.id.0), (current, edited.secrets))?;
        }
        connection.is_placeholder &= edited.changes.is_empty();
        connection.inputs = edited.inputs;
        connection.label = update.label.map_or_else(|| old.label.clone(), |label| label.trim().to_owned());
        connection.description = update.description.unwrap_or_else(|| old.description.clone());
        connection.is_enabled = update.is_enabled.unwrap_or(old.is_enabled);
        connection.is_embedded = update.is_embedded.unwrap_or(old.is_embedded);
        let mut changes: Vec<FieldChange> = Vec::new();
        changes.extend(FieldChange::of("label", old.label, connection.label.clone()));
        changes.extend(FieldChange::of("description", old.description, connection.description.clone()));
        changes.extend(FieldChange::of("is_enabled", old.is_enabled, connection.is_enabled));
        changes.extend(FieldChange::of("is_embedded", old.is_embedded, connection.is_embedded));
        changes.extend(edited.changes);
        Ok(changes)
    }

    /// Removes a connection. Refused while it is used, naming where; `force` detaches the uses instead.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `connection_in_use`, `version_mismatch`.
    pub async fn delete_connection(
        &self,
        actor: Actor,
        reference: String,
        expected_version: Option<i64>,
        force: bool,
    ) -> Result<Usage> {
        actor.require(Permission::ConnectionsWrite)?;
        if force {
            actor.require(Permission::Force)?;
        }
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                store::tenant::bump_revision(tx, actor.tenant.id)?;
                let described = app.describe(tx, actor.tenant.id, &reference)?;
                let connection = &described.connection;
                if expected_version.is_some_and(|version| version != connection.version) {
                    return Err(store::connection::version_mismatch());
                }
                let usage = app.usage(tx, actor.tenant.id, connection)?;
                if usage.is_used() && !force {
                    return Err(Error::conflict("connection_in_use", usage::in_use_message(connection, &usage)));
                }
                app.record(tx, By::new(&actor, now), connection, ("connection.deleted", &[]))?;
                store::connection::delete(tx, actor.tenant.id, connection.id)?;
                Ok(usage)
            })
            .await
    }

    /// Newest first, before `before`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn connection_history(
        &self,
        actor: Actor,
        reference: String,
        before: Option<EventId>,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let described = app.describe(c, actor.tenant.id, &reference)?;
                store::history::list(c, actor.tenant.id, described.connection.id, before, limit)
            })
            .await
    }

    /// Puts an action into the connection's history and into the audit log.
    pub(crate) fn record(
        &self,
        tx: &mut Conn,
        by: By<'_>,
        connection: &Connection,
        (action, changes): (&'static str, &[FieldChange]),
    ) -> Result<()> {
        let entry = HistoryEntry {
            id: EventId::new(),
            at: by.now,
            actor: by.actor.name(),
            action: action.to_owned(),
            subject: connection.stable_key.to_string(),
            changes: changes.to_vec(),
        };
        store::history::append(tx, by.tenant(), connection.id, &entry)?;
        let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        let event = Event::new(action, connection.stable_key.as_str(), json!({ "fields": fields }));
        store::audit::append(tx, Some(by.tenant()), &by.actor.name(), &event, by.now)
    }

    /// The secrets of a row after some were set or dropped, sealed; `None` when none is left.
    pub(crate) fn reseal(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        (table, row): (&str, uuid::Uuid),
        (mut current, edits): (Secrets, SecretEdits),
    ) -> Result<Option<Vec<u8>>> {
        for (key, value) in edits {
            match value {
                Some(value) => current.insert(key, value),
                None => current.remove(&key),
            };
        }
        if current.is_empty() {
            return Ok(None);
        }
        self.keys(tx, tenant)?.seal(table, row, "secrets", &current).map(Some)
    }
}

fn description_error(text: &str) -> Option<FieldError> {
    (text.chars().count() > 2000)
        .then(|| FieldError::new("description", "invalid_length", "a description has at most 2000 characters"))
}
