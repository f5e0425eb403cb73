//! The same rows by plain statements: one table after another, into structs of its columns, and back in batches.

use anyhow::Result;
use diesel::ExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;
use keyway::ids::ConnectionId;
use keyway::ids::CredentialId;
use keyway::ids::CustomerId;
use keyway::ids::EventId;
use keyway::ids::IntegrationId;
use keyway::ids::SyncRunId;
use keyway::ids::TenantId;
use keyway::ids::VersionId;
use keyway::store::conn::Conn;
use keyway::store::schema::component_pins;
use keyway::store::schema::connection_events;
use keyway::store::schema::connection_keys;
use keyway::store::schema::connections;
use keyway::store::schema::credentials;
use keyway::store::schema::integration_versions;
use keyway::store::schema::integrations;
use keyway::store::schema::slots;
use keyway::store::schema::sync_runs;
use keyway::store::types::At;

/// Rows of one statement.
const BATCH: usize = 1000;

/// One text for both databases, as the store does it.
macro_rules! on {
    ($conn:expr, $db:ident => $query:expr) => {
        match $conn {
            Conn::Sqlite($db) => $query,
            Conn::Pg($db) => $query,
        }
    };
}

macro_rules! rows {
    ($($name:ident of $table:ident { $($column:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Queryable, Selectable, Insertable)]
        #[diesel(table_name = $table)]
        #[diesel(treat_none_as_default_value = false)]
        struct $name {
            $($column: $type,)*
        }

        impl $name {
            fn read(c: &mut Conn, tenant: TenantId) -> Result<Vec<Self>> {
                Ok(on!(c, db => $table::table.filter($table::tenant_id.eq(tenant)).select(Self::as_select()).load(db))?)
            }
        }
    )*};
}

macro_rules! batches {
    ($($name:ident of $table:ident),* $(,)?) => {$(
        impl $name {
            fn insert(c: &mut Conn, rows: &[Self]) -> Result<()> {
                for batch in rows.chunks(BATCH) {
                    on!(c, db => diesel::insert_into($table::table).values(batch).execute(db))?;
                }
                Ok(())
            }
        }
    )*};
}

batches! {
    PinRow of component_pins,
    ConnectionRow of connections,
    KeyRow of connection_keys,
    EventRow of connection_events,
    IntegrationRow of integrations,
    VersionRow of integration_versions,
    SlotRow of slots,
    RunRow of sync_runs,
}

rows! {
    PinRow of component_pins { tenant_id: TenantId, component: String, version: i64, digest: String, updated_at: At }
    ConnectionRow of connections {
        id: ConnectionId, tenant_id: TenantId, label: String, description: Option<String>, component: String,
        connection_type: String, scope: String, is_enabled: bool, is_embedded: bool, is_placeholder: bool,
        inputs: String, secrets: Option<Vec<u8>>, version: i64, created_at: At, updated_at: At,
    }
    KeyRow of connection_keys {
        tenant_id: TenantId, key: String, connection_id: ConnectionId, is_current: bool, created_at: At,
    }
    CredentialRow of credentials {
        id: CredentialId, tenant_id: TenantId, connection_id: ConnectionId, owner: String,
        customer_id: Option<CustomerId>, name: String, inputs: String, secrets: Option<Vec<u8>>, status: String,
        version: i64, created_at: At, updated_at: At,
    }
    EventRow of connection_events {
        id: EventId, tenant_id: TenantId, connection_id: ConnectionId, at: At, actor: String, action: String,
        subject: String, changes: String,
    }
    IntegrationRow of integrations {
        id: IntegrationId, tenant_id: TenantId, key: String, name: String, published_number: i64,
        draft_edited_by: Option<String>, version: i64, created_at: At, updated_at: At,
    }
    VersionRow of integration_versions {
        id: VersionId, tenant_id: TenantId, integration_id: IntegrationId, number: i64, definition: String,
        digest: String, created_by: String, created_at: At,
    }
    SlotRow of slots {
        version_id: VersionId, tenant_id: TenantId, variable: String, component: Option<String>,
        connection_type: Option<String>, scope: Option<String>, required_scopes: String,
        connection_id: Option<ConnectionId>, stable_key: Option<String>, is_rebound: bool,
    }
    RunRow of sync_runs {
        id: SyncRunId, tenant_id: TenantId, source: String, actor: String, plan_hash: String, result: String,
        plan: String, undo: String, started_at: At, duration_ms: i64, rolled_back_at: Option<At>, rolled_back_by: Option<String>,
    }
}

/// What a sync reads of a tenant.
pub struct Read {
    pins: Vec<PinRow>,
    connections: Vec<ConnectionRow>,
    keys: Vec<KeyRow>,
    integrations: Vec<IntegrationRow>,
    versions: Vec<VersionRow>,
    slots: Vec<SlotRow>,
    credentials: Vec<CredentialRow>,
}

/// Reads what a plan reads: the source, and the target with its credentials. In one transaction.
pub fn read(c: &mut Conn, source: TenantId, target: TenantId) -> Result<(Read, Read)> {
    execute(c, "BEGIN")?;
    let found = (read_one(c, source, false)?, read_one(c, target, true)?);
    execute(c, "COMMIT")?;
    Ok(found)
}

fn read_one(c: &mut Conn, tenant: TenantId, with_credentials: bool) -> Result<Read> {
    Ok(Read {
        pins: PinRow::read(c, tenant)?,
        connections: ConnectionRow::read(c, tenant)?,
        keys: KeyRow::read(c, tenant)?,
        integrations: IntegrationRow::read(c, tenant)?,
        versions: VersionRow::read(c, tenant)?,
        slots: SlotRow::read(c, tenant)?,
        credentials: if with_credentials { CredentialRow::read(c, tenant)? } else { Vec::new() },
    })
}

impl Read {
    pub fn rows(&self) -> usize {
        self.pins.len()
            + self.connections.len()
            + self.keys.len()
            + self.integrations.len()
            + self.versions.len()
            + self.slots.len()
            + self.credentials.len()
    }
}

/// What an apply of all new wrote into a tenant.
pub struct Written {
    objects: Read,
    events: Vec<EventRow>,
    runs: Vec<RunRow>,
}

impl Written {
    pub fn read(c: &mut Conn, tenant: TenantId) -> Result<Self> {
        let (events, runs) = (EventRow::read(c, tenant)?, RunRow::read(c, tenant)?);
        Ok(Self { objects: read_one(c, tenant, false)?, events, runs })
    }

    /// The rows of connections, integrations, versions and slots; `with_records` also history and the run's record.
    pub fn rows(&self, with_records: bool) -> usize {
        self.objects.rows() + if with_records { self.events.len() + self.runs.len() } else { 0 }
    }

    /// Puts them back in one transaction.
    pub fn insert(&self, c: &mut Conn, with_records: bool) -> Result<()> {
        execute(c, "BEGIN")?;
        let Read { pins, connections, keys, integrations, versions, slots, .. } = &self.objects;
        PinRow::insert(c, pins)?;
        ConnectionRow::insert(c, connections)?;
        KeyRow::insert(c, keys)?;
        IntegrationRow::insert(c, integrations)?;
        VersionRow::insert(c, versions)?;
        SlotRow::insert(c, slots)?;
        if with_records {
            EventRow::insert(c, &self.events)?;
            RunRow::insert(c, &self.runs)?;
        }
        execute(c, "COMMIT")
    }
}

/// Removes everything that syncs wrote into a tenant, and leaves the database as tidy as before.
pub fn empty(c: &mut Conn, tenant: TenantId) -> Result<()> {
    execute(c, "BEGIN")?;
    macro_rules! delete {
        ($($table:ident),*) => {$(
            on!(c, db => diesel::delete($table::table).filter($table::tenant_id.eq(tenant)).execute(db))?;
        )*};
    }
    delete!(slots, integration_versions, integrations, credentials, connection_keys, connections);
    delete!(connection_events, sync_runs, component_pins);
    execute(c, "COMMIT")?;
    match c {
        Conn::Sqlite(_) => execute(c, "PRAGMA wal_checkpoint(TRUNCATE)"),
        Conn::Pg(_) => execute(c, "VACUUM ANALYZE"),
    }
}

pub fn execute(c: &mut Conn, sql: &str) -> Result<()> {
    Ok(on!(c, db => db.batch_execute(sql))?)
}
