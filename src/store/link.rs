//! Connect links.

use diesel::BoolExpressionMethods as _;
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
use crate::ids::ConnectionId;
use crate::ids::CustomerId;
use crate::ids::LinkId;
use crate::ids::TenantId;
use crate::model::credential::Owner;
use crate::model::link::Ends;
use crate::model::link::Link;
use crate::model::link::Place;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::connect_links;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = connect_links)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: LinkId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    owner: String,
    customer_id: Option<CustomerId>,
    credential_name: String,
    success_url: Option<String>,
    failure_url: Option<String>,
    created_by: String,
    created_at: At,
    expires_at: At,
    completed_at: Option<At>,
    revoked_at: Option<At>,
}

impl TryFrom<Row> for Link {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let owner = Owner::read(&row.owner, row.customer_id).ok_or_else(|| Error::bug("a link has no owner"))?;
        Ok(Self {
            id: row.id,
            place: Place { connection: row.connection_id, owner, name: row.credential_name },
            ends: Ends { success_url: row.success_url, failure_url: row.failure_url },
            created_by: row.created_by,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            completed_at: row.completed_at.map(|at| at.0),
            revoked_at: row.revoked_at.map(|at| at.0),
        })
    }
}

pub fn insert(c: &mut Conn, tenant: TenantId, link: &Link) -> Result<()> {
    let l = link.clone();
    let row = Row {
        id: l.id,
        tenant_id: tenant,
        connection_id: l.place.connection,
        owner: l.place.owner.kind().as_str().to_owned(),
        customer_id: l.place.owner.customer(),
        credential_name: l.place.name,
        success_url: l.ends.success_url,
        failure_url: l.ends.failure_url,
        created_by: l.created_by,
        created_at: At(l.created_at),
        expires_at: At(l.expires_at),
        completed_at: l.completed_at.map(At),
        revoked_at: l.revoked_at.map(At),
    };
    on!(c, db => diesel::insert_into(connect_links::table).values(&row).execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, tenant: TenantId, id: LinkId) -> Result<Option<Link>> {
    let row: Option<Row> = on!(c, db => connect_links::table
        .filter(connect_links::tenant_id.eq(tenant).and(connect_links::id.eq(id)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(Link::try_from).transpose()
}

/// The tenant of a link that somebody holds, whose signature is right.
pub fn tenant_of(c: &mut Conn, id: LinkId) -> Result<Option<TenantId>> {
    Ok(on!(c, db => connect_links::table
        .filter(connect_links::id.eq(id))
        .select(connect_links::tenant_id)
        .first(db)
        .optional())?)
}

/// One page of a connection's links, the newest first, before `before`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    connection: ConnectionId,
    before: Option<LinkId>,
    limit: i64,
) -> Result<Vec<Link>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = connect_links::table
            .filter(connect_links::tenant_id.eq(tenant).and(connect_links::connection_id.eq(connection)))
            .order(connect_links::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(connect_links::id.lt(before));
        }
        query.load(db)
    })?;
    rows.into_iter().map(Link::try_from).collect()
}

/// `false`: it was revoked or completed before.
pub fn revoke(c: &mut Conn, tenant: TenantId, id: LinkId, now: Instant) -> Result<bool> {
    let changed = on!(c, db => diesel::update(connect_links::table)
        .filter(connect_links::tenant_id.eq(tenant).and(connect_links::id.eq(id)))
        .filter(connect_links::revoked_at.is_null().and(connect_links::completed_at.is_null()))
        .set(connect_links::revoked_at.eq(Some(At(now))))
        .execute(db))?;
    Ok(changed == 1)
}

/// Marks it as used. `false`: it was used or revoked meanwhile.
pub fn complete(c: &mut Conn, tenant: TenantId, id: LinkId, now: Instant) -> Result<bool> {
    let changed = on!(c, db => diesel::update(connect_links::table)
        .filter(connect_links::tenant_id.eq(tenant).and(connect_links::id.eq(id)))
        .filter(connect_links::revoked_at.is_null().and(connect_links::completed_at.is_null()))
        .set(connect_links::completed_at.eq(Some(At(now))))
        .execute(db))?;
    Ok(changed == 1)
}
