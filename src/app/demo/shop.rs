//! The third party of the demonstration, as both sides know it: the one client and the one API key that the stand-in takes,
//! and the data that uses them. All of it is made up, printed in the source, and good for nothing else.

use serde_json::json;

use crate::app::App;
use crate::app::connection::ConnectionUpdate;
use crate::app::credential::NewCredential;
use crate::app::credential::OwnerRef;
use crate::app::credential::tokens::GivenTokens;
use crate::app::demo::inputs;
use crate::app::link::Completes;
use crate::app::link::NewLink;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::credential::Owner;
use crate::model::link::Ends;
use crate::model::values::resolve::as_text;
use crate::store;

/// The connection in `dev`, and the one that waits in `prod`.
pub const CONNECTION: &str = "demo-shop-oauth2";
/// Whose link is printed.
pub const CUSTOMER: &str = "northwind";
pub const CLIENT_ID: &str = "keyway-demo";
pub const CLIENT_SECRET: &str = "demo-shop-client-secret";
pub const API_KEY: &str = "demo-shop-api-key";
/// What a client may ask for.
pub const SCOPES: [&str; 2] = ["read_shop", "read_orders"];

const KEY: &str = "demo-shop";
const MANIFEST: &str = include_str!("demo-shop.yaml");

/// Where the stand-in answers, and what it issued for test runs.
pub struct Shop {
    /// Without a slash at its end.
    pub url: String,
    pub tokens: GivenTokens,
}

impl App {
    /// Makes the demonstration's component known to this process. Tenants that are pinned to it have it anyway.
    ///
    /// # Errors
    /// Only when the program was built with a broken manifest.
    pub fn know_demo_shop(&self) -> Result<()> {
        let wrong = |problems| Error::bug(format!("the manifest of the demo shop is wrong: {problems:?}"));
        self.catalog().add(KEY, MANIFEST).map_err(wrong)
    }

    /// Where the demonstration's data expects the stand-in; `None`: there is no such data.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn demo_shop_url(&self) -> Result<Option<String>> {
        let Some(dev) = self.demo_dev().await? else { return Ok(None) };
        self.store()
            .read(move |c| {
                let found = store::connection::find_by_key(c, dev.tenant.id, CONNECTION)?;
                let Some(connection) = found.filter(|connection| connection.component == KEY) else { return Ok(None) };
                let url = connection.inputs.get("base_url").and_then(|stored| stored.value.as_ref().map(as_text));
                // Somebody may have emptied it; it is set again then.
                Ok(Some(url.unwrap_or_default()))
            })
            .await
    }

    /// Tells data of an earlier start that the stand-in is elsewhere now. What customers authorized there is not sent to
    /// the new place, so they have to authorize again.
    ///
    /// # Errors
    /// Only failures of ours.
    pub async fn move_demo_shop(&self, shop: Shop) -> Result<()> {
        match self.demo_dev().await? {
            Some(dev) => self.fill_shop(&dev, shop).await,
            None => Ok(()),
        }
    }

    /// A new link by which the first customer connects the shop.
    ///
    /// # Errors
    /// Only failures of ours.
    pub async fn demo_link(&self) -> Result<Option<String>> {
        let Some(dev) = self.demo_dev().await? else { return Ok(None) };
        let owner = OwnerRef::Customer { customer: CUSTOMER.to_owned(), name: None };
        let completes = Completes::Owner { connection: CONNECTION.to_owned(), owner };
        let made = self.create_link(dev, NewLink { completes, ends: Ends::default(), expires_in_s: None }).await;
        match made {
            Ok(made) => Ok(Some(made.url)),
            // Whoever works with the demonstration's data may have removed the customer or the connection.
            Err(error) if error.code == "not_found" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn demo_dev(&self) -> Result<Option<Actor>> {
        let tenants = self.list_tenants().await?;
        let dev = tenants.into_iter().find(|tenant| tenant.key == "dev");
        Ok(dev.map(|tenant| Actor::operator(tenant, "demo")))
    }

    /// The shop's client as a builder would have registered it, and a test credential that works. The secret is entered
    /// together with the place that it is sent to.
    pub(super) async fn fill_shop(&self, dev: &Actor, shop: Shop) -> Result<()> {
        let update = ConnectionUpdate {
            inputs: inputs(json!({ "base_url": shop.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET })),
            ..ConnectionUpdate::default()
        };
        let connection = self.update_connection(dev.clone(), CONNECTION.to_owned(), None, update).await?.connection.id;
        let tenant = dev.tenant.id;
        let list = move |c: &mut _| store::credential::list_of_owner(c, tenant, connection, Owner::Test);
        let id = match self.store().read(list).await?.first() {
            Some(credential) => credential.id,
            None => {
                let new = NewCredential {
                    connection: CONNECTION.to_owned(),
                    owner: OwnerRef::Test,
                    inputs: inputs(json!({})),
                    without_test: false,
                };
                self.create_credential(dev.clone(), new).await?.credential.id
            }
        };
        self.give_tokens(dev.clone(), id, None, shop.tokens).await?;
        self.test_credential(dev.clone(), id, inputs(json!({}))).await.map(drop)
    }
}
