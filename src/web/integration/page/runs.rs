//! Test runs: starting one, and what became of each step, live while it goes on.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::integration::design::Design;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::TestRunId;
use crate::model::test_run::RunStatus;
use crate::model::test_run::StepRun;
use crate::model::test_run::StepStatus;
use crate::model::test_run::TestRun;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::integration::page::Head;
use crate::web::integration::page::Place;
use crate::web::integration::page::Problem;
use crate::web::integration::page::segment;

const PAGE: usize = 30;

#[derive(Serialize)]
pub struct RunsPage {
    frame: Frame,
    head: Head,
    problem: Option<Problem>,
    flows: Vec<String>,
    /// Connections that a run has no credential for.
    untested: Vec<Untested>,
    runs: Vec<RunRow>,
    next_url: Option<String>,
}

#[derive(Serialize)]
struct Untested {
    label: String,
    url: String,
}

#[derive(Serialize)]
struct RunRow {
    url: String,
    started_at: String,
    actor: String,
    state: &'static str,
    tone: &'static str,
    steps: usize,
    failed: usize,
    duration: Option<String>,
}

#[derive(Serialize)]
pub struct RunPage {
    frame: Frame,
    head: Head,
    run: RunRow,
    is_running: bool,
    here: String,
    steps: Vec<StepRow>,
}

#[derive(Serialize)]
struct StepRow {
    path: String,
    name: String,
    above: String,
    mark: String,
    icon: &'static str,
    state: &'static str,
    tone: &'static str,
    reason: Option<String>,
    rounds: Option<String>,
    duration: Option<String>,
    connection: Option<UsedLine>,
    request: Option<Message>,
    reply: Option<Message>,
    is_open: bool,
}

/// Which connection and credential a step was run with.
#[derive(Serialize)]
struct UsedLine {
    stable_key: String,
    url: String,
    credential: Option<String>,
    version: Option<i64>,
}

/// A request or a reply.
#[derive(Serialize)]
struct Message {
    line: String,
    headers: String,
    body: Option<String>,
}

#[derive(Deserialize)]
pub struct RunsQuery {
    after: Option<TestRunId>,
}

/// `GET /t/{tenant}/integrations/{integration}/test-runs`
pub async fn index(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Query<RunsQuery>,
) -> Result<HttpResponse> {
    html::page(StatusCode::OK, &listed(&app, &visit, path.into_inner().1, asked.after).await?)
}

async fn listed(app: &App, visit: &Visit, key: String, after: Option<TestRunId>) -> Result<RunsPage> {
    let design = app.get_design(visit.actor.clone(), key.clone()).await?;
    let head = Head::new(visit, &design.integration, Place::Runs);
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut found = app.list_test_runs(visit.actor.clone(), key, after, limit).await?;
    let is_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| is_more).map(|last| format!("{}/test-runs?after={}", head.base, last.id));
    Ok(RunsPage {
        frame: visit.frame(&head.name, Section::Integrations),
        problem: None,
        flows: design.flows.iter().map(|flow| flow.name.clone()).collect(),
        untested: untested(visit, &design),
        runs: found.iter().map(|run| RunRow::new(&head, run)).collect(),
        next_url: next,
        head,
    })
}

fn untested(visit: &Visit, design: &Design) -> Vec<Untested> {
    let bound =
        design.connections.iter().filter(|slot| !slot.used_by.is_empty()).filter_map(|slot| slot.connection.as_ref());
    let lacks = bound.filter(|bound| !bound.has_test_credential);
    lacks
        .map(|bound| Untested {
            label: bound.label.clone(),
            url: visit.url(&format!("/connections/{}", bound.stable_key)),
        })
        .collect()
}

/// `POST /t/{tenant}/integrations/{integration}/test-runs`
pub async fn create(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    match app.start_test(visit.actor.clone(), key.clone(), fields.text("flow")).await {
        Ok(run) => {
            let base = visit.url(&format!("/integrations/{}", segment(&key)));
            Ok(html::see_other(&format!("{base}/test-runs/{}", run.id)))
        }
        Err(error) if error.kind == Kind::Invalid => {
            let mut page = listed(&app, &visit, key, None).await?;
            page.problem = Some(Problem::of(&error));
            html::page(html::status_of(&error), &page)
        }
        Err(error) => Err(error),
    }
}

/// `GET /t/{tenant}/integrations/{integration}/test-runs/{test_run}`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String, TestRunId)>) -> Result<HttpResponse> {
    let (_, key, id) = path.into_inner();
    let view = app.get_integration(visit.actor.clone(), key.clone()).await?;
    let run = app.get_test_run(visit.actor.clone(), key, id).await?;
    let head = Head::new(&visit, &view, Place::Runs);
    let page = RunPage {
        frame: visit.frame("Test run", Section::Integrations),
        is_running: run.status == RunStatus::Running,
        here: format!("{}/test-runs/{id}", head.base),
        steps: run.steps.iter().map(|step| StepRow::new(&visit, step)).collect(),
        run: RunRow::new(&head, &run),
        head,
    };
    html::page(StatusCode::OK, &page)
}

impl RunRow {
    fn new(head: &Head, run: &TestRun) -> Self {
        let (state, tone) = match run.status {
            RunStatus::Running => ("Running", "accent"),
            RunStatus::Done => ("Done", "good"),
            RunStatus::Failed => ("Failed", "bad"),
            RunStatus::Interrupted => ("Interrupted", "warn"),
        };
        let duration = run.ended_at.map(|ended| (ended - run.started_at).num_milliseconds());
        Self {
            url: format!("{}/test-runs/{}", head.base, run.id),
            started_at: run.started_at.to_rfc3339(),
            actor: run.actor.clone(),
            state,
            tone,
            steps: run.steps.len(),
            failed: run.steps.iter().filter(|step| step.status == StepStatus::Failed).count(),
            duration: duration.map(lasted),
        }
    }
}

fn lasted(milliseconds: i64) -> String {
    match milliseconds {
        ..1000 => format!("{milliseconds} ms"),
        _ => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
    }
}

impl StepRow {
    fn new(visit: &Visit, step: &StepRun) -> Self {
        let (state, tone, icon) = match step.status {
            StepStatus::Done => ("Done", "good", "check"),
            StepStatus::Failed => ("Failed", "bad", "cross"),
            StepStatus::Skipped => ("Skipped", "", "right"),
            StepStatus::NotExecutable => ("Not run here", "warn", "info"),
        };
        let (above, name) = step.path.rsplit_once(" / ").unwrap_or(("", &step.path));
        let rounds: Vec<String> = step.rounds.iter().map(usize::to_string).collect();
        Self {
            path: step.path.clone(),
            name: name.to_owned(),
            above: above.to_owned(),
            mark: step.component.clone().unwrap_or_default(),
            icon,
            state,
            tone,
            reason: step.reason.clone(),
            rounds: (!rounds.is_empty()).then(|| rounds.join(".")),
            duration: step.request.as_ref().map(|_| lasted(step.duration_ms)),
            connection: step.connection.as_ref().map(|used| UsedLine {
                stable_key: used.stable_key.clone(),
                url: visit.url(&format!("/connections/{}", used.stable_key)),
                credential: used.credential_id.map(|id| id.to_string()),
                version: used.credential_version,
            }),
            request: step.request.as_ref().map(|asked| Message {
                line: format!("{} {}", asked.method, asked.url),
                headers: headers(&asked.headers),
                body: asked.body.clone(),
            }),
            reply: step.reply.as_ref().map(|reply| Message {
                line: reply.status.to_string(),
                headers: headers(&reply.headers),
                body: reply.body.clone(),
            }),
            is_open: step.status == StepStatus::Failed,
        }
    }
}

fn headers(all: &BTreeMap<String, String>) -> String {
    all.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

fn sample_row(text: &str) -> RunRow {
    RunRow {
        url: "/t/dev/integrations/a/test-runs/run_1".to_owned(),
        started_at: "2026-11-22T07:05:00Z".to_owned(),
        actor: text.to_owned(),
        state: "Failed",
        tone: "bad",
        steps: 4,
        failed: 1,
        duration: Some("1.2 s".to_owned()),
    }
}

impl Page for RunsPage {
    const TEMPLATE: &'static str = "integration/runs";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, runs: Vec<RunRow>| Self {
            frame: Frame::sample(text, Section::Integrations),
            head: Head::sample(text, Place::Runs),
            problem: None,
            flows: vec![text.to_owned(), text.to_owned()],
            untested: vec![Untested { label: text.to_owned(), url: "/t/dev/connections/a".to_owned() }],
            runs,
            next_url: Some("?after=run".to_owned()),
        };
        let hostile = page("<script>", vec![sample_row("\"><script>")]);
        let empty = page("Orders", Vec::new());
        vec![
            ("empty", Self { untested: Vec::new(), next_url: None, ..empty }),
            ("hostile", Self { problem: Some(Problem::sample("<img onerror=alert(1)>")), ..hostile }),
        ]
    }
}

impl Page for RunPage {
    const TEMPLATE: &'static str = "integration/run";

    fn samples() -> Vec<(&'static str, Self)> {
        let message =
            |text: &str| Message { line: text.to_owned(), headers: text.to_owned(), body: Some(text.to_owned()) };
        let step = |text: &str| StepRow {
            path: text.to_owned(),
            name: text.to_owned(),
            above: text.to_owned(),
            mark: text.to_owned(),
            icon: "cross",
            state: "Failed",
            tone: "bad",
            reason: Some(text.to_owned()),
            rounds: Some("1.2".to_owned()),
            duration: Some("12 ms".to_owned()),
            connection: Some(UsedLine {
                stable_key: text.to_owned(),
                url: "/t/dev/connections/a".to_owned(),
                credential: Some("crd_1".to_owned()),
                version: Some(2),
            }),
            request: Some(message(text)),
            reply: Some(message(text)),
            is_open: true,
        };
        let page = |text: &str, steps: Vec<StepRow>| Self {
            frame: Frame::sample("Test run", Section::Integrations),
            head: Head::sample(text, Place::Runs),
            run: sample_row(text),
            is_running: steps.is_empty(),
            here: "/t/dev/integrations/a/test-runs/run_1".to_owned(),
            steps,
        };
        vec![
            ("begun", page("Orders", Vec::new())),
            ("failed", page("Orders", vec![step("Post")])),
            ("hostile", page("<script>", vec![step("\"><script>")])),
        ]
    }
}
