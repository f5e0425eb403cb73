//! Tenants: those of the caller, new ones, and the settings of the current one.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::tenant::NewTenant;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::caller::Caller;
use crate::model::tenant::Tenant;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::respond;

/// Lists the tenants that the caller may act in: those where a person has a role, or an API key's own.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "Tenants", responses((status = 200, body = ListOf<Tenant>)))]
pub async fn list(caller: Caller) -> HttpResponse {
    respond::ok(&ListOf { items: caller.tenants(), next_cursor: None })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTenant, example = json!({ "key": "prod-eu", "name": "Production, Europe", "is_production": true }))]
pub struct CreateBody {
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    key: String,
    /// Absent: the key.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: Option<String>,
    #[serde(default)]
    is_production: bool,
}

/// Makes a tenant. A person who makes one owns it.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "Tenants", responses((status = 201, body = Tenant)))]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let CreateBody { key, name, is_production } = body.into_inner();
    let tenant = app.create_tenant(Some(&actor), "", NewTenant { key, name, is_production }).await?;
    Ok(respond::created("/api/v1/tenants/current", &tenant))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantChange, example = json!({ "name": "Development" }))]
pub struct UpdateBody {
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: Option<String>,
    is_production: Option<bool>,
}

/// Renames this tenant, or marks it as production.
#[utoipa::path(patch, path = "/api/v1/tenants/current", tag = "Tenants", responses((status = 200, body = Tenant)))]
pub async fn update(app: Data<App>, actor: Actor, body: Json<UpdateBody>) -> Result<HttpResponse> {
    let UpdateBody { name, is_production } = body.into_inner();
    Ok(respond::ok(&app.update_tenant(actor, name, is_production).await?))
}
