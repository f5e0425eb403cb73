//! One credential in the browser: its values, whether it works and why not, its authorization, what was tried.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::credential::CredentialUpdate;
use crate::app::credential::Held;
use crate::app::link::Completes;
use crate::app::view::CredentialView;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Permission;
use crate::model::credential::Status;
use crate::model::live_test::is_testable;
use crate::model::values::OwnerKind;
use crate::web::connection::page::history::AttemptRow;
use crate::web::connection::page::values::ignored_word;
use crate::web::connection::page::values::may_skip_test;
use crate::web::credential::card::Checked;
use crate::web::credential::card::Tested;
use crate::web::credential::card::joined;
use crate::web::credential::form::Form;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;
use crate::web::words;
use crate::web::words::Badge;
use crate::web::words::sentence;

pub mod act;
pub mod new;

#[derive(Serialize)]
pub struct CredentialPage {
    frame: Frame,
    title: String,
    connection: String,
    connection_url: String,
    customer: Option<(String, String)>,
    url: String,
    failed: Option<String>,
    tested: Option<Tested>,
    refusal: Option<Refusal>,
    status: Badge,
    reason: Option<&'static str>,
    check: Option<Checked>,
    authorization: Option<Authorization>,
    ignored: Vec<String>,
    form: Form,
    may_write: bool,
    may_switch: bool,
    is_enabled: bool,
    can_test: bool,
    /// "Connect" or "Reconnect", where a person authorizes.
    connect_word: Option<&'static str>,
    can_link: bool,
    attempts: Vec<AttemptRow>,
}

#[derive(Serialize)]
struct Authorization {
    scopes: Option<String>,
    obtained_at: Instant,
    expires_at: Option<Instant>,
    can_be_renewed: bool,
}

/// A credential that a page is about.
pub struct Looked {
    pub held: Held,
    pub view: CredentialView,
}

impl Looked {
    fn id(&self) -> CredentialId {
        self.held.credential.id
    }

    fn url(&self, visit: &Visit) -> String {
        visit.url(&format!("/credentials/{}", self.id()))
    }

    fn connection_url(&self, visit: &Visit) -> String {
        visit.url(&format!("/connections/{}", self.held.described.connection.id))
    }

    /// Whether somebody may change it: the organization's own are the builders'.
    fn may_write(&self, visit: &Visit) -> bool {
        let is_customers = self.view.credential.owner == OwnerKind::Customer;
        visit.may(Permission::CredentialsWrite) && (is_customers || visit.may(Permission::ConnectionsWrite))
    }

    fn needs_consent(&self) -> bool {
        self.held.described.kind().is_ok_and(|kind| kind.auth.needs_consent())
    }
}

/// What came of an action, when it is shown at once.
#[derive(Default)]
pub struct Outcome {
    pub tested: Option<Tested>,
    pub refusal: Option<Refusal>,
    pub failed: Option<String>,
    pub typed: Option<Fields>,
}

/// Reads the credential of a path.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn look(app: &App, visit: &Visit, path: Path<(String, String)>) -> Result<Looked> {
    let text = path.into_inner().1;
    let id = text.parse().map_err(|_not_an_id| Error::not_found("credential", &text))?;
    let held = app.get_credential(visit.actor.clone(), id).await?;
    let view = app.show_credential(visit.actor.tenant.id, held.clone()).await?;
    Ok(Looked { held, view })
}

/// `GET /t/{tenant}/credentials/{credential}`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let mut outcome = Outcome::default();
    if let Some(code) = asked.0.text("error") {
        let connection = looked.held.described.connection.id.to_string();
        let newest = app.connection_attempts(visit.actor.clone(), connection, None, 1).await?;
        let why = newest.into_iter().find(|attempt| attempt.outcome == code).map(|attempt| sentence(&attempt.detail));
        let general = || "The provider did not authorize it, or nobody finished.".to_owned();
        outcome.failed = Some(why.unwrap_or_else(general));
    }
    page(&app, &visit, &looked, outcome).await
}

/// `POST /t/{tenant}/credentials/{credential}`
pub async fn update(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let form = Form::of(&looked, None, None)?;
    let update = CredentialUpdate {
        name: fields.text("name").filter(|_| form.has_name),
        inputs: Form::edits(&looked, &fields)?,
        without_test: fields.has("without_test"),
        is_enabled: None,
    };
    let version = fields.get("version").parse().ok();
    match app.update_credential(visit.actor.clone(), looked.id(), version, update).await {
        Ok(_) => Ok(visit::see_other_saying(&app, &looked.url(&visit), "saved")),
        Err(error) => {
            let refusal = Some(Refusal::of(error)?);
            page(&app, &visit, &looked, Outcome { refusal, typed: Some(fields), ..Outcome::default() }).await
        }
    }
}

async fn page(app: &App, visit: &Visit, looked: &Looked, outcome: Outcome) -> Result<HttpResponse> {
    let status = refusal::status(outcome.refusal.as_ref());
    let attempts = app.credential_attempts(visit.actor.clone(), looked.id(), None, 20).await?;
    let attempts = attempts.into_iter().map(|attempt| AttemptRow::new(visit, attempt).here()).collect();
    html::page(status, &CredentialPage::new(visit, looked, outcome, attempts)?)
}

impl CredentialPage {
    fn new(visit: &Visit, looked: &Looked, outcome: Outcome, attempts: Vec<AttemptRow>) -> Result<Self> {
        let Looked { held, view } = looked;
        let summary = &view.credential;
        let customer = summary.customer.as_ref();
        let title = match customer {
            Some(customer) => format!("Credential of {}", customer.name),
            None if summary.owner == OwnerKind::Test => "Test Runner Connection".to_owned(),
            None => "Your organization's credential".to_owned(),
        };
        let (is_consent, may_write) = (looked.needs_consent(), looked.may_write(visit));
        let is_connected = !is_consent || view.authorization.is_some();
        let is_unconnected = !is_connected && matches!(summary.status, Status::Active | Status::Pending);
        let kind = held.described.kind()?;
        Ok(Self {
            frame: visit.frame(title.clone(), Section::Connections),
            title,
            connection: held.described.connection.label.clone(),
            connection_url: looked.connection_url(visit),
            customer: customer.map(|c| (c.name.clone(), visit.url(&format!("/customers/{}", c.id)))),
            url: looked.url(visit),
            status: if is_unconnected { words::NOT_CONNECTED } else { words::status(summary.status) },
            reason: words::status_reason(summary.status),
            check: summary.last_check.clone().map(Checked::from),
            authorization: view.authorization.clone().map(|a| Authorization {
                scopes: joined(a.granted_scopes),
                obtained_at: a.obtained_at,
                expires_at: a.expires_at,
                can_be_renewed: a.can_be_renewed,
            }),
            ignored: view.values.ignored.iter().map(|i| format!("{}: {}", i.input, ignored_word(i.reason))).collect(),
            form: Form::of(looked, outcome.typed.as_ref(), outcome.refusal.as_ref())?.offered_to(visit),
            may_write,
            may_switch: may_write || visit.may(Permission::ConnectionsSwitch),
            is_enabled: summary.is_enabled,
            can_test: visit.may(Permission::CredentialsWrite) && is_testable(kind) && is_connected,
            connect_word: (is_consent && may_write).then_some(if is_connected { "Reconnect" } else { "Connect" }),
            can_link: may_write && summary.owner == OwnerKind::Customer && is_consent,
            attempts,
            failed: outcome.failed,
            tested: outcome.tested,
            refusal: outcome.refusal,
        })
    }
}

/// Whether a form about these values offers to save them untested.
pub(super) fn offers_untested(held: &Held) -> bool {
    held.described.kind().is_ok_and(|kind| may_skip_test(held.described.component.live_test, kind))
}

/// `POST /t/{tenant}/credentials/{credential}/connect`: leads to the provider, and back to this page.
pub async fn connect(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let completes = Completes::Credential(looked.id());
    Ok(html::see_other(&app.connect_from_page(visit.actor.clone(), completes, looked.url(&visit)).await?))
}

impl Page for CredentialPage {
    const TEMPLATE: &'static str = "credential/show";

    fn samples() -> Vec<(&'static str, Self)> {
        let at = chrono::DateTime::UNIX_EPOCH;
        let page = |text: &str, is_full: bool| Self {
            frame: Frame::sample("Credential", Section::Connections),
            title: text.to_owned(),
            connection: text.to_owned(),
            connection_url: "/t/dev/connections/con_1".to_owned(),
            customer: is_full.then(|| (text.to_owned(), "/t/dev/customers/cus_1".to_owned())),
            url: "/t/dev/credentials/crd_1".to_owned(),
            failed: is_full.then(|| text.to_owned()),
            tested: is_full.then(|| Tested::sample(text, true)),
            refusal: is_full.then(|| refusal::sample(text)),
            status: words::status(Status::Quarantined),
            reason: words::status_reason(Status::Quarantined),
            check: is_full.then(|| Checked { badge: words::outcome("ok"), message: text.to_owned(), at }),
            authorization: is_full.then(|| Authorization {
                scopes: Some(text.to_owned()),
                obtained_at: at,
                expires_at: Some(at),
                can_be_renewed: true,
            }),
            ignored: if is_full { vec![text.to_owned()] } else { Vec::new() },
            form: Form::sample(text),
            may_write: is_full,
            may_switch: is_full,
            is_enabled: is_full,
            can_test: is_full,
            connect_word: is_full.then_some("Reconnect"),
            can_link: is_full,
            attempts: if is_full { vec![AttemptRow::sample(text)] } else { Vec::new() },
        };
        vec![
            ("viewer", page("Northwind", false)),
            ("full", page("plain", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
