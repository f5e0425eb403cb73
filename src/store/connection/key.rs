//! The table of stable keys and aliases: one namespace for each tenant.

use std::collections::HashMap;

use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::prelude::Insertable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::model::connection::Connection;
use crate::model::connection::StableKey;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::connection_keys;
use crate::store::types::At;

#[derive(Insertable)]
#[diesel(table_name = connection_keys)]
#[diesel(treat_none_as_default_value = false)]
struct Row<'a> {
    tenant_id: TenantId,
    key: &'a str,
    connection_id: ConnectionId,
    is_current: bool,
    created_at: At,
}

/// Whose key or alias it is, and whether it is the current one.
pub fn owner(c: &mut Conn, tenant: TenantId, key: &str) -> Result<Option<(ConnectionId, bool)>> {
    Ok(on!(c, db => connection_keys::table
        .find((tenant, key))
        .select((connection_keys::connection_id, connection_keys::is_current))
        .first(db)
        .optional())?)
}

/// Takes a key that nobody has.
///
/// # Errors
/// `stable_key_taken`, also when it is an alias.
pub fn insert(c: &mut Conn, tenant: TenantId, id: ConnectionId, key: &StableKey, now: Instant) -> Result<()> {
    if let Some((_, is_current)) = owner(c, tenant, key.as_str())? {
        let message = if is_current {
            format!("the stable key `{key}` is taken by another connection")
        } else {
            format!("the stable key `{key}` is an alias of a renamed connection; release the alias first")
        };
        return Err(Error::conflict("stable_key_taken", message));
    }
    let row = Row { tenant_id: tenant, key: key.as_str(), connection_id: id, is_current: true, created_at: At(now) };
    on!(c, db => diesel::insert_into(connection_keys::table).values(&row).execute(db))?;
    Ok(())
}

/// Makes `new` the current key; the old one stays as an alias. An own alias may become current again.
///
/// # Errors
/// `stable_key_taken`.
pub fn rename(c: &mut Conn, tenant: TenantId, id: ConnectionId, new: &StableKey, now: Instant) -> Result<()> {
    let own_alias = owner(c, tenant, new.as_str())?.is_some_and(|(owner, _)| owner == id);
    on!(c, db => diesel::update(connection_keys::table)
        .filter(connection_keys::connection_id.eq(id))
        .filter(connection_keys::is_current.eq(true))
        .set(connection_keys::is_current.eq(false))
        .execute(db))?;
    if own_alias {
        on!(c, db => diesel::update(connection_keys::table.find((tenant, new.as_str())))
            .set(connection_keys::is_current.eq(true))
            .execute(db))?;
        return Ok(());
    }
    insert(c, tenant, id, new, now)
}

/// Lets an alias go, so that another connection can take it.
///
/// # Errors
/// `not_found` when it is no alias of this connection.
pub fn release(c: &mut Conn, tenant: TenantId, id: ConnectionId, alias: &str) -> Result<()> {
    let gone = on!(c, db => diesel::delete(connection_keys::table.find((tenant, alias)))
        .filter(connection_keys::connection_id.eq(id))
        .filter(connection_keys::is_current.eq(false))
        .execute(db))?;
    if gone == 0 { Err(Error::not_found("alias", alias)) } else { Ok(()) }
}

/// Fills in the aliases of connections that were read. One query, whatever their number.
pub fn add_aliases(c: &mut Conn, tenant: TenantId, connections: &mut [Connection]) -> Result<()> {
    if connections.is_empty() {
        return Ok(());
    }
    let ids: Vec<ConnectionId> = connections.iter().map(|connection| connection.id).collect();
    let rows: Vec<(ConnectionId, String)> = on!(c, db => {
        let mut query = connection_keys::table
            .filter(connection_keys::tenant_id.eq(tenant))
            .filter(connection_keys::is_current.eq(false))
            .select((connection_keys::connection_id, connection_keys::key))
            .order(connection_keys::key)
            .into_boxed();
        // Aliases are few: with many connections all of them cost less than naming each connection.
        if ids.len() <= 200 {
            query = query.filter(connection_keys::connection_id.eq_any(ids));
        }
        query.load(db)
    })?;
    let mut aliases: HashMap<ConnectionId, Vec<StableKey>> = HashMap::new();
    for (id, key) in rows {
        aliases.entry(id).or_default().push(StableKey::parse(&key)?);
    }
    for connection in connections {
        connection.aliases = aliases.remove(&connection.id).unwrap_or_default();
    }
    Ok(())
}

/// Every key and alias of a tenant: key, connection, whether it is current.
pub fn list(c: &mut Conn, tenant: TenantId) -> Result<Vec<(String, ConnectionId, bool)>> {
    Ok(on!(c, db => connection_keys::table
        .filter(connection_keys::tenant_id.eq(tenant))
        .select((connection_keys::key, connection_keys::connection_id, connection_keys::is_current))
        .load(db))?)
}

/// The current key and the aliases of new connections.
pub fn insert_all(c: &mut Conn, tenant: TenantId, all: &[Connection]) -> Result<()> {
    let rows: Vec<Row<'_>> = all
        .iter()
        .flat_map(|connection| {
            std::iter::once((&connection.stable_key, true))
                .chain(connection.aliases.iter().map(|alias| (alias, false)))
                .map(|(key, is_current)| Row {
                    tenant_id: tenant,
                    key: key.as_str(),
                    connection_id: connection.id,
                    is_current,
                    created_at: At(connection.created_at),
                })
        })
        .collect();
    for chunk in rows.chunks(1000) {
        on!(c, db => diesel::insert_into(connection_keys::table).values(chunk).execute(db))?;
    }
    Ok(())
}

/// Gives a connection exactly these keys.
pub fn replace(c: &mut Conn, tenant: TenantId, connection: &Connection) -> Result<()> {
    on!(c, db => diesel::delete(connection_keys::table)
        .filter(connection_keys::tenant_id.eq(tenant))
        .filter(connection_keys::connection_id.eq(connection.id))
        .execute(db))?;
    insert_all(c, tenant, std::slice::from_ref(connection))
}
