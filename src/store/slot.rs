//! Slots of integration versions.

use std::collections::BTreeSet;
use std::collections::HashMap;

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::connection::Scope;
use crate::model::integration::Slot;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::integration_versions;
use crate::store::schema::integrations;
use crate::store::schema::slots;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = slots)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    version_id: VersionId,
    tenant_id: TenantId,
    variable: String,
    component: Option<String>,
    connection_type: Option<String>,
    scope: Option<String>,
    required_scopes: String,
    connection_id: Option<ConnectionId>,
    stable_key: Option<String>,
    is_rebound: bool,
}

impl Row {
    fn new(tenant: TenantId, version: VersionId, slot: &Slot) -> Result<Self> {
        Ok(Self {
            version_id: version,
            tenant_id: tenant,
            variable: slot.variable.clone(),
            component: slot.component.clone(),
            connection_type: slot.connection_type.clone(),
            scope: slot.scope.map(|scope| scope.as_str().to_owned()),
            required_scopes: serde_json::to_string(&slot.required_scopes).map_err(Error::internal)?,
            connection_id: slot.connection_id,
            stable_key: slot.stable_key.clone(),
            is_rebound: slot.is_rebound,
        })
    }
}

impl TryFrom<Row> for Slot {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        // Most slots ask for no scopes: those need no parser.
        let required_scopes = match row.required_scopes.as_str() {
            "[]" => Vec::new(),
            text => serde_json::from_str(text).map_err(Error::internal)?,
        };
        Ok(Self {
            variable: row.variable,
            component: row.component,
            connection_type: row.connection_type,
            scope: row.scope.map(|word| word.parse::<Scope>()).transpose()?,
            required_scopes,
            connection_id: row.connection_id,
            stable_key: row.stable_key,
            is_rebound: row.is_rebound,
        })
    }
}

/// Many at once, of any versions.
pub fn insert_all(c: &mut Conn, tenant: TenantId, all: &[(VersionId, Slot)]) -> Result<()> {
    for chunk in all.chunks(1000) {
        let rows = chunk.iter().map(|(version, slot)| Row::new(tenant, *version, slot)).collect::<Result<Vec<_>>>()?;
        on!(c, db => diesel::insert_into(slots::table).values(&rows).execute(db))?;
    }
    Ok(())
}

/// A version's slots by variable.
pub fn list(c: &mut Conn, tenant: TenantId, version: VersionId) -> Result<Vec<Slot>> {
    let rows: Vec<Row> = on!(c, db => slots::table
        .filter(slots::tenant_id.eq(tenant))
        .filter(slots::version_id.eq(version))
        .order(slots::variable)
        .select(Row::as_select())
        .load(db))?;
    rows.into_iter().map(Slot::try_from).collect()
}

/// Replaces a version's slots.
pub fn replace(c: &mut Conn, tenant: TenantId, version: VersionId, new: &[Slot]) -> Result<()> {
    on!(c, db => diesel::delete(slots::table)
        .filter(slots::tenant_id.eq(tenant))
        .filter(slots::version_id.eq(version))
        .execute(db))?;
    let all: Vec<(VersionId, Slot)> = new.iter().map(|slot| (version, slot.clone())).collect();
    insert_all(c, tenant, &all)
}

/// The slots of some versions.
pub fn list_all(c: &mut Conn, tenant: TenantId, versions: &[VersionId]) -> Result<HashMap<VersionId, Vec<Slot>>> {
    let mut found: HashMap<VersionId, Vec<Slot>> = HashMap::with_capacity(versions.len());
    for chunk in versions.chunks(1000) {
        let rows: Vec<Row> = on!(c, db => slots::table
            .filter(slots::version_id.eq_any(chunk).and(slots::tenant_id.eq(tenant)))
            .select(Row::as_select())
            .load(db))?;
        for row in rows {
            found.entry(row.version_id).or_default().push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Slots that hold the stable key `from` hold `to` from now on, but for `except`: integration and variable.
pub fn rename_key(
    c: &mut Conn,
    tenant: TenantId,
    (from, to): (&str, &str),
    except: &BTreeSet<(String, String)>,
) -> Result<()> {
    let rows: Vec<(VersionId, String, String)> = on!(c, db => slots::table
        .inner_join(integration_versions::table.on(integration_versions::id.eq(slots::version_id)))
        .inner_join(integrations::table.on(integrations::id.eq(integration_versions::integration_id)))
        .filter(slots::tenant_id.eq(tenant))
        .filter(slots::stable_key.eq(from))
        .select((slots::version_id, slots::variable, integrations::key))
        .load(db))?;
    for (version, variable, integration) in rows {
        let name = (integration, variable);
        if !except.contains(&name) {
            on!(c, db => diesel::update(slots::table.find((version, &name.1)))
                .set(slots::stable_key.eq(to))
                .execute(db))?;
        }
    }
    Ok(())
}

/// Drafts that are bound to a connection hold its stable key instead: it goes, and they still want it.
pub fn unbind(c: &mut Conn, tenant: TenantId, connection: ConnectionId, key: &str) -> Result<()> {
    on!(c, db => diesel::update(slots::table)
        .filter(slots::tenant_id.eq(tenant))
        .filter(slots::connection_id.eq(connection))
        .set((slots::connection_id.eq(None::<ConnectionId>), slots::stable_key.eq(key)))
        .execute(db))?;
    Ok(())
}
