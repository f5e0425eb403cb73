//! Secrets planted in every secret input, looked for everywhere: only the runtime's answer may hold them.

use std::collections::BTreeMap;

use keyway::model::actor::Permission;
use serde_json::Value;
use serde_json::json;

use crate::connection::customers;
use crate::connection::runtime;
use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::client::Client;

/// No test's other texts hold this.
const PLANT: &str = "PLANTED-7f3a";

/// Plants secrets and looks at every answer on the way.
struct Canary {
    client: Client,
    looked_at: usize,
}

impl Canary {
    fn look(&mut self, answer: Answer) -> Answer {
        assert!(!answer.body.contains(PLANT), "{}", answer.body);
        self.looked_at += 1;
        answer
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let answer = self.client.call(method, path, body).await;
        self.look(answer)
    }
}

/// A connection type: its component and key, its secret inputs, and values for the plain ones that it requires.
struct Type {
    component: String,
    key: String,
    secrets: Vec<String>,
    plain: BTreeMap<String, Value>,
}

/// Every connection type of these components that has secrets.
async fn types(client: &Client) -> Vec<Type> {
    let mut found = Vec::new();
    for component in ["http", "sftp", "shopify", "aws-s3", "twilio"] {
        let view = client.get(&format!("/api/v1/components/{component}")).await.must_be(200).json();
        for kind in view["connections"].as_array().unwrap() {
            let is_secret = |input: &&Value| input["type"] == "password" || input["write_only"] == true;
            let key = |input: &Value| input["key"].as_str().unwrap().to_owned();
            let (secrets, plain): (Vec<_>, Vec<_>) = kind["inputs"].as_array().unwrap().iter().partition(is_secret);
            let plain = plain.into_iter().filter(|input| input["required"] == true);
            found.push(Type {
                component: component.to_owned(),
                key: key(kind),
                secrets: secrets.into_iter().map(key).collect(),
                plain: plain.map(|input| (key(input), json!({ "value": fitting(&key(input)) }))).collect(),
            });
        }
    }
    found.retain(|kind| !kind.secrets.is_empty());
    assert!(found.len() > 10, "{}", found.len());
    found
}

/// A value that fits a plain input.
fn fitting(input: &str) -> String {
    match input {
        "host" => "sftp.example.com".to_owned(),
        "access_key_id" => "AKIAACMEACMEACME".to_owned(),
        "account_sid" => format!("AC{}", "0".repeat(32)),
        "api_key_sid" => format!("SK{}", "0".repeat(32)),
        url if url.ends_with("_url") => "https://api.example.com/acme".to_owned(),
        _ => "acme".to_owned(),
    }
}

/// What fits the pattern of some of these inputs.
fn planted(component: &str, input: &str, number: usize) -> String {
    let start = if (component, input) == ("shopify", "token") { "shpat_" } else { "" };
    format!("{start}{PLANT}-{number}")
}

#[actix_web::test]
async fn a_planted_secret_is_in_the_runtimes_answer_only() {
    let t = TestApp::start().await;
    customers(&t, &["acme"]).await;
    let client = t
        .api_key(&Permission::ALL.iter().copied().filter(|p| *p != Permission::CredentialsRead).collect::<Vec<_>>())
        .await;
    let runtime = runtime(&t).await;
    let mut canary = Canary { client, looked_at: 0 };
    let mut fetched = 0;
    let types = types(&canary.client.clone()).await;
    for (number, kind) in types.iter().enumerate() {
        let inputs: BTreeMap<_, _> = kind
            .secrets
            .iter()
            .map(|key| (key.clone(), json!({ "value": planted(&kind.component, key, number) })))
            .collect();
        plant(&mut canary, kind, &inputs).await;
        let stable_key = format!("{}-{}", kind.component, kind.key.replace('_', "-"));
        let path = format!("/api/v1/connections/{stable_key}/credentials?customer=acme");
        let answer = runtime.get(&path).await.must_be(200).json();
        for key in &kind.secrets {
            assert_eq!(answer["values"][key], planted(&kind.component, key, number), "{stable_key}");
            fetched += 1;
        }
    }
    mistakes(&mut canary).await;
    for path in [
        "/api/v1/audit?limit=200",
        "/api/v1/connections?limit=200",
        "/api/v1/credentials?limit=200",
        "/api/v1/embedded/connections",
    ] {
        canary.call("GET", path, None).await.must_be(200);
    }
    assert!(fetched > 12 && canary.looked_at > 300, "{fetched}, {}", canary.looked_at);
    let stored = t.stored_bytes().await;
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("client_secret") && holds("acme"), "nothing was looked at");
    assert!(!holds(PLANT) && !holds(&hex(PLANT)), "a secret lies in the database in clear");
}

/// Makes, changes and shows a connection and a credential that hold the secrets.
async fn plant(canary: &mut Canary, kind: &Type, inputs: &BTreeMap<String, Value>) {
    let Type { component, key: kind, plain, .. } = kind;
    let all: BTreeMap<_, _> = plain.iter().chain(inputs).collect();
    let body = json!({ "component": component, "connection_type": kind, "scope": "customer", "is_embedded": true, "inputs": all });
    canary.client = canary.client.with("Idempotency-Key", &format!("{component} {kind}"));
    let connection =
        canary.call("POST", "/api/v1/connections", Some(body.clone())).await.must_be(201).header("location").to_owned();
    // The kept answer of a repeated call.
    canary.call("POST", "/api/v1/connections", Some(body)).await.must_be(201);
    for owner in [json!({ "customer": "acme" }), json!("test")] {
        canary.client = canary.client.with("Idempotency-Key", &format!("{component} {kind} {owner}"));
        let settable = settable(canary, &connection, &owner, inputs).await;
        let body = json!({ "connection": connection.rsplit('/').next(), "owner": owner, "inputs": settable });
        let credential =
            canary.call("POST", "/api/v1/credentials", Some(body)).await.must_be(201).header("location").to_owned();
        canary.call("GET", &credential, None).await.must_be(200);
        canary.call("PATCH", &credential, Some(json!({ "inputs": settable }))).await.must_be(200);
        canary
            .call("PATCH", &credential, Some(json!({ "inputs": settable, "is_enabled": false, "name": "again" })))
            .await
            .must_be(200);
        canary.call("PATCH", &credential, Some(json!({ "is_enabled": true }))).await.must_be(200);
        let tokens = json!({ "access_token": format!("{PLANT}-access"), "refresh_token": format!("{PLANT}-refresh") });
        let given = canary.call("PUT", &format!("{credential}/tokens"), Some(tokens)).await;
        assert!([204, 422].contains(&given.status), "{}", given.body);
    }
    canary.call("PATCH", &connection, Some(json!({ "inputs": inputs }))).await.must_be(200);
    for path in ["", "/history?limit=200", "/usage", "/values", "/values?customer=acme", "/values?mode=test"] {
        canary.call("GET", &format!("{connection}{path}"), None).await.must_be(200);
    }
    // Everything wrong at once: the other inputs are refused, and the secrets with them.
    let mut wrong = inputs.clone();
    wrong.insert("no_such_input".to_owned(), json!({ "value": PLANT }));
    canary.call("PATCH", &connection, Some(json!({ "inputs": wrong }))).await.must_be(422);
}

/// The secrets that this owner's credential may hold; the others are refused without being repeated.
async fn settable(
    canary: &mut Canary,
    connection: &str,
    owner: &Value,
    inputs: &BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    let query =
        owner["customer"].as_str().map_or_else(|| "mode=test".to_owned(), |customer| format!("customer={customer}"));
    let values = canary.call("GET", &format!("{connection}/values?{query}"), None).await.must_be(200).json();
    let may_set = |key: &str| {
        values["inputs"].as_array().unwrap().iter().any(|input| input["key"] == key && input["may_set"] == true)
    };
    let (settable, refused): (BTreeMap<_, _>, BTreeMap<_, _>) =
        inputs.clone().into_iter().partition(|(key, _)| may_set(key));
    if !refused.is_empty() {
        let body = json!({ "connection": connection.rsplit('/').next(), "owner": owner, "inputs": refused });
        canary.call("POST", "/api/v1/credentials", Some(body)).await.must_be(422);
    }
    settable
}

/// Secrets in the wrong places.
async fn mistakes(canary: &mut Canary) {
    let base =
        || json!({ "component": "shopify", "connection_type": "oauth2", "scope": "customer", "stable_key": "other" });
    let with = |name: &str, value: Value| {
        let mut body = base();
        body[name] = value;
        body
    };
    for (number, body) in [
        with("inputs", json!(PLANT)),
        with("inputs", json!({ "client_secret": PLANT })),
        with("inputs", json!({ "client_secret": [PLANT] })),
        with("inputs", json!({ "client_secret": { "value": { PLANT: 1 } } })),
        with("inputs", json!({ "client_secret": { "value": [PLANT] } })),
        with("inputs", json!({ "client_secret": { "secret": PLANT } })),
        with("inputs", json!({ "client_secret": { "value": "x", "managed_by": PLANT } })),
        with("inputs", json!({ "shop": { "value": PLANT } })),
        with("is_embedded", json!(PLANT)),
        with("label", json!([PLANT])),
        json!(PLANT),
        json!([PLANT]),
    ]
    .into_iter()
    .enumerate()
    {
        canary.client = canary.client.with("Idempotency-Key", &format!("mistake {number}"));
        let answer = canary.call("POST", "/api/v1/connections", Some(body)).await;
        assert_eq!(answer.status, 422, "{number}: {}", answer.body);
    }
    let text = format!("{{\"inputs\": {{\"client_secret\": {PLANT}");
    let answer = canary.client.raw("POST", "/api/v1/connections", Some(("application/json", text.into_bytes()))).await;
    canary.look(answer).must_be(400);
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
