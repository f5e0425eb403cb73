//! Callback ids: which connections a redirect URI is for.

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::prelude::AsChangeset;
use diesel::prelude::Insertable;

use crate::clock::Instant;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::oauth_callbacks;
use crate::store::types::At;

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = oauth_callbacks)]
#[diesel(treat_none_as_default_value = false)]
struct Row<'a> {
    connection_id: ConnectionId,
    tenant_id: TenantId,
    callback_id: &'a str,
    created_at: At,
}

pub fn find(c: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<Option<String>> {
    Ok(on!(c, db => oauth_callbacks::table
        .filter(oauth_callbacks::tenant_id.eq(tenant).and(oauth_callbacks::connection_id.eq(connection)))
        .select(oauth_callbacks::callback_id)
        .first(db)
        .optional())?)
}

/// The id of a connection, and since when it has it.
pub fn find_with_time(c: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<Option<(String, Instant)>> {
    let found: Option<(String, At)> = on!(c, db => oauth_callbacks::table
        .filter(oauth_callbacks::tenant_id.eq(tenant).and(oauth_callbacks::connection_id.eq(connection)))
        .select((oauth_callbacks::callback_id, oauth_callbacks::created_at))
        .first(db)
        .optional())?;
    Ok(found.map(|(id, At(at))| (id, at)))
}

/// Gives a connection its id, unless it has one.
pub fn insert(c: &mut Conn, tenant: TenantId, connection: ConnectionId, id: &str, now: Instant) -> Result<()> {
    let row = Row { connection_id: connection, tenant_id: tenant, callback_id: id, created_at: At(now) };
    on!(c, db => diesel::insert_into(oauth_callbacks::table).values(&row).on_conflict_do_nothing().execute(db))?;
    Ok(())
}

/// Gives a connection this id in place of whatever it has.
pub fn put(c: &mut Conn, tenant: TenantId, connection: ConnectionId, id: &str, now: Instant) -> Result<()> {
    let row = Row { connection_id: connection, tenant_id: tenant, callback_id: id, created_at: At(now) };
    on!(c, db => diesel::insert_into(oauth_callbacks::table)
        .values(&row)
        .on_conflict(oauth_callbacks::connection_id)
        .do_update()
        .set(&row)
        .execute(db))?;
    Ok(())
}

/// The connections that share an id, the first to have it first. Of one tenant only: ids are never shared beyond it.
pub fn connections(c: &mut Conn, tenant: TenantId, id: &str) -> Result<Vec<ConnectionId>> {
    Ok(on!(c, db => oauth_callbacks::table
        .filter(oauth_callbacks::tenant_id.eq(tenant).and(oauth_callbacks::callback_id.eq(id)))
        .order((oauth_callbacks::created_at, oauth_callbacks::connection_id))
        .select(oauth_callbacks::connection_id)
        .load(db))?)
}

/// The tenant and a connection of an id, for a browser that comes back: it tells nothing else.
pub fn find_by_id(c: &mut Conn, id: &str) -> Result<Option<(TenantId, ConnectionId)>> {
    Ok(on!(c, db => oauth_callbacks::table
        .filter(oauth_callbacks::callback_id.eq(id))
        .order((oauth_callbacks::created_at, oauth_callbacks::connection_id))
        .select((oauth_callbacks::tenant_id, oauth_callbacks::connection_id))
        .first(db)
        .optional())?)
}
