//! Each kind read from what a manifest says, written back, and held against the generated JSON Schema.

use serde_json::Value;
use serde_json::json;

use crate::model::component::auth::Auth;
use crate::model::component::auth::grant::split_scopes;
use crate::model::component::auth::param::Paths;
use crate::model::component::auth::request::AppliedTo;
use crate::model::component::auth::request::Apply;
use crate::model::component::auth::token::ClientAuth;

fn auth(value: Value) -> Auth {
    serde_json::from_value(value).unwrap()
}

/// One value for each kind, saying as much as the kind can.
fn each_kind() -> Vec<Value> {
    let assertion = json!({
        "algorithm": "ES256", "key": "{{private_key}}", "key_encoding": "base64", "key_passphrase": "{{passphrase}}",
        "certificate": "{{certificate}}", "headers": { "kid": "{{key_id}}" },
        "claims": { "iss": "{{client_id}}", "aud": ["{{token_url}}"], "flag": true }, "lifetime_s": 60, "omit": ["jti"],
    });
    let step = json!({
        "method": "PUT", "url": "https://a.example/login", "basic": { "username": "u", "password": "{{access_token}}" },
        "headers": { "X-A": "{{client_id}}" }, "query": { "a": { "value": "b", "when": { "is_user": true } } },
        "body": { "token": ["{{access_token}}"] }, "format": "json",
        "reply": { "format": "form", "expect": { "status": 201 }, "access_token": ["a", "b.c"], "expires_at": "until",
            "expires_unit": "milliseconds", "lifetime_s": 3600, "keep": { "rest_url": "restUrl" }, "keep_origin": { "host": "restUrl" }, "keep_headers": { "cookie": "set-cookie" } },
    });
    let apply = json!({ "header": "X-Token", "value": "{{access_token}}", "headers": { "X-Rest": "{{rest_url}}" } });
    vec![
        json!({ "kind": "none" }),
        json!({ "kind": "basic", "username": "{{email}}/token", "password": "{{api_token}}" }),
        json!({ "kind": "api_key", "in": "query", "name": "key", "value": "{{api_key}}" }),
        json!({ "kind": "bearer", "token": "{{api_key}}" }),
        json!({
            "kind": "oauth2_authorization_code", "authorize_url": "https://{{shop}}.example/a", "token_url": "https://a.example/t",
            "refresh_url": "https://a.example/r", "revoke_url": "https://a.example/v", "introspection_url": "https://a.example/i",
            "authorize_params": { "access_type": "offline", "scope": { "value": "{{scope}}", "when": { "is_user": false } } },
            "authorize_rename": { "client_id": "client_key" }, "pkce": "off", "revoke_ends": "account",
            "callback": { "code_param": "auth_code", "keep": { "realm_id": "realmId" } },
            "scopes": ["{{scopes}}", "openid"], "scope_separator": ",", "client_id": "{{app_id}}", "client_secret": "{{secret}}",
            "client_auth": "private_key_jwt", "client_assertion": assertion.clone(),
            "token_request": { "method": "GET", "format": "query", "params": { "realm": "{{realm_id}}" }, "headers": { "Accept": "application/json" },
                "rename": { "code": "auth_code" }, "omit": ["redirect_uri"] },
            "token_reply": { "access_token": "data.token", "refresh_token": "data.refresh", "expires_in": "data.ttl", "scope": "data.scope",
                "refresh_expires_in": "data.rttl", "expect": { "equals": { "ok": true } }, "keep": { "instance_url": ["instance_url"] } },
            "follow_up": [step.clone()], "revoke": step.clone(), "apply": apply.clone(),
            "refresh": { "by": "access_token", "params": { "grant_type": "x" }, "headers": { "A": "b" }, "early_s": 60, "request": step.clone() },
        }),
        json!({ "kind": "oauth2_client_credentials", "token_url": "https://a.example/t", "client_auth": "basic_secret_only" }),
        json!({ "kind": "oauth2_password", "token_url": "{{base_url}}/t", "username": "{{username}}", "password": "{{password}}",
            "client_auth": "basic", "token_request": { "format": "json" } }),
        json!({ "kind": "oauth1", "consumer_key": "{{consumer_key}}", "consumer_secret": "{{consumer_secret}}", "request_token_url": "https://a.example/q",
            "authorize_url": "https://a.example/a", "authorize_params": { "name": "Keyway" }, "access_token_url": "https://a.example/t",
            "signature_method": "HMAC-SHA256", "realm": "{{account_id}}", "callback": { "keep": { "company": "company" } } }),
        json!({ "kind": "jwt_bearer", "assertion": assertion, "token_url": "https://a.example/t", "scopes": ["x"] }),
        json!({ "kind": "token_exchange", "steps": [step.clone(), step.clone()], "refresh": step.clone(), "revoke": step, "apply": apply }),
        json!({ "kind": "aws_sigv4", "access_key_id": "{{a}}", "secret_access_key": "{{b}}", "session_token": "{{c}}", "region": "{{r}}", "service": "s3" }),
        json!({ "kind": "custom", "headers": { "X": "{{a}}" }, "query": { "y": "{{b}}" }, "body": { "z": "{{c}}" }, "format": "json" }),
    ]
}

#[test]
fn each_kind_is_read_written_and_read_again() {
    for value in each_kind() {
        let first = auth(value.clone());
        let written = serde_json::to_value(&first).unwrap();
        assert_eq!(auth(written.clone()), first, "{value}");
        assert_eq!(written["kind"], value["kind"]);
    }
}

#[test]
fn nothing_that_a_manifest_says_is_lost() {
    for value in each_kind() {
        let written = serde_json::to_value(auth(value.clone())).unwrap();
        assert_contains(&written, &value);
    }
}

/// Defaults may come on top when written.
fn assert_contains(whole: &Value, part: &Value) {
    if let Value::Object(fields) = part {
        for (key, value) in fields.iter().filter(|(_, value)| !is_a_default(value)) {
            assert_contains(&whole[key], value);
        }
    } else {
        assert_eq!(whole, part);
    }
}

fn is_a_default(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text == "{{client_id}}")
}

#[test]
fn each_kind_refuses_keys_it_does_not_know() {
    for mut value in each_kind() {
        value["scope_seperator"] = json!(",");
        let error = serde_json::from_value::<Auth>(value.clone()).unwrap_err().to_string();
        assert!(error.contains("unknown field `scope_seperator`"), "{error}");
    }
}

#[test]
fn the_json_schema_takes_each_kind_and_no_unknown_key() {
    let schema = serde_json::to_value(schemars::schema_for!(Auth)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for mut value in each_kind() {
        assert!(validator.is_valid(&value), "{value}");
        value["scope_seperator"] = json!(",");
        assert!(!validator.is_valid(&value), "{value}");
    }
}

#[test]
fn kinds_say_whether_they_are_oauth2_and_whether_a_person_consents() {
    let facts: Vec<String> = each_kind()
        .into_iter()
        .map(|value| {
            let kind = value["kind"].as_str().unwrap().to_owned();
            let auth = auth(value);
            format!("{kind} {} {}", auth.is_oauth2(), auth.needs_consent())
        })
        .collect();
    insta::assert_snapshot!(facts.join("\n"), @r"
    none false false
    basic false false
    api_key false false
    bearer false false
    oauth2_authorization_code true true
    oauth2_client_credentials true false
    oauth2_password true false
    oauth1 false true
    jwt_bearer false false
    token_exchange false false
    aws_sigv4 false false
    custom false false
    ");
}

#[test]
fn every_url_that_gets_a_secret_is_named() {
    let urls: Vec<Vec<String>> =
        each_kind().into_iter().map(|value| auth(value).secret_urls().map(ToOwned::to_owned).collect()).collect();
    let login = "https://a.example/login";
    assert_eq!(
        urls[4],
        [
            "https://a.example/t",
            "https://a.example/r",
            "https://a.example/v",
            "https://a.example/i",
            login,
            login,
            login
        ]
    );
    assert_eq!(urls[6], ["{{base_url}}/t"]);
    assert_eq!(urls[7], ["https://a.example/q", "https://a.example/t"]);
    assert_eq!(urls[9], [login; 4]);
    assert!(urls[3].is_empty());
}

#[test]
fn no_template_is_overlooked() {
    for value in each_kind() {
        let auth = auth(value.clone());
        let known: Vec<&str> = auth.templates().iter().map(|found| found.text).collect();
        let mut braces = Vec::new();
        collect_templates(&value, &mut braces);
        for text in braces {
            // The secret of a client that authenticates by assertion is never sent.
            if text != "{{secret}}" {
                assert!(known.contains(&text.as_str()), "{text} of {}", value["kind"]);
            }
        }
    }
}

fn collect_templates(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("{{") => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_templates(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| collect_templates(item, found)),
        _ => {}
    }
}

#[test]
fn templates_name_what_is_known_when_they_are_rendered() {
    let code = auth(each_kind().swap_remove(4));
    let names = |path: &str| code.templates().into_iter().find(|found| found.path == path).unwrap().names.join(" ");
    assert_eq!(names("auth.token_url"), "");
    assert_eq!(
        names("auth.token_request.params.realm"),
        "realm_id code code_verifier redirect_uri client_id client_secret scope"
    );
    assert_eq!(names("auth.follow_up.0.url"), "realm_id instance_url access_token refresh_token");
    assert_eq!(names("auth.apply.value"), "realm_id instance_url rest_url host cookie access_token");
    assert_eq!(code.kept_from_replies(), ["instance_url", "rest_url", "host", "cookie"]);
    assert_eq!(code.kept_from_callback(), ["realm_id"]);
    let scope = code.templates().into_iter().find(|found| found.path == "auth.authorize_params.scope").unwrap();
    assert_eq!(scope.conditions, ["is_user"]);
}

#[test]
fn a_client_authenticates_by_body_unless_the_grant_is_an_assertion() {
    let client = auth(json!({ "kind": "oauth2_client_credentials", "token_url": "https://a.example/t" }));
    assert_eq!(client.grant().unwrap().client_auth, Some(ClientAuth::Body));
    let jwt = auth(json!({ "kind": "jwt_bearer", "assertion": { "algorithm": "HS256", "key": "{{secret}}" } }));
    assert_eq!(jwt.grant().unwrap().client_auth, None);
    assert!(jwt.templates().iter().all(|found| !found.text.contains("client_")));
}

#[test]
fn a_token_goes_to_the_authorization_header_unless_told_otherwise() {
    let apply = |value: Value| serde_json::from_value::<Apply>(value).unwrap();
    assert_eq!(apply(json!({})).target(), AppliedTo::Header("Authorization"));
    assert_eq!(apply(json!({})).template(), "Bearer {{access_token}}");
    assert_eq!(apply(json!({ "header": "X-Token" })).template(), "{{access_token}}");
    assert_eq!(apply(json!({ "query": "token" })).target(), AppliedTo::Query("token"));
    assert_eq!(apply(json!({ "value": "Token {{access_token}}" })).template(), "Token {{access_token}}");
}

#[test]
fn scopes_are_parted_whatever_the_separator() {
    assert_eq!(split_scopes("read, write\nadmin,,x ").collect::<Vec<_>>(), ["read", "write", "admin", "x"]);
}

#[test]
fn paths_are_tried_in_order() {
    assert_eq!(Paths::Several(vec!["a".to_owned(), "b".to_owned()]).iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(Paths::One("a".to_owned()).iter().collect::<Vec<_>>(), ["a"]);
}
