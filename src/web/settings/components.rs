//! Which version of each component the tenant works with, and upgrades.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::component::TenantComponent;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::query::segment;
use crate::web::settings;
use crate::web::settings::Tab;
use crate::web::visit;

#[derive(Serialize)]
pub struct ComponentsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    can_change: bool,
    pins: Vec<PinOnPage>,
    upgrades: usize,
    problem: Option<String>,
}

#[derive(Serialize)]
struct PinOnPage {
    key: String,
    label: String,
    url: String,
    upgrade_url: String,
    used: u32,
    /// Absent: its manifest is gone.
    newest: Option<u32>,
    can_upgrade: bool,
}

/// `GET /t/{tenant}/settings/components`
pub async fn index(app: Data<App>, visit: Visit) -> Result<HttpResponse> {
    shown(&app, &visit, (StatusCode::OK, None)).await
}

async fn shown(app: &App, visit: &Visit, (status, error): (StatusCode, Option<&Error>)) -> Result<HttpResponse> {
    let components = app.list_components(visit.actor.clone()).await?;
    html::page(status, &ComponentsPage::new(visit, &components, error))
}

/// `POST /t/{tenant}/settings/components/{component}/upgrade`
pub async fn upgrade(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    match app.upgrade_component(visit.actor.clone(), path.into_inner().1).await {
        Ok(_) => Ok(visit::see_other_saying(&app, &visit.url("/settings/components"), "upgraded")),
        Err(error) if settings::is_told_on_form(&error) => {
            shown(&app, &visit, (html::status_of(&error), Some(&error))).await
        }
        Err(error) => Err(error),
    }
}

impl ComponentsPage {
    fn new(visit: &Visit, components: &[TenantComponent], error: Option<&Error>) -> Self {
        let pin = |component: &TenantComponent| {
            let pin = component.pin.as_ref()?;
            let key = component.component.key.clone();
            Some(PinOnPage {
                url: visit.url(&format!("/components/{}", segment(&key))),
                upgrade_url: visit.url(&format!("/settings/components/{}/upgrade", segment(&key))),
                label: component.component.label.clone(),
                used: pin.version,
                newest: component.current.as_ref().map(|entry| entry.component.version),
                can_upgrade: component.can_upgrade(),
                key,
            })
        };
        let pins: Vec<PinOnPage> = components.iter().filter_map(pin).collect();
        Self {
            frame: visit.frame("Component versions", Section::Settings),
            tabs: settings::tabs(visit, "/components"),
            can_change: visit.may(Permission::ComponentsWrite),
            upgrades: pins.iter().filter(|pin| pin.can_upgrade).count(),
            pins,
            problem: settings::problem(error),
        }
    }
}

impl Page for ComponentsPage {
    const TEMPLATE: &'static str = "settings/components";

    fn samples() -> Vec<(&'static str, Self)> {
        let pin = |label: &str, newest: Option<u32>| PinOnPage {
            key: "slack".to_owned(),
            label: label.to_owned(),
            url: "/t/dev/components/slack".to_owned(),
            upgrade_url: "/t/dev/settings/components/slack/upgrade".to_owned(),
            used: 1,
            newest,
            can_upgrade: newest.is_some_and(|newest| newest > 1),
        };
        let page = |pins: Vec<PinOnPage>, problem: Option<&str>| Self {
            frame: Frame::sample("Component versions", Section::Settings),
            tabs: settings::sample_tabs("/components"),
            can_change: true,
            upgrades: pins.iter().filter(|pin| pin.can_upgrade).count(),
            pins,
            problem: problem.map(ToOwned::to_owned),
        };
        let some = vec![pin("Slack", Some(1)), pin("<script>", Some(2)), pin("Gone", None)];
        vec![("empty", page(Vec::new(), None)), ("hostile", page(some, Some("<script>")))]
    }
}
