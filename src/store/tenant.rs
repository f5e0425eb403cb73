//! Tenants and their data keys.

use diesel::ExpressionMethods as _;
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
use crate::ids::DataKeyId;
use crate::ids::TenantId;
use crate::model::brand::Brand;
use crate::model::brand::Color;
use crate::model::tenant::Tenant;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::data_keys;
use crate::store::schema::tenants;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tenants)]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct Row {
    id: TenantId,
    key: String,
    name: String,
    is_production: bool,
    revision: i64,
    created_at: At,
}

impl From<Row> for Tenant {
    fn from(row: Row) -> Self {
        let Row { id, key, name, is_production, revision, created_at } = row;
        Self { id, key, name, is_production, revision, created_at: created_at.0 }
    }
}

pub fn insert(c: &mut Conn, tenant: &Tenant) -> Result<()> {
    let Tenant { id, key, name, is_production, revision, created_at } = tenant.clone();
    let row = Row { id, key, name, is_production, revision, created_at: At(created_at) };
    on!(c, db => diesel::insert_into(tenants::table).values(&row).execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, id: TenantId) -> Result<Option<Tenant>> {
    let row: Option<Row> = on!(c, db => tenants::table.find(id).select(Row::as_select()).first(db).optional())?;
    Ok(row.map(Tenant::from))
}

pub fn find_by_key(c: &mut Conn, key: &str) -> Result<Option<Tenant>> {
    let row: Option<Row> =
        on!(c, db => tenants::table.filter(tenants::key.eq(key)).select(Row::as_select()).first(db).optional())?;
    Ok(row.map(Tenant::from))
}

/// All tenants by key.
pub fn list(c: &mut Conn) -> Result<Vec<Tenant>> {
    let rows: Vec<Row> = on!(c, db => tenants::table.order(tenants::key).select(Row::as_select()).load(db))?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}

pub fn update(c: &mut Conn, id: TenantId, name: &str, is_production: bool) -> Result<()> {
    let set = (tenants::name.eq(name), tenants::is_production.eq(is_production));
    on!(c, db => diesel::update(tenants::table.find(id)).set(set).execute(db))?;
    Ok(())
}

/// Every write to a synced object calls this in its transaction: it serialises such writes with syncs and makes plans
/// that were shown before it stale.
pub fn bump_revision(c: &mut Conn, tenant: TenantId) -> Result<()> {
    let changed = on!(c, db => diesel::update(tenants::table.find(tenant))
        .set(tenants::revision.eq(tenants::revision + 1))
        .execute(db))?;
    if changed == 0 { Err(Error::not_found("tenant", tenant)) } else { Ok(()) }
}

pub fn revision(c: &mut Conn, tenant: TenantId) -> Result<i64> {
    Ok(on!(c, db => tenants::table.find(tenant).select(tenants::revision).first(db))?)
}

/// A wrapped data key.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = data_keys)]
#[diesel(treat_none_as_default_value = false)]
pub struct DataKeyRow {
    pub id: DataKeyId,
    tenant_id: TenantId,
    pub wrapped: Vec<u8>,
    created_at: At,
    retired_at: Option<At>,
}

pub fn insert_data_key(c: &mut Conn, tenant: TenantId, id: DataKeyId, wrapped: Vec<u8>, now: Instant) -> Result<()> {
    let row = DataKeyRow { id, tenant_id: tenant, wrapped, created_at: At(now), retired_at: None };
    on!(c, db => diesel::insert_into(data_keys::table).values(&row).execute(db))?;
    Ok(())
}

/// A tenant's data keys; the last one seals.
pub fn list_data_keys(c: &mut Conn, tenant: TenantId) -> Result<Vec<DataKeyRow>> {
    Ok(on!(c, db => data_keys::table
        .filter(data_keys::tenant_id.eq(tenant))
        .order(data_keys::id)
        .select(DataKeyRow::as_select())
        .load(db))?)
}

/// Any data key of the deployment with its tenant: to see whether the key-encryption key is the right one.
pub fn any_data_key(c: &mut Conn) -> Result<Option<(TenantId, DataKeyRow)>> {
    let row: Option<DataKeyRow> =
        on!(c, db => data_keys::table.order(data_keys::id).select(DataKeyRow::as_select()).first(db).optional())?;
    Ok(row.map(|row| (row.tenant_id, row)))
}

pub fn brand(c: &mut Conn, id: TenantId) -> Result<Brand> {
    let (color, logo): (Option<String>, Option<String>) =
        on!(c, db => tenants::table.find(id).select((tenants::color, tenants::logo_digest)).first(db))?;
    Ok(Brand { color: color.map(|text| Color::parse(&text)).transpose()?, logo })
}

pub fn set_color(c: &mut Conn, id: TenantId, color: Option<Color>) -> Result<()> {
    let color = color.map(|color| color.to_string());
    on!(c, db => diesel::update(tenants::table.find(id)).set(tenants::color.eq(&color)).execute(db))?;
    Ok(())
}

/// A logo with its digest.
pub fn set_logo(c: &mut Conn, id: TenantId, logo: Option<(String, Vec<u8>)>) -> Result<()> {
    let (digest, bytes) = logo.unzip();
    let set = (tenants::logo.eq(bytes), tenants::logo_digest.eq(digest));
    on!(c, db => diesel::update(tenants::table.find(id)).set(set).execute(db))?;
    Ok(())
}

/// The logo of a tenant by its key, if that is its digest.
pub fn logo(c: &mut Conn, key: &str, digest: &str) -> Result<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> = on!(c, db => tenants::table
        .filter(tenants::key.eq(key))
        .filter(tenants::logo_digest.eq(digest))
        .select(tenants::logo)
        .first(db)
        .optional())?;
    Ok(found.flatten())
}
