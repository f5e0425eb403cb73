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

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::credentials;
use crate::store::schema::refresh_leases;
use crate::store::schema::tokens;
use crate::store::types::At;

/// The tokens of one credential, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Stores a set in place of the generation before it. `false`: somebody stored another meanwhile, and nothing changed.
pub fn replace(c: &mut Conn, tenant: TenantId, credential: CredentialId, new: &SealedTokens) -> Result<bool> {
    let row = Row {
        credential_id: credential,
        tenant_id: tenant,
        sealed: new.sealed.clone(),
        generation: new.generation,
        granted_scopes: new.granted_scopes.clone(),
        expires_at: new.expires_at.map(At),
        refresh_at: new.refresh_at.map(At),
        obtained_at: At(new.obtained_at),
    };
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
