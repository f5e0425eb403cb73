//! Signing in and out, and getting around.

use crate::person::Person;
use crate::program::Program;

/// The keys of the WebDriver protocol (W3C WebDriver section 17.4.2).
const TAB: char = '\u{E004}';
const ENTER: char = '\u{E007}';

#[tokio::test]
async fn a_wrong_password_is_told_and_the_address_kept() {
    let program = Program::start();
    let person = Person::arrive(&program).await;
    person.go("/t/dev/account").await;
    person.waits_for_path("/sign-in").await;
    person.inspects().await;
    person.fill("E-mail address", &program.email).await;
    person.fill("Password", "not this one at all").await;
    person.press("Sign in").await;
    person.sees("the e-mail address or the password is wrong").await;
    let kept = person.field("E-mail address").await.prop("value").await.unwrap();
    assert_eq!(kept.as_deref(), Some(program.email.as_str()));
    person.fill("Password", &program.password).await;
    person.press("Sign in").await;
    // Back where the sign-in came between.
    person.waits_for_path("/t/dev/account").await;
    person.inspects().await;
    person.press(&program.email).await;
    person.press("Sign out").await;
    person.waits_for_path("/sign-in").await;
    person.go("/t/dev/account").await;
    person.waits_for_path("/sign-in").await;
    person.leaves().await;
}

#[tokio::test]
async fn signing_in_takes_nothing_but_a_keyboard() {
    let program = Program::start();
    let person = Person::arrive(&program).await;
    person.go("/sign-in").await;
    for key in program.email.chars().chain([TAB]).chain(program.password.chars()).chain([ENTER]) {
        person.key(key).await;
    }
    person.waits_for_path("/t/dev/").await;
    person.key(TAB).await;
    assert_eq!(person.client.active_element().await.unwrap().text().await.unwrap(), "Skip to content");
    person.leaves().await;
}

#[tokio::test]
async fn every_part_of_the_application_is_fit_for_everybody() {
    let program = Program::start();
    let person = Person::sign_in(&program).await;
    for tenant in ["dev", "prod"] {
        for part in ["components", "connections", "integrations", "customers", "sync", "audit", "settings", "account"] {
            person.go(&format!("/t/{tenant}/{part}")).await;
            person.inspects().await;
        }
    }
    person.leaves().await;
}
