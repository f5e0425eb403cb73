//! Finding connections, integrations and customers: a page, and the same as JSON while somebody types.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::search::Found;
use crate::app::search::Hit;
use crate::error::Result;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::query::segment;
use crate::web::respond;

/// Of each kind, on the page and while somebody types.
const ON_PAGE: usize = 50;
const WHILE_TYPING: usize = 6;

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
}

#[derive(Serialize)]
pub struct SearchPage {
    frame: Frame,
    q: String,
    is_asked: bool,
    is_empty: bool,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    title: &'static str,
    icon: &'static str,
    hits: Vec<HitOnPage>,
    is_cut: bool,
}

#[derive(Serialize)]
struct HitOnPage {
    label: String,
    key: String,
    component: Option<String>,
    url: String,
}

#[derive(Serialize)]
struct Suggestions {
    connections: Vec<HitOnPage>,
    integrations: Vec<HitOnPage>,
    customers: Vec<HitOnPage>,
}

/// `GET /t/{tenant}/search?q=`
pub async fn index(app: Data<App>, visit: Visit, query: Query<SearchQuery>) -> Result<HttpResponse> {
    let found = app.search(visit.actor.clone(), &query.q, ON_PAGE).await?;
    let frame = visit.frame("Search", Section::None);
    html::page(StatusCode::OK, &SearchPage::new(frame, &visit.url(""), query.into_inner().q, found))
}

/// `GET /t/{tenant}/search/suggest?q=`: the best few.
pub async fn suggest(app: Data<App>, visit: Visit, query: Query<SearchQuery>) -> Result<HttpResponse> {
    let found = app.search(visit.actor.clone(), &query.q, WHILE_TYPING).await?;
    let [connections, integrations, customers] = on_page(&visit.url(""), found);
    Ok(respond::ok(&Suggestions { connections, integrations, customers }))
}

fn on_page(base: &str, found: Found) -> [Vec<HitOnPage>; 3] {
    let hits = |hits: Vec<Hit>, url: &dyn Fn(&str) -> String| {
        let hit = |hit: Hit| HitOnPage { url: url(&hit.id), label: hit.label, key: hit.key, component: hit.component };
        hits.into_iter().map(hit).collect()
    };
    [
        hits(found.connections, &|id| format!("{base}/connections/{id}")),
        hits(found.integrations, &|key| format!("{base}/integrations/{}/designer", segment(key))),
        hits(found.customers, &|id| format!("{base}/customers/{id}")),
    ]
}

impl SearchPage {
    fn new(frame: Frame, base: &str, q: String, found: Found) -> Self {
        let is_empty = found.is_empty();
        let titles = [("Connections", "plug"), ("Integrations", "flow"), ("Customers", "people")];
        let groups = titles.into_iter().zip(on_page(base, found)).filter(|(_, hits)| !hits.is_empty());
        let group = |((title, icon), hits): ((&'static str, &'static str), Vec<HitOnPage>)| Group {
            title,
            icon,
            is_cut: hits.len() >= ON_PAGE,
            hits,
        };
        Self { frame, is_asked: !q.trim().is_empty(), q, is_empty, groups: groups.map(group).collect() }
    }
}

impl Page for SearchPage {
    const TEMPLATE: &'static str = "search/index";

    fn samples() -> Vec<(&'static str, Self)> {
        let page =
            |q: &str, found: Found| Self::new(Frame::sample("Search", Section::None), "/t/dev", q.to_owned(), found);
        let hit = |label: &str| Hit {
            id: "con_1".to_owned(),
            label: label.to_owned(),
            key: "slack-oauth2".to_owned(),
            component: Some("slack".to_owned()),
        };
        let hostile = "\"><script>alert(1)</script>";
        let other = |label: &str| Hit { component: None, ..hit(label) };
        let found = Found {
            connections: vec![hit("Our Slack"), hit(hostile)],
            integrations: vec![other("Orders")],
            customers: vec![other(hostile)],
        };
        vec![
            ("blank", page("", Found::default())),
            ("nothing", page("zzz", Found::default())),
            ("hostile", page(hostile, found)),
        ]
    }
}
