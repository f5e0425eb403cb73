//! Deleting a connection: what would break, and a typed confirmation.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::web::connection::page::Head;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::connection::page::usage::Use;
use crate::web::connection::page::usage::sample;
use crate::web::connection::page::usage::uses;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;

#[derive(Serialize)]
pub struct DeletePage {
    frame: Frame,
    head: Head,
    refusal: Option<Refusal>,
    confirm_error: Option<String>,
    uses: Vec<Use>,
    customer_credentials: i64,
    is_used: bool,
    may_force: bool,
    typed: String,
    version: i64,
}

async fn page(
    app: &App,
    visit: &Visit,
    looked: &Looked,
    (typed, refused): (&str, Option<Refusal>),
) -> Result<HttpResponse> {
    visit.actor.require(Permission::ConnectionsWrite)?;
    let usage = app.connection_usage(visit.actor.clone(), looked.id()).await?;
    let page = DeletePage {
        frame: looked.frame(visit),
        head: looked.head(visit, "manage"),
        confirm_error: refusal::field(refused.as_ref(), "confirm"),
        uses: uses(visit, &usage),
        customer_credentials: usage.customer_credentials,
        is_used: usage.is_used(),
        may_force: visit.may(Permission::Force),
        typed: typed.to_owned(),
        version: looked.described.connection.version,
        refusal: refused,
    };
    html::page(refusal::status(page.refusal.as_ref()), &page)
}

/// `GET /t/{tenant}/connections/{connection}/delete`
pub async fn confirm(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    page(&app, &visit, &looked, ("", None)).await
}

/// `POST /t/{tenant}/connections/{connection}/delete`
pub async fn delete(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    match delete_confirmed(&app, &visit, &looked, &fields).await {
        Ok(()) => Ok(visit::see_other_saying(&app, &visit.url("/connections"), "deleted")),
        Err(error) => page(&app, &visit, &looked, (fields.get("confirm"), Some(Refusal::of(error)?))).await,
    }
}

async fn delete_confirmed(app: &App, visit: &Visit, looked: &Looked, fields: &Fields) -> Result<()> {
    let key = looked.described.connection.stable_key.as_str();
    if fields.get("confirm").trim() != key {
        let wrong = FieldError::new("confirm", "not_confirmed", "type the stable key exactly as it stands above");
        return Err(Error::of_fields(vec![wrong]).unwrap_or_else(|| Error::bug("no wrong field")));
    }
    let version = fields.get("version").parse().ok();
    app.delete_connection(visit.actor.clone(), looked.id(), version, fields.has("force")).await.map(drop)
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "connection/delete";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: sample_frame(),
            head: Head::sample(text, "manage"),
            refusal: is_full.then(|| refusal::sample(text)),
            confirm_error: is_full.then(|| text.to_owned()),
            uses: if is_full { vec![sample(text)] } else { Vec::new() },
            customer_credentials: i64::from(is_full),
            is_used: is_full,
            may_force: is_full,
            typed: text.to_owned(),
            version: 2,
        };
        vec![
            ("unused", page("Our Slack", false)),
            ("used", page("Our Slack", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
