//! The customers of a connection: their credentials, and the links by which they give them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::link::Completes;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Permission;
use crate::model::connection::Scope;
use crate::model::page::PageRequest;
use crate::model::user::CustomerFilter;
use crate::model::values::OwnerKind;
use crate::web::connection::page::Head;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::credential::row::Row;
use crate::web::field::Choice;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::link::page as link;
use crate::web::page::Listing;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;

/// How many links and customers a page offers.
const SOME: usize = 50;

#[derive(Serialize)]
pub struct PeoplePage {
    frame: Frame,
    head: Head,
    refusal: Option<Refusal>,
    credentials: Vec<Row>,
    next_url: Option<String>,
    first_url: Option<String>,
    /// Where you enter customers' credentials for them.
    enter_url: Option<String>,
    may_link: bool,
    customers: Vec<CustomerChoice>,
    typed_customer: String,
    typed_name: String,
    customer_error: Option<String>,
    expiries: Vec<Choice>,
    links: Vec<link::Row>,
    revoke_url: Option<String>,
}

/// A customer to choose.
#[derive(Serialize)]
pub struct CustomerChoice {
    external_id: String,
    name: String,
}

/// The first customers, to choose from; others are typed.
///
/// # Errors
/// Those of reading.
pub async fn customer_choices(app: &App, visit: &Visit) -> Result<Vec<CustomerChoice>> {
    if !visit.may(Permission::CustomersRead) {
        return Ok(Vec::new());
    }
    let page = app.list_customers(visit.actor.clone(), CustomerFilter::default(), PageRequest::first(200)).await?;
    Ok(page.items.into_iter().map(|c| CustomerChoice { external_id: c.external_id, name: c.name }).collect())
}

/// `GET /t/{tenant}/connections/{connection}/customers`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    page(&app, &visit, &looked, (asked.0, None)).await
}

async fn page(
    app: &App,
    visit: &Visit,
    looked: &Looked,
    (fields, refused): (Fields, Option<Refusal>),
) -> Result<HttpResponse> {
    let status = refusal::status(refused.as_ref());
    let list = Listing::new(app, visit.actor.tenant.id, "connection_people");
    let cursor = fields.text("cursor");
    let request = list.request::<CredentialId>(None, cursor.as_deref())?;
    let actor = || visit.actor.clone();
    let held = app.list_credentials(actor(), (Some(looked.id()), None), request.after, request.fetch()).await?;
    let held = request.page(held, |held| held.credential.id);
    let shown = app.show_credentials(visit.actor.tenant.id, held.items).await?;
    let links = app.list_links(actor(), looked.id(), None, i64::try_from(SOME).unwrap_or(i64::MAX)).await?;
    let url = visit.url(&format!("/connections/{}", looked.id()));
    let may = visit.may(Permission::CredentialsWrite);
    let scope = looked.described.connection.scope;
    let page = PeoplePage {
        frame: looked.frame(visit),
        head: looked.head(visit, "customers"),
        credentials: shown
            .iter()
            .filter(|credential| credential.owner == OwnerKind::Customer)
            .map(|credential| Row::new(visit, credential))
            .collect(),
        next_url: list.cursor(held.next.as_ref()).map(|next| format!("{url}/customers?cursor={next}")),
        first_url: cursor.map(|_| format!("{url}/customers")),
        enter_url: (may && !looked.needs_consent()).then(|| format!("{url}/credentials/new?owner=customer")),
        may_link: may && scope == Scope::Customer,
        customers: if may { customer_choices(app, visit).await? } else { Vec::new() },
        typed_customer: fields.get("customer").to_owned(),
        typed_name: fields.get("name").to_owned(),
        customer_error: refusal::field(refused.as_ref(), "customer"),
        expiries: link::expiries(fields.get("days")),
        links: links.iter().filter(|link| link::is_sent(link)).map(link::Row::new).collect(),
        revoke_url: may.then(|| format!("{url}/links/revoke")),
        refusal: refused,
    };
    html::page(status, &page)
}

/// `POST /t/{tenant}/connections/{connection}/links`
pub async fn create_link(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let made = async {
        let customer = fields.text("customer").ok_or_else(|| unknown_customer("say for which customer"))?;
        let owner = OwnerRef::Customer { customer, name: fields.text("name") };
        let completes = Completes::Owner { connection: looked.id(), owner };
        let back = visit.url(&format!("/connections/{}/customers", looked.id()));
        link::make(&app, &visit, completes, (&fields, back)).await
    };
    match made.await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = match error.code {
                "not_found" => unknown_customer("there is no such customer; make it under Customers first"),
                _ => error,
            };
            page(&app, &visit, &looked, (fields, Some(Refusal::of(error)?))).await
        }
    }
}

/// A wrong customer in a form.
#[must_use]
pub fn unknown_customer(what: &str) -> Error {
    Error::of_fields(vec![FieldError::new("customer", "unknown_customer", what)])
        .unwrap_or_else(|| Error::bug("no wrong field"))
}

/// `POST /t/{tenant}/connections/{connection}/links/revoke`
pub async fn revoke_link(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let id = fields.get("link").parse().map_err(|_not_an_id| Error::not_found("connect link", fields.get("link")))?;
    app.revoke_link(visit.actor.clone(), id).await?;
    let page = visit.url(&format!("/connections/{}/customers", looked.id()));
    Ok(visit::see_other_saying(&app, &page, "revoked"))
}

impl Page for PeoplePage {
    const TEMPLATE: &'static str = "connection/people";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: sample_frame(),
            head: Head::sample(text, "customers"),
            refusal: is_full.then(|| refusal::sample(text)),
            credentials: if is_full { vec![Row::sample(text)] } else { Vec::new() },
            next_url: None,
            first_url: None,
            enter_url: is_full.then(|| "/t/dev/connections/con_1/credentials/new?owner=customer".to_owned()),
            may_link: is_full,
            customers: vec![CustomerChoice { external_id: text.to_owned(), name: text.to_owned() }],
            typed_customer: text.to_owned(),
            typed_name: text.to_owned(),
            customer_error: is_full.then(|| text.to_owned()),
            expiries: link::expiries("7"),
            links: if is_full { vec![link::Row::sample(text)] } else { Vec::new() },
            revoke_url: is_full.then(|| "/t/dev/connections/con_1/links/revoke".to_owned()),
        };
        vec![
            ("empty", page("Our Slack", false)),
            ("full", page("Northwind", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
