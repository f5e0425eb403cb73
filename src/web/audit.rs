//! The audit log.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Query;

use crate::app::App;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::audit::Entry;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;

/// Lists what was done in this tenant, the newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit", params(PageQuery), responses((status = 200, body = ListOf<Entry>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<PageQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "audit");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    Ok(list.answer(app.list_audit(actor, page).await?))
}
