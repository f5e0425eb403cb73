//! The config wizard's designer: the connections that an integration asks for, and others in their places.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::connection::list::ConnectionFilter;
use crate::app::integration::design::SlotConnection;
use crate::app::integration::edit::Switch;
use crate::app::integration::edit::SwitchReport;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::definition::edit::Edit;
use crate::model::names::fold;
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
use crate::web::integration::page::readiness_word;
use crate::web::integration::page::segment;
use crate::web::visit;

mod samples;

/// Which slot gets which connection.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    slot: String,
    connection: String,
}

#[derive(Serialize)]
pub struct ConfigPage {
    frame: Frame,
    head: Head,
    problem: Option<Problem>,
    slots: Vec<SlotRow>,
    choosing: Option<Choosing>,
    preview: Option<Preview>,
}

#[derive(Serialize)]
struct SlotRow {
    variable: String,
    component: Option<String>,
    connection_type: Option<String>,
    label: Option<String>,
    stable_key: Option<String>,
    state: &'static str,
    tone: &'static str,
    open_url: Option<String>,
    needs_test: bool,
    is_rebound: bool,
    scopes: String,
    used_by: Vec<String>,
    uses: usize,
    choose_url: Option<String>,
    can_remove: bool,
}

/// Which connection a slot gets.
#[derive(Serialize)]
struct Choosing {
    variable: String,
    choices: Vec<Choice>,
    create_url: Option<String>,
    uses: usize,
}

#[derive(Serialize)]
struct Choice {
    id: String,
    value: String,
    label: String,
    stable_key: String,
    mark: String,
    state: &'static str,
    tone: &'static str,
    is_chosen: bool,
    is_current: bool,
}

/// What a switch changes, before it does.
#[derive(Serialize)]
struct Preview {
    variable: String,
    connection: String,
    before: Option<String>,
    after: String,
    changes: Vec<PreviewLine>,
    is_same: bool,
    back_url: String,
}

#[derive(Serialize)]
struct PreviewLine {
    path: String,
    input: String,
}

/// `GET /t/{tenant}/integrations/{integration}/config`
pub async fn show(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse> {
    html::page(StatusCode::OK, &made(&app, &visit, path.into_inner().1, &asked).await?)
}

/// `POST /t/{tenant}/integrations/{integration}/config`
pub async fn update(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    match act(&app, &visit, &key, &fields).await {
        Ok(answer) => Ok(answer),
        Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict | Kind::PreconditionFailed) => {
            let asked = Asked { slot: fields.get("slot").to_owned(), connection: fields.get("connection").to_owned() };
            let mut page = made(&app, &visit, key.clone(), &asked).await?;
            page.problem = Some(if error.kind == Kind::PreconditionFailed {
                let seen = fields.get("version").parse().unwrap_or_default();
                Problem::conflict(app.changes_since(visit.actor.clone(), key, seen).await?)
            } else {
                Problem::of(&error)
            });
            html::page(html::status_of(&error), &page)
        }
        Err(error) => Err(error),
    }
}

async fn act(app: &App, visit: &Visit, key: &str, fields: &Fields) -> Result<HttpResponse> {
    let version = fields.get("version").parse().ok();
    let version =
        version.ok_or_else(|| Error::malformed("no_version", "the form says no version; open its page again"))?;
    let of = (key.to_owned(), Some(version));
    let variable = fields.get("slot").to_owned();
    let word = if fields.get("op") == "remove" {
        app.edit_integration(visit.actor.clone(), of, Edit::RemoveVariable { variable }, false).await?;
        "deleted"
    } else {
        let switch = Switch::Slot { variable, connection: fields.get("connection").to_owned() };
        match app.switch_connection(visit.actor.clone(), of, switch, false).await?.is_written {
            true => "slot_switched",
            false => "nothing_changed",
        }
    };
    let place = visit.url(&format!("/integrations/{}/config", segment(key)));
    Ok(visit::see_other_saying(app, &place, word))
}

async fn made(app: &App, visit: &Visit, key: String, asked: &Asked) -> Result<ConfigPage> {
    let design = app.get_design(visit.actor.clone(), key.clone()).await?;
    let head = Head::new(visit, &design.integration, Place::Config);
    let slot = design.connections.iter().find(|slot| slot.slot.variable == asked.slot && head.may_write);
    let (mut choosing, mut preview, mut problem) = (None, None, None);
    if let Some(slot) = slot {
        if !asked.connection.is_empty() {
            let switch = Switch::Slot { variable: asked.slot.clone(), connection: asked.connection.clone() };
            match app.switch_connection(visit.actor.clone(), (key, None), switch, true).await {
                Ok(report) => preview = Some(Preview::new(&head, slot, &asked.connection, report)),
                Err(error) if matches!(error.kind, Kind::Invalid | Kind::NotFound) => {
                    problem = Some(Problem::of(&error))
                }
                Err(error) => return Err(error),
            }
        }
        if preview.is_none() {
            choosing = Some(Choosing::new(app, visit, (&head, slot), &asked.connection).await?);
        }
    }
    let slots = design.connections.iter().map(|slot| SlotRow::new(visit, &head, slot)).collect();
    Ok(ConfigPage { frame: visit.frame(&head.name, Section::Integrations), problem, slots, choosing, preview, head })
}

impl SlotRow {
    fn new(visit: &Visit, head: &Head, slot: &SlotConnection) -> Self {
        let bound = slot.connection.as_ref();
        let (state, tone) = bound.map_or(("Not connected", "bad"), |bound| readiness_word(bound.status));
        let view = &slot.slot;
        let choose = format!("{}/config{}", head.base, query(&[("slot", &view.variable)]));
        Self {
            variable: view.variable.clone(),
            component: view.component.clone().or_else(|| bound.map(|bound| bound.component.clone())),
            connection_type: view.connection_type.clone(),
            label: bound.map(|bound| bound.label.clone()),
            stable_key: view.stable_key.clone(),
            state,
            tone,
            open_url: bound.map(|bound| visit.url(&format!("/connections/{}", bound.stable_key))),
            needs_test: bound.is_some_and(|bound| !bound.has_test_credential),
            is_rebound: view.is_rebound,
            scopes: view.required_scopes.join(" "),
            uses: slot.used_by.len(),
            used_by: slot.used_by.clone(),
            choose_url: head.may_write.then_some(choose),
            can_remove: head.may_write && slot.used_by.is_empty(),
        }
    }
}

impl Choosing {
    async fn new(app: &App, visit: &Visit, (head, slot): (&Head, &SlotConnection), chosen: &str) -> Result<Self> {
        let view = &slot.slot;
        let current = slot.connection.as_ref().map(|bound| bound.id.to_string());
        let filter = ConnectionFilter { component: view.component.clone(), ..ConnectionFilter::default() };
        let mut choices: Vec<Choice> = Vec::new();
        for listed in app.list_connections(visit.actor.clone(), filter, None, 200).await? {
            let connection = &listed.described.connection;
            let fits = |wanted: &String| fold(wanted) == fold(&connection.connection_type);
            if !view.connection_type.as_ref().is_none_or(fits) {
                continue;
            }
            let (state, tone) = readiness_word(listed.readiness);
            let value = connection.id.to_string();
            let is_current = current.as_deref() == Some(value.as_str());
            choices.push(Choice {
                id: format!("connection-{}", choices.len()),
                is_chosen: if chosen.is_empty() { is_current } else { chosen == value },
                is_current,
                value,
                label: connection.label.clone(),
                stable_key: connection.stable_key.to_string(),
                mark: connection.component.clone(),
                state,
                tone,
            });
        }
        let here = format!("{}/config{}", head.base, query(&[("slot", &view.variable)]));
        let create = view.component.as_ref().filter(|_| visit.may(Permission::ConnectionsWrite)).map(|component| {
            let path = format!("/components/{}/connections/new", segment(component));
            format!("{}{}", visit.url(&path), query(&[("return_to", &here)]))
        });
        Ok(Self { variable: view.variable.clone(), choices, create_url: create, uses: slot.used_by.len() })
    }
}

impl Preview {
    fn new(head: &Head, slot: &SlotConnection, connection: &str, report: SwitchReport) -> Self {
        let first = report.changes.first();
        Self {
            variable: slot.slot.variable.clone(),
            connection: connection.to_owned(),
            before: first.and_then(|change| change.before.clone()),
            after: first.map(|change| change.after.clone()).unwrap_or_default(),
            is_same: report.changes.is_empty(),
            changes: report
                .changes
                .into_iter()
                .filter(|change| change.path != "Configuration")
                .map(|change| PreviewLine { path: change.path, input: change.input })
                .collect(),
            back_url: format!("{}/config{}", head.base, query(&[("slot", &slot.slot.variable)])),
        }
    }
}

impl Page for ConfigPage {
    const TEMPLATE: &'static str = "integration/config";

    fn samples() -> Vec<(&'static str, Self)> {
        samples::samples()
    }
}
