//! The command line as people and programs see it: exit codes, and what goes to which stream.

mod component;
pub mod desk;
mod health;
mod help;
mod key;
mod link;
mod live_test;
mod people;
mod secret;
pub mod sync;
mod test_run;
mod walk;

use desk::Desk;
use desk::Ran;
use desk::run;
use serde_json::Value;

#[test]
fn settings_are_shown_as_one_document_with_where_they_came_from() {
    let ran = run(&["config", "show", "--json"], &[("KEYWAY_DATA_DIR", "/none"), ("KEYWAY_WEB__WORKERS", "3")]);
    assert_eq!((ran.code, ran.note.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&ran.answer).unwrap();
    let workers = document["settings"].as_array().unwrap().iter().find(|row| row["key"] == "web.workers").unwrap();
    insta::assert_json_snapshot!(workers, @r#"
    {
      "key": "web.workers",
      "value": 3,
      "origin": {
        "from": "environment",
        "variable": "KEYWAY_WEB__WORKERS"
      }
    }
    "#);
}

#[test]
fn wrong_settings_and_wrong_usage_exit_1_and_answer_nothing() {
    let ran = run(&["config", "show"], &[("KEYWAY_DATA_DIR", "/none"), ("KEYWAY_WEB__WORKES", "3")]);
    assert_eq!((ran.code, ran.answer.as_str()), (1, ""));
    assert!(ran.note.contains("did you mean `KEYWAY_WEB__WORKERS`?"), "{}", ran.note);

    for wrong in [&["config", "shwo"][..], &["connection", "list"], &["tenants", "create"], &["--nothing"], &[]] {
        let Ran { code, answer, note } = run(wrong, &[]);
        assert_eq!((code, answer.as_str()), (1, ""), "{wrong:?}");
        assert!(!note.is_empty());
    }
}

#[test]
fn a_mistyped_command_gets_a_suggestion() {
    insta::assert_snapshot!(run(&["connection", "list"], &[]).note, @r"
    error: unrecognized subcommand 'connection'

      tip: some similar subcommands exist: 'attention', 'components', 'connections'

    Usage: keyway [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn errors_have_a_sentence_a_word_and_with_json_a_document() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    let ran = desk.run(&["tenants", "create", "dev"]);
    assert_eq!((ran.code, ran.answer.as_str()), (1, ""));
    insta::assert_snapshot!(ran.note, @r"
    error: a tenant `dev` exists already
      code: tenant_exists
    ");
    let ran = desk.run(&["tenants", "create", "dev", "--json"]);
    insta::assert_snapshot!(ran.answer, @r#"
    {
      "error": {
        "code": "tenant_exists",
        "message": "a tenant `dev` exists already",
        "fields": []
      }
    }
    "#);
}

#[test]
fn the_tenant_is_the_named_one_or_the_only_one() {
    let desk = Desk::new();
    let none = desk.run(&["connections", "list"]);
    assert_eq!(none.code, 1);
    assert!(none.note.contains("keyway tenants create dev"), "{}", none.note);

    desk.json(&["tenants", "create", "dev"]);
    desk.json(&["connections", "list"]);
    desk.json(&["tenants", "create", "prod", "--production"]);
    let several = desk.run(&["connections", "list"]);
    insta::assert_snapshot!(several.note, @r"
    error: which tenant? Name one with --tenant or KEYWAY_TENANT: dev, prod
      code: tenant_required
    ");
    desk.json(&["--tenant", "dev", "connections", "list"]);
    desk.json(&["connections", "list", "--tenant", "prod"]);
    assert_eq!(desk.run_with(&["connections", "list"], &[("KEYWAY_TENANT", "prod")]).code, 0);
    let wrong = desk.run(&["--tenant", "prd", "connections", "list"]);
    insta::assert_snapshot!(wrong.note, @r"
    error: tenant `prd` does not exist; did you mean `prod`?
      code: not_found
    ");
}

#[test]
fn commands_and_a_server_share_the_database() {
    let desk = Desk::new();
    let mut server = desk.serve();
    desk.json(&["tenants", "create", "beside"]);
    let listed = desk.json(&["tenants", "list"]);
    let keys: Vec<&str> = listed["items"].as_array().unwrap().iter().filter_map(|t| t["key"].as_str()).collect();
    // The server made the first one.
    assert_eq!(keys, ["beside", "dev"]);
    server.0.kill().unwrap();
    server.0.wait().unwrap();
}
