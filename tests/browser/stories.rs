//! What people come for, from the first page to the last.

use crate::person::Person;
use crate::program::Program;

#[tokio::test]
async fn a_customer_connects_by_a_link_and_a_builder_runs_a_test() {
    let program = Program::start();
    let customer = Person::arrive(&program).await;
    customer.go(&program.connect_link).await;
    customer.inspects().await;
    customer.takes_picture("connect").await;
    customer.press("Continue to Demo shop").await;
    customer.sees("Allow access to Demo shop?").await;
    customer.press("Allow").await;
    customer.sees("Connected").await;
    customer.inspects().await;
    customer.leaves().await;

    let builder = Person::sign_in(&program).await;
    builder.go("/t/dev/connections/demo-shop-oauth2/customers").await;
    builder.sees("Northwind Traders").await;
    builder.inspects().await;
    builder.go("/t/dev/integrations/open-orders/designer").await;
    builder.inspects().await;
    builder.takes_picture("designer").await;
    builder.press("Run test").await;
    builder.waits_for_path("/t/dev/integrations/open-orders/test-runs/").await;
    builder.sees("Done").await;
    builder.sees("List orders").await;
    builder.inspects().await;
    builder.leaves().await;
}

#[tokio::test]
async fn a_test_account_is_authorized_and_disconnected_from_its_page() {
    let program = Program::start();
    let person = Person::sign_in(&program).await;
    person.go("/t/dev/connections/demo-shop-oauth2").await;
    person.press("Reconnect").await;
    person.press("Continue to Demo shop").await;
    person.press("Allow").await;
    person.waits_for_path("/t/dev/connections/").await;
    person.sees("Connected.").await;
    person.press("Test now").await;
    person.sees("The connection works").await;
    person.inspects().await;
    person.takes_picture("connection").await;
    person.leaves().await;
}

#[tokio::test]
async fn a_connection_is_made_step_by_step() {
    let program = Program::start();
    let person = Person::sign_in(&program).await;
    person.go("/t/dev/components/stripe/connections").await;
    person.inspects().await;
    person.press("Add connection").await;
    person.sees("Whose credentials does it use?").await;
    person.inspects().await;
    person.choose("Customer-specific credentials").await;
    person.press("Next").await;
    person.sees("Who supplies the credentials?").await;
    person.choose("The customer").await;
    person.press("Next").await;
    person.sees("Stable key").await;
    person.inspects().await;
    let proposed = person.field("Stable key").await.prop("value").await.unwrap();
    assert!(proposed.is_some_and(|key| key.starts_with("stripe-")));
    person.fill("Label", "Our payments").await;
    person.press("Next").await;
    person.press("Create without test credentials").await;
    person.sees("Our payments was created").await;
    person.inspects().await;
    person.press("Open the connection").await;
    person.sees("Test Runner Connection").await;
    person.choose("Use for embedded workflows").await;
    person.sees("Switched on.").await;
    person.inspects().await;
    person.leaves().await;
}

#[tokio::test]
async fn a_sync_into_production_is_planned_applied_and_rolled_back() {
    let program = Program::start();
    let person = Person::sign_in(&program).await;
    person.go("/t/prod/sync/plan?from=dev").await;
    person.sees("Decide about missing connections").await;
    person.inspects().await;
    person.choose("Make placeholders").await;
    person.press("Plan again").await;
    person.sees("This is production").await;
    person.inspects().await;
    person.takes_picture("sync").await;
    person.fill("This is production", "Development").await;
    person.press("Apply to Production").await;
    person.sees("type").await;
    person.fill("This is production", "Production").await;
    person.press("Apply to Production").await;
    person.waits_for_path("/t/prod/sync/runs/").await;
    person.sees("Synced").await;
    person.inspects().await;
    person.go("/t/prod/integrations").await;
    person.sees("Open orders").await;
    person.client.back().await.unwrap();
    person.waits_for_path("/t/prod/sync/runs/").await;
    person.fill("This is production", "Production").await;
    person.press("Roll back").await;
    person.sees("Rolled back").await;
    person.go("/t/prod/integrations").await;
    person.inspects().await;
    assert!(!person.text().await.contains("Open orders"));
    person.leaves().await;
}

#[tokio::test]
async fn a_wrong_key_is_refused_by_the_live_test_and_nothing_typed_is_lost() {
    let program = Program::start();
    let person = Person::sign_in(&program).await;
    person.go("/t/dev/components/demo-shop/connections/new").await;
    person.choose("Your organization's credentials").await;
    person.press("Next").await;
    person.sees("Which type of connection?").await;
    person.choose("API key").await;
    person.press("Next").await;
    person.fill("Base URL", &program.shop).await;
    person.fill("Label", "One shop for all").await;
    person.press("Next").await;
    person.fill("API key", "n0t-the-key").await;
    person.inspects().await;
    person.press("Test and create").await;
    person.sees("Authentication was rejected").await;
    person.inspects().await;
    assert!(!person.client.source().await.unwrap().contains("n0t-the-key"));
    person.fill("API key", "demo-shop-api-key").await;
    person.press("Test and create").await;
    person.sees("One shop for all was created").await;
    person.inspects().await;
    person.leaves().await;
}
