//! Connections: how a third party is reached, for whom, with which values.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::connection::ConnectionUpdate;
use crate::app::connection::NewConnection;
use crate::app::connection::list::ConnectionFilter;
use crate::app::view::ConnectionSummary;
use crate::app::view::ConnectionView;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::inputs::InputBody;
use crate::web::inputs::InputsBody;
use crate::web::inputs::present;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::respond;

pub mod history;
pub mod keys;
pub mod page;
pub mod reads;
pub mod values;
pub mod wizard;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// The key of a component.
    component: Option<String>,
    #[param(inline)]
    scope: Option<Scope>,
    #[param(inline)]
    status: Option<Readiness>,
    /// A stable key or an alias, exactly.
    stable_key: Option<String>,
    /// Part of the label or of the stable key.
    text: Option<String>,
    /// Whether customers may use it in the workflows they build.
    embedded: Option<bool>,
    /// Most items in one answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists connections, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/connections", tag = "Connections", params(ListQuery),
    responses((status = 200, body = ListOf<ConnectionSummary>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<ListQuery>) -> Result<HttpResponse> {
    let ListQuery { component, scope, status, stable_key, text, embedded, limit, cursor } = query.into_inner();
    let list = Listing::new(&app, actor.tenant.id, "connections");
    let page = list.request(limit, cursor.as_deref())?;
    let filter = ConnectionFilter { component, scope, status, is_embedded: embedded, stable_key, text };
    let found = app.list_connections(actor, filter, page.after, page.limit + 1).await?;
    let items = found.iter().map(ConnectionSummary::from).collect();
    Ok(list.answer(page.page(items, |connection: &ConnectionSummary| connection.id)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewConnection, example = json!({
    "component": "shopify", "connection_type": "oauth2", "scope": "customer",
    "inputs": { "client_id": { "value": "0123456789abcdef0123456789abcdef" } }
}))]
pub struct CreateBody {
    #[schema(example = "shopify")]
    component: String,
    #[schema(example = "oauth2")]
    connection_type: String,
    scope: Scope,
    /// Absent: the component's label.
    #[schema(min_length = 1, max_length = 120)]
    label: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// Absent: `<component>-<connection type>`, the same in every tenant.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    stable_key: Option<String>,
    /// Customers may use it in the workflows they build themselves.
    #[serde(default)]
    is_embedded: bool,
    /// Global values, by the key of the input.
    #[serde(default)]
    #[schema(value_type = HashMap<String, InputBody>, required = false)]
    inputs: InputsBody,
    /// Saves values that complete the organization's account without trying them at the third party; the history tells.
    #[serde(default)]
    #[schema(required = false, default = false)]
    without_test: bool,
}

/// Makes a connection. Global values that complete the organization's one account (`organization_global`) are tried at the
/// third party first; when that fails nothing is saved (422 `live_test_failed`).
#[utoipa::path(
    post, path = "/api/v1/connections", tag = "Connections", request_body = CreateBody,
    responses((status = 201, body = ConnectionView)),
)]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let body = body.into_inner();
    let new = NewConnection {
        component: body.component,
        connection_type: body.connection_type,
        scope: body.scope,
        label: body.label,
        description: body.description,
        stable_key: body.stable_key,
        is_embedded: body.is_embedded,
        inputs: body.inputs.edits()?,
        without_test: body.without_test,
    };
    let tenant = actor.tenant.id;
    let made = app.create_connection(actor, new).await?;
    let connection = app.show_connection(tenant, made).await?;
    let location = format!("/api/v1/connections/{}", connection.connection.id);
    Ok(respond::created_versioned(location, connection.connection.version, &connection))
}

/// Shows a connection with its global values, by its id, its stable key or an alias.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}", tag = "Connections",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 200, body = ConnectionView)),
)]
pub async fn show(app: Data<App>, actor: Actor, reference: Path<String>) -> Result<HttpResponse> {
    let tenant = actor.tenant.id;
    let found = app.get_connection(actor, reference.into_inner()).await?;
    let connection = app.show_connection(tenant, found).await?;
    Ok(respond::ok_versioned(connection.connection.version, &connection))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionChange, example = json!({
    "label": "Shopify EU", "inputs": { "client_secret": { "value": "…" }, "scopes": { "value": null } }
}))]
pub struct UpdateBody {
    #[schema(min_length = 1, max_length = 120)]
    label: Option<String>,
    /// `null` clears.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Option<String>>,
    is_enabled: Option<bool>,
    /// Customers may use it in the workflows they build themselves.
    is_embedded: Option<bool>,
    /// Global values, by the key of the input.
    #[serde(default)]
    #[schema(value_type = HashMap<String, InputBody>, required = false)]
    inputs: InputsBody,
    /// Saves values that complete the organization's account without trying them at the third party; the history tells.
    #[serde(default)]
    #[schema(required = false, default = false)]
    without_test: bool,
}

/// Changes a connection; what is absent stays. For `is_enabled` alone, `connections:switch` is enough. Values
/// of the organization's one account are tried at the third party first.
#[utoipa::path(
    patch, path = "/api/v1/connections/{connection}", tag = "Connections", request_body = UpdateBody,
    params(
        ("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is changed.", example = "\"1\""),
    ),
    responses((status = 200, body = ConnectionView)),
)]
pub async fn update(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    version: IfMatch,
    body: Json<UpdateBody>,
) -> Result<HttpResponse> {
    let UpdateBody { label, description, is_enabled, is_embedded, inputs, without_test } = body.into_inner();
    let inputs = inputs.edits()?;
    let update = ConnectionUpdate { label, description, is_enabled, is_embedded, inputs, without_test };
    let tenant = actor.tenant.id;
    let changed = app.update_connection(actor, reference.into_inner(), version.0, update).await?;
    let connection = app.show_connection(tenant, changed).await?;
    Ok(respond::ok_versioned(connection.connection.version, &connection))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// Detaches what uses the connection instead of refusing. Needs `force`.
    #[serde(default)]
    #[param(default = false, required = false)]
    force: bool,
}

/// Deletes a connection. Refused while it is used, naming where.
#[utoipa::path(
    delete, path = "/api/v1/connections/{connection}", tag = "Connections",
    params(
        ("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is deleted.", example = "\"1\""),
        DeleteQuery,
    ),
    responses((status = 204, description = "Deleted.")),
)]
pub async fn delete(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    version: IfMatch,
    query: Query<DeleteQuery>,
) -> Result<HttpResponse> {
    app.delete_connection(actor, reference.into_inner(), version.0, query.force).await?;
    Ok(respond::no_content())
}
