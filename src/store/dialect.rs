//! The only queries that differ between the two databases.

use diesel::ExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;

use crate::error::Result;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::schema::tenants;

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
