//! What happened to a connection, and what uses it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;

use crate::app::App;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::connection::HistoryEntry;
use crate::model::connection::Usage;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;

/// Lists what was done to a connection and its credentials, field by field, the newest first. Secrets are told as set,
/// changed or cleared.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/history", tag = "Connections",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), PageQuery),
    responses((status = 200, body = ListOf<HistoryEntry>)),
)]
pub async fn list(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "history");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    let found = app.connection_history(actor, reference.into_inner(), page.after, page.fetch()).await?;
    Ok(list.answer(page.page(found, |entry| entry.id)))
}

/// Tells where a connection is used: by which slots of which integrations, and by how many credentials of customers.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/usage", tag = "Connections",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 200, body = Usage)),
)]
pub async fn usage(app: Data<App>, actor: Actor, reference: Path<String>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.connection_usage(actor, reference.into_inner()).await?))
}
