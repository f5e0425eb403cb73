//! Effective values: for people, each with where it came from and secrets masked; for runtimes, ready to use.

use actix_web::FromRequest as _;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::credential::answer::RuntimeCredential;
use crate::app::credential::fetch::FetchRequest;
use crate::app::view::EffectiveView;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::web::access;
use crate::web::extract;
use crate::web::hot;
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
    credential: Option<String>,
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
    credential: Option<String>,
    /// Instead of a customer.
    #[param(inline)]
    mode: Option<Mode>,
    /// Adds where each value came from.
    #[serde(default)]
    #[param(default = false, required = false)]
    provenance: bool,
}

/// `None`: nobody in particular.
pub(crate) fn owner(
    customer: Option<String>,
    credential: Option<String>,
    mode: Option<Mode>,
) -> Result<Option<OwnerRef>> {
    match (customer, credential, mode) {
        (Some(customer), name, None) => Ok(Some(OwnerRef::Customer { customer, name })),
        (None, None, Some(Mode::Test)) => Ok(Some(OwnerRef::Test)),
        (None, None, Some(Mode::Organization)) => Ok(Some(OwnerRef::Organization)),
        (None, None, None) => Ok(None),
        (Some(_), _, Some(_)) => Err(Error::malformed("malformed_query", "give `customer` or `mode`, not both")),
        (None, Some(_), _) => {
            Err(Error::malformed("malformed_query", "`credential` is one of a customer's: give `customer` too"))
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
    let ValuesQuery { customer, credential, mode } = query.into_inner();
    let owner = owner(customer, credential, mode)?;
    let values = app.effective_values(actor, reference.into_inner(), owner).await?;
    Ok(respond::ok(&EffectiveView::from(values)))
}

/// For runtimes: the values that calls of one owner need, secrets included, as they are at the moment of the call. Without
/// an owner: the organization's, where one account serves all customers. By stable key and by the vendor's own id of the
/// customer is the fast way.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/credentials", tag = "Credentials",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), FetchQuery),
    responses(
        (status = 200, body = RuntimeCredential), (status = 409, description = ""), (status = 422, description = ""),
        (status = 502, description = ""), (status = 503, description = ""),
    ),
)]
pub async fn fetch(app: Data<App>, req: HttpRequest) -> Result<HttpResponse> {
    // The fast way takes an API key and a request without faults; everything else is told who asks first, as everywhere.
    let reference = req.match_info().get("connection").filter(|reference| !reference.contains('%'));
    if !req.headers().contains_key(access::TENANT)
        && let Some(request) = reference.and_then(|reference| plain_request(reference, req.query_string()))
        && let Some(presented) = access::bearer(req.headers())
        && let Some(answer) = app.fetch_hot(presented, &request).await?
    {
        return Ok(hot::body(answer));
    }
    let actor = access::actor(&req).await?;
    let reference = Path::<String>::extract(&req)
        .await
        .map_err(|error| Error::not_found("path", req.path()).because(anyhow::anyhow!("{error}")))?;
    let request = FetchRequest::of(reference.into_inner(), extract::query(req.query_string())?)?;
    Ok(hot::body(app.fetch_answer(actor, request).await?))
}

/// The request, when there is nothing odd about it.
pub(in crate::web) fn plain_request(reference: &str, query: &str) -> Option<FetchRequest> {
    FetchRequest::of(reference.to_owned(), extract::query(query).ok()?).ok()
}

impl FetchRequest {
    fn of(connection: String, query: FetchQuery) -> Result<Self> {
        let FetchQuery { customer, credential, mode, provenance } = query;
        let owner = owner(customer, credential, mode)?.unwrap_or(OwnerRef::Organization);
        Ok(Self { connection, owner, with_provenance: provenance })
    }
}
