//! Stable keys of connections, and the aliases that renaming leaves.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::view::ConnectionView;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::respond;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StableKeyChange, example = json!({ "stable_key": "shopify-eu" }))]
pub struct RenameBody {
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    stable_key: String,
}

/// Gives a connection another stable key. The old one stays as an alias: what refers to it still finds it.
#[utoipa::path(
    put, path = "/api/v1/connections/{connection}/stable-key", tag = "Connections",
    params(
        ("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is changed.", example = "\"1\""),
    ),
    responses((status = 200, body = ConnectionView)),
)]
pub async fn rename(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    version: IfMatch,
    body: Json<RenameBody>,
) -> Result<HttpResponse> {
    let tenant = actor.tenant.id;
    let new = body.into_inner().stable_key;
    let changed = app.rename_connection(actor, reference.into_inner(), version.0, new).await?;
    let connection = app.show_connection(tenant, changed).await?;
    Ok(respond::ok_versioned(connection.connection.version, &connection))
}

/// Lets an alias go: nothing finds the connection by it any more, and another one may take it.
#[utoipa::path(
    delete, path = "/api/v1/connections/{connection}/aliases/{alias}", tag = "Connections",
    params(
        ("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-eu"),
        ("alias" = String, Path, example = "shopify-oauth2"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is changed.", example = "\"1\""),
    ),
    responses((status = 200, body = ConnectionView)),
)]
pub async fn release(
    app: Data<App>,
    actor: Actor,
    path: Path<(String, String)>,
    version: IfMatch,
) -> Result<HttpResponse> {
    let tenant = actor.tenant.id;
    let (reference, alias) = path.into_inner();
    let changed = app.release_alias(actor, reference, version.0, alias).await?;
    let connection = app.show_connection(tenant, changed).await?;
    Ok(respond::ok_versioned(connection.connection.version, &connection))
}
