//! What the forms of the designer do.

use std::collections::BTreeMap;

use actix_web::HttpResponse;

use crate::app::App;
use crate::app::integration::change::EditReport;
use crate::app::integration::edit::Switch;
use crate::error::Error;
use crate::error::Result;
use crate::model::definition::edit::Edit;
use crate::model::definition::edit::InputText;
use crate::model::definition::edit::NewStep;
use crate::model::definition::edit::Spot;
use crate::model::definition::outline::Form;
use crate::web::form::Fields;
use crate::web::frame::Visit;
use crate::web::integration::page::designer::Asked;
use crate::web::integration::page::query;
use crate::web::integration::page::segment;
use crate::web::visit;

/// The page that a form came from.
pub(super) fn asked(fields: &Fields) -> Asked {
    let text = |name: &str| fields.get(name).to_owned();
    Asked {
        flow: text("flow"),
        step: text("step"),
        show: text("show"),
        switch: text("switch"),
        add: text("add"),
        at: text("at"),
        branch: text("branch"),
        search: String::new(),
        component: text("component"),
        action: text("action"),
        connection: text("connection"),
    }
}

/// Does it, and leads to the page that shows it.
pub(super) async fn act(app: &App, visit: &Visit, key: &str, fields: &Fields) -> Result<HttpResponse> {
    let version = fields.get("version").parse().ok();
    let version =
        version.ok_or_else(|| Error::malformed("no_version", "the form says no version; open its page again"))?;
    let of = (key.to_owned(), Some(version));
    let step = fields.get("step");
    if fields.get("op") == "step_switch" {
        let connection = fields.text("connection");
        let connection = connection.ok_or_else(|| Error::invalid("no_connection", "choose a connection first"))?;
        let switch = Switch::Step { path: step.to_owned(), input: fields.get("switch").to_owned(), connection };
        let report = app.switch_connection(visit.actor.clone(), of, switch, false).await?;
        let word = if report.is_written { "step_switched" } else { "nothing_changed" };
        return Ok(go_on(app, visit, key, word, &[("flow", fields.get("flow")), ("step", step)]));
    }
    let (edit, word) = edit(fields)?;
    let is_flow = matches!(edit, Edit::AddFlow { .. } | Edit::RenameFlow { .. });
    let flow = if is_flow { fields.get("name").trim() } else { fields.get("flow") }.to_owned();
    let flow = if matches!(edit, Edit::RemoveFlow { .. }) { String::new() } else { flow };
    let report = app.edit_integration(visit.actor.clone(), of, edit, false).await?;
    let shown = if is_flow { "" } else { report.step.as_deref().unwrap_or_default() };
    Ok(go_on(app, visit, key, said(word, &report), &[("flow", &flow), ("step", shown)]))
}

fn said(word: &'static str, report: &EditReport) -> &'static str {
    match word {
        _ if !report.is_written => "nothing_changed",
        "step_saved" if !report.findings.is_empty() => "step_saved_no_secret",
        word => word,
    }
}

fn go_on(app: &App, visit: &Visit, key: &str, word: &'static str, place: &[(&str, &str)]) -> HttpResponse {
    let place = visit.url(&format!("/integrations/{}/designer{}", segment(key), query(place)));
    visit::see_other_saying(app, &place, word)
}

fn edit(fields: &Fields) -> Result<(Edit, &'static str)> {
    let text = |name: &str| fields.get(name).to_owned();
    let (path, flow, name) = (text("step"), text("flow"), text("name"));
    Ok(match fields.get("op") {
        "step_add" => (Edit::AddStep { at: spot(fields), step: new_step(fields) }, "step_added"),
        "step_save" => {
            let name = fields.has("name").then_some(name);
            (Edit::ChangeStep { path, name, inputs: inputs(fields) }, "step_saved")
        }
        "step_move" => (Edit::MoveStep { path, to: spot(fields) }, "step_moved"),
        "step_remove" => (Edit::RemoveStep { path }, "step_removed"),
        "flow_add" => (Edit::AddFlow { name }, "created"),
        "flow_rename" => (Edit::RenameFlow { flow, name }, "saved"),
        "flow_remove" => (Edit::RemoveFlow { flow }, "deleted"),
        other => {
            let message = format!("`{other}` is nothing that the designer does; open its page again");
            return Err(Error::malformed("unknown_operation", message));
        }
    })
}

fn spot(fields: &Fields) -> Spot {
    let at = fields.get("at").to_owned();
    match fields.get("add") {
        "before" => Spot::Before(at),
        "flow" => Spot::Flow(at),
        "inside" => Spot::Inside { path: at, branch: fields.get("branch").parse().ok() },
        _ => Spot::After(at),
    }
}

fn new_step(fields: &Fields) -> NewStep {
    NewStep {
        component: fields.get("component").trim().to_owned(),
        action: fields.get("action").trim().to_owned(),
        name: fields.text("name"),
        connection: fields.text("connection"),
        inputs: BTreeMap::new(),
    }
}

/// Those that were touched: what stands as the page showed it is not sent over what somebody else made of it.
fn inputs(fields: &Fields) -> BTreeMap<String, InputText> {
    let mut inputs = BTreeMap::new();
    for (name, _) in fields.under("text.") {
        let typed = |prefix: &str| fields.lines(&format!("{prefix}.{name}"));
        let Some(form) = Form::parse(&typed("form")) else { continue };
        let text = typed("text");
        if (form.as_str(), text.as_str()) != (typed("was_form").as_str(), typed("was_text").as_str()) {
            inputs.insert(name.to_owned(), InputText { form, text });
        }
    }
    inputs
}
