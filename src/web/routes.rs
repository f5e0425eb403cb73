//! The one route table: every path, who may come, and who answers. Tests walk `ROUTES`.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::guard;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa::OpenApi;

use crate::error::Error;
use crate::error::Kind;
use crate::model::actor::Permission;
use crate::web::access;
use crate::web::api_key;
use crate::web::attention;
use crate::web::attention::page as attention_page;
use crate::web::audit;
use crate::web::audit::page as audit_page;
use crate::web::brand;
use crate::web::component;
use crate::web::component::page as component_page;
use crate::web::component::page::show as component_show;
use crate::web::connect;
use crate::web::connect::gate;
use crate::web::connection;
use crate::web::connection::history;
use crate::web::connection::keys;
use crate::web::connection::page as connection_page;
use crate::web::connection::page::delete as connection_delete;
use crate::web::connection::page::history as connection_history;
use crate::web::connection::page::manage as connection_manage;
use crate::web::connection::page::overview as connection_overview;
use crate::web::connection::page::people as connection_people;
use crate::web::connection::page::usage as connection_usage;
use crate::web::connection::page::values as connection_values;
use crate::web::connection::reads;
use crate::web::connection::values;
use crate::web::connection::wizard;
use crate::web::connection::wizard::created as wizard_created;
use crate::web::credential;
use crate::web::credential::page as credential_page;
use crate::web::credential::page::act as credential_act;
use crate::web::credential::page::new as credential_new;
use crate::web::credential::tokens;
use crate::web::customer;
use crate::web::customer::page as customer_page;
use crate::web::embedded;
use crate::web::extract;
use crate::web::health;
use crate::web::html;
use crate::web::idempotency;
use crate::web::integration;
use crate::web::integration::design as integration_design;
use crate::web::integration::file as integration_file;
use crate::web::integration::page::config as integration_config;
use crate::web::integration::page::designer;
use crate::web::integration::page::import as integration_import;
use crate::web::integration::page::list as integration_list;
use crate::web::integration::page::runs as integration_runs;
use crate::web::integration::page::versions as integration_versions;
use crate::web::integration::test_run;
use crate::web::link;
use crate::web::live_test;
use crate::web::openapi;
use crate::web::problem_page::ProblemPage;
use crate::web::proxy;
use crate::web::search;
use crate::web::session;
use crate::web::session::page as session_page;
use crate::web::settings::api_keys as api_key_settings;
use crate::web::settings::components as component_settings;
use crate::web::settings::redirect_urls as redirect_settings;
use crate::web::settings::tenant as tenant_settings;
use crate::web::settings::users as user_settings;
use crate::web::sync;
use crate::web::sync::drift_page;
use crate::web::sync::page as sync_page;
use crate::web::sync::plan_page;
use crate::web::sync::run_page;
use crate::web::tenant;
use crate::web::user;
use crate::web::visit;

#[macro_use]
mod macros;

/// Who may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Whoever shows a session or an API key, in whatever tenant.
    SignedIn,
    /// Whoever acts in a tenant and holds all of these permissions. The use case checks them; tests hold it to the table.
    Member(&'static [Permission]),
    /// A person in a browser who has a role in the tenant of the path. The use cases check what they may do there.
    Page,
}

/// How large a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodySize {
    /// `web.body_limit_bytes`.
    Normal,
    /// `web.import_limit_bytes`.
    Import,
    /// `sync.snapshot_limit_bytes`.
    Snapshot,
    /// Not read here, but passed on as it comes: nothing of ours is in it. `proxy.body_limit_bytes`.
    Passed,
}

/// The limits of the larger sizes, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct SizeLimits {
    pub import: usize,
    pub snapshot: usize,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Noun and verb, such as `customer_create`; the operation's id in `/openapi.json`.
    pub name: &'static str,
    /// In capitals.
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    pub size: BodySize,
    /// Finds out itself who asks, in one query with what it answers.
    pub asks_itself: bool,
    /// Part of the API: described in `/openapi.json`.
    pub is_api: bool,
}

routes! {
    api {
        get    "/healthz"                    Public => health::healthz;
        get    "/readyz"                     Public => health::readyz;

        post   "/api/v1/sessions"            Public => session::create;
        delete "/api/v1/sessions"            SignedIn => session::delete_all;
        delete "/api/v1/sessions/current"    SignedIn => session::delete;
        get    "/api/v1/me"                  Member [] => session::me;
        put    "/api/v1/me/password"         SignedIn => session::change_password;

        get    "/api/v1/tenants"             SignedIn => tenant::list;
        post   "/api/v1/tenants"             Member [TenantsWrite] => tenant::create;
        patch  "/api/v1/tenants/current"     Member [TenantsWrite] => tenant::update;

        get    "/api/v1/users"               Member [UsersRead] => user::list;
        post   "/api/v1/users"               Member [UsersWrite] => user::create;
        get    "/api/v1/users/{user}"        Member [UsersRead] => user::show;
        patch  "/api/v1/users/{user}"        Member [UsersWrite] => user::update;
        delete "/api/v1/users/{user}"        Member [UsersWrite] => user::delete;

        get    "/api/v1/api-keys"            Member [ApiKeysRead] => api_key::list;
        post   "/api/v1/api-keys"            Member [ApiKeysWrite] => api_key::create;
        delete "/api/v1/api-keys/{api_key}"  Member [ApiKeysWrite] => api_key::delete;

        get    "/api/v1/customers"            Member [CustomersRead] => customer::list;
        post   "/api/v1/customers"            Member [CustomersWrite] => customer::create;
        get    "/api/v1/customers/{customer}" Member [CustomersRead] => customer::show;

        get    "/api/v1/components"           Member [ComponentsRead] => component::list;
        get    "/api/v1/components/schema"    Public => component::schema;
        post   "/api/v1/components/check"     Member [ComponentsRead] import => component::check;
        get    "/api/v1/components/{component}"     Member [ComponentsRead] => component::show;
        post   "/api/v1/components/{component}/upgrade" Member [ComponentsWrite] => component::upgrade;

        get    "/api/v1/connections"              Member [ConnectionsRead] => connection::list;
        post   "/api/v1/connections"              Member [ConnectionsWrite] => connection::create;
        get    "/api/v1/connections/{connection}" Member [ConnectionsRead] => connection::show;
        patch  "/api/v1/connections/{connection}" Member [ConnectionsWrite] => connection::update;
        delete "/api/v1/connections/{connection}" Member [ConnectionsWrite] => connection::delete;
        put    "/api/v1/connections/{connection}/stable-key"      Member [ConnectionsWrite] => keys::rename;
        delete "/api/v1/connections/{connection}/aliases/{alias}" Member [ConnectionsWrite] => keys::release;
        get    "/api/v1/connections/{connection}/history"         Member [ConnectionsRead] => history::list;
        get    "/api/v1/connections/{connection}/usage"           Member [ConnectionsRead] => history::usage;
        get    "/api/v1/connections/{connection}/reads"           Member [ConnectionsRead] => reads::list;
        get    "/api/v1/connections/{connection}/values"          Member [ConnectionsRead] => values::show;
        post   "/api/v1/connections/{connection}/test"            Member [CredentialsWrite] => live_test::connection;
        get    "/api/v1/connections/{connection}/attempts"        Member [ConnectionsRead] => live_test::connection_attempts;
        get    "/api/v1/connections/{connection}/credentials"     Member [CredentialsRead] asks => values::fetch;

        get    "/api/v1/connections/{connection}/callback"        Member [ConnectionsRead] => link::callback;
        put    "/api/v1/connections/{connection}/callback"        Member [ConnectionsWrite] => link::share;
        get    "/api/v1/connections/{connection}/connect-links"   Member [ConnectionsRead] => link::list;
        post   "/api/v1/connections/{connection}/connect-links"   Member [CredentialsWrite] => link::create;
        get    "/api/v1/connections/{connection}/reconsent"       Member [ConnectionsRead] => link::reconsent;
        delete "/api/v1/connect-links/{link}"     Member [CredentialsWrite] => link::revoke;
        get    "/api/v1/redirect-urls"            Member [ConnectionsRead] => link::redirects;
        post   "/api/v1/redirect-urls"            Member [ConnectionsWrite] => link::add_redirect;
        delete "/api/v1/redirect-urls"            Member [ConnectionsWrite] => link::remove_redirect;

        get    "/api/v1/proxy/{connection}/{path}"    Member [ProxyUse] passed => proxy::get;
        head   "/api/v1/proxy/{connection}/{path}"    Member [ProxyUse] passed => proxy::head;
        post   "/api/v1/proxy/{connection}/{path}"    Member [ProxyUse] passed => proxy::post;
        put    "/api/v1/proxy/{connection}/{path}"    Member [ProxyUse] passed => proxy::put;
        patch  "/api/v1/proxy/{connection}/{path}"    Member [ProxyUse] passed => proxy::patch;
        delete "/api/v1/proxy/{connection}/{path}"    Member [ProxyUse] passed => proxy::delete;
        options "/api/v1/proxy/{connection}/{path}"   Member [ProxyUse] passed => proxy::options;

        get    "/api/v1/credentials"              Member [ConnectionsRead] => credential::list;
        post   "/api/v1/credentials"              Member [CredentialsWrite] => credential::create;
        get    "/api/v1/credentials/{credential}" Member [ConnectionsRead] => credential::show;
        patch  "/api/v1/credentials/{credential}" Member [CredentialsWrite] => credential::update;
        delete "/api/v1/credentials/{credential}" Member [CredentialsWrite] => credential::delete;
        post   "/api/v1/credentials/{credential}/test"     Member [CredentialsWrite] => live_test::credential;
        get    "/api/v1/credentials/{credential}/attempts" Member [ConnectionsRead] => live_test::credential_attempts;
        put    "/api/v1/credentials/{credential}/tokens" Member [CredentialsWrite] => tokens::put;
        post   "/api/v1/credentials/{credential}/connect-link" Member [CredentialsWrite] => link::reconnect;
        post   "/api/v1/credentials/{credential}/disconnect"   Member [CredentialsWrite] => link::disconnect;

        get    "/api/v1/embedded/connections" Member [EmbeddedRead] => embedded::list;

        get    "/api/v1/audit"               Member [AuditRead] => audit::list;
        get    "/api/v1/attention"           Member [ConnectionsRead IntegrationsRead] => attention::list;

        get    "/api/v1/integrations"                          Member [IntegrationsRead] => integration::list;
        post   "/api/v1/integrations"                          Member [IntegrationsWrite] => integration_design::create;
        post   "/api/v1/integrations/import"                   Member [IntegrationsWrite] import => integration_file::import;
        post   "/api/v1/integrations/check"                    Member [IntegrationsRead] import => integration_file::check;
        get    "/api/v1/integrations/{integration}"            Member [IntegrationsRead] => integration::show;
        delete "/api/v1/integrations/{integration}"            Member [IntegrationsWrite] => integration::delete;
        get    "/api/v1/integrations/{integration}/definition" Member [IntegrationsRead] => integration_file::export;
        get    "/api/v1/integrations/{integration}/design"     Member [IntegrationsRead] => integration_design::show;
        post   "/api/v1/integrations/{integration}/edits"      Member [IntegrationsWrite] => integration_design::edit;
        get    "/api/v1/integrations/{integration}/diff"       Member [IntegrationsRead] => integration_design::diff;
        post   "/api/v1/integrations/{integration}/restore"    Member [IntegrationsWrite] => integration_design::restore;
        get    "/api/v1/integrations/{integration}/versions"   Member [IntegrationsRead] => integration::versions;
        post   "/api/v1/integrations/{integration}/publish"    Member [IntegrationsWrite] => integration::publish;
        get    "/api/v1/integrations/{integration}/test-runs"  Member [IntegrationsRead] => test_run::list;
        post   "/api/v1/integrations/{integration}/test-runs"  Member [IntegrationsTest] => test_run::create;
        get    "/api/v1/integrations/{integration}/test-runs/{test_run}"
                                                               Member [IntegrationsRead] => test_run::show;
        put    "/api/v1/integrations/{integration}/slots/{variable}"
                                                               Member [IntegrationsWrite] => integration::switch_slot;
        put    "/api/v1/integrations/{integration}/steps"      Member [IntegrationsWrite] => integration::switch_step;

        get    "/api/v1/sync/snapshot"       Member [SyncRead] => sync::snapshot;
        post   "/api/v1/sync/plan"           Member [SyncRead] snapshot => sync::plan;
        post   "/api/v1/sync/apply"          Member [SyncApply] snapshot => sync::apply;
        post   "/api/v1/sync/drift"          Member [SyncRead] snapshot => sync::drift;
        post   "/api/v1/sync/rollback"       Member [SyncApply] => sync::rollback;
        get    "/api/v1/sync/runs"           Member [SyncRead] => sync::list;
        get    "/api/v1/sync/runs/{run}"     Member [SyncRead] => sync::show;
    }
    pages {
        get "/openapi.json" Public => openapi::document;
        get "/docs" Public => openapi::docs;
        get "/docs/{file}" Public => openapi::docs_file;
        get "/static/{file}" Public => html::file;
        get "/connect/{token}" Public => connect::show;
        post "/connect/{token}" Public => connect::submit;
        get "/oauth/callback/{callback}" Public => connect::callback;
        post "/oauth/callback/{callback}" Public => connect::callback_posted;
        get "/oauth/complete/{flow}" Public => connect::complete;

        get  "/" Public => session_page::home;
        get  "/sign-in" Public => session_page::new;
        post "/sign-in" Public => session_page::create;
        post "/sign-out" Public => session_page::delete;
        get  "/brand/{tenant}/{file}" Public => brand::file;
        get  "/t/{tenant}/account" Page => session_page::account;
        post "/t/{tenant}/account/password" Page => session_page::change_password;
        post "/t/{tenant}/account/sign-out-everywhere" Page => session_page::sign_out_everywhere;

        get  "/t/{tenant}/integrations" Page => integration_list::index;
        get  "/t/{tenant}/integrations/new" Page => integration_list::new;
        post "/t/{tenant}/integrations/new" Page => integration_list::create;
        get  "/t/{tenant}/integrations/import" Page => integration_import::new;
        post "/t/{tenant}/integrations/import" Page import => integration_import::create;
        get  "/t/{tenant}/integrations/{integration}" Page => designer::open;
        get  "/t/{tenant}/integrations/{integration}/designer" Page => designer::show;
        post "/t/{tenant}/integrations/{integration}/designer" Page => designer::update;
        get  "/t/{tenant}/integrations/{integration}/config" Page => integration_config::show;
        post "/t/{tenant}/integrations/{integration}/config" Page => integration_config::update;
        get  "/t/{tenant}/integrations/{integration}/publish" Page => integration_versions::review;
        post "/t/{tenant}/integrations/{integration}/publish" Page => integration_versions::publish;
        get  "/t/{tenant}/integrations/{integration}/versions" Page => integration_versions::index;
        get  "/t/{tenant}/integrations/{integration}/versions/diff" Page => integration_versions::compare;
        post "/t/{tenant}/integrations/{integration}/versions/restore" Page => integration_versions::restore;
        get  "/t/{tenant}/integrations/{integration}/definition" Page => integration_versions::download;
        post "/t/{tenant}/integrations/{integration}/delete" Page => integration_versions::delete;
        get  "/t/{tenant}/integrations/{integration}/test-runs" Page => integration_runs::index;
        post "/t/{tenant}/integrations/{integration}/test-runs" Page => integration_runs::create;
        get  "/t/{tenant}/integrations/{integration}/test-runs/{test_run}" Page => integration_runs::show;

        get  "/t/{tenant}/components" Page => component_page::index;
        get  "/t/{tenant}/components/{component}" Page => component_show::overview;
        get  "/t/{tenant}/components/{component}/connections" Page => component_show::connections;
        get  "/t/{tenant}/components/{component}/connections/new" Page => wizard::new;
        post "/t/{tenant}/components/{component}/connections/new" Page => wizard::advance;
        get  "/t/{tenant}/components/{component}/actions" Page => component_show::actions;
        get  "/t/{tenant}/components/{component}/manifest" Page => component_show::manifest;
        post "/t/{tenant}/components/{component}/upgrade" Page => component_page::upgrade;

        get  "/t/{tenant}/connections" Page => connection_page::index;
        get  "/t/{tenant}/connections/{connection}" Page => connection_overview::show;
        post "/t/{tenant}/connections/{connection}/test" Page => connection_overview::test;
        post "/t/{tenant}/connections/{connection}/connect" Page => connection_overview::connect;
        post "/t/{tenant}/connections/{connection}/switches" Page => connection_overview::switch;
        get  "/t/{tenant}/connections/{connection}/created" Page => wizard_created::show;
        post "/t/{tenant}/connections/{connection}/created" Page => wizard_created::connect;
        get  "/t/{tenant}/connections/{connection}/values" Page => connection_values::edit;
        post "/t/{tenant}/connections/{connection}/values" Page => connection_values::update;
        get  "/t/{tenant}/connections/{connection}/customers" Page => connection_people::show;
        post "/t/{tenant}/connections/{connection}/links" Page => connection_people::create_link;
        post "/t/{tenant}/connections/{connection}/links/revoke" Page => connection_people::revoke_link;
        get  "/t/{tenant}/connections/{connection}/usage" Page => connection_usage::show;
        get  "/t/{tenant}/connections/{connection}/history" Page => connection_history::history;
        get  "/t/{tenant}/connections/{connection}/attempts" Page => connection_history::attempts;
        get  "/t/{tenant}/connections/{connection}/manage" Page => connection_manage::edit;
        post "/t/{tenant}/connections/{connection}/manage" Page => connection_manage::update;
        get  "/t/{tenant}/connections/{connection}/delete" Page => connection_delete::confirm;
        post "/t/{tenant}/connections/{connection}/delete" Page => connection_delete::delete;
        get  "/t/{tenant}/connections/{connection}/credentials/new" Page => credential_new::new;
        post "/t/{tenant}/connections/{connection}/credentials/new" Page => credential_new::create;

        get  "/t/{tenant}/credentials/{credential}" Page => credential_page::show;
        post "/t/{tenant}/credentials/{credential}" Page => credential_page::update;
        post "/t/{tenant}/credentials/{credential}/test" Page => credential_act::test;
        post "/t/{tenant}/credentials/{credential}/connect" Page => credential_page::connect;
        post "/t/{tenant}/credentials/{credential}/disconnect" Page => credential_act::disconnect;
        post "/t/{tenant}/credentials/{credential}/switches" Page => credential_act::switch;
        post "/t/{tenant}/credentials/{credential}/link" Page => credential_act::make_link;
        post "/t/{tenant}/credentials/{credential}/delete" Page => credential_act::delete;

        get  "/t/{tenant}/customers" Page => customer_page::index;
        post "/t/{tenant}/customers" Page => customer_page::create;
        get  "/t/{tenant}/customers/{customer}" Page => customer_page::show;
        post "/t/{tenant}/customers/{customer}/links" Page => customer_page::create_link;

        get  "/t/{tenant}/attention" Page => attention_page::index;
        get  "/t/{tenant}/search" Page => search::index;
        get  "/t/{tenant}/search/suggest" Page => search::suggest;
        get  "/t/{tenant}/audit" Page => audit_page::index;

        get  "/t/{tenant}/sync" Page => sync_page::index;
        get  "/t/{tenant}/sync/plan" Page => plan_page::show;
        post "/t/{tenant}/sync/apply" Page => plan_page::apply;
        get  "/t/{tenant}/sync/drift" Page => drift_page::show;
        get  "/t/{tenant}/sync/runs/{run}" Page => run_page::show;
        post "/t/{tenant}/sync/runs/{run}/rollback" Page => run_page::rollback;

        get  "/t/{tenant}/settings" Page => tenant_settings::show;
        post "/t/{tenant}/settings" Page => tenant_settings::update;
        post "/t/{tenant}/settings/logo" Page => tenant_settings::logo;
        post "/t/{tenant}/settings/logo/remove" Page => tenant_settings::remove_logo;
        get  "/t/{tenant}/settings/tenants/new" Page => tenant_settings::new;
        post "/t/{tenant}/settings/tenants" Page => tenant_settings::create;
        get  "/t/{tenant}/settings/users" Page => user_settings::index;
        post "/t/{tenant}/settings/users" Page => user_settings::create;
        post "/t/{tenant}/settings/users/{user}" Page => user_settings::update;
        get  "/t/{tenant}/settings/api-keys" Page => api_key_settings::index;
        post "/t/{tenant}/settings/api-keys" Page => api_key_settings::create;
        post "/t/{tenant}/settings/api-keys/{api_key}/revoke" Page => api_key_settings::revoke;
        get  "/t/{tenant}/settings/components" Page => component_settings::index;
        post "/t/{tenant}/settings/components/{component}/upgrade" Page => component_settings::upgrade;
        get  "/t/{tenant}/settings/redirect-urls" Page => redirect_settings::index;
        post "/t/{tenant}/settings/redirect-urls" Page => redirect_settings::create;
        post "/t/{tenant}/settings/redirect-urls/remove" Page => redirect_settings::remove;
    }
}

/// Registers the table: one resource for each path, which refuses other methods with what it does allow.
pub fn configure(config: &mut web::ServiceConfig, limits: SizeLimits) {
    let mut table: Vec<(&Route, Option<actix_web::Route>)> =
        ROUTES.iter().zip(handlers()).map(|(route, handler)| (route, Some(access_guard(route, handler)))).collect();
    // Paths are tried one after the other: what must be fast is tried first.
    table.sort_by_key(|(route, _)| !route.asks_itself);
    for index in 0..table.len() {
        let path = table[index].0.path;
        let is_passed = table[index].0.size == BodySize::Passed;
        let mut resource = web::resource(pattern(path));
        let mut methods = Vec::new();
        let mut limit = None;
        for (route, handler) in table.iter_mut().filter(|(route, _)| route.path == path) {
            if let Some(handler) = handler.take() {
                methods.push(route.method);
                limit = limit.max(limits.of(route.size));
                resource = resource.route(handler);
            }
        }
        if methods.is_empty() {
            continue;
        }
        if let Some(limit) = limit {
            resource = resource.app_data(extract::BodyLimit(limit)).app_data(web::PayloadConfig::new(limit));
        }
        // A thing may be called as this path ends: the methods that only its path takes are for it.
        let others: Vec<&str> = namesake_methods(path).filter(|method| !methods.contains(method)).collect();
        if !others.is_empty() {
            resource = resource.guard(guard::fn_guard(move |ctx| !others.contains(&ctx.head().method.as_str())));
        }
        let allow = methods.join(", ");
        let resource = resource.default_service(web::to(move || method_not_allowed(allow.clone())));
        if is_passed {
            config.service(resource.wrap(from_fn(proxy::mark)));
        } else if is_visited(path) {
            config.service(resource.wrap(from_fn(connect::gate::within)));
        } else {
            config.service(resource);
        }
    }
}

/// Whether strangers come to a path, each address so often in a minute.
fn is_visited(path: &str) -> bool {
    path.starts_with("/connect/") || path.starts_with("/oauth/")
}

/// The path as the framework takes it: a `{path}` at its end takes all that follows.
fn pattern(path: &str) -> String {
    match path.strip_suffix("{path}") {
        Some(start) => format!("{start}{{path:.*}}"),
        None => path.to_owned(),
    }
}

/// Whether the body of a request is passed on as it comes, however long that takes.
pub fn is_passed(req: &ServiceRequest) -> bool {
    // By how the path begins: finding its whole pattern takes as long as finding its handler.
    let begins = |route: &Route| route.path.split('{').next().is_some_and(|start| req.path().starts_with(start));
    ROUTES.iter().filter(|route| route.size == BodySize::Passed).any(begins)
}

impl SizeLimits {
    /// `None`: the limit of every other body.
    fn of(self, size: BodySize) -> Option<usize> {
        match size {
            BodySize::Normal | BodySize::Passed => None,
            BodySize::Import => Some(self.import),
            BodySize::Snapshot => Some(self.snapshot),
        }
    }
}

/// The methods of another path of the table that takes any word where this one ends with a word of its own.
fn namesake_methods(path: &str) -> impl Iterator<Item = &'static str> {
    let (start, last) = path.rsplit_once('/').unwrap_or_default();
    let is_other =
        move |other: &str| other.rsplit_once('/').is_some_and(|(own, end)| own == start && end.starts_with('{'));
    let is_word = !last.starts_with('{');
    ROUTES.iter().filter(move |route| is_word && is_other(route.path)).map(|route| route.method)
}

fn access_guard(route: &Route, handler: actix_web::Route) -> actix_web::Route {
    match route.access {
        Access::Public => handler,
        _ if route.asks_itself => handler,
        Access::SignedIn => handler.wrap(from_fn(access::signed_in)),
        Access::Page => handler.wrap(from_fn(visit::page)),
        // A key of a request that passes is for whom it is passed to.
        Access::Member(_) if route.method == "POST" && route.size != BodySize::Passed => {
            handler.wrap(from_fn(idempotency::once)).wrap(from_fn(access::member))
        }
        Access::Member(_) => handler.wrap(from_fn(access::member)),
    }
}

async fn method_not_allowed(allow: String) -> HttpResponse {
    let public = format!("this path answers {allow}");
    let mut answer = HttpResponse::from_error(Error::new(Kind::MethodNotAllowed, "method_not_allowed", public));
    if let Ok(value) = header::HeaderValue::from_str(&allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}

/// Whatever is not in the table.
pub async fn not_found(req: HttpRequest) -> HttpResponse {
    let error = Error::not_found("path", req.path());
    if gate::wants_page(&req) { ProblemPage::alone(&error) } else { HttpResponse::from_error(error) }
}
