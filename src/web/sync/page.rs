//! Where a sync begins: from which tenant, by which policy; and what was synced before.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::sync::RunView;
use crate::clock::Instant;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::model::tenant::Tenant;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::page::Listing;
use crate::web::query::address;
use crate::web::sync::ask::PolicyOnPage;
use crate::web::turn::Pages;

const RUNS: usize = 20;

#[derive(Serialize)]
pub struct SyncPage {
    frame: Frame,
    sources: Vec<SourceOnPage>,
    policy: PolicyOnPage,
    can_apply: bool,
    runs: Vec<RunOnPage>,
    pages: Pages,
}

#[derive(Serialize)]
struct SourceOnPage {
    key: String,
    name: String,
    hue: u8,
    is_production: bool,
    is_first: bool,
}

/// A recorded sync in a list.
#[derive(Serialize)]
pub struct RunOnPage {
    url: String,
    source: String,
    actor: String,
    started_at: Instant,
    took: String,
    outcome: &'static str,
    tone: &'static str,
}

#[derive(Deserialize)]
pub struct RunsQuery {
    cursor: Option<String>,
}

/// `GET /t/{tenant}/sync`
pub async fn index(app: Data<App>, visit: Visit, query: Query<RunsQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, visit.actor.tenant.id, "sync_page");
    let request = list.request::<SyncRunId>(Some(RUNS), query.cursor.as_deref())?;
    let rows = app.list_syncs(visit.actor.clone(), request.after, request.fetch()).await?;
    let page = request.page(rows, |run| run.id);
    let path = visit.url("/sync");
    let next = page.next.as_ref().map(|key| address(&path, [("cursor", list.seal(key))]));
    let pages = Pages::of_cursor(query.cursor.as_ref().map(|_| path), next);
    let frame = visit.frame("Tenant sync", Section::Sync);
    let others = visit.tenants.iter().filter(|tenant| tenant.id != visit.actor.tenant.id);
    let sync = SyncPage {
        can_apply: visit.actor.require_sync_apply().is_ok(),
        ..SyncPage::new(frame, others, (&visit.url(""), page.items, pages))
    };
    html::page(StatusCode::OK, &sync)
}

impl SyncPage {
    fn new<'a>(
        frame: Frame,
        sources: impl Iterator<Item = &'a Tenant>,
        (base, runs, pages): (&str, Vec<RunView>, Pages),
    ) -> Self {
        let source = |(at, tenant): (usize, &Tenant)| SourceOnPage {
            key: tenant.key.clone(),
            name: tenant.name.clone(),
            hue: html::hue(&tenant.key),
            is_production: tenant.is_production,
            is_first: at == 0,
        };
        Self {
            frame,
            sources: sources.enumerate().map(source).collect(),
            policy: PolicyOnPage::from(&Policy::default()),
            can_apply: true,
            runs: runs.into_iter().map(|run| RunOnPage::new(base, run)).collect(),
            pages,
        }
    }
}

/// The outcome in words, and how it is meant.
#[must_use]
pub fn outcome(run: &RunView) -> (&'static str, &'static str) {
    match run.result {
        RunResult::Done if run.rolled_back_at.is_some() => ("Rolled back", "warn"),
        RunResult::Done => ("Done", "good"),
        RunResult::Nothing => ("Nothing to change", ""),
        RunResult::Blocked => ("Blocked", "bad"),
        RunResult::Stale => ("Out of date", "warn"),
    }
}

/// A duration in words.
#[must_use]
pub fn took(ms: i64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

impl RunOnPage {
    fn new(base: &str, run: RunView) -> Self {
        let (outcome, tone) = outcome(&run);
        Self {
            url: format!("{base}/sync/runs/{}", run.id),
            source: run.source,
            actor: run.actor,
            started_at: run.started_at,
            took: took(run.duration_ms),
            outcome,
            tone,
        }
    }
}

/// For samples of pages.
#[must_use]
pub fn sample_run(result: RunResult, text: &str) -> RunView {
    RunView {
        id: SyncRunId(uuid::Uuid::nil()),
        source: text.to_owned(),
        actor: text.to_owned(),
        plan_hash: "sha256:2c26b46b".to_owned(),
        result,
        started_at: chrono::DateTime::UNIX_EPOCH,
        duration_ms: 1234,
        rolled_back_at: None,
        rolled_back_by: None,
        plan: None,
    }
}

impl Page for SyncPage {
    const TEMPLATE: &'static str = "sync/index";

    fn samples() -> Vec<(&'static str, Self)> {
        let hostile = "<script>alert(1)</script>";
        let tenant = |name: &str| Tenant {
            id: crate::ids::TenantId(uuid::Uuid::nil()),
            key: "eu".to_owned(),
            name: name.to_owned(),
            is_production: true,
            revision: 0,
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let page = |tenants: &[Tenant], runs: Vec<RunView>| {
            let pages = Pages::default();
            Self::new(Frame::sample("Tenant sync", Section::Sync), tenants.iter(), ("/t/dev", runs, pages))
        };
        let runs = RunResult::ALL.into_iter().map(|result| sample_run(result, hostile)).collect();
        vec![("empty", page(&[], Vec::new())), ("hostile", page(&[tenant(hostile), tenant("Europe")], runs))]
    }
}
