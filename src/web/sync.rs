//! Tenant sync into the caller's tenant: snapshots, plans, applying, drift, rollback, history.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::sync::Applied;
use crate::app::sync::RunView;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::actor::Actor;
use crate::model::caller::Caller;
use crate::model::sync::Drift;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::web::Options;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;
use crate::web::respond::Problem;
use crate::web::sync::source::From;
use crate::web::sync::source::SnapshotDocument;

pub mod ask;
pub mod drift_page;
pub mod lines;
pub mod missing;
pub mod page;
pub mod plan_page;
pub mod plan_view;
pub mod run_page;
pub mod sample;
pub mod source;
pub mod todo;

/// What a sync reads of this tenant: component pins, connections with their shared values, integrations. No secret, no
/// local value, nothing of customers. The same content is the same bytes.
#[utoipa::path(
    get, path = "/api/v1/sync/snapshot", tag = "Sync", responses((status = 200, body = SnapshotDocument)),
)]
pub async fn snapshot(app: Data<App>, actor: Actor) -> Result<HttpResponse> {
    let snapshot = app.snapshot(actor).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(snapshot.to_canonical_json()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyncPlanRequest, example = json!({
    "from": { "snapshot": { "format": "keyway.snapshot/1", "components": {}, "connections": {}, "integrations": {} }, "name": "git" },
    "policy": { "on_missing": "placeholder" },
}))]
pub struct PlanBody {
    from: From,
    #[serde(default)]
    policy: Policy,
}

/// Tells what a sync into this tenant would change, and what blocks it. Writes nothing.
#[utoipa::path(post, path = "/api/v1/sync/plan", tag = "Sync", responses((status = 200, body = Plan)))]
pub async fn plan(
    app: Data<App>,
    options: Data<Options>,
    (caller, actor): (Caller, Actor),
    body: Json<PlanBody>,
) -> Result<HttpResponse> {
    let PlanBody { from, policy } = body.into_inner();
    let source = from.open(&app, &caller, &options).await?;
    Ok(respond::ok(&app.plan_sync(actor, source, policy).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyncApplyRequest, example = json!({
    "from": { "snapshot": { "format": "keyway.snapshot/1", "components": {}, "connections": {}, "integrations": {} }, "name": "git" },
    "policy": { "on_missing": "placeholder" },
    "plan_hash": "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
}))]
pub struct ApplyBody {
    from: From,
    /// The one that the plan was made with.
    #[serde(default)]
    policy: Policy,
    /// `hash` of the plan that somebody saw. When the tenants moved since, nothing is written.
    plan_hash: String,
}

/// A problem with the plan as it is now.
#[derive(Serialize, ToSchema)]
pub struct PlanProblem {
    #[serde(flatten)]
    problem: Problem,
    plan: Option<Plan>,
}

/// Applies a plan that somebody saw: all of it, or nothing.
///
/// 409 `stale_plan`: the tenants moved since; `plan` is the plan now. 409 `sync_blocked`: `plan.blockers` says what must
/// be decided first.
#[utoipa::path(
    post, path = "/api/v1/sync/apply", tag = "Sync",
    responses(
        (status = 200, body = Applied),
        (status = 409, description = "Nothing was written.", body = PlanProblem, content_type = "application/problem+json"),
    ),
)]
pub async fn apply(
    req: HttpRequest,
    app: Data<App>,
    options: Data<Options>,
    (caller, actor): (Caller, Actor),
    body: Json<ApplyBody>,
) -> Result<HttpResponse> {
    let ApplyBody { from, policy, plan_hash } = body.into_inner();
    let source = from.open(&app, &caller, &options).await?;
    let applied = app.apply_sync(actor, source, policy, Some(plan_hash)).await?;
    let refused = match applied.status {
        RunResult::Done | RunResult::Nothing => return Ok(respond::ok(&applied)),
        RunResult::Blocked => blocked(&applied.plan),
        RunResult::Stale => stale(&applied.plan),
    };
    Ok(respond::problem_with(&req, &refused, "plan", &applied.plan))
}

fn blocked(plan: &Plan) -> Error {
    let messages: Vec<&str> = plan.blockers.iter().take(3).map(|blocker| blocker.message.as_str()).collect();
    let more = plan.blockers.len() - messages.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Error::conflict("sync_blocked", format!("nothing was written: {}{more}", messages.join("; ")))
}

fn stale(plan: &Plan) -> Error {
    let revision = |end: &crate::model::sync::plan::End| match end.revision {
        Some(revision) => format!("`{}` is at revision {revision}", end.name),
        None => format!("`{}` is what was sent", end.name),
    };
    let public = format!(
        "nothing was written: this is not what the plan showed any more. Now {}, and {}; the policy must be the plan's, \
         too. Look at the new plan, then apply that",
        revision(&plan.source),
        revision(&plan.target),
    );
    Error::conflict("stale_plan", public)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyncDriftRequest, example = json!({ "from": { "snapshot": { "format": "keyway.snapshot/1", "components": {}, "connections": {}, "integrations": {} }, "name": "git" } }))]
pub struct DriftBody {
    from: From,
}

/// Tells how this tenant differs from a source. Local values and secrets are only told to differ or not, apart from the
/// rest; of a snapshot they are unknown.
#[utoipa::path(post, path = "/api/v1/sync/drift", tag = "Sync", responses((status = 200, body = Drift)))]
pub async fn drift(
    app: Data<App>,
    options: Data<Options>,
    (caller, actor): (Caller, Actor),
    body: Json<DriftBody>,
) -> Result<HttpResponse> {
    let source = body.into_inner().from.open(&app, &caller, &options).await?;
    Ok(respond::ok(&app.drift(actor, source).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyncRollbackRequest, example = json!({}))]
pub struct RollbackBody {
    /// Absent: the newest sync that wrote something and was not taken back.
    #[schema(value_type = Option<String>, example = "syn_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    run: Option<SyncRunId>,
}

/// Takes a sync back: everything it touched is as it was, what it pruned included. 409 `changed_since` names what somebody
/// changed since.
#[utoipa::path(post, path = "/api/v1/sync/rollback", tag = "Sync", responses((status = 200, body = RunView)))]
pub async fn rollback(app: Data<App>, actor: Actor, body: Json<RollbackBody>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.rollback_sync(actor, body.into_inner().run).await?))
}

/// Lists the syncs into this tenant, newest first: those that wrote nothing, too.
#[utoipa::path(
    get, path = "/api/v1/sync/runs", tag = "Sync", params(PageQuery), responses((status = 200, body = ListOf<RunView>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<PageQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "sync_runs");
    let page = list.request::<SyncRunId>(query.limit, query.cursor.as_deref())?;
    let rows = app.list_syncs(actor, page.after, page.fetch()).await?;
    Ok(list.answer(page.page(rows, |run| run.id)))
}

/// Shows a sync with its plan: what was applied, or what kept it from being applied.
#[utoipa::path(
    get, path = "/api/v1/sync/runs/{run}", tag = "Sync",
    params(("run" = String, Path, example = "syn_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = RunView)),
)]
pub async fn show(app: Data<App>, actor: Actor, run: Path<SyncRunId>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.get_sync(actor, *run).await?))
}
