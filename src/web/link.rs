//! Connect links, redirect URLs and redirect URIs: what a vendor's program sets up for its customers.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::callback::CallbackView;
use crate::app::credential::OwnerRef;
use crate::app::disconnect::AtProvider;
use crate::app::disconnect::Disconnected;
use crate::app::link::Completes;
use crate::app::link::LinkView;
use crate::app::link::MadeLink;
use crate::app::link::NewLink;
use crate::app::reconsent::Reconsent;
use crate::app::view::CredentialView;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::LinkId;
use crate::model::actor::Actor;
use crate::model::link::Ends;
use crate::model::redirect_url::RedirectUrl;
use crate::model::values::OwnerKind;
use crate::web::extract::Json;
use crate::web::page::ListOf;
use crate::web::page::Listing;
use crate::web::page::PageQuery;
use crate::web::respond;

pub mod page;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewConnectLinkRequest, example = json!({ "owner": "test" }))]
pub struct CreateBody {
    /// Whose credential it completes.
    owner: OwnerKind,
    /// The vendor's own id of the customer, or ours; of the owner `customer` only.
    #[schema(example = "acme-42")]
    customer: Option<String>,
    /// Which of the customer's credentials. Absent: `default`.
    #[schema(min_length = 1, max_length = 120)]
    credential: Option<String>,
    /// Where the browser goes when it worked: a registered URL, exactly. Absent: a page of ours.
    success_url: Option<String>,
    /// Where it goes, with `error`, when it did not: a registered URL, exactly. Absent: a page of ours.
    failure_url: Option<String>,
    /// How long it works. Absent: a week.
    #[schema(minimum = 60, maximum = 2_592_000)]
    expires_in_s: Option<i64>,
}

impl CreateBody {
    fn owner(&self) -> Result<OwnerRef> {
        let wrong = |field: &str, message: &str| {
            Error::of_fields(vec![FieldError::new(field, "customer_and_owner", message)])
                .unwrap_or_else(|| Error::bug("no wrong field"))
        };
        match (self.owner, &self.customer) {
            (OwnerKind::Customer, Some(customer)) => {
                Ok(OwnerRef::Customer { customer: customer.clone(), name: self.credential.clone() })
            }
            (OwnerKind::Customer, None) => Err(wrong("customer", "name the customer")),
            (_, Some(_)) => Err(wrong("customer", "only the owner `customer` has one: leave it out")),
            (OwnerKind::Organization, None) => Ok(OwnerRef::Organization),
            (OwnerKind::Test, None) => Ok(OwnerRef::Test),
        }
    }
}

/// Makes a link. Whoever opens it completes this one credential, without an account: enters the values that its owner sets,
/// and authorizes at the provider. It works once. The organization's and the test runner's need `connections:write` besides.
#[utoipa::path(
    post, path = "/api/v1/connections/{connection}/connect-links", tag = "Connect links", request_body = CreateBody,
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 201, body = MadeLink)),
)]
pub async fn create(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    body: Json<CreateBody>,
) -> Result<HttpResponse> {
    let body = body.into_inner();
    let new = NewLink {
        completes: Completes::Owner { connection: reference.into_inner(), owner: body.owner()? },
        ends: Ends { success_url: body.success_url, failure_url: body.failure_url },
        expires_in_s: body.expires_in_s,
    };
    let made = app.create_link(actor, new).await?;
    Ok(respond::created(format!("/api/v1/connect-links/{}", made.link.id), &made))
}

/// Lists a connection's links, the newest first. Their URLs are told only when they are made.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/connect-links", tag = "Connect links",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"), PageQuery),
    responses((status = 200, body = ListOf<LinkView>)),
)]
pub async fn list(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse> {
    let list = Listing::new(&app, actor.tenant.id, "connect_links");
    let page = list.request(query.limit, query.cursor.as_deref())?;
    let found = app.list_links(actor, reference.into_inner(), page.after, page.fetch()).await?;
    Ok(list.answer(page.page(found, |link: &LinkView| link.id)))
}

/// Makes a link useless, at once.
#[utoipa::path(
    delete, path = "/api/v1/connect-links/{link}", tag = "Connect links",
    params(("link" = String, Path, example = "lnk_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = LinkView)),
)]
pub async fn revoke(app: Data<App>, actor: Actor, id: Path<LinkId>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.revoke_link(actor, *id).await?))
}

/// Tells the redirect URI to register with the provider's application.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/callback", tag = "Connect links",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 200, body = CallbackView), (status = 422)),
)]
pub async fn callback(app: Data<App>, actor: Actor, reference: Path<String>) -> Result<HttpResponse> {
    Ok(respond::ok(&app.callback(actor, reference.into_inner()).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CallbackSharing, example = json!({ "share_with": null }))]
pub struct ShareBody {
    /// Id, stable key or alias of a connection; `null`: a redirect URI of its own.
    share_with: Option<String>,
}

/// Gives a connection the redirect URI of another one, for providers that allow few: both must have the same authorize
/// URL, token URL and client id, at every use.
#[utoipa::path(
    put, path = "/api/v1/connections/{connection}/callback", tag = "Connect links", request_body = ShareBody,
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 200, body = CallbackView)),
)]
pub async fn share(
    app: Data<App>,
    actor: Actor,
    reference: Path<String>,
    body: Json<ShareBody>,
) -> Result<HttpResponse> {
    let shared = app.share_callback(actor, reference.into_inner(), body.into_inner().share_with).await?;
    Ok(respond::ok(&shared))
}

/// Lists the URLs that browsers may be sent to when an authorization ends.
#[utoipa::path(
    get, path = "/api/v1/redirect-urls", tag = "Connect links", responses((status = 200, body = ListOf<RedirectUrl>)),
)]
pub async fn redirects(app: Data<App>, actor: Actor) -> Result<HttpResponse> {
    let items = app.list_redirect_urls(actor).await?;
    Ok(respond::ok(&ListOf { items, next_cursor: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRedirectUrl, example = json!({ "url": "https://app.example.com/connected" }))]
pub struct RedirectBody {
    /// https, or http of this machine; without a fragment.
    #[schema(max_length = 2000)]
    url: String,
}

/// Registers a URL. Links name it exactly as it is written here.
#[utoipa::path(
    post, path = "/api/v1/redirect-urls", tag = "Connect links", request_body = RedirectBody,
    responses((status = 201, body = RedirectUrl)),
)]
pub async fn add_redirect(app: Data<App>, actor: Actor, body: Json<RedirectBody>) -> Result<HttpResponse> {
    let added = app.add_redirect_url(actor, body.into_inner().url).await?;
    Ok(respond::created("/api/v1/redirect-urls", &added))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RedirectQuery {
    #[param(example = "https://app.example.com/connected")]
    url: String,
}

/// Takes a URL out. Links that name it do not work any more.
#[utoipa::path(
    delete, path = "/api/v1/redirect-urls", tag = "Connect links", params(RedirectQuery),
    responses((status = 204, description = "Removed."), (status = 404)),
)]
pub async fn remove_redirect(app: Data<App>, actor: Actor, query: Query<RedirectQuery>) -> Result<HttpResponse> {
    app.remove_redirect_url(actor, query.into_inner().url).await?;
    Ok(respond::no_content())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReconnectLink, example = json!({}))]
pub struct ReconnectBody {
    /// Where the browser goes when it worked: a registered URL, exactly. Absent: a page of ours.
    success_url: Option<String>,
    /// Where it goes, with `error`, when it did not: a registered URL, exactly. Absent: a page of ours.
    failure_url: Option<String>,
    /// How long it works. Absent: a week.
    #[schema(minimum = 60, maximum = 2_592_000)]
    expires_in_s: Option<i64>,
}

/// Makes a link for a credential that is there: to authorize again, for more scopes, or after it was disconnected. Until
/// that is done it stays as it is.
#[utoipa::path(
    post, path = "/api/v1/credentials/{credential}/connect-link", tag = "Connect links", request_body = ReconnectBody,
    params(("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 201, body = MadeLink)),
)]
pub async fn reconnect(
    app: Data<App>,
    actor: Actor,
    id: Path<CredentialId>,
    body: Json<ReconnectBody>,
) -> Result<HttpResponse> {
    let ReconnectBody { success_url, failure_url, expires_in_s } = body.into_inner();
    let ends = Ends { success_url, failure_url };
    let made = app.create_link(actor, NewLink { completes: Completes::Credential(*id), ends, expires_in_s }).await?;
    Ok(respond::created(format!("/api/v1/connect-links/{}", made.link.id), &made))
}

/// A credential whose tokens are gone here.
#[derive(Serialize, ToSchema)]
#[schema(as = DisconnectedCredential)]
pub struct DisconnectedBody {
    at_provider: AtProvider,
    /// The same in words, with what to do.
    message: String,
    credential: CredentialView,
}

/// Revokes a credential's tokens at the provider when it can, and removes them here whatever the provider says. The values
/// stay; a person has to authorize again.
#[utoipa::path(
    post, path = "/api/v1/credentials/{credential}/disconnect", tag = "Connect links",
    params(("credential" = String, Path, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")),
    responses((status = 200, body = DisconnectedBody)),
)]
pub async fn disconnect(app: Data<App>, actor: Actor, id: Path<CredentialId>) -> Result<HttpResponse> {
    let tenant = actor.tenant.id;
    let Disconnected { held, at_provider, message } = app.disconnect_credential(actor, *id).await?;
    let credential = app.show_credential(tenant, held).await?;
    Ok(respond::ok(&DisconnectedBody { at_provider, message, credential }))
}

/// Lists the credentials whose authorization grants less than the connection, or a slot that uses it, asks for now. A link
/// for each: `POST /api/v1/credentials/{credential}/connect-link`.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}/reconsent", tag = "Connect links",
    params(("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2")),
    responses((status = 200, body = ListOf<Reconsent>)),
)]
pub async fn reconsent(app: Data<App>, actor: Actor, reference: Path<String>) -> Result<HttpResponse> {
    let items = app.list_reconsents(actor, reference.into_inner()).await?;
    Ok(respond::ok(&ListOf { items, next_cursor: None }))
}
