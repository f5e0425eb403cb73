//! Queries for what needs a person: a mark that tells whether anything moved, and slots that reach no connection.

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::NullableExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::dsl::count;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::sql_types::Nullable;

use crate::error::Result;
use crate::ids::TenantId;
use crate::model::attention::SlotInNeed;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::connection_keys;
use crate::store::schema::credentials;
use crate::store::schema::integration_versions;
use crate::store::schema::integrations;
use crate::store::schema::slots;
use crate::store::schema::tenants;

/// Equal marks: no connection, credential or integration of the tenant changed in between. A connection's or an
/// integration's change grows the revision; a credential's grows its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    revision: i64,
    credentials: i64,
    versions: Option<i64>,
}

/// One query, answered from an index.
pub fn mark(c: &mut Conn, tenant: TenantId) -> Result<Mark> {
    // Sums of bigints are of another type on PostgreSQL.
    let versions = || sql::<Nullable<BigInt>>("CAST(SUM(credentials.version) AS BIGINT)");
    let (revision, credentials, versions) = on!(c, db => tenants::table
        .left_join(credentials::table.on(credentials::tenant_id.eq(tenants::id)))
        .filter(tenants::id.eq(tenant))
        .group_by(tenants::id)
        .select((tenants::revision, count(credentials::version.nullable()), versions()))
        .first::<(i64, i64, Option<i64>)>(db))?;
    Ok(Mark { revision, credentials, versions })
}

/// Slots of drafts and of the published versions in use that reach no connection, each once.
pub fn unbound_slots(c: &mut Conn, tenant: TenantId) -> Result<Vec<SlotInNeed>> {
    let in_use = integration_versions::number.eq(0).or(integrations::published_number.eq(integration_versions::number));
    let owner =
        connection_keys::tenant_id.eq(slots::tenant_id).and(connection_keys::key.nullable().eq(slots::stable_key));
    let rows: Vec<(String, String, String, Option<String>)> = on!(c, db => slots::table
        .inner_join(integration_versions::table.on(integration_versions::id.eq(slots::version_id)))
        .inner_join(integrations::table.on(integrations::id.eq(integration_versions::integration_id)))
        .left_join(connection_keys::table.on(owner))
        .filter(slots::tenant_id.eq(tenant))
        .filter(slots::connection_id.is_null())
        .filter(connection_keys::connection_id.nullable().is_null())
        .filter(in_use)
        .order((integrations::key, slots::variable, slots::stable_key))
        .select((integrations::key, integrations::name, slots::variable, slots::stable_key))
        .load(db))?;
    let mut found: Vec<SlotInNeed> = Vec::with_capacity(rows.len());
    for (integration, integration_name, variable, stable_key) in rows {
        // The draft and the published version may lack the same.
        let is_told = found.last().is_some_and(|last| last.integration == integration && last.variable == variable);
        if !is_told {
            found.push(SlotInNeed { integration, integration_name, variable, stable_key });
        }
    }
    Ok(found)
}
