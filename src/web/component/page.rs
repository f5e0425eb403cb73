//! Components in the browser: the list, and what is behind each.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::component::TenantComponent;
use crate::app::view::ComponentSummary;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::web::field::Choice;
use crate::web::field::choice;
use crate::web::form::Asked;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::visit;
use crate::web::words;

pub mod show;

/// All components, those that are used first.
#[derive(Serialize)]
pub struct ComponentsPage {
    frame: Frame,
    url: String,
    text: String,
    categories: Vec<Choice>,
    uses: Vec<Choice>,
    is_filtered: bool,
    count: usize,
    components: Vec<Tile>,
}

#[derive(Serialize)]
struct Tile {
    key: String,
    label: String,
    description: Option<String>,
    category: Option<String>,
    #[serde(skip)]
    category_key: Option<String>,
    url: String,
    connections: i64,
    has_one: bool,
    can_upgrade: bool,
}

/// `GET /t/{tenant}/components`
pub async fn index(app: Data<App>, visit: Visit, asked: Asked) -> Result<HttpResponse> {
    let all = app.list_components(visit.actor.clone()).await?;
    let counts = app.count_connections(visit.actor.clone()).await?;
    let (text, category) = (asked.0.text("q").unwrap_or_default(), asked.0.text("category").unwrap_or_default());
    let used = asked.0.text("used").unwrap_or_default();
    let words: BTreeSet<String> = all.iter().filter_map(|found| found.component.category.clone()).collect();
    let tiles = all.iter().map(|found| {
        let connections = counts.get(&found.component.key).copied().unwrap_or_default();
        Tile::new(&visit, found, connections)
    });
    let wanted = text.to_lowercase();
    let mut components: Vec<Tile> = tiles.filter(|tile| tile.fits(&wanted, &category, &used)).collect();
    components.sort_by_key(|tile| (tile.connections == 0, tile.label.to_lowercase()));
    let all_categories = std::iter::once(choice("", "All categories", &category));
    let uses = [("", "Used or not"), ("yes", "Used here"), ("no", "Not used here")];
    let page = ComponentsPage {
        frame: visit.frame("Components", Section::Components),
        url: visit.url("/components"),
        categories: all_categories.chain(words.iter().map(|w| choice(w, words::title(w), &category))).collect(),
        uses: uses.iter().map(|(value, label)| choice(value, *label, &used)).collect(),
        is_filtered: !(text.is_empty() && category.is_empty() && used.is_empty()),
        text,
        count: components.len(),
        components,
    };
    html::page(StatusCode::OK, &page)
}

/// `POST /t/{tenant}/components/{component}/upgrade`
pub async fn upgrade(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    app.upgrade_component(visit.actor.clone(), key.clone()).await?;
    Ok(visit::see_other_saying(&app, &visit.url(&format!("/components/{key}")), "upgraded"))
}

impl Tile {
    fn new(visit: &Visit, found: &TenantComponent, connections: i64) -> Self {
        let summary = ComponentSummary::from(found);
        Self {
            url: visit.url(&format!("/components/{}", summary.key)),
            key: summary.key,
            label: summary.label,
            description: summary.description,
            category: summary.category.as_deref().map(words::title),
            category_key: summary.category,
            connections,
            has_one: connections == 1,
            can_upgrade: summary.can_upgrade && visit.may(Permission::ComponentsWrite),
        }
    }

    fn fits(&self, text: &str, category: &str, used: &str) -> bool {
        let holds = |part: &str| part.to_lowercase().contains(text);
        let is_text = holds(&self.label) || holds(&self.key) || self.description.as_deref().is_some_and(holds);
        let is_category = category.is_empty() || self.category_key.as_deref() == Some(category);
        let is_use = match used {
            "yes" => self.connections > 0,
            "no" => self.connections == 0,
            _ => true,
        };
        is_text && is_category && is_use
    }
}

impl Page for ComponentsPage {
    const TEMPLATE: &'static str = "component/index";

    fn samples() -> Vec<(&'static str, Self)> {
        let tile = |text: &str, connections| Tile {
            key: "aws-s3".to_owned(),
            label: text.to_owned(),
            description: (connections > 0).then(|| text.to_owned()),
            category: Some(text.to_owned()),
            category_key: None,
            url: "/t/dev/components/aws-s3".to_owned(),
            connections,
            has_one: connections == 1,
            can_upgrade: connections > 1,
        };
        let page = |text: &str, components: Vec<Tile>| Self {
            frame: Frame::sample("Components", Section::Components),
            url: "/t/dev/components".to_owned(),
            text: text.to_owned(),
            categories: vec![choice("", "All categories", ""), choice(text, text, "")],
            uses: vec![choice("", "Used or not", "")],
            is_filtered: !text.is_empty(),
            count: components.len(),
            components,
        };
        let hostile = "\"><script>";
        vec![
            ("empty", page("nothing like it", Vec::new())),
            ("full", page("", vec![tile("Amazon S3", 2), tile("Slack", 1), tile("Shopify", 0)])),
            ("hostile", page(hostile, vec![tile(hostile, 1)])),
        ]
    }
}
