//! The page of what needs a person.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Result;
use crate::model::attention::Item;
use crate::model::attention::Reason;
use crate::model::values::OwnerKind;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::query::address;
use crate::web::query::segment;
use crate::web::turn::Pages;
use crate::web::turn::turn;

const PAGE: usize = 50;

#[derive(Serialize)]
pub struct AttentionPage {
    frame: Frame,
    total: usize,
    filters: Vec<FilterOnPage>,
    items: Vec<ItemOnPage>,
    pages: Pages,
}

#[derive(Serialize)]
struct FilterOnPage {
    label: &'static str,
    count: usize,
    url: String,
    is_current: bool,
}

#[derive(Serialize)]
struct ItemOnPage {
    title: &'static str,
    is_bad: bool,
    /// What it is about, and where that is.
    subject: String,
    key: String,
    /// For the coloured tile.
    mark: String,
    url: String,
    whose: Option<String>,
    advice: &'static str,
    since: Option<Instant>,
    action: &'static str,
}

#[derive(Deserialize)]
pub struct AttentionQuery {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    page: usize,
}

/// `GET /t/{tenant}/attention`
pub async fn index(app: Data<App>, visit: Visit, query: Query<AttentionQuery>) -> Result<HttpResponse> {
    let items = app.attention(visit.actor.clone()).await?;
    let page = AttentionPage::new(&visit, &items, Reason::parse(&query.reason), query.page);
    html::page(StatusCode::OK, &page)
}

impl AttentionPage {
    fn new(visit: &Visit, items: &[Item], reason: Option<Reason>, page: usize) -> Self {
        let frame = visit.frame("Needs attention", Section::None);
        Self::with(frame, &visit.url(""), items, (reason, page))
    }

    fn with(frame: Frame, base: &str, items: &[Item], (reason, page): (Option<Reason>, usize)) -> Self {
        let path = format!("{base}/attention");
        let count = |reason| items.iter().filter(|item| item.reason == reason).count();
        let filter = |of: Option<Reason>| FilterOnPage {
            label: of.map_or("Everything", Reason::title),
            count: of.map_or(items.len(), count),
            url: address(&path, [("reason", of.map_or("", Reason::as_str))]),
            is_current: of == reason,
        };
        let present = Reason::ALL.into_iter().filter(|of| count(*of) > 0 || reason == Some(*of));
        let filters = std::iter::once(None).chain(present.map(Some)).map(filter).collect();
        let shown: Vec<&Item> = items.iter().filter(|item| reason.is_none_or(|of| item.reason == of)).collect();
        let (shown, pages) = turn(&shown, (page, PAGE), |page| {
            address(&path, [("reason", reason.map_or("", Reason::as_str)), ("page", &page)])
        });
        let items_on_page = shown.iter().map(|item| ItemOnPage::new(base, item)).collect();
        Self { frame, total: items.len(), filters, items: items_on_page, pages }
    }
}

impl ItemOnPage {
    fn new(base: &str, item: &Item) -> Self {
        let is_bad = matches!(item.reason, Reason::Reauthorize | Reason::Quarantined | Reason::Failing);
        let whose = item.credential.as_ref().map(|credential| match (credential.owner, &credential.customer) {
            (_, Some(customer)) if credential.name == "default" => customer.clone(),
            (_, Some(customer)) => format!("{customer}, {}", credential.name),
            (OwnerKind::Test, None) => "Test runner".to_owned(),
            (_, None) => "Your organization".to_owned(),
        });
        let (subject, key, mark, url, action) = match (&item.connection, &item.credential, &item.slot) {
            (Some(connection), Some(credential), _) => {
                let url = format!("{base}/credentials/{}", credential.id);
                (
                    connection.label.clone(),
                    connection.stable_key.clone(),
                    connection.component.clone(),
                    url,
                    "Open the credential",
                )
            }
            (Some(connection), None, _) => {
                let url = format!("{base}/connections/{}", connection.id);
                (
                    connection.label.clone(),
                    connection.stable_key.clone(),
                    connection.component.clone(),
                    url,
                    if item.reason == Reason::Quarantined { "Enter it again" } else { "Fill it in" },
                )
            }
            (None, _, slot) => {
                let slot = slot.clone();
                let integration = slot.as_ref().map(|slot| slot.integration.clone()).unwrap_or_default();
                let url = format!("{base}/integrations/{}/designer", segment(&integration));
                let name = slot.as_ref().map(|slot| slot.integration_name.clone()).unwrap_or_default();
                let key = slot.map(|slot| match slot.stable_key {
                    Some(key) => format!("{} asks for {key}", slot.variable),
                    None => slot.variable,
                });
                (name, key.unwrap_or_default(), integration, url, "Choose a connection")
            }
        };
        let (title, advice, since) = (item.reason.title(), item.advice, item.since);
        Self { title, is_bad, subject, key, mark, url, whose, advice, since, action }
    }
}

impl Page for AttentionPage {
    const TEMPLATE: &'static str = "attention/index";

    fn samples() -> Vec<(&'static str, Self)> {
        use crate::ids::ConnectionId;
        use crate::ids::CredentialId;
        use crate::model::attention::ConnectionInNeed;
        use crate::model::attention::CredentialInNeed;
        use crate::model::attention::SlotInNeed;
        let hostile = "<script>alert(1)</script>";
        let item = |reason: Reason, label: &str| Item {
            reason,
            connection: Some(ConnectionInNeed {
                id: ConnectionId(uuid::Uuid::nil()),
                stable_key: "slack-oauth2".to_owned(),
                label: label.to_owned(),
                component: "slack".to_owned(),
            }),
            credential: None,
            slot: None,
            since: Some(chrono::DateTime::UNIX_EPOCH),
            advice: reason.advice(),
        };
        let credential = CredentialInNeed {
            id: CredentialId(uuid::Uuid::nil()),
            owner: OwnerKind::Customer,
            customer: Some(hostile.to_owned()),
            name: hostile.to_owned(),
        };
        let slot = SlotInNeed {
            integration: "orders".to_owned(),
            integration_name: hostile.to_owned(),
            variable: hostile.to_owned(),
            stable_key: None,
        };
        let some = [
            Item { credential: Some(credential), ..item(Reason::Reauthorize, hostile) },
            item(Reason::Placeholder, "Our Slack"),
            Item { connection: None, slot: Some(slot), since: None, ..item(Reason::UnboundSlot, "") },
        ];
        let page =
            |items: &[Item]| Self::with(Frame::sample("Needs attention", Section::None), "/t/dev", items, (None, 0));
        vec![("empty", page(&[])), ("hostile", page(&some))]
    }
}
