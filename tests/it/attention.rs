//! What needs a person: through the API, the command line and the page, and told with every page's bell.

use insta::assert_snapshot;
use keyway::app::credential::NewCredential;
use keyway::app::credential::OwnerRef;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;
use crate::support::person::Person;
use crate::support::world::World;
use crate::support::world::edits;

/// Reasons with what they are about, as the API tells them.
async fn told(t: &TestApp) -> String {
    let answer =
        t.api_key(keyway::model::actor::Permission::ALL).await.get("/api/v1/attention").await.must_be(200).json();
    let line = |item: &serde_json::Value| {
        let what = item["connection"]["stable_key"].as_str().or(item["slot"]["variable"].as_str());
        format!("{} {}\n", item["reason"].as_str().unwrap(), what.unwrap())
    };
    let items = answer["items"].as_array().unwrap();
    assert_eq!(answer["total"], items.len());
    items.iter().map(line).collect()
}

#[actix_web::test]
async fn nothing_is_told_of_a_new_tenant() {
    let t = TestApp::start().await;
    assert_eq!(told(&t).await, "");
    let person = Person::new(&t, "dev", Role::Viewer).await;
    let page = person.get("/attention").await.must_be(200);
    assert!(page.text().contains("Nothing needs a person"), "{}", page.text());
    assert!(!page.body.contains("class=\"count\""));
    let ran = t.desk().aside(&["attention"]);
    assert_eq!((ran.code, ran.answer.as_str(), ran.note.as_str()), (0, "", "Nothing needs a person.\n"));
}

#[actix_web::test]
async fn each_reason_comes_and_goes() {
    let t = TestApp::start().await;
    let world = World::start_on(t).await;
    let t = &world.t;
    assert_snapshot!(told(t).await, @"");

    // The place that a secret is sent to moves.
    world.set(&world.dev, "erp", json!({ "base_url": "https://elsewhere.example" })).await;
    assert_snapshot!(told(t).await, @"quarantined erp");

    // A customer's credential fails, one must be authorized again, and one is switched off.
    t.source_customer(&world).await;
    assert_snapshot!(told(t).await, @"
    reauthorize slack-oauth2
    quarantined erp
    failing slack-oauth2
    ");

    // A draft asks for a connection that is not there.
    let file = definition("Lost", &[("Other", Variable::Scoped("nobody", "http"))]);
    import(&world.source, "", &file).await.must_be(201);
    assert_snapshot!(told(t).await, @"
    reauthorize slack-oauth2
    quarantined erp
    failing slack-oauth2
    unbound_slot Other
    ");
}

impl TestApp {
    async fn source_customer(&self, world: &World) {
        let new = json!({ "external_id": "acme", "name": "Acme" });
        world.source.post("/api/v1/customers", new).await.must_be(201);
        for name in ["a", "b", "c"] {
            let owner = OwnerRef::Customer { customer: "acme".to_owned(), name: Some(name.to_owned()) };
            let inputs = edits(json!({}));
            let connection = "slack-oauth2".to_owned();
            let new = NewCredential { connection, owner, inputs, without_test: false };
            self.app.create_credential(world.dev.clone(), new).await.unwrap();
        }
        for (name, status) in [("a", "error"), ("b", "reauthorization_required"), ("c", "disabled")] {
            let sql =
                format!("UPDATE credentials SET status = '{status}', version = version + 1 WHERE name = '{name}'");
            self.execute(&sql, &sql).await;
        }
    }
}

#[actix_web::test]
async fn the_bell_the_page_and_the_command_line_tell_the_same() {
    let world = World::start().await;
    let t = &world.t;
    world.set(&world.dev, "erp", json!({ "base_url": "https://elsewhere.example" })).await;
    t.source_customer(&world).await;
    let person = Person::new(t, "dev", Role::Viewer).await;
    let page = person.get("/attention").await.must_be(200);
    let count = told(t).await.lines().count();
    assert!(page.body.contains(&format!("<span class=\"count\">{count}</span>")), "{}", page.body);
    assert!(page.text().contains("Acme, a"), "{}", page.text());
    let filtered = person.get("/attention?reason=failing").await.must_be(200);
    assert!(filtered.text().contains("Acme, a") && !filtered.text().contains("Acme, b"), "{}", filtered.text());
    let ran = t.desk().aside(&["--tenant", "dev", "attention"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.answer.lines().count(), count + 1, "{}", ran.answer);
    let ran = t.desk().aside(&["--tenant", "dev", "attention", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.answer).unwrap();
    assert_eq!((ran.code, &json["total"]), (2, &json!(count)));
}
