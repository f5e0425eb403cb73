//! The designer: flows as a vertical diagram, with a panel beside it for one step, a new one, or the whole.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::integration::design::Design;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::definition::outline::Flow;
use crate::model::definition::reference::Reference;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::integration::page::Head;
use crate::web::integration::page::Place;
use crate::web::integration::page::Problem;
use crate::web::integration::page::query;
use crate::web::integration::page::segment;

mod act;
mod add;
mod catalog;
mod diagram;
mod panel;
mod samples;
mod step;
mod switch;

use catalog::Known;
use diagram::Row;
use panel::Panel;

/// What the page shows; the same names stand in the forms of the page.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    flow: String,
    step: String,
    /// `remove`: asks before the step goes.
    show: String,
    /// Input of the step whose connection is switched.
    switch: String,
    /// `after`, `flow` or `inside`: where a step is added.
    add: String,
    at: String,
    branch: String,
    search: String,
    component: String,
    action: String,
    /// Id of a connection that was made on the way.
    connection: String,
}

#[derive(Serialize)]
pub struct DesignerPage {
    frame: Frame,
    head: Head,
    problem: Option<Problem>,
    flows: Vec<FlowTab>,
    flow: String,
    flow_description: String,
    rows: Vec<Row>,
    /// Where a step is added behind all others.
    end_url: Option<String>,
    open_slots: usize,
    broken: Vec<BrokenLine>,
    panel: Panel,
}

#[derive(Serialize)]
struct FlowTab {
    name: String,
    steps: usize,
    url: String,
    is_current: bool,
}

/// A reference that leads nowhere.
#[derive(Serialize)]
struct BrokenLine {
    path: String,
    input: String,
    text: String,
    url: String,
}

/// What a form brought that could not be saved.
struct Back<'a> {
    fields: &'a Fields,
    error: &'a Error,
}

/// The page under way: what its parts are made from.
struct Making<'a> {
    visit: &'a Visit,
    design: &'a Design,
    head: &'a Head,
    known: &'a Known,
    asked: &'a Asked,
    back: Option<&'a Back<'a>>,
}

impl Making<'_> {
    /// A place of the designer.
    fn url(&self, pairs: &[(&str, &str)]) -> String {
        format!("{}/designer{}", self.head.base, query(pairs))
    }

    fn flow(&self) -> &str {
        &self.asked.flow
    }
}

/// `GET /t/{tenant}/integrations/{integration}`
pub async fn open(visit: Visit, path: Path<(String, String)>) -> HttpResponse {
    html::see_other(&visit.url(&format!("/integrations/{}/designer", segment(&path.1))))
}

/// `GET /t/{tenant}/integrations/{integration}/designer`
pub async fn show(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse> {
    let page = made(&app, &visit, path.into_inner().1, asked.into_inner(), None).await?;
    html::page(StatusCode::OK, &page)
}

/// `POST /t/{tenant}/integrations/{integration}/designer`
pub async fn update(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    match act::act(&app, &visit, &key, &fields).await {
        Ok(answer) => Ok(answer),
        Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict | Kind::PreconditionFailed) => {
            let page =
                made(&app, &visit, key, act::asked(&fields), Some(Back { fields: &fields, error: &error })).await?;
            html::page(html::status_of(&error), &page)
        }
        Err(error) => Err(error),
    }
}

async fn made(app: &App, visit: &Visit, key: String, mut asked: Asked, back: Option<Back<'_>>) -> Result<DesignerPage> {
    let design = app.get_design(visit.actor.clone(), key.clone()).await?;
    let known = Known::read(app, visit).await?;
    asked.flow = current_flow(&design, &asked);
    let head = Head::new(visit, &design.integration, Place::Designer);
    let making = Making { visit, design: &design, head: &head, known: &known, asked: &asked, back: back.as_ref() };
    let panel = Panel::new(app, &making).await?;
    let problem = match &back {
        Some(back) if back.error.kind == Kind::PreconditionFailed => {
            let seen = back.fields.get("version").parse().unwrap_or_default();
            Some(Problem::conflict(app.changes_since(visit.actor.clone(), key, seen).await?))
        }
        Some(back) => Some(Problem::of(back.error)),
        None => None,
    };
    let current = design.flows.iter().find(|flow| flow.name == asked.flow);
    let rows = current.map(|flow| diagram::rows(&making, flow)).unwrap_or_default();
    let end_url = head.may_write && current.is_some_and(|flow| flow.steps.is_empty());
    Ok(DesignerPage {
        frame: visit.frame(&head.name, Section::Integrations),
        problem,
        flows: flow_tabs(&making),
        flow_description: current.map(|flow| flow.description.clone()).unwrap_or_default(),
        end_url: end_url.then(|| making.url(&[("flow", &asked.flow), ("add", "flow"), ("at", &asked.flow)])),
        open_slots: design.connections.iter().filter(|slot| slot.connection.is_none()).count(),
        broken: broken(&making),
        rows,
        panel,
        flow: asked.flow.clone(),
        head,
    })
}

/// The flow that is asked for, or that of the step, or the first.
fn current_flow(design: &Design, asked: &Asked) -> String {
    let has = |name: &str| design.flows.iter().any(|flow| flow.name == name);
    let of_step = |path: &str| design.flows.iter().find(|flow| flow.steps.iter().any(|step| step.path == path));
    let first = || design.flows.first();
    if has(&asked.flow) {
        return asked.flow.clone();
    }
    of_step(&asked.step).or_else(|| of_step(&asked.at)).or_else(first).map(|flow| flow.name.clone()).unwrap_or_default()
}

fn flow_tabs(making: &Making<'_>) -> Vec<FlowTab> {
    let tab = |flow: &Flow| FlowTab {
        name: flow.name.clone(),
        steps: flow.steps.len(),
        url: making.url(&[("flow", &flow.name)]),
        is_current: flow.name == making.flow(),
    };
    making.design.flows.iter().map(tab).collect()
}

fn broken(making: &Making<'_>) -> Vec<BrokenLine> {
    let line = |found: &Reference| BrokenLine {
        path: found.path.clone(),
        input: found.input.clone(),
        text: found.text.clone(),
        url: making.url(&[("step", &found.path)]),
    };
    making.design.broken_references.iter().take(20).map(line).collect()
}

impl Page for DesignerPage {
    const TEMPLATE: &'static str = "integration/designer";

    fn samples() -> Vec<(&'static str, Self)> {
        samples::samples()
    }
}
