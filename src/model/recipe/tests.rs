#![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

use chrono::DateTime;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;

use crate::clock::Instant;
use crate::error::Result;
use crate::model::component::ConnectionType;
use crate::model::fill::Fill;
use crate::model::http::Method;
use crate::model::http::Request;
use crate::model::http::fields::bytes;
use crate::model::recipe::Recipe;
use crate::model::token::TokenSet;

fn now() -> Instant {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn kind(auth: Value) -> ConnectionType {
    let whole = json!({ "key": "main", "label": "Main", "base_url": "https://{{host}}/v1/", "auth": auth,
        "headers": { "X-App": "keyway", "X-Left-Out": "{{unset}}" } });
    serde_json::from_value(whole).unwrap()
}

fn fill(more: Value) -> Fill {
    let mut values = json!({ "host": "a.example", "api_key": "k:1", "username": "u", "password": "p" });
    values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Fill::new(serde_json::from_value(values).unwrap())
}

fn tokens() -> TokenSet {
    let kept = [("team".to_owned(), "t-7".to_owned().into())].into();
    TokenSet { access_token: "at".to_owned().into(), kept, ..TokenSet::default() }
}

fn recipe(auth: Value, more: Value) -> Result<Recipe> {
    Recipe::of(&kind(auth), &fill(more), Some(&tokens()))
}

/// What a request looks like with the recipe on it.
fn applied(recipe: &Recipe, mut request: Request) -> String {
    recipe.apply(&mut request, now(), "n-1").unwrap();
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {}", value.as_str())).collect();
    let body = request.body.as_ref().map_or("", |body| std::str::from_utf8(body).unwrap());
    format!("{} {}\n{}\n{body}", request.method.as_str(), request.url, headers.join("\n")).trim_end().to_owned()
}

fn get(auth: Value, more: Value) -> String {
    let recipe = recipe(auth, more).unwrap();
    applied(&recipe, recipe.request(Method::Get, "/me?a=1").unwrap())
}

#[test]
fn each_kind_puts_its_proof_where_it_belongs() {
    let code = |apply: Value| json!({ "kind": "oauth2_authorization_code", "authorize_url": "https://a.example/a", "token_url": "https://a.example/t", "apply": apply });
    let more =
        json!({ "kind": "custom", "headers": { "A": "{{api_key}}", "B": "{{unset}}" }, "query": { "c": "d e" } });
    let shown = [
        get(json!({ "kind": "none" }), json!({})),
        get(json!({ "kind": "basic" }), json!({})),
        get(json!({ "kind": "basic", "username": "{{api_key}}", "password": "" }), json!({})),
        get(json!({ "kind": "api_key", "name": "X-Key" }), json!({})),
        get(json!({ "kind": "api_key", "in": "query", "name": "{{param}}" }), json!({ "param": "a" })),
        get(json!({ "kind": "bearer", "token": "{{api_key}}" }), json!({})),
        get(code(json!({})), json!({})),
        get(code(json!({ "header": "X-Token", "headers": { "X-Team": "{{team}}" } })), json!({})),
        get(code(json!({ "query": "access_token" })), json!({})),
        get(code(json!({ "value": "Zoho-oauthtoken {{access_token}}" })), json!({})),
        get(more, json!({})),
    ];
    insta::assert_snapshot!(shown.join("\n---\n"), @r#"
    GET https://a.example/v1/me?a=1
    X-App: keyway
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    Authorization: Basic dTpw
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    Authorization: Basic azoxOg==
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    X-Key: k:1
    ---
    GET https://a.example/v1/me?a=k%3A1
    X-App: keyway
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    Authorization: Bearer k:1
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    Authorization: Bearer at
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    X-Token: at
    X-Team: t-7
    ---
    GET https://a.example/v1/me?a=1&access_token=at
    X-App: keyway
    ---
    GET https://a.example/v1/me?a=1
    X-App: keyway
    Authorization: Zoho-oauthtoken at
    ---
    GET https://a.example/v1/me?a=1&c=d%20e
    X-App: keyway
    A: k:1
    "#);
}

#[test]
fn signing_kinds_sign_each_request() {
    let oauth1 = json!({ "kind": "oauth1", "access_token": "{{token}}", "access_token_secret": "{{secret}}" });
    let values = json!({ "consumer_key": "ck", "consumer_secret": "cs", "token": "t", "secret": "s" });
    let first = get(oauth1, values);
    assert!(first.contains("oauth_nonce=\"n-1\"") && first.contains("oauth_token=\"t\""), "{first}");
    let aws = json!({ "kind": "aws_sigv4", "region": "{{region}}", "service": "s3", "session_token": "{{session}}" });
    let values = json!({ "access_key_id": "AKIA", "secret_access_key": "sk", "region": "eu-central-1" });
    let signed = get(aws.clone(), values);
    assert!(signed.contains("Credential=AKIA/20270115/eu-central-1/s3/aws4_request"), "{signed}");
    assert!(!signed.contains("X-Amz-Security-Token"), "{signed}");
    let broken = json!({ "access_key_id": "AKIA", "secret_access_key": "sk", "region": "eu/central" });
    assert_eq!(recipe(aws, broken).err().unwrap().code, "unfit_value");
}

#[test]
fn fields_go_into_bodies_of_their_kind() {
    let auth = |format: &str| json!({ "kind": "custom", "body": { "key": "{{api_key}}" }, "format": format });
    let sent = |format: &str, kind: &str, body: &str| {
        let recipe = recipe(auth(format), json!({})).unwrap();
        let mut request = recipe.request(Method::Post, "x").unwrap().header("Content-Type", kind);
        request.body = Some(bytes(body));
        let shown = applied(&recipe, request);
        shown.lines().last().unwrap().to_owned()
    };
    assert_eq!(sent("json", "application/json", r#"{"a":1,"key":"mine"}"#), r#"{"a":1,"key":"k:1"}"#);
    assert_eq!(sent("json", "application/json", "[1]"), "[1]");
    assert_eq!(sent("form", "application/x-www-form-urlencoded", "a=b+c&key=mine"), "a=b%20c&key=k%3A1");
    assert_eq!(sent("form", "text/plain", "a"), "a");
}

#[test]
fn what_a_request_says_itself_gives_way() {
    let recipe = recipe(json!({ "kind": "api_key", "in": "query", "name": "a" }), json!({})).unwrap();
    let request = recipe.request(Method::Get, "/x?a=mine&b=2").unwrap().header("x-app", "other");
    assert_eq!(applied(&recipe, request), "GET https://a.example/v1/x?b=2&a=k%3A1\nX-App: keyway");
}

#[test]
fn secrets_go_to_the_base_url_only() {
    let recipe = recipe(json!({ "kind": "bearer", "token": "{{api_key}}" }), json!({})).unwrap();
    for path in
        ["https://evil.example/", "http://a.example/v1", "https://a.example:444/", "https://a.example@evil.example/"]
    {
        assert!(recipe.request(Method::Get, path).is_err(), "{path}");
        if let Ok(url) = url::Url::parse(path) {
            let mut request = Request::new(Method::Get, url);
            assert_eq!(recipe.apply(&mut request, now(), "n").unwrap_err().code, "foreign_host", "{path}");
            assert!(request.headers.is_empty());
        }
    }
    for (path, wanted) in [
        ("", "/v1"),
        ("me", "/v1/me"),
        ("/me", "/v1/me"),
        ("//evil.example/x", "/v1//evil.example/x"),
        ("https://a.example/other", "/other"),
    ] {
        let url = recipe.request(Method::Get, path).unwrap().url;
        assert_eq!((url.host_str(), url.path()), (Some("a.example"), wanted), "{path}");
    }
    let mut other = kind(json!({ "kind": "none" }));
    other.base_url = None;
    let recipe = Recipe::of(&other, &fill(json!({})), None).unwrap();
    assert_eq!(recipe.request(Method::Get, "/").err().unwrap().code, "no_base_url");
}

#[test]
fn a_missing_token_asks_for_somebody() {
    let code = json!({ "kind": "oauth2_authorization_code", "authorize_url": "https://a.example/a", "token_url": "https://a.example/t" });
    let oauth1 = json!({ "kind": "oauth1", "authorize_url": "https://a.example/a" });
    for (auth, tokens) in [(code.clone(), None), (code, Some(TokenSet::default())), (oauth1, None)] {
        let error = Recipe::of(&kind(auth), &fill(json!({})), tokens.as_ref()).err().unwrap();
        assert_eq!(error.code, "credential_pending");
    }
}

proptest! {
    #[test]
    fn no_value_breaks_out_of_a_header(value in "(?s).{0,40}") {
        for auth in [
            json!({ "kind": "basic", "username": "{{x}}", "password": "{{x}}" }),
            json!({ "kind": "api_key", "name": "X-Key", "value": "{{x}}" }),
            json!({ "kind": "api_key", "name": "{{x}}", "value": "v" }),
            json!({ "kind": "bearer", "token": "{{x}}" }),
            json!({ "kind": "custom", "headers": { "A": "a {{x}}" }, "query": { "q": "{{x}}" } }),
            json!({ "kind": "oauth1", "consumer_key": "{{x}}", "consumer_secret": "{{x}}", "access_token": "{{x}}",
                "access_token_secret": "{{x}}", "realm": "{{x}}" }),
            json!({ "kind": "aws_sigv4", "access_key_id": "{{x}}", "secret_access_key": "{{x}}", "region": "{{x}}",
                "session_token": "{{x}}", "service": "s3" }),
        ] {
            let Ok(recipe) = recipe(auth, json!({ "x": value.clone() })) else { continue };
            let mut request = recipe.request(Method::Get, "/me").unwrap();
            recipe.apply(&mut request, now(), "n").unwrap();
            for (name, value) in &request.headers {
                assert!(!value.chars().any(char::is_control) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':'));
            }
            assert_eq!(request.url.host_str(), Some("a.example"));
        }
    }
}
