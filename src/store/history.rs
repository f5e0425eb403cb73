//! Field-level history of connections and their credentials.

use diesel::ExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::connection::HistoryEntry;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::connection_events;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = connection_events)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: EventId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    at: At,
    actor: String,
    action: String,
    subject: String,
    changes: String,
}

impl Row {
    fn new(tenant: TenantId, connection: ConnectionId, entry: &HistoryEntry) -> Result<Self> {
        Ok(Self {
            id: entry.id,
            tenant_id: tenant,
            connection_id: connection,
            at: At(entry.at),
            actor: entry.actor.clone(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            changes: serde_json::to_string(&entry.changes).map_err(Error::internal)?,
        })
    }
}

pub fn append(c: &mut Conn, tenant: TenantId, connection: ConnectionId, entry: &HistoryEntry) -> Result<()> {
    append_all(c, tenant, &[(connection, entry.clone())])
}

/// Many at once, for syncs.
pub fn append_all(c: &mut Conn, tenant: TenantId, entries: &[(ConnectionId, HistoryEntry)]) -> Result<()> {
    let rows = entries.iter().map(|(id, entry)| Row::new(tenant, *id, entry)).collect::<Result<Vec<_>>>()?;
    for chunk in rows.chunks(1000) {
        on!(c, db => diesel::insert_into(connection_events::table).values(chunk).execute(db))?;
    }
    Ok(())
}

/// Newest first, before `before`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    connection: ConnectionId,
    before: Option<EventId>,
    limit: i64,
) -> Result<Vec<HistoryEntry>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = connection_events::table
            .filter(connection_events::tenant_id.eq(tenant))
            .filter(connection_events::connection_id.eq(connection))
            .order(connection_events::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(connection_events::id.lt(before));
        }
        query.load(db)
    })?;
    rows.into_iter()
        .map(|row| {
            Ok(HistoryEntry {
                id: row.id,
                at: row.at.0,
                actor: row.actor,
                action: row.action,
                subject: row.subject,
                changes: serde_json::from_str(&row.changes).map_err(Error::internal)?,
            })
        })
        .collect()
}
