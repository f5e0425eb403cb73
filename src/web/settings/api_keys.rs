//! API keys: what machines act with. A key is shown once, when it is made.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use chrono::TimeDelta;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::api_key::NewApiKey;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::model::actor::Permission;
use crate::model::user::ApiKey;
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
use crate::web::settings::users::ListQuery;
use crate::web::turn::Pages;
use crate::web::visit;

/// How long a key may live: days, and words for it.
const LIVES: &[(&str, &str)] =
    &[("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("730", "Two years"), ("", "It never expires")];

#[derive(Serialize)]
pub struct ApiKeysPage {
    frame: Frame,
    tabs: Vec<Tab>,
    can_change: bool,
    keys: Vec<KeyOnPage>,
    pages: Pages,
    name: String,
    name_error: Option<String>,
    scopes: Vec<ScopeOnPage>,
    scopes_error: Option<String>,
    lives: Vec<Life>,
    made: Option<Made>,
    problem: Option<String>,
}

#[derive(Serialize)]
struct KeyOnPage {
    id: String,
    name: String,
    prefix: String,
    scopes: String,
    created_by: String,
    created_at: Instant,
    expires_at: Option<Instant>,
    last_used_at: Option<Instant>,
    is_expired: bool,
    is_revoked: bool,
}

#[derive(Serialize)]
struct ScopeOnPage {
    word: &'static str,
    about: &'static str,
    is_chosen: bool,
}

#[derive(Serialize)]
struct Life {
    days: &'static str,
    label: &'static str,
    is_chosen: bool,
}

/// A key that was just made.
#[derive(Serialize)]
struct Made {
    name: String,
    token: Zeroizing<String>,
    url: String,
}

#[derive(Default)]
struct Besides<'a> {
    fields: Option<Fields>,
    made: Option<Made>,
    error: Option<&'a Error>,
    cursor: Option<String>,
}

/// `GET /t/{tenant}/settings/api-keys`
pub async fn index(app: Data<App>, visit: Visit, query: Query<ListQuery>) -> Result<HttpResponse> {
    let besides = Besides { cursor: query.into_inner().cursor, ..Besides::default() };
    shown(&app, &visit, StatusCode::OK, besides).await
}

async fn shown(app: &App, visit: &Visit, status: StatusCode, besides: Besides<'_>) -> Result<HttpResponse> {
    let list = Listing::new(app, visit.actor.tenant.id, "api_keys_page");
    let page = app.list_api_keys(visit.actor.clone(), list.request(None, besides.cursor.as_deref())?).await?;
    let path = visit.url("/settings/api-keys");
    let next = page.next.as_ref().map(|key| address(&path, [("cursor", list.seal(key))]));
    let pages = Pages::of_cursor(besides.cursor.as_ref().map(|_| path), next);
    html::page(status, &ApiKeysPage::new(visit, (page.items, pages, app.clock().now()), besides))
}

/// `POST /t/{tenant}/settings/api-keys`: makes one. It is on the page that answers, and nowhere else.
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    let made = async {
        let scopes = fields.all("scope").map(str::parse).collect::<Result<_>>()?;
        let expires_at = match fields.text("days") {
            Some(days) => {
                let days: u32 = days.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(|| {
                    Error::invalid("out_of_range", "choose how long the key lives: 1 to 3650 days, or for ever")
                })?;
                Some(app.clock().now() + TimeDelta::days(i64::from(days)))
            }
            None => None,
        };
        app.create_api_key(visit.actor.clone(), NewApiKey { name: fields.get("name").to_owned(), scopes, expires_at })
            .await
    };
    match made.await {
        Ok(made) => {
            let made = Made { name: made.api_key.name, token: made.token, url: app.public_url() };
            shown(&app, &visit, StatusCode::CREATED, Besides { made: Some(made), ..Besides::default() }).await
        }
        Err(error) if settings::is_told_on_form(&error) => {
            let status = html::status_of(&error);
            let besides = Besides { fields: Some(fields), error: Some(&error), ..Besides::default() };
            shown(&app, &visit, status, besides).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/settings/api-keys/{api_key}/revoke`
pub async fn revoke(app: Data<App>, visit: Visit, path: Path<(String, ApiKeyId)>) -> Result<HttpResponse> {
    app.revoke_api_key(visit.actor.clone(), path.into_inner().1).await?;
    Ok(visit::see_other_saying(&app, &visit.url("/settings/api-keys"), "key_revoked"))
}

/// In the words of the page, with what people decide by.
fn about(scope: Permission) -> &'static str {
    use Permission as P;
    match scope {
        P::CredentialsRead => "Get credentials with their secrets: for runtimes",
        P::ProxyUse => "Send requests through the proxy: for runtimes",
        P::ComponentsRead => "See components",
        P::ComponentsWrite => "Upgrade component versions",
        P::ConnectionsRead => "See connections, secrets masked",
        P::ConnectionsWrite => "Make and change connections",
        P::ConnectionsSwitch => "Disable and enable connections",
        P::CredentialsWrite => "Enter and change credentials, make connect links",
        P::EmbeddedRead => "List connections for embedded workflows",
        P::CustomersRead => "See customers",
        P::CustomersWrite => "Make customers",
        P::IntegrationsRead => "See integrations",
        P::IntegrationsWrite => "Import, edit and publish integrations",
        P::IntegrationsTest => "Run drafts",
        P::SyncRead => "Read snapshots, plans and drift",
        P::SyncApply => "Sync into this tenant, and roll back",
        P::UsersRead => "See users",
        P::UsersWrite => "Manage users",
        P::ApiKeysRead => "See API keys",
        P::ApiKeysWrite => "Make and revoke API keys",
        P::AuditRead => "Read the audit log",
        P::Force => "Force what would break something",
        P::TenantsWrite => "Make and change tenants",
    }
}

impl KeyOnPage {
    fn new(key: ApiKey, now: Instant) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "),
            created_by: key.created_by,
            created_at: key.created_at,
            is_expired: key.expires_at.is_some_and(|at| at <= now),
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            is_revoked: key.revoked_at.is_some(),
        }
    }
}

impl ApiKeysPage {
    fn new(visit: &Visit, (keys, pages, now): (Vec<ApiKey>, Pages, Instant), besides: Besides<'_>) -> Self {
        let Besides { fields, made, error, .. } = besides;
        // What runtimes need is proposed.
        let fields = fields.unwrap_or_else(|| Fields::from([("scope", "credentials:read"), ("days", "365")]));
        Self {
            frame: visit.frame("API keys", Section::Settings),
            tabs: settings::tabs(visit, "/api-keys"),
            can_change: visit.may(Permission::ApiKeysWrite),
            keys: keys.into_iter().map(|key| KeyOnPage::new(key, now)).collect(),
            pages,
            name: fields.get("name").to_owned(),
            name_error: settings::wrong(error, "name"),
            scopes: scopes(&fields, |scope| visit.actor.may_issue(scope)),
            scopes_error: settings::wrong(error, "scopes"),
            lives: lives(fields.get("days")),
            made,
            problem: settings::problem(error),
        }
    }
}

fn scopes(fields: &Fields, may: impl Fn(Permission) -> bool) -> Vec<ScopeOnPage> {
    // The two of runtimes first: most keys are for them.
    let (first, rest): (Vec<Permission>, Vec<Permission>) =
        Permission::ALL.iter().partition(|scope| matches!(scope, Permission::CredentialsRead | Permission::ProxyUse));
    let scope = |scope: Permission| ScopeOnPage {
        word: scope.as_str(),
        about: about(scope),
        is_chosen: fields.all("scope").any(|word| word == scope.as_str()),
    };
    first.into_iter().chain(rest).filter(|scope| may(*scope)).map(scope).collect()
}

fn lives(chosen: &str) -> Vec<Life> {
    LIVES.iter().map(|(days, label)| Life { days, label, is_chosen: *days == chosen }).collect()
}

impl Page for ApiKeysPage {
    const TEMPLATE: &'static str = "settings/api_keys";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |keys: Vec<KeyOnPage>| Self {
            frame: Frame::sample("API keys", Section::Settings),
            tabs: settings::sample_tabs("/api-keys"),
            can_change: true,
            keys,
            pages: Pages::default(),
            name: String::new(),
            name_error: None,
            scopes: scopes(&Fields::from([("scope", "credentials:read")]), |_| true),
            scopes_error: None,
            lives: lives("365"),
            made: None,
            problem: None,
        };
        let key = |text: &str, is_revoked: bool| KeyOnPage {
            id: "key_1".to_owned(),
            name: text.to_owned(),
            prefix: "0123456789ab".to_owned(),
            scopes: "credentials:read, proxy:use".to_owned(),
            created_by: text.to_owned(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            expires_at: (!is_revoked).then_some(chrono::DateTime::UNIX_EPOCH),
            last_used_at: None,
            is_expired: false,
            is_revoked,
        };
        let hostile = "\"><script>alert(1)</script>";
        let made = Made {
            name: hostile.to_owned(),
            token: Zeroizing::new("kwk_shown_once".to_owned()),
            url: "https://keyway.example".to_owned(),
        };
        let wrong = Self {
            name: hostile.to_owned(),
            name_error: Some(hostile.to_owned()),
            scopes_error: Some(hostile.to_owned()),
            problem: Some(hostile.to_owned()),
            ..page(vec![key(hostile, false), key("old", true)])
        };
        vec![
            ("empty", page(Vec::new())),
            ("made", Self { made: Some(made), ..page(vec![key("runtime", false)]) }),
            ("hostile", wrong),
        ]
    }
}
