//! Making a connection step by step.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use keyway::model::actor::Role;
use serde_json::json;

use crate::connection_pages::Desk;
use crate::support::browser::Seen;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const SLACK: &str = "/components/slack/connections/new";
const HTTP: &str = "/components/http/connections/new";

/// The step that a page shows.
fn step(seen: &Seen) -> String {
    let at = seen.body.split("aria-current=\"step\">").nth(1).unwrap_or_else(|| panic!("no step: {}", seen.body));
    at.split('<').next().unwrap().to_owned()
}

/// A third party that takes everybody while the switch is on.
fn peer() -> (Peer, Arc<AtomicBool>) {
    let is_open = Arc::new(AtomicBool::new(true));
    let told = Arc::clone(&is_open);
    let answer =
        move |_: &crate::support::peer::Request| Reply::status(if told.load(Ordering::Relaxed) { 200 } else { 401 });
    (Peer::start(answer), is_open)
}

#[actix_web::test]
async fn each_question_follows_from_the_answers_before() {
    let desk = Desk::start(Role::Builder).await;
    let mut steps = Vec::new();
    for query in [
        "",
        "?whose=customer",
        "?whose=customer&supplies=customer",
        "?whose=customer&supplies=organization",
        "?whose=customer&supplies=customer&type=oauth2",
        "?whose=organization",
        "?whose=organization&type=oauth2",
        "?whose=customer&supplies=customer&type=oauth2&go=whose",
        "?whose=customer&go=secrets",
    ] {
        let seen = desk.get(&format!("{SLACK}{query}")).await.must_be(200);
        steps.push(format!("{query} -> {}", step(&seen)));
    }
    insta::assert_snapshot!(steps.join("\n"), @"
     -> Whose credentials
    ?whose=customer -> Who supplies them
    ?whose=customer&supplies=customer -> Connection type
    ?whose=customer&supplies=organization -> Global values
    ?whose=customer&supplies=customer&type=oauth2 -> Global values
    ?whose=organization -> Connection type
    ?whose=organization&type=oauth2 -> Global values
    ?whose=customer&supplies=customer&type=oauth2&go=whose -> Whose credentials
    ?whose=customer&go=secrets -> Who supplies them
    ");
    // What one supplies for others is no type where somebody signs in; the server says no, whatever the form had.
    let listed = desk.get(&format!("{SLACK}?whose=customer&supplies=organization")).await.body;
    assert!(!listed.contains("value=\"oauth2\"") || listed.contains("Bot token"), "{listed}");
    let forced = "whose=customer&supplies=organization&type=oauth2&from=type";
    let refused = desk.get(&format!("{SLACK}?{forced}")).await.must_be(422);
    assert!(refused.body.contains("somebody at the customer has to authorize it"), "{}", refused.body);
    let fields = [("whose", "customer"), ("supplies", "organization"), ("type", "oauth2"), ("from", "secrets")];
    assert_eq!(step(&desk.post(SLACK, &fields).await.must_be(200)), "Connection type");
    let unanswered = desk.get(&format!("{SLACK}?from=whose")).await.must_be(422);
    assert!(unanswered.body.contains("Choose one."), "{}", unanswered.body);
}

#[actix_web::test]
async fn nothing_typed_is_lost_and_the_designer_gets_its_connection() {
    let desk = Desk::start(Role::Builder).await;
    let start = "?whose=customer&supplies=customer&type=oauth2&return_to=/t/dev/integrations/orders/designer?step%3D2";
    let values = desk.get(&format!("{SLACK}{start}")).await.must_be(200);
    assert!(values.body.contains("value=\"https://slack.com/oauth/v2/authorize\""), "{}", values.body);
    assert!(values.body.contains("value=\"slack-oauth2\""));
    let base = [("whose", "customer"), ("supplies", "customer"), ("type", "oauth2"), ("from", "values")];
    let typed = [
        ("return_to", "/t/dev/integrations/orders/designer?step=2"),
        ("label", "Our <Slack>"),
        ("stable_key", "Wrong Key"),
        ("proposed", "slack-oauth2"),
        ("input.client_id", "12.34"),
        ("input.scopes", "chat:write chat:write.public channels:read users:read"),
        ("travel.input.client_id", "shared"),
        ("manager.input.signing_secret", "organization"),
    ];
    let all: Vec<_> = base.into_iter().chain(typed).collect();
    let wrong = desk.post(SLACK, &all).await.must_be(422);
    assert!(
        wrong.body.contains("aria-invalid=\"true\"") && wrong.body.contains("try `wrong-key`")
            || wrong.body.contains("wrong-key")
    );
    assert!(wrong.body.contains("value=\"12.34\"") && wrong.body.contains("Our &lt;Slack&gt;"), "{}", wrong.body);
    let with = |changed: &'static str, value: &'static str| -> Vec<(&str, &str)> {
        all.iter().map(|(name, old)| (*name, if *name == changed { value } else { old })).collect()
    };
    let good = with("stable_key", "slack-oauth2");
    // Back to the type, and on again: everything is still there.
    let mut back = good.clone();
    back.push(("go", "type"));
    let types = desk.post(SLACK, &back).await.must_be(200);
    assert_eq!(step(&types), "Connection type");
    assert!(types.body.contains("name=\"input.client_id\" value=\"12.34\""), "{}", types.body);
    let secrets = desk.post(SLACK, &good).await.must_be(200);
    assert_eq!(step(&secrets), "Test credentials");
    assert!(secrets.body.contains("name=\"secret.client_secret\"") && secrets.body.contains("type=\"password\""));
    assert!(!secrets.body.contains("name=\"test."), "a test account is connected at the provider: {}", secrets.body);
    let mut last: Vec<_> = good.into_iter().filter(|(name, _)| *name != "from").collect();
    last.extend([("from", "secrets"), ("secret.client_secret", "PLANTED-secret")]);
    // Going back with a secret typed: it is on no page.
    let mut back = last.clone();
    back.push(("go", "values"));
    assert!(!desk.post(SLACK, &back).await.must_be(200).body.contains("PLANTED"));
    let made = desk.post(SLACK, &last).await.must_be(303);
    let created = desk.browser.get(&made.next().unwrap()).await.must_be(200);
    assert!(!created.body.contains("PLANTED") && created.body.contains("/oauth/callback/"), "{}", created.body);
    let connection = desk.show("slack-oauth2").await;
    let id = connection["id"].as_str().unwrap();
    let back = format!("/t/dev/integrations/orders/designer?step&#x3D;2&amp;connection&#x3D;{id}");
    assert!(created.body.contains(&back), "{back}: {}", created.body);
    assert_eq!((&connection["label"], &connection["status"]), (&json!("Our <Slack>"), &json!("ready")));
    // Defaults that were left as they were stay inherited.
    let origins = connection["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| format!("{} {}", input["key"].as_str().unwrap(), input["origin"].as_str().unwrap_or("-")));
    insta::assert_snapshot!(origins.collect::<Vec<_>>().join("\n"), @"
    authorize_url default
    token_url default
    revoke_url default
    scopes default
    client_id global
    client_secret global
    signing_secret -
    is_user default
    ");
    let taken = desk
        .post(
            SLACK,
            &all.iter().map(|(n, v)| (*n, if *n == "stable_key" { "slack-oauth2" } else { v })).collect::<Vec<_>>(),
        )
        .await;
    assert!(taken.must_be(422).body.contains("Another connection of this tenant has this key"));
}

#[actix_web::test]
async fn test_credentials_are_tried_and_all_is_made_or_nothing() {
    let desk = Desk::start(Role::Builder).await;
    let (peer, is_open) = peer();
    let url = peer.url("").to_string();
    let base = [
        ("whose", "customer"),
        ("supplies", "customer"),
        ("type", "basic"),
        ("label", "Shop"),
        ("stable_key", "shop"),
        ("input.test_path", "/"),
    ];
    let mut values: Vec<_> = base.to_vec();
    values.push(("from", "values"));
    let page = desk.post(HTTP, &values).await.must_be(200);
    for field in ["test.base_url", "test.username", "test.password"] {
        assert!(page.body.contains(&format!("name=\"{field}\"")), "{field}: {}", page.body);
    }
    assert!(page.body.contains("name=\"without_test\""));
    let mut last: Vec<_> = base.to_vec();
    last.extend([
        ("from", "secrets"),
        ("test.base_url", url.as_str()),
        ("test.username", "ann"),
        ("test.password", "PLANTED-password"),
    ]);
    is_open.store(false, Ordering::Relaxed);
    let failed = desk.post(HTTP, &last).await.must_be(422);
    assert!(
        failed.body.contains("Authentication was rejected") && failed.body.contains("value=\"ann\""),
        "{}",
        failed.body
    );
    assert!(!failed.body.contains("PLANTED"));
    assert_eq!(desk.admin.get("/api/v1/connections").await.json()["items"], json!([]));
    is_open.store(true, Ordering::Relaxed);
    let mut last_with = last.clone();
    last_with.push(("return_to", "/t/dev/integrations/orders/designer"));
    let made = desk.post(HTTP, &last_with).await.must_be(303);
    let id = desk.show("shop").await["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/t/dev/integrations/orders/designer?connection={id}"));
    let credentials = desk.admin.get("/api/v1/credentials").await.json();
    assert_eq!(credentials["items"][0]["last_check"]["outcome"], "ok", "{credentials}");
    // Without test credentials, and with ones that were not tried.
    let again = |key: &'static str, more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        let fields = last.iter().map(|(name, old)| (*name, if *name == "stable_key" { key } else { old }));
        fields.chain(more.iter().copied()).collect()
    };
    desk.post(HTTP, &again("shop-2", &[("go", "skip")])).await.must_be(303);
    is_open.store(false, Ordering::Relaxed);
    desk.post(HTTP, &again("shop-3", &[("without_test", "yes")])).await.must_be(303);
    let credentials = desk.admin.get("/api/v1/credentials").await.json();
    let outcomes = credentials["items"].as_array().unwrap().iter().map(|c| {
        format!("{} {}", c["connection"]["stable_key"].as_str().unwrap(), c["last_check"]["outcome"].as_str().unwrap())
    });
    assert_eq!(outcomes.collect::<Vec<_>>(), ["shop ok", "shop-3 untested"]);
    // Elsewhere is nowhere: the wizard leads back into this tenant only.
    let away = again("shop-4", &[("go", "skip"), ("return_to", "//evil.example")]);
    let made = desk.post(HTTP, &away).await.must_be(303);
    assert!(made.header("location").starts_with("/t/dev/connections/con_"), "{}", made.header("location"));
    assert!(made.header("location").ends_with("/created?"), "{}", made.header("location"));
}

#[actix_web::test]
async fn one_account_of_the_organization_is_tested_with_the_connection() {
    let desk = Desk::start(Role::Builder).await;
    let (peer, is_open) = peer();
    let url = peer.url("").to_string();
    let fields = [
        ("whose", "organization"),
        ("type", "api_key"),
        ("label", "ERP"),
        ("stable_key", "erp"),
        ("input.base_url", url.as_str()),
        ("from", "secrets"),
        ("secret.api_key", "PLANTED-key"),
    ];
    is_open.store(false, Ordering::Relaxed);
    let failed = desk.post(HTTP, &fields).await.must_be(422);
    assert_eq!(step(&failed), "Credentials");
    assert!(failed.body.contains("Nothing was saved") && !failed.body.contains("PLANTED"), "{}", failed.body);
    is_open.store(true, Ordering::Relaxed);
    desk.post(HTTP, &fields).await.must_be(303);
    let connection = desk.show("erp").await;
    assert_eq!((&connection["scope"], &connection["status"]), (&json!("organization_global"), &json!("ready")));
    let page = desk.get("/connections/erp").await.must_be(200);
    assert!(
        page.body.contains("Your organization&#x27;s credential")
            && !page.body.contains("Customers</a></li>\n      <li><a href"),
        "{}",
        page.body
    );
}
