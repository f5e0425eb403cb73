//! What needs a person.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::attention::Item;
use crate::web::respond;

pub mod page;

/// All of it.
#[derive(Serialize, ToSchema)]
pub struct Attention<'a> {
    total: usize,
    /// The most pressing first.
    items: &'a [Item],
}

/// Lists what needs a person: credentials that stopped working, connections that lack something, slots that reach none.
/// All of it is on one page.
#[utoipa::path(
    get, path = "/api/v1/attention", tag = "Attention", responses((status = 200, body = Attention)),
)]
pub async fn list(app: Data<App>, actor: Actor) -> Result<HttpResponse> {
    let items = app.attention(actor).await?;
    Ok(respond::ok(&Attention { total: items.len(), items: &items }))
}
