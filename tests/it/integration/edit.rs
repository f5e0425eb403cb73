//! The designer's operations over the API.

use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;

const EDITS: &str = "/api/v1/integrations/notes/edits";
const NOTES: &str = "/api/v1/integrations/notes";

async fn notes(builder: &Client) {
    let chat = Variable::Inline("slack", "oauth2", "{}");
    import(builder, "", &definition("Notes", &[("Chat", chat)])).await.must_be(201);
}

#[actix_web::test]
async fn an_integration_is_made_and_changed_step_by_step() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    notes(&builder).await;
    let made = builder.post("/api/v1/integrations", json!({ "name": "Order alerts" })).await.must_be(201);
    assert_eq!((made.text("/key").as_str(), made.header("etag")), ("order-alerts", "\"1\""));
    let again = builder.post("/api/v1/integrations", json!({ "name": "Order Alerts!" })).await.must_be(409);
    assert_eq!(again.text("/code"), "key_taken");
    let wrong = builder.post("/api/v1/integrations", json!({ "name": " ", "key": "A b" })).await.must_be(422);
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2);

    let edits = "/api/v1/integrations/order-alerts/edits";
    let step = json!({ "component": "slack", "action": "post_message", "connection": "slack-oauth2" });
    let add = json!({ "edit": { "operation": "add_step", "at": { "after": "Flow 1 / Trigger" }, "step": step }, "preview": true });
    let preview = builder.post(edits, add.clone()).await.must_be(200).json();
    assert_eq!((&preview["is_written"], &preview["version"]), (&json!(false), &json!(1)));
    let mut add = add;
    add["preview"] = json!(false);
    let report = builder.with("If-Match", "\"1\"").post(edits, add.clone()).await.must_be(200);
    let label = builder.get("/api/v1/connections/slack-oauth2").await.must_be(200).text("/label");
    assert_eq!(
        report.json(),
        json!({
            "is_written": true, "version": 2, "step": "Flow 1 / Post Message", "findings": [], "broken_references": [],
            "changes": [
                { "kind": "connection_added", "what": label, "before": null, "after": "slack-oauth2" },
                { "kind": "step_added", "what": "Flow 1 / Post Message", "before": null, "after": null },
            ],
        })
    );
    builder.with("If-Match", "\"1\"").post(edits, add).await.must_be(412);

    let change = json!({ "edit": { "operation": "change_step", "path": "Flow 1 / Post Message", "inputs": {
        "text": { "form": "template", "text": "Order {{$trigger.results.body.data.id}}" },
        "password": { "form": "value", "text": "planted-secret" },
    } } });
    let report = builder.post(edits, change).await.must_be(200);
    assert_eq!(report.json()["findings"][0]["code"], "secret_not_kept");
    let design = builder.get("/api/v1/integrations/order-alerts/design").await.must_be(200);
    assert!(!design.body.contains("planted-secret"));
    let step = design.json()["flows"][0]["steps"][1].clone();
    let named = (&step["path"], &step["component"], &step["action"]);
    assert_eq!(named, (&json!("Flow 1 / Post Message"), &json!("slack"), &json!("postMessage")));
    assert_eq!(
        step["inputs"],
        json!([
            { "name": "connection", "form": "variable", "text": label, "is_connection": true },
            { "name": "password", "form": "value", "text": "", "is_connection": false },
            { "name": "text", "form": "template", "text": "Order {{$trigger.results.body.data.id}}", "is_connection": false },
        ])
    );
    let published = builder.post("/api/v1/integrations/order-alerts/publish", json!({})).await.must_be(200);
    assert_eq!(published.json()["published_number"], json!(1));
    builder
        .post(edits, json!({ "edit": { "operation": "remove_step", "path": "Flow 1 / Post Message" } }))
        .await
        .must_be(200);
    let diff = builder.get("/api/v1/integrations/order-alerts/diff?from=1").await.must_be(200).json();
    assert_eq!(
        diff["changes"],
        json!([
            { "kind": "step_removed", "what": "Flow 1 / Post Message", "before": null, "after": null },
        ])
    );
    let restored = builder.post("/api/v1/integrations/order-alerts/restore", json!({ "number": 1 })).await.must_be(200);
    assert_eq!(restored.json()["has_unpublished_changes"], json!(false));
    // Without a connection yet, the step waits for one.
    let step = json!({ "component": "github", "action": "list_issues" });
    let add = json!({ "edit": { "operation": "add_step", "at": { "flow": "Flow 1" }, "step": step } });
    builder.post(edits, add).await.must_be(200);
    let design = builder.get("/api/v1/integrations/order-alerts/design").await.must_be(200).json();
    assert_eq!(design["flows"][0]["steps"][2]["uses"], json!([{ "input": "connection", "variable": "" }]));
    builder.post("/api/v1/integrations/order-alerts/restore", json!({ "number": 7 })).await.must_be(404);
}

#[actix_web::test]
async fn what_cannot_be_is_refused_with_its_reason() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    notes(&builder).await;
    let edit = |edit: serde_json::Value| json!({ "edit": edit });
    let path = "Main / Use Chat";
    for (change, status, code) in [
        (json!({ "operation": "remove_step", "path": "Main / Nothing" }), 409, "no_such_step"),
        (json!({ "operation": "change_step", "path": path, "name": "" }), 422, "invalid_name"),
        (
            json!({ "operation": "move_step", "path": path, "to": { "inside": { "path": path, "branch": 0 } } }),
            409,
            "no_such_place",
        ),
        (json!({ "operation": "remove_variable", "variable": "Chat" }), 409, "variable_in_use"),
        (
            json!({ "operation": "add_step", "at": { "after": path }, "step": { "component": "aws-s3", "action": "put", "connection": "slack-oauth2" } }),
            422,
            "wrong_type",
        ),
        (
            json!({ "operation": "add_step", "at": { "after": path }, "step": { "component": "slack", "action": "put", "connection": "nothing" } }),
            404,
            "not_found",
        ),
        (json!({ "operation": "explode" }), 422, "invalid_body"),
    ] {
        let answer = builder.post(EDITS, edit(change.clone())).await.must_be(status);
        assert_eq!(answer.text("/code"), code, "{change}");
    }
    assert_eq!(builder.get(NOTES).await.must_be(200).header("etag"), "\"1\"", "nothing was written");
    // Looking at what would be is for everybody.
    let viewer = t.user(Role::Viewer).await;
    let remove = json!({ "edit": { "operation": "remove_step", "path": path }, "preview": true });
    viewer.post(EDITS, remove.clone()).await.must_be(200);
    viewer.post(EDITS, json!({ "edit": remove["edit"] })).await.must_be(403);
}

#[actix_web::test]
async fn the_audit_log_says_what_was_changed() {
    let t = TestApp::start().await;
    let admin = t.user(Role::Admin).await;
    notes(&admin).await;
    let rename = json!({ "edit": { "operation": "change_step", "path": "Main / Use Chat", "name": "Tell" } });
    admin.post(EDITS, rename).await.must_be(200);
    let entries = admin.get("/api/v1/audit").await.must_be(200).json();
    let detail = &entries["items"][0]["detail"];
    assert_eq!((&entries["items"][0]["action"], &detail["version"]), (&json!("integration.edited"), &json!(2)));
    assert_eq!(detail["changes"][0]["kind"], "step_moved");
    assert_eq!(detail["changes"][0]["before"], "Main / Use Chat");
}
