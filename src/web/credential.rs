//! Credentials: one owner's values of a connection.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::credential::CredentialUpdate;
use crate::app::credential::NewCredential;
use crate::app::credential::OwnerRef;
use crate::app::view::CredentialSummary;
use crate::app::view::CredentialView;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::inputs::InputBody;
use crate::web::inputs::InputsBody;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::respond;

pub mod card;
pub mod form;
pub mod page;
pub mod row;
pub mod tokens;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Id, stable key or alias of a connection.
    connection: Option<String>,
    /// The vendor's own id of a customer, or ours.
    customer: Option<String>,
    /// Most items in one answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists credentials, the oldest first; of one connection or of one customer when given.
#[utoipa::path(
    get, path = "/api/v1/credentials", tag = "Credentials", params(ListQuery),
    responses((status = 200, body = ListOf<CredentialSummary>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<ListQuery>) -> Result<HttpResponse> {
    let ListQuery { connection, customer, limit, cursor } = query.into_inner();
    let tenant = actor.tenant.id;
    let list = Listing::new(&app, tenant, "credentials");
    let page = list.request(limit, cursor.as_deref())?;
    let held = app.list_credentials(actor, (connection, customer), page.after, page.fetch()).await?;
    let items = app.show_credentials(tenant, held).await?;
    Ok(list.answer(page.page(items, |credential| credential.id)))
}

/// Whose a credential is.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "`organization`, `test`, or {\"customer\": …} with a `name` when it has several")]
#[schema(as = CredentialOwner)]
pub enum OwnerBody {
    Word(OwnerWord),
    Customer(CustomerOwner),
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerWord {
    /// One account for all customers.
    Organization,
    /// The test runner's.
    Test,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerOwner {
    /// The vendor's own id, or ours.
    #[schema(example = "acme-42")]
    customer: String,
    /// Tells several of one customer apart. Absent: `default`.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
}

impl From<OwnerBody> for OwnerRef {
    fn from(owner: OwnerBody) -> Self {
        match owner {
            OwnerBody::Word(OwnerWord::Organization) => Self::Organization,
            OwnerBody::Word(OwnerWord::Test) => Self::Test,
            OwnerBody::Customer(CustomerOwner { customer, name }) => Self::Customer { customer, name },
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential, example = json!({
    "connection": "shopify-oauth2", "owner": "test", "inputs": { "shop": { "value": "acme-dev" } }
}))]
pub struct CreateBody {
    /// Id, stable key or alias.
    #[schema(example = "shopify-oauth2")]
    connection: String,
    owner: OwnerBody,
    /// What differs from the connection's global values, by the key of the input.
    #[serde(default)]
    #[schema(value_type = HashMap<String, InputBody>, required = false)]
    inputs: InputsBody,
    /// Saves complete values without trying them at the third party. Needs `connections:write`; the history tells.
    #[serde(default)]
    #[schema(required = false, default = false)]
    without_test: bool,
}

/// Enters a credential for a customer (`"owner": {"customer": "acme-42", "name": "eu"}`), for the organization, or for the
/// test runner. It holds only what it overrides: everything else is inherited from the connection, at every look.
/// Values that complete it are tried at the third party first; when that fails nothing is saved (422 `live_test_failed`).
#[utoipa::path(
    post, path = "/api/v1/credentials", tag = "Credentials", request_body = CreateBody,
    responses((status = 201, body = CredentialView)),
)]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let CreateBody { connection, owner, inputs, without_test } = body.into_inner();
    let tenant = actor.tenant.id;
    let new = NewCredential { connection, owner: owner.into(), inputs: inputs.edits()?, without_test };
    let made = app.create_credential(actor, new).await?;
    let credential = app.show_credential(tenant, made).await?;
    let location = format!("/api/v1/credentials/{}", credential.credential.id);
    Ok(respond::created_versioned(location, credential.credential.version, &credential))
}

/// Shows a credential with the effective values it gives. Secrets are shown as a length.
#[utoipa::path(
    get, path = "/api/v1/credentials/{credential}", tag = "Credentials",
    params(("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = CredentialView)),
)]
pub async fn show(app: Data<App>, actor: Actor, id: Path<CredentialId>) -> Result<HttpResponse> {
    let tenant = actor.tenant.id;
    let found = app.get_credential(actor, *id).await?;
    let credential = app.show_credential(tenant, found).await?;
    Ok(respond::ok_versioned(credential.credential.version, &credential))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CredentialChange, example = json!({ "inputs": { "shop": { "value": "acme-eu" } } }))]
pub struct UpdateBody {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    is_enabled: Option<bool>,
    #[serde(default)]
    #[schema(value_type = HashMap<String, InputBody>, required = false)]
    inputs: InputsBody,
    /// Saves complete values without trying them at the third party. Needs `connections:write`; the history tells.
    #[serde(default)]
    #[schema(required = false, default = false)]
    without_test: bool,
}

/// Changes a credential; what is absent stays. For `is_enabled` alone, `connections:switch` is enough; the organization's
/// and the test runner's need `connections:write` besides. Values that complete it are tried at the third party first.
#[utoipa::path(
    patch, path = "/api/v1/credentials/{credential}", tag = "Credentials", request_body = UpdateBody,
    params(
        ("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is changed.", example = "\"1\""),
    ),
    responses((status = 200, body = CredentialView)),
)]
pub async fn update(
    app: Data<App>,
    actor: Actor,
    id: Path<CredentialId>,
    version: IfMatch,
    body: Json<UpdateBody>,
) -> Result<HttpResponse> {
    let UpdateBody { name, is_enabled, inputs, without_test } = body.into_inner();
    let update = CredentialUpdate { name, is_enabled, inputs: inputs.edits()?, without_test };
    let tenant = actor.tenant.id;
    let changed = app.update_credential(actor, *id, version.0, update).await?;
    let credential = app.show_credential(tenant, changed).await?;
    Ok(respond::ok_versioned(credential.credential.version, &credential))
}

/// Deletes a credential and its secrets.
#[utoipa::path(
    delete, path = "/api/v1/credentials/{credential}", tag = "Credentials",
    params(
        ("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is deleted.", example = "\"1\""),
    ),
    responses((status = 204, description = "Deleted.")),
)]
pub async fn delete(app: Data<App>, actor: Actor, id: Path<CredentialId>, version: IfMatch) -> Result<HttpResponse> {
    app.delete_credential(actor, *id, version.0).await?;
    Ok(respond::no_content())
}
