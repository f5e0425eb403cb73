//! Authorizations under way. Each step moves the status on, and only once: who comes second finds nothing to move.

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
use crate::ids::FlowId;
use crate::ids::LinkId;
use crate::ids::TenantId;
use crate::model::credential::Owner;
use crate::model::flow::Flow;
use crate::model::flow::FlowStatus;
use crate::model::link::Ends;
use crate::model::link::Place;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::oauth_flows;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_flows)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: FlowId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    owner: String,
    customer_id: Option<CustomerId>,
    credential_name: String,
    link_id: Option<LinkId>,
    callback_id: String,
    state_hash: Vec<u8>,
    session_hash: Vec<u8>,
    sealed: Vec<u8>,
    status: String,
    outcome: Option<String>,
    message: Option<String>,
    success_url: Option<String>,
    failure_url: Option<String>,
    actor: String,
    created_at: At,
    expires_at: At,
}

impl TryFrom<Row> for Flow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let hash = |bytes: Vec<u8>| {
            <[u8; 32]>::try_from(bytes).map_err(|_wrong: Vec<u8>| Error::bug("a flow's hash has 32 bytes"))
        };
        Ok(Self {
            id: row.id,
            tenant: row.tenant_id,
            place: Place {
                connection: row.connection_id,
                owner: Owner::read(&row.owner, row.customer_id).ok_or_else(|| Error::bug("a flow has no owner"))?,
                name: row.credential_name,
            },
            link: row.link_id.ok_or_else(|| Error::bug("a flow has no link"))?,
            callback: row.callback_id,
            state_hash: hash(row.state_hash)?,
            session_hash: hash(row.session_hash)?,
            sealed: row.sealed,
            status: FlowStatus::parse(&row.status).ok_or_else(|| Error::bug("a flow has an unknown status"))?,
            ends: Ends { success_url: row.success_url, failure_url: row.failure_url },
            actor: row.actor,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
        })
    }
}

/// # Errors
/// `already_exists` when the state is known already.
pub fn insert(c: &mut Conn, flow: &Flow) -> Result<()> {
    let f = flow.clone();
    let row = Row {
        id: f.id,
        tenant_id: f.tenant,
        connection_id: f.place.connection,
        owner: f.place.owner.kind().as_str().to_owned(),
        customer_id: f.place.owner.customer(),
        credential_name: f.place.name,
        link_id: Some(f.link),
        callback_id: f.callback,
        state_hash: f.state_hash.to_vec(),
        session_hash: f.session_hash.to_vec(),
        sealed: f.sealed,
        status: f.status.as_str().to_owned(),
        outcome: None,
        message: None,
        success_url: f.ends.success_url,
        failure_url: f.ends.failure_url,
        actor: f.actor,
        created_at: At(f.created_at),
        expires_at: At(f.expires_at),
    };
    on!(c, db => diesel::insert_into(oauth_flows::table).values(&row).execute(db))?;
    Ok(())
}

/// The flow of a state, whoever's it is: the browser that brings it back says nothing else.
pub fn find_by_state(c: &mut Conn, hash: &[u8; 32]) -> Result<Option<Flow>> {
    let row: Option<Row> = on!(c, db => oauth_flows::table
        .filter(oauth_flows::state_hash.eq(hash.as_slice()))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(Flow::try_from).transpose()
}

/// The flow of an id, for the browser that goes on with it.
pub fn find(c: &mut Conn, id: FlowId) -> Result<Option<Flow>> {
    let row: Option<Row> = on!(c, db => oauth_flows::table
        .filter(oauth_flows::id.eq(id))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(Flow::try_from).transpose()
}

/// Moves a flow on with what it holds then. `false`: somebody did so before.
pub fn advance(c: &mut Conn, flow: &Flow, to: FlowStatus, sealed: Vec<u8>) -> Result<bool> {
    let changed = on!(c, db => diesel::update(oauth_flows::table)
        .filter(oauth_flows::tenant_id.eq(flow.tenant).and(oauth_flows::id.eq(flow.id)))
        .filter(oauth_flows::status.eq(flow.status.as_str()))
        .set((oauth_flows::status.eq(to.as_str()), oauth_flows::sealed.eq(sealed)))
        .execute(db))?;
    Ok(changed == 1)
}

/// Ends a flow; `sealed` holds nothing by now. One that is over stays as it is.
pub fn fail(c: &mut Conn, flow: &Flow, (outcome, message): (&str, &str), sealed: Vec<u8>) -> Result<()> {
    on!(c, db => diesel::update(oauth_flows::table)
        .filter(oauth_flows::tenant_id.eq(flow.tenant).and(oauth_flows::id.eq(flow.id)))
        .filter(oauth_flows::status.ne_all(["done", "failed"]))
        .set((
            oauth_flows::status.eq("failed"),
            oauth_flows::outcome.eq(Some(outcome)),
            oauth_flows::message.eq(Some(message)),
            oauth_flows::sealed.eq(sealed),
        ))
        .execute(db))?;
    Ok(())
}

/// Forgets those that ended, one way or another, before `before`.
pub fn purge(c: &mut Conn, before: Instant) -> Result<usize> {
    Ok(on!(c, db => diesel::delete(oauth_flows::table).filter(oauth_flows::expires_at.lt(At(before))).execute(db))?)
}
