//! The way of a willing person, for each owner and each kind of provider.

use serde_json::json;

use super::Stage;
use crate::support::oauth_server::Mood;

#[actix_web::test]
async fn a_customer_connects_and_nobody_sees_a_secret() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let link = stage.customer_link(&key).await;
    let page = stage.browser.get(&link).await.must_be(200);
    insta::assert_snapshot!(page.text(), @"dev asks you to connect Provider Our provider for Acme Inc. Account (optional) Note (optional) Continue to Provider You go on to Provider, and decide there what dev may do.");
    assert!(!page.body.contains("client-1") && !page.body.contains("PLANTED"), "{}", page.body);
    let pressed =
        stage.browser.submit(&link, &[("input.account", "shop"), ("input.note", "PLANTED-note")]).await.must_be(303);
    let cookie = pressed.header("set-cookie").to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && cookie.contains("Max-Age=600"), "{cookie}");
    let consent = stage.browser.get(&pressed.next().unwrap()).await;
    let back = stage.browser.get(&consent.next().unwrap()).await.must_be(200);
    assert!(stage.credentials().await.is_empty(), "the callback stores nothing");
    let done = stage.browser.follow(back).await.must_be(200);
    insta::assert_snapshot!(done.text(), @"dev Connected Our provider is connected. You can close this page.");
    let asked = &stage.server.asked("/authorize")[0];
    assert_eq!(asked.parameter("scope").unwrap(), "read");
    assert_eq!(asked.parameter("code_challenge_method").unwrap(), "S256");
    assert_eq!(asked.parameter("state").unwrap().len(), 64);
    let credentials = stage.credentials().await;
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0]["status"], "active");
    assert_eq!(credentials[0]["owner"], "customer");
    let fetched = format!("/api/v1/connections/{key}/credentials?customer=acme");
    let fetched = stage.admin.get(&fetched).await;
    assert_eq!(fetched.status, 200, "{}", fetched.body);
    assert!(stage.audited("credential.authorized").await.len() == 1);
    // The link did its work.
    let again = stage.browser.get(&link).await.must_be(409);
    insta::assert_snapshot!(again.text(), @"This did not work This link was used already; to connect again, ask dev for a new one. Reason: link_completed");
    let mut shown = String::new();
    for path in [
        "audit?limit=200",
        "credentials",
        &format!("connections/{key}/history"),
        &format!("connections/{key}/connect-links"),
    ] {
        shown.push_str(&stage.admin.get(&format!("/api/v1/{path}")).await.must_be(200).body);
    }
    assert!(!shown.contains("PLANTED") && !shown.contains("/connect/"), "{shown}");
    let stored = stage.t.stored_bytes().await;
    for secret in ["access-PLANTED", "refresh-PLANTED", "code-PLANTED", "PLANTED-note"] {
        let is_there = stored.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there, "{secret} lies open in the database");
    }
}

#[actix_web::test]
async fn the_organization_and_the_test_runner_have_credentials_of_their_own() {
    let stage = Stage::start().await;
    let global = stage.connection("code", "organization_global").await;
    for owner in ["organization", "test"] {
        let link = stage.link(&global, json!({ "owner": owner })).await;
        stage.connect(&link).await.must_be(200);
    }
    let mut owners: Vec<String> =
        stage.credentials().await.iter().map(|found| found["owner"].as_str().unwrap().to_owned()).collect();
    owners.sort();
    assert_eq!(owners, ["organization", "test"]);
    assert_eq!(stage.server.good().len(), 2, "each has tokens of its own");
    let wrong = json!({ "owner": "customer", "customer": "acme" });
    let refused = stage.admin.post(&format!("/api/v1/connections/{global}/connect-links"), wrong).await;
    assert_eq!((refused.status, refused.text("/code").as_str()), (422, "wrong_owner"));
}

#[actix_web::test]
async fn pkce_is_as_the_manifest_says() {
    let stage = Stage::start().await;
    for (kind, method) in [("code", Some("S256")), ("plain", Some("plain")), ("off", None)] {
        let key = stage.connection(kind, "customer").await;
        let link = stage.customer_link(&key).await;
        stage.connect(&link).await.must_be(200);
        let asked = stage.server.asked("/authorize").pop().unwrap();
        assert_eq!(asked.parameter("code_challenge_method").as_deref(), method);
    }
}

#[actix_web::test]
async fn oauth_1_goes_its_three_legs() {
    let stage = Stage::start().await;
    let key = stage.connection("oauth1", "customer").await;
    let callback = stage.admin.get(&format!("/api/v1/connections/{key}/callback")).await.must_be(200);
    let to = json!({ "inputs": { "to": { "value": callback.text("/redirect_uri") } } });
    stage.admin.patch(&format!("/api/v1/connections/{key}"), to).await.must_be(200);
    let link = stage.customer_link(&key).await;
    let back = stage.until_back(&link, &[]).await;
    assert!(back.contains("oauth_verifier=verifier-PLANTED"), "{back}");
    let seen = stage.browser.get(&back).await.must_be(200);
    stage.browser.follow(seen).await.must_be(200);
    assert_eq!(stage.credentials().await[0]["status"], "active");
    let signed = stage.server.asked("/oauth1/request")[0].header("authorization").to_owned();
    assert!(signed.contains("oauth_callback=\""), "{signed}");
    stage.browser.get(&back).await.must_be(409);
}

#[actix_web::test]
async fn values_that_are_enough_are_tested_before_they_are_stored() {
    let stage = Stage::start().await;
    let key = stage.connection("key", "customer").await;
    let link = stage.customer_link(&key).await;
    let page = stage.browser.get(&link).await.must_be(200);
    insta::assert_snapshot!(page.text(), @"dev asks you to connect Provider Our provider for Acme Inc. Token Region (optional) eu us Test and connect");
    let blank = stage.browser.submit(&link, &[("input.region", "eu")]).await.must_be(422);
    assert!(blank.body.contains("This is needed.") && blank.body.contains("value=\"eu\" selected"), "{}", blank.body);
    let wrong =
        stage.browser.submit(&link, &[("input.token", "PLANTED-bad"), ("input.region", "eu")]).await.must_be(422);
    insta::assert_snapshot!(wrong.text(), @"dev asks you to connect Provider Our provider for Acme Inc. Authentication was rejected. One or more of the credentials are incorrect or no longer valid. Token Region (optional) eu us Test and connect");
    assert!(!wrong.body.contains("PLANTED-bad"), "a typed secret is not shown again");
    assert!(stage.credentials().await.is_empty());
    for strange in ["input.base", "input.nothing"] {
        let fields = [("input.token", "PLANTED-good-key"), (strange, "http://127.0.0.1:1")];
        let refused = stage.browser.submit(&link, &fields).await.must_be(422);
        assert!(refused.body.contains("no such field"), "{}", refused.body);
    }
    let done = stage.browser.submit(&link, &[("input.token", "PLANTED-good-key"), ("input.region", "eu")]).await;
    assert!(done.must_be(200).body.contains("is connected"));
    assert_eq!(stage.credentials().await[0]["status"], "active");
    // Connecting again: an empty secret keeps the stored one.
    let link = stage.customer_link(&key).await;
    let page = stage.browser.get(&link).await;
    assert!(page.body.contains("leave this empty to keep it"), "{}", page.body);
    stage.browser.submit(&link, &[("input.token", ""), ("input.region", "us")]).await.must_be(200);
    assert_eq!(stage.credentials().await.len(), 1);
}

#[actix_web::test]
async fn what_does_not_work_is_not_stored_and_says_what_to_do() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let link = stage.customer_link(&key).await;
    stage.server.mood(Mood { api: Some(403), ..Mood::default() });
    let failed = stage.connect(&link).await.must_be(422);
    insta::assert_snapshot!(failed.text(), @"dev Our provider is not connected Access was denied. The account may not use the API; check its roles, permissions and scopes there. Reason: live_test_failed");
    stage.server.mood(Mood {
        refuses: Some(("access_denied".to_owned(), "<script>alert(1)</script> no".to_owned())),
        ..Mood::default()
    });
    let back = stage.until_back(&link, &[]).await;
    let refused = stage.browser.get(&back).await.must_be(422);
    insta::assert_snapshot!(refused.text(), @"dev Our provider is not connected The provider did not authorize (access_denied: scriptalert(1)script no). Open the link that you were given and begin again. Reason: access_denied");
    assert!(stage.credentials().await.is_empty());
    // The same link serves until it worked.
    stage.server.mood(Mood::default());
    stage.connect(&link).await.must_be(200);
}
