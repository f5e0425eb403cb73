//! Believable data for a first look: two tenants, four integrations in `dev`, one of which can be run, and a `prod` that
//! knows Slack already and waits for the demo shop's client.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::app::App;
use crate::app::connection::ConnectionUpdate;
use crate::app::connection::NewConnection;
use crate::app::credential::NewCredential;
use crate::app::credential::OwnerRef;
use crate::app::customer::NewCustomer;
use crate::app::demo::shop::Shop;
use crate::app::tenant::NewTenant;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::connection::Scope;
use crate::model::values::Edit;

pub mod shop;

const DEFINITIONS: [&str; 4] = [
    include_str!("demo/open-orders.yaml"),
    include_str!("demo/order-alerts.yaml"),
    include_str!("demo/ticket-summary.yaml"),
    include_str!("demo/nightly-archive.yaml"),
];

impl App {
    /// Fills an empty deployment; one that has tenants stays as it is. The answer tells whether anything was made. The shop
    /// must answer already: its test credential is tried.
    ///
    /// # Errors
    /// Only failures of ours.
    pub async fn fill_demo(&self, shop: Shop) -> Result<bool> {
        if !self.list_tenants().await?.is_empty() {
            return Ok(false);
        }
        self.know_demo_shop()?;
        let dev = self.demo_tenant("dev", "Development", false).await?;
        let prod = self.demo_tenant("prod", "Production", true).await?;
        for definition in DEFINITIONS {
            let report = self.import_integration(dev.clone(), definition.to_owned(), None).await?;
            if !report.ok {
                return Err(Error::bug(format!("a demo definition is wrong: {:?}", report.problems)));
            }
        }
        self.demo_values(&dev).await?;
        self.fill_shop(&dev, shop).await?;
        for key in ["open-orders", "order-alerts", "ticket-summary"] {
            self.publish_integration(dev.clone(), key.to_owned(), None).await?;
        }
        // Production has an own Slack app: a sync must bind to it and leave it as it is.
        self.create_connection(prod.clone(), slack("5550001.prod")).await?;
        // And it has the shop's connection, which lacks its client: a sync binds to it and says what is left to do.
        self.create_connection(prod, waiting_shop()).await?;
        Ok(true)
    }

    async fn demo_tenant(&self, key: &str, name: &str, is_production: bool) -> Result<Actor> {
        let new = NewTenant { key: key.to_owned(), name: Some(name.to_owned()), is_production };
        let tenant = self.create_tenant(None, "demo", new).await?;
        let actor = Actor::operator(tenant, "demo");
        for (external_id, name) in [("northwind", "Northwind Traders"), ("fabrikam", "Fabrikam Robotics")] {
            let new = NewCustomer { external_id: external_id.to_owned(), name: Some(name.to_owned()) };
            self.create_customer(actor.clone(), new).await?;
        }
        Ok(actor)
    }

    /// What a builder would have filled in: the own apps at Slack, and a customer's database.
    async fn demo_values(&self, dev: &Actor) -> Result<()> {
        let slack_values = ConnectionUpdate {
            is_embedded: Some(true),
            inputs: inputs(json!({ "client_id": "5550001.dev", "client_secret": "demo-slack-secret" })),
            ..ConnectionUpdate::default()
        };
        self.update_connection(dev.clone(), "slack-oauth2".to_owned(), None, slack_values).await?;
        let database = json!({
            "host": "db.northwind.example",
            "database": "orders",
            "username": "archive",
            "password": "demo-database-password",
        });
        let owner = OwnerRef::Customer { customer: "northwind".to_owned(), name: None };
        let customers = NewCredential {
            connection: "postgres-postgres".to_owned(),
            owner,
            inputs: inputs(database.clone()),
            without_test: false,
        };
        self.create_credential(dev.clone(), customers).await?;
        let test = NewCredential {
            connection: "postgres-postgres".to_owned(),
            owner: OwnerRef::Test,
            inputs: inputs(database),
            without_test: false,
        };
        self.create_credential(dev.clone(), test).await?;
        Ok(())
    }
}

fn slack(client_id: &str) -> NewConnection {
    NewConnection {
        component: "slack".to_owned(),
        connection_type: "oauth2".to_owned(),
        scope: Scope::Customer,
        label: None,
        description: None,
        stable_key: None,
        is_embedded: true,
        inputs: inputs(json!({
            "client_id": client_id,
            "client_secret": "demo-slack-secret",
            "scopes": "chat:write channels:read",
        })),
        without_test: false,
    }
}

fn waiting_shop() -> NewConnection {
    NewConnection {
        component: "demo-shop".to_owned(),
        connection_type: "oauth2".to_owned(),
        scope: Scope::Customer,
        label: None,
        description: None,
        stable_key: Some(shop::CONNECTION.to_owned()),
        is_embedded: false,
        inputs: BTreeMap::new(),
        without_test: false,
    }
}

fn inputs(values: Value) -> BTreeMap<String, Edit> {
    match values {
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, Edit::of_value(value))).collect(),
        _ => BTreeMap::new(),
    }
}
