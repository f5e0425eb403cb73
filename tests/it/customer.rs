//! Customers.

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn a_customer_is_made_and_found_by_either_id() {
    let t = TestApp::start().await;
    let support = t.user(Role::Support).await;
    let made = support.post("/api/v1/customers", json!({ "external_id": "acme-42", "name": "Acme Inc." })).await;
    assert_snapshot!(made.shown(), @r#"
    201 Created

    {
      "id": "cus_…",
      "external_id": "acme-42",
      "name": "Acme Inc.",
      "created_at": "2026-01-01T00:00:00Z"
    }
    "#);
    assert_eq!(made.header("location"), format!("/api/v1/customers/{}", made.text("/id")));
    let by_id = support.get(made.header("location")).await;
    let by_external_id = support.get("/api/v1/customers/acme-42").await;
    assert_eq!((&by_id.body, &by_external_id.body), (&made.body, &made.body));
    assert_snapshot!(support.get("/api/v1/customers/nobody").await.shown(), @r#"
    404 Not Found

    {
      "type": "about:blank",
      "title": "Not Found",
      "status": 404,
      "code": "not_found",
      "detail": "customer `nobody` does not exist",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn an_external_id_is_taken_once_in_each_tenant() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let body = json!({ "external_id": "acme-42" });
    let support = t.user(Role::Support).await;
    support.post("/api/v1/customers", body.clone()).await.must_be(201);
    assert_snapshot!(support.post("/api/v1/customers", body.clone()).await.shown(), @r#"
    409 Conflict

    {
      "type": "about:blank",
      "title": "Conflict",
      "status": 409,
      "code": "customer_exists",
      "detail": "a customer with the external id `acme-42` exists already",
      "request_id": "[request_id]"
    }
    "#);
    t.user_in("prod", Role::Support).await.post("/api/v1/customers", body).await.must_be(201);
}

#[actix_web::test]
async fn wrong_fields_are_told_all_at_once() {
    let t = TestApp::start().await;
    let support = t.user(Role::Support).await;
    let answer = support.post("/api/v1/customers", json!({ "external_id": " ", "name": "a\u{7}" })).await;
    assert_snapshot!(answer.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "invalid_fields",
      "detail": "2 fields are wrong; the first is external_id: 1 to 120 characters are expected",
      "errors": [
        {
          "field": "external_id",
          "code": "invalid_length",
          "message": "1 to 120 characters are expected"
        },
        {
          "field": "name",
          "code": "control_character",
          "message": "control characters cannot stand here"
        }
      ],
      "request_id": "[request_id]"
    }
    "#);
    let answer = support.post("/api/v1/customers", json!({ "external_id": "a", "color": "red" })).await;
    assert_snapshot!(answer.shown(), @r#"
    422 Unprocessable Entity

    {
      "type": "about:blank",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "invalid_body",
      "detail": "the body does not fit: unknown field `color`, expected `external_id` or `name` at line 1 column 26",
      "request_id": "[request_id]"
    }
    "#);
}

#[actix_web::test]
async fn a_list_is_read_page_by_page() {
    let t = TestApp::start().await;
    let support = t.user(Role::Support).await;
    for number in 1..=5 {
        let body = json!({ "external_id": format!("c-{number}"), "name": format!("Customer 100% No_{number}") });
        support.post("/api/v1/customers", body).await.must_be(201);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/customers?limit=2".to_owned();
    loop {
        let page = support.get(&path).await.must_be(200).json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["external_id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/customers?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["c-1", "c-2", "c-3", "c-4", "c-5"]);

    let found = |query: &str| {
        let (support, path) = (support.clone(), format!("/api/v1/customers?{query}"));
        async move { support.get(&path).await.must_be(200).json()["items"].as_array().unwrap().len() }
    };
    assert_eq!(found("search=CUSTOMER").await, 5);
    assert_eq!(found("search=100%25%20no_3").await, 1);
    assert_eq!(found("search=C_STOMER").await, 0);
    assert_eq!(found("search=c-4").await, 1);
    assert_eq!(found("external_id=c-4").await, 1);
    assert_eq!(found("external_id=c-").await, 0);
}

#[actix_web::test]
async fn a_cursor_serves_only_its_own_list_and_tenant() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let admin = t.user(Role::Admin).await;
    for id in ["a", "b"] {
        admin.post("/api/v1/customers", json!({ "external_id": id })).await.must_be(201);
    }
    let cursor = admin.get("/api/v1/customers?limit=1").await.text("/next_cursor");
    let refused = admin.get(&format!("/api/v1/api-keys?cursor={cursor}")).await;
    assert_snapshot!(refused.shown(), @r#"
    400 Bad Request

    {
      "type": "about:blank",
      "title": "Bad Request",
      "status": 400,
      "code": "invalid_cursor",
      "detail": "`cursor` is `next_cursor` of the page before, of the same list",
      "request_id": "[request_id]"
    }
    "#);
    let other = t.user_in("prod", Role::Admin).await;
    other.get(&format!("/api/v1/customers?cursor={cursor}")).await.must_be(400);
    admin.get(&format!("/api/v1/customers?cursor={}", &cursor[1..])).await.must_be(400);
    assert_snapshot!(admin.get("/api/v1/customers?limit=201").await.shown(), @r#"
    400 Bad Request

    {
      "type": "about:blank",
      "title": "Bad Request",
      "status": 400,
      "code": "invalid_limit",
      "detail": "`limit` is 1 to 200",
      "request_id": "[request_id]"
    }
    "#);
    admin.get("/api/v1/customers?limit=0").await.must_be(400);
    assert_snapshot!(admin.get("/api/v1/customers?offset=3").await.shown(), @r#"
    400 Bad Request

    {
      "type": "about:blank",
      "title": "Bad Request",
      "status": 400,
      "code": "malformed_query",
      "detail": "the query does not fit: Query deserialize error: unknown field `offset`, expected one of `search`, `external_id`, `limit`, `cursor`",
      "request_id": "[request_id]"
    }
    "#);
}
