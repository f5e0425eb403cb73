//! Who was given the credentials of a connection.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;

use crate::app::App;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::page::Page;
use crate::model::read::Read;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;

/// Lists who was given which credential of a connection, the newest first: one item for each API key, credential and
/// second, with how often. A read shows within a second or two.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/reads", tag = "Connections",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), PageQuery),
    responses((status = 200, body = ListOf<Read>)),
)]
pub async fn list(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "reads");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    let found = app.list_reads(actor, reference.into_inner(), page.after, page.limit + 1).await?;
    let Page { items, next } = page.page(found, |(position, _)| *position);
    Ok(list.answer(Page { items: items.into_iter().map(|(_, read)| read).collect(), next }))
}
