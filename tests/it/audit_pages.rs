//! The audit log in a browser, and its filters through the API.

use chrono::TimeDelta;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;
use crate::support::person::Person;

#[actix_web::test]
async fn entries_are_filtered_and_turned_over() {
    let t = TestApp::start().await;
    let admin = Person::new(&t, "dev", Role::Admin).await;
    let builder = t.user(Role::Builder).await;
    for number in 0..60 {
        builder
            .post("/api/v1/customers", json!({ "external_id": format!("c-{number}"), "name": "<b>A" }))
            .await
            .must_be(201);
    }
    t.advance(TimeDelta::days(1));
    let late = t.sign_in("builder@example.com").await;
    late.post("/api/v1/customers", json!({ "external_id": "late_one" })).await.must_be(201);

    let first = admin.browser.get(&admin.address("/audit")).await;
    assert_eq!(first.status, 303, "the session ended meanwhile");
    let admin = Person::sign_in(&t, "dev", "admin-of-dev@example.com").await;
    let first = admin.get("/audit").await.must_be(200);
    assert!(first.text().contains("late_one") && !first.body.contains("<b>A"), "{}", first.text());
    let next =
        first.body.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let next = next.replace("&amp;", "&").replace("&#x3D;", "=");
    let second = admin.browser.get(&format!("{}{next}", t.url())).await.must_be(200);
    assert!(second.text().contains("c-0") && !second.text().contains("late_one"), "{}", second.text());

    let has = async |query: &str, wanted: &str, other: &str| {
        let page = admin.get(&format!("/audit?{query}")).await.must_be(200);
        let rows = page.body.split("<tbody>").nth(1).unwrap_or_default().to_owned();
        assert!(rows.contains(wanted) && !rows.contains(other), "{query}: {}", page.text());
    };
    has("subject=LATE_", "late_one", "c-1").await;
    has("action=customer&subject=c-59", "customer.created", "user.created").await;
    has("action=user", "user.created", "customer.created").await;
    has("since=2026-01-02", "late_one", "c-1").await;
    has("until=2026-01-01&subject=c-5", "c-59", "late_one").await;
    has("actor=builder%40&action=customer.created", "late_one", "user.created").await;
    let none = admin.get("/audit?actor=nobody%25").await.must_be(200);
    assert!(none.text().contains("Nothing fits these filters"), "{}", none.text());
    let wrong = admin.get("/audit?since=yesterday&actor=%22%3E").await.must_be(422);
    assert!(wrong.text().contains("is no day") && wrong.body.contains("value=\"&quot;&gt;\""), "{}", wrong.body);
    admin.get("/audit?cursor=xyz").await.must_be(400);
}

#[actix_web::test]
async fn the_api_takes_the_same_filters() {
    let t = TestApp::start().await;
    let key = t.api_key(keyway::model::actor::Permission::ALL).await;
    key.post("/api/v1/customers", json!({ "external_id": "acme" })).await.must_be(201);
    let count = async |query: &str| {
        let answer = key.get(&format!("/api/v1/audit?{query}")).await.must_be(200).json();
        answer["items"].as_array().unwrap().len()
    };
    assert_eq!(count("action=customer.created&subject=acm&actor=api%20key").await, 1);
    assert_eq!(count("action=customer&until=2026-01-01T00:00:00Z").await, 0);
    assert_eq!(count("action=customer&since=2026-01-01T00:00:00Z").await, 1);
    key.get("/api/v1/audit?since=yesterday").await.must_be(400);
    key.get("/api/v1/audit?unknown=1").await.must_be(400);
}
