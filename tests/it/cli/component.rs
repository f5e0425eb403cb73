//! Components: listed, shown, checked.

use serde_json::Value;

use super::desk::Desk;
use super::desk::run;

const BROKEN: &str = "\
key: acme
label: Acme
conections:
  - key: api_key
    label: Key
    inputs:
      - { key: token, label: Token, type: pasword }
    auth: { kind: bearer, token: \"{{tokn}}\" }
";

#[test]
fn components_are_listed_and_shown_without_a_tenant() {
    let desk = Desk::new();
    let listed = desk.json(&["components", "list"]);
    assert!(listed["items"].as_array().unwrap().len() >= 30);
    let shown = desk.json(&["components", "show", "aws-s3"]);
    assert_eq!(shown["connection_types"][0]["auth"], "aws_sigv4");
    assert_eq!(shown["used"], Value::Null);
    let ran = desk.run(&["components", "show", "aws-3"]);
    assert!(ran.note.contains("did you mean `aws-s3`?"), "{}", ran.note);
}

#[test]
fn the_used_components_are_those_of_the_tenants_connections() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    assert_eq!(desk.json(&["components", "list", "--used"])["items"], serde_json::json!([]));
    desk.json(&["connections", "create", "slack", "oauth2", "--scope", "customer"]);
    let used = desk.json(&["components", "list", "--used"]);
    assert_eq!(used["items"][0]["key"], "slack");
    assert_eq!(used["items"][0]["used"], used["items"][0]["newest"]);
}

#[test]
fn a_newer_manifest_waits_until_the_tenant_is_moved_to_it() {
    let desk = Desk::new();
    let folder = desk.path("components");
    std::fs::create_dir(&folder).unwrap();
    let manifest = |version: u32| {
        format!(
            "key: acme\nlabel: Acme\nversion: {version}\nconnections:\n  - key: none\n    label: None\n    auth: {{ kind: none }}\n"
        )
    };
    let file = folder.join("acme.yaml");
    std::fs::write(&file, manifest(1)).unwrap();
    let environment = [("KEYWAY_COMPONENTS__DIRECTORY", folder.to_str().unwrap())];
    let run = |args: &[&str]| -> Value {
        let ran = desk.run_with(&[args, &["--json"]].concat(), &environment);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.answer).unwrap()
    };
    run(&["tenants", "create", "dev"]);
    run(&["connections", "create", "acme", "none", "--scope", "customer"]);
    std::fs::write(&file, manifest(2)).unwrap();
    let shown = run(&["components", "show", "acme"]);
    assert_eq!((&shown["used"]["version"], &shown["can_upgrade"]), (&1.into(), &true.into()));
    let moved = run(&["components", "upgrade", "acme"]);
    assert_eq!((&moved["used"]["version"], &moved["can_upgrade"]), (&2.into(), &false.into()));
}

#[test]
fn shipped_manifests_have_nothing_wrong() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/components");
    let ran = run(&["components", "check", folder, "--json"], &[]);
    let report: Value = serde_json::from_str(&ran.answer).unwrap();
    assert_eq!((ran.code, &report["is_valid"], &report["problems"]), (0, &true.into(), &serde_json::json!([])));
    assert!(report["files"].as_u64().unwrap() >= 30);
}

#[test]
fn what_is_wrong_in_a_manifest_is_told_with_its_place() {
    let desk = Desk::embedded();
    let file = desk.file("acme.yaml", BROKEN);
    let ran = desk.run(&["components", "check", &file, "--json"]);
    assert_eq!((ran.code, ran.note.as_str()), (1, ""));
    let report: Value = serde_json::from_str(&ran.answer).unwrap();
    assert_eq!(report["is_valid"], false);
    let first = &report["problems"][0];
    assert_eq!((&first["file"], &first["line"], &first["column"]), (&file.as_str().into(), &3.into(), &1.into()));

    let ran = desk.run(&["components", "check", &file]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(format!("{}{}", ran.answer, ran.note).replace(desk.folder.path().to_str().unwrap(), ""));
}

#[test]
fn a_file_of_a_folder_is_named_after_its_key_and_other_files_are_free() {
    let desk = Desk::embedded();
    let folder = desk.path("components");
    std::fs::create_dir(&folder).unwrap();
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/components/stripe.yaml");
    let file = folder.join("strip.yaml");
    std::fs::copy(good, &file).unwrap();
    let check = |path: &std::path::Path| run(&["components", "check", path.to_str().unwrap(), "--json"], &[]);
    assert!(check(&folder).answer.contains("misnamed_file"));
    assert_eq!(check(&file).code, 0);
    assert_eq!(check(&desk.path("nothing.yaml")).code, 1);
    std::fs::remove_file(&file).unwrap();
    assert!(check(&folder).answer.contains("no_manifests"));
}

#[test]
fn the_schema_takes_the_shipped_manifests() {
    let ran = run(&["components", "schema"], &[]);
    assert_eq!(ran.code, 0);
    let schema: Value = serde_json::from_str(&ran.answer).unwrap();
    assert!(jsonschema::validator_for(&schema).is_ok());
}
