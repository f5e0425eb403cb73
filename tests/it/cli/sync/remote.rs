//! Two deployments, each with its own database and key: what travels is what a sync between tenants would bring.

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;

use serde_json::Value;

use super::fixture;
use super::two_tenants;
use crate::cli::desk::Desk;
use crate::cli::desk::Ran;
use crate::cli::desk::Server;

/// A running deployment, and a key of one of its tenants.
struct Deployment {
    desk: Desk,
    url: String,
    key: String,
    _server: Server,
}

impl Deployment {
    fn of(desk: Desk, tenant: &str) -> Self {
        Self::of_limited(desk, tenant, "1048576")
    }

    /// A server that takes snapshots up to so many bytes.
    fn of_limited(desk: Desk, tenant: &str, snapshot_bytes: &str) -> Self {
        let made = desk.json(&[
            "--tenant",
            tenant,
            "api-keys",
            "create",
            "--name",
            "sync",
            "--scope",
            "sync:read",
            "--scope",
            "sync:apply",
        ]);
        let key = made["key"].as_str().unwrap().to_owned();
        let serve = ["serve", "--listen", "127.0.0.1:0", "--json"];
        let mut program = desk.program(&serve);
        program.env("KEYWAY_SYNC__SNAPSHOT_LIMIT_BYTES", snapshot_bytes).stderr(Stdio::null());
        let mut child = program.spawn().unwrap();
        let mut text = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let started: Value = serde_json::from_str(&text).unwrap();
        let url = started["url"].as_str().unwrap().to_owned();
        Self { desk, url, key, _server: Server(child) }
    }

    fn json(&self, code: u8, args: &[&str], keys: &[(&str, &str)]) -> Value {
        let ran: Ran = self.desk.run_with(&[args, &["--json"]].concat(), keys);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        for (_, key) in keys {
            assert!(!ran.answer.contains(key) && !ran.note.contains(key));
        }
        serde_json::from_str(&ran.answer).unwrap()
    }
}

#[test]
fn tenants_of_two_deployments_are_synced_both_ways() {
    let here = Deployment::of(two_tenants(), "dev");
    let there = Desk::new();
    there.json(&["tenants", "create", "prod"]);
    let there = Deployment::of(there, "prod");
    let (from_key, to_key) = (("KEYWAY_FROM_KEY", here.key.as_str()), ("KEYWAY_TO_KEY", there.key.as_str()));

    // Ours to theirs.
    let ends = ["--from", "dev", "--to", &there.url];
    let placeholder = ["--on-missing", "placeholder"];
    let plan = [&["sync", "plan"], &ends[..]].concat();
    assert_eq!(here.json(3, &plan, &[to_key])["outcome"], "blocked");
    let apply = [&["sync", "apply"], &ends[..], &["--yes"]].concat();
    assert_eq!(here.json(3, &apply, &[to_key])["status"], "blocked");
    let apply = [&apply[..], &placeholder].concat();
    let applied = here.json(0, &apply, &[to_key]);
    assert_eq!(applied["status"], "done");
    assert_eq!(applied["plan"]["target"]["name"], "prod");
    assert_eq!(here.json(0, &apply, &[to_key])["status"], "nothing");
    assert_eq!(here.json(0, &[&["sync", "drift"], &ends[..]].concat(), &[to_key])["is_empty"], true);
    assert_eq!(there.desk.json(&["integrations", "list"])["items"].as_array().unwrap().len(), 4);

    // Theirs to ours, seen from here; then from a third place to there.
    let back = ["sync", "apply", "--from", &there.url, "--to", "prod", "--on-missing", "placeholder", "--yes"];
    assert_eq!(here.json(0, &back, &[("KEYWAY_FROM_KEY", &there.key)])["status"], "done");
    let between = ["sync", "drift", "--from", &here.url, "--to", &there.url];
    assert_eq!(here.json(0, &between, &[from_key, to_key])["is_empty"], true);

    // A folder to theirs.
    let folder = here.desk.path("folder");
    let folder = folder.to_str().unwrap();
    here.desk.json(&["--tenant", "dev", "export", folder]);
    assert_eq!(here.json(0, &["sync", "plan", "--from", folder, "--to", &there.url], &[to_key])["outcome"], "nothing");
    let fetched = here.desk.path("fetched");
    let fetch = ["sync", "apply", "--from", &there.url, "--to", fetched.to_str().unwrap(), "--yes"];
    assert_eq!(here.json(0, &fetch, &[("KEYWAY_FROM_KEY", &there.key)])["status"], "done");

    let taken = there.desk.json(&["sync", "rollback", "--yes"]);
    assert_eq!(taken["source"], "dev");
    assert!(there.desk.json(&["integrations", "list"])["items"].as_array().unwrap().is_empty());
}

#[test]
fn people_read_the_address_and_never_the_key() {
    let here = Desk::new();
    here.json(&["tenants", "create", "dev"]);
    here.json(&["integrations", "import", &fixture("inline.yml")]);
    let there = Desk::new();
    there.json(&["tenants", "create", "prod", "--production"]);
    let there = Deployment::of(there, "prod");
    let file = here.file("key", &format!("{}\n", there.key));
    let plan = ["sync", "plan", "--from", "dev", "--to", &there.url, "--to-key-file", &file];
    let plan = [&plan[..], &["--on-missing", "placeholder"]].concat();
    let ran = here.run(&plan);
    assert_eq!(ran.code, 2, "{ran:?}");
    let next = format!("keyway sync apply --from dev --to {} --on-missing placeholder", there.url);
    assert!(ran.answer.contains(&next), "{}", ran.answer);
    assert!(!ran.answer.contains(&there.key));

    let wrong = here.file("wrong", "kw_not_a_key");
    let refused = ["sync", "plan", "--from", "dev", "--to", &there.url, "--to-key-file", &wrong];
    let ran = here.run(&refused);
    assert_eq!(ran.code, 1);
    assert!(ran.note.contains("remote_unauthenticated") && !ran.note.contains("kw_not_a_key"), "{}", ran.note);
    let far = ["sync", "plan", "--from", "dev", "--to", "http://192.0.2.1", "--to-key-file", &file];
    assert_eq!(here.refusal(&far), "insecure_url");
    let gone = ["sync", "plan", "--from", "dev", "--to", "http://127.0.0.1:1", "--to-key-file", &file];
    assert_eq!(here.refusal(&gone), "unreachable");
}

#[test]
fn a_snapshot_past_the_limit_is_refused_clearly_on_either_side() {
    let here = two_tenants();
    let there = Desk::new();
    there.json(&["tenants", "create", "prod"]);
    let there = Deployment::of_limited(there, "prod", "2048");
    let to_key = ("KEYWAY_TO_KEY", there.key.as_str());
    let plan = ["--json", "sync", "plan", "--from", "dev", "--to", &there.url];
    let refusal = |more: &[(&str, &str)]| {
        let ran = here.run_with(&plan, &[&[to_key], more].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        let document: Value = serde_json::from_str(&ran.answer).unwrap();
        let text = |name: &str| document["error"][name].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    };
    let (code, message) = refusal(&[]);
    assert_eq!(code, "remote_refused");
    assert!(message.contains("larger than 2048 bytes") && message.contains("sync.snapshot_limit_bytes"), "{message}");
    let (code, message) = refusal(&[("KEYWAY_SYNC__SNAPSHOT_LIMIT_BYTES", "1024")]);
    assert_eq!(code, "snapshot_too_large");
    assert!(message.contains("sync.snapshot_limit_bytes allows 1024"), "{message}");
    // What is read is limited by the same setting.
    let theirs = Deployment::of(here, "dev");
    let keys = [("KEYWAY_FROM_KEY", theirs.key.as_str()), ("KEYWAY_SYNC__SNAPSHOT_LIMIT_BYTES", "1024")];
    let ran = there.desk.run_with(&["--json", "sync", "plan", "--from", &theirs.url, "--to", "prod"], &keys);
    assert!(ran.code == 1 && ran.answer.contains("answer_too_large"), "{ran:?}");
}
