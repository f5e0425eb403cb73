//! What the embedded workflow builder offers to customers' people.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::connection::list::Listed;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::model::actor::Actor;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;

/// A connection that customers may use in the workflows they build.
#[derive(Serialize, ToSchema)]
pub struct EmbeddedConnection {
    #[schema(value_type = String, example = "con_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    id: ConnectionId,
    stable_key: StableKey,
    label: String,
    description: Option<String>,
    #[schema(example = "slack")]
    component: String,
    #[schema(example = "oauth2")]
    connection_type: String,
    scope: Scope,
    status: Readiness,
}

impl From<Listed> for EmbeddedConnection {
    fn from(listed: Listed) -> Self {
        let c = listed.described.connection;
        Self {
            id: c.id,
            stable_key: c.stable_key,
            label: c.label,
            description: c.description,
            component: c.component,
            connection_type: c.connection_type,
            scope: c.scope,
            status: listed.readiness,
        }
    }
}

/// Lists the connections that customers may use in the workflows they build: those that are enabled and have
/// `is_embedded` on, now.
#[utoipa::path(
    get, path = "/api/v1/embedded/connections", tag = "Embedded", params(PageQuery),
    responses((status = 200, body = ListOf<EmbeddedConnection>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<PageQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "embedded_connections");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    let found = app.list_embedded_connections(actor, page.after, page.limit + 1).await?;
    let items = found.into_iter().map(EmbeddedConnection::from).collect();
    Ok(list.answer(page.page(items, |connection: &EmbeddedConnection| connection.id)))
}
