//! Promoting integrations from the command line: between tenants, through folders, and with other deployments.

mod folder;
mod import;
mod remote;
mod tls;

use serde_json::Value;

use super::desk::Desk;
use super::desk::Ran;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/definitions");

pub fn fixture(name: &str) -> String {
    format!("{FIXTURES}/{name}")
}

/// A command that must end with this code and answer one document.
pub fn answers(desk: &Desk, code: u8, args: &[&str]) -> Value {
    let ran = desk.run(&[args, &["--json"]].concat());
    assert_eq!(ran.code, code, "{args:?}: {ran:?}");
    serde_json::from_str(&ran.answer).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.answer))
}

/// `dev` with integrations, and an empty `prod`.
pub fn two_tenants() -> Desk {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    desk.json(&["tenants", "create", "prod"]);
    let files = ["inline.yml", "secrets.yml", "data_sources.yml", "code_native.yml"].map(fixture);
    let mut args = vec!["--tenant", "dev", "integrations", "import"];
    args.extend(files.iter().map(String::as_str));
    let report = desk.json(&args);
    assert_eq!(report["ok"], true);
    assert_eq!(report["files"].as_array().unwrap().len(), 4);
    desk
}

/// The program itself, one document on standard output.
fn program(desk: &Desk, code: u8, args: &[&str]) -> Value {
    let ran: Ran = desk.process(args, "");
    assert_eq!(ran.code, code, "{args:?}: {ran:?}");
    serde_json::from_str(&ran.answer).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.answer))
}

#[test]
fn the_main_job_is_these_commands() {
    let desk = Desk::new();
    assert_eq!(desk.process(&["tenants", "create", "dev"], "").code, 0);
    assert_eq!(desk.process(&["tenants", "create", "prod"], "").code, 0);
    let files = ["inline.yml", "data_sources.yml", "code_native.yml"].map(fixture);
    let mut import = vec!["--tenant", "dev", "integrations", "import"];
    import.extend(files.iter().map(String::as_str));
    let imported = desk.process(&import, "");
    assert_eq!(imported.code, 0, "{imported:?}");
    assert!(!imported.answer.contains("PLANTED"), "{}", imported.answer);
    let made = program(&desk, 0, &["--tenant", "dev", "connections", "list", "--json"]);
    assert_eq!(made["items"].as_array().unwrap().len(), 3);

    let ends = ["--from", "dev", "--to", "prod", "--on-missing", "placeholder"];
    let plan = program(&desk, 2, &[&["sync", "plan"], &ends[..], &["--json"]].concat());
    assert_eq!(plan["summary"]["placeholders"], 3);
    assert_eq!(plan["todo"].as_array().unwrap().len(), 3);
    let apply = [&["sync", "apply"], &ends[..], &["--yes", "--json"]].concat();
    let applied = program(&desk, 0, &apply);
    assert_eq!(applied["status"], "done");
    assert_eq!(applied["plan"]["hash"], plan["hash"]);
    for integration in ["order-alerts-muller-co", "data-sources", "code-native"] {
        let view = program(&desk, 0, &["--tenant", "prod", "integrations", "show", integration, "--json"]);
        let slots = view["slots"].as_array().unwrap();
        assert!(!slots.is_empty() && slots.iter().all(|slot| slot["state"] == "bound"), "{view}");
    }
    let drift = program(&desk, 0, &["sync", "drift", "--from", "dev", "--to", "prod", "--json"]);
    assert_eq!(drift["is_empty"], true);
    assert_eq!(program(&desk, 0, &apply)["status"], "nothing");

    let taken = program(&desk, 0, &["sync", "rollback", "--tenant", "prod", "--yes", "--json"]);
    assert_eq!(taken["id"], applied["run"]);
    let left = program(&desk, 0, &["--tenant", "prod", "connections", "list", "--json"]);
    assert_eq!(left["items"].as_array().unwrap().len(), 0);
    let left = program(&desk, 0, &["--tenant", "prod", "integrations", "list", "--json"]);
    assert_eq!(left["items"].as_array().unwrap().len(), 0);
    let again = program(&desk, 2, &[&["sync", "plan"], &ends[..], &["--json"]].concat());
    assert_eq!(again["summary"], plan["summary"]);
}

#[test]
fn exit_codes_tell_nothing_changes_blocked_and_errors_apart() {
    let desk = two_tenants();
    let ends = ["--from", "dev", "--to", "prod"];
    let with = |command: &'static str, more: &[&'static str]| [&["sync", command], &ends[..], more].concat();
    assert_eq!(answers(&desk, 3, &with("plan", &[]))["outcome"], "blocked");
    assert_eq!(answers(&desk, 3, &with("apply", &["--yes"]))["status"], "blocked");
    assert_eq!(answers(&desk, 2, &with("drift", &[]))["is_empty"], false);
    let refused = |args: &[&str], code: &str| assert_eq!(desk.refusal(args), code, "{args:?}");
    refused(&with("apply", &["--on-missing", "placeholder"]), "confirmation_required");
    refused(&["sync", "rollback", "--tenant", "prod"], "confirmation_required");
    refused(&["sync", "rollback", "--tenant", "prod", "--yes"], "no_sync");
    refused(&["sync", "plan", "--from", "dev", "--to", "dev"], "same_tenant");
    refused(&["sync", "plan", "--from", "dev", "--to", "prd"], "not_found");
    refused(&["sync", "plan", "--from", "./nothing", "--to", "prod"], "no_folder");
    refused(&["sync", "plan", "--from", "https://keyway.example.com", "--to", "prod"], "no_remote_key");
    refused(&with("plan", &["--map", "a=b", "--map", "a=c"]), "map_twice");
    for wrong in [&["sync", "plan", "--from", "dev"][..], &["sync", "plan", "--map", "a"], &["sync"]] {
        let ran = desk.run(wrong);
        assert_eq!((ran.code, ran.answer.as_str()), (1, ""), "{wrong:?}");
    }
}

#[test]
fn a_tenant_keeps_its_own_connections_and_what_was_entered_there() {
    let desk = two_tenants();
    let secret = desk.file("secret", "CANARY-of-prod");
    let create =
        ["connections", "create", "slack", "oauth2", "--scope", "customer", "--set", "client_id=client-of-prod"];
    let client_secret = format!("client_secret={secret}");
    let create = [&["--tenant", "prod"], &create[..], &["--secret", &client_secret]].concat();
    let made = desk.json(&create);
    assert_eq!(made["stable_key"], "slack-oauth2");
    let apply = ["sync", "apply", "--from", "dev", "--to", "prod", "--on-missing", "placeholder", "--yes"];
    let applied = answers(&desk, 0, &apply);
    assert_eq!(applied["plan"]["summary"]["placeholders"], 2);
    assert_eq!(desk.json(&["--tenant", "prod", "connections", "show", "slack-oauth2"]), made);
    let view = desk.json(&["--tenant", "prod", "integrations", "show", "code-native"]);
    assert!(view["slots"].as_array().unwrap().iter().any(|slot| slot["stable_key"] == "slack-oauth2"), "{view}");

    let folder = desk.path("folder");
    let told = [
        desk.run(&["sync", "history", applied["run"].as_str().unwrap(), "--tenant", "prod", "--verbose"]),
        desk.run(&["sync", "drift", "--from", "dev", "--to", "prod", "--verbose"]),
        desk.run(&["sync", "plan", "--from", "prod", "--to", "dev", "--update-connections", "--verbose"]),
        desk.run(&["--tenant", "prod", "export", folder.to_str().unwrap(), "--verbose"]),
        desk.run(&["sync", "rollback", "--tenant", "prod", "--yes", "--json"]),
    ];
    assert!(told.iter().all(|ran| !ran.answer.contains("CANARY") && !ran.note.contains("CANARY")), "{told:?}");
    for part in ["connections", "integrations"] {
        super::desk::assert_nowhere(&folder.join(part), "CANARY");
    }
    assert_eq!(desk.json(&["--tenant", "prod", "connections", "show", "slack-oauth2"]), made);
}

#[test]
fn people_see_what_a_sync_does_and_what_comes_next() {
    let desk = two_tenants();
    let ends = ["--from", "dev", "--to", "prod"];
    let placeholder = ["--on-missing", "placeholder"];
    let blocked = desk.run(&[&["sync", "plan"], &ends[..]].concat());
    let plan = desk.run(&[&["sync", "plan"], &ends[..], &placeholder].concat());
    let applied = desk.run(&[&["sync", "apply"], &ends[..], &placeholder, &["--yes"]].concat());
    let again = desk.run(&[&["sync", "apply"], &ends[..], &["--yes"]].concat());
    let taken = desk.run(&["sync", "rollback", "--tenant", "prod", "--yes"]);
    let all = [blocked, plan, applied, again, taken].map(|ran| {
        assert_eq!(ran.note, "");
        format!("exit {}\n{}", ran.code, ran.answer)
    });
    let text = super::desk::masked(&all.join("\n----\n"));
    let runs = regex::Regex::new(r"syn_[0-9a-f]{32}").unwrap();
    insta::assert_snapshot!(runs.replace_all(&text, "syn_00000000000000000000000000000000"));
}

#[test]
fn histories_keep_what_was_applied_and_what_was_taken_back() {
    let desk = two_tenants();
    let apply = ["sync", "apply", "--from", "dev", "--to", "prod", "--on-missing", "placeholder", "--yes"];
    let applied = answers(&desk, 0, &apply);
    desk.json(&["sync", "rollback", "--tenant", "prod", "--yes"]);
    let listed = desk.json(&["sync", "history", "--tenant", "prod"]);
    let runs = listed["items"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((&runs[0]["id"], &runs[0]["source"]), (&applied["run"], &Value::from("dev")));
    assert_eq!(runs[0]["rolled_back_by"], "operator ann");
    let id = applied["run"].as_str().unwrap();
    let one = desk.json(&["sync", "history", id, "--tenant", "prod"]);
    assert_eq!(one["plan"]["hash"], applied["plan"]["hash"]);
    assert_eq!(desk.refusal(&["sync", "rollback", "--tenant", "prod", "--run", id, "--yes"]), "already_rolled_back");
    let seen = desk.run(&["sync", "history", "--tenant", "prod"]);
    assert!(seen.answer.contains(id) && seen.answer.contains("taken back"), "{}", seen.answer);
}
