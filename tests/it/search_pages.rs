//! Finding things: the page, and what comes while somebody types.

use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;
use crate::support::person::Person;
use crate::support::world::World;

#[actix_web::test]
async fn the_best_comes_first_and_nothing_of_other_tenants() {
    let world = World::start().await;
    for (id, name) in
        [("erp", "Somebody"), ("x1", "Erp Makers"), ("x2", "The Erp House"), ("x3", "Superpower"), ("x4", "100% _ERP")]
    {
        world.source.post("/api/v1/customers", json!({ "external_id": id, "name": name })).await.must_be(201);
    }
    world.admin.post("/api/v1/customers", json!({ "external_id": "foreign-erp" })).await.must_be(201);
    world.rename(&world.dev, "erp", "sap").await;
    let person = Person::new(&world.t, "dev", Role::Viewer).await;
    let found = async |q: &str| -> serde_json::Value {
        serde_json::from_str(&person.get(&format!("/search/suggest?q={q}")).await.must_be(200).body).unwrap()
    };
    let names = |found: &serde_json::Value| -> Vec<String> {
        found["customers"].as_array().unwrap().iter().map(|hit| hit["label"].as_str().unwrap().to_owned()).collect()
    };
    let erp = found("ERP").await;
    assert_eq!(names(&erp), ["Somebody", "Erp Makers", "The Erp House", "100% _ERP", "Superpower"]);
    assert_eq!(erp["connections"][0]["key"], "sap", "by its alias");
    assert!(erp["connections"][0]["url"].as_str().unwrap().starts_with("/t/dev/connections/con_"));
    assert_eq!(names(&found("0%25%20_").await), ["100% _ERP"]);
    assert_eq!(names(&found("%25").await), ["100% _ERP"]);
    assert_eq!(found("alerts").await["integrations"][0]["key"], "alerts");
    assert_eq!(found("").await, json!({ "connections": [], "integrations": [], "customers": [] }));

    let page = person.get("/search?q=erp").await.must_be(200);
    assert!(page.text().contains("The Erp House") && !page.text().contains("foreign"), "{}", page.text());
    let none = person.get("/search?q=%3Cscript%3E").await.must_be(200);
    assert!(none.text().contains("Nothing found") && !none.body.contains("value=\"<script>"), "{}", none.body);
    assert!(person.get("/search").await.must_be(200).text().contains("What are you looking for?"));
}

#[actix_web::test]
async fn odd_texts_find_nothing_and_break_nothing() {
    let t = TestApp::start().await;
    let person = Person::new(&t, "dev", Role::Viewer).await;
    for odd in ["%00", "!%21%21", "%F0%9F%98%80", "%C3%84", &"a".repeat(5000), "'%22%3B--"] {
        person.get(&format!("/search?q={odd}")).await.must_be(200);
        person.get(&format!("/search/suggest?q={odd}")).await.must_be(200);
    }
}
