//! Secrets come from files, standard input or a prompt, and are never seen again.

use super::desk::Desk;
use super::desk::assert_nowhere;
use super::desk::run;

const CANARY: &str = "sk-canary7f3a9c1eplanted";

fn desk() -> Desk {
    let desk = Desk::embedded();
    desk.json(&["tenants", "create", "dev"]);
    desk
}

#[test]
fn a_planted_secret_shows_nowhere() {
    let desk = desk();
    // Kept outside the data folder, whose files are searched.
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("secret");
    std::fs::write(&file, format!("{CANARY}\n")).unwrap();
    let secret = format!("api_key={}", file.display());
    desk.json(&["customers", "create", "acme"]);
    let create = |key: &str, rest: &[&str]| {
        desk.json(&[&["connections", "create", "openai", "open_ai_api_key", "--key", key, "--scope"], rest].concat())
    };
    create("all", &["organization_global", "--without-test", "--secret", &secret]);
    create("each", &["customer"]);
    let credential =
        desk.json(&["credentials", "create", "each", "--without-test", "--customer", "acme", "--secret", &secret]);
    let id = credential["id"].as_str().unwrap();
    assert_eq!(credential["status"], "active");

    let commands: &[&[&str]] = &[
        &["connections", "show", "all"],
        &["connections", "list"],
        &["connections", "values", "all"],
        &["connections", "values", "each", "--customer", "acme"],
        &["connections", "edit", "all", "--without-test", "--secret", &secret],
        &["connections", "history", "all"],
        &["connections", "history", "each"],
        &["credentials", "show", id],
        &["credentials", "list"],
        &["credentials", "edit", id, "--without-test", "--secret", &secret],
        &["config", "show"],
    ];
    for command in commands {
        for json in [&[][..], &["--json"]] {
            let ran = desk.run(&[command, json].concat());
            assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
            assert!(!ran.answer.contains(CANARY) && !ran.note.contains(CANARY), "{command:?}");
        }
    }
    assert_nowhere(desk.folder.path(), CANARY);
    // The search itself finds what is there.
    desk.json(&["connections", "edit", "all", "--label", "findable-label"]);
    assert!(std::panic::catch_unwind(|| assert_nowhere(desk.folder.path(), "findable-label")).is_err());
}

#[test]
fn a_secret_is_no_argument() {
    let desk = desk();
    let create = ["connections", "create", "openai", "open_ai_api_key", "--scope", "organization_global"];
    let ran = desk.run(&[&create[..], &["--set", &format!("api_key={CANARY}")]].concat());
    assert_eq!(ran.code, 1);
    assert!(ran.note.contains("secret_in_argument") && !ran.note.contains(CANARY), "{}", ran.note);
    // Somebody typed the secret where its file's name belongs, or without a name.
    for typed in [format!("api_key={CANARY}"), CANARY.to_owned()] {
        let option = if typed.contains('=') { "--secret" } else { "--set" };
        let ran = desk.run(&[&create[..], &[option, &typed]].concat());
        assert_eq!(ran.code, 1);
        assert!(!ran.note.contains(CANARY) && !ran.answer.contains(CANARY), "{}", ran.note);
    }
    assert_eq!(desk.json(&["connections", "list"])["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_secret_is_read_from_standard_input() {
    let desk = desk();
    let create = ["connections", "create", "openai", "open_ai_api_key", "--scope", "organization_global", "--json"];
    let ran = desk.process(&[&create[..], &["--without-test", "--secret", "api_key=-"]].concat(), "sk-0123456789\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    let made: serde_json::Value = serde_json::from_str(&ran.answer).unwrap();
    let key = &made["inputs"][0];
    assert_eq!(key["secret"], serde_json::json!({ "is_set": true, "length": 13 }));
    assert_eq!(made["status"], "ready");
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let desk = desk();
    let create = ["connections", "create", "openai", "open_ai_api_key", "--scope", "organization_global"];
    let ran = desk.process(&[&create[..], &["--secret", "api_key"]].concat(), "");
    assert_eq!(ran.code, 1);
    assert!(ran.note.contains("secret_required"), "{}", ran.note);
    let empty = desk.file("empty", "\n");
    assert_eq!(desk.refusal(&[&create[..], &["--secret", &format!("api_key={empty}")]].concat()), "unreadable_secret");
    let twice = ["--secret", "api_key=-", "--secret", "organization=-"];
    let ran = desk.process(&[&create[..], &twice].concat(), "one");
    assert!(ran.note.contains("for one secret only"), "{}", ran.note);
}

#[test]
fn a_cleared_secret_is_gone() {
    let desk = desk();
    let file = desk.file("secret", "sk-0123456789");
    let create = ["connections", "create", "openai", "open_ai_api_key", "--scope", "organization_global"];
    desk.json(&[&create[..], &["--without-test", "--secret", &format!("api_key={file}")]].concat());
    let cleared = desk.json(&["connections", "edit", "openai-open-ai-api-key", "--clear", "api_key"]);
    assert_eq!(cleared["status"], "pending");
    assert_eq!(cleared["inputs"][0]["secret"]["is_set"], false);
}

#[test]
fn settings_with_secrets_are_shown_masked() {
    let key = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
    for json in [&[][..], &["--json"]] {
        let ran =
            run(&[&["config", "show"], json].concat(), &[("KEYWAY_DATA_DIR", "/none"), ("KEYWAY_VAULT__KEY", key)]);
        assert_eq!(ran.code, 0);
        assert!(!ran.answer.contains(key) && ran.answer.contains("********"), "{}", ran.answer);
    }
}
