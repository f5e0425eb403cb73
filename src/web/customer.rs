//! The vendor's customers.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::customer::NewCustomer;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::user::Customer;
use crate::model::user::CustomerFilter;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::respond;

pub mod page;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCustomer, example = json!({ "external_id": "acme-42", "name": "Acme Inc." }))]
pub struct CreateBody {
    /// The vendor's own id.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    external_id: String,
    /// Absent: the external id.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: Option<String>,
}

/// Makes a customer.
#[utoipa::path(post, path = "/api/v1/customers", tag = "Customers", responses((status = 201, body = Customer)))]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let CreateBody { external_id, name } = body.into_inner();
    let customer = app.create_customer(actor, NewCustomer { external_id, name }).await?;
    Ok(respond::created(format!("/api/v1/customers/{}", customer.id), &customer))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Part of the name or of the external id.
    search: Option<String>,
    /// The vendor's own id, exactly.
    external_id: Option<String>,
    /// Most items in one answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists customers.
#[utoipa::path(
    get, path = "/api/v1/customers", tag = "Customers", params(ListQuery), responses((status = 200, body = ListOf<Customer>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<ListQuery>) -> Result<HttpResponse> {
    let ListQuery { search, external_id, limit, cursor } = query.into_inner();
    let list = Listing::new(&app, actor.tenant.id, "customers");
    let page = list.request(limit, cursor.as_deref())?;
    Ok(list.answer(app.list_customers(actor, CustomerFilter { search, external_id }, page).await?))
}

/// Shows a customer, by its id or by the vendor's own id.
#[utoipa::path(
    get, path = "/api/v1/customers/{customer}", tag = "Customers",
    params(("customer" = String, Path, example = "cus_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = Customer)),
)]
pub async fn show(app: Data<App>, actor: Actor, id: Path<String>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.get_customer(actor, &id).await?))
}
