//! What is built in, and what a folder changes while the program runs.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use tempfile::TempDir;

use crate::app::catalog::Catalog;
use crate::app::catalog::Origin;
use crate::app::catalog::built_in;
use crate::model::component;

fn eager(folder: &TempDir) -> Catalog {
    Catalog::checked_every(Some(folder.path().to_owned()), Duration::ZERO)
}

fn manifest(key: &str, label: &str) -> String {
    format!("key: {key}\nlabel: {label}\n")
}

/// Writes a file with a time of its own: two writes within one tick of the file system's clock would look the same.
fn write(folder: &TempDir, name: &str, text: &str, tick: u64) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + tick);
    fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    path
}

fn label(catalog: &Catalog, key: &str) -> Option<String> {
    catalog.get(key).map(|entry| entry.component.label.clone())
}

fn codes(catalog: &Catalog) -> Vec<(String, &'static str)> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    catalog.problems().iter().map(|(path, problems)| (name(path), problems[0].code)).collect()
}

#[test]
fn every_built_in_manifest_is_in_force() {
    let catalog = Catalog::new(None);
    let listed: Vec<String> = catalog.list().iter().map(|entry| entry.component.key.clone()).collect();
    assert_eq!(listed, built_in::keys());
    assert!(listed.len() >= 30, "{}", listed.len());
    let slack = catalog.get("slack").unwrap();
    assert_eq!((slack.origin.clone(), slack.digest.clone()), (Origin::BuiltIn, slack.component.digest()));
    assert_eq!(component::read(&slack.text).unwrap(), slack.component);
    assert!(Arc::ptr_eq(&slack, &Catalog::new(None).get("slack").unwrap()), "read twice");
    assert!(catalog.get("no-such-component").is_none() && catalog.get("../slack").is_none());
    assert!(catalog.problems().is_empty());
}

#[test]
fn the_generated_schema_takes_every_built_in_manifest() {
    let validator = jsonschema::validator_for(&component::schema()).unwrap();
    for entry in Catalog::new(None).list() {
        let value = crate::model::yaml::read(&entry.text).unwrap().to_value();
        let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", entry.component.key);
        let written = serde_json::from_str(&entry.component.to_canonical_json()).unwrap();
        assert!(validator.is_valid(&written), "{}", entry.component.key);
    }
}

#[test]
fn every_built_in_manifest_obeys_the_rules() {
    for entry in Catalog::new(None).list() {
        assert_eq!(component::read(&entry.text).as_ref(), Ok(&entry.component), "{}", entry.component.key);
    }
}

#[test]
fn a_folder_adds_and_overrides() {
    let folder = TempDir::new().unwrap();
    let catalog = eager(&folder);
    let built_in = catalog.list().len();
    let path = write(&folder, "own.yaml", &manifest("own", "Own"), 1);
    write(&folder, "slack.yaml", &manifest("slack", "Our Slack"), 1);
    assert_eq!(label(&catalog, "own").unwrap(), "Own");
    assert_eq!(catalog.get("own").unwrap().origin, Origin::Directory(path));
    assert_eq!(label(&catalog, "slack").unwrap(), "Our Slack");
    assert_eq!(catalog.list().len(), built_in + 1);
    assert!(catalog.problems().is_empty());
    fs::remove_file(folder.path().join("slack.yaml")).unwrap();
    fs::remove_file(folder.path().join("own.yaml")).unwrap();
    assert_eq!(catalog.get("slack").unwrap().origin, Origin::BuiltIn);
    assert!(catalog.get("own").is_none());
}

#[test]
fn a_changed_file_is_read_again_and_an_unchanged_one_is_not() {
    let folder = TempDir::new().unwrap();
    let catalog = eager(&folder);
    write(&folder, "own.yaml", &manifest("own", "A"), 1);
    let first = catalog.get("own").unwrap();
    assert!(Arc::ptr_eq(&first, &catalog.clone().get("own").unwrap()));
    write(&folder, "own.yaml", &manifest("own", "B"), 2);
    assert_eq!(label(&catalog, "own").unwrap(), "B");
    write(&folder, "own.yaml", &manifest("own", "Longer"), 2);
    assert_eq!(label(&catalog, "own").unwrap(), "Longer");
}

#[test]
fn a_broken_file_never_unloads_the_good_one() {
    let folder = TempDir::new().unwrap();
    let catalog = eager(&folder);
    write(&folder, "own.yaml", &manifest("own", "Good"), 1);
    write(&folder, "slack.yaml", "key: slack\nlable: Slack\n", 1);
    assert_eq!(catalog.get("slack").unwrap().origin, Origin::BuiltIn);
    assert_eq!(label(&catalog, "own").unwrap(), "Good");
    let broken: [(&str, &str); 5] = [
        ("key: own\nlable: A\n", "unknown_key"),
        ("key: own\nlabel: [", "syntax"),
        ("", "empty_file"),
        ("key: other\nlabel: Other\n", "misnamed_file"),
        ("key: own\nlabel: 1\n", "wrong_type"),
    ];
    for (tick, (text, code)) in (2..).zip(broken) {
        write(&folder, "own.yaml", text, tick);
        assert_eq!(label(&catalog, "own").unwrap(), "Good", "{code}");
        assert_eq!(codes(&catalog), [("own.yaml".to_owned(), code), ("slack.yaml".to_owned(), "unknown_key")]);
    }
    fs::write(folder.path().join("own.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(label(&catalog, "own").unwrap(), "Good");
    assert_eq!(codes(&catalog)[0].1, "unreadable_file");
    write(&folder, "own.yaml", &"# ".repeat(200_000), 20);
    assert_eq!(label(&catalog, "own").unwrap(), "Good");
    assert_eq!(codes(&catalog)[0].1, "too_large");
    write(&folder, "own.yaml", &manifest("own", "Better"), 21);
    assert_eq!(label(&catalog, "own").unwrap(), "Better");
    assert_eq!(codes(&catalog).len(), 1);
}

#[test]
fn a_folder_that_cannot_be_read_keeps_what_was_loaded() {
    let parent = TempDir::new().unwrap();
    let folder = TempDir::new_in(parent.path()).unwrap();
    let catalog = eager(&folder);
    write(&folder, "own.yaml", &manifest("own", "Own"), 1);
    assert!(catalog.get("own").is_some());
    fs::rename(folder.path(), parent.path().join("elsewhere")).unwrap();
    assert!(catalog.get("own").is_some() && catalog.get("slack").is_some());
    assert_eq!(codes(&catalog)[0].1, "unreadable_folder");
    fs::rename(parent.path().join("elsewhere"), folder.path()).unwrap();
    assert!(catalog.problems().is_empty());
}

#[test]
fn other_files_are_left_alone() {
    let folder = TempDir::new().unwrap();
    let catalog = eager(&folder);
    for name in [".own.yaml", "own.yaml~", "README.md", "own", ".yaml"] {
        write(&folder, name, "not: a manifest", 1);
    }
    fs::create_dir(folder.path().join("folder.yaml")).unwrap();
    assert!(catalog.problems().is_empty());
    assert_eq!(catalog.list().len(), Catalog::new(None).list().len());
    write(&folder, "own.yml", &manifest("own", "Own"), 1);
    assert_eq!(codes(&catalog), [("own.yml".to_owned(), "misnamed_file")]);
}

#[test]
fn the_folder_is_looked_at_once_in_a_while() {
    let folder = TempDir::new().unwrap();
    let catalog = Catalog::checked_every(Some(folder.path().to_owned()), Duration::from_secs(3600));
    assert!(catalog.get("own").is_none());
    write(&folder, "own.yaml", &manifest("own", "Own"), 1);
    assert!(catalog.get("own").is_none());
}
