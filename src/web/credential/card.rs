//! One credential on the page of its connection: whether it works, and what can be done about it.

use serde::Serialize;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::view::CredentialView;
use crate::clock::Instant;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::credential::Status;
use crate::model::live_test::Verdict;
use crate::model::live_test::is_testable;
use crate::model::values::OwnerKind;
use crate::web::connection::page::Looked;
use crate::web::frame::Visit;
use crate::web::words;
use crate::web::words::Badge;
use crate::web::words::sentence;

/// The credential of the test runner, or of the organization.
#[derive(Serialize)]
pub struct Card {
    title: &'static str,
    about: &'static str,
    owner: &'static str,
    status: Badge,
    reason: Option<String>,
    check: Option<Checked>,
    /// When the access token ends.
    expires_at: Option<Instant>,
    scopes: Option<String>,
    /// Of the credential, or to enter one.
    edit_url: Option<String>,
    edit_word: &'static str,
    test_url: Option<String>,
    connect_url: Option<String>,
    connect_word: &'static str,
}

/// What the last live test found.
#[derive(Serialize)]
pub struct Checked {
    pub badge: Badge,
    pub message: String,
    pub at: Instant,
}

/// A test that was just made.
#[derive(Serialize)]
pub struct Tested {
    is_ok: bool,
    title: &'static str,
    message: String,
    advice: String,
    hint: Option<String>,
    http_status: Option<u16>,
}

impl From<Verdict> for Tested {
    fn from(verdict: Verdict) -> Self {
        Self {
            is_ok: verdict.is_ok(),
            title: if verdict.is_ok() { "The live test passed" } else { "The live test failed" },
            message: sentence(&verdict.message),
            advice: if verdict.advice.is_empty() { String::new() } else { sentence(&verdict.advice) },
            hint: verdict.hint.map(|hint| sentence(&hint)),
            http_status: verdict.status,
        }
    }
}

impl Tested {
    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str, is_ok: bool) -> Self {
        Self {
            is_ok,
            title: "The live test failed",
            message: text.to_owned(),
            advice: text.to_owned(),
            hint: Some(text.to_owned()),
            http_status: Some(401),
        }
    }
}

/// Whether somebody authorized it, where that is needed.
#[must_use]
pub fn is_connected(looked: &Looked, view: Option<&CredentialView>) -> bool {
    !looked.needs_consent() || view.is_some_and(|view| view.authorization.is_some())
}

impl Card {
    /// # Errors
    /// Those of reading.
    pub async fn load(app: &App, visit: &Visit, looked: &Looked, owner: OwnerKind) -> Result<Self> {
        let reference = if owner == OwnerKind::Test { OwnerRef::Test } else { OwnerRef::Organization };
        let effective = app.effective_values(visit.actor.clone(), looked.id(), Some(reference)).await?;
        let view = match &effective.credential {
            Some(credential) => {
                let held = app.get_credential(visit.actor.clone(), credential.id).await?;
                Some(app.show_credential(visit.actor.tenant.id, held).await?)
            }
            None => None,
        };
        Ok(Self::new(visit, looked, (owner, effective.status), view))
    }

    fn new(visit: &Visit, looked: &Looked, (owner, status): (OwnerKind, Status), view: Option<CredentialView>) -> Self {
        let url = visit.url(&format!("/connections/{}", looked.id()));
        let may = visit.may(Permission::ConnectionsWrite) && visit.may(Permission::CredentialsWrite);
        let (is_test, is_consent) = (owner == OwnerKind::Test, looked.needs_consent());
        let is_connected = is_connected(looked, view.as_ref());
        let is_testable = looked.described.kind().is_ok_and(is_testable);
        let (status, reason) = told(status, is_connected, view.is_some());
        let id = view.as_ref().map(|view| view.credential.id);
        let edit = id.map(|id| visit.url(&format!("/credentials/{id}")));
        let enter = may.then(|| format!("{url}/credentials/new?owner={}", owner.as_str()));
        let check = view.as_ref().and_then(|view| view.credential.last_check.clone());
        let authorization = view.and_then(|view| view.authorization);
        Self {
            title: if is_test { "Test Runner Connection" } else { "Your organization's credential" },
            about: if is_test {
                "Test runs in the designer use it. A change counts at once, at the next step of a run under way."
            } else {
                "One account serves all of your customers; they never see it."
            },
            owner: owner.as_str(),
            status,
            reason,
            check: check.map(Checked::from),
            expires_at: authorization.as_ref().and_then(|authorization| authorization.expires_at),
            scopes: authorization.and_then(|authorization| joined(authorization.granted_scopes)),
            edit_word: if edit.is_some() { "View and edit" } else { "Enter values" },
            edit_url: edit.or(enter),
            test_url: (visit.may(Permission::CredentialsWrite) && is_testable && is_connected)
                .then(|| format!("{url}/test")),
            connect_url: (may && is_consent).then(|| format!("{url}/connect")),
            connect_word: if is_connected { "Reconnect" } else { "Connect" },
        }
    }

    /// On another page than the connection's, to which connecting leads back.
    #[must_use]
    pub fn connecting_at(self, url: String) -> Self {
        Self { connect_url: self.connect_url.map(|_| url), test_url: None, ..self }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        let at = chrono::DateTime::UNIX_EPOCH;
        Self {
            title: "Test Runner Connection",
            about: "Test runs in the designer use it.",
            owner: "test",
            status: words::status(Status::Error),
            reason: Some(text.to_owned()),
            check: Some(Checked { badge: words::outcome("unreachable"), message: text.to_owned(), at }),
            expires_at: Some(at),
            scopes: Some(text.to_owned()),
            edit_url: Some("/t/dev/credentials/crd_1".to_owned()),
            edit_word: "View and edit",
            test_url: Some("/t/dev/connections/con_1/test".to_owned()),
            connect_url: Some("/t/dev/connections/con_1/connect".to_owned()),
            connect_word: "Reconnect",
        }
    }
}

impl From<crate::app::view::CheckView> for Checked {
    fn from(check: crate::app::view::CheckView) -> Self {
        Self { badge: words::outcome(&check.outcome), message: sentence(&check.message), at: check.at }
    }
}

/// The status in words, and what to do.
fn told(status: Status, is_connected: bool, is_there: bool) -> (Badge, Option<String>) {
    match (status, is_connected, is_there) {
        (Status::Active | Status::Pending, false, _) => {
            (words::NOT_CONNECTED, Some("Nobody has authorized it at the provider yet.".to_owned()))
        }
        (Status::Pending, true, false) => (words::NOT_ENTERED, Some("There are no values for it yet.".to_owned())),
        (Status::Active, true, false) => {
            (words::status(status), Some("The connection's global values are enough for it.".to_owned()))
        }
        _ => (words::status(status), words::status_reason(status).map(ToOwned::to_owned)),
    }
}

/// Scopes as one text.
#[must_use]
pub fn joined(scopes: Option<std::collections::BTreeSet<String>>) -> Option<String> {
    let scopes = scopes.filter(|scopes| !scopes.is_empty())?;
    Some(scopes.into_iter().collect::<Vec<_>>().join(" "))
}
