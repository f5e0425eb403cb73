//! Components: what the deployment knows of third parties, and which version of each the tenant works with.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::view::ComponentSummary;
use crate::app::view::ComponentView;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::component;
use crate::model::problem::Problem;
use crate::web::page::ListOf;
use crate::web::respond;

pub mod page;

/// Lists the components: those of the deployment, and those that the tenant still uses though their manifest is gone.
/// All of them are on one page.
#[utoipa::path(
    get, path = "/api/v1/components", tag = "Components", responses((status = 200, body = ListOf<ComponentSummary>)),
)]
pub async fn list(app: Data<App>, actor: Actor) -> Result<HttpResponse> {
    let items = app.list_components(actor).await?.iter().map(ComponentSummary::from).collect();
    Ok(respond::ok(&ListOf { items, next_cursor: None }))
}

/// Shows a component with the manifest that the tenant works with: the one it uses, else the newest.
#[utoipa::path(
    get, path = "/api/v1/components/{component}", tag = "Components",
    params(("component" = String, Path, example = "aws-s3")),
    responses((status = 200, body = ComponentView)),
)]
pub async fn show(app: Data<App>, actor: Actor, key: Path<String>) -> Result<HttpResponse> {
    Ok(respond::ok(&ComponentView::from(&app.get_component(actor, key.into_inner()).await?)))
}

/// The JSON Schema (2020-12) of manifests; editors complete and check with it.
#[utoipa::path(
    get, path = "/api/v1/components/schema", tag = "Components",
    responses((status = 200, body = Object, content_type = "application/schema+json")),
)]
pub async fn schema() -> HttpResponse {
    HttpResponse::Ok().content_type("application/schema+json").body(component::schema().to_string())
}

/// What was found in a manifest.
#[derive(Serialize, ToSchema)]
pub struct ManifestCheck {
    /// No finding is an error.
    is_valid: bool,
    /// In the order of the text.
    problems: Vec<Problem>,
}

/// Checks a manifest without using it. The body is its YAML; everything that is wrong is told at once.
#[utoipa::path(
    post, path = "/api/v1/components/check", tag = "Components",
    request_body(content = String, content_type = "application/yaml", description = "The manifest."),
    responses((status = 200, body = ManifestCheck)),
)]
pub async fn check(app: Data<App>, actor: Actor, body: Bytes) -> Result<HttpResponse> {
    let text = String::from_utf8(body.to_vec()).map_err(|error| {
        Error::malformed("not_utf8", "a manifest is text in UTF-8; this body is not").because(error.utf8_error())
    })?;
    let problems = app.check_manifest(&actor, text).await?;
    Ok(respond::ok(&ManifestCheck { is_valid: !problems.iter().any(Problem::is_error), problems }))
}

/// Moves the tenant to the newest version of a component.
#[utoipa::path(
    post, path = "/api/v1/components/{component}/upgrade", tag = "Components",
    params(("component" = String, Path, example = "aws-s3")),
    responses((status = 200, body = ComponentView)),
)]
pub async fn upgrade(app: Data<App>, actor: Actor, key: Path<String>) -> Result<HttpResponse> {
    Ok(respond::ok(&ComponentView::from(&app.upgrade_component(actor, key.into_inner()).await?)))
}
