//! The people of a tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::user::NewUser;
use crate::app::user::UserChange;
use crate::error::Result;
use crate::ids::UserId;
use crate::model::actor::Actor;
use crate::model::actor::Role;
use crate::model::user::Member;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser, example = json!({ "email": "builder@example.com", "name": "Bea Builder", "role": "builder" }))]
pub struct CreateBody {
    #[schema(max_length = 254, pattern = "^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$")]
    email: String,
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: String,
    role: Role,
    /// Absent: one is generated and answered once.
    #[schema(min_length = 12, max_length = 256, format = Password)]
    password: Option<String>,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub struct CreatedUser {
    user: Member,
    /// `false`: the person existed already and was given the role only; their password stays.
    is_new: bool,
    /// The generated password; shown once. `null` when none was generated.
    password: Option<String>,
}

/// Makes a person with a role in this tenant. Somebody who exists already is only given the role.
#[utoipa::path(post, path = "/api/v1/users", tag = "Users", responses((status = 201, body = CreatedUser)))]
pub async fn create(app: Data<App>, actor: Actor, body: Json<CreateBody>) -> Result<HttpResponse> {
    let CreateBody { email, name, role, password } = body.into_inner();
    let new = NewUser { email, name, role, password: password.map(SecretString::from) };
    let made = app.create_user(actor, new).await?;
    let location = format!("/api/v1/users/{}", made.member.user.id);
    let password = made.password.map(|password| password.to_string());
    Ok(respond::created(location, &CreatedUser { user: made.member, is_new: made.is_new, password }))
}

/// Lists the people with a role in this tenant.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "Users", params(PageQuery), responses((status = 200, body = ListOf<Member>)),
)]
pub async fn list(app: Data<App>, actor: Actor, query: Query<PageQuery>) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "users");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    Ok(list.answer(app.list_users(actor, page).await?))
}

/// Shows a person with a role in this tenant.
#[utoipa::path(
    get, path = "/api/v1/users/{user}", tag = "Users",
    params(("user" = String, Path, example = "usr_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = Member)),
)]
pub async fn show(app: Data<App>, actor: Actor, id: Path<UserId>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.get_user(actor, *id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange, example = json!({ "role": "support" }))]
pub struct UpdateBody {
    /// The role in this tenant.
    role: Option<Role>,
    /// Nobody who is disabled can sign in, in whatever tenant; it ends their sessions.
    is_disabled: Option<bool>,
}

/// Gives a person another role in this tenant, or disables them, or enables them again.
#[utoipa::path(
    patch, path = "/api/v1/users/{user}", tag = "Users",
    params(("user" = String, Path, example = "usr_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = Member)),
)]
pub async fn update(app: Data<App>, actor: Actor, id: Path<UserId>, body: Json<UpdateBody>) -> Result<HttpResponse> {
    let UpdateBody { role, is_disabled } = body.into_inner();
    let change = UserChange { role, is_disabled };
    Ok(respond::ok(&app.update_user(actor, *id, change).await?))
}

/// Takes a person's role in this tenant away. The person stays.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}", tag = "Users",
    params(("user" = String, Path, example = "usr_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 204, description = "Taken away.")),
)]
pub async fn delete(app: Data<App>, actor: Actor, id: Path<UserId>) -> Result<HttpResponse> {
    app.remove_user(actor, *id).await?;
    Ok(respond::no_content())
}
