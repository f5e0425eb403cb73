//! API keys: found by their public prefix.

use std::collections::BTreeSet;

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::TenantId;
use crate::model::actor::Permission;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::model::tenant::Tenant;
use crate::model::user::ApiKey;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::api_keys;
use crate::store::schema::tenants;
use crate::store::tenant;
use crate::store::types::At;

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: ApiKeyId,
    name: String,
    prefix: String,
    scopes: String,
    created_by: String,
    created_at: At,
    expires_at: Option<At>,
    last_used_at: Option<At>,
    revoked_at: Option<At>,
}

#[derive(Insertable)]
#[diesel(table_name = api_keys)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow {
    id: ApiKeyId,
    tenant_id: TenantId,
    name: String,
    prefix: String,
    hash: Vec<u8>,
    scopes: String,
    created_by: String,
    created_at: At,
    expires_at: Option<At>,
    last_used_at: Option<At>,
    revoked_at: Option<At>,
}

impl TryFrom<Row> for ApiKey {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let unknown = |error: Error| Error::bug("a stored scope is unknown").because(error);
        let scopes: Result<BTreeSet<Permission>> =
            row.scopes.split_ascii_whitespace().map(|word| word.parse().map_err(unknown)).collect();
        Ok(Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: scopes?,
            created_by: row.created_by,
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|at| at.0),
            last_used_at: row.last_used_at.map(|at| at.0),
            revoked_at: row.revoked_at.map(|at| at.0),
        })
    }
}

pub fn insert(c: &mut Conn, tenant: TenantId, key: &ApiKey, hash: &[u8; 32]) -> Result<()> {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let row = NewRow {
        id: key.id,
        tenant_id: tenant,
        name: key.name.clone(),
        prefix: key.prefix.clone(),
        hash: hash.to_vec(),
        scopes: scopes.join(" "),
        created_by: key.created_by.clone(),
        created_at: At(key.created_at),
        expires_at: key.expires_at.map(At),
        last_used_at: key.last_used_at.map(At),
        revoked_at: key.revoked_at.map(At),
    };
    on!(c, db => diesel::insert_into(api_keys::table).values(&row).execute(db))?;
    Ok(())
}

/// The key with this prefix, its tenant and its hash. Nothing is proved by that: compare the hash.
pub fn find_by_prefix(c: &mut Conn, prefix: &str) -> Result<Option<(Tenant, ApiKey, Vec<u8>)>> {
    let found: Option<(tenant::Row, Row, Vec<u8>)> = on!(c, db => api_keys::table
        .inner_join(tenants::table.on(tenants::id.eq(api_keys::tenant_id)))
        .filter(api_keys::prefix.eq(prefix))
        .select((tenant::Row::as_select(), Row::as_select(), api_keys::hash))
        .first(db)
        .optional())?;
    found.map(|(tenant, row, hash)| Ok((Tenant::from(tenant), ApiKey::try_from(row)?, hash))).transpose()
}

pub fn find(c: &mut Conn, tenant: TenantId, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let row: Option<Row> = on!(c, db => api_keys::table
        .filter(api_keys::tenant_id.eq(tenant).and(api_keys::id.eq(id)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(ApiKey::try_from).transpose()
}

/// The tenant's keys, the revoked ones too, those that were made first first.
pub fn list(c: &mut Conn, tenant: TenantId, page: &PageRequest<ApiKeyId>) -> Result<Page<ApiKey, ApiKeyId>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = api_keys::table
            .filter(api_keys::tenant_id.eq(tenant))
            .order(api_keys::id)
            .limit(page.fetch())
            .select(Row::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(api_keys::id.gt(after));
        }
        query.load(db)
    })?;
    let keys = rows.into_iter().map(ApiKey::try_from).collect::<Result<_>>()?;
    Ok(page.page(keys, |key: &ApiKey| key.id))
}

pub fn revoke(c: &mut Conn, tenant: TenantId, id: ApiKeyId, now: Instant) -> Result<()> {
    on!(c, db => diesel::update(api_keys::table.filter(api_keys::tenant_id.eq(tenant).and(api_keys::id.eq(id))))
        .set(api_keys::revoked_at.eq(At(now)))
        .execute(db))?;
    Ok(())
}

/// Notes the use, unless a later one was noted already.
pub fn touch(c: &mut Conn, id: ApiKeyId, now: Instant) -> Result<()> {
    let stale = api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(At(now)));
    on!(c, db => diesel::update(api_keys::table.find(id).filter(stale))
        .set(api_keys::last_used_at.eq(At(now)))
        .execute(db))?;
    Ok(())
}
