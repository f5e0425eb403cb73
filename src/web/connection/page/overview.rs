//! The first page of a connection: whether it works, the test runner's and the organization's credentials, switches.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::callback::CallbackView;
use crate::app::connection::ConnectionUpdate;
use crate::app::credential::OwnerRef;
use crate::app::link::Completes;
use crate::app::live_test::run::Wanted;
use crate::app::reconsent::Reconsent;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::values::OwnerKind;
use crate::web::connection::page::Head;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::credential::card::Card;
use crate::web::credential::card::Tested;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;
use crate::web::words;
use crate::web::words::sentence;

/// What came of an action of this page, when it is shown at once.
#[derive(Default)]
pub struct Outcome {
    pub tested: Option<Tested>,
    pub refusal: Option<Refusal>,
    /// Why an authorization did not work.
    pub failed: Option<String>,
}

#[derive(Serialize)]
pub struct OverviewPage {
    frame: Frame,
    head: Head,
    failed: Option<String>,
    tested: Option<Tested>,
    refusal: Option<Refusal>,
    missing: Vec<Missing>,
    values_url: String,
    may_write: bool,
    may_switch: bool,
    is_enabled: bool,
    is_embedded: bool,
    organization: Option<Card>,
    test: Card,
    reconsents: Vec<ReconsentOnPage>,
    callback: Option<CallbackOnPage>,
    type_label: String,
    scope_meaning: &'static str,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Serialize)]
struct Missing {
    label: String,
    manager: &'static str,
    is_quarantined: bool,
}

#[derive(Serialize)]
struct ReconsentOnPage {
    who: String,
    missing: String,
    url: String,
    connect_url: Option<String>,
}

#[derive(Serialize)]
struct CallbackOnPage {
    redirect_uri: String,
    shared_with: String,
}

impl From<CallbackView> for CallbackOnPage {
    fn from(view: CallbackView) -> Self {
        let keys: Vec<String> = view.shared_with.iter().map(ToString::to_string).collect();
        Self { redirect_uri: view.redirect_uri, shared_with: keys.join(", ") }
    }
}

/// `GET /t/{tenant}/connections/{connection}`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let failed = match asked.0.text("error") {
        Some(code) => Some(why_failed(&app, &visit, &looked, &code).await?),
        None => None,
    };
    page(&app, &visit, looked, Outcome { failed, ..Outcome::default() }).await
}

/// What an authorization that led back here ran into.
pub async fn why_failed(app: &App, visit: &Visit, looked: &Looked, code: &str) -> Result<String> {
    let newest = app.connection_attempts(visit.actor.clone(), looked.id(), None, 1).await?;
    let why = newest.into_iter().find(|attempt| attempt.outcome == code).map(|attempt| attempt.detail);
    Ok(why.map_or_else(|| "The provider did not authorize it, or nobody finished.".to_owned(), |why| sentence(&why)))
}

async fn page(app: &App, visit: &Visit, looked: Looked, outcome: Outcome) -> Result<HttpResponse> {
    let status = refusal::status(outcome.refusal.as_ref());
    html::page(status, &OverviewPage::load(app, visit, looked, outcome).await?)
}

impl OverviewPage {
    async fn load(app: &App, visit: &Visit, looked: Looked, outcome: Outcome) -> Result<Self> {
        let connection = looked.view.connection.clone();
        let test = Card::load(app, visit, &looked, OwnerKind::Test).await?;
        let organization = match connection.scope {
            Scope::OrganizationGlobal => Some(Card::load(app, visit, &looked, OwnerKind::Organization).await?),
            _ => None,
        };
        let (callback, reconsents) = match looked.needs_consent() {
            true => {
                let callback = app.callback(visit.actor.clone(), looked.id()).await?;
                (Some(callback.into()), app.list_reconsents(visit.actor.clone(), looked.id()).await?)
            }
            false => (None, Vec::new()),
        };
        // An account for all may have in its credential what the connection itself lacks.
        let is_ready = looked.view.connection.status == Readiness::Ready;
        let missing = looked.view.values.missing.iter().filter(|_| !is_ready);
        // What each customer gives is not missing here.
        let is_ours = |managed_by| {
            connection.scope != Scope::Customer || managed_by == crate::model::component::ManagedBy::Organization
        };
        let missing = missing.filter(|missing| is_ours(missing.managed_by)).map(|missing| Missing {
            label: missing.label.clone(),
            manager: words::manager(missing.managed_by),
            is_quarantined: missing.state == crate::model::values::State::Quarantined,
        });
        let kind = looked.described.kind();
        Ok(Self {
            head: looked.head(visit, ""),
            missing: if connection.scope == Scope::OrganizationCustomer { Vec::new() } else { missing.collect() },
            values_url: visit.url(&format!("/connections/{}/values", connection.id)),
            may_write: visit.may(Permission::ConnectionsWrite),
            may_switch: visit.may(Permission::ConnectionsSwitch),
            is_enabled: connection.is_enabled,
            is_embedded: connection.is_embedded,
            organization,
            test,
            reconsents: reconsents.iter().map(|reconsent| ReconsentOnPage::new(visit, reconsent)).collect(),
            callback,
            type_label: kind.map_or_else(|_| connection.connection_type.clone(), |kind| kind.label.clone()),
            scope_meaning: words::scope_meaning(connection.scope),
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            frame: looked.frame(visit),
            failed: outcome.failed,
            tested: outcome.tested,
            refusal: outcome.refusal,
        })
    }
}

impl ReconsentOnPage {
    fn new(visit: &Visit, reconsent: &Reconsent) -> Self {
        let url = visit.url(&format!("/credentials/{}", reconsent.credential));
        let who = reconsent.customer.as_ref().map(|customer| customer.name.clone());
        Self {
            who: who.unwrap_or_else(|| words::owner(reconsent.owner).to_owned()),
            missing: reconsent.missing_scopes.iter().cloned().collect::<Vec<_>>().join(" "),
            connect_url: visit.may(Permission::CredentialsWrite).then(|| format!("{url}/link")),
            url,
        }
    }
}

/// Whose credential a form of this page is about.
fn owner(fields: &Fields) -> Result<OwnerRef> {
    match fields.get("owner") {
        "test" => Ok(OwnerRef::Test),
        "organization" => Ok(OwnerRef::Organization),
        _ => Err(Error::invalid("invalid_owner", "say whose credential: the test runner's or the organization's")),
    }
}

/// `POST /t/{tenant}/connections/{connection}/test`
pub async fn test(app: Data<App>, visit: Visit, path: Path<(String, String)>, fields: Fields) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let wanted = Wanted { owner: Some(owner(&fields)?), ..Wanted::default() };
    let outcome = match app.test_connection(visit.actor.clone(), looked.id(), wanted).await {
        Ok(verdict) => Outcome { tested: Some(verdict.into()), ..Outcome::default() },
        Err(error) => Outcome { refusal: Some(Refusal::of(error)?), ..Outcome::default() },
    };
    page(&app, &visit, looked, outcome).await
}

/// `POST /t/{tenant}/connections/{connection}/connect`: leads to the provider, and back to this page.
pub async fn connect(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let page = visit.url(&format!("/connections/{}", looked.id()));
    let completes = Completes::Owner { connection: looked.id(), owner: owner(&fields)? };
    Ok(html::see_other(&app.connect_from_page(visit.actor.clone(), completes, page).await?))
}

/// `POST /t/{tenant}/connections/{connection}/switches`: enabled, or for embedded workflows.
pub async fn switch(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let on = Some(fields.has("on"));
    let update = match fields.get("switch") {
        "enabled" => ConnectionUpdate { is_enabled: on, ..ConnectionUpdate::default() },
        "embedded" => ConnectionUpdate { is_embedded: on, ..ConnectionUpdate::default() },
        _ => return Err(Error::invalid("unknown_switch", "there is no such switch")),
    };
    app.update_connection(visit.actor.clone(), looked.id(), None, update).await?;
    let page = visit.url(&format!("/connections/{}", looked.id()));
    Ok(visit::see_other_saying(&app, &page, if fields.has("on") { "enabled" } else { "disabled" }))
}

impl Page for OverviewPage {
    const TEMPLATE: &'static str = "connection/overview";

    fn samples() -> Vec<(&'static str, Self)> {
        let at = chrono::DateTime::UNIX_EPOCH;
        let page = |text: &str, is_full: bool| Self {
            frame: sample_frame(),
            head: Head::sample(text, ""),
            failed: is_full.then(|| text.to_owned()),
            tested: is_full.then(|| Tested::sample(text, false)),
            refusal: is_full.then(|| refusal::sample(text)),
            missing: if is_full {
                vec![Missing { label: text.to_owned(), manager: "Your organization", is_quarantined: true }]
            } else {
                Vec::new()
            },
            values_url: "/t/dev/connections/con_1/values".to_owned(),
            may_write: is_full,
            may_switch: is_full,
            is_enabled: true,
            is_embedded: !is_full,
            organization: is_full.then(|| Card::sample(text)),
            test: Card::sample(text),
            reconsents: if is_full {
                vec![ReconsentOnPage {
                    who: text.to_owned(),
                    missing: text.to_owned(),
                    url: "/t/dev/credentials/crd_1".to_owned(),
                    connect_url: Some("/t/dev/credentials/crd_1/link".to_owned()),
                }]
            } else {
                Vec::new()
            },
            callback: is_full.then(|| CallbackOnPage { redirect_uri: text.to_owned(), shared_with: text.to_owned() }),
            type_label: text.to_owned(),
            scope_meaning: words::scope_meaning(Scope::Customer),
            created_at: at,
            updated_at: at,
        };
        vec![
            ("viewer", page("Our Slack", false)),
            ("full", page("Our Slack", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
