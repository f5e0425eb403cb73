//! Effective values: for people, each with where it came from and secrets masked; for runtimes, ready to use.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::credential::fetch::Fetched;
use crate::app::view::ConnectionRef;
use crate::app::view::EffectiveView;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::model::values::Origin;
use crate::web::respond;

/// Whose credential, when it is no customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The test runner's.
    Test,
    /// The organization's, where one account serves all customers.
    Organization,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ValuesQuery {
    /// The customer: the vendor's own id, or ours.
    customer: Option<String>,
    /// Which of the customer's credentials, when it has several.
    name: Option<String>,
    /// Instead of a customer.
    #[param(inline)]
    mode: Option<Mode>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FetchQuery {
    /// The customer: the vendor's own id, or ours.
    customer: Option<String>,
    /// Which of the customer's credentials, when it has several.
    name: Option<String>,
    /// Instead of a customer.
    #[param(inline)]
    mode: Option<Mode>,
    /// Adds where each value came from.
    #[serde(default)]
    #[param(default = false, required = false)]
    provenance: bool,
}

/// `None`: nobody in particular.
fn owner(customer: Option<String>, name: Option<String>, mode: Option<Mode>) -> Result<Option<OwnerRef>> {
    match (customer, name, mode) {
        (Some(customer), name, None) => Ok(Some(OwnerRef::Customer { customer, name })),
        (None, None, Some(Mode::Test)) => Ok(Some(OwnerRef::Test)),
        (None, None, Some(Mode::Organization)) => Ok(Some(OwnerRef::Organization)),
        (None, None, None) => Ok(None),
        (Some(_), _, Some(_)) => Err(Error::malformed("malformed_query", "give `customer` or `mode`, not both")),
        (None, Some(_), _) => {
            Err(Error::malformed("malformed_query", "`name` is one of a customer's: give `customer` too"))
        }
    }
}

/// Shows the values that one owner gets, and where each came from: the component's default, the connection's global
/// value, or the credential. Without an owner: what the connection itself gives. Secrets are shown as a length.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/values", tag = "Connections",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), ValuesQuery),
    responses((status = 200, body = EffectiveView), (status = 409, description = ""), (status = 422, description = "")),
)]
pub async fn show(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    query: Query<ValuesQuery>,
) -> Result<HttpResponse> {
    let ValuesQuery { customer, name, mode } = query.into_inner();
    let owner = owner(customer, name, mode)?;
    let values = app.effective_values(actor, reference.into_inner(), owner).await?;
    Ok(respond::ok(&EffectiveView::from(values)))
}

/// A credential ready to use.
#[derive(Serialize, ToSchema)]
pub struct RuntimeCredential {
    connection: ConnectionRef,
    #[schema(example = "shopify")]
    component: String,
    #[schema(example = "oauth2")]
    connection_type: String,
    /// `null`: the owner has none, and the layers above are enough.
    #[schema(value_type = Option<String>)]
    credential_id: Option<CredentialId>,
    /// Every input that is set, by key; secrets and derived ones included.
    values: BTreeMap<String, Value>,
    /// With `provenance=true`: where each value came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    origins: Option<BTreeMap<String, Origin>>,
}

impl RuntimeCredential {
    fn new(fetched: Fetched, with_origins: bool) -> Self {
        let connection = fetched.described.connection;
        let origins = fetched.values.iter().map(|(key, (_, origin))| (key.clone(), *origin)).collect();
        Self {
            connection: ConnectionRef { id: connection.id, stable_key: connection.stable_key },
            component: connection.component,
            connection_type: connection.connection_type,
            credential_id: fetched.credential.map(|credential| credential.id),
            values: fetched.values.into_iter().map(|(key, (value, _))| (key, value)).collect(),
            origins: with_origins.then_some(origins),
        }
    }
}

/// For runtimes: the values that calls of one owner need, secrets included. Read afresh at every call. Without an owner:
/// the organization's, where one account serves all customers.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/credentials", tag = "Credentials",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), FetchQuery),
    responses((status = 200, body = RuntimeCredential), (status = 409, description = ""), (status = 422, description = "")),
)]
pub async fn fetch(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    query: Query<FetchQuery>,
) -> Result<HttpResponse> {
    let FetchQuery { customer, name, mode, provenance } = query.into_inner();
    let owner = owner(customer, name, mode)?.unwrap_or(OwnerRef::Organization);
    let fetched = app.fetch_credential(actor, reference.into_inner(), owner).await?;
    let answer = RuntimeCredential::new(fetched, provenance);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer))
}
