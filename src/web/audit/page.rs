//! The page of the audit log.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Query;
use chrono::Days;
use chrono::NaiveDate;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Result;
use crate::model::audit::Entry;
use crate::model::audit::Filter;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::page::Listing;
use crate::web::query::address;
use crate::web::turn::Pages;

/// What the field for events completes.
const ACTIONS: &[&str] = &[
    "api_key",
    "component",
    "connect_link",
    "connection",
    "connection.changed",
    "connection.created",
    "connection.deleted",
    "connection.renamed",
    "credential",
    "credential.authorized",
    "credential.changed",
    "credential.failed",
    "credential.reauthorization_required",
    "customer",
    "integration",
    "integration.edited",
    "integration.published",
    "oauth",
    "redirect_url",
    "session",
    "sync",
    "sync.applied",
    "sync.rolled_back",
    "tenant",
    "user",
];

/// What was typed into the filters.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    actor: String,
    action: String,
    subject: String,
    since: String,
    until: String,
    #[serde(skip_serializing)]
    cursor: String,
}

#[derive(Serialize)]
pub struct AuditPage {
    frame: Frame,
    asked: Asked,
    actions: &'static [&'static str],
    problem: Option<String>,
    is_filtered: bool,
    entries: Vec<EntryOnPage>,
    pages: Pages,
}

#[derive(Serialize)]
struct EntryOnPage {
    id: String,
    at: Instant,
    actor: String,
    action: String,
    subject: String,
    details: Vec<(String, String)>,
}

/// `GET /t/{tenant}/audit`
pub async fn index(app: Data<App>, visit: Visit, query: Query<Asked>) -> Result<HttpResponse> {
    let asked = query.into_inner();
    let (filter, problem) = match asked.filter() {
        Ok(filter) => (filter, None),
        Err(problem) => (Filter::default(), Some(problem)),
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let list = Listing::new(&app, visit.actor.tenant.id, "audit_page");
    let cursor = Some(asked.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = app.list_audit(visit.actor.clone(), filter, list.request(None, cursor)?).await?;
    let path = visit.url("/audit");
    let first = cursor.map(|_| address(&path, asked.pairs("")));
    let next = page.next.as_ref().map(|key| address(&path, asked.pairs(&list.seal(key))));
    let frame = visit.frame("Audit log", Section::Audit);
    html::page(status, &AuditPage::new(frame, (asked, problem), page.items, Pages::of_cursor(first, next)))
}

impl Asked {
    fn filter(&self) -> std::result::Result<Filter, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str, later: u64| match text.trim() {
            "" => Ok(None),
            text => {
                let day = text.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(Days::new(later)));
                let at = day.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|at| at.and_utc());
                at.map(Some).ok_or_else(|| format!("“{text}” is no day; write it as 2026-11-22"))
            }
        };
        Ok(Filter {
            actor: text(&self.actor),
            action: text(&self.action),
            subject: text(&self.subject),
            since: day(&self.since, 0)?,
            until: day(&self.until, 1)?,
        })
    }

    fn pairs<'a>(&'a self, cursor: &'a str) -> [(&'static str, &'a str); 6] {
        [
            ("actor", &self.actor),
            ("action", &self.action),
            ("subject", &self.subject),
            ("since", &self.since),
            ("until", &self.until),
            ("cursor", cursor),
        ]
    }
}

impl AuditPage {
    fn new(frame: Frame, (asked, problem): (Asked, Option<String>), entries: Vec<Entry>, pages: Pages) -> Self {
        let is_filtered = asked.pairs("").iter().any(|(_, value)| !value.is_empty());
        let entries = entries.into_iter().map(EntryOnPage::from).collect();
        Self { frame, asked, actions: ACTIONS, problem, is_filtered, entries, pages }
    }
}

impl From<Entry> for EntryOnPage {
    fn from(entry: Entry) -> Self {
        let text = |value: &Value| match value {
            Value::Null => "none".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        let details = match &entry.detail {
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.replace('_', " "), text(value))).collect(),
            Value::Null => Vec::new(),
            other => vec![("detail".to_owned(), text(other))],
        };
        Self {
            id: entry.id.to_string(),
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            details,
        }
    }
}

impl Page for AuditPage {
    const TEMPLATE: &'static str = "audit/index";

    fn samples() -> Vec<(&'static str, Self)> {
        use crate::ids::EventId;
        let page = |asked: Asked, problem: Option<String>, entries: Vec<Entry>| {
            let next = (!entries.is_empty()).then(|| "/t/dev/audit?cursor=x".to_owned());
            Self::new(
                Frame::sample("Audit log", Section::Audit),
                (asked, problem),
                entries,
                Pages::of_cursor(None, next),
            )
        };
        let hostile = "<script>alert(1)</script>";
        let entry = |action: &str, detail: Value| Entry {
            id: EventId(uuid::Uuid::nil()),
            at: chrono::DateTime::UNIX_EPOCH,
            actor: hostile.to_owned(),
            action: action.to_owned(),
            subject: hostile.to_owned(),
            detail,
        };
        let entries = vec![
            entry("sync.applied", serde_json::json!({ "source": hostile, "scopes": ["a", "b"], "to": null })),
            entry("session.created", serde_json::json!({})),
        ];
        let asked = Asked { actor: "\"><script>".to_owned(), since: "yesterday".to_owned(), ..Asked::default() };
        vec![
            ("empty", page(Asked::default(), None, Vec::new())),
            ("hostile", page(asked, Some("“yesterday” is no day".to_owned()), entries)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_wrong_ones_are_told() {
        let asked =
            |since: &str, until: &str| Asked { since: since.to_owned(), until: until.to_owned(), ..Asked::default() };
        let filter = asked("2026-11-22", "2026-11-22").filter().unwrap();
        assert_eq!((filter.until.unwrap() - filter.since.unwrap()).num_hours(), 24);
        assert_eq!(asked("", " ").filter().unwrap(), Filter::default());
        for wrong in ["22.11.2026", "2026-02-30", "x"] {
            assert!(asked(wrong, "").filter().is_err(), "{wrong}");
        }
        assert!(asked("", "262142-12-31").filter().is_err());
    }
}
