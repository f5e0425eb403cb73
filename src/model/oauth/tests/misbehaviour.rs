//! Token endpoints that misbehave, and what each means for the tokens that are there. Only answers that say that the
//! authorization is over end it.

use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::model::component::auth::token::TokenReply;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Unanswered;
use crate::model::oauth::answer;
use crate::model::oauth::answer::Issued;
use crate::model::oauth::answer::Reading;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::tests::now;

const JSON: &str = "application/json";

pub(super) fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply { status, headers, body: Zeroizing::new(body.to_vec()) }
}

pub(super) fn read(rules: &Value, reply: &Reply) -> Result<Issued, Failure> {
    let rules: TokenReply = serde_json::from_value(rules.clone()).unwrap();
    let fill = Fill::default().with("refresh_token", "rt-secret-1").with("client_secret", "cs-secret-2");
    let reading = Reading { rules: &rules, is_grant: true, scope_separator: " ", fill: &fill, now: now() };
    answer::read(&reading, reply)
}

/// `ok`, or the class of the failure, its word, and how long to wait.
fn class(result: &Result<Issued, Failure>) -> String {
    match result {
        Ok(issued) => format!("ok {}", issued.access_token.as_ref().map_or("", |token| token.as_str())),
        Err(Failure::Terminal(reason)) => format!("terminal {}", reason.code),
        Err(Failure::Misconfigured(reason)) => format!("misconfigured {}", reason.code),
        Err(Failure::Transient { reason, retry_after }) => {
            format!(
                "transient {}{}",
                reason.code,
                retry_after.map_or(String::new(), |wait| format!(" {}s", wait.as_secs()))
            )
        }
    }
}

fn check(name: &str, reply: &Reply, rules: &Value, wanted: &str) {
    assert_eq!(class(&read(rules, reply)), wanted, "{name}");
}

#[test]
fn refusals_are_told_apart() {
    let retry = |value| vec![("content-type", JSON), ("retry-after", value)];
    let plain = || vec![("content-type", JSON)];
    for (name, status, headers, body, wanted) in [
        ("the authorization is over", 400, plain(), r#"{"error":"invalid_grant"}"#, "terminal authorization_ended"),
        ("over, with 401", 401, plain(), r#"{"error":"invalid_grant"}"#, "terminal authorization_ended"),
        ("over, with 403", 403, plain(), r#"{"error":"invalid_grant"}"#, "terminal authorization_ended"),
        ("over, inside a 200", 200, plain(), r#"{"error":"invalid_grant"}"#, "terminal authorization_ended"),
        ("over, nested", 400, plain(), r#"{"error":{"code":"invalid_grant"}}"#, "terminal authorization_ended"),
        ("a person is needed", 400, plain(), r#"{"error":"interaction_required"}"#, "terminal authorization_ended"),
        ("over, says a failing server", 500, plain(), r#"{"error":"invalid_grant"}"#, "transient provider_failed"),
        ("over, says a gateway", 502, plain(), r#"{"error":"invalid_grant"}"#, "transient provider_failed"),
        ("the client is wrong", 400, plain(), r#"{"error":"invalid_client"}"#, "misconfigured client_rejected"),
        (
            "the client is wrong, with 401",
            401,
            plain(),
            r#"{"error":"invalid_client"}"#,
            "misconfigured client_rejected",
        ),
        ("the client may not", 400, plain(), r#"{"error":"unauthorized_client"}"#, "misconfigured client_rejected"),
        ("a scope is wrong", 400, plain(), r#"{"error":"invalid_scope"}"#, "misconfigured scope_rejected"),
        ("the grant is unknown", 400, plain(), r#"{"error":"unsupported_grant_type"}"#, "misconfigured grant_rejected"),
        ("the request is wrong", 400, plain(), r#"{"error":"invalid_request"}"#, "misconfigured request_rejected"),
        ("an own code", 400, plain(), r#"{"error":"tenant_suspended"}"#, "misconfigured request_rejected"),
        (
            "an error inside a 200",
            200,
            plain(),
            r#"{"error":"bad_verification_code"}"#,
            "misconfigured request_rejected",
        ),
        ("later, says the code", 400, plain(), r#"{"error":"temporarily_unavailable"}"#, "transient provider_failed"),
        ("slower, says the code", 400, plain(), r#"{"error":"slow_down"}"#, "transient provider_failed"),
        ("a 400 without a word", 400, plain(), "", "misconfigured request_rejected"),
        ("a 401 without a word", 401, plain(), "", "misconfigured client_rejected"),
        ("a 403 page of a firewall", 403, vec![("content-type", "text/html")], "<html>", "misconfigured access_denied"),
        ("a 403 with a wait", 403, retry("60"), "", "transient provider_busy 60s"),
        ("no such page", 404, plain(), "", "misconfigured no_token_endpoint"),
        ("no such method", 405, plain(), "", "misconfigured no_token_endpoint"),
        ("too slow for the server", 408, plain(), "", "transient provider_busy"),
        ("unprocessable", 422, plain(), r#"{"code":422,"message":"bad"}"#, "misconfigured request_rejected"),
        ("too many requests", 429, plain(), "", "transient provider_busy"),
        ("too many, wait seconds", 429, retry("30"), "", "transient provider_busy 30s"),
        ("too many, wait until", 429, retry("Fri, 15 Jan 2027 08:02:00 GMT"), "", "transient provider_busy 120s"),
        ("wait until the past", 429, retry("Fri, 15 Jan 2021 08:02:00 GMT"), "", "transient provider_busy 0s"),
        ("wait for a year", 429, retry("31536000"), "", "transient provider_busy 3600s"),
        ("wait for longer than numbers", 503, retry(&"9".repeat(40)), "", "transient provider_failed 3600s"),
        ("wait for nonsense", 503, retry("soon"), "", "transient provider_failed"),
        ("wait for less than nothing", 503, retry("-5"), "", "transient provider_failed"),
        ("unavailable", 503, plain(), "", "transient provider_failed"),
        ("a gateway gave up", 504, vec![("content-type", "text/html")], "<html>", "transient provider_failed"),
        ("moved", 301, vec![("location", "https://b.example")], "", "misconfigured redirected"),
        ("found elsewhere", 302, vec![("location", "/login")], r#"{"access_token":"x"}"#, "misconfigured redirected"),
        ("moved, the same method", 307, vec![], "", "misconfigured redirected"),
        ("no content", 204, vec![], "", "misconfigured unreadable_answer"),
        ("a status of nobody", 999, plain(), "", "transient provider_failed"),
    ] {
        check(name, &reply(status, &headers, body.as_bytes()), &json!({}), wanted);
    }
}

#[test]
fn successes_that_are_none_keep_the_tokens() {
    let deep = format!("{}{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
    let long = format!(r#"{{"access_token":"{}"}}"#, "a".repeat(40_000));
    for (name, body, wanted) in [
        ("a web page", &b"<!doctype html><p>Sign in"[..], "misconfigured unreadable_answer"),
        ("nothing", b"", "misconfigured unreadable_answer"),
        ("cut short", br#"{"access_token":"abc","expires_i"#, "transient truncated_answer"),
        ("an array", br#"["access_token"]"#, "misconfigured no_token"),
        ("a text", br#""abc""#, "misconfigured no_token"),
        ("null", b"null", "misconfigured no_token"),
        ("no token", br#"{"token_type":"bearer"}"#, "misconfigured no_token"),
        ("an empty token", br#"{"access_token":""}"#, "misconfigured no_token"),
        ("a null token", br#"{"access_token":null}"#, "misconfigured no_token"),
        ("a number as token", br#"{"access_token":12345}"#, "ok 12345"),
        ("a fraction as token", br#"{"access_token":1.5}"#, "misconfigured unfit_token"),
        ("an object as token", br#"{"access_token":{"value":"x"}}"#, "misconfigured unfit_token"),
        ("a list as token", br#"{"access_token":["x"]}"#, "misconfigured unfit_token"),
        ("NUL in a token", br#"{"access_token":"a\u0000b"}"#, "misconfigured unfit_token"),
        ("a newline in a token", br#"{"access_token":"a\r\nX: y"}"#, "misconfigured unfit_token"),
        ("a newline in a refresh token", br#"{"access_token":"a","refresh_token":"b\n"}"#, "misconfigured unfit_token"),
        ("letters of elsewhere in a token", "{\"access_token\":\"é\"}".as_bytes(), "misconfigured unfit_token"),
        ("no UTF-8 in a token", b"{\"access_token\":\"\xff\"}", "misconfigured unfit_token"),
        ("no UTF-8 beside the token", b"{\"access_token\":\"a\",\"name\":\"\xff\"}", "ok a"),
        ("a mark before the text", b"\xef\xbb\xbf{\"access_token\":\"a\"}", "ok a"),
        ("the same key twice", br#"{"access_token":"a","access_token":"b"}"#, "ok b"),
        ("text after the end", br#"{"access_token":"a"} x"#, "misconfigured unreadable_answer"),
        ("too deep", deep.as_bytes(), "misconfigured unreadable_answer"),
        ("a token without end", long.as_bytes(), "misconfigured unfit_token"),
        (
            "a token that needs a proof",
            br#"{"access_token":"a","token_type":"mac"}"#,
            "misconfigured unsupported_token_type",
        ),
        (
            "a token bound to a key",
            br#"{"access_token":"a","token_type":"DPoP"}"#,
            "misconfigured unsupported_token_type",
        ),
        ("an own word for bearer", br#"{"access_token":"a","token_type":"BearerToken"}"#, "ok a"),
        ("an error of no meaning beside a token", br#"{"access_token":"a","error":""}"#, "ok a"),
        ("white space around", b" \n{\"access_token\":\"a\"}\n", "ok a"),
    ] {
        check(name, &reply(200, &[("content-type", JSON)], body), &json!({}), wanted);
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    check("a form, announced", &reply(200, &form, b"access_token=a&scope="), &json!({}), "ok a");
    check("a form, not announced", &reply(200, &[], b"access_token=a"), &json!({}), "misconfigured unreadable_answer");
    let refused = b"error=invalid_grant&error_description=x";
    check("a refusal as a form", &reply(400, &form, refused), &json!({}), "terminal authorization_ended");
    let latin = [("content-type", "application/json; charset=iso-8859-1")];
    check("Latin letters", &reply(200, &latin, b"{\"access_token\":\"a\",\"n\":\"\xfc\"}"), &json!({}), "ok a");
    let wide: Vec<u8> = "{\"access_token\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check("UTF-16", &reply(200, &[], &[&[0xff, 0xfe][..], &wide].concat()), &json!({}), "ok a");
    check(
        "the wrong success",
        &reply(202, &[], b"{\"access_token\":\"a\"}"),
        &json!({ "expect": { "status": 200 } }),
        "misconfigured request_rejected",
    );
    check("10 MB", &reply(200, &[], &vec![b' '; 10_000_000]), &json!({}), "misconfigured unreadable_answer");
}

#[test]
fn manifests_name_what_ends_an_authorization() {
    let slack = json!({ "expect": { "equals": { "ok": true } }, "ended_by": ["token_revoked"] });
    for (body, wanted) in [
        (r#"{"ok":false,"error":"token_revoked"}"#, "terminal authorization_ended"),
        (r#"{"ok":false,"error":"ratelimited"}"#, "misconfigured request_rejected"),
        (r#"{"ok":false}"#, "misconfigured unexpected_answer"),
        (r#"{"ok":true,"access_token":"a"}"#, "ok a"),
    ] {
        check(body, &reply(200, &[], body.as_bytes()), &slack, wanted);
    }
    let elsewhere = json!({ "error": "result.code", "ended_by": ["E17"] });
    check(
        "an own place",
        &reply(400, &[], br#"{"result":{"code":"E17"}}"#),
        &elsewhere,
        "terminal authorization_ended",
    );
}

#[test]
fn no_answer_is_never_the_end() {
    for (unanswered, wanted, may_have_acted) in [
        (Unanswered::TimedOut("h".to_owned()), "transient timed_out", true),
        (Unanswered::Lost("h".to_owned()), "transient answer_lost", true),
        (Unanswered::Unreachable("h".to_owned()), "transient unreachable", false),
        (Unanswered::TooLarge("h".to_owned()), "misconfigured endless_answer", true),
        (Unanswered::Refused("h".to_owned()), "misconfigured address_refused", false),
    ] {
        let failure = Failure::from(unanswered);
        assert_eq!(failure.reason().may_have_acted, may_have_acted, "{wanted}");
        assert_eq!(class(&Err(failure)), wanted);
    }
}

#[test]
fn a_refusal_is_told_without_what_was_sent() {
    let body = br#"{"error":"invalid_client","error_description":"Client secret cs-secret-2 is wrong <b>\r\nfor rt-secret-1"}"#;
    let failure = read(&json!({}), &reply(401, &[], body)).err().unwrap();
    insta::assert_snapshot!(failure, @"the token endpoint answered 401: invalid_client (Client secret … is wrong b for …)");
    let echoed = read(&json!({}), &reply(400, &[], br#"{"error":"rt-secret-1"}"#)).err().unwrap();
    assert_eq!(echoed.to_string(), "the token endpoint answered 400");
}

proptest! {
    #[test]
    fn any_reply_is_read_without_panic_and_never_ends_anything_by_chance(
        body in prop::collection::vec(any::<u8>(), 0..300), status in 100_u16..1000, kind in "[ -~]{0,30}",
        wait in "[ -~]{0,30}",
    ) {
        let reply = reply(status, &[("content-type", &kind), ("retry-after", &wait)], &body);
        for format in ["json", "form", "xml"] {
            let result = read(&json!({ "format": format, "keep": { "a": "" }, "keep_headers": { "b": "retry-after" } }), &reply);
            let is_terminal = matches!(result, Err(Failure::Terminal(_)));
            assert!(!is_terminal);
        }
    }

    #[test]
    fn what_was_sent_is_in_no_failure(before in "[ -~]{0,20}", after in "[ -~]{0,20}", status in 300_u16..600) {
        for secret in ["rt-secret-1", "cs-secret-2"] {
            let text = format!("{before}{secret}{after}");
            let body = json!({ "error": text, "error_description": text, "message": text }).to_string();
            let failure = read(&json!({}), &reply(status, &[], body.as_bytes())).err().unwrap();
            assert!(!format!("{failure:?}{failure}").contains(secret), "{failure:?}");
        }
    }
}
