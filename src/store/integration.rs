//! Integrations and their versions.

use diesel::BoolExpressionMethods as _;
use diesel::EscapeExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::TextExpressionMethods as _;
use diesel::prelude::AsChangeset;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::IntegrationId;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::integration::Integration;
use crate::model::integration::Version;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::connection::version_mismatch;
use crate::store::schema::integration_versions;
use crate::store::schema::integrations;
use crate::store::types::At;
use crate::store::types::lower;

/// Rows of one batch: within the variables that SQLite takes.
const CHUNK: usize = 1000;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = integrations)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    id: IntegrationId,
    tenant_id: TenantId,
    key: String,
    name: String,
    published_number: i64,
    draft_edited_by: Option<String>,
    version: i64,
    created_at: At,
    updated_at: At,
}

impl Row {
    fn new(tenant: TenantId, integration: &Integration) -> Self {
        let i = integration;
        Self {
            id: i.id,
            tenant_id: tenant,
            key: i.key.clone(),
            name: i.name.clone(),
            published_number: i.published_number,
            draft_edited_by: i.draft_edited_by.clone(),
            version: i.version,
            created_at: At(i.created_at),
            updated_at: At(i.updated_at),
        }
    }
}

impl From<Row> for Integration {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            key: row.key,
            name: row.name,
            published_number: row.published_number,
            draft_edited_by: row.draft_edited_by,
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = integration_versions)]
#[diesel(treat_none_as_default_value = false)]
struct VersionRow {
    id: VersionId,
    tenant_id: TenantId,
    integration_id: IntegrationId,
    number: i64,
    definition: String,
    digest: String,
    created_by: String,
    created_at: At,
}

impl VersionRow {
    fn new(tenant: TenantId, version: &Version) -> Self {
        let v = version;
        Self {
            id: v.id,
            tenant_id: tenant,
            integration_id: v.integration_id,
            number: v.number,
            definition: v.definition.clone(),
            digest: v.digest.clone(),
            created_by: v.created_by.clone(),
            created_at: At(v.created_at),
        }
    }
}

impl From<VersionRow> for Version {
    fn from(row: VersionRow) -> Self {
        Self {
            id: row.id,
            integration_id: row.integration_id,
            number: row.number,
            definition: row.definition,
            digest: row.digest,
            created_by: row.created_by,
            created_at: row.created_at.0,
        }
    }
}

/// Many at once: integrations, then versions. Slots are `store::slot`'s.
pub fn insert_all(c: &mut Conn, tenant: TenantId, integrations: &[Integration], versions: &[Version]) -> Result<()> {
    for chunk in integrations.chunks(CHUNK) {
        let rows: Vec<Row> = chunk.iter().map(|integration| Row::new(tenant, integration)).collect();
        on!(c, db => diesel::insert_into(integrations::table).values(&rows).execute(db))?;
    }
    insert_versions(c, tenant, versions)
}

pub fn insert_versions(c: &mut Conn, tenant: TenantId, versions: &[Version]) -> Result<()> {
    for chunk in versions.chunks(CHUNK) {
        let rows: Vec<VersionRow> = chunk.iter().map(|version| VersionRow::new(tenant, version)).collect();
        on!(c, db => diesel::insert_into(integration_versions::table).values(&rows).execute(db))?;
    }
    Ok(())
}

/// By key or id: no key looks like an id.
pub fn find(c: &mut Conn, tenant: TenantId, reference: &str) -> Result<Option<Integration>> {
    let id = reference.parse::<IntegrationId>().ok();
    let row: Option<Row> = on!(c, db => {
        let query = integrations::table
            .filter(integrations::tenant_id.eq(tenant))
            .select(Row::as_select())
            .into_boxed();
        match id {
            Some(id) => query.filter(integrations::id.eq(id)).first(db).optional(),
            None => query.filter(integrations::key.eq(reference)).first(db).optional(),
        }
    })?;
    Ok(row.map(Integration::from))
}

/// # Errors
/// `not_found`.
pub fn get(c: &mut Conn, tenant: TenantId, key: &str) -> Result<Integration> {
    find(c, tenant, key)?.ok_or_else(|| Error::not_found("integration", key))
}

/// One page by key, after `after`; `text` is part of the name or key.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    text: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Integration>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = integrations::table
            .filter(integrations::tenant_id.eq(tenant))
            .order(integrations::key)
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(integrations::key.gt(after));
        }
        if let Some(text) = text {
            let like = format!("%{}%", crate::store::connection::escape_like(&text.to_lowercase()));
            query = query.filter(
                lower(integrations::name).like(like.clone()).escape('!').or(integrations::key.like(like).escape('!')),
            );
        }
        query.load(db)
    })?;
    Ok(rows.into_iter().map(Integration::from).collect())
}

/// Writes everything, and grows the version.
///
/// # Errors
/// `version_mismatch` when somebody else changed it since it was read.
pub fn update(c: &mut Conn, tenant: TenantId, integration: &Integration, now: Instant) -> Result<()> {
    let row = Row { version: integration.version + 1, updated_at: At(now), ..Row::new(tenant, integration) };
    let changed = on!(c, db => diesel::update(integrations::table)
        .filter(integrations::tenant_id.eq(tenant))
        .filter(integrations::id.eq(integration.id))
        .filter(integrations::version.eq(integration.version))
        .set(&row)
        .execute(db))?;
    if changed == 0 { Err(version_mismatch()) } else { Ok(()) }
}

/// Removes an integration with its versions and slots.
pub fn delete(c: &mut Conn, tenant: TenantId, id: IntegrationId) -> Result<()> {
    on!(c, db => diesel::delete(integrations::table)
        .filter(integrations::tenant_id.eq(tenant))
        .filter(integrations::id.eq(id))
        .execute(db))?;
    Ok(())
}

pub fn find_version(
    c: &mut Conn,
    tenant: TenantId,
    integration: IntegrationId,
    number: i64,
) -> Result<Option<Version>> {
    let row: Option<VersionRow> = on!(c, db => integration_versions::table
        .filter(integration_versions::tenant_id.eq(tenant))
        .filter(integration_versions::integration_id.eq(integration))
        .filter(integration_versions::number.eq(number))
        .select(VersionRow::as_select())
        .first(db)
        .optional())?;
    Ok(row.map(Version::from))
}

/// Newest first, the draft last; without definitions, which may be long.
pub fn list_versions(c: &mut Conn, tenant: TenantId, integration: IntegrationId) -> Result<Vec<Version>> {
    type Short = (VersionId, i64, String, String, At);
    let rows: Vec<Short> = on!(c, db => integration_versions::table
        .filter(integration_versions::tenant_id.eq(tenant))
        .filter(integration_versions::integration_id.eq(integration))
        .order(integration_versions::number.desc())
        .select((
            integration_versions::id,
            integration_versions::number,
            integration_versions::digest,
            integration_versions::created_by,
            integration_versions::created_at,
        ))
        .load(db))?;
    Ok(rows
        .into_iter()
        .map(|(id, number, digest, created_by, at)| Version {
            id,
            integration_id: integration,
            number,
            definition: String::new(),
            digest,
            created_by,
            created_at: at.0,
        })
        .collect())
}

/// Removes a version with its slots: drafts when they are replaced, published ones when a sync is rolled back.
pub fn delete_version(c: &mut Conn, tenant: TenantId, version: VersionId) -> Result<()> {
    on!(c, db => diesel::delete(integration_versions::table)
        .filter(integration_versions::tenant_id.eq(tenant))
        .filter(integration_versions::id.eq(version))
        .execute(db))?;
    Ok(())
}

/// Every integration with the version that a sync reads: the newest published one, else the draft. In no order.
pub fn list_all(c: &mut Conn, tenant: TenantId) -> Result<Vec<(Integration, Version)>> {
    let rows: Vec<(Row, VersionRow)> = on!(c, db => integrations::table
        .inner_join(integration_versions::table.on(
            integration_versions::integration_id.eq(integrations::id)
                .and(integration_versions::number.eq(integrations::published_number)),
        ))
        .filter(integrations::tenant_id.eq(tenant))
        .select((Row::as_select(), VersionRow::as_select()))
        .load(db))?;
    Ok(rows.into_iter().map(|(row, version)| (row.into(), version.into())).collect())
}

/// As [`list_all`], with empty texts in place of the definitions.
pub fn list_all_short(c: &mut Conn, tenant: TenantId) -> Result<Vec<(Integration, Version)>> {
    let rows: Vec<(Row, VersionId, String, String, At)> = on!(c, db => integrations::table
        .inner_join(integration_versions::table.on(
            integration_versions::integration_id.eq(integrations::id)
                .and(integration_versions::number.eq(integrations::published_number)),
        ))
        .filter(integrations::tenant_id.eq(tenant))
        .select((
            Row::as_select(),
            integration_versions::id,
            integration_versions::digest,
            integration_versions::created_by,
            integration_versions::created_at,
        ))
        .load(db))?;
    let version = |row: &Row, id, digest, created_by, at: At| Version {
        id,
        integration_id: row.id,
        number: row.published_number,
        definition: String::new(),
        digest,
        created_by,
        created_at: at.0,
    };
    Ok(rows
        .into_iter()
        .map(|(row, id, digest, by, at)| {
            let version = version(&row, id, digest, by, at);
            (row.into(), version)
        })
        .collect())
}

/// The definitions that a sync reads of some integrations, by key; in no order.
pub fn definitions(c: &mut Conn, tenant: TenantId, keys: &[&String]) -> Result<Vec<(String, String)>> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(CHUNK) {
        let rows: Vec<(String, String)> = on!(c, db => integrations::table
            .inner_join(integration_versions::table.on(
                integration_versions::integration_id.eq(integrations::id)
                    .and(integration_versions::number.eq(integrations::published_number)),
            ))
            .filter(integrations::tenant_id.eq(tenant).and(integrations::key.eq_any(chunk)))
            .select((integrations::key, integration_versions::definition))
            .load(db))?;
        found.extend(rows);
    }
    Ok(found)
}

/// The number that the next published version gets: numbers are never used twice.
pub fn next_number(c: &mut Conn, tenant: TenantId, integration: IntegrationId) -> Result<i64> {
    let newest: Option<i64> = on!(c, db => integration_versions::table
        .filter(integration_versions::tenant_id.eq(tenant))
        .filter(integration_versions::integration_id.eq(integration))
        .select(diesel::dsl::max(integration_versions::number))
        .first(db))?;
    Ok(newest.unwrap_or(0) + 1)
}
