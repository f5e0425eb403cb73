//! Definitions as files: YAML in, with a report of what it did; YAML out.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::integration::import::ImportAction;
use crate::app::integration::import::ImportReport;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::web::respond;
use crate::web::respond::Problem;

/// Media types that a definition is taken as.
const TAKEN: [&str; 5] = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The integration's key; absent: the slug of its name. Says that an integration of another name is replaced.
    #[serde(rename = "as")]
    #[param(rename = "as", min_length = 1, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    key: Option<String>,
}

/// A problem with the report of the file.
#[derive(Serialize, ToSchema)]
pub struct ReportProblem {
    #[serde(flatten)]
    problem: Problem,
    report: Option<ImportReport>,
}

/// Imports a definition into a draft.
///
/// The connections that it asks for are found by stable key, or made without secrets; none that exist are changed. A file
/// that cannot be taken is answered with 422 `definition_refused`: `report.problems` says what is wrong, with line and
/// column, and nothing was written.
#[utoipa::path(
    post, path = "/api/v1/integrations/import", tag = "Integrations", params(ImportQuery),
    request_body(content((String = "application/yaml", example = json!("definitionVersion: 7\nname: Slack to Zendesk\nrequiredConfigVars:\n  - key: Chat\n    dataType: connection\n    connection: { key: oauth2, component: { key: slack } }\n    inputs: {}\nflows:\n  - name: Flow 1\n    steps:\n      - name: Post\n        action: { key: postMessage, component: { key: slack } }\n        inputs: { connection: { type: configVar, value: Chat } }\n")), (String = "text/plain"))),
    responses(
        (status = 200, description = "The integration was there; its draft was changed, or said the same already.", body = ImportReport),
        (status = 201, description = "The integration was made.", body = ImportReport),
        (status = 422, description = "The file cannot be taken.", body = ReportProblem, content_type = "application/problem+json"),
    ),
)]
pub async fn import(
    app: Data<App>,
    actor: Actor,
    req: HttpRequest,
    query: Query<ImportQuery>,
    body: Bytes,
) -> Result<HttpResponse> {
    let report = app.import_integration(actor, text(&req, &body)?, query.into_inner().key).await?;
    match &report.integration {
        Some(integration) if integration.action == ImportAction::Created => {
            Ok(respond::created(format!("/api/v1/integrations/{}", integration.key), &report))
        }
        Some(_) => Ok(respond::ok(&report)),
        None => {
            let errors = report.problems.iter().filter(|problem| problem.is_error()).count();
            let public = match errors {
                1 => "the definition has an error, and nothing was written".to_owned(),
                errors => format!("the definition has {errors} errors, and nothing was written"),
            };
            let error = Error::invalid("definition_refused", public);
            Ok(respond::problem_with(&req, &error, "report", &report))
        }
    }
}

/// Tells what an import of this definition would do. Writes nothing; what is wrong with the file is in the report, too.
#[utoipa::path(
    post, path = "/api/v1/integrations/check", tag = "Integrations", params(ImportQuery),
    request_body(content((String = "application/yaml", example = json!("definitionVersion: 7\nname: Slack to Zendesk\nrequiredConfigVars:\n  - key: Chat\n    dataType: connection\n    connection: { key: oauth2, component: { key: slack } }\n    inputs: {}\nflows:\n  - name: Flow 1\n    steps:\n      - name: Post\n        action: { key: postMessage, component: { key: slack } }\n        inputs: { connection: { type: configVar, value: Chat } }\n")), (String = "text/plain"))),
    responses((status = 200, body = ImportReport)),
)]
pub async fn check(
    app: Data<App>,
    actor: Actor,
    req: HttpRequest,
    query: Query<ImportQuery>,
    body: Bytes,
) -> Result<HttpResponse> {
    Ok(respond::ok(&app.check_integration(actor, text(&req, &body)?, query.into_inner().key).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// A version; 0 is the draft. Absent: the draft, or the newest published version when there is no draft.
    #[param(minimum = 0)]
    number: Option<i64>,
}

/// Writes a version as a file. Secrets are blank; a slot that is bound to another connection than its definition proposes
/// names that connection's stable key.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}/definition", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), ExportQuery),
    responses((status = 200, description = "The file.", body = Value, content_type = "application/yaml")),
)]
pub async fn export(
    app: Data<App>,
    actor: Actor,
    key: Path<String>,
    query: Query<ExportQuery>,
) -> Result<HttpResponse> {
    let text = app.export_integration(actor, key.into_inner(), query.into_inner().number).await?;
    Ok(HttpResponse::Ok().content_type("application/yaml").body(text))
}

/// The body as a text, of a media type that says so.
fn text(req: &HttpRequest, body: &Bytes) -> Result<String> {
    let given = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !TAKEN.contains(&given.as_str()) {
        let public = "the body is a definition: send it with `Content-Type: application/yaml` or `text/plain`";
        return Err(Error::new(Kind::UnsupportedMedia, "unsupported_media_type", public));
    }
    std::str::from_utf8(body).map(str::to_owned).map_err(|error| {
        let public = format!("the definition is not UTF-8: byte {} is wrong", error.valid_up_to() + 1);
        Error::malformed("not_utf8", public).because(error)
    })
}
