//! Manifests that tenants use, and which version each tenant is pinned to.

use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::prelude::Insertable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::sync::Pin;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::component_pins;
use crate::store::schema::components;
use crate::store::types::At;

#[derive(Insertable)]
#[diesel(table_name = components)]
#[diesel(treat_none_as_default_value = false)]
struct ManifestRow<'a> {
    key: &'a str,
    version: i64,
    digest: &'a str,
    manifest: &'a str,
    created_at: At,
}

#[derive(Insertable)]
#[diesel(table_name = component_pins)]
#[diesel(treat_none_as_default_value = false)]
struct PinRow<'a> {
    tenant_id: TenantId,
    component: &'a str,
    version: i64,
    digest: &'a str,
    updated_at: At,
}

fn pin((version, digest): (i64, String)) -> Result<Pin> {
    let version = u32::try_from(version).map_err(Error::internal)?;
    Ok(Pin { version, digest })
}

/// Keeps a manifest; the same one twice is the same one.
pub fn keep_manifest(c: &mut Conn, key: &str, pin: &Pin, manifest: &str, now: Instant) -> Result<()> {
    let row = ManifestRow { key, version: i64::from(pin.version), digest: &pin.digest, manifest, created_at: At(now) };
    on!(c, db => diesel::insert_into(components::table).values(&row).on_conflict_do_nothing().execute(db))?;
    Ok(())
}

/// The canonical JSON of a manifest that some tenant used.
pub fn find_manifest(c: &mut Conn, key: &str, pin: &Pin) -> Result<Option<String>> {
    Ok(on!(c, db => components::table
        .find((key, i64::from(pin.version), pin.digest.as_str()))
        .select(components::manifest)
        .first(db)
        .optional())?)
}

/// Every kept version of every component.
pub fn list_kept(c: &mut Conn) -> Result<Vec<(String, Pin)>> {
    let rows: Vec<(String, i64, String)> = on!(c, db => components::table
        .select((components::key, components::version, components::digest))
        .order((components::key, components::version))
        .load(db))?;
    rows.into_iter().map(|(key, version, digest)| Ok((key, pin((version, digest))?))).collect()
}

pub fn set_pin(c: &mut Conn, tenant: TenantId, component: &str, pin: &Pin, now: Instant) -> Result<()> {
    let version = i64::from(pin.version);
    let row = PinRow { tenant_id: tenant, component, version, digest: &pin.digest, updated_at: At(now) };
    on!(c, db => diesel::insert_into(component_pins::table)
        .values(&row)
        .on_conflict((component_pins::tenant_id, component_pins::component))
        .do_update()
        .set((
            component_pins::version.eq(version),
            component_pins::digest.eq(&pin.digest),
            component_pins::updated_at.eq(At(now)),
        ))
        .execute(db))?;
    Ok(())
}

pub fn delete_pin(c: &mut Conn, tenant: TenantId, component: &str) -> Result<()> {
    on!(c, db => diesel::delete(component_pins::table.find((tenant, component))).execute(db))?;
    Ok(())
}

pub fn find_pin(c: &mut Conn, tenant: TenantId, component: &str) -> Result<Option<Pin>> {
    let row: Option<(i64, String)> = on!(c, db => component_pins::table
        .find((tenant, component))
        .select((component_pins::version, component_pins::digest))
        .first(db)
        .optional())?;
    row.map(pin).transpose()
}

/// A tenant's pins by component.
pub fn list_pins(c: &mut Conn, tenant: TenantId) -> Result<Vec<(String, Pin)>> {
    let rows: Vec<(String, i64, String)> = on!(c, db => component_pins::table
        .filter(component_pins::tenant_id.eq(tenant))
        .select((component_pins::component, component_pins::version, component_pins::digest))
        .order(component_pins::component)
        .load(db))?;
    rows.into_iter().map(|(key, version, digest)| Ok((key, pin((version, digest))?))).collect()
}
