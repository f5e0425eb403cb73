//! Over HTTP, with the log of this process at its most talkative.

use std::io::Write;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

use serde_json::Value;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::SECRET;
use super::hunt::assert_clean;
use super::hunt::found;
use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::client::Client;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::world::World;

/// What the process logs; every test of it logs there, but only one plants this secret.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The log as the program starts it, at its most detailed level.
fn log() -> &'static Captured {
    static LOG: LazyLock<Captured> = LazyLock::new(|| {
        let captured = Captured::default();
        let filter = keyway::logging::filter(tracing::Level::TRACE);
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(captured.clone());
        log.finish().try_init().unwrap();
        captured
    });
    &LOG
}

/// Somebody whose every answer is looked at, headers included.
struct Watched {
    client: Client,
    looked_at: usize,
}

impl Watched {
    async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let answer = self.client.call(method, path, body).await;
        self.look(method, path, answer)
    }

    async fn text(&mut self, path: &str, text: &str) -> Answer {
        let body = Some(("application/yaml", text.as_bytes().to_vec()));
        let answer = self.client.raw("POST", path, body).await;
        self.look("POST", path, answer)
    }

    fn look(&mut self, method: &str, path: &str, answer: Answer) -> Answer {
        assert_clean(&format!("the answer of {method} {path}"), format!("{answer:?}").as_bytes());
        assert_clean(&format!("the body of {method} {path}"), answer.body.as_bytes());
        self.looked_at += 1;
        answer
    }
}

#[actix_web::test]
async fn nothing_tells_a_secret_and_nothing_keeps_it_in_clear() {
    let log = log();
    let w = World::empty(TestApp::start().await).await;
    let mut source = Watched { client: w.source.clone(), looked_at: 0 };
    let mut target = Watched { client: w.admin.clone(), looked_at: 0 };
    for tenant in [&mut source, &mut target] {
        plant(tenant).await;
    }
    import(&mut source).await;
    sync(&mut target).await;
    mistakes(&mut source).await;
    for tenant in [&mut source, &mut target] {
        for path in [
            "/api/v1/connections?limit=200",
            "/api/v1/connections/erp",
            "/api/v1/connections/erp/history",
            "/api/v1/connections/erp/values",
            "/api/v1/credentials?limit=200",
            "/api/v1/integrations?limit=200",
            "/api/v1/sync/snapshot",
            "/api/v1/sync/runs",
            "/api/v1/audit?limit=200",
        ] {
            tenant.call("GET", path, None).await.must_be(200);
        }
    }
    assert!(source.looked_at > 30 && target.looked_at > 20, "{}, {}", source.looked_at, target.looked_at);
    assert_clean("the log", &log.bytes());
    assert_clean("the database", &w.t.stored_bytes().await);

    // The controls: what leaks into the log or into the database is found there.
    assert!(log.bytes().len() > 1000, "nothing is logged");
    tracing::trace!(target: "keyway", leak = %SECRET, "planted by a test");
    assert!(found(&log.bytes()).contains(&"raw".to_owned()));
    let leak = json!({ "label": SECRET });
    w.source.patch("/api/v1/connections/erp", leak).await.must_be(200);
    // PostgreSQL writes quotes its own way; the pieces are found in any case.
    let found = found(&w.t.stored_bytes().await);
    assert!(found.contains(&"its beginning".to_owned()) && found.contains(&"its end".to_owned()), "{found:?}");
}

/// Enters the secret as a value of a connection, of the organization, of a customer and of the test runner.
async fn plant(tenant: &mut Watched) {
    let value = json!({ "value": SECRET });
    let bodies = [
        json!({
            "component": "http", "connection_type": "api_key", "scope": "organization_global", "stable_key": "erp",
            "inputs": { "base_url": { "value": "https://erp.example.com" }, "api_key": value },
        }),
        json!({
            "component": "slack", "connection_type": "oauth2", "scope": "customer",
            "inputs": { "client_id": { "value": "client" }, "client_secret": value },
        }),
        json!({ "component": "aws-s3", "connection_type": "api_key_secret", "scope": "customer" }),
    ];
    for body in bodies {
        tenant.call("POST", "/api/v1/connections", Some(body)).await.must_be(201);
    }
    tenant.call("POST", "/api/v1/customers", Some(json!({ "external_id": "acme" }))).await.must_be(201);
    let inputs = json!({ "secret_access_key": value });
    for owner in [json!({ "customer": "acme" }), json!("test")] {
        let body = json!({ "connection": "aws-s3-api-key-secret", "owner": owner, "inputs": inputs });
        let made = tenant.call("POST", "/api/v1/credentials", Some(body)).await.must_be(201);
        let body = Some(json!({ "inputs": inputs }));
        tenant.call("PATCH", made.header("location"), body).await.must_be(200);
    }
    let body = json!({ "inputs": { "api_key": value } });
    tenant.call("PATCH", "/api/v1/connections/erp", Some(body)).await.must_be(200);
}

/// A definition with the secret in it, whole, and in ways that are refused.
async fn import(tenant: &mut Watched) {
    let quoted = serde_json::to_string(SECRET).unwrap();
    let inputs = format!("{{ clientSecret: {{ type: value, value: {quoted} }}, client_secret: {quoted} }}");
    let text = definition("Alerts", &[("Chat", Variable::Inline("slack", "oauth2", &inputs))]);
    let scoped = definition("Orders", &[("Erp", Variable::Scoped("erp", "http"))]);
    for path in ["check", "import"] {
        let path = format!("/api/v1/integrations/{path}");
        tenant.text(&path, &text.replace("flows:", "flows: [")).await;
        tenant.text(&path, &text.replace("{ type: value, value: ", "[").replace(" }, client_s", " ], client_s")).await;
        tenant.text(&path, &text.replace("{ type: value, ", "{ type: valeu, ")).await;
    }
    tenant.text("/api/v1/integrations/check", &text).await.must_be(200);
    for text in [&text, &scoped] {
        let report = tenant.text("/api/v1/integrations/import", text).await.json();
        assert_eq!(report["ok"], true, "{report}");
    }
    for key in ["alerts", "orders"] {
        tenant.call("POST", &format!("/api/v1/integrations/{key}/publish"), Some(json!({}))).await.must_be(200);
        tenant.call("GET", &format!("/api/v1/integrations/{key}"), None).await.must_be(200);
        tenant.call("GET", &format!("/api/v1/integrations/{key}/definition"), None).await.must_be(200);
    }
}

/// Plans, applies, tells and takes back.
async fn sync(tenant: &mut Watched) {
    let from = json!({ "tenant": "dev" });
    let policy = json!({ "on_missing": "placeholder", "update_connections": true, "prune": true });
    let body = json!({ "from": from, "policy": policy });
    let plan = tenant.call("POST", "/api/v1/sync/plan", Some(body.clone())).await.must_be(200).json();
    let mut apply = body.clone();
    apply["plan_hash"] = json!("sha256:0");
    tenant.call("POST", "/api/v1/sync/apply", Some(apply.clone())).await.must_be(409);
    apply["plan_hash"] = plan["hash"].clone();
    let done = tenant.call("POST", "/api/v1/sync/apply", Some(apply)).await.must_be(200).json();
    assert_eq!(done["status"], "done", "{done}");
    let run = done["run"].as_str().unwrap();
    tenant.call("GET", &format!("/api/v1/sync/runs/{run}"), None).await.must_be(200);
    tenant.call("POST", "/api/v1/sync/drift", Some(json!({ "from": from }))).await.must_be(200);
    tenant.call("POST", "/api/v1/sync/rollback", Some(json!({}))).await.must_be(200);
}

/// The secret where something else belongs.
async fn mistakes(tenant: &mut Watched) {
    let new = |inputs: Value| json!({ "component": "http", "connection_type": "api_key", "scope": "customer", "stable_key": "other", "inputs": inputs });
    let content = |inputs: Value| {
        json!({
            "component": "http", "connection_type": "api_key", "scope": "customer", "label": "x", "inputs": inputs,
        })
    };
    let from = |inputs: Value| {
        let connections = json!({ "erp": content(inputs) });
        let snapshot = json!({
            "format": "keyway.snapshot/1", "components": {}, "connections": connections, "integrations": {},
        });
        json!({ "from": { "snapshot": snapshot } })
    };
    let wrong = [
        ("connections", new(json!(SECRET))),
        ("connections", new(json!({ "api_key": SECRET }))),
        ("connections", new(json!({ "api_key": { "value": [SECRET] } }))),
        ("connections", new(json!({ "api_key": { "value": { SECRET: 1 } } }))),
        ("connections", new(json!({ "base_url": { "value": SECRET } }))),
        ("connections", new(json!({ "no_such": { "value": SECRET } }))),
        ("sync/plan", from(json!({ "api_key": { "value": SECRET } }))),
        ("sync/plan", from(json!({ "api_key": SECRET }))),
        ("sync/plan", from(json!(SECRET))),
        ("sync/plan", json!({ "from": { "tenant": "dev", "api_key": SECRET } })),
        ("sync/plan", json!({ "from": SECRET })),
        ("sync/drift", from(json!({ "api_key": { "value": SECRET } }))),
        ("credentials", json!({ "connection": "erp", "owner": "test", "inputs": { "api_key": [SECRET] } })),
        ("credentials", json!({ "connection": "erp", "owner": "test", "inputs": { "no_such": { "value": SECRET } } })),
    ];
    for (path, body) in wrong {
        let answer = tenant.call("POST", &format!("/api/v1/{path}"), Some(body)).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
    }
    let body = json!({ "email": "admin@example.com", "password": SECRET });
    tenant.call("POST", "/api/v1/sessions", Some(body)).await.must_be(401);
    let client = tenant.client.clone();
    // A header holds no other characters; the beginning is looked for, too.
    tenant.client = client.bearer(&SECRET.replace(|c: char| !c.is_ascii_graphic(), ""));
    tenant.call("GET", "/api/v1/connections", None).await.must_be(401);
    tenant.client = client;
}
