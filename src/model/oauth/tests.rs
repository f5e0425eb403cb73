#![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use chrono::DateTime;
use oauth2::AuthType;
use oauth2::AuthUrl;
use oauth2::AuthorizationCode;
use oauth2::ClientId;
use oauth2::ClientSecret;
use oauth2::CsrfToken;
use oauth2::HttpRequest;
use oauth2::HttpResponse;
use oauth2::PkceCodeChallenge;
use oauth2::PkceCodeVerifier;
use oauth2::RedirectUrl;
use oauth2::RefreshToken;
use oauth2::Scope;
use oauth2::TokenUrl;
use oauth2::basic::BasicClient;
use serde_json::Value;
use serde_json::json;
use url::Url;
use url::form_urlencoded;

use crate::clock::Instant;
use crate::model::component::auth::Auth;
use crate::model::fill::Fill;
use crate::model::http::Request;
use crate::model::oauth::Moment;
use crate::model::oauth::ask;
use crate::model::oauth::ask::Code;
use crate::model::oauth::ask::Traded;
use crate::model::oauth::authorize;
use crate::model::oauth::authorize::Authorization;
use crate::model::oauth::revoke;
use crate::model::oauth::scopes;
use crate::model::token::TokenSet;

mod callback;
mod misbehaviour;
mod reading;
mod renewing;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn now() -> Instant {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn moment() -> Moment<'static> {
    Moment { now: now(), nonce: "n-1" }
}

/// An authorization code type with these fields over the usual ones.
fn code_auth(more: Value) -> Auth {
    let mut auth = json!({ "kind": "oauth2_authorization_code", "authorize_url": "https://a.example/authorize",
        "token_url": "https://a.example/token" });
    auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(auth).unwrap()
}

fn auth(value: Value) -> Auth {
    serde_json::from_value(value).unwrap()
}

fn fill(values: Value) -> Fill {
    Fill::new(serde_json::from_value(values).unwrap())
}

fn usual() -> Fill {
    fill(json!({ "client_id": "client/1", "client_secret": "s+e/c=r&t" }))
}

fn authorize_url(auth: &Auth, fill: &Fill) -> Url {
    let with = Authorization { redirect_uri: "https://k.example/cb", state: "st", verifier: VERIFIER, nonce: "n-1" };
    authorize::url(auth, fill, &with).unwrap()
}

fn by_code(auth: &Auth, fill: &Fill) -> Request {
    let code = Code { code: "the code", verifier: VERIFIER, redirect_uri: "https://k.example/cb" };
    ask::by_code(auth, fill, &code, &moment()).unwrap()
}

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// A request as text: line, headers, body.
fn shown(request: &Request) -> String {
    let body = request.body.as_ref().map_or("", |body| std::str::from_utf8(body).unwrap());
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {}", value.as_str())).collect();
    format!("{} {}\n{}\n\n{body}", request.method.as_str(), request.url, headers.join("\n"))
}

type StandardClient = BasicClient<
    oauth2::EndpointSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
>;

/// The client of the `oauth2` crate, to hold ours against.
fn standard(auth_type: AuthType) -> StandardClient {
    BasicClient::new(ClientId::new("client/1".to_owned()))
        .set_client_secret(ClientSecret::new("s+e/c=r&t".to_owned()))
        .set_auth_uri(AuthUrl::new("https://a.example/authorize".to_owned()).unwrap())
        .set_token_uri(TokenUrl::new("https://a.example/token".to_owned()).unwrap())
        .set_redirect_uri(RedirectUrl::new("https://k.example/cb".to_owned()).unwrap())
        .set_auth_type(auth_type)
}

#[test]
fn the_standard_authorize_url_is_that_of_the_oauth2_crate() {
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(VERIFIER.to_owned()));
    let client = standard(AuthType::RequestBody);
    let request = client.authorize_url(|| CsrfToken::new("st".to_owned())).set_pkce_challenge(challenge);
    let (theirs, _) = request.add_scope(Scope::new("a b".to_owned())).add_scope(Scope::new("c".to_owned())).url();
    let ours = authorize_url(&code_auth(json!({ "scopes": ["a b", "{{unset}}", "c"] })), &usual());
    assert_eq!(pairs(ours.query().unwrap().as_bytes()), pairs(theirs.query().unwrap().as_bytes()));
    assert_eq!(ours.path(), theirs.path());
}

#[test]
fn standard_token_requests_are_those_of_the_oauth2_crate() {
    for (theirs, ours) in [(AuthType::RequestBody, "body"), (AuthType::BasicAuth, "basic")] {
        let client = standard(theirs);
        let seen: RefCell<Option<HttpRequest>> = RefCell::new(None);
        let send = |request: HttpRequest| -> Result<HttpResponse, std::io::Error> {
            *seen.borrow_mut() = Some(request);
            Err(std::io::Error::other("only looked at"))
        };
        let auth = code_auth(json!({ "client_auth": ours }));
        let verifier = PkceCodeVerifier::new(VERIFIER.to_owned());
        let code = AuthorizationCode::new("the code".to_owned());
        drop(client.exchange_code(code).set_pkce_verifier(verifier).request(&send));
        assert_same(&by_code(&auth, &usual()), &seen.take().unwrap());

        drop(client.exchange_refresh_token(&RefreshToken::new("old".to_owned())).request(&send));
        let tokens = usual().with("refresh_token", "old");
        let request = ask::by_refresh(&auth, &tokens, Traded::RefreshToken, &moment()).unwrap();
        assert_same(&request, &seen.take().unwrap());

        drop(client.exchange_client_credentials().add_scope(Scope::new("x".to_owned())).request(&send));
        let machine = json!({ "kind": "oauth2_client_credentials", "token_url": "https://a.example/token", "scopes": ["x"],
            "client_auth": ours });
        let machine = serde_json::from_value(machine).unwrap();
        let request = ask::by_itself(&machine, &usual(), &moment()).unwrap().unwrap();
        assert_same(&request, &seen.take().unwrap());
    }
}

fn assert_same(ours: &Request, theirs: &HttpRequest) {
    assert_eq!(ours.url.as_str(), theirs.uri().to_string());
    assert_eq!(ours.method.as_str(), theirs.method().as_str());
    assert_eq!(pairs(ours.body.as_ref().unwrap()), pairs(theirs.body()));
    let header = |name: &str| theirs.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(ours.header_value("authorization"), header("authorization"));
    assert_eq!(ours.header_value("content-type"), header("content-type"));
}

#[test]
fn authorize_urls_differ_as_manifests_say() {
    let auth = code_auth(json!({
        "authorize_url": "https://{{shop}}.example/a?keep=1&scope=gone", "authorize_rename": { "client_id": "client_key" },
        "authorize_params": { "response_mode": "form_post", "nonce": "{{nonce}}", "response_type": "code id_token",
            "login": "{{unset}}", "scope": { "value": "{{scope}}", "when": { "is_user": false } },
            "user_scope": { "value": "{{scope}}", "when": { "is_user": true } } },
        "scopes": ["{{scopes}}"], "scope_separator": ",", "pkce": "off",
    }));
    let values =
        |is_user: bool| fill(json!({ "client_id": "c", "shop": "acme", "scopes": "a b,a", "is_user": is_user }));
    insta::assert_snapshot!(authorize_url(&auth, &values(true)), @"https://acme.example/a?keep=1&scope=gone&response_type=code%20id_token&client_key=c&redirect_uri=https%3A%2F%2Fk.example%2Fcb&state=st&nonce=n-1&response_mode=form_post&user_scope=a%2Cb");
    insta::assert_snapshot!(authorize_url(&auth, &values(false)), @"https://acme.example/a?keep=1&response_type=code%20id_token&client_key=c&redirect_uri=https%3A%2F%2Fk.example%2Fcb&scope=a%2Cb&state=st&nonce=n-1&response_mode=form_post");
    assert_eq!(scopes(&auth, &values(true)).unwrap(), ["a", "b"]);
}

#[test]
fn token_requests_differ_as_manifests_say() {
    let values = fill(json!({ "client_id": "c", "client_secret": "s", "tenant": "t" }));
    let renamed = code_auth(json!({
        "client_auth": "body", "pkce": "off",
        "token_request": { "format": "json", "rename": { "code": "auth_code", "client_id": "app_id" }, "omit": ["redirect_uri"],
            "params": { "grant_type": "other", "tenant": "{{tenant}}", "left_out": "{{unset}}" }, "headers": { "X-Tenant": "{{tenant}}" } },
    }));
    insta::assert_snapshot!(shown(&by_code(&renamed, &values)), @r#"
    POST https://a.example/token
    X-Tenant: t
    Accept: application/json
    Content-Type: application/json

    {"grant_type":"other","auth_code":"the code","app_id":"c","client_secret":"s","tenant":"t"}
    "#);
    let in_query = code_auth(json!({ "client_auth": "basic_secret_only", "token_request": { "method": "GET" } }));
    insta::assert_snapshot!(shown(&by_code(&in_query, &values)), @r#"
    GET https://a.example/token?grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2Fk.example%2Fcb&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
    Authorization: Basic czo=
    Accept: application/json
    "#);
    let public = code_auth(json!({ "client_auth": "none" }));
    insta::assert_snapshot!(shown(&by_code(&public, &values)), @r#"
    POST https://a.example/token
    Accept: application/json
    Content-Type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2Fk.example%2Fcb&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=c
    "#);
}

#[test]
fn grants_without_a_person_ask_in_their_own_way() {
    let values = fill(json!({ "client_id": "c", "client_secret": "s", "username": "u", "password": "p&", "key": "k" }));
    let password = auth(json!({ "kind": "oauth2_password", "token_url": "https://a.example/t", "client_auth": "basic",
        "token_request": { "format": "json" } }));
    insta::assert_snapshot!(shown(&ask::by_itself(&password, &values, &moment()).unwrap().unwrap()), @r#"
    POST https://a.example/t
    Authorization: Basic Yzpz
    Accept: application/json
    Content-Type: application/json

    {"grant_type":"password","username":"u","password":"p&"}
    "#);
    let jwt = auth(json!({ "kind": "jwt_bearer", "token_url": "https://a.example/t", "scopes": ["x"],
        "assertion": { "algorithm": "HS256", "key": "{{key}}", "claims": { "aud": "{{token_url}}", "scope": "{{scope}}" } } }));
    insta::assert_snapshot!(shown(&ask::by_itself(&jwt, &values, &moment()).unwrap().unwrap()), @r#"
    POST https://a.example/t
    Accept: application/json
    Content-Type: application/x-www-form-urlencoded

    grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDMwMCwianRpIjoibi0xIiwiYXVkIjoiaHR0cHM6Ly9hLmV4YW1wbGUvdCIsInNjb3BlIjoieCJ9.lLpXT_de1CvA3QyyRS0j_HCAGGIIZR41OK4NuHSNu7Q&scope=x
    "#);
    let proven = auth(json!({ "kind": "oauth2_client_credentials", "token_url": "https://a.example/t",
        "client_auth": "private_key_jwt", "client_assertion": { "algorithm": "HS256", "key": "{{key}}" } }));
    let request = ask::by_itself(&proven, &values, &moment()).unwrap().unwrap();
    let sent = pairs(request.body.as_ref().unwrap());
    assert_eq!(sent["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(sent["client_assertion"].split('.').count(), 3);
    assert_eq!(sent.get("client_secret"), None);
}

#[test]
fn revocation_is_standard_or_the_manifests_own() {
    let tokens = TokenSet {
        access_token: "at".to_owned().into(),
        refresh_token: Some("rt".to_owned().into()),
        ..TokenSet::default()
    };
    let standard = code_auth(json!({ "revoke_url": "https://a.example/revoke" }));
    let request = |auth: &Auth| revoke::request(auth, &usual(), &tokens, &moment()).unwrap();
    insta::assert_snapshot!(shown(&request(&standard).unwrap()), @r#"
    POST https://a.example/revoke
    Accept: application/json
    Content-Type: application/x-www-form-urlencoded

    token=rt&token_type_hint=refresh_token&client_id=client%2F1&client_secret=s%2Be%2Fc%3Dr%26t
    "#);
    let own = code_auth(json!({ "revoke": { "method": "DELETE", "url": "https://a.example/apps/{{client_id}}/token",
        "basic": { "username": "{{client_id}}", "password": "{{client_secret}}" }, "format": "json",
        "body": { "access_token": "{{access_token}}", "token": "{{token}}" } } }));
    insta::assert_snapshot!(shown(&request(&own).unwrap()), @r#"
    DELETE https://a.example/apps/client%2F1/token
    Authorization: Basic Y2xpZW50LzE6cytlL2M9ciZ0
    Content-Type: application/json
    Accept: application/json

    {"access_token":"at","token":"rt"}
    "#);
    assert!(request(&code_auth(json!({}))).is_none());
}

#[test]
fn what_is_missing_or_unfit_is_named_and_never_shown() {
    let auth = code_auth(json!({ "token_url": "https://{{host}}/token" }));
    let code = Code { code: "c", verifier: VERIFIER, redirect_uri: "https://k.example/cb" };
    let error = |values: Value| ask::by_code(&auth, &fill(values), &code, &moment()).err().unwrap();
    let missing = error(json!({ "client_id": "c", "client_secret": "s" }));
    assert_eq!((missing.code, missing.public.contains("`host`")), ("missing_value", true));
    let moved = error(json!({ "client_id": "c", "client_secret": "s", "host": "evil.example/hunter2?" }));
    assert_eq!((moved.code, moved.public.contains("hunter2")), ("unfit_value", false));
}
