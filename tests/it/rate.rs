//! How often a session or an API key may ask, and how it is told.

use chrono::TimeDelta;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;

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
