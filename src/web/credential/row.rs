//! A credential in a table.

use serde::Serialize;

use crate::app::view::CredentialSummary;
use crate::model::credential::Status;
use crate::web::credential::card::Checked;
use crate::web::frame::Visit;
use crate::web::words;
use crate::web::words::Badge;

#[derive(Serialize)]
pub struct Row {
    url: String,
    /// The customer's name, or whose it is.
    whose: String,
    customer_url: Option<String>,
    name: Option<String>,
    connection: String,
    connection_url: String,
    status: Badge,
    check: Option<Checked>,
}

impl Row {
    #[must_use]
    pub fn new(visit: &Visit, credential: &CredentialSummary) -> Self {
        let customer = credential.customer.as_ref();
        Self {
            url: visit.url(&format!("/credentials/{}", credential.id)),
            whose: customer.map_or_else(|| words::owner(credential.owner).to_owned(), |customer| customer.name.clone()),
            customer_url: customer.map(|customer| visit.url(&format!("/customers/{}", customer.id))),
            name: Some(credential.name.clone()).filter(|name| name != "default"),
            connection: credential.connection.stable_key.to_string(),
            connection_url: visit.url(&format!("/connections/{}", credential.connection.id)),
            status: words::status(credential.status),
            check: credential.last_check.clone().map(Checked::from),
        }
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        let at = chrono::DateTime::UNIX_EPOCH;
        Self {
            url: "/t/dev/credentials/crd_1".to_owned(),
            whose: text.to_owned(),
            customer_url: Some("/t/dev/customers/cus_1".to_owned()),
            name: Some(text.to_owned()),
            connection: text.to_owned(),
            connection_url: "/t/dev/connections/con_1".to_owned(),
            status: words::status(Status::Active),
            check: Some(Checked { badge: words::outcome("ok"), message: text.to_owned(), at }),
        }
    }
}
