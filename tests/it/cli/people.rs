//! Customers, users and API keys.

use super::desk::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    desk
}

#[test]
fn an_api_key_is_shown_once() {
    let desk = desk();
    let made = desk.json(&[
        "api-keys",
        "create",
        "--name",
        "runtime",
        "--scope",
        "credentials:read,connections:read",
        "--expires-in",
        "90d",
    ]);
    let key = made["key"].as_str().unwrap();
    assert!(key.contains(made["prefix"].as_str().unwrap()), "{made:#}");
    assert_eq!(made["scopes"], serde_json::json!(["connections:read", "credentials:read"]));
    assert!(made["expires_at"].is_string());
    for json in [&[][..], &["--json"]] {
        assert!(!desk.run(&[&["api-keys", "list"], json].concat()).answer.contains(key));
    }
    let id = made["id"].as_str().unwrap();
    desk.json(&["api-keys", "revoke", id]);
    assert!(desk.json(&["api-keys", "list"])["items"][0]["revoked_at"].is_string());
    let ran = desk.run(&["api-keys", "create", "--name", "x", "--scope", "credential:read"]);
    assert_eq!(ran.code, 1);
    assert!(ran.note.contains("did you mean `credentials:read`?"), "{}", ran.note);
}

#[test]
fn users_are_made_given_roles_and_disabled() {
    let desk = desk();
    let made = desk.json(&["users", "create", "ann@example.com", "--role", "owner"]);
    assert_eq!(
        (&made["email"], &made["role"], &made["name"]),
        (&"ann@example.com".into(), &"owner".into(), &"ann".into())
    );
    assert!(made["password"].as_str().unwrap().len() >= 12);
    desk.json(&["users", "create", "bob@example.com", "--role", "viewer", "--name", "Bob"]);
    assert_eq!(desk.json(&["users", "role", "bob@example.com", "builder"])["role"], "builder");
    assert_eq!(desk.json(&["users", "disable", "bob@example.com"])["is_disabled"], true);
    assert_eq!(desk.json(&["users", "enable", "bob@example.com"])["is_disabled"], false);
    assert_eq!(desk.refusal(&["users", "role", "nobody@example.com", "owner"]), "not_found");
    let listed = desk.json(&["users", "list"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("password"));
    desk.json(&["users", "remove", "bob@example.com"]);
    assert_eq!(desk.json(&["users", "list"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn customers_are_found_by_the_vendors_id() {
    let desk = desk();
    let made = desk.json(&["customers", "create", "acme-42", "--name", "Acme"]);
    assert_eq!(desk.json(&["customers", "show", "acme-42"]), made);
    assert_eq!(desk.refusal(&["customers", "create", "acme-42"]), "customer_exists");
    assert_eq!(desk.json(&["customers", "list", "--text", "ACM"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn tenants_are_renamed_and_marked() {
    let desk = desk();
    let changed = desk.json(&["tenants", "update", "dev", "--name", "Development", "--production", "true"]);
    assert_eq!((&changed["name"], &changed["is_production"]), (&"Development".into(), &true.into()));
    assert_eq!(desk.json(&["tenants", "show", "dev"]), changed);
    assert_eq!(desk.refusal(&["tenants", "create", "Dev Two"]), "invalid_fields");
}

#[test]
fn migrate_says_how_things_stand() {
    let desk = Desk::new();
    let state = desk.json(&["migrate"]);
    assert_eq!((&state["is_migrated"], &state["tenants"]), (&true.into(), &0.into()));
}
