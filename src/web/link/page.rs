//! Connect links in the browser: the table of them, the form that makes one, and the page that tells its address once.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

use crate::app::App;
use crate::app::link::Completes;
use crate::app::link::LinkView;
use crate::app::link::MadeLink;
use crate::app::link::NewLink;
use crate::clock::Instant;
use crate::error::Result;
use crate::model::link::Ends;
use crate::model::link::LinkStatus;
use crate::model::redirect_url;
use crate::web::field::Choice;
use crate::web::field::choice;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::words;
use crate::web::words::Badge;

/// How long a link works, in days, as the form offers it.
const DAYS: [(&str, &str); 4] = [("1", "1 day"), ("7", "7 days"), ("14", "14 days"), ("30", "30 days")];
const DAY_S: i64 = 24 * 3600;

/// A link that was just made: its address is told this once.
#[derive(Serialize)]
pub struct LinkMadePage {
    frame: Frame,
    /// Whom to send it to.
    whom: String,
    connection: String,
    url: String,
    expires_at: Instant,
    back_url: String,
}

/// A link in a table.
#[derive(Serialize)]
pub struct Row {
    id: String,
    whom: String,
    status: Badge,
    is_open: bool,
    created_by: String,
    created_at: Instant,
    expires_at: Instant,
}

impl Row {
    #[must_use]
    pub fn new(link: &LinkView) -> Self {
        Self {
            id: link.id.to_string(),
            whom: whom(link),
            status: words::link_status(link.status),
            is_open: link.status == LinkStatus::Open,
            created_by: link.created_by.clone(),
            created_at: link.created_at,
            expires_at: link.expires_at,
        }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        let at = chrono::DateTime::UNIX_EPOCH;
        Self {
            id: "lnk_1".to_owned(),
            whom: text.to_owned(),
            status: words::link_status(LinkStatus::Open),
            is_open: true,
            created_by: text.to_owned(),
            created_at: at,
            expires_at: at,
        }
    }
}

/// Whether a link was made for somebody, and not by one of our buttons for whoever pressed it.
#[must_use]
pub fn is_sent(link: &LinkView) -> bool {
    !link.success_url.as_deref().is_some_and(redirect_url::is_own_page)
}

fn whom(link: &LinkView) -> String {
    let name = link.customer.as_ref().map(|customer| customer.name.clone());
    let name = name.unwrap_or_else(|| words::owner(link.owner).to_owned());
    match link.credential.as_str() {
        "default" => name,
        credential => format!("{name} ({credential})"),
    }
}

/// The choices of how long a link works.
#[must_use]
pub fn expiries(typed: &str) -> Vec<Choice> {
    let chosen = if DAYS.iter().any(|(days, _)| *days == typed) { typed } else { "7" };
    DAYS.iter().map(|(days, label)| choice(days, *label, chosen)).collect()
}

/// Makes a link and tells its address.
///
/// # Errors
/// Those of [`App::create_link`].
pub async fn make(
    app: &App,
    visit: &Visit,
    completes: Completes,
    (fields, back_url): (&Fields, String),
) -> Result<HttpResponse> {
    let expires_in_s = fields.get("days").parse().ok().map(|days: i64| days.saturating_mul(DAY_S));
    let new = NewLink { completes, ends: Ends::default(), expires_in_s };
    let MadeLink { url, link } = app.create_link(visit.actor.clone(), new).await?;
    let page = LinkMadePage {
        frame: visit.frame("Connect link", Section::Connections),
        whom: whom(&link),
        connection: link.connection.stable_key.to_string(),
        url,
        expires_at: link.expires_at,
        back_url,
    };
    html::page(StatusCode::OK, &page)
}

impl Page for LinkMadePage {
    const TEMPLATE: &'static str = "link/made";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str| Self {
            frame: Frame::sample("Connect link", Section::Connections),
            whom: text.to_owned(),
            connection: text.to_owned(),
            url: format!("https://keyway.example.com/connect/{text}"),
            expires_at: chrono::DateTime::UNIX_EPOCH,
            back_url: "/t/dev/connections/con_1/customers".to_owned(),
        };
        vec![("plain", page("Northwind")), ("hostile", page("\"><script>"))]
    }
}
