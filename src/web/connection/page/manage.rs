//! What a connection is called, the keys that find it, its redirect URI, and the way to its end.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::connection::ConnectionUpdate;
use crate::app::connection::list::ConnectionFilter;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::web::connection::page::Head;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::field::Choice;
use crate::web::field::choice;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;

#[derive(Serialize)]
pub struct ManagePage {
    frame: Frame,
    head: Head,
    refusal: Option<Refusal>,
    may_write: bool,
    version: i64,
    label: String,
    label_error: Option<String>,
    description: String,
    description_error: Option<String>,
    stable_key: String,
    stable_key_error: Option<String>,
    aliases: Vec<String>,
    /// Connections whose redirect URI it could have; nothing where nobody authorizes.
    sharing: Option<Vec<Choice>>,
    delete_url: String,
}

async fn page(
    app: &App,
    visit: &Visit,
    looked: &Looked,
    (typed, refused): (Option<&Fields>, Option<Refusal>),
) -> Result<HttpResponse> {
    let connection = &looked.described.connection;
    let text = |name: &str, stored: &str| {
        typed.filter(|typed| typed.has(name)).map_or_else(|| stored.to_owned(), |typed| typed.get(name).to_owned())
    };
    let page = ManagePage {
        frame: looked.frame(visit),
        head: looked.head(visit, "manage"),
        may_write: visit.may(Permission::ConnectionsWrite),
        version: connection.version,
        label: text("label", &connection.label),
        label_error: refusal::field(refused.as_ref(), "label"),
        description: text("description", connection.description.as_deref().unwrap_or_default()),
        description_error: refusal::field(refused.as_ref(), "description"),
        stable_key: text("stable_key", connection.stable_key.as_str()),
        stable_key_error: refusal::field(refused.as_ref(), "stable_key"),
        aliases: connection.aliases.iter().map(ToString::to_string).collect(),
        sharing: sharing(app, visit, looked).await?,
        delete_url: visit.url(&format!("/connections/{}/delete", looked.id())),
        refusal: refused,
    };
    html::page(refusal::status(page.refusal.as_ref()), &page)
}

/// Own, or another connection's of the same type.
async fn sharing(app: &App, visit: &Visit, looked: &Looked) -> Result<Option<Vec<Choice>>> {
    if !looked.needs_consent() {
        return Ok(None);
    }
    let connection = &looked.described.connection;
    let shared = app.callback(visit.actor.clone(), looked.id()).await?.shared_with;
    let chosen = shared.first().map(ToString::to_string).unwrap_or_default();
    let filter = ConnectionFilter { component: Some(connection.component.clone()), ..ConnectionFilter::default() };
    let others = app.list_connections(visit.actor.clone(), filter, None, 100).await?;
    let others = others.iter().map(|listed| &listed.described.connection);
    let others = others.filter(|o| o.id != connection.id && o.connection_type == connection.connection_type);
    let own = std::iter::once(choice("", "A redirect URI of its own", &chosen));
    Ok(Some(
        own.chain(others.map(|o| choice(o.stable_key.as_str(), format!("Shared with {}", o.stable_key), &chosen)))
            .collect(),
    ))
}

/// `GET /t/{tenant}/connections/{connection}/manage`
pub async fn edit(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    page(&app, &visit, &looked, (None, None)).await
}

/// `POST /t/{tenant}/connections/{connection}/manage`: one of the forms of that page.
pub async fn update(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    match change(&app, &visit, &looked, &fields).await {
        Ok(word) => {
            let page = visit.url(&format!("/connections/{}/manage", looked.id()));
            Ok(visit::see_other_saying(&app, &page, word))
        }
        Err(error) => page(&app, &visit, &looked, (Some(&fields), Some(Refusal::of(error)?))).await,
    }
}

async fn change(app: &App, visit: &Visit, looked: &Looked, fields: &Fields) -> Result<&'static str> {
    let (actor, id) = (visit.actor.clone(), looked.id());
    let version = fields.get("version").parse().ok();
    match fields.get("change") {
        "stable_key" => {
            app.rename_connection(actor, id, version, fields.get("stable_key").trim().to_owned()).await?;
            Ok("renamed")
        }
        "alias" => {
            app.release_alias(actor, id, None, fields.get("alias").to_owned()).await?;
            Ok("released")
        }
        "callback" => {
            app.share_callback(actor, id, fields.text("share_with")).await?;
            Ok("saved")
        }
        _ => {
            let label = Some(fields.get("label").to_owned());
            let description = Some(fields.text("description"));
            let update = ConnectionUpdate { label, description, ..ConnectionUpdate::default() };
            app.update_connection(actor, id, version, update).await?;
            Ok("saved")
        }
    }
}

impl Page for ManagePage {
    const TEMPLATE: &'static str = "connection/manage";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: sample_frame(),
            head: Head::sample(text, "manage"),
            refusal: is_full.then(|| refusal::sample(text)),
            may_write: is_full,
            version: 2,
            label: text.to_owned(),
            label_error: is_full.then(|| text.to_owned()),
            description: text.to_owned(),
            description_error: is_full.then(|| text.to_owned()),
            stable_key: "slack-oauth2".to_owned(),
            stable_key_error: is_full.then(|| text.to_owned()),
            aliases: if is_full { vec![text.to_owned()] } else { Vec::new() },
            sharing: is_full.then(|| vec![choice("", text, "")]),
            delete_url: "/t/dev/connections/con_1/delete".to_owned(),
        };
        vec![
            ("viewer", page("Our Slack", false)),
            ("full", page("Taken", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
