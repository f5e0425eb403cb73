//! Credentials: one connection's values for one owner.

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::AsChangeset;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::StoredStatus;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::connection::version_mismatch;
use crate::store::schema::credentials;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = credentials)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    id: CredentialId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    owner: String,
    customer_id: Option<CustomerId>,
    name: String,
    inputs: String,
    secrets: Option<Vec<u8>>,
    status: String,
    version: i64,
    created_at: At,
    updated_at: At,
}

impl Row {
    fn new(tenant: TenantId, credential: &Credential) -> Result<Self> {
        let c = credential;
        Ok(Self {
            id: c.id,
            tenant_id: tenant,
            connection_id: c.connection_id,
            owner: c.owner.kind().as_str().to_owned(),
            customer_id: c.owner.customer(),
            name: c.name.clone(),
            inputs: serde_json::to_string(&c.inputs).map_err(Error::internal)?,
            secrets: c.sealed.clone(),
            status: c.status.as_str().to_owned(),
            version: c.version,
            created_at: At(c.created_at),
            updated_at: At(c.updated_at),
        })
    }
}

impl TryFrom<Row> for Credential {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let owner = match (row.owner.as_str(), row.customer_id) {
            ("customer", Some(id)) => Owner::Customer(id),
            ("organization", None) => Owner::Organization,
            ("test", None) => Owner::Test,
            _ => return Err(Error::bug(format!("credential {} has no owner", row.id))),
        };
        let status =
            StoredStatus::parse(&row.status).ok_or_else(|| Error::bug("a credential has an unknown status"))?;
        Ok(Self {
            id: row.id,
            connection_id: row.connection_id,
            owner,
            name: row.name,
            inputs: serde_json::from_str(&row.inputs).map_err(Error::internal)?,
            sealed: row.secrets,
            status,
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}

/// # Errors
/// `credential_exists` when this owner has one of that name.
pub fn insert(c: &mut Conn, tenant: TenantId, credential: &Credential) -> Result<()> {
    let row = Row::new(tenant, credential)?;
    on!(c, db => diesel::insert_into(credentials::table).values(&row).execute(db))
        .map_err(Error::from)
        .map_err(|error| match error.code {
            "already_exists" => Error::conflict(
                "credential_exists",
                format!("this owner has a credential `{}` for this connection already: change that one, or give another name", credential.name),
            ),
            _ => error,
        })?;
    Ok(())
}

pub fn find(c: &mut Conn, tenant: TenantId, id: CredentialId) -> Result<Option<Credential>> {
    let row: Option<Row> = on!(c, db => credentials::table
        .filter(credentials::tenant_id.eq(tenant).and(credentials::id.eq(id)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(Credential::try_from).transpose()
}

/// The credentials of one owner of a connection, by name.
pub fn list_of_owner(
    c: &mut Conn,
    tenant: TenantId,
    connection: ConnectionId,
    owner: Owner,
) -> Result<Vec<Credential>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = credentials::table
            .filter(credentials::tenant_id.eq(tenant))
            .filter(credentials::connection_id.eq(connection))
            .filter(credentials::owner.eq(owner.kind().as_str()))
            .order(credentials::name)
            .select(Row::as_select())
            .into_boxed();
        if let Some(customer) = owner.customer() {
            query = query.filter(credentials::customer_id.eq(customer));
        }
        query.load(db)
    })?;
    rows.into_iter().map(Credential::try_from).collect()
}

/// Which credentials a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub connection: Option<ConnectionId>,
    pub customer: Option<CustomerId>,
}

/// One page by id, oldest first, after `after`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    filter: Filter,
    after: Option<CredentialId>,
    limit: i64,
) -> Result<Vec<Credential>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = credentials::table
            .filter(credentials::tenant_id.eq(tenant))
            .order(credentials::id)
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(credentials::id.gt(after));
        }
        if let Some(connection) = filter.connection {
            query = query.filter(credentials::connection_id.eq(connection));
        }
        if let Some(customer) = filter.customer {
            query = query.filter(credentials::customer_id.eq(customer));
        }
        query.load(db)
    })?;
    rows.into_iter().map(Credential::try_from).collect()
}

/// Every credential of a connection, whoever owns it.
pub fn list_of_connection(c: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<Vec<Credential>> {
    let rows: Vec<Row> = on!(c, db => credentials::table
        .filter(credentials::tenant_id.eq(tenant))
        .filter(credentials::connection_id.eq(connection))
        .order(credentials::id)
        .select(Row::as_select())
        .load(db))?;
    rows.into_iter().map(Credential::try_from).collect()
}

/// Organization and test credentials of every connection, for planning: never customers'.
pub fn list_of_organization(c: &mut Conn, tenant: TenantId) -> Result<Vec<Credential>> {
    let rows: Vec<Row> = on!(c, db => credentials::table
        .filter(credentials::tenant_id.eq(tenant))
        .filter(credentials::customer_id.is_null())
        .select(Row::as_select())
        .load(db))?;
    rows.into_iter().map(Credential::try_from).collect()
}

pub fn count_of_customers(c: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<i64> {
    Ok(on!(c, db => credentials::table
        .filter(credentials::tenant_id.eq(tenant))
        .filter(credentials::connection_id.eq(connection))
        .filter(credentials::customer_id.is_not_null())
        .count()
        .get_result(db))?)
}

/// Customers' credentials for each connection that has any, and the sum of their versions: a mark of what was written.
pub fn customer_marks(c: &mut Conn, tenant: TenantId) -> Result<Vec<(ConnectionId, i64, i64)>> {
    let rows: Vec<(ConnectionId, i64)> = on!(c, db => credentials::table
        .filter(credentials::tenant_id.eq(tenant))
        .filter(credentials::customer_id.is_not_null())
        .select((credentials::connection_id, credentials::version))
        .order(credentials::connection_id)
        .load(db))?;
    let mut marks: Vec<(ConnectionId, i64, i64)> = Vec::new();
    for (connection, version) in rows {
        match marks.last_mut() {
            Some((last, count, sum)) if *last == connection => {
                *count += 1;
                *sum += version;
            }
            _ => marks.push((connection, 1, version)),
        }
    }
    Ok(marks)
}

/// # Errors
/// `version_mismatch` when somebody else changed it since it was read.
pub fn update(c: &mut Conn, tenant: TenantId, credential: &Credential, now: Instant) -> Result<()> {
    let row = Row { version: credential.version + 1, updated_at: At(now), ..Row::new(tenant, credential)? };
    let changed = on!(c, db => diesel::update(credentials::table)
        .filter(credentials::tenant_id.eq(tenant))
        .filter(credentials::id.eq(credential.id))
        .filter(credentials::version.eq(credential.version))
        .set(&row)
        .execute(db))?;
    if changed == 0 { Err(version_mismatch()) } else { Ok(()) }
}

pub fn delete(c: &mut Conn, tenant: TenantId, id: CredentialId) -> Result<()> {
    on!(c, db => diesel::delete(credentials::table)
        .filter(credentials::tenant_id.eq(tenant))
        .filter(credentials::id.eq(id))
        .execute(db))?;
    Ok(())
}
