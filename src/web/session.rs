//! Signing in and out, one's own password, and who the caller is.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SessionId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::actor::Role;
use crate::model::actor::Who;
use crate::model::caller::Caller;
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::web::Options;
use crate::web::extract::Json;
use crate::web::limit::SignIns;
use crate::web::respond;

pub mod page;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn, example = json!({ "email": "owner@example.com", "password": "correct horse battery" }))]
pub struct SignInBody {
    #[schema(max_length = 254)]
    email: String,
    #[schema(max_length = 256, format = Password)]
    password: String,
}

/// A session; its token is shown once.
#[derive(Serialize, ToSchema)]
pub struct NewSession {
    #[schema(value_type = String)]
    id: SessionId,
    /// To send as `Authorization: Bearer …`.
    #[schema(example = "kws_…")]
    token: String,
    /// The session ends then at the latest; without any call it ends after half an hour.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    user: User,
}

/// Signs a person in.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "Sessions",
    responses((status = 201, body = NewSession), (status = 401, description = ""), (status = 429, description = "")),
)]
pub async fn create(
    app: Data<App>,
    options: Data<Options>,
    limits: Data<SignIns>,
    req: HttpRequest,
    body: Json<SignInBody>,
) -> Result<HttpResponse> {
    let SignInBody { email, password } = body.into_inner();
    limits.attempt(req.peer_addr().map(|address| address.ip()), &email, app.clock().now())?;
    let made = app.sign_in(&email, SecretString::from(password), options.session).await?;
    limits.succeeded(&email);
    let token = made.token.to_string();
    let session = NewSession { id: made.id, token, expires_at: made.expires_at, user: made.user };
    Ok(respond::created("/api/v1/sessions/current", &session))
}

/// Ends the session that this call is made with.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "Sessions", responses((status = 204, description = "Ended.")))]
pub async fn delete(app: Data<App>, caller: Caller) -> Result<HttpResponse> {
    let (session, _) = person(&caller)?;
    app.sign_out(session).await?;
    Ok(respond::no_content())
}

/// Ends all sessions of the caller, on every device.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "Sessions", responses((status = 204, description = "Ended.")))]
pub async fn delete_all(app: Data<App>, caller: Caller) -> Result<HttpResponse> {
    let (_, user) = person(&caller)?;
    app.sign_out_everywhere(user.id).await?;
    Ok(respond::no_content())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword, example = json!({ "current_password": "correct horse battery", "new_password": "staple correct horse" }))]
pub struct PasswordBody {
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    #[schema(min_length = 12, max_length = 256, format = Password)]
    new_password: String,
}

/// Changes the caller's password and ends all their sessions.
#[utoipa::path(
    put, path = "/api/v1/me/password", tag = "Sessions",
    responses((status = 204, description = "Changed."), (status = 429, description = "")),
)]
pub async fn change_password(
    app: Data<App>,
    limits: Data<SignIns>,
    caller: Caller,
    body: Json<PasswordBody>,
) -> Result<HttpResponse> {
    let (_, user) = person(&caller)?;
    let PasswordBody { current_password, new_password } = body.into_inner();
    limits.attempt(None, &user.email, app.clock().now())?;
    app.change_password(user, SecretString::from(current_password), SecretString::from(new_password)).await?;
    limits.succeeded(&user.email);
    Ok(respond::no_content())
}

/// The caller, in the tenant they act in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// How histories name them.
    #[schema(example = "owner@example.com")]
    name: String,
    /// The id of the person or of the API key.
    id: String,
    /// `user` or `api_key`.
    #[schema(example = "user")]
    kind: &'static str,
    tenant: Tenant,
    /// A person's role here; `null` for API keys.
    role: Option<Role>,
    permissions: Vec<Permission>,
}

/// Tells who the caller is, in which tenant, and what they may do there.
#[utoipa::path(get, path = "/api/v1/me", tag = "Sessions", responses((status = 200, body = Me)))]
pub async fn me(actor: Actor) -> HttpResponse {
    let (kind, role) = match &actor.who {
        Who::Operator { .. } => ("operator", None),
        Who::User { role, .. } => ("user", Some(*role)),
        Who::ApiKey { .. } => ("api_key", None),
        Who::Link { .. } => ("connect_link", None),
    };
    let permissions = Permission::ALL.iter().copied().filter(|permission| actor.may(*permission)).collect();
    respond::ok(&Me { name: actor.name(), id: actor.identity(), kind, role, permissions, tenant: actor.tenant })
}

fn person(caller: &Caller) -> Result<(SessionId, &User)> {
    match caller {
        Caller::User { session, user, .. } => Ok((*session, user)),
        Caller::ApiKey(_) => {
            Err(Error::forbidden("not_a_person", "this is for people: sign in instead of sending an API key"))
        }
    }
}
