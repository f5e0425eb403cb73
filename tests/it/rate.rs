//! How often a session or an API key may ask, and how it is told.

use chrono::TimeDelta;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Answer;

fn rates(answer: &Answer) -> (u16, [&str; 4]) {
    let header = |name: &str| answer.header(name);
    let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
    (answer.status, names.map(header))
}

#[actix_web::test]
async fn each_caller_has_a_budget_and_every_answer_tells_it() {
    let t = TestApp::start_with(|options| options.requests_per_minute = 3).await;
    let (key, user) = (t.api_key(&[Permission::ConnectionsRead]).await, t.user(Role::Viewer).await);
    let path = "/api/v1/connections";
    assert_eq!(rates(&key.get(path).await), (200, ["3", "2", "20", ""]));
    // What is refused or not there costs as much.
    assert_eq!(rates(&key.get("/api/v1/customers").await), (403, ["3", "1", "40", ""]));
    assert_eq!(rates(&key.tenant("other").get(path).await), (404, ["3", "0", "60", ""]));
    let over = key.get(path).await;
    assert_eq!(rates(&over), (429, ["3", "0", "60", "21"]));
    insta::assert_snapshot!(over.shown(), @r#"
    429 Too Many Requests

    {
      "type": "about:blank",
      "title": "Too Many Requests",
      "status": 429,
      "code": "rate_limited",
      "detail": "more than 3 requests in a minute; try again in 21 s",
      "request_id": "[request_id]"
    }
    "#);
    assert_eq!(rates(&user.get(path).await), (200, ["3", "2", "20", ""]));
    assert_eq!(rates(&user.get("/api/v1/tenants").await), (200, ["3", "1", "40", ""]));
    t.advance(TimeDelta::seconds(21));
    assert_eq!(rates(&key.get(path).await).0, 200);
    // Strangers have no budget, and nothing to learn.
    assert_eq!(rates(&t.anonymous().get(path).await), (401, ["", "", "", ""]));
}

#[actix_web::test]
async fn without_a_limit_nothing_is_told() {
    let t = TestApp::start().await;
    let key = t.api_key(&[Permission::ConnectionsRead]).await;
    assert_eq!(rates(&key.get("/api/v1/connections").await), (200, ["", "", "", ""]));
}

/// A runtime that is refused stops its customers' flows: what it fetches is outside the budget, and says nothing of one.
#[actix_web::test]
async fn fetches_are_not_counted_and_tell_no_budget() {
    let t = TestApp::start_with(|options| options.requests_per_minute = 2).await;
    let body = json!({ "component": "http", "connection_type": "none", "scope": "organization_global", "stable_key": "peer",
        "without_test": true, "inputs": { "base_url": { "value": "https://peer.example" } } });
    t.api_key(&[Permission::ConnectionsWrite]).await.post("/api/v1/connections", body).await.must_be(201);
    let key = t.api_key(&[Permission::CredentialsRead, Permission::ConnectionsRead]).await;
    let plain = "/api/v1/connections/peer/credentials?mode=organization";
    for _ in 0..4 {
        assert_eq!(rates(&key.get(plain).await), (200, ["", "", "", ""]));
        // Not the fast way: the tenant is named.
        assert_eq!(rates(&key.tenant("dev").get(plain).await), (200, ["", "", "", ""]));
    }
    assert_eq!(rates(&key.get("/api/v1/connections").await), (200, ["2", "1", "30", ""]));
    key.get("/api/v1/connections").await.must_be(200);
    key.get("/api/v1/connections").await.must_be(429);
    assert_eq!(rates(&key.get(plain).await), (200, ["", "", "", ""]));
    let described = &crate::support::description()["paths"]["/api/v1/connections/{connection}/credentials"]["get"];
    assert!(described["responses"]["429"].is_null() && described["responses"]["403"].is_object(), "{described}");
}

#[actix_web::test]
async fn an_address_has_a_budget_for_public_pages_and_is_told_by_a_page() {
    let t = TestApp::start_with(|options| options.page_requests_per_minute = 3).await;
    let anonymous = t.anonymous();
    for (path, status, left) in
        [("/connect/x", 404, "2"), ("/oauth/callback/x", 404, "1"), ("/oauth/complete/x", 404, "0")]
    {
        let answer = anonymous.get(path).await;
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (status, left), "{path}: {}", answer.body);
    }
    let over = anonymous.get("/connect/x").await;
    assert_eq!(rates(&over), (429, ["3", "0", "60", "21"]));
    assert_eq!(
        (over.header("content-type"), over.text("/code").as_str()),
        ("application/problem+json", "rate_limited")
    );
    let page = anonymous.with("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8").get("/connect/x").await;
    assert_eq!(rates(&page), (429, ["3", "0", "60", "21"]));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.contains("Too many requests") && page.body.contains("rate_limited"), "{}", page.body);
    // Nothing else is counted: neither the style sheet of the page nor the API.
    assert_eq!(rates(&anonymous.get("/static/keyway.css").await), (200, ["", "", "", ""]));
    assert_eq!(rates(&anonymous.get("/healthz").await), (200, ["", "", "", ""]));
    t.advance(TimeDelta::seconds(21));
    assert_eq!(anonymous.get("/connect/x").await.status, 404);
}
