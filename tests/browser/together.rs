//! Two people at once: whoever comes second is told, and loses nothing.

use crate::person::Person;
use crate::program::Program;

#[tokio::test]
async fn two_edit_one_step_and_the_second_sees_what_the_first_did() {
    let program = Program::start();
    let (first, second) = (Person::sign_in(&program).await, Person::sign_in(&program).await);
    for person in [&first, &second] {
        person.go("/t/dev/integrations/open-orders/designer").await;
        person.opens("List orders").await;
        person.sees("Save step").await;
    }
    first.inspects().await;
    first.fill("Name", "List all orders").await;
    first.press("Save step").await;
    first.sees("The step was saved.").await;
    second.fill("Name", "List the orders").await;
    second.press("Save step").await;
    second.sees("Somebody else changed this integration since you opened the page").await;
    // What the first did, and what the second typed.
    second.sees("List all orders").await;
    second.sees("List the orders").await;
    second.inspects().await;
    first.leaves().await;
    second.leaves().await;
}

#[tokio::test]
async fn a_plan_that_somebody_overtook_is_shown_anew() {
    let program = Program::start();
    let (planner, other) = (Person::sign_in(&program).await, Person::sign_in(&program).await);
    planner.go("/t/prod/sync/plan?from=dev&on_missing=placeholder").await;
    planner.sees("This is production").await;
    other.go("/t/dev/connections/zendesk-oauth2/manage").await;
    other.fill("Label", "Help desk").await;
    other.press("Save").await;
    other.sees("Saved.").await;
    planner.fill("This is production", "Production").await;
    planner.press("Apply to Production").await;
    planner.sees("since you looked, dev changed").await;
    planner.inspects().await;
    assert_eq!(planner.path().await, "/t/prod/sync/apply");
    // The new plan can be applied as it is now.
    planner.fill("This is production", "Production").await;
    planner.press("Apply to Production").await;
    planner.sees("Synced").await;
    planner.leaves().await;
    other.leaves().await;
}
