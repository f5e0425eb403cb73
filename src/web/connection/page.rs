//! Connections in the browser: the list, and what the pages of one connection have in common.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use url::form_urlencoded;

use crate::app::App;
use crate::app::connection::list::ConnectionFilter;
use crate::app::connection::list::Listed;
use crate::app::layers::Described;
use crate::app::view::ConnectionView;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::web::component::page::show::Tab;
use crate::web::field::Choice;
use crate::web::field::choice;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::page::Listing;
use crate::web::words;
use crate::web::words::Badge;

pub mod delete;
pub mod history;
pub mod manage;
pub mod overview;
pub mod people;
pub mod usage;
pub mod values;

/// The connections of the tenant.
#[derive(Serialize)]
pub struct ConnectionsPage {
    frame: Frame,
    url: String,
    components_url: String,
    may_add: bool,
    text: String,
    components: Vec<Choice>,
    scopes: Vec<Choice>,
    statuses: Vec<Choice>,
    is_filtered: bool,
    connections: Vec<Row>,
    next_url: Option<String>,
    first_url: Option<String>,
}

/// A connection in a table.
#[derive(Serialize)]
pub struct Row {
    label: String,
    stable_key: String,
    component: String,
    component_label: String,
    type_label: String,
    scope: &'static str,
    status: Badge,
    is_embedded: bool,
    is_placeholder: bool,
    url: String,
}

impl Row {
    #[must_use]
    pub fn new(visit: &Visit, listed: &Listed) -> Self {
        let Described { connection, component } = &listed.described;
        let kind = component.connection_type(&connection.connection_type);
        Self {
            label: connection.label.clone(),
            stable_key: connection.stable_key.to_string(),
            component: component.key.clone(),
            component_label: component.label.clone(),
            type_label: kind.map_or_else(|| connection.connection_type.clone(), |kind| kind.label.clone()),
            scope: words::scope(connection.scope),
            status: words::readiness(listed.readiness),
            is_embedded: connection.is_embedded,
            is_placeholder: connection.is_placeholder,
            url: visit.url(&format!("/connections/{}", connection.id)),
        }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        Self {
            label: text.to_owned(),
            stable_key: "aws-s3-api-key-secret".to_owned(),
            component: "aws-s3".to_owned(),
            component_label: text.to_owned(),
            type_label: text.to_owned(),
            scope: words::scope(Scope::Customer),
            status: words::readiness(Readiness::Pending),
            is_embedded: true,
            is_placeholder: true,
            url: "/t/dev/connections/con_1".to_owned(),
        }
    }
}

const SCOPES: [Scope; 3] = Scope::ALL;
const STATUSES: [(&str, Readiness); 3] =
    [("ready", Readiness::Ready), ("pending", Readiness::Pending), ("disabled", Readiness::Disabled)];

/// `GET /t/{tenant}/connections`
pub async fn index(app: Data<App>, visit: Visit, asked: Asked) -> Result<HttpResponse> {
    let asked = asked.0;
    let status = STATUSES.iter().find(|(word, _)| *word == asked.get("status"));
    let filter = ConnectionFilter {
        component: asked.text("component"),
        scope: asked.get("scope").parse().ok(),
        status: status.map(|(_, readiness)| *readiness),
        text: asked.text("q"),
        ..ConnectionFilter::default()
    };
    let list = Listing::new(&app, visit.actor.tenant.id, "connections_page");
    let request = list.request(None, asked.text("cursor").as_deref())?;
    let listed = app.list_connections(visit.actor.clone(), filter, request.after, request.limit + 1).await?;
    let listed = request.page(listed, |listed| listed.described.connection.id);
    let components = component_choices(&app, &visit, asked.get("component")).await?;
    let next = list.cursor(listed.next.as_ref());
    let rows = listed.items.iter().map(|listed| Row::new(&visit, listed)).collect();
    html::page(StatusCode::OK, &ConnectionsPage::new(&visit, &asked, (rows, next), components))
}

/// The components that have connections here.
async fn component_choices(app: &App, visit: &Visit, chosen: &str) -> Result<Vec<Choice>> {
    let counts = app.count_connections(visit.actor.clone()).await?;
    let label = |key: &str| app.catalog().get(key).map_or_else(|| key.to_owned(), |e| e.component.label.clone());
    let all = std::iter::once(choice("", "All components", chosen));
    let mut found: Vec<Choice> = counts.keys().map(|key| choice(key, label(key), chosen)).collect();
    found.sort_by_key(|choice| choice.label.to_lowercase());
    Ok(all.chain(found).collect())
}

impl ConnectionsPage {
    fn new(visit: &Visit, asked: &Fields, found: (Vec<Row>, Option<String>), components: Vec<Choice>) -> Self {
        let (connections, next) = found;
        let url = visit.url("/connections");
        let kept = ["q", "component", "scope", "status"].into_iter().filter_map(|name| Some((name, asked.text(name)?)));
        let kept: Vec<(&str, String)> = kept.collect();
        let page_url = |cursor: Option<&str>| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&kept);
            query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
            format!("{url}?{}", query.finish())
        };
        let scopes = SCOPES.iter().map(|scope| choice(scope.as_str(), words::scope(*scope), asked.get("scope")));
        let statuses =
            STATUSES.iter().map(|(word, status)| choice(word, words::readiness(*status).word, asked.get("status")));
        Self {
            frame: visit.frame("Connections", Section::Connections),
            components_url: visit.url("/components"),
            may_add: visit.may(Permission::ConnectionsWrite),
            text: asked.text("q").unwrap_or_default(),
            components,
            scopes: std::iter::once(choice("", "Any scope", "?")).chain(scopes).collect(),
            statuses: std::iter::once(choice("", "Any status", "?")).chain(statuses).collect(),
            is_filtered: !kept.is_empty(),
            connections,
            next_url: next.as_deref().map(|cursor| page_url(Some(cursor))),
            first_url: asked.text("cursor").map(|_| page_url(None)),
            url,
        }
    }
}

/// What stands above every tab of one connection.
#[derive(Serialize)]
pub struct Head {
    label: String,
    description: Option<String>,
    stable_key: String,
    component: String,
    component_label: String,
    component_url: String,
    list_url: String,
    url: String,
    status: Badge,
    scope: &'static str,
    is_placeholder: bool,
    tabs: Vec<Tab>,
}

const TABS: &[(&str, &str)] = &[
    ("", "Overview"),
    ("values", "Values"),
    ("customers", "Customers"),
    ("usage", "Used in"),
    ("history", "History"),
    ("attempts", "Attempts"),
    ("manage", "Manage"),
];

impl Head {
    fn new(visit: &Visit, described: &Described, view: &ConnectionView, current: &str) -> Self {
        let connection = &view.connection;
        let url = connection_url(visit, described);
        let is_global = connection.scope == Scope::OrganizationGlobal;
        // All customers share the organization's account there.
        let tabs: Vec<_> = TABS.iter().copied().filter(|(end, _)| *end != "customers" || !is_global).collect();
        Self {
            label: connection.label.clone(),
            description: connection.description.clone(),
            stable_key: connection.stable_key.to_string(),
            component: connection.component.clone(),
            component_label: described.component.label.clone(),
            component_url: visit.url(&format!("/components/{}/connections", connection.component)),
            list_url: visit.url("/connections"),
            status: words::readiness(connection.status),
            scope: words::scope(connection.scope),
            is_placeholder: connection.is_placeholder,
            tabs: Tab::all(&url, &tabs, current),
            url,
        }
    }

    /// For samples of pages.
    fn sample(text: &str, current: &str) -> Self {
        Self {
            label: text.to_owned(),
            description: Some(text.to_owned()),
            stable_key: "slack-oauth2".to_owned(),
            component: "slack".to_owned(),
            component_label: text.to_owned(),
            component_url: "/t/dev/components/slack/connections".to_owned(),
            list_url: "/t/dev/connections".to_owned(),
            url: "/t/dev/connections/con_1".to_owned(),
            status: words::readiness(Readiness::Pending),
            scope: words::scope(Scope::Customer),
            is_placeholder: true,
            tabs: Tab::all("/t/dev/connections/con_1", TABS, current),
        }
    }
}

/// Where a connection is shown.
#[must_use]
pub fn connection_url(visit: &Visit, described: &Described) -> String {
    visit.url(&format!("/connections/{}", described.connection.id))
}

/// A connection that a page is about.
pub struct Looked {
    pub described: Described,
    pub view: ConnectionView,
}

impl Looked {
    pub fn head(&self, visit: &Visit, current: &str) -> Head {
        Head::new(visit, &self.described, &self.view, current)
    }

    pub fn frame(&self, visit: &Visit) -> Frame {
        visit.frame(self.view.connection.label.clone(), Section::Connections)
    }

    /// As the use cases take it.
    pub fn id(&self) -> String {
        self.described.connection.id.to_string()
    }

    pub fn needs_consent(&self) -> bool {
        self.described.kind().is_ok_and(|kind| kind.auth.needs_consent())
    }
}

/// Reads the connection of a path, by its id, key or alias.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn look(app: &App, visit: &Visit, path: Path<(String, String)>) -> Result<Looked> {
    let described = app.get_connection(visit.actor.clone(), path.into_inner().1).await?;
    let view = app.show_connection(visit.actor.tenant.id, described.clone()).await?;
    Ok(Looked { described, view })
}

fn sample_frame() -> Frame {
    Frame::sample("Our Slack", Section::Connections)
}

impl Page for ConnectionsPage {
    const TEMPLATE: &'static str = "connection/index";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, connections: Vec<Row>| Self {
            frame: Frame::sample("Connections", Section::Connections),
            url: "/t/dev/connections".to_owned(),
            components_url: "/t/dev/components".to_owned(),
            may_add: true,
            text: text.to_owned(),
            components: vec![choice("", "All components", ""), choice(text, text, "")],
            scopes: vec![choice("", "Any scope", "")],
            statuses: vec![choice("", "Any status", "")],
            is_filtered: !text.is_empty(),
            next_url: (!connections.is_empty()).then(|| "?cursor=x".to_owned()),
            first_url: None,
            connections,
        };
        vec![
            ("empty", page("", Vec::new())),
            ("none fits", page("nothing", Vec::new())),
            ("full", page("", vec![Row::sample("Our Slack")])),
            ("hostile", page("\"><script>", vec![Row::sample("\"><script>")])),
        ]
    }
}
