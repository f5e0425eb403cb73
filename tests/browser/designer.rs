//! The designer: a connection made in place, one step switched to it, then all of them.

use crate::person::Person;
use crate::program::Program;

#[tokio::test]
async fn one_step_is_switched_to_a_new_connection_and_then_all_of_them() {
    let program = Program::start();
    let person = Person::sign_in(&program).await;
    person.go("/t/dev/integrations/open-orders/designer").await;
    person.opens("Get order").await;
    person.press("Switch").await;
    person.sees("Switch the connection").await;
    person.inspects().await;
    // None fits: one is made, in the wizard, and back.
    person.opens("Create").await;
    person.sees("Whose credentials does it use?").await;
    person.choose("Customer-specific credentials").await;
    person.press("Next").await;
    person.sees("Who supplies the credentials?").await;
    person.choose("The customer").await;
    person.press("Next").await;
    person.sees("Which type of connection?").await;
    person.choose("OAuth 2.0").await;
    person.press("Next").await;
    person.sees("Stable key").await;
    person.inspects().await;
    person.fill("Label", "Second shop").await;
    person.fill("Stable key", "second-shop").await;
    person.press("Next").await;
    person.sees("Create connection").await;
    person.inspects().await;
    person.press("Create connection").await;
    person.sees("Second shop was created").await;
    person.opens("Go back with the new connection").await;
    person.waits_for_path("/t/dev/integrations/open-orders/designer").await;
    person.press("Use for this step").await;
    person.sees("The step uses the other connection now.").await;
    person.inspects().await;

    person.go("/t/dev/integrations/open-orders/config").await;
    person.sees("Second shop").await;
    person.press("Change Shop").await;
    person.choose("Second shop").await;
    person.press("Preview the change").await;
    person.sees("List orders").await;
    person.inspects().await;
    person.press("Switch all steps").await;
    person.sees("All steps of the slot use the other connection now.").await;
    person.inspects().await;
    person.leaves().await;
}
