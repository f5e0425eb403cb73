//! The data of a first look: it fills an empty deployment, promotes as the README says, and what it shows works, with the
//! stand-in that plays the third party.

mod strict;

use chrono::TimeDelta;
use keyway::app::sync::Source;
use keyway::model::actor::Actor;
use keyway::model::actor::Permission;
use keyway::model::sync::OnMissing;
use keyway::model::sync::Policy;
use keyway::model::sync::RunResult;
use keyway::model::sync::plan::Outcome;
use keyway::model::sync::plan::ReferenceOutcome;
use keyway::model::test_run::RunStatus;
use keyway::web::stand_in;
use keyway::web::stand_in::Running;
use serde_json::json;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::browser::Seen;
use crate::support::client::Client;
use crate::support::told;

/// A deployment with the demonstration's data, and its stand-in.
struct Demo {
    t: TestApp,
    shop: String,
    running: Running,
    browser: Browser,
}

impl Demo {
    async fn start() -> Self {
        let t = TestApp::empty().await;
        let bound = stand_in::serve(t.app.clock().clone(), &[], t.url()).unwrap();
        let (shop, given) = (bound.url(), bound.shop().unwrap());
        let running = bound.start();
        assert!(t.app.fill_demo(given).await.unwrap());
        Self { t, shop, running, browser: Browser::new() }
    }

    /// Opens a new link and goes on to the stand-in's page.
    async fn until_consent(&self) -> Seen {
        let link = self.t.app.demo_link().await.unwrap().unwrap();
        let form = self.browser.get(&link).await.must_be(200).text();
        assert!(form.contains("Continue to Demo shop"), "{form}");
        let pressed = self.browser.submit(&link, &[]).await.must_be(303);
        self.browser.get(&pressed.next().unwrap()).await.must_be(200)
    }

    /// Presses a button of the stand-in's page, and goes on to the end.
    async fn decide(&self, page: &Seen, decision: &str) -> Seen {
        let query = page.url.query().unwrap();
        let fields = [("query", query), ("decision", decision)];
        let back = self.browser.submit(&format!("{}/oauth/authorize", self.shop), &fields).await.must_be(303);
        self.browser.follow(back).await
    }

    async fn runtime(&self) -> Client {
        self.t.api_key(&[Permission::CredentialsRead]).await
    }

    async fn run(&self) -> RunStatus {
        let dev = self.t.operator_in("dev").await;
        let run = self.t.app.run_test(dev, "open-orders".to_owned(), None).await.unwrap();
        if run.status == RunStatus::Done {
            let told = serde_json::to_string(&run).unwrap();
            assert!(told.contains("Mara Okafor") && told.contains("Desk lamp"), "{told}");
        }
        run.status
    }
}

const FETCH: &str = "/api/v1/connections/demo-shop-oauth2/credentials?customer=northwind";

async fn ends(t: &TestApp) -> (Source, Actor) {
    (Source::Tenant(Box::new(t.operator_in("dev").await)), t.operator_in("prod").await)
}

#[actix_web::test]
async fn the_demo_promotes_and_goes_back() {
    let demo = Demo::start().await;
    let t = &demo.t;
    let other = stand_in::serve(t.app.clock().clone(), &[], t.url()).unwrap();
    assert!(!t.app.fill_demo(other.shop().unwrap()).await.unwrap(), "a filled deployment stays as it is");
    let (dev, prod) = ends(t).await;
    let before = t.app.snapshot(prod.clone()).await.unwrap().to_canonical_json();
    let secret_of_prod = t.app.get_connection(prod.clone(), "slack-oauth2".to_owned()).await.unwrap().connection;

    let blocked = t.app.plan_sync(prod.clone(), dev.clone(), Policy::default()).await.unwrap();
    assert_eq!(blocked.outcome(), Outcome::Blocked);

    let policy = Policy { on_missing: OnMissing::Placeholder, ..Policy::default() };
    let plan = t.app.plan_sync(prod.clone(), dev.clone(), policy.clone()).await.unwrap();
    assert_eq!(plan.outcome(), Outcome::Changes);
    let applied = t.app.apply_sync(prod.clone(), dev.clone(), policy.clone(), Some(plan.hash.clone())).await.unwrap();
    assert_eq!(applied.status, RunResult::Done);
    assert!(applied.plan.references.iter().any(|r| r.outcome == ReferenceOutcome::Matched && r.slot == "Slack"));

    let after = t.app.get_connection(prod.clone(), "slack-oauth2".to_owned()).await.unwrap().connection;
    assert_eq!(after, secret_of_prod, "a matched connection keeps every byte of its own");
    let again = t.app.apply_sync(prod.clone(), dev.clone(), policy.clone(), None).await.unwrap();
    assert_eq!(again.status, RunResult::Nothing);
    let drift = t.app.drift(prod.clone(), dev.clone()).await.unwrap();
    assert!(drift.is_empty, "{:#?}", drift.items);
    let stale = t.app.apply_sync(prod.clone(), dev, policy, Some(plan.hash)).await.unwrap();
    assert_eq!(stale.status, RunResult::Stale);

    t.app.rollback_sync(prod.clone(), None).await.unwrap();
    assert_eq!(t.app.snapshot(prod).await.unwrap().to_canonical_json(), before);
}

#[actix_web::test]
async fn a_newcomer_connects_fetches_and_runs() {
    let demo = Demo::start().await;
    assert_eq!(demo.run().await, RunStatus::Done, "the test runner needs nobody");
    let runtime = demo.runtime().await;
    let waiting = told::problem(&runtime.get(FETCH).await);
    assert_eq!(waiting, "409 credential_pending: nobody authorized `demo-shop-oauth2` at the provider yet");
    let page = demo.until_consent().await;
    insta::assert_snapshot!(page.text().replace(demo.t.url(), "[keyway]"), @"Stand-in This page plays a third party's sign-in for the demonstration. It runs on this machine and holds nothing real. Allow access to Demo shop? Keyway asks for access to the shop of Lindner & Sons . It could: Read its orders See the name of the shop Allow Deny Either way you go back to [keyway].");
    let denied = demo.decide(&page, "deny").await.must_be(422);
    insta::assert_snapshot!(denied.text(), @"Development Demo shop is not connected The provider did not authorize (access_denied: The owner did not allow it). Open the link that you were given and begin again. Reason: access_denied");
    let page = demo.until_consent().await;
    let done = demo.decide(&page, "allow").await.must_be(200);
    insta::assert_snapshot!(done.text(), @"Development Connected Demo shop is connected. You can close this page.");
    let fetched = runtime.get(FETCH).await.must_be(200);
    assert_eq!(fetched.text("/request/base_url"), format!("{}/api", demo.shop));
    let token = fetched.text("/token/access_token");
    let orders = demo.browser.with_bearer(&token, &format!("{}/api/orders", demo.shop)).await.must_be(200);
    assert!(orders.body.contains("\"count\":3"), "{}", orders.body);
    // Five minutes later the token is another, and nobody had to come.
    demo.t.advance(TimeDelta::minutes(6));
    demo.browser.with_bearer(&token, &format!("{}/api/orders", demo.shop)).await.must_be(401);
    let renewed = runtime.get(FETCH).await.must_be(200).text("/token/access_token");
    assert_ne!(renewed, token);
    demo.browser.with_bearer(&renewed, &format!("{}/api/orders", demo.shop)).await.must_be(200);
}

#[actix_web::test]
async fn the_shops_key_is_typed_and_tested() {
    let demo = Demo::start().await;
    let admin = demo.t.api_key(Permission::ALL).await;
    let body = json!({
        "component": "demo-shop", "connection_type": "api_key", "scope": "customer", "inputs": { "base_url": { "value": demo.shop } },
    });
    admin.post("/api/v1/connections", body).await.must_be(201);
    let body = json!({ "owner": "customer", "customer": "fabrikam" });
    let link = admin.post("/api/v1/connections/demo-shop-api-key/connect-links", body).await.must_be(201).text("/url");
    let wrong = demo.browser.submit(&link, &[("input.api_key", "other")]).await.must_be(422);
    assert!(wrong.body.contains("Authentication was rejected"), "{}", wrong.body);
    demo.browser.submit(&link, &[("input.api_key", "demo-shop-api-key")]).await.must_be(200);
}

#[actix_web::test]
async fn the_demo_goes_on_when_its_shop_is_elsewhere() {
    let demo = Demo::start().await;
    let page = demo.until_consent().await;
    demo.decide(&page, "allow").await.must_be(200);
    demo.running.stop().await;
    let t = &demo.t;
    let bound = stand_in::serve(t.app.clock().clone(), &[], t.url()).unwrap();
    assert_eq!(t.app.demo_shop_url().await.unwrap().as_ref(), Some(&demo.shop));
    let (shop, given) = (bound.url(), bound.shop().unwrap());
    let running = bound.start();
    t.app.move_demo_shop(given).await.unwrap();
    assert_eq!(t.app.demo_shop_url().await.unwrap(), Some(shop.clone()));
    let moved = Demo { shop, running, browser: Browser::new(), t: demo.t };
    assert_eq!(moved.run().await, RunStatus::Done);
    let runtime = moved.runtime().await;
    assert!(told::problem(&runtime.get(FETCH).await).starts_with("409 credential_quarantined"));
    let page = moved.until_consent().await;
    moved.decide(&page, "allow").await.must_be(200);
    runtime.get(FETCH).await.must_be(200);
}
