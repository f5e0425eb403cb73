//! What the vendor's people do about links and authorizations.

use chrono::TimeDelta;
use serde_json::json;

use super::Stage;
use crate::support::oauth_server::Mood;

#[actix_web::test]
async fn links_end() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let path = format!("/api/v1/connections/{key}/connect-links");
    let body = json!({ "owner": "customer", "customer": "acme", "expires_in_s": 60 });
    let made = stage.admin.post(&path, body).await.must_be(201);
    let (link, id) = (made.text("/url"), made.text("/id"));
    let token = link.rsplit('/').next().unwrap();
    let last = if token.ends_with('0') { "1" } else { "0" };
    for forged in
        [token[..40].to_owned(), format!("{}{last}", &token[..63]), format!("f{}", &token[1..]), "x".repeat(64)]
    {
        let url = link.replace(token, &forged);
        stage.browser.get(&url).await.must_be(404);
    }
    stage.t.advance(TimeDelta::seconds(61));
    assert!(stage.browser.get(&link).await.must_be(409).body.contains("link_expired"));
    let other = stage.customer_link(&key).await;
    let list = stage.admin.get(&path).await.must_be(200).json();
    let statuses: Vec<&str> = list["items"].as_array().unwrap().iter().map(|l| l["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["open", "expired"]);
    assert!(!list.to_string().contains("/connect/"), "{list}");
    let open = list["items"][0]["id"].as_str().unwrap();
    // Revoked while the person is at the provider: nothing is stored.
    let back = stage.until_back(&other, &[]).await;
    let revoked = stage.admin.delete(&format!("/api/v1/connect-links/{open}")).await.must_be(200);
    assert_eq!(revoked.text("/status"), "revoked");
    let seen = stage.browser.get(&back).await.must_be(200);
    assert!(stage.browser.follow(seen).await.must_be(422).body.contains("link_completed"));
    assert!(stage.browser.get(&other).await.must_be(409).body.contains("link_revoked"));
    assert!(stage.credentials().await.is_empty());
    assert_eq!(
        stage.admin.delete(&format!("/api/v1/connect-links/{id}")).await.must_be(200).text("/status"),
        "revoked"
    );
}

#[actix_web::test]
async fn browsers_end_at_registered_urls_only() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let links = format!("/api/v1/connections/{key}/connect-links");
    let (good, bad) = ("https://app.example.com/ok?a=b", "https://app.example.com/bad");
    for url in [good, bad] {
        stage.admin.post("/api/v1/redirect-urls", json!({ "url": url })).await.must_be(201);
    }
    let refused = stage.admin.post("/api/v1/redirect-urls", json!({ "url": "http://app.example.com/" })).await;
    assert_eq!((refused.status, refused.text("/code").as_str()), (422, "invalid_redirect_url"));
    for near in [
        "https://app.example.com/ok",
        "https://app.example.com/ok?a=b&c",
        "https://app.example.com/bad/",
        "https://APP.example.com/bad",
    ] {
        let body = json!({ "owner": "customer", "customer": "acme", "success_url": near });
        let refused = stage.admin.post(&links, body).await.must_be(422);
        assert_eq!(refused.text("/code"), "redirect_url_not_registered", "{near}");
    }
    let body = json!({ "owner": "customer", "customer": "acme", "success_url": good, "failure_url": bad });
    let link = stage.link(&key, body.clone()).await;
    stage.server.mood(Mood { refuses: Some(("access_denied".to_owned(), String::new())), ..Mood::default() });
    let back = stage.until_back(&link, &[]).await;
    assert_eq!(stage.browser.get(&back).await.must_be(303).header("location"), format!("{bad}?error=access_denied"));
    stage.server.mood(Mood { api: Some(500), ..Mood::default() });
    assert_eq!(stage.connect(&link).await.must_be(303).header("location"), format!("{bad}?error=live_test_failed"));
    stage.server.mood(Mood::default());
    assert_eq!(stage.connect(&link).await.must_be(303).header("location"), good);
    let link = stage.link(&key, body).await;
    let gone = format!(
        "/api/v1/redirect-urls?url={}",
        url::form_urlencoded::byte_serialize(good.as_bytes()).collect::<String>()
    );
    stage.admin.delete(&gone).await.must_be(204);
    stage.admin.delete(&gone).await.must_be(404);
    assert!(stage.browser.submit(&link, &[]).await.must_be(422).body.contains("not registered"));
}
