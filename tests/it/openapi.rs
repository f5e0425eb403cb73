//! The API's description says what the server does, and the page that shows it needs no network.

use std::collections::BTreeSet;

use keyway::web::routes::Access;
use keyway::web::routes::ROUTES;
use serde_json::Value;

use crate::support::TestApp;
use crate::support::description;

#[test]
fn the_description_and_the_route_table_name_the_same_routes() {
    let table: BTreeSet<_> = ROUTES
        .iter()
        .filter(|route| route.is_api)
        .map(|route| (route.path.to_owned(), route.method.to_owned()))
        .collect();
    let mut described = BTreeSet::new();
    for (path, item) in description()["paths"].as_object().unwrap() {
        described.extend(item.as_object().unwrap().keys().map(|method| (path.clone(), method.to_uppercase())));
    }
    assert_eq!(table, described);
}

#[test]
fn every_operation_is_described_whole() {
    let api = description();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let names: BTreeSet<_> = ROUTES.iter().map(|route| route.name).collect();
    assert_eq!(names.len(), ROUTES.len(), "an operation's id is its own");
    for route in ROUTES.iter().filter(|route| route.is_api) {
        let operation = &api["paths"][route.path][route.method.to_lowercase()];
        let name = format!("{} {}", route.method, route.path);
        assert_eq!(operation["operationId"], route.name);
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name} has one tag");
        let is_public = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(is_public, route.access == Access::Public, "{name}");
        let statuses = operation["responses"].as_object().unwrap();
        assert!(statuses.keys().any(|status| status.starts_with('2')), "{name} never succeeds");
        assert!(is_public || (statuses.contains_key("401") && statuses.contains_key("403")), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(api: &Value, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(place) = fields.get("$ref").and_then(Value::as_str) {
                    assert!(api.pointer(place.trim_start_matches('#')).is_some(), "{place}");
                }
                fields.values().for_each(|value| walk(api, value));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(api, value)),
            _ => {}
        }
    }
    walk(description(), description());
}

#[test]
fn bodies_are_closed_and_their_examples_fit() {
    let api = description();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") else { continue };
            let body = api.pointer(schema["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
            assert_eq!(body["additionalProperties"], Value::Bool(false), "{method} {path}");
            let whole = serde_json::json!({ "$ref": schema["$ref"], "components": api["components"] });
            let validator = jsonschema::draft202012::new(&whole).unwrap();
            let example = body.get("example").unwrap();
            let wrong: Vec<_> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{method} {path}: {wrong:?}");
        }
    }
}

#[actix_web::test]
async fn the_page_works_without_a_network() {
    let t = TestApp::start().await;
    let page = t.anonymous().get("/docs").await.must_be(200);
    assert!(!page.body.contains("https://") && !page.body.contains("http://"), "{}", page.body);
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    for part in page.body.split(['"', '\'']).filter(|part| part.starts_with('/')) {
        t.anonymous().get(part).await.must_be(200);
    }
    t.anonymous().get("/docs/unknown.js").await.must_be(404);
    t.anonymous().get("/docs/index.html").await.must_be(404);
}
