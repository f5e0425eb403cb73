#![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Ready;
use std::future::ready;

use chrono::DateTime;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::model::component::ConnectionType;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::oauth::ask::Code;
use crate::model::token::TokenSet;
use crate::outbound::oauth::ByVerifier;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::RefreshError;
use crate::outbound::oauth::Revoked;

/// A provider that is a table: answers in order, and what was asked.
struct Provider {
    answers: RefCell<Vec<Result<Reply, Unanswered>>>,
    asked: RefCell<Vec<String>>,
}

impl Provider {
    fn new(answers: &[(u16, &str)]) -> Self {
        let reply = |(status, body): &(u16, &str)| {
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(Reply { status: *status, headers, body: Zeroizing::new(body.as_bytes().to_vec()) })
        };
        let mut answers: Vec<_> = answers.iter().map(reply).collect();
        answers.reverse();
        Self { answers: RefCell::new(answers), asked: RefCell::default() }
    }

    fn send(&self, request: &Request) -> Ready<Result<Reply, Unanswered>> {
        let body = request.body.as_ref().map_or("", |body| std::str::from_utf8(body).unwrap());
        let authorization = request.header_value("authorization").unwrap_or("-");
        let authorization = authorization.split(',').next().unwrap_or_default();
        let line = format!("{} {} {authorization} {body}", request.method.as_str(), request.url);
        self.asked.borrow_mut().push(line.trim_end().to_owned());
        ready(self.answers.borrow_mut().pop().unwrap_or_else(|| Err(Unanswered::Unreachable("a.example".to_owned()))))
    }

    fn asked(&self) -> String {
        assert!(self.answers.borrow().is_empty(), "not all was asked: {:?}", self.asked.borrow());
        self.asked.borrow().join("\n")
    }
}

fn kind(auth: Value) -> ConnectionType {
    let whole = json!({ "key": "main", "label": "Main", "base_url": "https://api.example", "auth": auth,
        "live_test": { "path": "/me", "expect": { "status": 200, "has": ["id"] } } });
    serde_json::from_value(whole).unwrap()
}

fn fill() -> Fill {
    let values = json!({ "client_id": "c", "client_secret": "s", "username": "u", "password": "p", "consumer_key": "ck",
        "consumer_secret": "cs" });
    Fill::new(serde_json::from_value(values).unwrap())
}

fn clock() -> Clock {
    Clock::frozen(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

/// Runs a conversation.
macro_rules! talk {
    ($provider:expr, $auth:expr, $caller:ident => $what:expr) => {{
        let (kind, fill, clock) = (kind($auth), fill(), clock());
        let $caller =
            Caller { kind: &kind, fill: &fill, clock: &clock, send: |request: Request| $provider.send(&request) };
        $what.await
    }};
}

fn shown(tokens: &TokenSet) -> String {
    serde_json::to_string(tokens).unwrap()
}

fn old() -> TokenSet {
    let kept = [("team".to_owned(), "t".to_owned().into())].into();
    let refresh_token = Some("rt1".to_owned().into());
    TokenSet { access_token: "at1".to_owned().into(), refresh_token, kept, ..TokenSet::default() }
}

fn code_auth(more: Value) -> Value {
    let mut auth = json!({ "kind": "oauth2_authorization_code", "authorize_url": "https://a.example/a",
        "token_url": "https://a.example/t", "client_auth": "basic" });
    auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    auth
}

fn follow_up() -> Value {
    json!([{ "method": "GET", "url": "https://a.example/sites", "headers": { "Authorization": "Bearer {{access_token}}" },
        "reply": { "keep": { "site": "0.id" } } }])
}

#[tokio::test]
async fn a_code_gives_tokens_and_what_follows() {
    let provider = Provider::new(&[(200, r#"{"access_token":"at","refresh_token":"rt"}"#), (200, r#"[{"id":"s1"}]"#)]);
    let code = Code { code: "c1", verifier: "v", redirect_uri: "https://k.example/cb" };
    let kept: BTreeMap<_, _> = [("realm".to_owned(), "9".to_owned().into())].into();
    let auth = code_auth(json!({ "follow_up": follow_up() }));
    let tokens = talk!(provider, auth, caller => caller.obtain_by_code(&code, kept)).unwrap_or_else(|f| panic!("{f}"));
    insta::assert_snapshot!(shown(&tokens), @r#"{"access_token":"at","refresh_token":"rt","kept":{"realm":"9","site":"s1"}}"#);
    insta::assert_snapshot!(provider.asked(), @r#"
    POST https://a.example/t Basic Yzpz grant_type=authorization_code&code=c1&redirect_uri=https%3A%2F%2Fk.example%2Fcb&code_verifier=v
    GET https://a.example/sites Bearer at
    "#);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_handed_over_before_anything_else_is_asked() {
    let provider = Provider::new(&[(200, r#"{"access_token":"at2","refresh_token":"rt2","expires_in":60}"#)]);
    let auth = code_auth(json!({ "follow_up": follow_up() }));
    let renewed = talk!(provider, auth.clone(), caller => caller.refresh(&old())).unwrap_or_else(|e| panic!("{e}"));
    // The old access token is still what it was; the new refresh token is safe.
    insta::assert_snapshot!(shown(&renewed.tokens), @r#"{"access_token":"at1","refresh_token":"rt2","kept":{"team":"t"}}"#);
    insta::assert_snapshot!(provider.asked(), @"POST https://a.example/t Basic Yzpz grant_type=refresh_token&refresh_token=rt1");
    let provider = Provider::new(&[(200, r#"[{"id":"s2"}]"#)]);
    let tokens =
        talk!(provider, auth, caller => caller.follow_up(renewed.next.unwrap())).unwrap_or_else(|e| panic!("{e}"));
    insta::assert_snapshot!(shown(&tokens), @r#"{"access_token":"at2","refresh_token":"rt2","expires_at":"2027-01-15T08:01:00Z","kept":{"site":"s2","team":"t"}}"#);
}

#[tokio::test]
async fn refresh_failures_say_what_to_do() {
    for (answers, wanted) in [
        (vec![(400, r#"{"error":"invalid_grant"}"#)], "revoked authorization_ended"),
        (vec![(503, "")], "retry provider_failed"),
        (vec![(401, r#"{"error":"invalid_client"}"#)], "misconfigured client_rejected"),
        (vec![], "retry unreachable"),
    ] {
        let provider = Provider::new(&answers);
        let error = talk!(provider, code_auth(json!({})), caller => caller.refresh(&old())).err().unwrap();
        let class = match &error {
            RefreshError::Revoked(_) => "revoked",
            RefreshError::Retry { .. } => "retry",
            RefreshError::Misconfigured(_) => "misconfigured",
        };
        assert_eq!(format!("{class} {}", error.reason().code), wanted);
        assert!(!format!("{error} {error:?}").contains("rt1"));
    }
    let never = code_auth(json!({ "refresh": { "by": "never" } }));
    let provider = Provider::new(&[]);
    let error = talk!(provider, never, caller => caller.refresh(&old())).err().unwrap();
    assert_eq!(error.reason().code, "cannot_be_renewed");
    assert_eq!(provider.asked(), "");
}

#[tokio::test]
async fn where_no_person_is_needed_a_refused_refresh_token_is_no_end() {
    let password = json!({ "kind": "oauth2_password", "token_url": "https://a.example/t", "client_auth": "none" });
    for refusal in [(400, r#"{"error":"invalid_grant"}"#), (422, r#"{"code":422,"message":"expired"}"#)] {
        let provider = Provider::new(&[refusal, (200, r#"{"access_token":"at2"}"#)]);
        let renewed =
            talk!(provider, password.clone(), caller => caller.refresh(&old())).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(shown(&renewed.tokens), r#"{"access_token":"at2","kept":{"team":"t"}}"#);
        assert!(provider.asked().ends_with("grant_type=password&username=u&password=p&client_id=c"));
    }
    let provider = Provider::new(&[(503, "")]);
    assert!(talk!(provider, password, caller => caller.refresh(&old())).is_err());
    assert_eq!(provider.asked().lines().count(), 1, "a server that fails is not asked twice");
}

#[tokio::test]
async fn an_exchange_makes_its_steps_in_order() {
    let auth = json!({ "kind": "token_exchange", "steps": [
        { "url": "https://a.example/login", "format": "json", "body": { "u": "{{username}}", "left": "{{unset}}" },
            "reply": { "access_token": "session", "keep_origin": { "rest": "url" } } },
        { "url": "{{skipped}}/x" },
        { "url": "{{rest}}/token", "query": { "old": "{{access_token}}" }, "reply": { "access_token": "", "lifetime_s": 60 } },
    ]});
    let provider = Provider::new(&[(200, r#"{"session":"s1","url":"https://r.example/p"}"#), (200, "\"s2\"")]);
    let tokens = talk!(provider, auth, caller => caller.obtain()).unwrap_or_else(|f| panic!("{f}"));
    insta::assert_snapshot!(shown(&tokens), @r#"{"access_token":"s2","expires_at":"2027-01-15T08:01:00Z","kept":{"rest":"https://r.example"}}"#);
    insta::assert_snapshot!(provider.asked(), @r#"
    POST https://a.example/login - {"u":"u"}
    POST https://r.example/token?old=s1 -
    "#);
}

#[tokio::test]
async fn oauth_1_goes_its_three_legs() {
    let auth = json!({ "kind": "oauth1", "request_token_url": "https://a.example/r", "authorize_url": "https://a.example/a",
        "authorize_params": { "name": "Keyway" }, "access_token_url": "https://a.example/t" });
    let provider = Provider::new(&[(200, "oauth_token=tmp&oauth_token_secret=ts&oauth_callback_confirmed=true")]);
    let begun = talk!(provider, auth.clone(), caller => caller.begin_oauth1("https://k.example/cb"));
    let (temporary, url) = begun.unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(url.as_str(), "https://a.example/a?oauth_token=tmp&name=Keyway");
    let provider = Provider::new(&[(200, "oauth_token=at&oauth_token_secret=as")]);
    let answer = ByVerifier { temporary: &temporary, verifier: "v", kept: BTreeMap::new() };
    let tokens =
        talk!(provider, auth.clone(), caller => caller.obtain_by_verifier(answer)).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(shown(&tokens), r#"{"access_token":"at","token_secret":"as"}"#);
    let provider = Provider::new(&[(401, "oauth_problem=signature_invalid")]);
    let failure = talk!(provider, auth, caller => caller.begin_oauth1("https://k.example/cb")).err().unwrap();
    assert_eq!(failure.reason().code, "client_rejected");
}

#[tokio::test]
async fn the_end_of_a_token_is_asked_for_where_it_can_be() {
    let auth = json!({ "kind": "oauth2_client_credentials", "token_url": "https://a.example/t", "introspection_url": "https://a.example/i" });
    let provider = Provider::new(&[(200, r#"{"access_token":"at"}"#), (200, r#"{"active":true,"exp":1800000060}"#)]);
    let tokens = talk!(provider, auth.clone(), caller => caller.obtain()).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(tokens.expires_at.unwrap().timestamp(), 1_800_000_060);
    let provider = Provider::new(&[(200, r#"{"access_token":"at"}"#), (500, "")]);
    let tokens = talk!(provider, auth, caller => caller.obtain()).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(tokens.expires_at, None);
}

#[tokio::test]
async fn tokens_are_revoked_where_they_can_be() {
    for (auth, answers, wanted) in [
        (json!({}), vec![], Some(Revoked::NoWay)),
        (json!({ "revoke_url": "https://a.example/v" }), vec![(200, "")], Some(Revoked::Done)),
        (
            json!({ "revoke_url": "https://a.example/v" }),
            vec![(400, r#"{"error":"invalid_grant"}"#)],
            Some(Revoked::Done),
        ),
        (json!({ "revoke_url": "https://a.example/v" }), vec![(503, "")], None),
        (
            json!({ "revoke": { "url": "https://a.example/x", "reply": { "expect": { "equals": { "ok": true } } } } }),
            vec![(200, r#"{"ok":false,"error":"e"}"#)],
            None,
        ),
    ] {
        let provider = Provider::new(&answers);
        assert_eq!(talk!(provider, code_auth(auth.clone()), caller => caller.revoke(&old())).ok(), wanted, "{auth}");
        provider.asked();
    }
}

#[tokio::test]
async fn a_live_test_gets_a_token_first() {
    let auth = json!({ "kind": "oauth2_password", "token_url": "https://a.example/t" });
    for (answers, outcome, has_tokens) in [
        (vec![(200, r#"{"access_token":"at"}"#), (200, r#"{"id":1}"#)], "ok", true),
        (vec![(200, r#"{"access_token":"at"}"#), (403, "")], "access_denied", true),
        (vec![(422, "{}")], "authentication_rejected", false),
        (vec![(200, "<html>")], "not_found", false),
        (vec![], "unreachable", false),
    ] {
        let provider = Provider::new(&answers);
        let tested = talk!(provider, auth.clone(), caller => caller.live_test(None));
        assert_eq!(tested.verdict.unwrap().outcome.as_str(), outcome);
        assert_eq!(tested.tokens.is_some(), has_tokens);
        provider.asked();
    }
    let provider = Provider::new(&[]);
    let tested = talk!(provider, code_auth(json!({})), caller => caller.live_test(None));
    let verdict = tested.verdict.unwrap();
    assert_eq!(verdict.outcome.as_str(), "request_rejected");
    assert!(verdict.hint.unwrap().contains("authorize"));
}
