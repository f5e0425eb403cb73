//! Tenants as a sync sees them: snapshots read in a few queries, whatever their size.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::app::App;
use crate::app::sync::definitions::Definitions;
use crate::app::sync::kinds::Kinds;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::component::ConnectionType;
use crate::model::connection::Connection;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::model::sync::ConnectionContent;
use crate::model::sync::InputContent;
use crate::model::sync::IntegrationContent;
use crate::model::sync::SlotContent;
use crate::model::sync::Snapshot;
use crate::model::values::is_shared;
use crate::store;
use crate::store::conn::Conn;

/// A tenant's rows, read at one moment.
pub(super) struct Rows {
    pub(super) connections: Vec<Connection>,
    pub(super) integrations: Vec<(Integration, Version)>,
    pub(super) slots: HashMap<VersionId, Vec<Slot>>,
    pub(super) pins: Vec<(String, crate::model::sync::Pin)>,
}

impl Rows {
    pub(super) fn read(c: &mut Conn, tenant: TenantId, definitions: Definitions) -> Result<Self> {
        let integrations = match definitions {
            Definitions::All => store::integration::list_all(c, tenant)?,
            Definitions::LeftOut => store::integration::list_all_short(c, tenant)?,
        };
        let versions: Vec<VersionId> = integrations.iter().map(|(_, version)| version.id).collect();
        Ok(Self {
            connections: store::connection::list_all(c, tenant)?,
            integrations,
            slots: store::slot::list_all(c, tenant, &versions)?,
            pins: store::component::list_pins(c, tenant)?,
        })
    }
}

impl App {
    pub(super) fn read_snapshot(&self, c: &mut Conn, tenant: TenantId, definitions: Definitions) -> Result<Snapshot> {
        let rows = Rows::read(c, tenant, definitions)?;
        let kinds = self.kinds(c, tenant, &rows.connections)?;
        Ok(to_snapshot(rows, &kinds))
    }
}

/// Consumes the rows: definitions move, they are not copied.
pub(super) fn to_snapshot(rows: Rows, kinds: &Kinds) -> Snapshot {
    let mut key_of_id: HashMap<ConnectionId, String> = HashMap::with_capacity(rows.connections.len());
    let mut key_of_alias: HashMap<String, String> = HashMap::new();
    let mut connections = BTreeMap::new();
    for connection in rows.connections {
        let key = connection.stable_key.to_string();
        key_of_id.insert(connection.id, key.clone());
        for alias in &connection.aliases {
            key_of_alias.insert(alias.to_string(), key.clone());
        }
        let kind = kinds.get(&connection).map(|known| &known.kind);
        connections.insert(key, content(connection, kind));
    }
    let mut slots = rows.slots;
    let integrations = rows
        .integrations
        .into_iter()
        .map(|(integration, version)| {
            let own = slots.remove(&version.id).unwrap_or_default();
            let own = own.into_iter().map(|slot| slot_content(slot, &key_of_id, &key_of_alias)).collect();
            let content = IntegrationContent {
                name: integration.name,
                description: None,
                is_published: version.number != DRAFT,
                definition: version.definition.into(),
                digest: version.digest,
                slots: own,
            };
            (integration.key, content)
        })
        .collect();
    Snapshot { components: rows.pins.into_iter().collect(), connections, integrations }
}

/// A connection as it travels: shared values only. Without its manifest nothing is known to be shared.
pub(super) fn content(connection: Connection, kind: Option<&ConnectionType>) -> ConnectionContent {
    let mut inputs = BTreeMap::new();
    for (key, stored) in &connection.inputs {
        let input = kind.and_then(|kind| kind.input(key));
        let value = match input {
            Some(input) if is_shared(&connection.inputs, input) && !stored.secret => stored.value.clone(),
            _ => None,
        };
        if value.is_some() || stored.managed_by.is_some() || stored.shared.is_some() {
            inputs.insert(key.clone(), InputContent { value, managed_by: stored.managed_by, shared: stored.shared });
        }
    }
    ConnectionContent {
        label: connection.label,
        description: connection.description,
        component: connection.component,
        connection_type: connection.connection_type,
        scope: connection.scope,
        is_enabled: connection.is_enabled,
        is_embedded: connection.is_embedded,
        aliases: connection.aliases.iter().map(ToString::to_string).collect(),
        inputs,
    }
}

fn slot_content(
    slot: Slot,
    key_of_id: &HashMap<ConnectionId, String>,
    key_of_alias: &HashMap<String, String>,
) -> (String, SlotContent) {
    let stable_key = match slot.connection_id {
        Some(id) => key_of_id.get(&id).cloned(),
        None => slot.stable_key.map(|key| key_of_alias.get(&key).cloned().unwrap_or(key)),
    };
    let content = SlotContent {
        component: slot.component,
        connection_type: slot.connection_type,
        scope: slot.scope,
        stable_key,
        required_scopes: slot.required_scopes.into_iter().collect(),
    };
    (slot.variable, content)
}
