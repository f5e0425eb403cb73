//! Rows that serve nobody any more.

use diesel::ExpressionMethods as _;
use diesel::RunQueryDsl as _;

use crate::clock::Instant;
use crate::error::Result;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::oauth_flows;
use crate::store::types::At;

/// Forgets authorizations that ended unfinished before `before`.
pub fn oauth_flows(c: &mut Conn, before: Instant) -> Result<()> {
    on!(c, db => diesel::delete(oauth_flows::table)
        .filter(oauth_flows::expires_at.lt(At(before)))
        .execute(db))?;
    Ok(())
}
