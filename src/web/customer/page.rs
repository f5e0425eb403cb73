//! Customers in the browser: the list, making one, and one with its credentials.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use url::form_urlencoded;

use crate::app::App;
use crate::app::connection::list::ConnectionFilter;
use crate::app::credential::OwnerRef;
use crate::app::customer::NewCustomer;
use crate::app::link::Completes;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::model::actor::Permission;
use crate::model::connection::Scope;
use crate::model::user::Customer;
use crate::model::user::CustomerFilter;
use crate::web::credential::row::Row;
use crate::web::field::Choice;
use crate::web::field::choice;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::link::page as link;
use crate::web::page::Listing;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;

#[derive(Serialize)]
pub struct CustomersPage {
    frame: Frame,
    url: String,
    text: String,
    customers: Vec<CustomerRow>,
    next_url: Option<String>,
    first_url: Option<String>,
    may_create: bool,
    refusal: Option<Refusal>,
    external_id: String,
    external_id_error: Option<String>,
    name: String,
    name_error: Option<String>,
}

#[derive(Serialize)]
struct CustomerRow {
    name: String,
    external_id: String,
    url: String,
    created_at: Instant,
}

#[derive(Serialize)]
pub struct CustomerPage {
    frame: Frame,
    list_url: String,
    url: String,
    name: String,
    external_id: String,
    created_at: Instant,
    refusal: Option<Refusal>,
    connection_error: Option<String>,
    credentials: Vec<Row>,
    next_url: Option<String>,
    first_url: Option<String>,
    may_link: bool,
    connections: Vec<Choice>,
    expiries: Vec<Choice>,
}

/// `GET /t/{tenant}/customers`
pub async fn index(app: Data<App>, visit: Visit, asked: Asked) -> Result<HttpResponse> {
    list_page(&app, &visit, (asked.0, None)).await
}

async fn list_page(app: &App, visit: &Visit, (fields, refused): (Fields, Option<Refusal>)) -> Result<HttpResponse> {
    let list = Listing::new(app, visit.actor.tenant.id, "customers_page");
    let cursor = fields.text("cursor");
    let request = list.request::<CustomerId>(None, cursor.as_deref())?;
    let filter = CustomerFilter { search: fields.text("q"), ..CustomerFilter::default() };
    let found = app.list_customers(visit.actor.clone(), filter, request).await?;
    let url = visit.url("/customers");
    let page_url = |cursor: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.text("q").map(|text| ("q", text)));
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        format!("{url}?{}", query.finish())
    };
    let error = |name: &str| refusal::field(refused.as_ref(), name);
    let page = CustomersPage {
        frame: visit.frame("Customers", Section::Customers),
        text: fields.text("q").unwrap_or_default(),
        next_url: list.cursor(found.next.as_ref()).map(|cursor| page_url(Some(&cursor))),
        first_url: cursor.map(|_| page_url(None)),
        customers: found.items.into_iter().map(|customer| CustomerRow::new(visit, customer)).collect(),
        may_create: visit.may(Permission::CustomersWrite),
        external_id: fields.get("external_id").to_owned(),
        external_id_error: error("external_id"),
        name: fields.get("name").to_owned(),
        name_error: error("name"),
        refusal: refused,
        url,
    };
    html::page(refusal::status(page.refusal.as_ref()), &page)
}

impl CustomerRow {
    fn new(visit: &Visit, customer: Customer) -> Self {
        Self {
            url: visit.url(&format!("/customers/{}", customer.id)),
            name: customer.name,
            external_id: customer.external_id,
            created_at: customer.created_at,
        }
    }
}

/// `POST /t/{tenant}/customers`
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    let new = NewCustomer { external_id: fields.get("external_id").trim().to_owned(), name: fields.text("name") };
    match app.create_customer(visit.actor.clone(), new).await {
        Ok(made) => {
            let page = visit.url(&format!("/customers/{}", made.id));
            Ok(visit::see_other_saying(&app, &page, "created"))
        }
        Err(error) => {
            let error = match error.code {
                "customer_exists" => wrong("external_id", error.public),
                _ => error,
            };
            list_page(&app, &visit, (fields, Some(Refusal::of(error)?))).await
        }
    }
}

fn wrong(field: &str, message: String) -> Error {
    Error::of_fields(vec![FieldError::new(field, "wrong", message)]).unwrap_or_else(|| Error::bug("no wrong field"))
}

/// `GET /t/{tenant}/customers/{customer}`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let customer = app.get_customer(visit.actor.clone(), &path.into_inner().1).await?;
    page(&app, &visit, customer, (asked.0, None)).await
}

async fn page(
    app: &App,
    visit: &Visit,
    customer: Customer,
    (fields, refused): (Fields, Option<Refusal>),
) -> Result<HttpResponse> {
    let list = Listing::new(app, visit.actor.tenant.id, "customer_credentials");
    let cursor = fields.text("cursor");
    let request = list.request::<CredentialId>(None, cursor.as_deref())?;
    let of = (None, Some(customer.id.to_string()));
    let held = app.list_credentials(visit.actor.clone(), of, request.after, request.fetch()).await?;
    let held = request.page(held, |held| held.credential.id);
    let shown = app.show_credentials(visit.actor.tenant.id, held.items).await?;
    let url = visit.url(&format!("/customers/{}", customer.id));
    let may_link = visit.may(Permission::CredentialsWrite);
    let page = CustomerPage {
        frame: visit.frame(customer.name.clone(), Section::Customers),
        list_url: visit.url("/customers"),
        name: customer.name,
        external_id: customer.external_id,
        created_at: customer.created_at,
        connection_error: refusal::field(refused.as_ref(), "connection"),
        credentials: shown.iter().map(|credential| Row::new(visit, credential)).collect(),
        next_url: list.cursor(held.next.as_ref()).map(|next| format!("{url}?cursor={next}")),
        first_url: cursor.map(|_| url.clone()),
        may_link,
        connections: if may_link { connections(app, visit, fields.get("connection")).await? } else { Vec::new() },
        expiries: link::expiries(fields.get("days")),
        refusal: refused,
        url,
    };
    html::page(refusal::status(page.refusal.as_ref()), &page)
}

/// The connections that customers complete themselves.
async fn connections(app: &App, visit: &Visit, chosen: &str) -> Result<Vec<Choice>> {
    let filter = ConnectionFilter { scope: Some(Scope::Customer), ..ConnectionFilter::default() };
    let listed = app.list_connections(visit.actor.clone(), filter, None, 200).await?;
    let found = listed.iter().map(|listed| &listed.described.connection).filter(|connection| connection.is_enabled);
    let label =
        |connection: &crate::model::connection::Connection| format!("{} ({})", connection.label, connection.stable_key);
    Ok(found.map(|connection| choice(connection.stable_key.as_str(), label(connection), chosen)).collect())
}

/// `POST /t/{tenant}/customers/{customer}/links`
pub async fn create_link(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let customer = app.get_customer(visit.actor.clone(), &path.into_inner().1).await?;
    let owner = OwnerRef::Customer { customer: customer.id.to_string(), name: fields.text("name") };
    let completes = Completes::Owner { connection: fields.get("connection").to_owned(), owner };
    let back = visit.url(&format!("/customers/{}", customer.id));
    match link::make(&app, &visit, completes, (&fields, back)).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = match error.code {
                "not_found" => wrong("connection", "choose one of the connections".to_owned()),
                _ => error,
            };
            page(&app, &visit, customer, (fields, Some(Refusal::of(error)?))).await
        }
    }
}

impl Page for CustomersPage {
    const TEMPLATE: &'static str = "customer/index";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |text: &str| CustomerRow {
            name: text.to_owned(),
            external_id: text.to_owned(),
            url: "/t/dev/customers/cus_1".to_owned(),
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let page = |text: &str, customers: Vec<CustomerRow>, is_wrong: bool| Self {
            frame: Frame::sample("Customers", Section::Customers),
            url: "/t/dev/customers".to_owned(),
            text: text.to_owned(),
            customers,
            next_url: None,
            first_url: None,
            may_create: !text.is_empty(),
            refusal: is_wrong.then(|| refusal::sample(text)),
            external_id: text.to_owned(),
            external_id_error: is_wrong.then(|| text.to_owned()),
            name: text.to_owned(),
            name_error: is_wrong.then(|| text.to_owned()),
        };
        let hostile = "\"><script>";
        vec![
            ("empty", page("", Vec::new(), false)),
            ("full", page("nor", vec![row("Northwind")], false)),
            ("hostile", page(hostile, vec![row(hostile)], true)),
        ]
    }
}

impl Page for CustomerPage {
    const TEMPLATE: &'static str = "customer/show";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: Frame::sample("Northwind", Section::Customers),
            list_url: "/t/dev/customers".to_owned(),
            url: "/t/dev/customers/cus_1".to_owned(),
            name: text.to_owned(),
            external_id: text.to_owned(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            refusal: is_full.then(|| refusal::sample(text)),
            connection_error: is_full.then(|| text.to_owned()),
            credentials: if is_full { vec![Row::sample(text)] } else { Vec::new() },
            next_url: None,
            first_url: None,
            may_link: is_full,
            connections: vec![choice(text, text, text)],
            expiries: link::expiries("1"),
        };
        vec![
            ("empty", page("Northwind", false)),
            ("full", page("Northwind", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
