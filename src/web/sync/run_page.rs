//! A recorded sync: what came of it, what is left to do, and taking it back.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::sync::RunView;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::sync::Plan;
use crate::model::sync::RunResult;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::query::address;
use crate::web::sync::ask::Ask;
use crate::web::sync::ask::Part;
use crate::web::sync::page::outcome;
use crate::web::sync::page::took;
use crate::web::sync::plan_view::PlanView;
use crate::web::sync::todo::TodoOnPage;
use crate::web::sync::todo::todo;
use crate::web::visit;

#[derive(Serialize)]
pub struct RunPage {
    frame: Frame,
    id: String,
    url: String,
    source: String,
    actor: String,
    started_at: Instant,
    took: String,
    outcome: &'static str,
    tone: &'static str,
    explanation: &'static str,
    hash: String,
    rolled_back_at: Option<Instant>,
    rolled_back_by: Option<String>,
    /// Another plan of the same source and policy; absent for sources that are no tenants.
    again: Option<String>,
    plan: Option<PlanView>,
    todo: Vec<TodoOnPage>,
    can_roll_back: bool,
    asks_name: bool,
    target_name: String,
    refusal: Option<String>,
    /// What keeps it from being taken back.
    changed: Vec<(String, String)>,
    confirm_error: Option<String>,
}

/// `GET /t/{tenant}/sync/runs/{run}`
pub async fn show(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, SyncRunId)>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let part = Part::read(&Fields::of_query(req.query_string()));
    let page = page(&app, &visit, (path.into_inner().1, &part)).await?;
    html::page(StatusCode::OK, &page)
}

/// `POST /t/{tenant}/sync/runs/{run}/rollback`
pub async fn rollback(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, SyncRunId)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let (id, tenant) = (path.into_inner().1, &visit.actor.tenant);
    visit.actor.require_sync_apply()?;
    if tenant.is_production && fields.get("confirm").trim() != tenant.name {
        let page = page(&app, &visit, (id, &Part::default())).await?;
        let confirm_error = Some(format!("Type {} exactly as it is written here.", tenant.name));
        return html::page(StatusCode::UNPROCESSABLE_ENTITY, &RunPage { confirm_error, ..page });
    }
    match app.rollback_sync(visit.actor.clone(), Some(id)).await {
        Ok(_) => {
            let place = visit.url(&format!("/sync/runs/{id}"));
            Ok(visit::see_other_saying(&app, &place, "rolled_back"))
        }
        Err(error) if error.kind == Kind::Conflict => {
            let page = page(&app, &visit, (id, &Part::default())).await?;
            html::page(html::status_of(&error), &page.refused(&error))
        }
        Err(error) => Err(error),
    }
}

async fn page(app: &App, visit: &Visit, (id, part): (SyncRunId, &Part)) -> Result<RunPage> {
    let run = app.get_sync(visit.actor.clone(), id).await?;
    let open: BTreeSet<String> = match app.attention(visit.actor.clone()).await {
        Ok(items) => items.iter().filter_map(|item| Some(item.connection.as_ref()?.stable_key.clone())).collect(),
        Err(error) if error.kind == Kind::Forbidden => BTreeSet::new(),
        Err(error) => return Err(error),
    };
    let frame = visit.frame("Sync", Section::Sync);
    let page = RunPage::new(frame, (&visit.url(""), &open), run, part);
    let is_here = visit.tenants.iter().any(|tenant| tenant.key == page.source);
    Ok(RunPage {
        can_roll_back: page.can_roll_back && visit.actor.require_sync_apply().is_ok(),
        asks_name: visit.actor.tenant.is_production,
        target_name: visit.actor.tenant.name.clone(),
        again: page.again.filter(|_| is_here),
        ..page
    })
}

fn explanation(run: &RunView) -> &'static str {
    match run.result {
        RunResult::Done if run.rolled_back_at.is_some() => "It was written, and taken back later.",
        RunResult::Done => "Everything in the plan was written.",
        RunResult::Nothing => "There was nothing to change.",
        RunResult::Blocked => "Nothing was written: something had to be decided first.",
        RunResult::Stale => "Nothing was written: the tenants had moved since the plan was shown.",
    }
}

impl RunPage {
    fn new(frame: Frame, (base, open): (&str, &BTreeSet<String>), run: RunView, part: &Part) -> Self {
        let plan = run.plan.clone().and_then(|plan| serde_json::from_value::<Plan>(plan).ok());
        let (outcome, tone) = outcome(&run);
        let url = format!("{base}/sync/runs/{}", run.id);
        let again = plan.as_ref().map(|plan| {
            let ask = Ask { from: plan.source.name.clone(), policy: plan.policy.clone() };
            address(&format!("{base}/sync/plan"), ask.pairs())
        });
        let is_done = run.result == RunResult::Done;
        let left = plan.as_ref().filter(|_| is_done && run.rolled_back_at.is_none());
        Self {
            frame,
            id: run.id.to_string(),
            explanation: explanation(&run),
            todo: left.map(|plan| todo(base, plan, Some(open))).unwrap_or_default(),
            plan: plan.as_ref().map(|plan| PlanView::new(plan, (&url, &[]), part)),
            again,
            url,
            can_roll_back: is_done && run.rolled_back_at.is_none(),
            source: run.source,
            actor: run.actor,
            started_at: run.started_at,
            took: took(run.duration_ms),
            outcome,
            tone,
            hash: run.plan_hash,
            rolled_back_at: run.rolled_back_at,
            rolled_back_by: run.rolled_back_by,
            asks_name: false,
            target_name: String::new(),
            refusal: None,
            changed: Vec::new(),
            confirm_error: None,
        }
    }

    fn refused(self, error: &Error) -> Self {
        let changed: Vec<_> = error.fields.iter().map(|field| (field.field.clone(), field.message.clone())).collect();
        let refusal = if changed.is_empty() {
            format!("Nothing was taken back: {}.", error.public)
        } else {
            "Nothing was taken back, because it would undo what somebody did since:".to_owned()
        };
        Self { refusal: Some(refusal), changed, ..self }
    }
}

impl Page for RunPage {
    const TEMPLATE: &'static str = "sync/run";

    fn samples() -> Vec<(&'static str, Self)> {
        use crate::web::sync::page::sample_run;
        use crate::web::sync::sample;
        let hostile = "<script>alert(1)</script>";
        let page = |result: RunResult, plan: Option<Plan>| {
            let plan = plan.and_then(|plan| serde_json::to_value(plan).ok());
            let run = RunView { plan, ..sample_run(result, hostile) };
            Self::new(Frame::sample("Sync", Section::Sync), ("/t/dev", &BTreeSet::new()), run, &Part::default())
        };
        let changed = vec![crate::error::FieldError::new(hostile, "changed_since", hostile)];
        let error = Error { fields: changed, ..Error::conflict("changed_since", hostile) };
        vec![
            ("done", Self { asks_name: true, ..page(RunResult::Done, Some(sample::changes())) }),
            ("refused", page(RunResult::Done, Some(sample::changes())).refused(&error)),
            ("without plan", page(RunResult::Stale, None)),
        ]
    }
}
