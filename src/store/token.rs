//! What providers issued. Whoever stores tokens says which generation they replace: a late answer never wins over a newer
//! one.

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::AsChangeset;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;
use serde::Deserialize;
use serde::Serialize;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::credentials;
use crate::store::schema::refresh_leases;
use crate::store::schema::tokens;
use crate::store::types::At;

/// The tokens of one credential, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedTokens {
    pub sealed: Vec<u8>,
    /// Grows with every set that is stored; 0 stands for none.
    pub generation: i64,
    /// JSON list.
    pub granted_scopes: Option<String>,
    pub expires_at: Option<Instant>,
    pub refresh_at: Option<Instant>,
    pub obtained_at: Instant,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tokens)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    credential_id: CredentialId,
    tenant_id: TenantId,
    sealed: Vec<u8>,
    generation: i64,
    granted_scopes: Option<String>,
    expires_at: Option<At>,
    refresh_at: Option<At>,
    obtained_at: At,
}

impl Row {
    fn new(tenant: TenantId, credential: CredentialId, tokens: &SealedTokens) -> Self {
        Self {
            credential_id: credential,
            tenant_id: tenant,
            sealed: tokens.sealed.clone(),
            generation: tokens.generation,
            granted_scopes: tokens.granted_scopes.clone(),
            expires_at: tokens.expires_at.map(At),
            refresh_at: tokens.refresh_at.map(At),
            obtained_at: At(tokens.obtained_at),
        }
    }
}

impl From<Row> for SealedTokens {
    fn from(row: Row) -> Self {
        Self {
            sealed: row.sealed,
            generation: row.generation,
            granted_scopes: row.granted_scopes,
            expires_at: row.expires_at.map(|at| at.0),
            refresh_at: row.refresh_at.map(|at| at.0),
            obtained_at: row.obtained_at.0,
        }
    }
}

pub fn find(c: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<Option<SealedTokens>> {
    let row: Option<Row> = on!(c, db => tokens::table
        .filter(tokens::tenant_id.eq(tenant).and(tokens::credential_id.eq(credential)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    Ok(row.map(SealedTokens::from))
}

/// Of every credential of a connection that ever had some.
pub fn list_of_connection(
    c: &mut Conn,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Vec<(CredentialId, SealedTokens)>> {
    let rows: Vec<Row> = on!(c, db => tokens::table
        .inner_join(credentials::table.on(credentials::id.eq(tokens::credential_id)))
        .filter(tokens::tenant_id.eq(tenant).and(credentials::connection_id.eq(connection)))
        .order(tokens::credential_id)
        .select(Row::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(|row| (row.credential_id, row.into())).collect())
}

/// Brings back what a credential had, its generation included: an answer that still comes for it fits.
pub fn insert(c: &mut Conn, tenant: TenantId, credential: CredentialId, tokens: &SealedTokens) -> Result<()> {
    let row = Row::new(tenant, credential, tokens);
    on!(c, db => diesel::insert_into(tokens::table).values(&row).execute(db))?;
    Ok(())
}

/// The sealed sets of the organization's credentials, of all its connections.
pub fn list_of_organization(c: &mut Conn, tenant: TenantId) -> Result<Vec<(CredentialId, Vec<u8>)>> {
    Ok(on!(c, db => tokens::table
        .inner_join(credentials::table.on(credentials::id.eq(tokens::credential_id)))
        .filter(tokens::tenant_id.eq(tenant).and(credentials::owner.eq("organization")))
        .order(tokens::credential_id)
        .select((tokens::credential_id, tokens::sealed))
        .load(db))?)
}

/// Stores a set in place of the generation before it. `false`: somebody stored another meanwhile, and nothing changed.
pub fn replace(c: &mut Conn, tenant: TenantId, credential: CredentialId, new: &SealedTokens) -> Result<bool> {
    let row = Row::new(tenant, credential, new);
    let changed = if new.generation == 1 {
        on!(c, db => diesel::insert_into(tokens::table).values(&row).on_conflict_do_nothing().execute(db))?
    } else {
        on!(c, db => diesel::update(tokens::table)
            .filter(tokens::tenant_id.eq(tenant).and(tokens::credential_id.eq(credential)))
            .filter(tokens::generation.eq(new.generation - 1))
            .set(&row)
            .execute(db))?
    };
    Ok(changed == 1)
}

/// Keeps the row, so that generations go on, and takes the tokens out: the sealed bytes hold an empty set by now.
pub fn clear(c: &mut Conn, tenant: TenantId, credential: CredentialId, empty: Vec<u8>) -> Result<()> {
    on!(c, db => diesel::update(tokens::table)
        .filter(tokens::tenant_id.eq(tenant).and(tokens::credential_id.eq(credential)))
        .set((
            tokens::sealed.eq(empty),
            tokens::generation.eq(tokens::generation + 1),
            tokens::granted_scopes.eq(None::<String>),
            tokens::expires_at.eq(None::<At>),
            tokens::refresh_at.eq(None::<At>),
        ))
        .execute(db))?;
    Ok(())
}

/// No renewal is due any more, whatever comes of the tokens.
pub fn stop_refreshing(c: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<()> {
    on!(c, db => diesel::update(tokens::table)
        .filter(tokens::tenant_id.eq(tenant).and(tokens::credential_id.eq(credential)))
        .set(tokens::refresh_at.eq(None::<At>))
        .execute(db))?;
    Ok(())
}

/// Credentials whose tokens are due, the longest due first; not those that wait after a failure.
pub fn list_due(c: &mut Conn, now: Instant, limit: i64) -> Result<Vec<(TenantId, CredentialId)>> {
    let free = refresh_leases::next_attempt_at.is_null().or(refresh_leases::next_attempt_at.le(At(now)));
    Ok(on!(c, db => tokens::table
        .inner_join(credentials::table.on(credentials::id.eq(tokens::credential_id)))
        .left_join(refresh_leases::table.on(refresh_leases::credential_id.eq(tokens::credential_id)))
        .filter(tokens::refresh_at.le(At(now)))
        .filter(credentials::status.eq_any(["active", "error"]))
        .filter(free)
        .order(tokens::refresh_at)
        .limit(limit)
        .select((tokens::tenant_id, tokens::credential_id))
        .load(db))?)
}

/// The scopes as a row keeps them.
///
/// # Errors
/// Never of real scopes.
pub fn scopes_to_text(scopes: Option<&std::collections::BTreeSet<String>>) -> Result<Option<String>> {
    scopes.map(|scopes| serde_json::to_string(scopes).map_err(Error::internal)).transpose()
}
