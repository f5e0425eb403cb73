//! What others try: their state, their browser, their provider, their path, their tenant.

use chrono::TimeDelta;
use keyway::model::actor::Permission;
use serde_json::json;

use super::Stage;
use crate::support::browser::Browser;
use crate::support::oauth_server::Mood;
use crate::support::oauth_server::OauthServer;

#[actix_web::test]
async fn a_state_works_once_in_its_time() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let link = stage.customer_link(&key).await;
    let back = stage.until_back(&link, &[]).await;
    let unknown = back.replace("state=", "state=0");
    assert!(stage.browser.get(&unknown).await.must_be(422).body.contains("unknown_state"));
    let seen = stage.browser.get(&back).await.must_be(200);
    assert!(stage.browser.get(&back).await.must_be(409).body.contains("state_used"));
    let done = stage.browser.follow(seen.clone()).await.must_be(200);
    assert!(stage.browser.get(&back).await.must_be(409).body.contains("state_used"));
    assert!(stage.browser.get(done.url.as_str()).await.must_be(409).body.contains("flow_used"));
    assert_eq!(stage.server.asked("/token").len(), 1, "a code is spent once");
    let late = stage.until_back(&stage.customer_link(&key).await, &[]).await;
    stage.t.advance(TimeDelta::minutes(11));
    assert!(stage.browser.get(&late).await.must_be(409).body.contains("flow_expired"));
    assert_eq!(stage.server.asked("/token").len(), 1);
    assert_eq!(stage.audited("oauth.failed").await.last().unwrap()["reason"], "flow_expired");
}

#[actix_web::test]
async fn only_the_browser_that_began_ends_it() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    // The attacker begins, and makes a victim authorize.
    let back = stage.until_back(&stage.customer_link(&key).await, &[]).await;
    let victim = Browser::new();
    let seen = victim.get(&back).await.must_be(200);
    let complete = seen.next().unwrap();
    // The attacker has the cookie, and knows not what the victim's page goes on with.
    let guess = complete.split("ticket=").next().unwrap().to_owned() + "ticket=0";
    assert!(stage.browser.get(&guess).await.must_be(404).body.contains("unknown_flow"));
    // The victim has the ticket, and not the cookie.
    assert!(victim.follow(seen).await.must_be(403).body.contains("other_browser"));
    assert!(stage.browser.get(&complete).await.must_be(409).body.contains("flow_used"));
    assert!(stage.credentials().await.is_empty());
    assert!(stage.server.asked("/token").is_empty(), "the code goes nowhere");
    assert_eq!(stage.audited("oauth.failed").await[0]["reason"], "other_browser");
    assert_eq!(stage.audited("oauth.refused").await[0]["reason"], "wrong_ticket");
}

#[actix_web::test]
async fn another_path_than_the_one_asked_for_is_refused() {
    let stage = Stage::start().await;
    let (one, other) = (stage.connection("code", "customer").await, stage.connection("plain", "customer").await);
    let back = stage.until_back(&stage.customer_link(&one).await, &[]).await;
    let uri =
        stage.admin.get(&format!("/api/v1/connections/{other}/callback")).await.must_be(200).text("/redirect_uri");
    let swapped = format!("{uri}?{}", back.split_once('?').unwrap().1);
    assert!(stage.browser.get(&swapped).await.must_be(422).body.contains("wrong_callback"));
    // Nobody tries twice.
    assert!(stage.browser.get(&back).await.must_be(409).body.contains("state_used"));
    let nowhere = back.replace("/oauth/callback/", "/oauth/callback/0");
    assert!(stage.browser.get(&nowhere).await.must_be(404).body.contains("unknown_callback"));
    assert!(stage.server.asked("/token").is_empty());
}

#[actix_web::test]
async fn a_hostile_provider_never_gets_the_honest_ones_code() {
    let stage = Stage::start().await;
    let honest = stage.connection("code", "customer").await;
    let hostile_server = OauthServer::start();
    stage.t.tenant("evil", false).await;
    for tenant in ["dev", "evil"] {
        let admin = stage.t.api_key_in(tenant, Permission::ALL).await;
        let customer = json!({ "external_id": "mallory", "name": "Mallory" });
        admin.post("/api/v1/customers", customer).await.must_be(201);
        let kind = ("off", "customer");
        let hostile = stage.connection_of(&admin, kind, &hostile_server.url(), "PLANTED-client-secret").await;
        let body = json!({ "owner": "customer", "customer": "mallory" });
        let links = format!("/api/v1/connections/{hostile}/connect-links");
        let link = admin.post(&links, body).await.must_be(201).text("/url");
        // The hostile provider sends the victim on to the honest one, with its own state and the hostile redirect URI.
        hostile_server.mood(Mood { sends_on_to: Some(format!("{}/authorize", stage.server.url())), ..Mood::default() });
        let pressed = stage.browser.submit(&link, &[]).await.must_be(303);
        let sent_on = stage.browser.get(&pressed.next().unwrap()).await.must_be(302);
        let consent = stage.browser.get(&sent_on.next().unwrap()).await.must_be(302);
        let back = consent.next().unwrap();
        // A real honest provider refuses the foreign redirect URI already. Changed to the honest one, ours refuses it.
        let uri = stage.admin.get(&format!("/api/v1/connections/{honest}/callback")).await.text("/redirect_uri");
        let to_honest = format!("{uri}?{}", back.split_once('?').unwrap().1);
        assert!(stage.browser.get(&to_honest).await.must_be(422).body.contains("wrong_callback"));
        assert!(stage.browser.get(&back).await.must_be(409).body.contains("state_used"));
        assert!(hostile_server.asked("/token").is_empty());
    }
    assert!(stage.credentials().await.is_empty());
}

#[actix_web::test]
async fn the_issuer_must_be_the_one_asked() {
    let stage = Stage::start().await;
    let key = stage.connection("issuer", "customer").await;
    let own = stage.server.url();
    for (issuer, status) in [(None, 422), (Some("https://evil.example"), 422), (Some(own.as_str()), 200)] {
        stage.server.mood(Mood { issuer: issuer.map(str::to_owned), ..Mood::default() });
        let link = stage.customer_link(&key).await;
        let back = stage.until_back(&link, &[]).await;
        let seen = stage.browser.get(&back).await.must_be(status);
        assert_eq!(seen.body.contains("wrong_issuer"), status == 422);
        stage.browser.follow(seen).await.must_be(status);
    }
    assert_eq!(stage.credentials().await.len(), 1);
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused() {
    let stage = Stage::start().await;
    let link = stage.customer_link(&stage.connection("code", "customer").await).await;
    let own = stage.t.url().to_owned();
    for headers in [
        vec![],
        vec![("Origin", "null")],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", own.as_str()), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", own.as_str()), ("Sec-Fetch-Site", "same-site")],
        vec![("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
        vec![("Sec-Fetch-Site", "none")],
    ] {
        let refused = stage.browser.bare(&link, &headers).await.must_be(403);
        assert!(refused.body.contains("cross_site"), "{headers:?}");
    }
    stage.browser.bare(&link, &[("Origin", &own)]).await.must_be(303);
    assert!(stage.server.asked("/authorize").is_empty());
}

#[actix_web::test]
async fn a_connection_that_leads_elsewhere_by_now_gets_no_code() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let other = OauthServer::start();
    let change = json!({ "inputs": { "base": { "value": other.url() }, "client_secret": { "value": "PLANTED-client-secret" } } });
    let path = format!("/api/v1/connections/{key}");
    let back = stage.until_back(&stage.customer_link(&key).await, &[]).await;
    let seen = stage.browser.get(&back).await.must_be(200);
    stage.admin.patch(&path, change).await.must_be(200);
    let told = stage.browser.follow(seen).await.must_be(409);
    assert!(told.body.contains("connection_changed"), "{}", told.body);
    assert!(other.asked("/token").is_empty() && stage.server.asked("/token").is_empty());
}
