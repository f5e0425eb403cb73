//! Authorizations from the link to the tokens, through the real pages, with a real authorization server.

mod again;
mod attacks;
mod callback;
mod desk;
mod given_back;
mod pages;
mod path;
mod status;

use keyway::model::actor::Permission;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::browser::Seen;
use crate::support::client::Client;
use crate::support::oauth_server::OauthServer;

/// A component of the tests' own authorization servers; `base` says which.
const MANIFEST: &str = r#"
key: provider
label: Provider
category: test
documentation_url: https://provider.example/docs
connections:
  - &code
    key: code
    label: Code
    base_url: "{{base}}"
    inputs: &inputs
      - { key: base, label: Base, type: string, required: true, managed_by: organization }
      - { key: client_id, label: Client, type: string, required: true, managed_by: organization }
      - { key: client_secret, label: Client secret, type: password, required: true, managed_by: organization }
      - { key: scopes, label: Scopes, type: string, managed_by: organization }
      - { key: account, label: Account, type: string, managed_by: customer, pattern: "[a-z]+", example: acme }
      - { key: note, label: Note, type: password, managed_by: customer }
    auth: &auth
      kind: oauth2_authorization_code
      authorize_url: "{{base}}/authorize"
      token_url: "{{base}}/token"
      revoke_url: "{{base}}/revoke"
      scopes: ["{{scopes}}"]
    live_test: &test { path: /me, expect: { status: 200, has: [id] } }
  - key: plain
    label: PKCE plain
    base_url: "{{base}}"
    inputs: *inputs
    auth: { kind: oauth2_authorization_code, authorize_url: "{{base}}/authorize", token_url: "{{base}}/token", pkce: plain }
    live_test: *test
  - key: off
    label: PKCE off
    base_url: "{{base}}"
    inputs: *inputs
    auth: { kind: oauth2_authorization_code, authorize_url: "{{base}}/authorize", token_url: "{{base}}/token", pkce: off }
    live_test: *test
  - key: issuer
    label: Issuer
    base_url: "{{base}}"
    inputs: *inputs
    auth: { kind: oauth2_authorization_code, authorize_url: "{{base}}/authorize", token_url: "{{base}}/token", issuer: "{{base}}" }
    live_test: *test
  - key: oauth1
    label: OAuth 1
    base_url: "{{base}}"
    inputs:
      - { key: base, label: Base, type: string, required: true, managed_by: organization }
      - { key: to, label: To, type: string, managed_by: organization }
      - { key: consumer_key, label: Consumer key, type: string, required: true, managed_by: organization }
      - { key: consumer_secret, label: Consumer secret, type: password, required: true, managed_by: organization }
    auth:
      kind: oauth1
      request_token_url: "{{base}}/oauth1/request"
      authorize_url: "{{base}}/oauth1/authorize"
      authorize_params: { to: "{{to}}" }
      access_token_url: "{{base}}/oauth1/token"
    live_test: *test
  - key: key
    label: Key
    base_url: "{{base}}"
    inputs:
      - { key: base, label: Base, type: string, required: true, managed_by: organization }
      - { key: token, label: Token, type: password, required: true, managed_by: customer }
      - { key: region, label: Region, type: select, managed_by: customer, options: [{ value: eu }, { value: us }] }
    auth: { kind: bearer }
    live_test: *test
"#;

/// A deployment with a provider and a person's browser.
struct Stage {
    t: TestApp,
    server: OauthServer,
    admin: Client,
    browser: Browser,
    _manifests: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        let manifests = tempfile::tempdir().unwrap();
        std::fs::write(manifests.path().join("provider.yaml"), MANIFEST).unwrap();
        let t = TestApp::start_in(manifests.path()).await;
        let admin = t.api_key(Permission::ALL).await;
        admin.post("/api/v1/customers", json!({ "external_id": "acme", "name": "Acme Inc." })).await.must_be(201);
        Self { t, server: OauthServer::start(), admin, browser: Browser::new(), _manifests: manifests }
    }

    async fn connection(&self, kind: &str, scope: &str) -> String {
        self.connection_of(&self.admin, (kind, scope), &self.server.url(), "PLANTED-client-secret").await
    }

    async fn connection_of(&self, admin: &Client, (kind, scope): (&str, &str), base: &str, secret: &str) -> String {
        let inputs = match kind {
            "oauth1" => json!({
                "base": { "value": base }, "consumer_key": { "value": "ck" }, "consumer_secret": { "value": secret },
            }),
            "key" => json!({ "base": { "value": base } }),
            _ => json!({
                "base": { "value": base }, "client_id": { "value": "client-1" }, "client_secret": { "value": secret },
                "scopes": { "value": "read" },
            }),
        };
        let key = format!("{kind}-{scope}").replace('_', "-");
        let body = json!({
            "component": "provider", "connection_type": kind, "scope": scope, "stable_key": key, "label": "Our provider",
            "inputs": inputs,
        });
        admin.post("/api/v1/connections", body).await.must_be(201);
        key
    }

    async fn link(&self, key: &str, body: Value) -> String {
        self.admin.post(&format!("/api/v1/connections/{key}/connect-links"), body).await.must_be(201).text("/url")
    }

    async fn customer_link(&self, key: &str) -> String {
        self.link(key, json!({ "owner": "customer", "customer": "acme" })).await
    }

    /// Opens a link, presses the button, and stops where the provider sends the browser back to.
    async fn until_back(&self, link: &str, fields: &[(&str, &str)]) -> String {
        let pressed = self.browser.submit(link, fields).await.must_be(303);
        let consent = self.browser.get(&pressed.next().unwrap()).await.must_be(302);
        consent.next().unwrap()
    }

    /// The whole way of a willing person.
    async fn connect(&self, link: &str) -> Seen {
        let back = self.until_back(link, &[]).await;
        let seen = self.browser.get(&back).await.must_be(200);
        self.browser.follow(seen).await
    }

    async fn credentials(&self) -> Vec<Value> {
        let list = self.admin.get("/api/v1/credentials").await.must_be(200).json();
        list["items"].as_array().unwrap().clone()
    }

    async fn audited(&self, action: &str) -> Vec<Value> {
        let list = self.admin.get("/api/v1/audit?limit=200").await.must_be(200).json();
        let items = list["items"].as_array().unwrap().iter();
        items.filter(|entry| entry["action"] == action).map(|entry| entry["detail"].clone()).collect()
    }
}
