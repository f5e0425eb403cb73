//! Definitions of each shape become drafts: what is found, made, kept and refused.

use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::definition::Variable;
use crate::support::definition::check;
use crate::support::definition::definition;
use crate::support::definition::fixture;
use crate::support::definition::import;

/// `variable -> [action, stable key, state]` of a report or view.
fn slots(report: &Value) -> Value {
    let slots = report["slots"].as_array().unwrap().iter();
    let told = slots.map(|slot| {
        let values = json!([slot["action"], slot["stable_key"], slot["state"]]);
        (slot["variable"].as_str().unwrap().to_owned(), values)
    });
    Value::Object(told.collect())
}

fn codes(report: &Value) -> Vec<&str> {
    report["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn inline_connections_are_made_once_and_shared() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let report = import(&builder, "", &fixture("inline")).await.must_be(201);
    assert_eq!(report.header("location"), "/api/v1/integrations/order-alerts-muller-co");
    let report = report.json();
    assert_eq!(report["integration"]["action"], "created");
    assert_eq!(report["integration"]["flows"], 2);
    assert_eq!(
        slots(&report),
        json!({
            "Team Chat": ["created", "slack-oauth2", "bound"],
            "Personal Chat": ["created", "slack-oauth2-personal-chat", "bound"],
            "Order Files": ["created", "aws-s3-api-key-secret", "bound"],
        })
    );
    assert_eq!(
        report["created_connections"],
        json!(["slack-oauth2", "slack-oauth2-personal-chat", "aws-s3-api-key-secret"])
    );
    assert!(!report.to_string().contains("PLANTED"));
    let blanked = report["problems"].as_array().unwrap().iter().find(|p| p["code"] == "secret_not_kept").unwrap();
    assert!(blanked["line"].as_u64().unwrap() > 1);

    // Another integration of the same component and connection type finds the connection, and changes nothing of it.
    let second = definition(
        "Second",
        &[("Chat", Variable::Inline("slack", "oauth2", "{ clientId: { type: value, value: other } }"))],
    );
    let report = import(&builder, "", &second).await.must_be(201).json();
    assert_eq!(slots(&report), json!({ "Chat": ["matched", "slack-oauth2", "bound"] }));
    assert_eq!(codes(&report), ["value_differs"]);
    assert_eq!(report["created_connections"], json!([]));
    let dev = t.operator_in("dev").await;
    let slack = t.app.get_connection(dev.clone(), "slack-oauth2".to_owned()).await.unwrap().connection;
    assert_eq!(slack.inputs["client_id"].value, Some(json!("12345.67890")));
    assert_eq!(slack.sealed, None);
    // A value that only shows what belongs there is no value.
    assert!(slack.inputs.get("token_url").is_none_or(|stored| stored.value.is_none()));
    let personal = t.app.get_connection(dev.clone(), "slack-oauth2-personal-chat".to_owned()).await.unwrap().connection;
    assert!(personal.inputs.values().all(|stored| stored.value.is_none()));
    // Variables for the organization only become connections that the organization fills in for each customer.
    let files = t.app.get_connection(dev, "aws-s3-api-key-secret".to_owned()).await.unwrap().connection;
    assert_eq!(files.scope.as_str(), "organization_customer");
    assert_eq!(personal.scope.as_str(), "customer");
}

#[actix_web::test]
async fn the_same_file_again_changes_nothing() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    for name in ["inline", "scoped", "secrets", "unknown", "data_sources", "code_native"] {
        let first = import(&builder, "", &fixture(name)).await.must_be(201).json();
        let key = first["integration"]["key"].as_str().unwrap().to_owned();
        let before = builder.get(&format!("/api/v1/integrations/{key}")).await.must_be(200);
        let again = import(&builder, "", &fixture(name)).await.must_be(200).json();
        assert_eq!(again["integration"]["action"], "unchanged", "{name}");
        assert_eq!(again["created_connections"], json!([]));
        let after = builder.get(&format!("/api/v1/integrations/{key}")).await.must_be(200);
        assert_eq!(
            (before.body.as_str(), before.header("etag")),
            (after.body.as_str(), after.header("etag")),
            "{name}"
        );
        assert!(!after.body.contains("PLANTED"), "{name}");
    }
}

#[actix_web::test]
async fn an_unknown_component_is_imported_and_waits() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let report = import(&builder, "", &fixture("unknown")).await.must_be(201).json();
    assert_eq!(slots(&report)["店"], json!(["unbound", null, "unknown_component"]));
    assert!(codes(&report).contains(&"unknown_component"), "{report}");
    let key = report["integration"]["key"].as_str().unwrap();
    let refused = builder.post(&format!("/api/v1/integrations/{key}/publish"), json!({})).await.must_be(409);
    assert_eq!(refused.text("/code"), "not_publishable");
    assert!(refused.text("/detail").contains("店"), "{}", refused.body);
}

#[actix_web::test]
async fn a_stable_key_that_is_missing_binds_when_its_connection_is_there() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let text = definition("Scoped", &[("Chat", Variable::Scoped("team-chat", "slack"))]);
    let report = import(&builder, "", &text).await.must_be(201).json();
    assert_eq!(slots(&report), json!({ "Chat": ["unbound", "team-chat", "missing"] }));
    assert_eq!(codes(&report), ["missing_connection"]);
    builder.post("/api/v1/integrations/scoped/publish", json!({})).await.must_be(409);

    let chat = definition("Other", &[("C", Variable::Inline("slack", "oauth2", "{}"))]);
    import(&builder, "", &chat).await.must_be(201);
    let dev = t.operator_in("dev").await;
    t.app.rename_connection(dev, "slack-oauth2".to_owned(), None, "team-chat".to_owned()).await.unwrap();
    let report = import(&builder, "", &text).await.must_be(200).json();
    assert_eq!(slots(&report), json!({ "Chat": ["kept", "team-chat", "bound"] }));
    builder.post("/api/v1/integrations/scoped/publish", json!({})).await.must_be(200);
}

#[actix_web::test]
async fn renamed_variables_and_a_builders_choice_keep_their_connections() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let first = definition("Notes", &[("Messenger", Variable::Inline("slack", "oauth2", "{}"))]);
    import(&builder, "", &first).await.must_be(201);
    let second = definition(
        "Two",
        &[("First", Variable::Inline("slack", "oauth2", "{}")), ("Second", Variable::Inline("slack", "oauth2", "{}"))],
    );
    import(&builder, "", &second).await.must_be(201);
    builder
        .put("/api/v1/integrations/notes/slots/Messenger", json!({ "connection": "slack-oauth2-second" }))
        .await
        .must_be(200);
    let renamed = format!(
        "{}renameAttributes:\n  requiredConfigVars:\n    - {{ oldName: Messenger, newName: Chat }}\n",
        definition("Notes", &[("Chat", Variable::Inline("slack", "oauth2", "{}"))])
    );
    let report = import(&builder, "", &renamed).await.must_be(200).json();
    assert_eq!(report["integration"]["action"], "updated");
    assert_eq!(slots(&report), json!({ "Chat": ["kept", "slack-oauth2-second", "bound"] }));
    assert_eq!(report["slots"][0]["is_rebound"], true);
}

#[actix_web::test]
async fn a_key_of_another_type_stays_with_its_connection() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let other = definition("Other", &[("C", Variable::Inline("aws-s3", "apiKeySecret", "{}"))]);
    import(&builder, "", &other).await.must_be(201);
    let dev = t.operator_in("dev").await;
    let taken = "slack-oauth2".to_owned();
    t.app.rename_connection(dev, "aws-s3-api-key-secret".to_owned(), None, taken).await.unwrap();
    let chat = definition("Chat", &[("Team", Variable::Inline("slack", "oauth2", "{}"))]);
    let report = import(&builder, "", &chat).await.must_be(201).json();
    assert_eq!(slots(&report), json!({ "Team": ["created", "slack-oauth2-team", "bound"] }));
    assert_eq!(codes(&report), ["key_of_another_type"]);
    // An alias counts as taken just as well, and the second time the key of its own is kept.
    let report = import(&builder, "", &chat).await.must_be(200).json();
    assert_eq!(report["integration"]["action"], "unchanged");
}

#[actix_web::test]
async fn another_name_with_the_same_key_needs_as() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    import(&builder, "", &definition("My Flow", &[])).await.must_be(201);
    let other = definition("My  flow!", &[]);
    let refused = import(&builder, "", &other).await.must_be(422);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.text("/code"), "definition_refused");
    let report = &refused.json()["report"];
    assert_eq!((&report["ok"], codes(report)), (&json!(false), vec!["key_of_another_name"]));
    import(&builder, "?as=my-flow-2", &other).await.must_be(201);
    let replaced = import(&builder, "?as=my-flow", &other).await.must_be(200).json();
    assert_eq!(replaced["integration"]["action"], "updated");
    let refused = import(&builder, "?as=Not%20A%20Key", &other).await.must_be(422).json();
    assert_eq!(codes(&refused["report"]), ["invalid_key"]);
    let names: Vec<_> = builder.get("/api/v1/integrations").await.json()["items"].as_array().unwrap().to_vec();
    assert_eq!(names.len(), 2);
}

#[actix_web::test]
async fn a_refused_file_and_a_check_write_nothing() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let dev = t.operator_in("dev").await;
    let before = t.app.snapshot(dev.clone()).await.unwrap().to_canonical_json();
    for name in ["broken_old", "broken_version", "broken_several", "broken_syntax"] {
        let refused = import(&builder, "", &fixture(name)).await.must_be(422);
        let problems = refused.json()["report"]["problems"].as_array().unwrap().to_vec();
        assert!(problems.iter().any(|problem| problem["severity"] == "error"), "{name}");
        let checked = check(&builder, &fixture(name)).await.must_be(200).json();
        assert_eq!(checked["ok"], false);
        assert_eq!(checked["problems"].as_array().unwrap(), &problems, "{name}");
    }
    let viewer = t.user(Role::Viewer).await;
    let checked = check(&viewer, &fixture("inline")).await.must_be(200).json();
    assert_eq!(checked["created_connections"].as_array().unwrap().len(), 3);
    import(&viewer, "", &fixture("inline")).await.must_be(403);
    assert_eq!(t.app.snapshot(dev.clone()).await.unwrap().to_canonical_json(), before);
    let imported = import(&builder, "", &fixture("inline")).await.must_be(201).json();
    assert_eq!(imported["slots"], checked["slots"]);
}

#[actix_web::test]
async fn a_shortfall_of_scopes_is_told() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    let inputs = |scopes: &str| format!("{{ scopes: {{ type: value, value: '{scopes}' }} }}");
    let narrow = inputs("chat:write");
    import(&builder, "", &definition("A", &[("C", Variable::Inline("slack", "oauth2", &narrow))])).await.must_be(201);
    let wide = inputs("chat:write files:read");
    let text = definition("B", &[("C", Variable::Inline("slack", "oauth2", &wide))]);
    let report = import(&builder, "", &text).await.must_be(201).json();
    assert_eq!(report["slots"][0]["required_scopes"], json!(["chat:write", "files:read"]));
    let told = report["problems"].as_array().unwrap().iter().find(|p| p["code"] == "missing_scopes").unwrap();
    assert!(told["message"].as_str().unwrap().ends_with("files:read"), "{told}");
}
