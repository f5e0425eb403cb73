//! Connections and their stable keys.

use std::collections::BTreeMap;
use std::collections::HashMap;

use diesel::BoolExpressionMethods as _;
use diesel::EscapeExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::TextExpressionMethods as _;
use diesel::dsl::count_star;
use diesel::prelude::AsChangeset;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::model::connection::Connection;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::connection_keys;
use crate::store::schema::connections;
use crate::store::types::At;
use crate::store::types::lower;

pub mod key;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connections)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct Row {
    id: ConnectionId,
    tenant_id: TenantId,
    label: String,
    description: Option<String>,
    component: String,
    connection_type: String,
    scope: String,
    is_enabled: bool,
    is_embedded: bool,
    is_placeholder: bool,
    inputs: String,
    secrets: Option<Vec<u8>>,
    version: i64,
    created_at: At,
    updated_at: At,
}

impl Row {
    pub(super) fn new(tenant: TenantId, connection: &Connection) -> Result<Self> {
        let c = connection;
        Ok(Self {
            id: c.id,
            tenant_id: tenant,
            label: c.label.clone(),
            description: c.description.clone(),
            component: c.component.clone(),
            connection_type: c.connection_type.clone(),
            scope: c.scope.as_str().to_owned(),
            is_enabled: c.is_enabled,
            is_embedded: c.is_embedded,
            is_placeholder: c.is_placeholder,
            inputs: serde_json::to_string(&c.inputs).map_err(Error::internal)?,
            secrets: c.sealed.clone(),
            version: c.version,
            created_at: At(c.created_at),
            updated_at: At(c.updated_at),
        })
    }

    fn with_key(self, key: &str) -> Result<Connection> {
        Ok(Connection {
            id: self.id,
            stable_key: StableKey::parse(key)?,
            aliases: Vec::new(),
            label: self.label,
            description: self.description,
            component: self.component,
            connection_type: self.connection_type,
            scope: self.scope.parse::<Scope>()?,
            is_enabled: self.is_enabled,
            is_embedded: self.is_embedded,
            is_placeholder: self.is_placeholder,
            inputs: serde_json::from_str(&self.inputs).map_err(Error::internal)?,
            sealed: self.secrets,
            version: self.version,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        })
    }
}

/// Which connections a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub component: Option<String>,
    pub scope: Option<Scope>,
    pub is_enabled: Option<bool>,
    pub is_embedded: Option<bool>,
    /// Current key or alias.
    pub stable_key: Option<String>,
    /// Part of the label or of the current key; case does not count.
    pub text: Option<String>,
}

/// Inserts a connection with its current key.
pub fn insert(c: &mut Conn, tenant: TenantId, connection: &Connection) -> Result<()> {
    let row = Row::new(tenant, connection)?;
    on!(c, db => diesel::insert_into(connections::table).values(&row).execute(db))?;
    key::insert(c, tenant, connection.id, &connection.stable_key, connection.created_at)
}

pub fn find(c: &mut Conn, tenant: TenantId, id: ConnectionId) -> Result<Option<Connection>> {
    let row: Option<(Row, String)> = on!(c, db => connections::table
        .inner_join(connection_keys::table.on(connection_keys::connection_id.eq(connections::id)))
        .filter(connections::tenant_id.eq(tenant).and(connections::id.eq(id)).and(connection_keys::is_current.eq(true)))
        .select((Row::as_select(), connection_keys::key))
        .first(db)
        .optional())?;
    let Some((row, key)) = row else { return Ok(None) };
    let mut found = [row.with_key(&key)?];
    key::add_aliases(c, tenant, &mut found)?;
    let [connection] = found;
    Ok(Some(connection))
}

/// By current key or alias.
pub fn find_by_key(c: &mut Conn, tenant: TenantId, key: &str) -> Result<Option<Connection>> {
    match key::owner(c, tenant, key)? {
        Some((id, _)) => find(c, tenant, id),
        None => Ok(None),
    }
}

/// One page by id, oldest first, after `after`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    filter: &Filter,
    after: Option<ConnectionId>,
    limit: i64,
) -> Result<Vec<Connection>> {
    let by_key = match &filter.stable_key {
        Some(key) => match key::owner(c, tenant, key)? {
            Some((id, _)) => Some(id),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let rows: Vec<(Row, String)> = on!(c, db => {
        let mut query = connections::table
            .inner_join(connection_keys::table.on(connection_keys::connection_id.eq(connections::id)))
            .filter(connections::tenant_id.eq(tenant).and(connection_keys::is_current.eq(true)))
            .order(connections::id)
            .limit(limit)
            .select((Row::as_select(), connection_keys::key))
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(connections::id.gt(after));
        }
        if let Some(id) = by_key {
            query = query.filter(connections::id.eq(id));
        }
        if let Some(component) = &filter.component {
            query = query.filter(connections::component.eq(component));
        }
        if let Some(scope) = filter.scope {
            query = query.filter(connections::scope.eq(scope.as_str()));
        }
        if let Some(is_enabled) = filter.is_enabled {
            query = query.filter(connections::is_enabled.eq(is_enabled));
        }
        if let Some(is_embedded) = filter.is_embedded {
            query = query.filter(connections::is_embedded.eq(is_embedded));
        }
        if let Some(text) = &filter.text {
            let like = format!("%{}%", escape_like(&text.to_lowercase()));
            query = query.filter(
                lower(connections::label).like(like.clone()).escape('!').or(connection_keys::key.like(like).escape('!')),
            );
        }
        query.load(db)
    })?;
    let mut found = rows.into_iter().map(|(row, key)| row.with_key(&key)).collect::<Result<Vec<_>>>()?;
    key::add_aliases(c, tenant, &mut found)?;
    Ok(found)
}

/// How many connections each component has.
pub fn count_by_component(c: &mut Conn, tenant: TenantId) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = on!(c, db => connections::table
        .filter(connections::tenant_id.eq(tenant))
        .group_by(connections::component)
        .select((connections::component, count_star()))
        .load(db))?;
    Ok(rows.into_iter().collect())
}

/// Every connection of a tenant, in no order: for snapshots.
pub fn list_all(c: &mut Conn, tenant: TenantId) -> Result<Vec<Connection>> {
    let rows: Vec<Row> =
        on!(c, db => connections::table.filter(connections::tenant_id.eq(tenant)).select(Row::as_select()).load(db))?;
    // Both tables are read whole: that costs less than finding each connection's keys.
    let mut current: HashMap<ConnectionId, String> = HashMap::with_capacity(rows.len());
    let mut aliases: HashMap<ConnectionId, Vec<StableKey>> = HashMap::new();
    for (key, id, is_current) in key::list(c, tenant)? {
        if is_current {
            current.insert(id, key);
        } else {
            aliases.entry(id).or_default().push(StableKey::parse(&key)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let key = current.remove(&row.id).ok_or_else(|| Error::bug("a connection has no stable key"))?;
            let mut connection = row.with_key(&key)?;
            connection.aliases = aliases.remove(&connection.id).unwrap_or_default();
            connection.aliases.sort();
            Ok(connection)
        })
        .collect()
}

/// `%` and `_` in what a person typed mean themselves.
pub(super) fn escape_like(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Writes everything but the key, and grows the version.
///
/// # Errors
/// `version_mismatch` when somebody else changed it since it was read.
pub fn update(c: &mut Conn, tenant: TenantId, connection: &Connection, now: Instant) -> Result<()> {
    let row = Row { version: connection.version + 1, updated_at: At(now), ..Row::new(tenant, connection)? };
    let changed = on!(c, db => diesel::update(connections::table)
        .filter(connections::tenant_id.eq(tenant))
        .filter(connections::id.eq(connection.id))
        .filter(connections::version.eq(connection.version))
        .set(&row)
        .execute(db))?;
    if changed == 0 { Err(version_mismatch()) } else { Ok(()) }
}

/// Somebody else was faster.
#[must_use]
pub fn version_mismatch() -> Error {
    Error::new(
        Kind::PreconditionFailed,
        "version_mismatch",
        "somebody else changed it meanwhile: read it again, then repeat your change",
    )
}

pub fn delete(c: &mut Conn, tenant: TenantId, id: ConnectionId) -> Result<()> {
    on!(c, db => diesel::delete(connections::table)
        .filter(connections::tenant_id.eq(tenant))
        .filter(connections::id.eq(id))
        .execute(db))?;
    Ok(())
}

/// Many at once with their current keys and aliases, none of which anybody has.
pub fn insert_all(c: &mut Conn, tenant: TenantId, all: &[Connection]) -> Result<()> {
    for chunk in all.chunks(1000) {
        let rows = chunk.iter().map(|connection| Row::new(tenant, connection)).collect::<Result<Vec<_>>>()?;
        on!(c, db => diesel::insert_into(connections::table).values(&rows).execute(db))?;
    }
    key::insert_all(c, tenant, all)
}
