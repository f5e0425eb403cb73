//! Where a connection is used.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::model::connection::Usage;
use crate::web::connection::page::Head;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;

#[derive(Serialize)]
pub struct UsagePage {
    frame: Frame,
    head: Head,
    uses: Vec<Use>,
    customer_credentials: i64,
}

/// One integration that uses a connection.
#[derive(Serialize)]
pub struct Use {
    integration: String,
    url: String,
    draft: String,
    published: String,
    steps: Vec<String>,
}

/// The integrations that use a connection.
#[must_use]
pub fn uses(visit: &Visit, usage: &Usage) -> Vec<Use> {
    let one = |(key, found): (&String, &crate::model::connection::IntegrationUsage)| Use {
        integration: key.clone(),
        url: visit.url(&format!("/integrations/{key}/designer")),
        draft: found.draft_slots.join(", "),
        published: found
            .published_slots
            .iter()
            .map(|(number, slot)| format!("version {number}: {slot}"))
            .collect::<Vec<_>>()
            .join(", "),
        steps: found.steps.clone(),
    };
    usage.integrations.iter().map(one).collect()
}

/// For samples of pages.
#[must_use]
pub fn sample(text: &str) -> Use {
    Use {
        integration: text.to_owned(),
        url: "/t/dev/integrations/orders/designer".to_owned(),
        draft: text.to_owned(),
        published: text.to_owned(),
        steps: vec![text.to_owned()],
    }
}

/// `GET /t/{tenant}/connections/{connection}/usage`
pub async fn show(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let usage = app.connection_usage(visit.actor.clone(), looked.id()).await?;
    let page = UsagePage {
        frame: looked.frame(&visit),
        head: looked.head(&visit, "usage"),
        uses: uses(&visit, &usage),
        customer_credentials: usage.customer_credentials,
    };
    html::page(StatusCode::OK, &page)
}

impl Page for UsagePage {
    const TEMPLATE: &'static str = "connection/usage";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, uses: Vec<Use>| Self {
            frame: sample_frame(),
            head: Head::sample(text, "usage"),
            customer_credentials: i64::try_from(uses.len()).unwrap_or_default(),
            uses,
        };
        let hostile = "\"><script>";
        vec![
            ("empty", page("Our Slack", Vec::new())),
            ("full", page("Our Slack", vec![sample("orders")])),
            ("hostile", page(hostile, vec![sample(hostile)])),
        ]
    }
}
