//! Test runs and recorded reads on the terminal.

use keyway::model::actor::Permission;
use serde_json::Value;
use serde_json::json;

use super::desk::Desk;
use super::desk::Ran;
use super::desk::masked;
use crate::support::TestApp;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const DEFINITION: &str = "\
definitionVersion: 7
name: Orders
requiredConfigVars:
  - { key: Peer, dataType: connection, useScopedConfigVar: peer }
flows:
  - name: Good
    steps:
      - name: List
        action: { key: httpGet, component: { key: http, version: LATEST, isPublic: true } }
        inputs: { connection: { type: configVar, value: Peer }, url: { type: value, value: /orders } }
      - name: Compute
        action: { key: runCode, component: { key: code, version: LATEST, isPublic: true } }
        inputs: {}
  - name: Bad
    steps:
      - name: Break
        action: { key: httpGet, component: { key: http, version: LATEST, isPublic: true } }
        errorConfig: { errorHandlerType: retry, maxAttempts: 1 }
        inputs: { connection: { type: configVar, value: Peer }, url: { type: value, value: /broken } }
";

fn desk(peer: &Peer) -> Desk {
    let desk = Desk::new().with("KEYWAY_OUTBOUND__ALLOW", "127.0.0.0/8");
    desk.json(&["tenants", "create", "dev"]);
    let url = format!("base_url=http://127.0.0.1:{}/v1", peer.port());
    desk.json(&["connections", "create", "http", "bearer", "--scope", "customer", "--key", "peer", "--set", &url]);
    let token = format!("token={}", desk.file("token", "PLANTED-token"));
    desk.json(&["credentials", "create", "peer", "--test", "--secret", &token, "--without-test"]);
    let file = desk.file("orders.yml", DEFINITION);
    desk.json(&["integrations", "import", &file]);
    desk
}

/// Exit code, answer and notes, with what differs from run to run out of them.
fn told(ran: &Ran, peer: &Peer) -> String {
    let text = masked(&format!("[{}]\n{}{}", ran.code, ran.answer, ran.note)).replace(&peer.port().to_string(), "PORT");
    regex::Regex::new(r"in \d+ ms *").unwrap().replace_all(&text, "in 1 ms").into_owned()
}

#[test]
fn a_run_is_shown_step_by_step_and_a_failed_one_fails_the_command() {
    let peer = Peer::start(|request| match request.path.as_str() {
        "/v1/orders" => Reply::json(&json!({ "echo": request.header("authorization") })),
        _ => Reply::status(500),
    });
    let desk = desk(&peer);
    let run = |flow: &str| desk.run(&["integrations", "run-test", "orders", "--flow", flow]);
    let good = run("Good");
    assert!(!good.answer.contains("PLANTED"), "{}", good.answer);
    insta::assert_snapshot!(told(&good, &peer), @r#"
    [0]
    STEP            ACTION          CONNECTION  STATE           OUTCOME
    Good / List     http · httpGet  peer        done            200 in 1 ms
    Good / Compute  code · runCode              not executable  its code is not run here

    Good / List
      > GET http://127.0.0.1:PORT/v1/orders
      > authorization: ••••
      < 200
      < {"echo":"••••"}
    ✓ ran 2 steps of orders; kept as run_00000000000000000000000000000000
    "#);
    insta::assert_snapshot!(told(&run("Bad"), &peer), @r"
    [1]
    STEP                     ACTION          CONNECTION  STATE   OUTCOME
    Bad / Break (attempt 1)  http · httpGet  peer        failed  the third party answered 500 (tried again after 0 s)
    Bad / Break (attempt 2)  http · httpGet  peer        failed  the third party answered 500

    Bad / Break (attempt 1)
      > GET http://127.0.0.1:PORT/v1/broken
      > authorization: ••••
      < 500

    Bad / Break (attempt 2)
      > GET http://127.0.0.1:PORT/v1/broken
      > authorization: ••••
      < 500
    → the run failed; kept as run_00000000000000000000000000000000
    ");
    let ran = desk.run(&["integrations", "run-test", "orders", "--json"]);
    let document: Value = serde_json::from_str(&ran.answer).unwrap();
    assert_eq!((ran.code, &document["status"]), (1, &json!("failed")));
    let steps: Vec<(&Value, &Value)> =
        document["steps"].as_array().unwrap().iter().map(|step| (&step["status"], &step["attempt"])).collect();
    let none = Value::Null;
    assert_eq!(
        steps,
        [
            (&json!("done"), &none),
            (&json!("not_executable"), &none),
            (&json!("failed"), &json!(1)),
            (&json!("failed"), &json!(2))
        ]
    );
    assert_eq!(desk.refusal(&["integrations", "run-test", "orders", "--flow", "Ugly"]), "unknown_flow");
    assert_eq!(desk.refusal(&["integrations", "run-test", "nothing"]), "not_found");
}

#[actix_web::test]
async fn reads_are_shown_with_the_key_that_read() {
    let t = TestApp::start().await;
    let client = t.api_key(Permission::ALL).await;
    let body = json!({ "component": "http", "connection_type": "none", "scope": "organization_global", "stable_key": "peer",
        "without_test": true, "inputs": { "base_url": { "value": "https://peer.example" } } });
    client.post("/api/v1/connections", body).await.must_be(201);
    let desk = t.desk();
    let none = desk.aside(&["connections", "reads", "peer"]);
    assert_eq!(none.code, 0);
    assert!(format!("{}{}", none.answer, none.note).contains("No API key was given a credential"), "{none:?}");
    for _ in 0..3 {
        client.get("/api/v1/connections/peer/credentials?mode=organization").await.must_be(200);
    }
    t.app.write_reads().await.unwrap();
    insta::assert_snapshot!(masked(&desk.aside(&["connections", "reads", "peer"]).answer), @r"
    WHEN (UTC)           API KEY  CREDENTIAL  READS
    2026-01-01 00:00:00  test     -           3
    ");
    let reads = desk.json_aside(&["connections", "reads", "peer"]);
    assert_eq!((&reads["items"][0]["reads"], &reads["items"][0]["api_key"]["name"]), (&json!(3), &json!("test")));
}
