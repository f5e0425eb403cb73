//! Changing and removing connections in a browser.

use keyway::model::actor::Role;
use serde_json::json;

use crate::connection_pages::Desk;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;

#[actix_web::test]
async fn blank_secrets_are_kept_and_typed_ones_replace() {
    let desk = Desk::start(Role::Builder).await;
    let id = desk.slack().await;
    let path = format!("/connections/{id}/values");
    let page = desk.get(&path).await.must_be(200);
    assert!(page.body.contains("14 characters are stored") && !page.body.contains("PLANTED"), "{}", page.body);
    let length = async || {
        let shown = desk.show(&id).await;
        let inputs = shown["inputs"].as_array().unwrap().clone();
        inputs.iter().find(|input| input["key"] == "client_secret").unwrap()["secret"].clone()
    };
    let kept = [("input.client_secret", ""), ("input.client_id", "5.6"), ("version", "1")];
    assert!(desk.sent(&path, &kept).await.body.contains("Saved."));
    assert_eq!(length().await, json!({ "is_set": true, "length": 14 }));
    let replaced = [("input.client_secret", "PLANTED-other"), ("version", "2")];
    desk.sent(&path, &replaced).await;
    assert_eq!(length().await["length"], 13);
    // Somebody else was faster: what was typed stays, and a second try goes on top.
    let late = desk.post(&path, &[("input.client_id", "7.8"), ("version", "2")]).await.must_be(412);
    assert!(late.body.contains("Somebody else changed it") && late.body.contains("value=\"7.8\""), "{}", late.body);
    assert!(late.body.contains("name=\"version\" value=\"3\""));
    let wrong = [("input.authorize_url", "ftp://wrong"), ("input.client_secret", "PLANTED-third"), ("version", "3")];
    let wrong = desk.post(&path, &wrong).await.must_be(422);
    assert!(wrong.body.contains("value=\"ftp://wrong\"") && wrong.body.contains("aria-invalid=\"true\""));
    assert!(!wrong.body.contains("PLANTED") && length().await["length"] == 13);
    let settings = [
        ("manager.input.client_id", "customer"),
        ("travel.input.scopes", "local"),
        ("drop.input.client_secret", "yes"),
        ("version", "3"),
    ];
    desk.sent(&path, &settings).await;
    assert_eq!(length().await["is_set"], false);
    let history = desk.get(&format!("/connections/{id}/history")).await.must_be(200).text();
    assert!(history.contains("client_id: managed by") && history.contains("changed"), "{history}");
    assert!(!history.contains("PLANTED"), "{history}");
}

#[actix_web::test]
async fn keys_are_renamed_and_released() {
    let desk = Desk::start(Role::Builder).await;
    let id = desk.slack().await;
    let path = format!("/connections/{id}/manage");
    let wrong = [("change", "stable_key"), ("stable_key", "Not A Key")];
    let wrong = desk.post(&path, &wrong).await.must_be(422);
    assert!(wrong.body.contains("value=\"Not A Key\"") && wrong.body.contains("not-a-key"), "{}", wrong.body);
    let seen = desk.sent(&path, &[("change", "stable_key"), ("stable_key", "chat")]).await;
    assert!(seen.body.contains("value=\"slack-oauth2\"><button"), "{}", seen.body);
    let seen = desk.sent(&path, &[("change", "alias"), ("alias", "slack-oauth2")]).await;
    assert!(!seen.body.contains("<h3>Aliases</h3>"), "{}", seen.body);
    desk.sent(&path, &[("change", "details"), ("label", "Chat"), ("description", "For alerts")]).await;
    let empty = desk.post(&path, &[("change", "details"), ("label", " "), ("description", "For alerts")]).await;
    assert!(empty.must_be(422).body.contains("label-error"));
    assert_eq!(desk.show("chat").await["description"], "For alerts");
    // Two clients of one provider may share a redirect URI.
    let other = json!({ "component": "slack", "connection_type": "oauth2", "scope": "customer", "stable_key": "chat-2",
        "inputs": { "client_id": { "value": "1.2" } } });
    desk.make(other).await;
    let seen = desk.sent(&path, &[("change", "callback"), ("share_with", "chat-2")]).await;
    assert!(seen.body.contains("<option value=\"chat-2\" selected>"), "{}", seen.body);
    let off = desk.sent(&format!("/connections/{id}/switches"), &[("switch", "enabled")]).await;
    assert!(off.body.contains("Switched off.") && off.body.contains("Disabled"), "{}", off.body);
    let on = desk.sent(&format!("/connections/{id}/switches"), &[("switch", "embedded"), ("on", "yes")]).await;
    assert!(on.body.contains("Switched on."));
    assert_eq!(desk.show("chat").await["is_embedded"], true);
}

#[actix_web::test]
async fn deleting_says_what_breaks_and_is_typed() {
    let desk = Desk::start(Role::Builder).await;
    let id = desk.slack().await;
    let chat = Variable::Inline("slack", "oauth2", "{}");
    import(&desk.admin, "", &definition("Alerts", &[("Chat", chat)])).await.must_be(201);
    let usage = desk.get(&format!("/connections/{id}/usage")).await.must_be(200).text();
    assert!(usage.contains("alerts") && usage.contains("Chat"), "{usage}");
    let path = format!("/connections/{id}/delete");
    let page = desk.get(&path).await.must_be(200);
    assert!(page.body.contains("What would break") && page.body.contains("ask an admin"), "{}", page.body);
    assert!(!page.body.contains("name=\"confirm\""));
    // A builder cannot force, whatever the form says.
    let forced = [("confirm", "slack-oauth2"), ("force", "yes")];
    desk.post(&path, &forced).await.must_be(403);
    let used = desk.post(&path, &[("confirm", "slack-oauth2")]).await.must_be(409);
    assert!(used.body.contains("is used by integration `alerts`") || used.body.contains("alerts"), "{}", used.body);
    desk.t.person("dev", "boss@example.com", Role::Admin).await;
    let boss = Desk { browser: super::signed_in(&desk.t, "boss@example.com").await, ..desk };
    let wrong = boss.post(&path, &[("confirm", "slack"), ("force", "yes")]).await.must_be(422);
    assert!(wrong.body.contains("value=\"slack\"") && wrong.body.contains("confirm-error"), "{}", wrong.body);
    let gone = boss.sent(&path, &forced).await;
    assert!(gone.body.contains("Deleted.") && gone.body.contains("No connections yet"), "{}", gone.body);
    boss.get(&format!("/connections/{id}")).await.must_be(404);
}
