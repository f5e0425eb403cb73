//! A provider, a deployment, customers who connected, and runtimes that read.

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use super::deployment::Deployment;
use super::provider::Provider;
use super::sleep_ms;
use crate::support::browser::Browser;
use crate::support::browser::Seen;
use crate::support::client::Client;
use crate::support::db::is_postgres;

const MANIFEST: &str = r#"
key: shop
label: Shop
category: test
documentation_url: https://shop.example/docs
connections:
  - key: oauth2
    label: OAuth 2.0
    base_url: "{{base}}/api"
    inputs:
      - { key: base, label: Base, type: string, required: true, managed_by: organization }
      - { key: client_id, label: Client, type: string, required: true, managed_by: organization }
      - { key: client_secret, label: Client secret, type: password, required: true, managed_by: organization }
    auth:
      kind: oauth2_authorization_code
      authorize_url: "{{base}}/auth"
      token_url: "{{base}}/token"
      revoke_url: "{{base}}/token/revocation"
      issuer: "{{base}}"
      client_auth: basic
      scopes: [openid, read]
    live_test: { path: /me, expect: { status: 200, has: [id] } }
"#;

const SCOPES: &[&str] = &[
    "connections:read",
    "connections:write",
    "credentials:read",
    "credentials:write",
    "components:read",
    "customers:read",
    "customers:write",
    "proxy:use",
];

/// The connection's stable key.
const SHOP: &str = "shop-oauth2";

pub struct Stage {
    pub provider: Provider,
    pub deployment: Deployment,
    key: String,
    http: reqwest::Client,
    _manifests: tempfile::TempDir,
}

/// What a runtime got.
#[derive(Debug, Clone)]
pub struct Got {
    /// 0: nobody answered.
    pub status: u16,
    pub body: Value,
    pub took: Duration,
}

/// How the deployment is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// On PostgreSQL; the embedded database has one process.
    pub nodes: usize,
    pub lease_seconds: u64,
    pub timeout_seconds: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self { nodes: 1, lease_seconds: 15, timeout_seconds: 30 }
    }
}

impl Setup {
    pub fn node_count(self) -> usize {
        if is_postgres() { self.nodes } else { 1 }
    }
}

impl Stage {
    /// Outside of any runtime: the deployment's database is made by one of its own.
    #[expect(clippy::disallowed_methods, reason = "runtimes of the tests ask the server under test")]
    pub fn new(setup: Setup) -> Self {
        let manifests = tempfile::tempdir().unwrap();
        std::fs::write(manifests.path().join("shop.yaml"), MANIFEST).unwrap();
        let mut deployment = Deployment::new(vec![
            ("KEYWAY_COMPONENTS__DIRECTORY", manifests.path().to_str().unwrap().to_owned()),
            ("KEYWAY_OUTBOUND__ALLOW", "127.0.0.1".to_owned()),
            ("KEYWAY_OUTBOUND__TIMEOUT_SECONDS", setup.timeout_seconds.to_string()),
            ("KEYWAY_REFRESH__LEASE_SECONDS", setup.lease_seconds.to_string()),
            ("KEYWAY_CHECKS__INTERVAL_HOURS", "0".to_owned()),
        ]);
        let key = deployment.api_key(SCOPES);
        for _ in 0..setup.node_count() {
            deployment.add();
        }
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { provider: Provider::start(), deployment, key, http, _manifests: manifests }
    }

    /// The vendor's back end on the first process.
    pub fn admin(&self) -> Client {
        Client::new(&self.deployment.urls()[0]).bearer(&self.key)
    }

    /// Makes the connection and these customers, who connect.
    pub async fn connect_customers(&self, customers: &[&str]) {
        self.set_up(customers).await;
        for customer in customers {
            self.connect(customer).await;
        }
    }

    /// Makes the connection and these customers.
    pub async fn set_up(&self, customers: &[&str]) {
        let base = json!({ "value": self.provider.url });
        let inputs =
            json!({ "base": base, "client_id": { "value": "keyway" }, "client_secret": { "value": "PLANTED-secret" } });
        let body = json!({ "component": "shop", "connection_type": "oauth2", "scope": "customer", "stable_key": SHOP, "inputs": inputs });
        self.admin().post("/api/v1/connections", body).await.must_be(201);
        for customer in customers {
            let body = json!({ "external_id": customer, "name": customer });
            self.admin().post("/api/v1/customers", body).await.must_be(201);
        }
    }

    /// A customer opens a new link in a browser and goes all the way.
    pub async fn connect(&self, customer: &str) -> Seen {
        let admin = self.admin();
        // Processes come back at other ports; a deployment with `web.base_url` has one address for good.
        let callback = admin.get(&format!("/api/v1/connections/{SHOP}/callback")).await.must_be(200);
        self.provider.register(&[callback.text("/redirect_uri")]).await;
        let body = json!({ "owner": "customer", "customer": customer });
        let link =
            admin.post(&format!("/api/v1/connections/{SHOP}/connect-links"), body).await.must_be(201).text("/url");
        let browser = Browser::new();
        assert!(browser.get(&link).await.must_be(200).text().contains("Continue to Shop"));
        let pressed = browser.submit(&link, &[]).await.must_be(303);
        let signed_in = browser.get(&pressed.next().unwrap()).await.must_be(303);
        let done = browser.follow(signed_in).await.must_be(200);
        assert!(done.body.contains("is connected"), "{}", done.body);
        done
    }

    /// The customer's only credential, as the API shows it.
    pub async fn credential(&self, customer: &str) -> Value {
        let list = self.admin().get(&format!("/api/v1/credentials?customer={customer}")).await.must_be(200).json();
        let [credential] = list["items"].as_array().unwrap().as_slice() else { panic!("{list}") };
        credential.clone()
    }

    /// What was tried for a credential, newest first.
    pub async fn attempts(&self, credential: &Value) -> Vec<Value> {
        let path = format!("/api/v1/credentials/{}/attempts", credential["id"].as_str().unwrap());
        self.admin().get(&path).await.must_be(200).json()["items"].as_array().unwrap().clone()
    }

    /// A runtime asks one of the processes for a customer's credential.
    pub async fn fetch(&self, node: &str, customer: &str) -> Got {
        self.ask(self.http.get(format!("{node}/api/v1/connections/{SHOP}/credentials?customer={customer}"))).await
    }

    /// A runtime asks the API through the proxy.
    pub async fn call(&self, node: &str, customer: &str) -> Got {
        self.ask(self.http.get(format!("{node}/api/v1/proxy/{SHOP}/me")).header("Keyway-Customer", customer)).await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Got {
        let begun = Instant::now();
        let answered = async {
            let answer = request.bearer_auth(&self.key).send().await?;
            let status = answer.status().as_u16();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        };
        let (status, body) = answered.await.unwrap_or_default();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Got { status, body, took: begun.elapsed() }
    }

    /// Waits until the token that was issued last is over: until nothing new came for as long as a token lives.
    pub async fn tokens_end(&self, life_seconds: u64) {
        loop {
            let before = self.provider.counters().await.spent();
            sleep_ms(life_seconds * 1000 + 200).await;
            // The schedule may have been faster.
            if self.provider.counters().await.spent() == before {
                return;
            }
        }
    }
}

impl Got {
    pub fn access_token(&self) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["token"]["access_token"].as_str().unwrap()
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}
