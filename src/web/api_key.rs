//! API keys: for machines, in one tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use chrono::TimeDelta;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::api_key::NewApiKey;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::user::ApiKey;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;

const MAX_DAYS: u32 = 3650;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey, example = json!({ "name": "runtime", "scopes": ["credentials:read"], "expires_in_days": 365 }))]
pub struct CreateBody {
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: String,
    /// What the key may do: at most what you may do yourself, and what only keys may do.
    #[schema(min_items = 1, max_items = 100)]
    scopes: Vec<Permission>,
    /// Absent: the key does not expire.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u32>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiKey {
    api_key: ApiKey,
    /// The key itself, to send as `Authorization: Bearer …`; shown once.
    #[schema(example = "kwk_…")]
    token: String,
}

/// Makes an API key for this tenant. It is shown once.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "API keys", responses((status = 201, body = CreatedApiKey)))]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let CreateBody { name, scopes, expires_in_days } = body.into_inner();
    let wrong = [
        expires_in_days
            .filter(|days| !(1..=MAX_DAYS).contains(days))
            .map(|_| FieldError::new("expires_in_days", "out_of_range", format!("1 to {MAX_DAYS} days"))),
        (scopes.len() > 100).then(|| FieldError::new("scopes", "too_many", "at most 100 scopes")),
    ];
    if let Some(error) = Error::of_fields(wrong.into_iter().flatten().collect()) {
        return Err(error);
    }
    let expires_at = expires_in_days.map(|days| app.clock().now() + TimeDelta::days(i64::from(days)));
    let made = app.create_api_key(actor, NewApiKey { name, scopes: scopes.into_iter().collect(), expires_at }).await?;
    let location = format!("/api/v1/api-keys/{}", made.api_key.id);
    Ok(respond::created(location, &CreatedApiKey { api_key: made.api_key, token: made.token.to_string() }))
}

/// Lists this tenant's API keys, the revoked ones too.
#[utoipa::path(
    get, path = "/api/v1/api-keys", tag = "API keys", params(PageQuery), responses((status = 200, body = ListOf<ApiKey>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<PageQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "api_keys");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    Ok(list.answer(app.list_api_keys(actor, page).await?))
}

/// Revokes an API key, at once and for good.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{api_key}", tag = "API keys",
    params(("api_key" = String, Path, example = "key_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 204, description = "Revoked.")),
)]
pub async fn delete(app: Data<App>, actor: Actor, id: Path<ApiKeyId>) -> Result<HttpResponse> {
    app.revoke_api_key(actor, *id).await?;
    Ok(respond::no_content())
}
