//! Credentials, customers and connect links in a browser.

use keyway::model::actor::Role;
use serde_json::json;

use crate::connection_pages::Desk;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

#[actix_web::test]
async fn customers_are_made_and_invited() {
    let desk = Desk::start(Role::Support).await;
    let id = desk.slack().await;
    let empty = desk.post("/customers", &[("external_id", ""), ("name", "Nobody")]).await.must_be(422);
    assert!(empty.body.contains("value=\"Nobody\"") && empty.body.contains("external-id-error"), "{}", empty.body);
    let seen = desk.sent("/customers", &[("external_id", "acme"), ("name", "Acme <Inc>")]).await;
    assert!(seen.body.contains("Acme &lt;Inc&gt;") && seen.body.contains("slack-oauth2"), "{}", seen.body);
    let twice = desk.post("/customers", &[("external_id", "acme"), ("name", "Other")]).await.must_be(422);
    assert!(twice.body.contains("exists already") && twice.body.contains("value=\"Other\""), "{}", twice.body);
    assert!(desk.get("/customers?q=acm").await.must_be(200).body.contains("Acme"));
    let links = format!("/connections/{id}/links");
    let unknown = desk.post(&links, &[("customer", "nobody"), ("days", "1")]).await.must_be(422);
    assert!(unknown.body.contains("There is no such customer") && unknown.body.contains("value=\"nobody\""));
    let made = desk.post(&links, &[("customer", "acme"), ("days", "1")]).await.must_be(200);
    let url = made.body.split("id=\"link\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(url.contains("/connect/"), "{url}");
    desk.browser.get(&url).await.must_be(200);
    let people = desk.get(&format!("/connections/{id}/customers")).await.must_be(200);
    assert!(people.body.contains("Open") && !people.body.contains(&url), "{}", people.body);
    let link = people.body.split("name=\"link\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let seen = desk.sent(&format!("/connections/{id}/links/revoke"), &[("link", &link)]).await;
    assert!(seen.body.contains("Revoked"), "{}", seen.body);
    desk.browser.get(&url).await.must_be(409);
    let customer = desk.post("/customers/acme/links", &[("connection", "slack-oauth2"), ("days", "30")]).await;
    assert!(customer.must_be(200).body.contains("/connect/"));
    let wrong = desk.post("/customers/acme/links", &[("connection", "nothing")]).await.must_be(422);
    assert!(wrong.body.contains("Choose one of the connections"), "{}", wrong.body);
}

#[actix_web::test]
async fn credentials_are_entered_tested_switched_and_removed() {
    let desk = Desk::start(Role::Builder).await;
    let peer = Peer::start(|request| {
        use base64::Engine as _;
        let right = base64::prelude::BASE64_STANDARD.encode("ann:PLANTED-right");
        Reply::status(if request.header("authorization") == format!("Basic {right}") { 200 } else { 401 })
    });
    let url = peer.url("").to_string();
    let body = json!({ "component": "http", "connection_type": "basic", "scope": "organization_customer",
        "stable_key": "shop" });
    let id = desk.make(body).await;
    desk.admin.post("/api/v1/customers", json!({ "external_id": "acme", "name": "Acme" })).await.must_be(201);
    let path = format!("/connections/{id}/credentials/new");
    let page = desk.get(&format!("{path}?owner=customer")).await.must_be(200);
    assert!(page.body.contains("name=\"input.password\"") && page.body.contains("<option value=\"acme\">"));
    let typed = |password: &'static str| {
        [
            ("owner", "customer"),
            ("version", "0"),
            ("customer", "acme"),
            ("input.username", "ann"),
            ("input.password", password),
        ]
    };
    let with_url = |password: &'static str| -> Vec<(&str, &str)> {
        typed(password).into_iter().chain([("input.base_url", url.as_str())]).collect()
    };
    let failed = desk.post(&path, &with_url("PLANTED-wrong")).await.must_be(422);
    assert!(failed.body.contains("Authentication was rejected") && failed.body.contains("value=\"ann\""));
    assert!(!failed.body.contains("PLANTED") && failed.body.contains("value=\"acme\""), "{}", failed.body);
    let seen = desk.sent(&path, &with_url("PLANTED-right")).await;
    assert!(
        seen.body.contains("Credential of Acme") && seen.body.contains("13 characters are stored"),
        "{}",
        seen.body
    );
    let own = seen.url.path().trim_start_matches("/t/dev").to_owned();
    let tested = desk.post(&format!("{own}/test"), &[]).await.must_be(200);
    assert!(tested.body.contains("The live test passed"), "{}", tested.body);
    let bad = [("name", "default"), ("input.username", "bob"), ("input.password", ""), ("version", "1")];
    let refused = desk.post(&own, &bad).await.must_be(422);
    assert!(refused.body.contains("Nothing was saved") && refused.body.contains("value=\"bob\""), "{}", refused.body);
    let untested: Vec<_> = bad.into_iter().chain([("without_test", "yes")]).collect();
    assert!(desk.sent(&own, &untested).await.body.contains("Untested"));
    let off = desk.sent(&format!("{own}/switches"), &[]).await;
    assert!(off.body.contains("Disabled"), "{}", off.body);
    desk.sent(&format!("{own}/switches"), &[("on", "yes")]).await;
    let attempts = desk.get(&format!("/connections/{id}/attempts")).await.must_be(200).text();
    assert!(attempts.contains("Authentication rejected") && attempts.contains("Works"), "{attempts}");
    assert!(!attempts.contains("PLANTED"));
    assert!(desk.post(&format!("{own}/delete"), &[]).await.must_be(422).body.contains("Nothing was saved"));
    let gone = desk.sent(&format!("{own}/delete"), &[("sure", "yes")]).await;
    assert!(gone.body.contains("Deleted."));
    desk.get(&own).await.must_be(404);
}
