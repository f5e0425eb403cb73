#![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::model::component::ConnectionType;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Unanswered;
use crate::model::live_test::Outcome;
use crate::model::live_test::judge;
use crate::model::live_test::judge_failure;
use crate::model::live_test::request;
use crate::model::live_test::verdict;
use crate::model::oauth::answer;
use crate::model::oauth::answer::Reading;
use crate::model::oauth::failure::Failure;
use crate::model::recipe::Recipe;

fn kind(more: Value) -> ConnectionType {
    let mut whole = json!({ "key": "main", "label": "Main", "base_url": "https://a.example", "auth": { "kind": "bearer" },
        "live_test": { "path": "/me", "expect": { "status": 200, "equals": { "ok": true } } } });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, headers: Vec::new(), body: Zeroizing::new(body.as_bytes().to_vec()) }
}

fn outcome(kind: &ConnectionType, status: u16, body: &str) -> &'static str {
    judge(kind, &kind.test_requests()[0], &Ok(reply(status, body))).outcome.as_str()
}

#[test]
fn replies_are_judged_by_what_they_are() {
    let kind = kind(json!({}));
    for (status, body, wanted) in [
        (200, r#"{"ok":true}"#, "ok"),
        (200, "<html>welcome", "not_found"),
        (200, r#"{"hello":1}"#, "not_found"),
        (200, "", "not_found"),
        (201, r#"{"ok":true}"#, "not_found"),
        (200, r#"{"ok":false,"error":"invalid_auth"}"#, "authentication_rejected"),
        (200, r#"{"ok":false,"error":"missing_scope"}"#, "access_denied"),
        (200, r#"{"errors":[{"message":"x"}]}"#, "request_rejected"),
        (200, r#"{"error":false}"#, "not_found"),
        (301, "", "not_found"),
        (302, r#"{"ok":true}"#, "not_found"),
        (400, "", "request_rejected"),
        (401, "", "authentication_rejected"),
        (403, "", "access_denied"),
        (404, "", "not_found"),
        (406, "", "request_rejected"),
        (413, "", "request_rejected"),
        (415, "", "request_rejected"),
        (422, "", "request_rejected"),
        (429, "", "request_rejected"),
        (500, "", "server_error"),
        (503, "", "server_error"),
        (100, "", "not_found"),
    ] {
        assert_eq!(outcome(&kind, status, body), wanted, "{status} {body}");
    }
}

#[test]
fn a_plain_expectation_takes_any_success() {
    let kind = kind(json!({ "live_test": [{ "path": "/a" }, { "path": "/b" }] }));
    assert_eq!(outcome(&kind, 204, ""), "ok");
    assert_eq!(outcome(&kind, 302, ""), "not_found");
}

#[test]
fn no_answer_is_unreachable_and_a_refused_address_hints_at_the_operator() {
    let kind = kind(json!({}));
    let test = &kind.test_requests()[0];
    for (unanswered, wanted) in [
        (Unanswered::Refused("10.0.0.1 is private; the operator can list it".to_owned()), Outcome::Unreachable),
        (Unanswered::Unreachable("no such host".to_owned()), Outcome::Unreachable),
        (Unanswered::Lost("cut".to_owned()), Outcome::Unreachable),
        (Unanswered::TimedOut("slow".to_owned()), Outcome::Unreachable),
        (Unanswered::TooLarge("long".to_owned()), Outcome::NotFound),
    ] {
        let found = judge(&kind, test, &Err(unanswered.clone()));
        assert_eq!((found.outcome, found.hint.as_deref()), (wanted, Some(unanswered.message())));
    }
}

#[test]
fn keys_that_aws_does_not_know_are_rejected_keys() {
    let aws = kind(json!({ "auth": { "kind": "aws_sigv4", "region": "r", "service": "s3" } }));
    assert_eq!(outcome(&aws, 403, "<Error><Code>InvalidAccessKeyId</Code>"), "authentication_rejected");
    assert_eq!(outcome(&aws, 403, "<Error><Code>AccessDenied</Code>"), "access_denied");
}

#[test]
fn a_token_request_is_judged_too() {
    let kind = kind(json!({}));
    let fill = Fill::default();
    let rules = serde_json::from_value(json!({})).unwrap();
    let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let reading = Reading { rules: &rules, is_grant: true, scope_separator: " ", fill: &fill, now };
    for (status, body, wanted) in [
        (400, r#"{"error":"invalid_grant"}"#, "authentication_rejected"),
        (400, r#"{"error":"invalid_client"}"#, "authentication_rejected"),
        (401, "", "authentication_rejected"),
        (401, r#"{"error":"unauthorized_client"}"#, "authentication_rejected"),
        (422, r#"{"code":422,"message":"x"}"#, "authentication_rejected"),
        (400, r#"{"error":"unauthorized_client"}"#, "access_denied"),
        (400, r#"{"error":"invalid_scope"}"#, "access_denied"),
        (403, "", "access_denied"),
        (404, "", "not_found"),
        (302, "", "not_found"),
        (200, "<html>", "not_found"),
        (200, "{}", "not_found"),
        (200, r#"{"error":"odd"}"#, "request_rejected"),
        (400, "", "request_rejected"),
        (415, "", "request_rejected"),
        (429, "", "request_rejected"),
        (500, r#"{"error":"invalid_grant"}"#, "server_error"),
    ] {
        let failure = answer::read(&reading, &reply(status, body)).err().unwrap();
        assert_eq!(judge_failure(&kind, &failure).outcome.as_str(), wanted, "{status} {body}");
    }
    let refused = Failure::from(Unanswered::Refused("ask the operator".to_owned()));
    let found = judge_failure(&kind, &refused);
    assert_eq!((found.outcome, found.hint.as_deref()), (Outcome::Unreachable, Some("ask the operator")));
}

#[test]
fn a_component_says_it_in_its_own_words() {
    let own = kind(json!({ "live_test_messages": { "not_found": { "message": "No shop here", "advice": "Look." },
        "server_error": { "message": "The shop is ill" } } }));
    let found = verdict(&own, Outcome::NotFound, Some(404), None);
    assert_eq!((found.message.as_str(), found.advice.as_str()), ("No shop here", "Look."));
    let found = verdict(&own, Outcome::ServerError, Some(500), None);
    assert_eq!(found.message, "The shop is ill");
    assert!(found.advice.contains("try again"));
    assert_eq!(verdict(&own, Outcome::AccessDenied, None, None).message, "Access was denied");
}

#[test]
fn requests_are_made_of_values() {
    let kind = kind(
        json!({ "live_test": { "method": "POST", "path": "{{path}}", "query": { "q": "a b", "left": "{{unset}}" },
        "headers": { "X-Q": "{{path}}" }, "body": { "n": 1, "who": "{{path}}", "left": "{{unset}}" } } }),
    );
    let fill = Fill::new(serde_json::from_value(json!({ "path": "/a/b?x=1", "token": "t" })).unwrap());
    let recipe = Recipe::of(&kind, &fill, None).unwrap();
    let made = request(&kind.test_requests()[0], &fill, None, &recipe).unwrap();
    assert_eq!(made.url.as_str(), "https://a.example/a/b?x=1&q=a%20b");
    assert_eq!(made.header_value("x-q"), Some("/a/b?x=1"));
    assert_eq!(std::str::from_utf8(made.body.as_ref().unwrap()).unwrap(), r#"{"n":1,"who":"/a/b?x=1"}"#);
}
