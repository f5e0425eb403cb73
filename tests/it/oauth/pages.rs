//! Connecting from the pages of builders: to the provider, and back to where somebody came from.

use keyway::model::actor::Role;

use super::Stage;
use crate::support::PASSWORD;
use crate::support::browser::Seen;
use crate::support::oauth_server::Mood;

async fn signed_in(stage: &Stage) {
    stage.t.person("dev", "builder@example.com", Role::Builder).await;
    let fields = [("email", "builder@example.com"), ("password", PASSWORD)];
    stage.browser.submit(&format!("{}/sign-in", stage.t.url()), &fields).await.must_be(303);
}

/// Presses a button that connects, and does all that the person has to.
async fn connect(stage: &Stage, path: &str, fields: &[(&str, &str)]) -> Seen {
    let pressed = stage.browser.submit(&format!("{}{path}", stage.t.url()), fields).await.must_be(303);
    let link = pressed.next().unwrap();
    stage.browser.get(&link).await.must_be(200);
    let back = stage.until_back(&link, &[]).await;
    let seen = stage.browser.get(&back).await;
    stage.browser.follow(seen).await
}

#[actix_web::test]
async fn the_test_runner_is_connected_and_reconnected_from_its_pages() {
    let stage = Stage::start().await;
    signed_in(&stage).await;
    let key = stage.connection("code", "customer").await;
    let page = stage.browser.get(&format!("{}/t/dev/connections/{key}", stage.t.url())).await.must_be(200);
    assert!(page.body.contains("Not connected"), "{}", page.body);
    let path = format!("/t/dev/connections/{key}/connect");
    stage.server.mood(Mood { refuses: Some(("access_denied".to_owned(), String::new())), ..Mood::default() });
    let failed = connect(&stage, &path, &[("owner", "test")]).await.must_be(200);
    assert!(failed.url.as_str().contains("/t/dev/connections/con_"), "{}", failed.url);
    assert!(failed.body.contains("It was not connected.") && failed.body.contains("access_denied"), "{}", failed.body);
    assert!(stage.credentials().await.is_empty());
    stage.server.mood(Mood { api: Some(500), ..Mood::default() });
    let failed = connect(&stage, &path, &[("owner", "test")]).await.must_be(200);
    assert!(failed.url.query().unwrap().contains("error=live_test_failed"), "{}", failed.url);
    stage.server.mood(Mood::default());
    let done = connect(&stage, &path, &[("owner", "test")]).await.must_be(200);
    assert!(done.body.contains("Connected.") && done.body.contains("Reconnect"), "{}", done.body);
    assert!(done.body.contains("Active") && !done.body.contains("PLANTED"), "{}", done.body);
    // What our buttons made is no link that somebody was sent.
    let people = stage.browser.get(&format!("{}/t/dev/connections/{key}/customers", stage.t.url())).await.must_be(200);
    assert!(!people.body.contains("<h2>Connect links</h2>"), "{}", people.body);
    let id = stage.credentials().await[0]["id"].as_str().unwrap().to_owned();
    let own = format!("/t/dev/credentials/{id}");
    let again = connect(&stage, &format!("{own}/connect"), &[]).await.must_be(200);
    assert_eq!(again.url.path(), own);
    assert!(again.body.contains("Connected.") && again.body.contains("Granted scopes"), "{}", again.body);
    for token in stage.server.good() {
        assert!(!again.body.contains(&token));
    }
    let ended = stage.browser.submit(&format!("{}{own}/disconnect", stage.t.url()), &[]).await.must_be(303);
    let ended = stage.browser.get(&ended.next().unwrap()).await.must_be(200);
    assert!(ended.body.contains("Disconnected.") && ended.body.contains("Authorize again"), "{}", ended.body);
}

#[actix_web::test]
async fn pages_are_ends_of_our_own_links_only() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let body = serde_json::json!({ "owner": "customer", "customer": "acme", "success_url": "/t/dev/connections" });
    let path = format!("/api/v1/connections/{key}/connect-links");
    let refused = stage.admin.post(&path, body).await.must_be(422);
    assert_eq!(refused.text("/code"), "redirect_url_not_registered");
}
