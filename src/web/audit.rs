//! The audit log.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Query;
use chrono::DateTime;
use chrono::Utc;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::audit::Entry;
use crate::model::audit::Filter;
use crate::web::page::ListOf;
use crate::web::page::Listing;

pub mod page;

/// Which entries, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Most items in one answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Part of who did it.
    #[param(max_length = 200)]
    actor: Option<String>,
    /// What was done: `connection.created`, or the noun `connection`.
    #[param(max_length = 200)]
    action: Option<String>,
    /// Part of whom or what it concerned.
    #[param(max_length = 200)]
    subject: Option<String>,
    /// Not before.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<DateTime<Utc>>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<DateTime<Utc>>,
}

/// Lists what was done in this tenant, the newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit", params(AuditQuery), responses((status = 200, body = ListOf<Entry>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<AuditQuery>) -> Result<HttpResponse> {
    let AuditQuery { limit, cursor, actor: by, action, subject, since, until } = query.into_inner();
    let list = Listing::new(&app, actor.tenant.id, "audit");
    let page = list.request(limit, cursor.as_deref())?;
    let filter = Filter { actor: by, action, subject, since, until };
    Ok(list.answer(app.list_audit(actor, filter, page).await?))
}
