//! Live tests on the terminal.

use serde_json::Value;
use serde_json::json;

use super::desk::Desk;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const ALLOWED: &[(&str, &str)] = &[("KEYWAY_OUTBOUND__ALLOW", "127.0.0.0/8")];

/// A third party that answers with the status that its path names.
fn peer() -> Peer {
    Peer::start(|request| Reply::status(request.path.trim_start_matches('/').parse().unwrap_or(200)))
}

#[test]
fn each_outcome_is_told_with_what_to_do() {
    let (desk, peer) = (Desk::new(), peer());
    desk.json(&["tenants", "create", "dev"]);
    let url = format!("base_url=http://127.0.0.1:{}", peer.port());
    let create = ["connections", "create", "http", "none", "--scope", "organization_global", "--set", &url];
    let refused = desk.run(&create);
    assert_eq!(refused.code, 1);
    insta::assert_snapshot!(refused.note.replace(&peer.port().to_string(), "PORT"), @"
    error: The server could not be reached. The URL is wrong, or the server is offline or unreachable from this network. Nothing was saved.
      127.0.0.1 would be called without encryption; use https, or let an operator list it in outbound.allow or set outbound.allow_http
      code: live_test_failed
    ");
    let document: Value = serde_json::from_str(&desk.run(&[&create[..], &["--json"]].concat()).answer).unwrap();
    assert_eq!(document["error"]["live_test"]["outcome"], "unreachable");
    assert_eq!(desk.run_with(&create, ALLOWED).code, 0);
    let mut told = Vec::new();
    for status in [200, 404, 401, 403, 400, 500] {
        let path = format!("test_path=/{status}");
        let ran = desk.run_with(&["connections", "test", "http-none", "--set", &path], ALLOWED);
        told.push(format!("exit code {}\n{}", ran.code, ran.answer));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    exit code 0
    outcome  ok
    found    The connection works
    answer   200

    exit code 1
    outcome     not_found
    found       The API was not found at this URL
    what to do  The URL is wrong, or something else answers there. Check it.
    answer      404

    exit code 1
    outcome     authentication_rejected
    found       Authentication was rejected
    what to do  One or more of the credentials are incorrect or no longer valid.
    answer      401

    exit code 1
    outcome     access_denied
    found       Access was denied
    what to do  The account may not use the API; check its roles, permissions and scopes there.
    answer      403

    exit code 1
    outcome     request_rejected
    found       The request was rejected
    what to do  Review the connection's details and try again.
    answer      400

    exit code 1
    outcome     server_error
    found       The server returned an error
    what to do  A temporary problem on the other side; try again in a few moments.
    answer      500
    ");
    let ran = desk.run_with(&["connections", "test", "http-none", "--json"], ALLOWED);
    let verdict: Value = serde_json::from_str(&ran.answer).unwrap();
    assert_eq!((ran.code, &verdict["outcome"]), (0, &json!("ok")));
    let attempts = desk.json(&["connections", "attempts", "http-none"]);
    assert_eq!(attempts["items"].as_array().unwrap().len(), 8);
    assert_eq!(attempts["items"][1]["outcome"], "server_error");
}

#[test]
fn a_credential_is_tested_and_its_attempts_are_listed() {
    let (desk, peer) = (Desk::new(), peer());
    desk.json(&["tenants", "create", "dev"]);
    desk.json(&["customers", "create", "acme"]);
    desk.json(&["connections", "create", "http", "none", "--scope", "customer"]);
    let url = format!("base_url=http://127.0.0.1:{}", peer.port());
    let create = ["credentials", "create", "http-none", "--customer", "acme", "--set", &url, "--json"];
    let made: Value = serde_json::from_str(&desk.run_with(&create, ALLOWED).answer).unwrap();
    assert_eq!(made["last_check"]["outcome"], "ok");
    let id = made["id"].as_str().unwrap();
    assert_eq!(desk.run_with(&["credentials", "test", id], ALLOWED).code, 0);
    // Without leave to call this machine, the hint says what an operator can do.
    let ran = desk.run(&["credentials", "test", id]);
    assert_eq!(ran.code, 1);
    assert!(ran.answer.contains("outbound.allow"), "{}", ran.answer);
    let attempts = desk.json(&["credentials", "attempts", id]);
    let outcomes: Vec<&Value> = attempts["items"].as_array().unwrap().iter().map(|item| &item["outcome"]).collect();
    assert_eq!(outcomes, ["unreachable", "ok", "ok"]);
    let list = desk.run(&["credentials", "list"]).answer;
    assert!(list.contains("LAST TEST") && list.contains("unreachable, "), "{list}");
}
