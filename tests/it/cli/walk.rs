//! What a newcomer does, from an empty folder to values with their provenance.

use super::desk::Desk;
use super::desk::masked;

#[test]
fn connections_are_made_shown_renamed_and_removed() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);

    let made = desk.json(&["connections", "create", "aws-s3", "api_key_secret", "--scope", "customer"]);
    assert_eq!(made["stable_key"], "aws-s3-api-key-secret");
    assert_eq!((&made["status"], &made["is_enabled"]), (&"ready".into(), &true.into()));
    let id = made["id"].as_str().unwrap();
    assert_eq!(desk.json(&["connections", "show", id]), made);
    assert_eq!(
        desk.refusal(&["connections", "create", "aws-s3", "api_key_secret", "--scope", "customer"]),
        "stable_key_taken"
    );

    let key = "aws-s3-api-key-secret";
    let edited =
        desk.json(&["connections", "edit", key, "--label", "Archive", "--embedded", "--set", "region=eu-west-1"]);
    assert_eq!((&edited["label"], &edited["is_embedded"]), (&"Archive".into(), &true.into()));
    assert_eq!(edited["version"], 2);
    assert_eq!(desk.refusal(&["connections", "edit", key, "--label", "Old", "--if-version", "1"]), "version_mismatch");
    assert_eq!(desk.refusal(&["connections", "edit", key]), "nothing_to_change");

    let renamed = desk.json(&["connections", "rename", key, "archive"]);
    assert_eq!((&renamed["stable_key"], &renamed["aliases"][0]), (&"archive".into(), &key.into()));
    assert_eq!(desk.json(&["connections", "show", key])["stable_key"], "archive");
    let another = ["connections", "create", "aws-s3", "api_key_secret", "--scope", "customer", "--key", key];
    assert_eq!(desk.refusal(&another), "stable_key_taken");
    desk.json(&["connections", "release-alias", "archive", key]);
    desk.json(&another);

    assert_eq!(desk.json(&["connections", "disable", "archive"])["status"], "disabled");
    assert_eq!(desk.json(&["connections", "enable", "archive"])["status"], "ready");
    let listed = |filter: &[&str]| -> usize {
        desk.json(&[&["connections", "list"], filter].concat())["items"].as_array().unwrap().len()
    };
    assert_eq!(listed(&[]), 2);
    assert_eq!(listed(&["--embedded"]), 1);
    assert_eq!(listed(&["--embedded", "false"]), 1);
    assert_eq!(listed(&["--text", "ARCHI"]), 1);
    assert_eq!(listed(&["--scope", "organization_global"]), 0);
    assert_eq!(listed(&["--component", "aws-s3", "--status", "ready"]), 2);

    let history = desk.json(&["connections", "history", "archive"]);
    let actions: Vec<_> = history["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions.len(), 6, "{history:#}");
    assert_eq!(history["items"][0]["actor"], "operator ann");

    let deleted = desk.json(&["connections", "delete", "archive"]);
    assert_eq!(deleted["deleted"]["stable_key"], "archive");
    assert_eq!(desk.refusal(&["connections", "show", "archive"]), "not_found");
}

#[test]
fn values_say_where_they_came_from_for_each_owner() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    desk.json(&["customers", "create", "acme", "--name", "Acme Ltd"]);
    desk.json(&[
        "connections",
        "create",
        "aws-s3",
        "api_key_secret",
        "--scope",
        "customer",
        "--key",
        "s3",
        "--managed-by",
        "region=organization",
        "--set",
        "region=eu-west-1",
    ]);
    let secret = desk.file("secret", "customer-secret-0123456789\n");
    let create = ["credentials", "create", "s3", "--without-test", "--set", "access_key_id=AKIAIOSFODNN7EXAMPLE"];
    let own =
        desk.json(&[&create[..], &["--customer", "acme", "--secret", &format!("secret_access_key={secret}")]].concat());
    assert_eq!((&own["status"], &own["customer"]["external_id"]), (&"active".into(), &"acme".into()));
    assert_eq!(own["name"], "default");
    let test = desk.json(&[&create[..], &["--test"]].concat());
    assert_eq!((&test["status"], &test["owner"]), (&"pending".into(), &"test".into()));

    insta::assert_snapshot!(masked(&desk.run(&["connections", "values", "s3", "--customer", "acme"]).answer));
    let values = desk.json(&["connections", "values", "s3", "--customer", "acme"]);
    assert_eq!(values["credential_id"], own["id"]);
    // A changed global value reaches those who inherit it.
    desk.json(&["connections", "edit", "s3", "--set", "region=us-east-2"]);
    for owner in [&["--customer", "acme"][..], &["--test"]] {
        let values = desk.json(&[&["connections", "values", "s3"], owner].concat());
        let region = values["inputs"].as_array().unwrap().iter().find(|input| input["key"] == "region").unwrap();
        assert_eq!((&region["value"], &region["origin"]), (&"us-east-2".into(), &"global".into()));
    }
    // What the organization manages, a customer's credential cannot set.
    let id = own["id"].as_str().unwrap();
    assert_eq!(desk.refusal(&["credentials", "edit", id, "--set", "region=eu-west-3"]), "invalid_fields");
    assert_eq!(desk.refusal(&["credentials", "create", "s3", "--organization"]), "wrong_owner");
    assert_eq!(desk.refusal(&["credentials", "create", "s3"]), "owner_required");

    assert_eq!(desk.json(&["credentials", "disable", id])["is_enabled"], false);
    // The other region is another host: the secret was not meant for it.
    assert_eq!(desk.json(&["credentials", "enable", id])["status"], "quarantined");
    let again =
        desk.json(&["credentials", "edit", id, "--without-test", "--secret", &format!("secret_access_key={secret}")]);
    assert_eq!(again["status"], "active");
    assert_eq!(desk.json(&["credentials", "list"])["items"].as_array().unwrap().len(), 2);
    assert_eq!(desk.json(&["credentials", "list", "--customer", "acme"])["items"].as_array().unwrap().len(), 1);

    assert_eq!(desk.refusal(&["connections", "delete", "s3"]), "connection_in_use");
    assert_eq!(desk.json(&["connections", "usage", "s3"])["customer_credentials"], 1);
    assert_eq!(desk.json(&["connections", "delete", "s3", "--force"])["detached"]["customer_credentials"], 1);
    assert_eq!(desk.refusal(&["credentials", "show", id]), "not_found");
}

#[test]
fn people_see_what_happened_and_what_to_do_next() {
    let desk = Desk::new();
    let mut told = String::new();
    let mut tell = |args: &[&str]| {
        let ran = desk.run(args);
        told.push_str(&format!("$ keyway {}\n{}{}\n", args.join(" "), ran.note, ran.answer));
    };
    tell(&["tenants", "list"]);
    tell(&["tenants", "create", "dev"]);
    tell(&["connections", "list"]);
    tell(&["customers", "list"]);
    tell(&["connections", "create", "zendesk", "oauth2", "--scope", "customer"]);
    tell(&["connections", "create", "openai", "open_ai_api_key", "--scope", "organization_global"]);
    tell(&["connections", "create", "http", "bearer", "--scope", "organization_customer", "--label", "Warehouse"]);
    tell(&["connections", "disable", "http-bearer"]);
    tell(&["connections", "list"]);
    tell(&["connections", "list", "--text", "nothing"]);
    tell(&["connections", "history", "http-bearer"]);
    tell(&["connections", "usage", "http-bearer"]);
    tell(&["connections", "create", "opnai", "open_ai_api_key", "--scope", "organization_global"]);
    tell(&["connections", "create", "openai", "api_key", "--scope", "organization_global"]);
    tell(&["connections", "edit", "http-bearer", "--set", "base_ulr=https://x.example", "--set", "nothing=1"]);
    // The key is told of with the embedded database only, and where it lies is another place each time.
    let told: String =
        told.lines().filter(|line| !line.starts_with("made the vault's key")).map(|l| format!("{l}\n")).collect();
    insta::assert_snapshot!(masked(&told));
}
