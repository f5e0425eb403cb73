//! One component: what it is, its connections here, its actions, and its manifest.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::component::TenantComponent;
use crate::app::connection::list::ConnectionFilter;
use crate::app::view::ComponentSummary;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::component::Input;
use crate::model::component::LiveTestPolicy;
use crate::model::values::usual_manager;
use crate::model::yaml;
use crate::web::connection::page::Row;
use crate::web::form::Asked;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::page::Listing;
use crate::web::words;

/// What stands above every tab.
#[derive(Serialize)]
pub struct Head {
    key: String,
    label: String,
    description: Option<String>,
    list_url: String,
    tabs: Vec<Tab>,
    /// Of those who may make connections, where there is a connection type.
    add_url: Option<String>,
}

/// A tab of a page of several.
#[derive(Serialize)]
pub struct Tab {
    pub label: &'static str,
    pub url: String,
    pub is_current: bool,
}

impl Tab {
    /// The tabs of a thing, by the end of their addresses.
    #[must_use]
    pub fn all(base: &str, tabs: &[(&'static str, &'static str)], current: &str) -> Vec<Self> {
        let url = |end: &str| if end.is_empty() { base.to_owned() } else { format!("{base}/{end}") };
        let tab =
            |(end, label): &(&'static str, &'static str)| Self { label, url: url(end), is_current: *end == current };
        tabs.iter().map(tab).collect()
    }
}

const TABS: &[(&str, &str)] =
    &[("", "Overview"), ("connections", "Connections"), ("actions", "Actions"), ("manifest", "Manifest")];

/// What the component is.
#[derive(Serialize)]
pub struct OverviewPage {
    frame: Frame,
    head: Head,
    category: Option<String>,
    documentation_url: Option<String>,
    used_version: Option<u32>,
    newest_version: Option<u32>,
    is_gone: bool,
    upgrade_url: Option<String>,
    must_be_tested: bool,
    types: Vec<TypeOnPage>,
}

#[derive(Serialize)]
struct TypeOnPage {
    label: String,
    key: String,
    auth: String,
    comments: Option<String>,
    inputs: Vec<InputOnPage>,
}

#[derive(Serialize)]
struct InputOnPage {
    label: String,
    key: String,
    is_required: bool,
    is_secret: bool,
    manager: &'static str,
    comments: Option<String>,
}

/// The connections of the component in this tenant.
#[derive(Serialize)]
pub struct ConnectionsPage {
    frame: Frame,
    head: Head,
    connections: Vec<Row>,
    next_url: Option<String>,
    first_url: Option<String>,
}

/// What steps can do with it.
#[derive(Serialize)]
pub struct ActionsPage {
    frame: Frame,
    head: Head,
    actions: Vec<ActionOnPage>,
}

#[derive(Serialize)]
struct ActionOnPage {
    label: String,
    key: String,
    description: Option<String>,
    method: &'static str,
    path: String,
    inputs: Vec<String>,
}

/// The manifest as a file.
#[derive(Serialize)]
pub struct ManifestPage {
    frame: Frame,
    head: Head,
    text: String,
    /// The tenant works with an older one than the deployment's.
    is_older: bool,
    version: u32,
}

impl Head {
    fn new(visit: &Visit, found: &TenantComponent, current: &str) -> Self {
        let component = &found.component;
        let base = visit.url(&format!("/components/{}", component.key));
        let may_add = visit.may(Permission::ConnectionsWrite) && !component.connections.is_empty();
        Self {
            add_url: may_add.then(|| format!("{base}/connections/new")),
            tabs: Tab::all(&base, TABS, current),
            list_url: visit.url("/components"),
            key: component.key.clone(),
            label: component.label.clone(),
            description: component.description.clone(),
        }
    }
}

async fn found(app: &App, visit: &Visit, path: Path<(String, String)>) -> Result<(TenantComponent, Frame)> {
    let found = app.get_component(visit.actor.clone(), path.into_inner().1).await?;
    let frame = visit.frame(found.component.label.clone(), Section::Components);
    Ok((found, frame))
}

/// `GET /t/{tenant}/components/{component}`
pub async fn overview(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (found, frame) = found(&app, &visit, path).await?;
    let component = &found.component;
    let summary = ComponentSummary::from(&found);
    let auths = summary.connection_types.iter().map(|kind| words::auth(&kind.auth));
    let may_upgrade = summary.can_upgrade && visit.may(Permission::ComponentsWrite);
    let page = OverviewPage {
        frame,
        head: Head::new(&visit, &found, ""),
        category: summary.category.as_deref().map(words::title),
        // A link to anything but a page would be a surprise.
        documentation_url: summary.documentation_url.filter(|url| url.starts_with("https://")),
        is_gone: summary.newest.is_none(),
        used_version: summary.used.map(|used| used.version),
        newest_version: summary.newest.map(|newest| newest.version),
        upgrade_url: may_upgrade.then(|| visit.url(&format!("/components/{}/upgrade", component.key))),
        must_be_tested: component.live_test == LiveTestPolicy::Required,
        types: component.connections.iter().zip(auths).map(|(kind, auth)| TypeOnPage::new(kind, auth)).collect(),
    };
    html::page(StatusCode::OK, &page)
}

impl TypeOnPage {
    fn new(kind: &crate::model::component::ConnectionType, auth: String) -> Self {
        let input = |input: &Input| InputOnPage {
            label: input.label.clone(),
            key: input.key.clone(),
            is_required: input.required,
            is_secret: input.is_secret(),
            manager: if input.is_derived() { "Derived" } else { words::manager(usual_manager(input)) },
            comments: input.comments.clone(),
        };
        Self {
            label: kind.label.clone(),
            key: kind.key.clone(),
            auth,
            comments: kind.comments.clone(),
            inputs: kind.inputs.iter().map(input).collect(),
        }
    }
}

/// `GET /t/{tenant}/components/{component}/connections`
pub async fn connections(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Asked,
) -> Result<HttpResponse> {
    let (found, frame) = found(&app, &visit, path).await?;
    let list = Listing::new(&app, visit.actor.tenant.id, "component_connections");
    let cursor = asked.0.text("cursor");
    let request = list.request(None, cursor.as_deref())?;
    let filter = ConnectionFilter { component: Some(found.component.key.clone()), ..ConnectionFilter::default() };
    let listed = app.list_connections(visit.actor.clone(), filter, request.after, request.limit + 1).await?;
    let page = request.page(listed, |listed| listed.described.connection.id);
    let url = visit.url(&format!("/components/{}/connections", found.component.key));
    let page = ConnectionsPage {
        frame,
        head: Head::new(&visit, &found, "connections"),
        next_url: list.cursor(page.next.as_ref()).map(|next| format!("{url}?cursor={next}")),
        first_url: cursor.map(|_| url),
        connections: page.items.iter().map(|listed| Row::new(&visit, listed)).collect(),
    };
    html::page(StatusCode::OK, &page)
}

/// `GET /t/{tenant}/components/{component}/actions`
pub async fn actions(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (found, frame) = found(&app, &visit, path).await?;
    let actions = found.component.actions.iter().map(|action| ActionOnPage {
        label: action.label.clone(),
        key: action.key.clone(),
        description: action.description.clone(),
        method: action.method.as_str(),
        path: action.path.clone(),
        inputs: action.inputs.iter().map(|input| input.label.clone()).collect(),
    });
    let page = ActionsPage { frame, head: Head::new(&visit, &found, "actions"), actions: actions.collect() };
    html::page(StatusCode::OK, &page)
}

/// `GET /t/{tenant}/components/{component}/manifest`
pub async fn manifest(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (found, frame) = found(&app, &visit, path).await?;
    let text = match (&found.current, found.can_upgrade()) {
        (Some(current), false) => current.text.clone(),
        _ => yaml::write(&serde_json::to_value(&*found.component).map_err(Error::internal)?),
    };
    let page = ManifestPage {
        frame,
        head: Head::new(&visit, &found, "manifest"),
        text,
        is_older: found.can_upgrade(),
        version: found.component.version,
    };
    html::page(StatusCode::OK, &page)
}

fn sample_head(text: &str, current: &str) -> Head {
    let base = "/t/dev/components/aws-s3";
    Head {
        key: "aws-s3".to_owned(),
        label: text.to_owned(),
        description: Some(text.to_owned()),
        list_url: "/t/dev/components".to_owned(),
        tabs: Tab::all(base, TABS, current),
        add_url: Some(format!("{base}/connections/new")),
    }
}

fn sample_frame() -> Frame {
    Frame::sample("Amazon S3", Section::Components)
}

impl Page for OverviewPage {
    const TEMPLATE: &'static str = "component/overview";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| {
            let input = |is_secret| InputOnPage {
                label: text.to_owned(),
                key: text.to_owned(),
                is_required: is_secret,
                is_secret,
                manager: "Each customer",
                comments: is_secret.then(|| text.to_owned()),
            };
            let kind = TypeOnPage {
                label: text.to_owned(),
                key: text.to_owned(),
                auth: "Bearer".to_owned(),
                comments: Some(text.to_owned()),
                inputs: vec![input(true), input(false)],
            };
            Self {
                frame: sample_frame(),
                head: sample_head(text, ""),
                category: is_full.then(|| text.to_owned()),
                documentation_url: is_full.then(|| "https://docs.example/".to_owned()),
                used_version: is_full.then_some(1),
                newest_version: Some(2),
                is_gone: false,
                upgrade_url: is_full.then(|| "/t/dev/components/aws-s3/upgrade".to_owned()),
                must_be_tested: is_full,
                types: if is_full { vec![kind] } else { Vec::new() },
            }
        };
        vec![("empty", page("Logic", false)), ("full", page("Amazon S3", true)), ("hostile", page("\"><script>", true))]
    }
}

impl Page for ConnectionsPage {
    const TEMPLATE: &'static str = "component/connections";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, connections: Vec<Row>| Self {
            frame: sample_frame(),
            head: sample_head(text, "connections"),
            next_url: (!connections.is_empty()).then(|| "?cursor=x".to_owned()),
            first_url: (!connections.is_empty()).then(|| "?".to_owned()),
            connections,
        };
        vec![
            ("empty", page("Amazon S3", Vec::new())),
            ("full", page("Amazon S3", vec![Row::sample("Files of customers")])),
            ("hostile", page("\"><script>", vec![Row::sample("\"><script>")])),
        ]
    }
}

impl Page for ActionsPage {
    const TEMPLATE: &'static str = "component/actions";

    fn samples() -> Vec<(&'static str, Self)> {
        let action = |text: &str| ActionOnPage {
            label: text.to_owned(),
            key: text.to_owned(),
            description: Some(text.to_owned()),
            method: "GET",
            path: text.to_owned(),
            inputs: vec![text.to_owned()],
        };
        let page = |text: &str, actions| Self { frame: sample_frame(), head: sample_head(text, "actions"), actions };
        let hostile = "\"><script>";
        vec![
            ("empty", page("Amazon S3", Vec::new())),
            ("full", page("Amazon S3", vec![action("List objects")])),
            ("hostile", page(hostile, vec![action(hostile)])),
        ]
    }
}

impl Page for ManifestPage {
    const TEMPLATE: &'static str = "component/manifest";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_older| Self {
            frame: sample_frame(),
            head: sample_head(text, "manifest"),
            text: format!("key: {text}\n"),
            is_older,
            version: 3,
        };
        vec![("plain", page("Amazon S3", false)), ("hostile", page("</pre><script>", true))]
    }
}
