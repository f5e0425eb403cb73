//! The only queries that differ between the two databases.

use diesel::ExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::dsl::sql;

use crate::clock::Instant;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::schema::connections;
use crate::store::schema::credentials;
use crate::store::schema::refresh_leases;
use crate::store::schema::tenants;
use crate::store::schema::tokens;
use crate::store::types;
use crate::store::types::At;

/// Locks the tenants' rows until the transaction ends, in one order for everybody, so that two syncs cannot wait for
/// each other. On SQLite a write transaction is alone already.
pub fn lock_tenants(c: &mut Conn, ids: &[TenantId]) -> Result<()> {
    match c {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(db) => {
            tenants::table
                .filter(tenants::id.eq_any(ids.to_vec()))
                .order(tenants::id)
                .select(tenants::revision)
                .for_update()
                .load::<i64>(db)?;
            Ok(())
        }
    }
}

/// Locks a tenant's connections until the transaction ends: nobody adds a credential to one that is about to go.
pub fn lock_connections(c: &mut Conn, tenant: TenantId) -> Result<()> {
    match c {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(db) => {
            connections::table
                .filter(connections::tenant_id.eq(tenant))
                .order(connections::id)
                .select(connections::id)
                .for_update()
                .load::<ConnectionId>(db)?;
            Ok(())
        }
    }
}

/// Locks a connection's credentials until the transaction ends: what is read of them next is what is deleted.
pub fn lock_credentials(c: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<()> {
    match c {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(db) => {
            credentials::table
                .filter(credentials::tenant_id.eq(tenant))
                .filter(credentials::connection_id.eq(connection))
                .order(credentials::id)
                .select(credentials::id)
                .for_update()
                .load::<CredentialId>(db)?;
            Ok(())
        }
    }
}

/// Locks the tokens of a connection's credentials until the transaction ends.
pub fn lock_tokens(c: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<()> {
    match c {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(db) => {
            let of_connection = credentials::table
                .filter(credentials::tenant_id.eq(tenant))
                .filter(credentials::connection_id.eq(connection))
                .select(credentials::id);
            tokens::table
                .filter(tokens::credential_id.eq_any(of_connection))
                .order(tokens::credential_id)
                .select(tokens::generation)
                .for_update()
                .load::<i64>(db)?;
            Ok(())
        }
    }
}

/// Locks a credential's lease until the transaction ends.
pub fn lock_lease(c: &mut Conn, credential: CredentialId) -> Result<()> {
    match c {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(db) => {
            refresh_leases::table.find(credential).select(refresh_leases::fence).for_update().load::<i64>(db)?;
            Ok(())
        }
    }
}

/// The database's own time: the one clock that all nodes share.
pub fn now(c: &mut Conn) -> Result<Instant> {
    let At(now) = match c {
        Conn::Sqlite(db) => {
            diesel::select(sql::<types::Instant>("CAST(unixepoch('subsec') * 1000000 AS INTEGER)")).get_result(db)?
        }
        Conn::Pg(db) => diesel::select(sql::<types::Instant>("clock_timestamp()")).get_result(db)?,
    };
    Ok(now)
}
