//! Answers of creates by the caller's key, so that a repeated call gets the first one's answer.

use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Result;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::idempotency_keys;
use crate::store::types::At;

/// A kept answer, or the mark of a call that is under way.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    tenant_id: TenantId,
    actor: String,
    key: String,
    request_digest: String,
    status: i64,
    body: Vec<u8>,
    created_at: At,
}

/// Whose key it is; the same text of two callers is two keys.
#[derive(Debug, Clone)]
pub struct Owned {
    pub tenant: TenantId,
    pub actor: String,
    pub key: String,
}

/// What was kept under a key.
#[derive(Debug, Clone)]
pub struct Kept {
    pub request_digest: String,
    /// 0 while the call is under way.
    pub status: i64,
    pub sealed: Vec<u8>,
    pub created_at: Instant,
}

/// Marks a call as under way; `false` when the key is known already.
pub fn reserve(c: &mut Conn, owned: &Owned, digest: &str, now: Instant) -> Result<bool> {
    let Owned { tenant, actor, key } = owned.clone();
    let row = Row {
        tenant_id: tenant,
        actor,
        key,
        request_digest: digest.to_owned(),
        status: 0,
        body: Vec::new(),
        created_at: At(now),
    };
    let inserted = on!(c, db => diesel::insert_into(idempotency_keys::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(db))?;
    Ok(inserted == 1)
}

pub fn find(c: &mut Conn, owned: &Owned) -> Result<Option<Kept>> {
    let id = (owned.tenant, owned.actor.as_str(), owned.key.as_str());
    let row: Option<Row> =
        on!(c, db => idempotency_keys::table.find(id).select(Row::as_select()).first(db).optional())?;
    Ok(row.map(|row| Kept {
        request_digest: row.request_digest,
        status: row.status,
        sealed: row.body,
        created_at: row.created_at.0,
    }))
}

/// Keeps the answer of the call that reserved the key.
pub fn keep(c: &mut Conn, owned: &Owned, status: u16, sealed: &[u8]) -> Result<()> {
    let id = (owned.tenant, owned.actor.as_str(), owned.key.as_str());
    let set = (idempotency_keys::status.eq(i64::from(status)), idempotency_keys::body.eq(sealed));
    on!(c, db => diesel::update(idempotency_keys::table.find(id)).set(set).execute(db))?;
    Ok(())
}

pub fn delete(c: &mut Conn, owned: &Owned) -> Result<()> {
    let id = (owned.tenant, owned.actor.as_str(), owned.key.as_str());
    on!(c, db => diesel::delete(idempotency_keys::table.find(id)).execute(db))?;
    Ok(())
}

/// Forgets the tenant's answers from before an instant.
pub fn delete_older(c: &mut Conn, tenant: TenantId, before: Instant) -> Result<usize> {
    Ok(on!(c, db => diesel::delete(
        idempotency_keys::table
            .filter(idempotency_keys::tenant_id.eq(tenant))
            .filter(idempotency_keys::created_at.lt(At(before))),
    )
    .execute(db))?)
}
