//! The six messages of the Akeneo component, each by every answer that means it.

use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Value;
use serde_json::json;

use crate::live_test::base;
use crate::live_test::builder;
use crate::live_test::found;
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const TOKEN: &str = "/api/oauth/v1/token";

/// An Akeneo that answers the token request and the other one as told.
struct Akeneo {
    peer: Peer,
    told: Arc<Mutex<(Reply, Reply)>>,
}

impl Akeneo {
    fn start() -> Self {
        let told = Arc::new(Mutex::new((token(), locales())));
        let known = Arc::clone(&told);
        let peer = Peer::start(move |request| {
            let (token, locales) = known.lock().unwrap().clone();
            if request.path == TOKEN { token } else { locales }
        });
        Self { peer, told }
    }

    fn tell(&self, token: Reply, locales: Reply) {
        *self.told.lock().unwrap() = (token, locales);
    }
}

fn token() -> Reply {
    Reply::json(&json!({ "access_token": "T0k3n", "expires_in": 3600, "token_type": "bearer", "scope": null,
        "refresh_token": "R3fr3sh" }))
}

fn locales() -> Reply {
    Reply::json(&json!({ "_embedded": { "items": [{ "code": "en_US" }] } }))
}

fn website() -> Reply {
    Reply::text("<html>Welcome</html>").header("Content-Type", "text/html")
}

fn refused(status: u16) -> Reply {
    let body = json!({ "code": status, "message": "No." }).to_string().into_bytes();
    Reply::status(status).header("Content-Type", "application/json").body(body)
}

fn body(base_url: &str) -> Value {
    json!({ "connection": "akeneo-oauth2-password", "owner": { "customer": "acme" }, "inputs": {
        "base_url": { "value": base_url }, "client_id": { "value": "1_abc" }, "client_secret": { "value": "s3cr3t" },
        "username": { "value": "erp_1" }, "password": { "value": "p4ssw0rd" } } })
}

async fn connection(t: &TestApp) -> Client {
    let client = builder(t).await;
    let body = json!({ "component": "akeneo", "connection_type": "oauth2_password", "scope": "customer" });
    client.post("/api/v1/connections", body).await.must_be(201);
    client
}

#[actix_web::test]
async fn each_of_the_six_messages_has_its_triggers() {
    let t = TestApp::start().await;
    let client = connection(&t).await;
    let akeneo = Akeneo::start();
    let missing = "422 live_test_failed not_found: The Akeneo API was not found at this Base URL | The Base URL is wrong or does not point to your Akeneo instance. Check it (for example, https://your-instance.cloud).";
    let rejected = "422 live_test_failed authentication_rejected: Authentication was rejected | One or more of the Client ID, Secret, Username, or Password is incorrect.";
    let denied = "422 live_test_failed access_denied: Access was denied by Akeneo | The API user does not have permission to use the API — check its roles and permissions in Akeneo.";
    let request = "422 live_test_failed request_rejected: Akeneo rejected the request | Review the connection details and try again.";
    let server = "422 live_test_failed server_error: Akeneo returned a server error | A temporary problem on the Akeneo side — try again in a few moments.";
    let cases: Vec<(&str, Reply, Reply, &str)> = vec![
        ("404 at the token endpoint", refused(404), locales(), missing),
        ("another website", website(), website(), missing),
        ("a redirect", Reply::redirect(302, "https://elsewhere.example"), locales(), missing),
        ("JSON without a token", Reply::json(&json!({ "hello": "world" })), locales(), missing),
        ("404 at the API", token(), refused(404), missing),
        ("a website at the API", token(), website(), missing),
        ("401 at the token endpoint", refused(401), locales(), rejected),
        ("422 at the token endpoint", refused(422), locales(), rejected),
        ("401 at the API", token(), refused(401), rejected),
        ("403 at the API", token(), refused(403), denied),
        ("403 at the token endpoint", refused(403), locales(), denied),
        ("400 at the token endpoint", refused(400), locales(), request),
        ("406 at the token endpoint", refused(406), locales(), request),
        ("413 at the token endpoint", refused(413), locales(), request),
        ("415 at the token endpoint", refused(415), locales(), request),
        ("429 at the token endpoint", refused(429), locales(), request),
        ("400 at the API", token(), refused(400), request),
        ("429 at the API", token(), refused(429), request),
        ("500 at the token endpoint", refused(500), locales(), server),
        ("503 at the token endpoint", refused(503), locales(), server),
        ("502 at the API", token(), refused(502), server),
    ];
    for (name, token, locales, expected) in cases {
        akeneo.tell(token, locales);
        let answer = client.post("/api/v1/credentials", body(&base(&akeneo.peer))).await;
        assert_eq!(found(&answer), expected, "{name}: {}", answer.body);
    }
    let unreachable = "422 live_test_failed unreachable: Could not reach the Akeneo server | The Base URL is wrong, or the server is offline or unreachable from this network.";
    let closed = base(&Peer::start(|_| Reply::status(200)));
    let tls = base(&akeneo.peer).replace("http:", "https:");
    let broken = Peer::raw(drop);
    for (name, url) in [
        ("a closed port", closed.as_str()),
        ("no TLS there", tls.as_str()),
        ("broken off", base(&broken).as_str()),
        ("an address that is refused", "https://10.0.0.1"),
    ] {
        let answer = client.post("/api/v1/credentials", body(url)).await;
        assert_eq!(found(&answer), unreachable, "{name}: {}", answer.body);
        assert!(answer.json()["hint"].is_string(), "{name}: {}", answer.body);
    }
    assert_eq!(client.get("/api/v1/credentials").await.json()["items"], json!([]));
}

#[actix_web::test]
async fn good_values_are_saved_with_the_tokens_that_they_gave() {
    let t = TestApp::start().await;
    let client = connection(&t).await;
    let akeneo = Akeneo::start();
    let made = client.post("/api/v1/credentials", body(&base(&akeneo.peer))).await.must_be(201);
    assert_eq!((made.text("/status"), made.text("/last_check/outcome")), ("active".to_owned(), "ok".to_owned()));
    let asked: Vec<String> = akeneo.peer.requests().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(asked, [format!("POST {TOKEN}"), "GET /api/rest/v1/locales?limit=1".to_owned()]);
    assert_eq!(akeneo.peer.requests()[1].header("authorization"), "Bearer T0k3n");
    assert!(!String::from_utf8_lossy(&t.stored_bytes().await).contains("T0k3n"));
    // A test by hand tries the values themselves; one that comes by itself has the new tokens, and when they are not
    // taken any more it asks for others.
    let test = format!("{}/test", made.header("location"));
    client.post(&test, json!({})).await.must_be(200);
    assert_eq!(akeneo.peer.requests()[2].path, TOKEN);
    akeneo.tell(token(), locales());
    t.advance(chrono::TimeDelta::hours(27));
    t.app.check_due_credentials().await.unwrap();
    let asked: Vec<String> = akeneo.peer.requests().iter().skip(4).map(|request| request.path.clone()).collect();
    assert_eq!(asked, [TOKEN, "/api/rest/v1/locales?limit=1"], "the tokens had ended");
    assert_eq!(client.get(made.header("location")).await.text("/last_check/at"), "2026-01-02T03:00:00Z");
}

#[actix_web::test]
async fn akeneo_is_never_saved_untested_and_incomplete_values_are_saved_pending() {
    let t = TestApp::start().await;
    let client = connection(&t).await;
    let akeneo = Akeneo::start();
    let mut untested = body(&base(&akeneo.peer));
    untested["without_test"] = json!(true);
    let answer = client.post("/api/v1/credentials", untested.clone()).await;
    insta::assert_snapshot!(crate::support::told::problem(&answer), @"422 live_test_required: Akeneo PIM is never saved without a live test: leave `without_test` out");
    untested["inputs"]["password"] = json!({});
    let pending = client.post("/api/v1/credentials", untested).await.must_be(201);
    assert_eq!((pending.text("/status"), pending.text("/last_check")), ("pending".to_owned(), "null".to_owned()));
    assert_eq!(akeneo.peer.requests().len(), 0);
    // What completes it is tested.
    akeneo.tell(refused(422), locales());
    let path = pending.header("location");
    let password = json!({ "inputs": { "password": { "value": "p4ssw0rd" } } });
    assert_eq!(client.patch(path, password.clone()).await.text("/code"), "live_test_failed");
    akeneo.tell(token(), locales());
    assert_eq!(client.patch(path, password).await.must_be(200).text("/status"), "active");
}
