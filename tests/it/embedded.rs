//! What the embedded workflow builder offers: what is switched on, now.

use insta::assert_snapshot;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn the_switch_counts_from_the_next_answer_on() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let mut paths = Vec::new();
    for (component, kind, is_embedded) in [("slack", "oauth2", true), ("http", "basic", false), ("http", "none", true)]
    {
        let body =
            json!({ "component": component, "connection_type": kind, "scope": "customer", "is_embedded": is_embedded });
        paths.push(builder.post("/api/v1/connections", body).await.must_be(201).header("location").to_owned());
    }
    let key = t.api_key(&[Permission::EmbeddedRead]).await;
    let listed = async || {
        let json = key.get("/api/v1/embedded/connections").await.must_be(200).json();
        let keys: Vec<_> = json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["stable_key"].as_str().unwrap().to_owned())
            .collect();
        keys.join(" ")
    };
    let change = async |path: &str, body: Value| {
        builder.patch(path, body).await.must_be(200);
    };
    assert_eq!(listed().await, "slack-oauth2 http-none");
    change(&paths[1], json!({ "is_embedded": true })).await;
    assert_eq!(listed().await, "slack-oauth2 http-basic http-none");
    change(&paths[0], json!({ "is_embedded": false })).await;
    assert_eq!(listed().await, "http-basic http-none");
    change(&paths[2], json!({ "is_enabled": false })).await;
    assert_eq!(listed().await, "http-basic");
    change(&paths[2], json!({ "is_enabled": true })).await;
    assert_eq!(listed().await, "http-basic http-none");
    builder.delete(&paths[1]).await.must_be(204);
    let last = key.get("/api/v1/embedded/connections").await;
    assert_snapshot!(last.shown(), @r#"
    200 OK

    {
      "items": [
        {
          "id": "con_…",
          "stable_key": "http-none",
          "label": "HTTP",
          "description": null,
          "component": "http",
          "connection_type": "none",
          "scope": "customer",
          "status": "ready"
        }
      ],
      "next_cursor": null
    }
    "#);
}

#[actix_web::test]
async fn pages_skip_what_is_switched_off() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    for number in 0..9 {
        let body = json!({ "component": "http", "connection_type": "none", "scope": "customer",
            "stable_key": format!("c-{number}"), "is_embedded": number % 2 == 0 });
        builder.post("/api/v1/connections", body).await.must_be(201);
    }
    builder.patch("/api/v1/connections/c-4", json!({ "is_enabled": false })).await.must_be(200);
    let (mut seen, mut path) = (Vec::new(), "/api/v1/embedded/connections?limit=2".to_owned());
    loop {
        let page = builder.get(&path).await.must_be(200).json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["stable_key"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/embedded/connections?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["c-0", "c-2", "c-6", "c-8"]);
}
