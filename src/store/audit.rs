//! The audit log: what was done, by whom. Never a secret.

use diesel::BoolExpressionMethods as _;
use diesel::EscapeExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::TextExpressionMethods as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;
use serde_json::Value;

use crate::clock::Instant;
use crate::error::Result;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::audit::Entry;
use crate::model::audit::Event;
use crate::model::audit::Filter;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::connection::escape_like;
use crate::store::schema::audit_events;
use crate::store::types::At;
use crate::store::types::lower;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: EventId,
    tenant_id: Option<TenantId>,
    at: At,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

/// Appends one entry. `tenant` absent: it concerns the deployment.
pub fn append(c: &mut Conn, tenant: Option<TenantId>, actor: &str, event: &Event, now: Instant) -> Result<()> {
    let row = Row {
        id: EventId::new(),
        tenant_id: tenant,
        at: At(now),
        actor: actor.to_owned(),
        action: event.action.clone().into_owned(),
        subject: event.subject.clone(),
        detail: event.detail.to_string(),
    };
    on!(c, db => diesel::insert_into(audit_events::table).values(&row).execute(db))?;
    Ok(())
}

/// A tenant's newest entries first.
pub fn page(
    c: &mut Conn,
    tenant: TenantId,
    filter: &Filter,
    page: &PageRequest<EventId>,
) -> Result<Page<Entry, EventId>> {
    let part = |text: &str| format!("%{}%", escape_like(&text.to_lowercase()));
    let rows: Vec<Row> = on!(c, db => {
        let mut query = audit_events::table
            .filter(audit_events::tenant_id.eq(tenant))
            .order(audit_events::id.desc())
            .limit(page.fetch())
            .select(Row::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(audit_events::id.lt(after));
        }
        if let Some(actor) = &filter.actor {
            query = query.filter(lower(audit_events::actor).like(part(actor)).escape('!'));
        }
        if let Some(subject) = &filter.subject {
            query = query.filter(lower(audit_events::subject).like(part(subject)).escape('!'));
        }
        if let Some(action) = &filter.action {
            let of_noun = format!("{}.%", escape_like(action));
            query = query.filter(audit_events::action.eq(action).or(audit_events::action.like(of_noun).escape('!')));
        }
        if let Some(since) = filter.since {
            query = query.filter(audit_events::at.ge(At(since)));
        }
        if let Some(until) = filter.until {
            query = query.filter(audit_events::at.lt(At(until)));
        }
        query.load(db)
    })?;
    Ok(page.page(rows.into_iter().map(Entry::from).collect(), |entry: &Entry| entry.id))
}

/// The newest entries about one subject, of actions that begin so.
pub fn list_of_subject(
    c: &mut Conn,
    tenant: TenantId,
    (prefix, subject): (&str, &str),
    limit: i64,
) -> Result<Vec<Entry>> {
    let rows: Vec<Row> = on!(c, db => audit_events::table
        .filter(audit_events::tenant_id.eq(tenant))
        .filter(audit_events::subject.eq(subject))
        .filter(audit_events::action.like(format!("{prefix}%")))
        .order(audit_events::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        let detail = serde_json::from_str(&row.detail).unwrap_or(Value::Null);
        Self { id: row.id, at: row.at.0, actor: row.actor, action: row.action, subject: row.subject, detail }
    }
}
