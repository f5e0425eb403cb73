//! A tenant as a folder of files, and back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::answers;
use super::two_tenants;

fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            files.insert(path.to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}

#[test]
fn a_folder_is_the_same_each_time_and_makes_another_tenant_equal() {
    let desk = two_tenants();
    let folder = desk.path("folder");
    let path = folder.to_str().unwrap();
    let export = ["--tenant", "dev", "export", path];
    assert_eq!(answers(&desk, 0, &export)["status"], "done");
    let first = tree(&folder);
    assert_eq!(first.len(), 1 + 3 + 4, "{:?}", first.keys());
    for secret in ["client-secret", "header", "dynamic", "bare", "template", "left-behind", "scoped", "step", "nested"]
    {
        assert!(first.values().all(|text| !text.contains(&format!("PLANTED-{secret}"))), "{secret}");
    }
    assert_eq!(answers(&desk, 0, &export)["status"], "nothing");
    assert_eq!(tree(&folder), first);
    assert_eq!(answers(&desk, 0, &["sync", "drift", "--from", "dev", "--to", path])["is_empty"], true);

    let apply = ["--tenant", "prod", "apply", path, "--on-missing", "placeholder", "--yes"];
    assert_eq!(answers(&desk, 0, &apply)["status"], "done");
    assert_eq!(answers(&desk, 0, &apply)["status"], "nothing");
    assert_eq!(answers(&desk, 0, &["sync", "drift", "--from", "dev", "--to", "prod"])["is_empty"], true);
    let second = desk.path("second");
    answers(&desk, 0, &["--tenant", "prod", "export", second.to_str().unwrap()]);
    let texts = |files: BTreeMap<String, String>| files.into_values().collect::<Vec<_>>();
    assert_eq!(texts(tree(&second)), texts(first));
}

#[test]
fn what_is_gone_leaves_the_folder_and_other_files_stay() {
    let desk = two_tenants();
    let folder = desk.path("folder");
    let path = folder.to_str().unwrap();
    desk.json(&["--tenant", "dev", "export", path]);
    fs::write(folder.join("README.md"), "ours").unwrap();
    fs::write(folder.join("integrations/notes.txt"), "ours").unwrap();
    desk.json(&["--tenant", "dev", "integrations", "delete", "code-native"]);
    let plan = answers(&desk, 2, &["sync", "plan", "--from", "dev", "--to", path]);
    assert_eq!(plan["summary"]["deleted"], 1, "{plan}");
    desk.json(&["--tenant", "dev", "export", path]);
    assert!(!folder.join("integrations/code-native.yaml").exists());
    assert!(folder.join("README.md").exists() && folder.join("integrations/notes.txt").exists());
}

#[test]
fn another_folder_is_not_written_over() {
    let desk = two_tenants();
    let folder = desk.path("theirs");
    fs::create_dir_all(folder.join("connections")).unwrap();
    fs::write(folder.join("connections/slack-oauth2.yaml"), "theirs").unwrap();
    let path = folder.to_str().unwrap();
    assert_eq!(desk.refusal(&["--tenant", "dev", "export", path]), "unusable_folder");
    assert_eq!(fs::read_to_string(folder.join("connections/slack-oauth2.yaml")).unwrap(), "theirs");
    assert!(!folder.join("keyway.yaml").exists());
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    let desk = two_tenants();
    let folder = desk.path("folder");
    let path = folder.to_str().unwrap();
    let outside = desk.file("outside.yaml", "theirs");
    desk.json(&["--tenant", "dev", "export", path]);
    let linked = folder.join("connections/slack-oauth2.yaml");
    fs::remove_file(&linked).unwrap();
    std::os::unix::fs::symlink(&outside, &linked).unwrap();
    assert_eq!(desk.refusal(&["--tenant", "dev", "export", path]), "unusable_folder");
    assert_eq!(desk.refusal(&["--tenant", "prod", "apply", path, "--yes"]), "unusable_folder");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "theirs");

    let other = desk.path("other");
    fs::create_dir(&other).unwrap();
    std::os::unix::fs::symlink(desk.path("folder/integrations"), other.join("integrations")).unwrap();
    assert_eq!(desk.refusal(&["--tenant", "dev", "export", other.to_str().unwrap()]), "unusable_folder");
}

#[test]
fn what_is_wrong_in_a_folder_is_told_with_its_place() {
    let desk = two_tenants();
    let folder = desk.path("folder");
    let path = folder.to_str().unwrap();
    desk.json(&["--tenant", "dev", "export", path]);
    let file = folder.join("connections/aws-s3-api-key-secret.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("label:", "lable:")).unwrap();
    let seen = desk.run(&["--tenant", "prod", "apply", path, "--yes"]);
    assert_eq!((seen.code, seen.answer.as_str()), (1, ""));
    assert!(seen.note.contains("aws-s3-api-key-secret.yaml:1:1"), "{}", seen.note);
    assert!(seen.note.contains("did you mean `label`?"), "{}", seen.note);
    let ran = desk.run(&["--tenant", "prod", "apply", path, "--yes", "--json"]);
    assert!(ran.answer.contains("aws-s3-api-key-secret.yaml:1:1"), "{}", ran.answer);
}
