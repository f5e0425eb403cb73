//! What happened to a connection, what was tried with its third party, and who was given its credentials.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Result;
use crate::ids::EventId;
use crate::model::attempt::Attempt;
use crate::model::connection::HistoryEntry;
use crate::model::read::Position;
use crate::model::read::Read;
use crate::model::values::FieldChange;
use crate::web::connection::page::Head;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::form::Asked;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::page::Listing;
use crate::web::words;
use crate::web::words::Badge;
use crate::web::words::sentence;

#[derive(Serialize)]
pub struct HistoryPage {
    frame: Frame,
    head: Head,
    entries: Vec<Entry>,
    next_url: Option<String>,
    first_url: Option<String>,
}

#[derive(Serialize)]
struct Entry {
    at: Instant,
    actor: String,
    what: String,
    subject: String,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    field: String,
    is_secret: bool,
    old: Option<String>,
    new: Option<String>,
}

/// What was tried, and what was read.
#[derive(Serialize)]
pub struct AttemptsPage {
    frame: Frame,
    head: Head,
    attempts: Vec<AttemptRow>,
    next_url: Option<String>,
    first_url: Option<String>,
    reads: Vec<ReadRow>,
}

/// Something tried with the third party.
#[derive(Serialize)]
pub struct AttemptRow {
    at: Instant,
    kind: &'static str,
    outcome: Badge,
    code: String,
    detail: String,
    http_status: Option<u16>,
    duration_ms: i64,
    credential_url: Option<String>,
}

#[derive(Serialize)]
struct ReadRow {
    at: Instant,
    api_key: String,
    reads: u32,
    credential_url: Option<String>,
}

impl From<HistoryEntry> for Entry {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            at: entry.at,
            actor: entry.actor,
            what: words::title(&entry.action.replace('.', " ")),
            subject: entry.subject,
            changes: entry.changes.into_iter().map(Change::from).collect(),
        }
    }
}

impl From<FieldChange> for Change {
    fn from(change: FieldChange) -> Self {
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Bool(is) => if is { "yes" } else { "no" }.to_owned(),
            other => other.to_string(),
        };
        Self {
            field: words::field(&change.field),
            is_secret: change.is_secret,
            old: change.old.map(text),
            new: change.new.map(text),
        }
    }
}

impl AttemptRow {
    #[must_use]
    pub fn new(visit: &Visit, attempt: Attempt) -> Self {
        Self {
            at: attempt.at,
            kind: words::attempt(attempt.kind),
            outcome: words::outcome(&attempt.outcome),
            code: attempt.outcome,
            detail: sentence(&attempt.detail),
            http_status: attempt.status,
            duration_ms: attempt.duration_ms,
            credential_url: attempt.credential_id.map(|id| visit.url(&format!("/credentials/{id}"))),
        }
    }

    /// On the page of its own credential.
    #[must_use]
    pub fn here(self) -> Self {
        Self { credential_url: None, ..self }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        Self {
            at: chrono::DateTime::UNIX_EPOCH,
            kind: "Live test",
            outcome: words::outcome("access_denied"),
            code: text.to_owned(),
            detail: text.to_owned(),
            http_status: Some(403),
            duration_ms: 120,
            credential_url: Some("/t/dev/credentials/crd_1".to_owned()),
        }
    }
}

/// `GET /t/{tenant}/connections/{connection}/history`
pub async fn history(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let list = Listing::new(&app, visit.actor.tenant.id, "history_page");
    let cursor = asked.0.text("cursor");
    let request = list.request::<EventId>(None, cursor.as_deref())?;
    let entries = app.connection_history(visit.actor.clone(), looked.id(), request.after, request.fetch()).await?;
    let page = request.page(entries, |entry| entry.id);
    let url = visit.url(&format!("/connections/{}/history", looked.id()));
    let page = HistoryPage {
        frame: looked.frame(&visit),
        head: looked.head(&visit, "history"),
        next_url: list.cursor(page.next.as_ref()).map(|next| format!("{url}?cursor={next}")),
        first_url: cursor.map(|_| url),
        entries: page.items.into_iter().map(Entry::from).collect(),
    };
    html::page(StatusCode::OK, &page)
}

/// `GET /t/{tenant}/connections/{connection}/attempts`
pub async fn attempts(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Asked,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let list = Listing::new(&app, visit.actor.tenant.id, "attempts_page");
    let cursor = asked.0.text("cursor");
    let request = list.request::<EventId>(None, cursor.as_deref())?;
    let tried = app.connection_attempts(visit.actor.clone(), looked.id(), request.after, request.fetch()).await?;
    let page = request.page(tried, |attempt| attempt.id);
    let reads = app.list_reads(visit.actor.clone(), looked.id(), None, 20).await?;
    let url = visit.url(&format!("/connections/{}/attempts", looked.id()));
    let page = AttemptsPage {
        frame: looked.frame(&visit),
        head: looked.head(&visit, "attempts"),
        next_url: list.cursor(page.next.as_ref()).map(|next| format!("{url}?cursor={next}")),
        first_url: cursor.map(|_| url),
        attempts: page.items.into_iter().map(|attempt| AttemptRow::new(&visit, attempt)).collect(),
        reads: reads.into_iter().map(|read| ReadRow::new(&visit, read)).collect(),
    };
    html::page(StatusCode::OK, &page)
}

impl ReadRow {
    fn new(visit: &Visit, (_, read): (Position, Read)) -> Self {
        Self {
            at: read.at,
            api_key: read.api_key.name,
            reads: read.reads,
            credential_url: read.credential_id.map(|id| visit.url(&format!("/credentials/{id}"))),
        }
    }
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "connection/history";

    fn samples() -> Vec<(&'static str, Self)> {
        let change = |text: &str, is_secret| Change {
            field: text.to_owned(),
            is_secret,
            old: (!is_secret).then(|| text.to_owned()),
            new: Some(text.to_owned()),
        };
        let entry = |text: &str| Entry {
            at: chrono::DateTime::UNIX_EPOCH,
            actor: text.to_owned(),
            what: "Connection changed".to_owned(),
            subject: text.to_owned(),
            changes: vec![change(text, false), change(text, true)],
        };
        let page = |text: &str, entries: Vec<Entry>| Self {
            frame: sample_frame(),
            head: Head::sample(text, "history"),
            next_url: (!entries.is_empty()).then(|| "?cursor=x".to_owned()),
            first_url: None,
            entries,
        };
        let hostile = "\"><script>";
        vec![
            ("empty", page("Our Slack", Vec::new())),
            ("full", page("Our Slack", vec![entry("builder@example.com")])),
            ("hostile", page(hostile, vec![entry(hostile)])),
        ]
    }
}

impl Page for AttemptsPage {
    const TEMPLATE: &'static str = "connection/attempts";

    fn samples() -> Vec<(&'static str, Self)> {
        let read = |text: &str| ReadRow {
            at: chrono::DateTime::UNIX_EPOCH,
            api_key: text.to_owned(),
            reads: 2,
            credential_url: None,
        };
        let page = |text: &str, is_full: bool| Self {
            frame: sample_frame(),
            head: Head::sample(text, "attempts"),
            attempts: if is_full { vec![AttemptRow::sample(text)] } else { Vec::new() },
            next_url: None,
            first_url: is_full.then(|| "?".to_owned()),
            reads: if is_full { vec![read(text)] } else { Vec::new() },
        };
        vec![
            ("empty", page("Our Slack", false)),
            ("full", page("It works", true)),
            ("hostile", page("\"><script>", true)),
        ]
    }
}
