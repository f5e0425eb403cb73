//! The vault's key file: made once, for its owner's eyes only, and never made anew over lost secrets.

use std::fs;

use super::desk::Desk;
use super::desk::Ran;
use super::desk::run;

#[test]
fn the_first_command_makes_the_key_and_says_so_once() {
    let desk = Desk::embedded();
    let first = desk.run(&["tenants", "list", "--json"]);
    assert!(first.note.starts_with("made the vault's key"), "{}", first.note);
    let second = desk.run(&["tenants", "list", "--json"]);
    assert_eq!((second.code, second.note.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(desk.path("keyway.key")).unwrap().len(), 45);
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::embedded();
    desk.json(&["tenants", "list"]);
    let file = desk.path("keyway.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o644, 0o660] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let ran = desk.run(&["tenants", "list"]);
        assert_eq!(ran.code, 1);
        assert!(ran.note.contains("chmod 600") && ran.note.contains("vault_key_permissions"), "{}", ran.note);
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    desk.json(&["tenants", "list"]);
}

#[test]
fn a_lost_or_wrong_key_is_refused_and_not_replaced() {
    let desk = Desk::embedded();
    desk.json(&["tenants", "create", "dev"]);
    let file = desk.path("keyway.key");
    let key = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(desk.refusal(&["tenants", "list"]), "vault_key_missing");
    assert!(!file.exists());

    let other = Desk::embedded();
    other.json(&["tenants", "list"]);
    fs::copy(other.path("keyway.key"), &file).unwrap();
    assert_eq!(desk.refusal(&["tenants", "list"]), "wrong_vault_key");
    fs::write(&file, "not a key").unwrap();
    assert_eq!(desk.refusal(&["tenants", "list"]), "vault_key_file");
    fs::write(&file, key).unwrap();
    desk.json(&["tenants", "list"]);
}

#[test]
fn a_named_file_is_never_made() {
    let desk = Desk::embedded();
    let path = desk.path("elsewhere.key");
    let ran = desk.run_with(&["tenants", "list"], &[("KEYWAY_VAULT__KEY_FILE", path.to_str().unwrap())]);
    assert_eq!(ran.code, 1);
    assert!(ran.note.contains("vault_key_missing"), "{}", ran.note);
    assert!(!path.exists());
}

#[test]
fn postgres_without_a_key_is_not_even_opened() {
    let desk = Desk::embedded();
    let data = desk.folder.path().to_str().unwrap();
    let ran =
        run(&["tenants", "list"], &[("KEYWAY_DATA_DIR", data), ("KEYWAY_DATABASE_URL", "postgres://127.0.0.1:1/none")]);
    assert_eq!(ran.code, 1);
    assert!(ran.note.contains("KEYWAY_VAULT__KEY"), "{}", ran.note);
}

#[test]
fn first_commands_at_once_agree_on_one_key() {
    let desk = Desk::embedded();
    let started: Vec<_> =
        ["dev", "prod", "eu", "us"].map(|key| desk.program(&["tenants", "create", key]).spawn().unwrap()).into();
    let ran: Vec<Ran> = started.into_iter().map(Ran::of).collect();
    assert!(ran.iter().all(|ran| ran.code == 0), "{ran:?}");
    assert_eq!(ran.iter().filter(|ran| ran.note.contains("made the vault's key")).count(), 1, "{ran:?}");
    assert_eq!(desk.json(&["tenants", "list"])["items"].as_array().unwrap().len(), 4);
}
