//! Pages of integrations: the list, files in, the designer, its connections, versions and test runs.

use serde::Serialize;
use url::form_urlencoded;

use crate::app::integration::compare::Meanwhile;
use crate::app::integration::show::IntegrationView;
use crate::error::Error;
use crate::model::actor::Permission;
use crate::model::connection::Readiness;
use crate::model::definition::diff::Change;
use crate::web::frame::Visit;

pub mod changes;
pub mod config;
pub mod designer;
pub mod import;
pub mod list;
pub mod runs;
pub mod versions;

use changes::ChangeLine;

/// What stands above every page of one integration.
#[derive(Serialize)]
pub struct Head {
    name: String,
    key: String,
    /// `/t/dev/integrations/order-alerts`
    base: String,
    list_url: String,
    state: &'static str,
    tone: &'static str,
    /// What forms send back: somebody else may have changed the integration since.
    version: i64,
    published_number: i64,
    tabs: Vec<Tab>,
    may_write: bool,
    may_test: bool,
    can_publish: bool,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    url: String,
    is_current: bool,
}

/// The pages of one integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Designer,
    Config,
    Runs,
    Versions,
}

impl Head {
    #[must_use]
    pub fn new(visit: &Visit, view: &IntegrationView, place: Place) -> Self {
        let base = visit.url(&format!("/integrations/{}", segment(&view.summary.key)));
        let (state, tone) = match (view.summary.published_number, view.has_unpublished_changes) {
            (0, _) => ("Draft", ""),
            (_, true) => ("Unpublished changes", "warn"),
            _ => ("Published", "good"),
        };
        let tab = |label, of: Place, rest: &str| Tab { label, url: format!("{base}{rest}"), is_current: of == place };
        let tabs = vec![
            tab("Designer", Place::Designer, "/designer"),
            tab("Connections", Place::Config, "/config"),
            tab("Test runs", Place::Runs, "/test-runs"),
            tab("Versions", Place::Versions, "/versions"),
        ];
        let may_write = visit.may(Permission::IntegrationsWrite);
        Self {
            name: view.summary.name.clone(),
            key: view.summary.key.clone(),
            list_url: visit.url("/integrations"),
            state,
            tone,
            version: view.summary.version,
            published_number: view.summary.published_number,
            tabs,
            may_write,
            may_test: visit.may(Permission::IntegrationsTest),
            can_publish: may_write && view.has_unpublished_changes,
            base,
        }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(name: &str, place: Place) -> Self {
        let base = "/t/dev/integrations/order-alerts".to_owned();
        let tab = |label, of: Place, rest: &str| Tab { label, url: format!("{base}{rest}"), is_current: of == place };
        Self {
            name: name.to_owned(),
            key: "order-alerts".to_owned(),
            list_url: "/t/dev/integrations".to_owned(),
            state: "Unpublished changes",
            tone: "warn",
            version: 3,
            published_number: 1,
            tabs: vec![tab("Designer", Place::Designer, "/designer"), tab("Connections", Place::Config, "/config")],
            may_write: true,
            may_test: true,
            can_publish: true,
            base,
        }
    }
}

/// A part of a path, with everything escaped that is none of its letters.
#[must_use]
pub fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A query of these names and values; empty values are left out.
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
    if pairs.is_empty() {
        return String::new();
    }
    let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("?{query}")
}

/// A word and a tone for how a connection stands.
#[must_use]
pub fn readiness_word(readiness: Readiness) -> (&'static str, &'static str) {
    match readiness {
        Readiness::Ready => ("Ready", "good"),
        Readiness::Pending => ("Pending", "warn"),
        Readiness::Disabled => ("Disabled", "bad"),
    }
}

/// What a form could not do, above it.
#[derive(Serialize)]
pub struct Problem {
    message: String,
    /// Somebody else changed the integration since the page was shown.
    is_conflict: bool,
    meanwhile: Vec<MeanwhileLine>,
}

/// What somebody did.
#[derive(Serialize)]
struct MeanwhileLine {
    actor: String,
    at: String,
    what: &'static str,
    changes: Vec<ChangeLine>,
}

impl Problem {
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let message = error.fields.first().map_or(&error.public, |field| &field.message).clone();
        Self { message, is_conflict: false, meanwhile: Vec::new() }
    }

    #[must_use]
    pub fn conflict(meanwhile: Vec<Meanwhile>) -> Self {
        let message =
            "Somebody else changed this integration since you opened the page, and nothing of yours was saved \
                       yet. Look at what they did; what you typed is still here. Send it again to save it on top."
                .to_owned();
        let line = |done: Meanwhile| MeanwhileLine {
            at: done.at.to_rfc3339(),
            what: match done.action.as_str() {
                "integration.imported" => "imported a file",
                "integration.restored" => "restored a version",
                "integration.published" => "published",
                _ => "changed the draft",
            },
            changes: done.changes.iter().map(|change: &Change| ChangeLine::from(change)).collect(),
            actor: done.actor,
        };
        Self { message, is_conflict: true, meanwhile: meanwhile.into_iter().map(line).collect() }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        let changes = ChangeLine::samples(text);
        let line = MeanwhileLine {
            actor: text.to_owned(),
            at: "2026-11-22T07:05:00Z".to_owned(),
            what: "changed the draft",
            changes,
        };
        Self { message: text.to_owned(), is_conflict: true, meanwhile: vec![line] }
    }
}
