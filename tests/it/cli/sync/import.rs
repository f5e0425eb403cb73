//! Definition files: each by itself, with what is wrong and where; then slots, versions and back to a file.

use super::answers;
use super::fixture;
use super::two_tenants;
use crate::cli::desk::Desk;

#[test]
fn a_broken_file_keeps_no_good_one_out() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    let (good, bad) = (fixture("code_native.yml"), fixture("broken_several.yml"));
    let report = answers(&desk, 1, &["integrations", "import", &bad, &good, "/nothing.yml"]);
    assert_eq!(report["ok"], false);
    let ok: Vec<_> = report["files"].as_array().unwrap().iter().map(|file| file["ok"].as_bool().unwrap()).collect();
    assert_eq!(ok, [false, true, false]);
    let problem = &report["files"][0]["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&2.into(), &7.into()), "{problem}");
    assert_eq!(report["files"][2]["problems"][0]["code"], "unreadable_file");
    assert_eq!(desk.json(&["integrations", "list"])["items"].as_array().unwrap().len(), 1);

    let seen = desk.run(&["integrations", "import", &bad]);
    assert_eq!(seen.code, 1);
    assert!(seen.answer.contains("broken_several.yml:2:7"), "{}", seen.answer);
    assert!(seen.answer.contains("refused; nothing of it was imported"), "{}", seen.answer);
}

#[test]
fn a_check_writes_nothing() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    let report = answers(&desk, 0, &["integrations", "check", &fixture("inline.yml")]);
    assert_eq!(report["files"][0]["created_connections"].as_array().unwrap().len(), 3);
    assert!(desk.json(&["integrations", "list"])["items"].as_array().unwrap().is_empty());
    assert!(desk.json(&["connections", "list"])["items"].as_array().unwrap().is_empty());
}

#[test]
fn folders_and_long_files_and_other_keys() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    let text = std::fs::read_to_string(fixture("code_native.yml")).unwrap();
    let folder = desk.path("definitions");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.yml"), &text).unwrap();
    std::fs::write(folder.join("b.YAML"), text.replace("name: Code Native", "name: Other")).unwrap();
    std::fs::write(folder.join("README.md"), "no definition").unwrap();
    let report = answers(&desk, 0, &["integrations", "import", folder.to_str().unwrap()]);
    assert_eq!(report["files"].as_array().unwrap().len(), 2, "{report}");

    let file = desk.file("again.yml", &text);
    let report = answers(&desk, 0, &["integrations", "import", &file, "--as", "mine"]);
    assert_eq!(report["files"][0]["integration"]["key"], "mine");
    let two = ["integrations", "import", &file, &file, "--as", "mine"];
    assert_eq!(desk.refusal(&two), "one_file_only");

    let long = desk.file("long.yml", &format!("# {}\n", "x".repeat(10 * 1024 * 1024)));
    let report = answers(&desk, 1, &["integrations", "import", &long]);
    assert_eq!(report["files"][0]["problems"][0]["code"], "too_large");
    let binary = desk.path("binary.yml");
    std::fs::write(&binary, b"name: x\n\xff\xfe").unwrap();
    let report = answers(&desk, 1, &["integrations", "import", binary.to_str().unwrap()]);
    let problem = &report["files"][0]["problems"][0];
    assert_eq!((&problem["code"], &problem["line"]), (&"not_utf8".into(), &2.into()));
}

#[test]
fn secrets_of_a_file_are_neither_shown_nor_written() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    let ran = desk.run(&["integrations", "import", &fixture("inline.yml"), &fixture("data_sources.yml")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.answer.contains("secret_not_kept"), "{}", ran.answer);
    let exported = desk.run(&["integrations", "export", "order-alerts-muller-co"]);
    for text in [&ran.answer, &ran.note, &exported.answer] {
        assert!(!text.contains("PLANTED"), "{text}");
    }
}

#[test]
fn slots_are_switched_published_and_exported() {
    let desk = two_tenants();
    let dev = |args: &[&str]| desk.json(&[&["--tenant", "dev"], args].concat());
    dev(&["connections", "create", "slack", "oauth2", "--scope", "customer", "--key", "slack-team"]);
    let key = "order-alerts-muller-co";
    let switch = ["integrations", "switch", key, "--slot", "Team Chat", "--to", "slack-team"];
    let preview = dev(&[&switch[..], &["--preview"]].concat());
    assert_eq!(preview["is_written"], false);
    let done = dev(&switch);
    assert_eq!((&done["is_written"], &done["changes"]), (&true.into(), &preview["changes"]));
    let view = dev(&["integrations", "show", key]);
    let slot = view["slots"].as_array().unwrap().iter().find(|slot| slot["variable"] == "Team Chat").unwrap();
    assert_eq!((&slot["stable_key"], &slot["is_rebound"]), (&"slack-team".into(), &true.into()));
    let wrong = ["--tenant", "dev", "integrations", "switch", key, "--slot", "Order Files", "--to", "slack-team"];
    assert_eq!(desk.refusal(&wrong), "wrong_type");

    assert_eq!(dev(&["integrations", "publish", key])["published_number"], 1);
    assert_eq!(dev(&["integrations", "publish", key])["published_number"], 1);
    let versions = dev(&["integrations", "versions", key]);
    assert!(versions["items"].as_array().unwrap().iter().any(|version| version["number"] == 1));
    let file = desk.path("exported.yml");
    dev(&["integrations", "export", key, "--number", "1", "-o", file.to_str().unwrap()]);
    let again = dev(&["integrations", "import", file.to_str().unwrap()]);
    assert_eq!(again["ok"], true, "{again}");
    assert_eq!(dev(&["integrations", "delete", key])["deleted"]["key"], key);
    assert_eq!(desk.refusal(&["--tenant", "dev", "integrations", "show", key]), "not_found");
}
