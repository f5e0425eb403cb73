//! Integrations: lists, files in and out, versions, and which connections their slots and steps use.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::integration::edit::Switch;
use crate::app::integration::edit::SwitchReport;
use crate::app::integration::show::IntegrationSummary;
use crate::app::integration::show::IntegrationView;
use crate::app::integration::show::VersionView;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::respond;

pub mod design;
pub mod file;
pub mod page;
pub mod test_run;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Part of the name or of the key.
    search: Option<String>,
    /// Most items in one answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists integrations by key.
#[utoipa::path(
    get, path = "/api/v1/integrations", tag = "Integrations", params(ListQuery),
    responses((status = 200, body = ListOf<IntegrationSummary>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<ListQuery>) -> Result<HttpResponse> {
    let ListQuery { search, limit, cursor } = query.into_inner();
    let list = Listing::new(&app, actor.tenant.id, "integrations");
    let page = list.request::<String>(limit, cursor.as_deref())?;
    let rows = app.list_integrations(actor, search, page.after.clone(), page.fetch()).await?;
    Ok(list.answer(page.page(rows, |integration| integration.key.clone())))
}

/// Shows an integration: its draft, or its newest published version when there is no draft.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk")),
    responses((status = 200, body = IntegrationView)),
)]
pub async fn show(app: Data<App>, actor: Actor, key: Path<String>) -> Result<HttpResponse> {
    let view = app.get_integration(actor, key.into_inner()).await?;
    Ok(respond::ok_versioned(view.summary.version, &view))
}

/// Removes an integration with all its versions. Its connections stay.
#[utoipa::path(
    delete, path = "/api/v1/integrations/{integration}", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: a newer version refuses the change.", example = "\"3\"")),
    responses((status = 204, description = "Removed.")),
)]
pub async fn delete(app: Data<App>, actor: Actor, key: Path<String>, expected: IfMatch) -> Result<HttpResponse> {
    app.delete_integration(actor, key.into_inner(), expected.0).await?;
    Ok(respond::no_content())
}

/// Lists the versions: the draft first, as number 0, then the published ones, newest first.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}/versions", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk")),
    responses((status = 200, body = ListOf<VersionView>)),
)]
pub async fn versions(app: Data<App>, actor: Actor, key: Path<String>) -> Result<HttpResponse> {
    let items = app.list_versions(actor, key.into_inner()).await?;
    Ok(respond::ok(&ListOf { items, next_cursor: None }))
}

/// Makes the draft the newest published version. Refused with `not_publishable` while a slot has no connection; a draft
/// that says what is published already changes nothing.
#[utoipa::path(
    post, path = "/api/v1/integrations/{integration}/publish", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: a newer version refuses the change.", example = "\"3\"")),
    responses((status = 200, body = IntegrationView), (status = 412, description = "")),
)]
pub async fn publish(app: Data<App>, actor: Actor, key: Path<String>, expected: IfMatch) -> Result<HttpResponse> {
    let view = app.publish_integration(actor, key.into_inner(), expected.0).await?;
    Ok(respond::ok_versioned(view.summary.version, &view))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SlotSwitch, example = json!({ "connection": "slack-oauth2" }))]
pub struct SlotBody {
    /// Stable key, alias or id of the connection.
    #[schema(min_length = 1, max_length = 64)]
    connection: String,
    /// Only tells what would change.
    #[serde(default)]
    preview: bool,
}

/// Binds a slot of the draft to another connection, for all steps that use the slot.
#[utoipa::path(
    put, path = "/api/v1/integrations/{integration}/slots/{variable}", tag = "Integrations",
    params(
        ("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"),
        ("variable" = String, Path, description = "Key of the connection variable.", example = "Slack Connection"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: a newer version refuses the change.", example = "\"3\""),
    ),
    responses((status = 200, body = SwitchReport)),
)]
pub async fn switch_slot(
    app: Data<App>,
    actor: Actor,
    path: Path<(String, String)>,
    expected: IfMatch,
    body: Json<SlotBody>,
) -> Result<HttpResponse> {
    let (key, variable) = path.into_inner();
    let SlotBody { connection, preview } = body.into_inner();
    let switch = Switch::Slot { variable, connection };
    Ok(respond::ok(&app.switch_connection(actor, (key, expected.0), switch, preview).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StepSwitch, example = json!({ "path": "Flow 1 / Post", "input": "connection", "connection": "slack-oauth2" }))]
pub struct StepBody {
    /// Path of the step as `steps` shows it, or `Configuration / <variable>` for a data source.
    path: String,
    /// The input that takes the connection.
    input: String,
    /// Stable key, alias or id of the connection.
    #[schema(min_length = 1, max_length = 64)]
    connection: String,
    /// Only tells what would change.
    #[serde(default)]
    preview: bool,
}

/// Lets one step of the draft use another connection; the other steps of its slot stay.
#[utoipa::path(
    put, path = "/api/v1/integrations/{integration}/steps", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: a newer version refuses the change.", example = "\"3\"")),
    responses((status = 200, body = SwitchReport)),
)]
pub async fn switch_step(
    app: Data<App>,
    actor: Actor,
    key: Path<String>,
    expected: IfMatch,
    body: Json<StepBody>,
) -> Result<HttpResponse> {
    let StepBody { path, input, connection, preview } = body.into_inner();
    let switch = Switch::Step { path, input, connection };
    Ok(respond::ok(&app.switch_connection(actor, (key.into_inner(), expected.0), switch, preview).await?))
}
