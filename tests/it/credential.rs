//! Credentials: whose they are, who may enter them, and what runtimes get of them.

use insta::assert_snapshot;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::told;

/// A connection of this scope, with what the organization sets for all.
async fn http(t: &TestApp, scope: &str) {
    let builder = t.user(Role::Builder).await;
    let body = json!({ "component": "http", "connection_type": "basic", "scope": scope,
        "inputs": { "base_url": { "value": "https://api.example.com" } } });
    builder.post("/api/v1/connections", body).await.must_be(201);
    for id in ["acme", "bolt"] {
        builder.post("/api/v1/customers", json!({ "external_id": id })).await.must_be(201);
    }
}

fn body(owner: &Value, username: &str, password: &str) -> Value {
    json!({ "connection": "http-basic", "owner": owner,
        "inputs": { "username": { "value": username }, "password": { "value": password } } })
}

async fn fetched(runtime: &Client, owner: &str) -> String {
    let answer = runtime.get(&format!("/api/v1/connections/http-basic/credentials?{owner}")).await;
    if answer.status == 200 { answer.json()["values"].to_string() } else { told::problem(&answer) }
}

#[actix_web::test]
async fn a_credential_is_shown_with_its_owner_and_masked() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let support = t.user(Role::Support).await;
    let made =
        support.post("/api/v1/credentials", body(&json!({ "customer": "acme" }), "ann", "hunter22")).await.must_be(201);
    assert_eq!(
        (made.header("location"), made.header("etag")),
        (format!("/api/v1/credentials/{}", made.text("/id")).as_str(), "\"1\"")
    );
    assert_snapshot!(told::values(&made), @r#"
    base_url = "https://api.example.com"; from global, set, managed by customer
    test_path = "/"; from default, set, managed by organization, not settable here
    username = "ann"; from credential, set, managed by customer
    password = secret, 8 characters; from credential, set, managed by customer
    status active, complete true
    "#);
    let mut head = made.json();
    for name in ["inputs", "missing", "ignored"] {
        head[name].take();
    }
    let ids = ["/id", "/connection/id", "/customer/id"].map(|place| made.text(place));
    let shown =
        ids.iter().fold(serde_json::to_string_pretty(&head).unwrap(), |text, id| text.replace(id.as_str(), &id[..4]));
    assert_snapshot!(shown, @r#"
    {
      "id": "crd_",
      "connection": {
        "id": "con_",
        "stable_key": "http-basic"
      },
      "owner": "customer",
      "customer": {
        "id": "cus_",
        "external_id": "acme",
        "name": "acme"
      },
      "name": "default",
      "status": "active",
      "is_enabled": true,
      "last_check": {
        "outcome": "ok",
        "message": "The connection works",
        "at": "2026-01-01T00:00:00Z"
      },
      "version": 1,
      "created_at": "2026-01-01T00:00:00Z",
      "updated_at": "2026-01-01T00:00:00Z",
      "inputs": null,
      "missing": null,
      "ignored": null,
      "is_complete": true
    }
    "#);
    let shown = support.get(made.header("location")).await.must_be(200);
    assert_eq!((&shown.body, shown.header("etag")), (&made.body, "\"1\""));
}

#[actix_web::test]
async fn a_customer_with_several_credentials_is_asked_which() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let support = t.user(Role::Support).await;
    let runtime = t.api_key(&[Permission::CredentialsRead]).await;
    let named = |name: &str| json!({ "customer": "acme", "name": name });
    support.post("/api/v1/credentials", body(&named("eu"), "ann", "eu-secret")).await.must_be(201);
    assert_snapshot!(fetched(&runtime, "customer=acme").await, @r#"{"base_url":"https://api.example.com","password":"eu-secret","test_path":"/","username":"ann"}"#);
    let us = support.post("/api/v1/credentials", body(&named("us"), "ann", "us-secret")).await.must_be(201);
    assert_snapshot!(fetched(&runtime, "customer=acme").await, @"409 ambiguous_credential: this customer has several credentials: say which in `credential`: `eu`, `us`");
    assert_snapshot!(fetched(&runtime, "customer=acme&credential=us").await, @r#"{"base_url":"https://api.example.com","password":"us-secret","test_path":"/","username":"ann"}"#);
    assert_snapshot!(fetched(&runtime, "customer=acme&credential=asia").await, @"404 not_found: credential `asia` does not exist");
    let again = support.post("/api/v1/credentials", body(&named("us"), "ann", "x")).await;
    assert_snapshot!(told::problem(&again), @"409 credential_exists: this owner has a credential `us` for this connection already: change that one, or give another name");
    // Found by our own id of the customer, too.
    let id = us.text("/customer/id");
    assert_eq!(
        fetched(&runtime, &format!("customer={id}&credential=us")).await,
        fetched(&runtime, "customer=acme&credential=us").await
    );
    support.patch(us.header("location"), json!({ "name": "default" })).await.must_be(200);
    assert_snapshot!(fetched(&runtime, "customer=acme").await, @r#"{"base_url":"https://api.example.com","password":"us-secret","test_path":"/","username":"ann"}"#);
}

#[actix_web::test]
async fn owners_must_fit_the_scope() {
    let t = TestApp::start().await;
    http(&t, "organization_global").await;
    let builder = t.user(Role::Builder).await;
    let refused =
        async |owner: Value| told::problem(&builder.post("/api/v1/credentials", body(&owner, "a", "b")).await);
    assert_snapshot!(refused(json!({ "customer": "acme" })).await, @"422 wrong_owner: `http-basic` has the scope organization_global; one account of the organization serves all customers here: give it as the organization's");
    assert_snapshot!(refused(json!("everybody")).await, @r#"422 invalid_body: the body does not fit: `organization`, `test`, or {"customer": …} with a `name` when it has several at line 1 column 46"#);
    assert_snapshot!(refused(json!({ "customer": "acme", "colour": "red" })).await, @r#"422 invalid_body: the body does not fit: `organization`, `test`, or {"customer": …} with a `name` when it has several at line 1 column 69"#);
    assert_snapshot!(refused(json!({ "customer": "nobody" })).await, @"404 not_found: customer `nobody` does not exist");
    builder.post("/api/v1/credentials", body(&json!("organization"), "a", "b")).await.must_be(201);
    assert_snapshot!(refused(json!("organization")).await, @"409 credential_exists: this owner has a credential `default` for this connection already: change that one, or give another name");
}

#[actix_web::test]
async fn wrong_inputs_are_refused_and_nothing_is_stored() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let support = t.user(Role::Support).await;
    let refused = async |inputs: Value| {
        let body = json!({ "connection": "http-basic", "owner": { "customer": "acme" }, "inputs": inputs });
        told::problem(&support.post("/api/v1/credentials", body).await)
    };
    // What the organization manages, what does not exist, what does not fit, what is decided on the connection.
    assert_snapshot!(refused(json!({
        "test_path": { "value": "/me" }, "user_name": { "value": "ann" }, "base_url": { "value": "ftp://example.com" },
        "username": { "shared": true }, "password": { "value": ["a"] },
    })).await, @"
    422 invalid_fields: 5 fields are wrong; the first is inputs.user_name: `basic` has no such input; did you mean `username`?
    inputs.user_name unknown_input: `basic` has no such input; did you mean `username`?
    inputs.username.shared not_settable: this is decided on the connection, by the organization
    inputs.base_url pattern: it does not have the expected form, for example `https://api.acme.example/v1`
    inputs.password wrong_type: text is expected
    inputs.test_path not_settable: the organization manages it for all customers: set it on the connection
    ");
    assert_eq!(support.get("/api/v1/credentials").await.json()["items"], json!([]));
}

#[actix_web::test]
async fn a_disabled_or_deleted_credential_is_not_handed_out() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let support = t.user(Role::Support).await;
    let runtime = t.api_key(&[Permission::CredentialsRead]).await;
    let made =
        support.post("/api/v1/credentials", body(&json!({ "customer": "acme" }), "ann", "hunter22")).await.must_be(201);
    let path = made.header("location");
    let off = support.with("If-Match", "\"1\"").patch(path, json!({ "is_enabled": false })).await.must_be(200);
    assert_eq!((off.text("/status"), off.header("etag")), ("disabled".to_owned(), "\"2\""));
    assert_snapshot!(fetched(&runtime, "customer=acme").await, @"409 credential_disabled: this credential of `http-basic` is disabled");
    assert_snapshot!(told::problem(&support.with("If-Match", "\"1\"").patch(path, json!({ "is_enabled": true })).await), @"412 version_mismatch: somebody else changed it meanwhile: read it again, then repeat your change");
    support.patch(path, json!({ "is_enabled": true })).await.must_be(200);
    assert_snapshot!(fetched(&runtime, "customer=acme").await, @r#"{"base_url":"https://api.example.com","password":"hunter22","test_path":"/","username":"ann"}"#);
    assert_eq!(support.with("If-Match", "\"1\"").delete(path).await.status, 412);
    support.delete(path).await.must_be(204);
    support.get(path).await.must_be(404);
    assert_snapshot!(fetched(&runtime, "customer=acme").await, @"409 credential_pending: `http-basic` lacks values: username");
}

#[actix_web::test]
async fn support_enters_customers_credentials_and_builders_all() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let support = t.user(Role::Support).await;
    let builder = t.user(Role::Builder).await;
    assert_snapshot!(told::problem(&support.post("/api/v1/credentials", body(&json!("test"), "a", "b")).await), @"403 forbidden: this needs the role builder in this tenant; yours is support");
    let test = builder.post("/api/v1/credentials", body(&json!("test"), "a", "b")).await.must_be(201);
    support.patch(test.header("location"), json!({ "is_enabled": false })).await.must_be(403);
    support.delete(test.header("location")).await.must_be(403);
    let viewer = t.user(Role::Viewer).await;
    viewer.post("/api/v1/credentials", body(&json!({ "customer": "acme" }), "a", "b")).await.must_be(403);
    // Nobody who signs in reads secrets, not even the owner.
    let owner = t.user(Role::Owner).await.get("/api/v1/connections/http-basic/credentials?mode=test").await;
    assert_snapshot!(told::problem(&owner), @"403 forbidden: this needs an API key with the scope `credentials:read`");
    // A key may change what it may enter, without the permission to switch connections.
    let key = t.api_key(&[Permission::CredentialsWrite]).await;
    let made = key.post("/api/v1/credentials", body(&json!({ "customer": "acme" }), "a", "b")).await.must_be(201);
    key.patch(made.header("location"), json!({ "is_enabled": false })).await.must_be(200);
}

#[actix_web::test]
async fn lists_are_of_a_connection_or_of_a_customer() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let builder = t.user(Role::Builder).await;
    let other = json!({ "component": "http", "connection_type": "none", "scope": "customer" });
    builder.post("/api/v1/connections", other).await.must_be(201);
    for (connection, owner) in [
        ("http-basic", json!({ "customer": "acme" })),
        ("http-basic", json!({ "customer": "bolt" })),
        ("http-none", json!({ "customer": "acme" })),
        ("http-basic", json!("test")),
    ] {
        let body = json!({ "connection": connection, "owner": owner });
        builder.post("/api/v1/credentials", body).await.must_be(201);
    }
    let list = async |query: &str| {
        let (mut lines, mut next) = (Vec::new(), format!("/api/v1/credentials?limit=1{query}"));
        loop {
            let page = builder.get(&next).await.must_be(200).json();
            for item in page["items"].as_array().unwrap() {
                let customer = item["customer"]["external_id"].as_str().unwrap_or("-");
                lines.push(format!(
                    "{} {} {customer}",
                    item["connection"]["stable_key"].as_str().unwrap(),
                    item["owner"]
                ));
            }
            let Some(cursor) = page["next_cursor"].as_str() else { return lines.join("\n") };
            next = format!("/api/v1/credentials?limit=1{query}&cursor={cursor}");
        }
    };
    assert_snapshot!(list("").await, @r#"
    http-basic "customer" acme
    http-basic "customer" bolt
    http-none "customer" acme
    http-basic "test" -
    "#);
    assert_snapshot!(list("&connection=http-basic").await, @r#"
    http-basic "customer" acme
    http-basic "customer" bolt
    http-basic "test" -
    "#);
    assert_snapshot!(list("&customer=acme").await, @r#"
    http-basic "customer" acme
    http-none "customer" acme
    "#);
    assert_snapshot!(list("&customer=acme&connection=http-none").await, @r#"http-none "customer" acme"#);
    builder.get("/api/v1/credentials?customer=nobody").await.must_be(404);
    builder.get("/api/v1/credentials?connection=nothing").await.must_be(404);
}

#[actix_web::test]
async fn a_test_credential_counts_from_the_next_fetch_on() {
    let t = TestApp::start().await;
    http(&t, "customer").await;
    let builder = t.user(Role::Builder).await;
    let runtime = t.api_key(&[Permission::CredentialsRead]).await;
    let test = builder.post("/api/v1/credentials", body(&json!("test"), "one", "first")).await.must_be(201);
    assert_snapshot!(fetched(&runtime, "mode=test").await, @r#"{"base_url":"https://api.example.com","password":"first","test_path":"/","username":"one"}"#);
    let change = json!({ "inputs": { "username": { "value": "two" }, "password": { "value": "second" } } });
    builder.patch(test.header("location"), change).await.must_be(200);
    assert_snapshot!(fetched(&runtime, "mode=test").await, @r#"{"base_url":"https://api.example.com","password":"second","test_path":"/","username":"two"}"#);
}
