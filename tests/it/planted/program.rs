//! The program itself: what its processes write to both streams at the most detailed level, and the files it leaves.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use super::SECRET;
use super::hunt::assert_clean;
use super::hunt::assert_clean_folder;
use super::hunt::found;
use crate::cli::desk::Desk;
use crate::cli::desk::Ran;
use crate::cli::desk::Server;
use crate::cli::sync::fixture;
use crate::support::client::Client;

/// Runs the program with the log at its most detailed, and looks at both of its streams.
fn ran(desk: &Desk, code: u8, args: &[&str]) -> Ran {
    let ran = Ran::of(desk.program(args).env("KEYWAY_LOG__LEVEL", "trace").spawn().unwrap());
    assert_eq!(ran.code, code, "{args:?}: {ran:?}");
    assert_clean(&format!("standard output of {args:?}"), ran.answer.as_bytes());
    assert_clean(&format!("standard error of {args:?}"), ran.note.as_bytes());
    ran
}

/// `dev` with the secret in connections and credentials and an integration for them, and an empty `prod`.
fn planted(outside: &Path) -> Desk {
    let desk = Desk::new();
    for tenant in ["dev", "prod"] {
        ran(&desk, 0, &["tenants", "create", tenant]);
    }
    // Beside the data folder, whose files are searched.
    let file = outside.join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let file = file.to_str().unwrap();
    let create = ["--tenant", "dev", "connections", "create"];
    let slack = format!("client_secret={file}");
    let slack = ["slack", "oauth2", "--scope", "customer", "--set", "client_id=c", "--secret", &slack];
    ran(&desk, 0, &[&create[..], &slack].concat());
    let http = format!("api_key={file}");
    let erp = ["http", "api_key", "--without-test", "--key", "erp", "--scope", "organization_global"];
    let erp = [&create[..], &erp, &["--set", "base_url=https://erp.example.com", "--secret", &http]].concat();
    ran(&desk, 0, &erp);
    ran(&desk, 0, &["--tenant", "dev", "integrations", "import", &fixture("inline.yml"), &fixture("code_native.yml")]);
    desk
}

#[test]
fn no_command_tells_a_secret_or_leaves_it_in_a_file() {
    let outside = tempfile::tempdir().unwrap();
    let desk = planted(outside.path());
    let folder = desk.path("folder");
    let folder = folder.to_str().unwrap();
    let apply = ["sync", "apply", "--from", "dev", "--to", "prod", "--on-missing", "placeholder", "--yes"];
    let commands: &[(u8, &[&str])] = &[
        (3, &["sync", "plan", "--from", "dev", "--to", "prod", "--verbose"]),
        (0, &apply),
        (0, &["--tenant", "prod", "sync", "history", "--json"]),
        // The one connection that nothing uses stays where it is.
        (2, &["sync", "drift", "--from", "dev", "--to", "prod", "--verbose"]),
        (0, &["--tenant", "dev", "connections", "show", "erp", "--json"]),
        (0, &["--tenant", "dev", "connections", "history", "erp"]),
        (0, &["--tenant", "dev", "connections", "values", "erp"]),
        (0, &["--tenant", "dev", "export", folder, "--verbose"]),
        (0, &["--tenant", "prod", "apply", folder, "--yes", "--verbose"]),
        (0, &["sync", "rollback", "--tenant", "prod", "--yes"]),
        (1, &["--tenant", "dev", "connections", "edit", "erp", "--set", &format!("api_key={SECRET}")]),
        (1, &["--tenant", "dev", "connections", "edit", "erp", "--secret", &format!("api_key={SECRET}")]),
        (1, &["--tenant", "dev", "connections", "edit", "erp", "--set", &format!("no_such={SECRET}")]),
    ];
    for (code, command) in commands {
        // Mistakes hold the secret themselves, so they are not named when they fail.
        let ran = Ran::of(desk.program(command).env("KEYWAY_LOG__LEVEL", "trace").spawn().unwrap());
        let name = command.iter().filter(|arg| found(arg.as_bytes()).is_empty()).copied().collect::<Vec<_>>().join(" ");
        assert_eq!(ran.code, *code, "{name}: {}", ran.answer);
        assert_clean(&format!("standard output of {name}"), ran.answer.as_bytes());
        assert_clean(&format!("standard error of {name}"), ran.note.as_bytes());
    }
    assert!(assert_clean_folder(desk.folder.path()) > 5);
    // What is written where it must not be is found by the same search.
    std::fs::write(desk.path("folder/connections/leak.yaml"), format!("label: {SECRET:?}")).unwrap();
    assert!(std::panic::catch_unwind(|| assert_clean_folder(desk.folder.path())).is_err());
}

#[test]
fn a_server_logs_no_secret() {
    let outside = tempfile::tempdir().unwrap();
    let desk = planted(outside.path());
    let key = ["--tenant", "dev", "api-keys", "create", "--name", "all"];
    let scopes = ["connections:read", "connections:write", "credentials:read", "sync:read", "sync:apply"];
    let scopes: Vec<&str> = scopes.iter().flat_map(|scope| ["--scope", scope]).collect();
    let key = desk.json(&[&key[..], &scopes].concat())["key"].as_str().unwrap().to_owned();
    let log = outside.path().join("log");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--json"];
    let mut program = desk.program(&serve);
    program.env("KEYWAY_LOG__LEVEL", "trace").stderr(std::fs::File::create(&log).unwrap());
    let mut child = program.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut text: String = lines.take_while(|line| line != "}").collect();
    text.push('}');
    let server = Server(child);
    let started: Value = serde_json::from_str(&text).unwrap();
    let client = Client::new(started["url"].as_str().unwrap()).bearer(&key);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // The runtime's answer is the one place for it.
        let answer = client.get("/api/v1/connections/erp/credentials").await.must_be(200);
        assert!(answer.json()["values"]["api_key"] == SECRET && !found(answer.body.as_bytes()).is_empty());
        let right = json!({ "inputs": { "api_key": { "value": SECRET } }, "without_test": true });
        let answer = client.patch("/api/v1/connections/erp", right).await.must_be(200);
        assert_clean("the answer to a change", answer.body.as_bytes());
        for wrong in [json!({ "inputs": { "api_key": SECRET } }), json!({ "inputs": SECRET }), json!([SECRET])] {
            let answer = client.patch("/api/v1/connections/erp", wrong).await.must_be(422);
            assert_clean("the answer to a mistake", answer.body.as_bytes());
        }
        // Headers and queries are none of the log's business.
        let path = format!("/api/v1/connections?cursor={}", "kw-5EED%2F7f3a%2B9c1e%20");
        client.with("Authorization", "Bearer kw-5EED/7f3a+9c1e").get(&path).await.must_be(401);
    });
    drop(server);
    let log = std::fs::read(&log).unwrap();
    assert!(log.len() > 200, "nothing was logged: {}", String::from_utf8_lossy(&log));
    assert_clean("the server's log", &log);
    assert_clean_folder(desk.folder.path());
}
