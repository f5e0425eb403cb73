//! Components: what the deployment knows, and which version a tenant works with.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;
use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::told;

/// A manifest of one connection type for each word.
fn manifest(version: u32, kinds: &[&str]) -> String {
    let mut text = format!("key: acme-crm\nlabel: Acme CRM\nversion: {version}\nconnections:\n");
    for kind in kinds {
        text.push_str(&format!(
            "  - key: {kind}\n    label: {kind}\n    inputs:\n      - {{ key: token, label: Token, type: password, required: true }}\n    \
             base_url: https://api.acme.example\n    auth: {{ kind: bearer }}\n    live_test: {{ path: /me }}\n"
        ));
    }
    text
}

/// The folder is looked at once a second at most.
async fn write(folder: &Path, text: String) {
    std::fs::write(folder.join("acme-crm.yaml"), text).unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

async fn versions(client: &Client) -> String {
    let list = client.get("/api/v1/components").await.must_be(200).json();
    let items = list["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["key"] == "acme-crm").unwrap();
    let kinds: Vec<_> =
        found["connection_types"].as_array().unwrap().iter().map(|kind| kind["key"].as_str().unwrap()).collect();
    format!(
        "used {}, newest {}, can_upgrade {}, {}",
        found["used"]["version"],
        found["newest"]["version"],
        found["can_upgrade"],
        kinds.join(" ")
    )
}

#[actix_web::test]
async fn a_tenant_keeps_its_version_until_it_is_moved() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme-crm.yaml"), manifest(1, &["token"])).unwrap();
    let t = TestApp::start_in(folder.path()).await;
    let builder = t.user(Role::Builder).await;
    assert_snapshot!(versions(&builder).await, @"used null, newest 1, can_upgrade false, token");
    let body = json!({ "component": "acme-crm", "connection_type": "token", "scope": "customer" });
    builder.post("/api/v1/connections", body).await.must_be(201);
    assert_snapshot!(versions(&builder).await, @"used 1, newest 1, can_upgrade false, token");
    write(folder.path(), manifest(2, &["token", "second"])).await;
    assert_snapshot!(versions(&builder).await, @"used 1, newest 2, can_upgrade true, token");
    let second = json!({ "component": "acme-crm", "connection_type": "second", "scope": "customer" });
    assert_snapshot!(told::problem(&builder.post("/api/v1/connections", second.clone()).await), @"422 unknown_connection_type: acme-crm has no connection type `second`; it has token");
    let upgrade = "/api/v1/components/acme-crm/upgrade";
    assert_eq!(t.user(Role::Support).await.post(upgrade, Value::Null).await.status, 403);
    let moved = builder.call("POST", upgrade, None).await.must_be(200);
    assert_eq!((moved.text("/used/version"), moved.text("/can_upgrade")), ("2".to_owned(), "false".to_owned()));
    assert_eq!(moved.json()["connections"][1]["inputs"][0]["key"], "token");
    builder.post("/api/v1/connections", second).await.must_be(201);
    write(folder.path(), manifest(3, &["second"])).await;
    assert_snapshot!(told::problem(&builder.call("POST", upgrade, None).await), @"409 types_in_use: version 3 lacks the connection type of: acme-crm-token");
    std::fs::remove_file(folder.path().join("acme-crm.yaml")).unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_snapshot!(versions(&builder).await, @"used 2, newest null, can_upgrade false, token second");
}

#[actix_web::test]
async fn a_component_is_shown_with_its_types_and_inputs() {
    let t = TestApp::start().await;
    let viewer = t.user(Role::Viewer).await;
    let shown = viewer.get("/api/v1/components/stripe").await.must_be(200).json();
    assert_snapshot!(serde_json::to_string_pretty(&shown["connections"]).unwrap(), @r#"
    [
      {
        "key": "api_key",
        "label": "Secret key",
        "inputs": [
          {
            "key": "api_key",
            "label": "Secret key",
            "type": "password",
            "required": true,
            "placeholder": "sk_live_...",
            "comments": "Developers > API keys. A restricted key must be able to read the balance.",
            "pattern": "(sk|rk)_(live|test)_.+",
            "managed_by": "customer"
          }
        ],
        "base_url": "https://api.stripe.com",
        "auth": {
          "kind": "bearer",
          "token": "{{api_key}}"
        },
        "live_test": {
          "method": "GET",
          "path": "/v1/balance",
          "expect": {
            "status": 200,
            "equals": {
              "object": "balance"
            }
          }
        }
      }
    ]
    "#);
    assert_snapshot!(told::problem(&viewer.get("/api/v1/components/strype").await), @"404 not_found: component `strype` does not exist");
    let list = viewer.get("/api/v1/components").await.json();
    assert!(list["items"].as_array().unwrap().len() >= 30 && list["next_cursor"].is_null());
}

#[actix_web::test]
async fn a_manifest_is_checked_with_line_column_and_help() {
    let t = TestApp::start().await;
    let viewer = t.user(Role::Viewer).await;
    let check = async |text: &str| {
        viewer.raw("POST", "/api/v1/components/check", Some(("application/yaml", text.into()))).await
    };
    assert_snapshot!(check(&manifest(1, &["token"])).await.shown(), @r#"
    200 OK

    {
      "is_valid": true,
      "problems": []
    }
    "#);
    let wrong =
        manifest(1, &["token"]).replace("label: Acme", "lable: Acme").replace("type: password", "type: pasword");
    assert_snapshot!(check(&wrong).await.must_be(200).shown(), @r#"
    200 OK

    {
      "is_valid": false,
      "problems": [
        {
          "severity": "error",
          "code": "unknown_key",
          "message": "unknown key `lable`",
          "line": 2,
          "column": 1,
          "help": "did you mean `label`?"
        },
        {
          "severity": "error",
          "code": "unknown_word",
          "message": "`type` cannot be `pasword`",
          "line": 8,
          "column": 43,
          "help": "did you mean `password`?"
        }
      ]
    }
    "#);
    assert_snapshot!(check("key: [").await.must_be(200).shown(), @r#"
    200 OK

    {
      "is_valid": false,
      "problems": [
        {
          "severity": "error",
          "code": "syntax",
          "message": "unclosed bracket '['",
          "line": 1,
          "column": 6
        }
      ]
    }
    "#);
    let long = check(&format!("key: a\n# {}", "x".repeat(300 * 1024))).await.must_be(200);
    assert_eq!(long.json()["problems"][0]["code"], "too_large");
    let binary = viewer.raw("POST", "/api/v1/components/check", Some(("application/yaml", vec![0xff, 0xfe]))).await;
    assert_snapshot!(told::problem(&binary), @"400 not_utf8: a manifest is text in UTF-8; this body is not");
    let huge = check(&"#".repeat(11 * 1024 * 1024)).await;
    assert_snapshot!(told::problem(&huge), @"413 body_too_large: the body is too large");
}

#[actix_web::test]
async fn the_schema_is_for_everybody() {
    let t = TestApp::start().await;
    let answer = t.anonymous().get("/api/v1/components/schema").await.must_be(200);
    assert_eq!(answer.header("content-type"), "application/schema+json");
    let validator = jsonschema::draft202012::new(&answer.json()).unwrap();
    let good = json!({ "key": "acme", "label": "Acme", "connections": [{ "key": "none", "label": "None", "auth": { "kind": "none" } }] });
    assert!(validator.is_valid(&good));
    assert!(!validator.is_valid(&json!({ "key": "acme", "lable": "Acme" })));
}
