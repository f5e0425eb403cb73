//! The log of attempts, by connection and credential.

use diesel::ExpressionMethods as _;
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
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::credential_attempts;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = credential_attempts)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: EventId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    credential_id: Option<CredentialId>,
    at: At,
    kind: String,
    outcome: String,
    detail: String,
    status: Option<i64>,
    duration_ms: i64,
}

impl TryFrom<Row> for Attempt {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let kind = AttemptKind::parse(&row.kind).ok_or_else(|| Error::bug("an attempt has an unknown kind"))?;
        Ok(Self {
            id: row.id,
            connection_id: row.connection_id,
            credential_id: row.credential_id,
            at: row.at.0,
            kind,
            outcome: row.outcome,
            detail: row.detail,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            duration_ms: row.duration_ms,
        })
    }
}

pub fn append(c: &mut Conn, tenant: TenantId, attempt: &Attempt) -> Result<()> {
    let row = Row {
        id: attempt.id,
        tenant_id: tenant,
        connection_id: attempt.connection_id,
        credential_id: attempt.credential_id,
        at: At(attempt.at),
        kind: attempt.kind.as_str().to_owned(),
        outcome: attempt.outcome.clone(),
        detail: attempt.detail.clone(),
        status: attempt.status.map(i64::from),
        duration_ms: attempt.duration_ms,
    };
    on!(c, db => diesel::insert_into(credential_attempts::table).values(&row).execute(db))?;
    Ok(())
}

/// Of a connection, or of one of its credentials; newest first, before `before`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    (connection, credential): (ConnectionId, Option<CredentialId>),
    before: Option<EventId>,
    limit: i64,
) -> Result<Vec<Attempt>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = credential_attempts::table
            .filter(credential_attempts::tenant_id.eq(tenant))
            .filter(credential_attempts::connection_id.eq(connection))
            .order(credential_attempts::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(credential) = credential {
            query = query.filter(credential_attempts::credential_id.eq(credential));
        }
        if let Some(before) = before {
            query = query.filter(credential_attempts::id.lt(before));
        }
        query.load(db)
    })?;
    rows.into_iter().map(Attempt::try_from).collect()
}

/// Forgets what is older.
pub fn purge(c: &mut Conn, before: Instant) -> Result<usize> {
    Ok(on!(c, db => diesel::delete(credential_attempts::table)
        .filter(credential_attempts::at.lt(At(before)))
        .execute(db))?)
}
