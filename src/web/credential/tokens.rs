//! Tokens that another system was issued.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::credential::tokens::GivenTokens;
use crate::clock::Instant;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::respond;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GivenTokens, example = json!({ "access_token": "at-1", "refresh_token": "rt-1", "expires_at": "2026-11-22T12:00:00Z" }))]
pub struct TokensBody {
    #[schema(value_type = String, min_length = 1, max_length = 16384)]
    access_token: Zeroizing<String>,
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Zeroizing<String>>,
    /// Of OAuth 1.
    #[schema(value_type = Option<String>)]
    token_secret: Option<Zeroizing<String>>,
    /// Absent: no known end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    granted_scopes: Option<BTreeSet<String>>,
    /// Values that the manifest keeps from the provider's replies, by name.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    kept: BTreeMap<String, Zeroizing<String>>,
}

/// Gives a credential the tokens that a provider issued elsewhere for the same client, so that nobody has to authorize
/// again. They replace those that are there.
#[utoipa::path(
    put, path = "/api/v1/credentials/{credential}/tokens", tag = "Credentials", request_body = TokensBody,
    params(
        ("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is changed.", example = "\"1\""),
    ),
    responses((status = 204, description = "Stored.")),
)]
pub async fn put(
    app: Data<App>,
    actor: Actor,
    id: Path<CredentialId>,
    version: IfMatch,
    body: Json<TokensBody>,
) -> Result<HttpResponse> {
    let TokensBody { access_token, refresh_token, token_secret, expires_at, granted_scopes, kept } = body.into_inner();
    let given = GivenTokens { access_token, refresh_token, token_secret, expires_at, granted_scopes, kept };
    app.give_tokens(actor, *id, version.0, given).await?;
    Ok(respond::no_content())
}
