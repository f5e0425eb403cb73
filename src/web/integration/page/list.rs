//! The integrations of a tenant, and a new one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::integration::list::IntegrationFilter;
use crate::app::integration::list::ListedIntegration;
use crate::app::integration::list::PublishState;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::integration::page::query;
use crate::web::integration::page::segment;
use crate::web::visit;

const PAGE: usize = 50;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    status: String,
    slots: String,
    after: String,
}

#[derive(Serialize)]
pub struct ListPage {
    frame: Frame,
    q: String,
    states: Vec<Choice>,
    slots: Vec<Choice>,
    is_filtered: bool,
    items: Vec<Item>,
    may_write: bool,
    next_url: Option<String>,
    first_url: Option<String>,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: &'static str,
    is_chosen: bool,
}

#[derive(Serialize)]
struct Item {
    key: String,
    name: String,
    url: String,
    config_url: String,
    state: &'static str,
    tone: &'static str,
    version: i64,
    slots: usize,
    open_slots: usize,
    updated_at: String,
    edited_by: Option<String>,
}

/// `GET /t/{tenant}/integrations`
pub async fn index(app: Data<App>, visit: Visit, asked: Query<ListQuery>) -> Result<HttpResponse> {
    let filter = IntegrationFilter {
        text: Some(asked.q.trim().to_owned()).filter(|text| !text.is_empty()),
        state: match asked.status.as_str() {
            "draft" => Some(PublishState::Draft),
            "published" => Some(PublishState::Published),
            "changed" => Some(PublishState::Changed),
            _ => None,
        },
        is_bound: match asked.slots.as_str() {
            "bound" => Some(true),
            "open" => Some(false),
            _ => None,
        },
    };
    let after = Some(asked.after.clone()).filter(|after| !after.is_empty());
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let found = app.list_integrations_with_slots(visit.actor.clone(), filter, after, limit).await?;
    html::page(StatusCode::OK, &ListPage::new(&visit, &asked, found))
}

impl ListPage {
    fn new(visit: &Visit, asked: &ListQuery, mut found: Vec<ListedIntegration>) -> Self {
        let base = visit.url("/integrations");
        let same = [("q", asked.q.as_str()), ("status", asked.status.as_str()), ("slots", asked.slots.as_str())];
        let next = (found.len() > PAGE).then(|| found.truncate(PAGE)).and_then(|()| found.last());
        let next_url = next.map(|last| {
            let [one, two, three] = same;
            format!("{base}{}", query(&[one, two, three, ("after", &last.summary.key)]))
        });
        Self {
            frame: visit.frame("Integrations", Section::Integrations),
            q: asked.q.clone(),
            states: choices(
                &asked.status,
                &[
                    ("", "Any status"),
                    ("draft", "Draft"),
                    ("published", "Published"),
                    ("changed", "Unpublished changes"),
                ],
            ),
            slots: choices(
                &asked.slots,
                &[("", "Any connections"), ("bound", "All connected"), ("open", "Connections missing")],
            ),
            is_filtered: same.iter().any(|(_, value)| !value.trim().is_empty()),
            items: found.into_iter().map(|listed| Item::new(&base, listed)).collect(),
            may_write: visit.may(Permission::IntegrationsWrite),
            next_url,
            first_url: (!asked.after.is_empty()).then(|| format!("{base}{}", query(&same))),
        }
    }
}

fn choices(chosen: &str, all: &[(&'static str, &'static str)]) -> Vec<Choice> {
    all.iter().map(|(value, label)| Choice { value, label, is_chosen: *value == chosen }).collect()
}

impl Item {
    fn new(base: &str, listed: ListedIntegration) -> Self {
        let (state, tone) = match listed.state {
            PublishState::Draft => ("Draft", ""),
            PublishState::Published => ("Published", "good"),
            PublishState::Changed => ("Unpublished changes", "warn"),
        };
        let summary = listed.summary;
        let url = format!("{base}/{}", segment(&summary.key));
        Self {
            config_url: format!("{url}/config"),
            url: format!("{url}/designer"),
            key: summary.key,
            name: summary.name,
            state,
            tone,
            version: summary.published_number,
            slots: listed.slots,
            open_slots: listed.open_slots,
            updated_at: summary.updated_at.to_rfc3339(),
            edited_by: summary.draft_edited_by,
        }
    }
}

/// The form for a new integration.
#[derive(Serialize)]
pub struct NewPage {
    frame: Frame,
    name: String,
    key: String,
    name_error: Option<String>,
    key_error: Option<String>,
}

impl NewPage {
    fn new(visit: &Visit, name: &str, key: &str) -> Self {
        let frame = visit.frame("New integration", Section::Integrations);
        let (name, key) = (name.to_owned(), key.to_owned());
        Self { frame, name, key, name_error: None, key_error: None }
    }
}

/// `GET /t/{tenant}/integrations/new`
pub async fn new(visit: Visit) -> Result<HttpResponse> {
    visit.actor.require(Permission::IntegrationsWrite)?;
    html::page(StatusCode::OK, &NewPage::new(&visit, "", ""))
}

/// `POST /t/{tenant}/integrations/new`
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    match app.create_integration(visit.actor.clone(), fields.get("name").to_owned(), fields.text("key")).await {
        Ok(made) => {
            let place = visit.url(&format!("/integrations/{}/designer", segment(&made.key)));
            Ok(visit::see_other_saying(&app, &place, "created"))
        }
        Err(error) if matches!(error.code, "invalid_fields" | "key_taken") => {
            let of =
                |name: &str| error.fields.iter().find(|field| field.field == name).map(|field| field.message.clone());
            let is_taken = error.code == "key_taken";
            let page = NewPage {
                name_error: of("name"),
                key_error: of("key").or_else(|| is_taken.then(|| error.public.clone())),
                ..NewPage::new(&visit, fields.get("name"), fields.get("key"))
            };
            html::page(html::status_of(&error), &page)
        }
        Err(error) => Err(error),
    }
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "integration/list";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |q: &str, items: Vec<Item>| Self {
            frame: Frame::sample("Integrations", Section::Integrations),
            q: q.to_owned(),
            states: choices("draft", &[("", "Any status"), ("draft", "Draft")]),
            slots: choices("", &[("", "Any connections"), ("open", "Connections missing")]),
            is_filtered: !q.is_empty(),
            items,
            may_write: true,
            next_url: None,
            first_url: None,
        };
        let item = |name: &str, open_slots| Item {
            key: "order-alerts".to_owned(),
            name: name.to_owned(),
            url: "/t/dev/integrations/order-alerts/designer".to_owned(),
            config_url: "/t/dev/integrations/order-alerts/config".to_owned(),
            state: "Published",
            tone: "good",
            version: 1,
            slots: 2,
            open_slots,
            updated_at: "2026-11-22T07:05:00Z".to_owned(),
            edited_by: Some(name.to_owned()),
        };
        let hostile = page("\"><script>", vec![item("<script>", 1)]);
        vec![
            ("empty", page("", Vec::new())),
            ("nothing_found", page("x", Vec::new())),
            (
                "two",
                Self { next_url: Some("?after=a".to_owned()), ..page("", vec![item("Order alerts", 0), item("B", 2)]) },
            ),
            ("hostile", hostile),
        ]
    }
}

impl Page for NewPage {
    const TEMPLATE: &'static str = "integration/new";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |name: &str, error: Option<&str>| Self {
            frame: Frame::sample("New integration", Section::Integrations),
            name: name.to_owned(),
            key: String::new(),
            name_error: error.map(str::to_owned),
            key_error: error.map(str::to_owned),
        };
        vec![("empty", page("", None)), ("hostile", page("<script>", Some("<img onerror=alert(1)>")))]
    }
}
