//! One step, or all steps of a slot, to another connection.

use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;

const SLOT: &str = "/api/v1/integrations/notes/slots/Team%2FChat";
const STEPS: &str = "/api/v1/integrations/notes/steps";

/// `notes` with two slots, and a third connection of Slack beside theirs.
async fn notes(builder: &Client) {
    let chat = || Variable::Inline("slack", "oauth2", "{}");
    import(builder, "", &definition("Other", &[("A", chat()), ("B", chat())])).await.must_be(201);
    let files = Variable::Inline("aws-s3", "apiKeySecret", "{}");
    import(builder, "", &definition("Notes", &[("Team/Chat", chat()), ("Files", files)])).await.must_be(201);
}

async fn keys(builder: &Client) -> Value {
    let view = builder.get("/api/v1/integrations/notes").await.must_be(200).json();
    let slots = view["slots"].as_array().unwrap().iter();
    Value::Object(
        slots.map(|slot| (slot["variable"].as_str().unwrap().to_owned(), slot["stable_key"].clone())).collect(),
    )
}

#[actix_web::test]
async fn a_slot_is_switched_for_all_its_steps() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    notes(&builder).await;
    let wanted = json!({ "connection": "slack-oauth2-b", "preview": true });
    let preview = builder.put(SLOT, wanted.clone()).await.must_be(200).json();
    let change = json!({
        "path": "Main / Use Team/Chat", "input": "connection", "before": "slack-oauth2", "after": "slack-oauth2-b",
    });
    assert_eq!(preview, json!({ "is_written": false, "changes": [change] }));
    assert_eq!(keys(&builder).await["Team/Chat"], "slack-oauth2");
    // Looking is for everybody, writing is not.
    let viewer = t.user(Role::Viewer).await;
    viewer.put(SLOT, wanted).await.must_be(200);
    viewer.put(SLOT, json!({ "connection": "slack-oauth2-b" })).await.must_be(403);

    let etag = builder.get("/api/v1/integrations/notes").await.header("etag").to_owned();
    let switch = builder.with("If-Match", &etag).put(SLOT, json!({ "connection": "slack-oauth2-b" })).await;
    assert_eq!(switch.must_be(200).json(), json!({ "is_written": true, "changes": [change] }));
    assert_eq!(keys(&builder).await["Team/Chat"], "slack-oauth2-b");
    builder.with("If-Match", &etag).put(SLOT, json!({ "connection": "slack-oauth2" })).await.must_be(412);
    let again = builder.put(SLOT, json!({ "connection": "slack-oauth2-b" })).await.must_be(200).json();
    assert_eq!(again, json!({ "is_written": false, "changes": [] }));
    // The file names the other connection now.
    let file = builder.get("/api/v1/integrations/notes/definition").await.must_be(200).body;
    assert!(file.contains("useScopedConfigVar: slack-oauth2-b"), "{file}");
}

#[actix_web::test]
async fn another_type_is_refused() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    notes(&builder).await;
    let refused = builder.put(SLOT, json!({ "connection": "aws-s3-api-key-secret" })).await.must_be(422);
    assert_eq!(refused.text("/code"), "wrong_type");
    let body = json!({ "path": "Main / Use Files", "input": "connection", "connection": "slack-oauth2" });
    assert_eq!(builder.put(STEPS, body).await.must_be(422).text("/code"), "wrong_type");
    builder.put(SLOT, json!({ "connection": "nothing" })).await.must_be(404);
    builder.put("/api/v1/integrations/notes/slots/Nothing", json!({ "connection": "slack-oauth2" })).await.must_be(404);
    let body = json!({ "path": "Main / Nothing", "input": "connection", "connection": "slack-oauth2" });
    assert_eq!(builder.put(STEPS, body).await.must_be(422).text("/code"), "not_switchable");
}

#[actix_web::test]
async fn one_step_is_switched_and_the_others_stay() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    notes(&builder).await;
    let mut body = json!({
        "path": "Main / Use Team/Chat", "input": "connection", "connection": "slack-oauth2-b", "preview": true,
    });
    builder.put(STEPS, body.clone()).await.must_be(200);
    assert_eq!(keys(&builder).await.as_object().unwrap().len(), 2);
    body["preview"] = json!(false);
    let report = builder.put(STEPS, body.clone()).await.must_be(200).json();
    assert_eq!(report["changes"][0]["before"], "slack-oauth2");
    assert_eq!(report["changes"][0]["after"], "slack-oauth2-b");
    let slots = keys(&builder).await;
    assert_eq!(slots.as_object().unwrap().len(), 3);
    assert_eq!(slots["Team/Chat"], "slack-oauth2");
    assert!(slots.as_object().unwrap().values().any(|key| key == "slack-oauth2-b"));
    assert_eq!(builder.put(STEPS, body).await.must_be(200).json()["changes"], json!([]));
    builder.post("/api/v1/integrations/notes/publish", json!({})).await.must_be(200);

    // The variable of that step names its connection in the file, but is bound elsewhere: the step cannot mean it.
    let variable = slots.as_object().unwrap().iter().find(|(_, key)| *key == "slack-oauth2-b").unwrap().0.clone();
    let path = format!("/api/v1/integrations/notes/slots/{}", variable.replace(' ', "%20"));
    builder.put(&path, json!({ "connection": "slack-oauth2" })).await.must_be(200);
    let body = json!({ "path": "Main / Use Team/Chat", "input": "connection", "connection": "slack-oauth2-b" });
    assert_eq!(builder.put(STEPS, body).await.must_be(409).text("/code"), "not_switchable");
}
