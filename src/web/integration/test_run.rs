//! Test runs of drafts.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::ids::TestRunId;
use crate::model::actor::Actor;
use crate::model::test_run::TestRun;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestRunCreate, example = json!({ "flow": "Flow 1" }))]
pub struct CreateBody {
    /// The name of one flow; absent: all of them.
    flow: Option<String>,
}

/// Runs the draft with the test runner's credentials and answers when it is over. Requests to third parties are really
/// sent. The credential is read again at every step.
#[utoipa::path(
    post, path = "/api/v1/integrations/{integration}/test-runs", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk")),
    responses((status = 201, body = TestRun)),
)]
pub async fn create(app: Data<App>, actor: Actor, key: Path<String>, body: Json<CreateBody>) -> Result<HttpResponse> {
    let key = key.into_inner();
    let run = app.run_test(actor, key.clone(), body.into_inner().flow).await?;
    Ok(respond::created(format!("/api/v1/integrations/{key}/test-runs/{}", run.id), &run))
}

/// Lists the test runs of an integration, newest first.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}/test-runs", tag = "Integrations",
    params(("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"), PageQuery),
    responses((status = 200, body = ListOf<TestRun>)),
)]
pub async fn list(app: Data<App>, actor: Actor, key: Path<String>, query: Query<PageQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "test_runs");
    let page = list.request::<TestRunId>(query.limit, query.cursor.as_deref())?;
    let rows = app.list_test_runs(actor, key.into_inner(), page.after, page.fetch()).await?;
    Ok(list.answer(page.page(rows, |run| run.id)))
}

/// Shows a test run, step by step; of one under way, as far as it is.
#[utoipa::path(
    get, path = "/api/v1/integrations/{integration}/test-runs/{test_run}", tag = "Integrations",
    params(
        ("integration" = String, Path, description = "Key or id.", example = "slack-to-zendesk"),
        ("test_run" = String, Path, example = "run_0199a0c2d4e87f6a8b1c2d3e4f506172"),
    ),
    responses((status = 200, body = TestRun)),
)]
pub async fn show(app: Data<App>, actor: Actor, path: Path<(String, TestRunId)>) -> Result<HttpResponse> {
    let (key, run) = path.into_inner();
    Ok(respond::ok(&app.get_test_run(actor, key, run).await?))
}
