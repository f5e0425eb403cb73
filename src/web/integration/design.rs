//! The designer's operations for programs: making integrations, changing drafts, comparing and restoring versions.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::integration::change::EditReport;
use crate::app::integration::compare::VersionDiff;
use crate::app::integration::design::Design;
use crate::app::integration::show::IntegrationSummary;
use crate::app::integration::show::IntegrationView;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::definition::edit::Edit;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::respond;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewIntegration, example = json!({ "name": "Order alerts" }))]
pub struct CreateBody {
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// Absent: the slug of the name.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    key: Option<String>,
}

/// Makes an integration of one flow, which waits for a webhook.
#[utoipa::path(
    post, path = "/api/v1/integrations", tag = "Integrations",
    responses((status = 201, body = IntegrationSummary), (status = 409, description = "The key belongs to another one.")),
)]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let CreateBody { name, key } = body.into_inner();
    let made = IntegrationSummary::from(app.create_integration(actor, name, key).await?);
    Ok(respond::created_versioned(format!("/api/v1/integrations/{}", made.key), made.version, &made))
}

/// Shows the draft as the designer does: every step with its inputs, every slot with its connection.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}/design", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk")),
    responses((status = 200, body = Design)),
)]
pub async fn show(app: Data<App>, actor: Actor, key: Path<String>) -> Result<HttpResponse> {
    let design = app.get_design(actor, key.into_inner()).await?;
    Ok(respond::ok_versioned(design.integration.summary.version, &design))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftChange, example = json!({
    "edit": { "operation": "change_step", "path": "Flow 1 / Post", "name": "Post a message", "inputs": {
        "text": { "form": "value", "text": "Hello" }
    } }
}))]
pub struct EditBody {
    edit: Edit,
    /// Only tells what would change.
    #[serde(default)]
    preview: bool,
}

/// Changes the draft by one operation: steps and flows are added, changed, moved and removed.
///
/// What the operation does not name stays as it is. References to a step follow when it is renamed; references that lead
/// nowhere afterwards are told. Secrets in inputs are not kept: they belong on connections.
#[utoipa::path(
    post, path = "/api/v1/integrations/{integration}/edits", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: a newer version refuses the change.", example = "\"3\"")),
    responses((status = 200, body = EditReport), (status = 409, description = "There is no such step, flow or place."), (status = 412, description = "")),
)]
pub async fn edit(
    app: Data<App>,
    actor: Actor,
    key: Path<String>,
    expected: IfMatch,
    body: Json<EditBody>,
) -> Result<HttpResponse> {
    let EditBody { edit, preview } = body.into_inner();
    let report = app.edit_integration(actor, (key.into_inner(), expected.0), edit, preview).await?;
    Ok(respond::ok_versioned(report.version, &report))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// A version; 0 is the draft.
    #[param(minimum = 0)]
    from: i64,
    /// A version; 0 is the draft.
    #[serde(default)]
    #[param(minimum = 0)]
    to: i64,
}

/// Tells what is different between two versions: steps, flows, and where connections lead.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}/diff", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), DiffQuery),
    responses((status = 200, body = VersionDiff)),
)]
pub async fn diff(app: Data<App>, actor: Actor, key: Path<String>, query: Query<DiffQuery>) -> Result<HttpResponse> {
    let DiffQuery { from, to } = query.into_inner();
    Ok(respond::ok(&app.diff_versions(actor, key.into_inner(), (from, to)).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VersionRestore, example = json!({ "number": 1 }))]
pub struct RestoreBody {
    /// A published version.
    #[schema(minimum = 1)]
    number: i64,
}

/// Makes a published version the draft again. What is published stays published.
#[utoipa::path(
    post, path = "/api/v1/integrations/{integration}/restore", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: a newer version refuses the change.", example = "\"3\"")),
    responses((status = 200, body = IntegrationView), (status = 412, description = "")),
)]
pub async fn restore(
    app: Data<App>,
    actor: Actor,
    key: Path<String>,
    expected: IfMatch,
    body: Json<RestoreBody>,
) -> Result<HttpResponse> {
    let view = app.restore_version(actor, (key.into_inner(), expected.0), body.into_inner().number).await?;
    Ok(respond::ok_versioned(view.summary.version, &view))
}
