//! A believable pair of tenants for syncs: `dev` with three integrations and connections of every scope, `prod` to sync into.

use std::collections::BTreeMap;

use keyway::app::connection::ConnectionUpdate;
use keyway::app::connection::NewConnection;
use keyway::app::credential::NewCredential;
use keyway::app::credential::OwnerRef;
use keyway::model::actor::Actor;
use keyway::model::actor::Role;
use keyway::model::connection::Scope;
use keyway::model::values::Edit;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::client::Client;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;

pub struct World {
    pub t: TestApp,
    pub dev: Actor,
    pub prod: Actor,
    /// An admin of both tenants, acting in `prod`.
    pub admin: Client,
    /// The same person in `dev`.
    pub source: Client,
}

/// Key, component, connection type and scope of the connections that `dev` has.
pub const CONNECTIONS: [(&str, &str, &str, Scope); 4] = [
    ("slack-oauth2", "slack", "oauth2", Scope::Customer),
    ("aws-s3-api-key-secret", "aws-s3", "api_key_secret", Scope::OrganizationCustomer),
    ("openai-open-ai-api-key", "openai", "open_ai_api_key", Scope::OrganizationGlobal),
    ("erp", "http", "api_key", Scope::OrganizationGlobal),
];

impl World {
    /// Two tenants with nothing in them.
    pub async fn empty(t: TestApp) -> Self {
        let (dev, prod) = (t.operator_in("dev").await, t.tenant("prod", true).await);
        t.person("dev", "admin@example.com", Role::Admin).await;
        t.person("prod", "admin@example.com", Role::Admin).await;
        let admin = t.sign_in("admin@example.com").await;
        Self { t, dev, prod, source: admin.tenant("dev"), admin: admin.tenant("prod") }
    }

    /// `dev` is filled: `alerts` (slack, s3) and `orders` (erp) are published, `files` (s3, openai) is a draft.
    pub async fn start() -> Self {
        Self::start_on(TestApp::start().await).await
    }

    pub async fn start_on(t: TestApp) -> Self {
        let world = Self::empty(t).await;
        world.connections(&world.dev, "dev").await;
        let s3 = || Variable::Inline("aws-s3", "apiKeySecret", "{}");
        let slack = Variable::Inline("slack", "oauth2", "{ scopes: { type: value, value: 'chat:write' } }");
        let openai = Variable::Inline("openai", "openAiApiKey", "{}");
        let files = [
            definition("Alerts", &[("Chat", slack), ("Store", s3())]),
            definition("Files", &[("Store", s3()), ("Model", openai)]),
            definition("Orders", &[("Erp", Variable::Scoped("erp", "http"))]),
        ];
        for file in files {
            let report = import(&world.source, "", &file).await.must_be(201).json();
            assert_eq!(report["created_connections"], json!([]), "{report}");
        }
        for key in ["alerts", "orders"] {
            world.source.post(&format!("/api/v1/integrations/{key}/publish"), json!({})).await.must_be(200);
        }
        world
    }

    /// Makes the connections with values and secrets that name the tenant.
    pub async fn connections(&self, actor: &Actor, name: &str) {
        for (key, component, kind, scope) in CONNECTIONS {
            self.connection(actor, key, (component, (kind, scope)), name).await;
        }
    }

    pub async fn connection(&self, actor: &Actor, key: &str, kind: (&str, (&str, Scope)), name: &str) {
        let (component, kind) = kind;
        let inputs = match component {
            "slack" => json!({
                "client_id": format!("{name}-client"), "client_secret": format!("PLANTED-{name}-slack"),
                "scopes": "chat:write",
            }),
            "aws-s3" => json!({ "region": "eu-central-1" }),
            "openai" => json!({ "api_key": format!("sk-PLANTED-{name}") }),
            _ => json!({ "base_url": format!("https://{name}.erp.example"), "api_key": format!("PLANTED-{name}-erp") }),
        };
        let new = NewConnection {
            component: component.to_owned(),
            connection_type: kind.0.to_owned(),
            scope: kind.1,
            label: Some(format!("Our {component}")),
            description: None,
            stable_key: Some(key.to_owned()),
            is_embedded: false,
            inputs: edits(inputs),
            without_test: false,
        };
        self.t.app.create_connection(actor.clone(), new).await.unwrap();
        if component == "openai" {
            let inputs = edits(json!({ "api_key": format!("sk-PLANTED-test-{name}") }));
            let new = NewCredential { connection: key.to_owned(), owner: OwnerRef::Test, inputs, without_test: false };
            self.t.app.create_credential(actor.clone(), new).await.unwrap();
        }
    }

    pub async fn set(&self, actor: &Actor, key: &str, inputs: Value) {
        let update = ConnectionUpdate { inputs: edits(inputs), ..ConnectionUpdate::default() };
        self.t.app.update_connection(actor.clone(), key.to_owned(), None, update).await.unwrap();
    }

    pub async fn rename(&self, actor: &Actor, from: &str, to: &str) {
        self.t.app.rename_connection(actor.clone(), from.to_owned(), None, to.to_owned()).await.unwrap();
    }

    pub async fn plan(&self, policy: &Value) -> Value {
        let body = json!({ "from": { "tenant": "dev" }, "policy": policy });
        self.admin.post("/api/v1/sync/plan", body).await.must_be(200).json()
    }

    /// Plans, then applies exactly that.
    pub async fn apply(&self, policy: &Value) -> Answer {
        let hash = self.plan(policy).await["hash"].clone();
        self.apply_hash(policy, &hash).await
    }

    pub async fn apply_hash(&self, policy: &Value, hash: &Value) -> Answer {
        let body = json!({ "from": { "tenant": "dev" }, "policy": policy, "plan_hash": hash });
        self.admin.post("/api/v1/sync/apply", body).await
    }

    pub async fn drift(&self) -> Value {
        self.admin.post("/api/v1/sync/drift", json!({ "from": { "tenant": "dev" } })).await.must_be(200).json()
    }

    pub async fn rollback(&self) -> Answer {
        self.admin.post("/api/v1/sync/rollback", json!({})).await
    }

    pub async fn snapshot(&self) -> String {
        self.t.app.snapshot(self.prod.clone()).await.unwrap().to_canonical_json()
    }

    /// An opened value, as a runtime gets it.
    pub async fn opened(&self, actor: &Actor, key: &str, owner: OwnerRef, input: &str) -> Value {
        let fetched = self.t.app.fetch_credential(actor.clone(), key.to_owned(), owner).await.unwrap_or_else(|error| {
            panic!("{key}: {error}");
        });
        (*fetched.values[input].0).clone()
    }
}

pub fn edits(inputs: Value) -> BTreeMap<String, Edit> {
    let Value::Object(inputs) = inputs else { panic!("an object of inputs is expected") };
    inputs.into_iter().map(|(key, value)| (key, Edit::of_value(value))).collect()
}
