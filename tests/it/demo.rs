//! The data of a first look: it fills an empty deployment, and promotes as the README says.

use keyway::app::sync::Source;
use keyway::model::actor::Actor;
use keyway::model::sync::OnMissing;
use keyway::model::sync::Policy;
use keyway::model::sync::RunResult;
use keyway::model::sync::plan::Outcome;
use keyway::model::sync::plan::ReferenceOutcome;

use crate::support::TestApp;

async fn ends(t: &TestApp) -> (Source, Actor) {
    (Source::Tenant(Box::new(t.operator_in("dev").await)), t.operator_in("prod").await)
}

#[actix_web::test]
async fn the_demo_promotes_and_goes_back() {
    let t = TestApp::empty().await;
    assert!(t.app.fill_demo().await.unwrap());
    assert!(!t.app.fill_demo().await.unwrap(), "a filled deployment stays as it is");
    let (dev, prod) = ends(&t).await;
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
