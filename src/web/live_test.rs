//! Live tests by hand, and what was tried: why a connection works or does not.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::live_test::run::Wanted;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::model::attempt::Attempt;
use crate::model::live_test::Verdict;
use crate::web::connection::values::Mode;
use crate::web::connection::values::owner;
use crate::web::extract::Json;
use crate::web::inputs::InputBody;
use crate::web::inputs::InputsBody;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionTest, example = json!({ "mode": "test", "inputs": {} }))]
pub struct ConnectionBody {
    /// The customer whose credential is tested: the vendor's own id, or ours.
    customer: Option<String>,
    /// Which of the customer's credentials, when it has several.
    name: Option<String>,
    /// Instead of a customer.
    mode: Option<Mode>,
    /// Unsaved values, by the key of the input, over what is stored: of that credential, or without an owner the
    /// connection's global values.
    #[serde(default)]
    #[schema(value_type = HashMap<String, InputBody>, required = false)]
    inputs: InputsBody,
}

/// Tries a connection at the third party and answers what was found; a failed test is a 200 with its reason. Without an
/// owner: with the organization's credential where one serves all customers, else with the test runner's. Unsaved values
/// are not kept. A stored secret is only tried where it was entered for (409 `credential_quarantined`). Ten tests of a
/// connection in a minute at most.
#[utoipa::path(
    post, path = "/api/v1/connections/{connection}/test", tag = "Connections", request_body = ConnectionBody,
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 200, body = Verdict)),
)]
pub async fn connection(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    body: Json<ConnectionBody>,
) -> Result<HttpResponse> {
    let ConnectionBody { customer, name, mode, inputs } = body.into_inner();
    let wanted = Wanted { owner: owner(customer, name, mode)?, inputs: inputs.edits()? };
    Ok(respond::ok(&app.test_connection(actor, reference.into_inner(), wanted).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CredentialTest, example = json!({ "inputs": {} }))]
pub struct CredentialBody {
    /// Unsaved values, by the key of the input, over what is stored.
    #[serde(default)]
    #[schema(value_type = HashMap<String, InputBody>, required = false)]
    inputs: InputsBody,
}

/// Tries a credential at the third party and answers what was found; a failed test is a 200 with its reason. Unsaved values
/// are not kept.
#[utoipa::path(
    post, path = "/api/v1/credentials/{credential}/test", tag = "Credentials", request_body = CredentialBody,
    params(("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = Verdict)),
)]
pub async fn credential(
    app: Data<App>,
    actor: Actor,
    id: Path<CredentialId>,
    body: Json<CredentialBody>,
) -> Result<HttpResponse> {
    let inputs = body.into_inner().inputs.edits()?;
    Ok(respond::ok(&app.test_credential(actor, *id, inputs).await?))
}

/// Lists what was tried with the third party for a connection, the newest first: live tests, renewals of tokens,
/// authorizations. They are kept for 30 days.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/attempts", tag = "Connections",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), PageQuery),
    responses((status = 200, body = ListOf<Attempt>)),
)]
pub async fn connection_attempts(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "attempts");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    let found = app.connection_attempts(actor, reference.into_inner(), page.after, page.fetch()).await?;
    Ok(list.answer(page.page(found, |attempt| attempt.id)))
}

/// Lists what was tried with the third party for a credential, the newest first.
#[utoipa::path(
    get, path = "/api/v1/credentials/{credential}/attempts", tag = "Credentials",
    params(("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172"), PageQuery),
    responses((status = 200, body = ListOf<Attempt>)),
)]
pub async fn credential_attempts(
    app: Data<App>,
    actor: Actor,
    id: Path<CredentialId>,
    query: Query<PageQuery>,
) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "attempts");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    let found = app.credential_attempts(actor, *id, page.after, page.fetch()).await?;
    Ok(list.answer(page.page(found, |attempt| attempt.id)))
}
