//! The last page of the wizard: what is left to do for the new connection.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use url::form_urlencoded;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::link::Completes;
use crate::error::Result;
use crate::model::connection::Scope;
use crate::model::values::OwnerKind;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::overview::why_failed;
use crate::web::connection::wizard::create::with_connection;
use crate::web::credential::card::Card;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::session::page::local;

#[derive(Serialize)]
pub struct CreatedPage {
    frame: Frame,
    label: String,
    stable_key: String,
    failed: Option<String>,
    /// To be registered with the provider.
    redirect_uri: Option<String>,
    card: Card,
    back_url: Option<String>,
    url: String,
    people_url: Option<String>,
}

/// `GET /t/{tenant}/connections/{connection}/created`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let failed = match asked.0.text("error") {
        Some(code) => Some(why_failed(&app, &visit, &looked, &code).await?),
        None => None,
    };
    let owner = first_owner(&looked);
    let url = visit.url(&format!("/connections/{}", looked.id()));
    let back = place(&visit, &asked.0);
    let page = CreatedPage {
        frame: looked.frame(&visit),
        label: looked.view.connection.label.clone(),
        stable_key: looked.view.connection.stable_key.to_string(),
        failed,
        redirect_uri: looked.view.redirect_uri.clone(),
        card: Card::load(&app, &visit, &looked, owner).await?.connecting_at(own_url(&visit, &looked, back.as_deref())),
        back_url: back.map(|place| with_connection(&place, &looked.described)),
        people_url: (looked.described.connection.scope != Scope::OrganizationGlobal)
            .then(|| format!("{url}/customers")),
        url,
    };
    html::page(StatusCode::OK, &page)
}

/// `POST /t/{tenant}/connections/{connection}/created`: connects at the provider, and comes back to this page.
pub async fn connect(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let owner = if first_owner(&looked) == OwnerKind::Test { OwnerRef::Test } else { OwnerRef::Organization };
    let page = own_url(&visit, &looked, place(&visit, &asked.0).as_deref());
    let completes = Completes::Owner { connection: looked.id(), owner };
    Ok(html::see_other(&app.connect_from_page(visit.actor.clone(), completes, page).await?))
}

/// This page, with where it leads in the end.
fn own_url(visit: &Visit, looked: &Looked, back: Option<&str>) -> String {
    let page = visit.url(&format!("/connections/{}/created", looked.id()));
    let query = |place| form_urlencoded::Serializer::new(String::new()).append_pair("return_to", place).finish();
    back.map_or_else(|| page.clone(), |place| format!("{page}?{}", query(place)))
}

/// Whose credential comes first: of one account for all, that one.
fn first_owner(looked: &Looked) -> OwnerKind {
    match looked.described.connection.scope {
        Scope::OrganizationGlobal => OwnerKind::Organization,
        _ => OwnerKind::Test,
    }
}

/// Where somebody came from: a page of this tenant.
fn place(visit: &Visit, fields: &Fields) -> Option<String> {
    local(fields.get("return_to")).filter(|place| place.starts_with(&visit.url("/"))).map(ToOwned::to_owned)
}

impl Page for CreatedPage {
    const TEMPLATE: &'static str = "wizard/created";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: Frame::sample("New connection", Section::Connections),
            label: text.to_owned(),
            stable_key: text.to_owned(),
            failed: is_full.then(|| text.to_owned()),
            redirect_uri: is_full.then(|| text.to_owned()),
            card: Card::sample(text),
            back_url: is_full.then(|| "/t/dev/integrations/orders/designer?connection=con_1".to_owned()),
            url: "/t/dev/connections/con_1".to_owned(),
            people_url: is_full.then(|| "/t/dev/connections/con_1/customers".to_owned()),
        };
        vec![("plain", page("Our Slack", false)), ("hostile", page("\"><script>", true))]
    }
}
