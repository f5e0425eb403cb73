//! Where browsers may be sent when somebody connected by a link.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Serialize;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::redirect_url::RedirectUrl;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::settings;
use crate::web::settings::Tab;
use crate::web::visit;

#[derive(Serialize)]
pub struct RedirectUrlsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    can_change: bool,
    urls: Vec<UrlOnPage>,
    url: String,
    problem: Option<String>,
}

#[derive(Serialize)]
struct UrlOnPage {
    url: String,
    created_by: String,
    created_at: Instant,
}

/// `GET /t/{tenant}/settings/redirect-urls`
pub async fn index(app: Data<App>, visit: Visit) -> Result<HttpResponse> {
    shown(&app, &visit, StatusCode::OK, ("", None)).await
}

async fn shown(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    (typed, error): (&str, Option<&Error>),
) -> Result<HttpResponse> {
    let urls = app.list_redirect_urls(visit.actor.clone()).await?;
    let page = RedirectUrlsPage {
        frame: visit.frame("Redirect URLs", Section::Settings),
        tabs: settings::tabs(visit, "/redirect-urls"),
        can_change: visit.may(Permission::ConnectionsWrite),
        urls: urls.into_iter().map(UrlOnPage::from).collect(),
        url: typed.to_owned(),
        problem: error.map(|error| settings::sentence(&error.public)),
    };
    html::page(status, &page)
}

/// `POST /t/{tenant}/settings/redirect-urls`
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    let url = fields.get("url").trim();
    match app.add_redirect_url(visit.actor.clone(), url.to_owned()).await {
        Ok(_) => Ok(visit::see_other_saying(&app, &visit.url("/settings/redirect-urls"), "created")),
        Err(error) if settings::is_told_on_form(&error) => {
            shown(&app, &visit, html::status_of(&error), (url, Some(&error))).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/settings/redirect-urls/remove`
pub async fn remove(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    app.remove_redirect_url(visit.actor.clone(), fields.get("url").to_owned()).await?;
    Ok(visit::see_other_saying(&app, &visit.url("/settings/redirect-urls"), "removed"))
}

impl From<RedirectUrl> for UrlOnPage {
    fn from(url: RedirectUrl) -> Self {
        Self { url: url.url, created_by: url.created_by, created_at: url.created_at }
    }
}

impl Page for RedirectUrlsPage {
    const TEMPLATE: &'static str = "settings/redirect_urls";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |urls: &[&str], url: &str, problem: Option<&str>| Self {
            frame: Frame::sample("Redirect URLs", Section::Settings),
            tabs: settings::sample_tabs("/redirect-urls"),
            can_change: true,
            urls: urls
                .iter()
                .map(|url| UrlOnPage {
                    url: (*url).to_owned(),
                    created_by: (*url).to_owned(),
                    created_at: chrono::DateTime::UNIX_EPOCH,
                })
                .collect(),
            url: url.to_owned(),
            problem: problem.map(ToOwned::to_owned),
        };
        let hostile = "https://a.example/\"><script>";
        vec![("empty", page(&[], "", None)), ("hostile", page(&[hostile], hostile, Some("<script>")))]
    }
}
