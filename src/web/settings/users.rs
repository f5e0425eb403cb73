//! The people of a tenant and their roles.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::user::NewUser;
use crate::app::user::UserChange;
use crate::error::Error;
use crate::error::Result;
use crate::ids::UserId;
use crate::model::actor::Permission;
use crate::model::actor::Role;
use crate::model::actor::Who;
use crate::model::user::Member;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::page::Listing;
use crate::web::query::address;
use crate::web::settings;
use crate::web::settings::Tab;
use crate::web::turn::Pages;
use crate::web::visit;

#[derive(Serialize)]
pub struct UsersPage {
    frame: Frame,
    tabs: Vec<Tab>,
    can_change: bool,
    members: Vec<MemberOnPage>,
    pages: Pages,
    roles: Vec<RoleOnPage>,
    email: String,
    email_error: Option<String>,
    name: String,
    name_error: Option<String>,
    made: Option<Made>,
    problem: Option<String>,
}

#[derive(Serialize)]
struct MemberOnPage {
    id: String,
    email: String,
    name: String,
    role: Role,
    is_disabled: bool,
    is_self: bool,
    can_change: bool,
    roles: Vec<RoleOnPage>,
}

#[derive(Serialize)]
struct RoleOnPage {
    word: &'static str,
    about: &'static str,
    is_chosen: bool,
}

/// Somebody who was just invited.
#[derive(Serialize)]
struct Made {
    email: String,
    /// Shown this once; absent: they had one already.
    password: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
pub struct ListQuery {
    pub cursor: Option<String>,
}

/// What is shown besides the list.
#[derive(Default)]
struct Besides<'a> {
    fields: Fields,
    made: Option<Made>,
    error: Option<&'a Error>,
    cursor: Option<String>,
}

/// `GET /t/{tenant}/settings/users`
pub async fn index(app: Data<App>, visit: Visit, query: Query<ListQuery>) -> Result<HttpResponse> {
    let besides = Besides { cursor: query.into_inner().cursor, ..Besides::default() };
    shown(&app, &visit, StatusCode::OK, besides).await
}

async fn shown(app: &App, visit: &Visit, status: StatusCode, besides: Besides<'_>) -> Result<HttpResponse> {
    let list = Listing::new(app, visit.actor.tenant.id, "users_page");
    let page = app.list_users(visit.actor.clone(), list.request(None, besides.cursor.as_deref())?).await?;
    let path = visit.url("/settings/users");
    let next = page.next.as_ref().map(|key| address(&path, [("cursor", list.seal(key))]));
    let pages = Pages::of_cursor(besides.cursor.as_ref().map(|_| path), next);
    html::page(status, &UsersPage::new(visit, (page.items, pages), besides))
}

/// `POST /t/{tenant}/settings/users`: invites somebody. The password is on the page that answers, and nowhere else.
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    let made = async {
        let role = fields.get("role").parse::<Role>()?;
        let (email, name) = (fields.get("email").trim().to_owned(), fields.get("name").to_owned());
        app.create_user(visit.actor.clone(), NewUser { email, name, password: None, role }).await
    };
    match made.await {
        Ok(made) => {
            let made = Made { email: made.member.user.email, password: made.password };
            shown(&app, &visit, StatusCode::CREATED, Besides { made: Some(made), ..Besides::default() }).await
        }
        Err(error) if settings::is_told_on_form(&error) => {
            let status = html::status_of(&error);
            shown(&app, &visit, status, Besides { fields, error: Some(&error), ..Besides::default() }).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/settings/users/{user}`: `do` says what.
pub async fn update(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, UserId)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    let done = async {
        let change = match fields.get("do") {
            "role" => UserChange { role: Some(fields.get("role").parse()?), is_disabled: None },
            "disable" => UserChange { role: None, is_disabled: Some(true) },
            "enable" => UserChange { role: None, is_disabled: Some(false) },
            "remove" => return app.remove_user(visit.actor.clone(), id).await.map(|()| "removed"),
            _ => {
                return Err(Error::invalid("unknown_action", "this form does not say what to do; open the page again"));
            }
        };
        app.update_user(visit.actor.clone(), id, change).await.map(|_| "saved")
    };
    match done.await {
        Ok(word) => Ok(visit::see_other_saying(&app, &visit.url("/settings/users"), word)),
        Err(error) if settings::is_told_on_form(&error) => {
            let status = html::status_of(&error);
            shown(&app, &visit, status, Besides { error: Some(&error), ..Besides::default() }).await
        }
        Err(error) => Err(error),
    }
}

fn about(role: Role) -> &'static str {
    match role {
        Role::Viewer => "reads",
        Role::Support => "also reconnects, disables and runs tests",
        Role::Builder => "also builds, and syncs into tenants that are not production",
        Role::Admin => "also syncs into production, manages people and keys",
        Role::Owner => "also makes and changes tenants",
    }
}

fn roles(visit: &Visit, chosen: Role) -> Vec<RoleOnPage> {
    let granted = Role::ALL.into_iter().filter(|role| visit.actor.may_grant(*role));
    granted.map(|role| RoleOnPage { word: role.as_str(), about: about(role), is_chosen: role == chosen }).collect()
}

impl UsersPage {
    fn new(visit: &Visit, (members, pages): (Vec<Member>, Pages), besides: Besides<'_>) -> Self {
        let own = match &visit.actor.who {
            Who::User { id, .. } => Some(*id),
            _ => None,
        };
        let can_change = visit.may(Permission::UsersWrite);
        let member = |member: Member| MemberOnPage {
            is_self: own == Some(member.user.id),
            can_change: can_change && visit.actor.may_grant(member.role),
            roles: roles(visit, member.role),
            id: member.user.id.to_string(),
            email: member.user.email,
            name: member.user.name,
            role: member.role,
            is_disabled: member.user.is_disabled,
        };
        let Besides { fields, made, error, .. } = besides;
        Self {
            frame: visit.frame("Users", Section::Settings),
            tabs: settings::tabs(visit, "/users"),
            can_change,
            members: members.into_iter().map(member).collect(),
            pages,
            roles: roles(visit, fields.get("role").parse().unwrap_or(Role::Viewer)),
            email: fields.get("email").to_owned(),
            email_error: settings::wrong(error, "email"),
            name: fields.get("name").to_owned(),
            name_error: settings::wrong(error, "name"),
            made,
            problem: settings::problem(error),
        }
    }
}

impl Page for UsersPage {
    const TEMPLATE: &'static str = "settings/users";

    fn samples() -> Vec<(&'static str, Self)> {
        let roles = |chosen: Role| {
            Role::ALL
                .map(|role| RoleOnPage { word: role.as_str(), about: about(role), is_chosen: role == chosen })
                .into()
        };
        let page = |members: Vec<MemberOnPage>| Self {
            frame: Frame::sample("Users", Section::Settings),
            tabs: settings::sample_tabs("/users"),
            can_change: true,
            members,
            pages: Pages::default(),
            roles: roles(Role::Viewer),
            email: String::new(),
            email_error: None,
            name: String::new(),
            name_error: None,
            made: None,
            problem: None,
        };
        let member = |text: &str, is_self: bool| MemberOnPage {
            id: "usr_1".to_owned(),
            email: text.to_owned(),
            name: text.to_owned(),
            role: Role::Builder,
            is_disabled: !is_self,
            is_self,
            can_change: true,
            roles: roles(Role::Builder),
        };
        let hostile = "\"><script>alert(1)</script>";
        let password = Some(Zeroizing::new("shown-this-once".to_owned()));
        let invited = Self {
            made: Some(Made { email: "new@example.com".to_owned(), password }),
            ..page(vec![member("a@example.com", true)])
        };
        let wrong = Self {
            email: hostile.to_owned(),
            email_error: Some(hostile.to_owned()),
            name: hostile.to_owned(),
            name_error: Some(hostile.to_owned()),
            made: Some(Made { email: hostile.to_owned(), password: None }),
            problem: Some(hostile.to_owned()),
            ..page(vec![member(hostile, false)])
        };
        vec![("invited", invited), ("hostile", wrong)]
    }
}
