//! Runs of drafts with the test runner's credentials, step by step.

mod lost;
mod retry;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::definition::import;
use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::peer::Request;

/// Looked for in everything that is kept or answered.
const CANARY: &str = "c4nary/s3cret+one";

struct World {
    t: TestApp,
    peer: Arc<Peer>,
    admin: Client,
}

impl World {
    async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let (t, peer) = (TestApp::start().await, Arc::new(Peer::start(answer)));
        let admin = t.api_key(Permission::ALL).await;
        Self { t, peer, admin }
    }

    /// A connection of the `http` component with a test credential.
    async fn connection(&self, kind: &str, secret: &str) {
        let base_url = self.peer.url("/v1").to_string();
        let body = json!({
            "component": "http", "connection_type": kind, "scope": "customer", "stable_key": "peer",
            "inputs": { "base_url": { "value": base_url, "managed_by": "organization" } },
        });
        self.admin.post("/api/v1/connections", body).await.must_be(201);
        let mut inputs = json!({ secret: { "value": CANARY } });
        if kind == "basic" {
            inputs["username"] = json!({ "value": "someone" });
        }
        let body = json!({ "connection": "peer", "owner": "test", "without_test": true, "inputs": inputs });
        self.admin.post("/api/v1/credentials", body).await.must_be(201);
    }

    async fn change(&self, input: &str, value: &str) {
        change(&self.admin, input, value).await;
    }

    /// Imports steps as the flow `Main` of the integration `flows`.
    async fn draft(&self, steps: &str) {
        let text = format!(
            "definitionVersion: 7\nname: Flows\nrequiredConfigVars:\n  - {{ key: Peer, dataType: connection, useScopedConfigVar: peer }}\n  \
             - {{ key: Limit, dataType: number, defaultValue: 2 }}\nflows:\n  - name: Main\n    steps:\n{steps}"
        );
        let imported = import(&self.admin, "", &text).await;
        assert!(matches!(imported.status, 200 | 201), "{}", imported.body);
    }

    async fn run(&self) -> Value {
        self.admin.post("/api/v1/integrations/flows/test-runs", json!({})).await.must_be(201).json()
    }
}

async fn change(client: &Client, input: &str, value: &str) {
    let list = client.get("/api/v1/credentials?limit=200").await.must_be(200).json();
    let id = list["items"].as_array().unwrap().iter().find(|item| item["owner"] == "test").unwrap()["id"].clone();
    let body = json!({ "without_test": true, "inputs": { input: { "value": value } } });
    client.patch(&format!("/api/v1/credentials/{}", id.as_str().unwrap()), body).await.must_be(200);
}

/// A step that calls the peer.
fn call(name: &str, action: &str, inputs: &str) -> String {
    format!(
        "      - {{ name: {name}, action: {{ key: {action}, component: {{ key: http, version: LATEST, isPublic: true }} }}, inputs: {{ \
         connection: {{ type: configVar, value: Peer }}, {inputs} }} }}\n"
    )
}

fn get(name: &str, url: &str) -> String {
    call(name, "httpGet", &format!("url: {{ type: value, value: '{url}' }}"))
}

/// Path and status of each step, and why.
fn told(run: &Value) -> String {
    let line = |step: &Value| {
        let rounds = step["rounds"].as_array().map(|rounds| format!(" {rounds:?}")).unwrap_or_default();
        let rounds = rounds.replace("Number(", "").replace(')', "");
        let attempt = step["attempt"].as_u64().map(|attempt| format!(" #{attempt}")).unwrap_or_default();
        let reason = step["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{}{rounds}{attempt} {}{reason}\n", step["path"].as_str().unwrap(), step["status"].as_str().unwrap())
    };
    let steps: String = run["steps"].as_array().unwrap().iter().map(line).collect();
    format!("{}\n{steps}", run["status"].as_str().unwrap())
}

#[actix_web::test]
async fn steps_are_really_run_and_use_each_others_results() {
    let w = World::start(|request| match request.path.as_str() {
        "/v1/orders?page=1" => Reply::json(&json!({ "orders": [{ "id": 7 }, { "id": 8 }], "size": 2 })),
        "/v1/orders/7" => Reply::json(&json!({ "id": 7, "state": "paid" })),
        _ => Reply::json(&json!({ "made": true })),
    })
    .await;
    w.connection("bearer", "token").await;
    let steps = [
        "      - { name: Every Hour, isTrigger: true, action: { key: schedule, component: { key: schedule-triggers } }, inputs: {} }\n",
        &get("List Orders", "/orders?page=1"),
        &call(
            "Get Order",
            "http_get",
            "url: { type: template, value: '/orders/{{$listOrders.results.orders[0].id}}' }",
        ),
        &call(
            "Tell",
            "httpPost",
            "url: { type: value, value: tell }, data: { type: reference, value: getOrder.results }",
        ),
    ];
    w.draft(&steps.concat()).await;
    let run = w.run().await;
    insta::assert_snapshot!(told(&run), @r"
    done
    Main / Every Hour done: a trigger; its payload is empty here
    Main / List Orders done
    Main / Get Order done
    Main / Tell done
    ");
    let sent = w.peer.requests();
    let asked: Vec<String> =
        sent.iter().map(|request| format!("{} {} {}", request.method, request.path, request.text())).collect();
    assert_eq!(asked, ["GET /v1/orders?page=1 ", "GET /v1/orders/7 ", "POST /v1/tell {\"id\":7,\"state\":\"paid\"}"]);
    assert!(sent.iter().all(|request| request.header("authorization") == format!("Bearer {CANARY}")));
    let step = &run["steps"][3];
    assert_eq!(step["connection"]["stable_key"], "peer");
    assert_eq!(step["request"]["body"], "{\"id\":7,\"state\":\"paid\"}");
    assert_eq!((&step["reply"]["status"], &step["reply"]["body"]), (&json!(200), &json!("{\"made\":true}")));
    let kept = w.admin.get(&format!("/api/v1/integrations/flows/test-runs/{}", run["id"].as_str().unwrap())).await;
    assert_eq!(kept.must_be(200).json(), run);
    let list = w.admin.get("/api/v1/integrations/flows/test-runs").await.must_be(200).json();
    assert_eq!(list["items"][0], run);
}

#[actix_web::test]
async fn loops_and_branches_are_followed_as_far_as_the_data_says() {
    let w = World::start(|request| match request.path.as_str() {
        "/v1/orders" => Reply::json(&json!([{ "id": 7, "sum": 10 }, { "id": 8, "sum": 1 }])),
        _ => Reply::json(&json!({})),
    })
    .await;
    w.connection("bearer", "token").await;
    let inner =
        |text: &str, by: usize| -> String { text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect() };
    let steps = [
        get("List", "/orders"),
        "      - name: Each\n        action: { key: loopOverItems, component: { key: loop } }\n        inputs: { items: { type: reference, value: list.results } }\n        steps:\n".to_owned(),
        "          - name: Large?\n            action: { key: branchOnExpression, component: { key: branch } }\n            inputs:\n              conditions: { type: complex, value: [{ name: Large, type: complex, value: [and, [greaterThan, { type: reference, value: each.currentItem.sum }, { type: configVar, value: Limit }]] }] }\n            branches:\n              - name: Large\n                steps:\n".to_owned(),
        inner(&call("Get", "http_get", "url: { type: template, value: '/orders/{{$each.currentItem.id}}' }"), 12),
        "              - name: Else\n                steps:\n".to_owned(),
        inner(&get("Small", "/small"), 12),
        "      - { name: Compute, action: { key: runCode, component: { key: code } }, inputs: {} }\n".to_owned(),
        "      - { name: Archive, action: { key: putFile, component: { key: no-such } }, inputs: {} }\n".to_owned(),
        call("Unknown", "fetchAll", ""),
        call("After", "http_get", "url: { type: reference, value: compute.results.url }"),
        get("Last", "/last"),
    ];
    w.draft(&steps.concat()).await;
    let run = w.run().await;
    insta::assert_snapshot!(told(&run), @r"
    done
    Main / List done
    Main / Each done: 2 rounds
    Main / Each / Large? [1] done: takes the branch `Large`
    Main / Each / Large? / Large / Get [1] done
    Main / Each / Large? / Else / Small [1] skipped: the branch `Else` was not taken
    Main / Each / Large? [2] done: takes the branch `Else`
    Main / Each / Large? / Large / Get [2] skipped: the branch `Large` was not taken
    Main / Each / Large? / Else / Small [2] done
    Main / Compute not_executable: its code is not run here
    Main / Archive not_executable: its component is not known here
    Main / Unknown not_executable: the manifest of its component declares no HTTP action of this name
    Main / After skipped: input `url`: it refers to `compute.results.url`, and the step `compute` has no result
    Main / Last done
    ");
    let asked: Vec<String> = w.peer.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/v1/orders", "/v1/orders/7", "/v1/small", "/v1/last"]);
}

#[actix_web::test]
async fn a_failed_step_ends_the_run_unless_the_definition_says_otherwise() {
    let w =
        World::start(|request| if request.path == "/v1/bad" { Reply::status(500) } else { Reply::text("well") }).await;
    w.connection("bearer", "token").await;
    w.draft(&[get("Good", "/good"), get("Bad", "/bad"), get("Never", "/never")].concat()).await;
    insta::assert_snapshot!(told(&w.run().await), @r"
    failed
    Main / Good done
    Main / Bad failed: the third party answered 500
    ");
    let ignoring = get("Bad", "/bad").replace("inputs:", "errorConfig: { errorHandlerType: ignore }, inputs:");
    w.draft(&[ignoring, get("Then", "/then")].concat()).await;
    insta::assert_snapshot!(told(&w.run().await), @r"
    done
    Main / Bad failed: the third party answered 500 (the definition says to go on)
    Main / Then done
    ");
    w.draft(&call("Away", "http_get", "url: { type: value, value: 'https://evil.example/x' }")).await;
    insta::assert_snapshot!(told(&w.run().await), @r"
    failed
    Main / Away failed: the request leaves the host of the connection's base URL; use a path below it (foreign_host)
    ");
    let unknown = json!({ "flow": "Other" });
    let answer = w.admin.post("/api/v1/integrations/flows/test-runs", unknown).await.must_be(422);
    assert_eq!(answer.text("/code"), "unknown_flow");
}

/// DESIGN: the credential is read at every step. The run waits inside its first step until it has been changed.
#[actix_web::test]
async fn a_changed_test_credential_counts_from_the_next_step_and_the_next_run() {
    let (arrived, has_arrived) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let gate = Mutex::new((arrived, may_go_on));
    let w = World::start(move |request| {
        if request.path == "/v1/first" && request.header("authorization").ends_with("one") {
            let gate = gate.lock().unwrap();
            gate.0.send(()).unwrap();
            gate.1.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        Reply::text("well")
    })
    .await;
    w.connection("bearer", "token").await;
    w.draft(&[get("First", "/first"), get("Second", "/second")].concat()).await;
    let client = w.admin.clone();
    let run = actix_web::rt::spawn(async move {
        client.post("/api/v1/integrations/flows/test-runs", json!({})).await.must_be(201).json()
    });
    tokio::task::spawn_blocking(move || has_arrived.recv_timeout(Duration::from_secs(10))).await.unwrap().unwrap();
    w.change("token", "c4nary-two").await;
    go_on.send(()).unwrap();
    let run = run.await.unwrap();
    assert_eq!(run["status"], "done");
    let tokens = |w: &World| -> Vec<String> {
        w.peer.requests().iter().map(|request| request.header("authorization").to_owned()).collect()
    };
    assert_eq!(tokens(&w), [format!("Bearer {CANARY}"), "Bearer c4nary-two".to_owned()]);
    let version = |step: usize| run["steps"][step]["connection"]["credential_version"].as_i64().unwrap();
    assert_eq!(version(1), version(0) + 1);
    w.change("token", "c4nary-three").await;
    w.run().await;
    assert_eq!(tokens(&w)[2..], ["Bearer c4nary-three", "Bearer c4nary-three"]);
}

/// The peer repeats what it was given, in every form that an answer may have.
#[actix_web::test]
async fn no_secret_is_kept_or_shown() {
    for (kind, input) in
        [("basic", "password"), ("api_key", "api_key"), ("api_key_in_query", "api_key"), ("bearer", "token")]
    {
        let w = World::start(|request| {
            let headers: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let packed = BASE64_STANDARD.encode(format!("xx{CANARY}yy"));
            let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
            let body = json!({ "path": request.path, "headers": headers, "packed": packed, "hex": hex, "own": CANARY });
            Reply::json(&body).header("X-Echo", CANARY).header("Set-Cookie", "sid=session-of-somebody")
        })
        .await;
        w.connection(kind, input).await;
        let echo = call(
            "Echo",
            "httpPost",
            "url: { type: value, value: echo }, data: { type: reference, value: first.results }",
        );
        w.draft(&[get("First", "/first"), echo].concat()).await;
        let run = w.run().await;
        assert_eq!(run["status"], "done", "{run}");
        assert!(w.peer.requests().iter().all(|request| {
            let packed = BASE64_STANDARD.encode(format!("someone:{CANARY}"));
            request.has(CANARY) || request.has("c4nary%2Fs3cret%2Bone") || request.has(&packed)
        }));
        let list = w.admin.get("/api/v1/integrations/flows/test-runs").await.must_be(200).body;
        let stored = w.t.stored_bytes().await;
        let packed = BASE64_STANDARD.encode(format!("someone:{CANARY}"));
        let inside = &BASE64_STANDARD.encode(format!("xx{CANARY}yy"))[4..20];
        let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in
            [CANARY, "c4nary%2Fs3cret", "c4nary\\/s3cret", "s3cret+one", &packed, inside, &hex, "session-of-somebody"]
        {
            for (place, text) in [
                ("the answer", run.to_string().into_bytes()),
                ("the list", list.clone().into_bytes()),
                ("the database", stored.clone()),
            ] {
                let is_there = text.windows(form.len()).any(|window| window == form.as_bytes());
                assert!(!is_there, "{kind}: {place} holds {form}");
            }
        }
        // The control: what is no secret is there.
        assert!(list.contains("xx") || list.contains("/v1/echo"), "{list}");
    }
}

#[actix_web::test]
async fn support_may_run_tests_and_viewers_may_look() {
    let w = World::start(|_| Reply::text("well")).await;
    w.connection("bearer", "token").await;
    w.draft(&get("First", "/first")).await;
    let support = w.t.user(Role::Support).await;
    support.post("/api/v1/integrations/flows/test-runs", json!({ "flow": "Main" })).await.must_be(201);
    let viewer = w.t.user(Role::Viewer).await;
    viewer.post("/api/v1/integrations/flows/test-runs", json!({})).await.must_be(403);
    let list = viewer.get("/api/v1/integrations/flows/test-runs").await.must_be(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    viewer.get("/api/v1/integrations/flows/test-runs/run_01990000000070008000000000000000").await.must_be(404);
}
