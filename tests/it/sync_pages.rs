//! Tenant sync in a browser: choosing, the plan, what is missing, applying, what moved, taking back, drift.

use keyway::model::actor::Role;
use serde_json::json;

use crate::support::person::Person;
use crate::support::world::World;

/// An admin of `dev` and `prod`, in `prod`.
async fn admin(world: &World) -> Person {
    Person::sign_in(&world.t, "prod", "admin@example.com").await
}

/// The value of a hidden field of a page.
fn hidden(body: &str, name: &str) -> String {
    let at = body.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {body}"));
    at.split('"').next().unwrap().to_owned()
}

const PLACEHOLDERS: &str = "/sync/plan?from=dev&on_missing=placeholder";

/// Applies what the page of a plan shows.
async fn apply(person: &Person, plan: &str, confirm: &str) -> crate::support::browser::Seen {
    let page = person.get(plan).await.must_be(200);
    let hash = hidden(&page.body, "hash");
    let (source, target) = (hidden(&page.body, "source_revision"), hidden(&page.body, "target_revision"));
    let fields = [
        ("from", "dev"),
        ("on_missing", "placeholder"),
        ("hash", hash.as_str()),
        ("source_revision", &source),
        ("target_revision", &target),
        ("confirm", confirm),
    ];
    person.post("/sync/apply", &fields).await
}

#[actix_web::test]
async fn a_source_is_chosen_and_its_plan_is_read() {
    let world = World::start().await;
    let person = admin(&world).await;
    let start = person.get("/sync").await.must_be(200);
    assert!(
        start.body.contains("name=\"from\" value=\"dev\"") && !start.body.contains("value=\"prod\""),
        "{}",
        start.body
    );
    assert!(start.text().contains("Nothing was synced into this tenant yet."));

    let plan = person.get("/sync/plan?from=dev").await.must_be(200);
    for told in
        ["Decide about missing connections", "slack-oauth2", "prod has no connection of this type", "Create alerts"]
    {
        assert!(plan.text().contains(told), "{told}: {}", plan.text());
    }
    assert!(!plan.body.contains("action=\"/t/prod/sync/apply\""), "a blocked plan is not applied");
    let references = person.get("/sync/plan?from=dev&show=references&only=blocked").await.must_be(200);
    assert!(references.text().contains("Missing") && references.text().contains("files"), "{}", references.text());
    let deletes = person.get(&format!("{PLACEHOLDERS}&only=delete")).await.must_be(200);
    assert!(deletes.text().contains("Nothing to list here."), "{}", deletes.text());
    let todo = person.get(PLACEHOLDERS).await.must_be(200);
    assert!(todo.text().contains("Fill in: slack-oauth2"), "{}", todo.text());
}

#[actix_web::test]
async fn a_missing_key_is_mapped_to_a_connection_of_its_kind() {
    let world = World::start().await;
    let scope = keyway::model::connection::Scope::Customer;
    world.connection(&world.prod, "chat", ("slack", ("oauth2", scope)), "prod").await;
    let person = admin(&world).await;
    let plan = person.get("/sync/plan?from=dev").await.must_be(200);
    assert!(plan.text().contains("Use chat (Our slack)"), "{}", plan.text());
    let mapped = person.get(&format!("{PLACEHOLDERS}&map.slack-oauth2=chat&show=references")).await.must_be(200);
    assert!(mapped.text().contains("Mapped"), "{}", mapped.text());
    assert!(mapped.body.contains("name=\"map.slack-oauth2\" value=\"chat\""), "applying keeps the choice");
}

#[actix_web::test]
async fn production_is_typed_and_the_run_tells_what_is_left() {
    let world = World::start().await;
    let person = admin(&world).await;
    let wrong = apply(&person, PLACEHOLDERS, "dev").await.must_be(422);
    assert!(wrong.text().contains("Type prod exactly"), "{}", wrong.text());
    assert!(wrong.body.contains("aria-invalid"));
    assert!(person.get("/sync").await.text().contains("Nothing was synced"), "nothing was recorded");

    let done = apply(&person, PLACEHOLDERS, "prod").await.must_be(303);
    let run = person.browser.follow(done).await.must_be(200);
    for told in ["Synced: everything in the plan was written.", "Done", "Fill in: slack-oauth2", "Roll back"] {
        assert!(run.text().contains(told), "{told}: {}", run.text());
    }
    let path = run.url.path().trim_start_matches("/t/prod").to_owned();
    assert!(person.get("/sync").await.body.contains(&path), "it stands in the history");
    let again = person.get(PLACEHOLDERS).await.must_be(200);
    assert!(again.text().contains("already has everything"), "{}", again.text());

    // Filling in a placeholder keeps the sync from being taken back.
    let values = json!({ "client_id": "prod", "client_secret": "PLANTED-new", "scopes": "chat:write" });
    world.set(&world.prod, "slack-oauth2", values).await;
    let wrong = person.post(&format!("{path}/rollback"), &[("confirm", "x")]).await.must_be(422);
    assert!(wrong.text().contains("Type prod exactly"));
    let refused = person.post(&format!("{path}/rollback"), &[("confirm", "prod")]).await.must_be(409);
    assert!(refused.text().contains("would undo what somebody did since: slack-oauth2"), "{}", refused.text());
    assert!(!refused.body.contains("PLANTED"));
    let run = person.get(&path).await.must_be(200);
    assert!(run.text().contains("Fill in: slack-oauth2 Done"), "{}", run.text());
}

#[actix_web::test]
async fn a_sync_is_taken_back() {
    let world = World::start().await;
    let person = admin(&world).await;
    let before = world.snapshot().await;
    let done = apply(&person, PLACEHOLDERS, "prod").await.must_be(303);
    let path = done.next().unwrap().split("/t/prod").nth(1).unwrap().to_owned();
    let run = person.done(&format!("{path}/rollback"), &[("confirm", "prod")]).await;
    assert!(run.text().contains("Rolled back: everything is as it was"), "{}", run.text());
    assert!(!run.body.contains("/rollback\""), "not a second time");
    assert_eq!(world.snapshot().await, before);
    let again = person.post(&format!("{path}/rollback"), &[("confirm", "prod")]).await.must_be(409);
    assert!(again.text().contains("was taken back already"), "{}", again.text());
}

#[actix_web::test]
async fn a_plan_that_is_out_of_date_says_what_moved() {
    let world = World::start().await;
    let person = admin(&world).await;
    let page = person.get(PLACEHOLDERS).await.must_be(200);
    let hash = hidden(&page.body, "hash");
    let (source, target) = (hidden(&page.body, "source_revision"), hidden(&page.body, "target_revision"));
    world.rename(&world.dev, "erp", "erp-new").await;
    let fields = [
        ("from", "dev"),
        ("on_missing", "placeholder"),
        ("hash", hash.as_str()),
        ("source_revision", &source),
        ("target_revision", &target),
        ("confirm", "prod"),
    ];
    let stale = person.post("/sync/apply", &fields).await.must_be(409);
    assert!(stale.text().contains("Nothing was written: since you looked, dev changed"), "{}", stale.text());
    assert!(stale.text().contains("erp-new") && hidden(&stale.body, "hash") != hash, "the new plan is there");
    assert!(person.get("/sync").await.text().contains("Out of date"));
}

#[actix_web::test]
async fn who_may_not_apply_sees_the_plan_only() {
    let world = World::start().await;
    world.t.person("dev", "reader@example.com", Role::Viewer).await;
    world.t.person("prod", "reader@example.com", Role::Builder).await;
    let reader = Person::sign_in(&world.t, "prod", "reader@example.com").await;
    let plan = reader.get(PLACEHOLDERS).await.must_be(200);
    assert!(plan.text().contains("You may look, not apply"), "{}", plan.text());
    assert!(!plan.body.contains("sync/apply"));
    let fields = [("from", "dev"), ("confirm", "prod"), ("hash", "x")];
    let refused = reader.post("/sync/apply", &fields).await.must_be(403);
    assert!(refused.text().contains("needs the role admin"), "{}", refused.text());

    // A source that is not theirs is not there.
    let foreign = Person::new(&world.t, "prod", Role::Admin).await;
    foreign.get("/sync/plan?from=dev").await.must_be(404);
    foreign.get("/sync/drift?from=dev").await.must_be(404);
    foreign.get("/sync/plan").await.must_be(422);
    assert!(foreign.get("/sync").await.text().contains("There is no other tenant to sync from"));
}

#[actix_web::test]
async fn drift_tells_shared_and_own_values_apart() {
    let world = World::start().await;
    world.connections(&world.prod, "prod").await;
    let person = admin(&world).await;
    let drift = person.get("/sync/drift?from=dev").await.must_be(200);
    assert!(drift.text().contains("Only in dev"), "{}", drift.text());
    let own = person.get("/sync/drift?from=dev&show=local").await.must_be(200);
    assert!(own.text().contains("client_secret Secret Different"), "{}", own.text());
    assert!(!own.body.contains("PLANTED"));
    assert!(person.get("/sync/drift").await.must_be(200).text().contains("Choose a tenant"));
    person.get("/sync/drift?from=prod").await.must_be(422);
}
