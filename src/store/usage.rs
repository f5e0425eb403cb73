//! Which slots refer to a connection: drafts by id, published versions by its key or an alias.

use std::collections::BTreeSet;
use std::collections::HashMap;

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::NullableExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::model::connection::Connection;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::integration_versions;
use crate::store::schema::integrations;
use crate::store::schema::slots;

/// One slot that refers to a connection.
pub struct SlotUse {
    /// The integration's key.
    pub integration: String,
    /// 0: the draft.
    pub number: i64,
    pub variable: String,
}

pub fn list(c: &mut Conn, tenant: TenantId, connection: &Connection) -> Result<Vec<SlotUse>> {
    let keys: Vec<&str> =
        std::iter::once(&connection.stable_key).chain(&connection.aliases).map(|key| key.as_str()).collect();
    let rows: Vec<(String, i64, String)> = on!(c, db => slots::table
        .inner_join(integration_versions::table.on(integration_versions::id.eq(slots::version_id)))
        .inner_join(integrations::table.on(integrations::id.eq(integration_versions::integration_id)))
        .filter(slots::tenant_id.eq(tenant))
        .filter(
            slots::connection_id.eq(connection.id).assume_not_null()
                .or(integration_versions::number.gt(0).and(slots::stable_key.eq_any(keys).assume_not_null())),
        )
        .order((integrations::key, integration_versions::number, slots::variable))
        .select((integrations::key, integration_versions::number, slots::variable))
        .load(db))?;
    Ok(rows.into_iter().map(|(integration, number, variable)| SlotUse { integration, number, variable }).collect())
}

/// The OAuth scopes that slots of drafts and of the published versions in use ask a connection for.
pub fn required_scopes(c: &mut Conn, tenant: TenantId, connection: &Connection) -> Result<BTreeSet<String>> {
    let keys: Vec<&str> =
        std::iter::once(&connection.stable_key).chain(&connection.aliases).map(|key| key.as_str()).collect();
    let in_use = integration_versions::number.eq(0).or(integrations::published_number.eq(integration_versions::number));
    let rows: Vec<String> = on!(c, db => slots::table
        .inner_join(integration_versions::table.on(integration_versions::id.eq(slots::version_id)))
        .inner_join(integrations::table.on(integrations::id.eq(integration_versions::integration_id)))
        .filter(slots::tenant_id.eq(tenant))
        .filter(in_use)
        .filter(
            slots::connection_id.eq(connection.id).assume_not_null()
                .or(integration_versions::number.gt(0).and(slots::stable_key.eq_any(keys).assume_not_null())),
        )
        .select(slots::required_scopes)
        .load(db))?;
    let mut scopes = BTreeSet::new();
    for text in rows {
        scopes.extend(serde_json::from_str::<Vec<String>>(&text).map_err(Error::internal)?);
    }
    Ok(scopes)
}

/// Connections that a version refers to which no snapshot holds (older published ones, and drafts beside them), with the
/// integration's key and the version's number.
pub fn outside_snapshots(c: &mut Conn, tenant: TenantId) -> Result<Vec<(String, i64, ConnectionId)>> {
    type Found = (String, i64, Option<ConnectionId>, Option<String>);
    let rows: Vec<Found> = on!(c, db => slots::table
        .inner_join(integration_versions::table.on(integration_versions::id.eq(slots::version_id)))
        .inner_join(integrations::table.on(integrations::id.eq(integration_versions::integration_id)))
        .filter(slots::tenant_id.eq(tenant))
        .filter(integration_versions::number.ne(integrations::published_number))
        .select((integrations::key, integration_versions::number, slots::connection_id, slots::stable_key))
        .load(db))?;
    let keys: HashMap<String, ConnectionId> =
        crate::store::connection::key::list(c, tenant)?.into_iter().map(|(key, id, _)| (key, id)).collect();
    let found = |(integration, number, id, key): Found| {
        let id = id.or_else(|| keys.get(&key?).copied())?;
        Some((integration, number, id))
    };
    Ok(rows.into_iter().filter_map(found).collect())
}
