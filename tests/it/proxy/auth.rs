//! Each way of proof as it arrives; signatures are computed again from what arrived.

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::SECRET;
use super::World;
use super::told;
use super::well;
use crate::support::peer::Reply;
use crate::support::peer::Request;

#[actix_web::test]
async fn fixed_proofs_arrive_where_they_belong() {
    let w = World::start(well).await;
    let asked = async |kind: &str, path: &str| {
        let key = w.connection(kind, "/v1").await;
        w.get(&key, path).await.must_be(200);
        w.peer.requests().pop().unwrap()
    };
    assert_eq!(asked("none", "x").await.header("authorization"), "");
    let basic = BASE64_STANDARD.encode(format!("someone:{SECRET}"));
    assert_eq!(asked("basic", "x").await.header("authorization"), format!("Basic {basic}"));
    let request = asked("key_in_header", "x").await;
    assert_eq!((request.header("x-key"), request.header("x-app")), (SECRET, "someone"));
    let request = asked("key_in_query", "x?key=theirs&a=1").await;
    assert_eq!(request.path, "/v1/x?a=1&key=pl4nted%2Fsecret%2B42");
    assert_eq!(asked("bearer", "x").await.header("authorization"), format!("Bearer {SECRET}"));
    let request = asked("custom", "x").await;
    assert_eq!((request.header("x-one"), request.header("x-two")), ("someone", SECRET));
    assert_eq!(request.parameter("three").as_deref(), Some(SECRET));
}

#[actix_web::test]
async fn a_token_is_asked_for_once_and_used_by_all() {
    let w = World::start(|request| match request.path.as_str() {
        "/token" => Reply::json(&json!({ "access_token": "token-1", "token_type": "bearer", "expires_in": 3600 })),
        _ => well(request),
    })
    .await;
    let key = w.connection("client", "/").await;
    for _ in 0..3 {
        w.get(&key, "x").await.must_be(200);
        let asked = w.peer.requests().pop().unwrap();
        assert_eq!((asked.path.as_str(), asked.header("authorization")), ("/api/x", "Bearer token-1"));
    }
    assert_eq!(w.peer.requests().iter().filter(|request| request.path == "/token").count(), 1);
}

#[actix_web::test]
async fn what_a_person_must_authorize_is_not_sent_before() {
    let w = World::start(well).await;
    let key = w.connection("code", "/").await;
    assert_eq!(told(&w.get(&key, "x").await), (409, "keyway", "credential_pending".to_owned()));
    assert_eq!(w.peer.connections(), 0);
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let form = format!("a={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes()).next().unwrap().1.into_owned()
}

/// RFC 5849, section 3.4, from what arrived.
#[actix_web::test]
async fn an_oauth1_signature_fits_what_arrived() {
    let w = World::start(well).await;
    let key = w.connection("oauth1", "/v1").await;
    let form = ("application/x-www-form-urlencoded", b"c=3%204&a=0".to_vec());
    let path = format!("/api/v1/proxy/{key}/x?b=2&a=1");
    w.runtime.raw("POST", &path, Some(form)).await.must_be(200);
    let asked = w.peer.requests().pop().unwrap();
    let header = asked.header("authorization").strip_prefix("OAuth ").unwrap().to_owned();
    let mut pairs = Vec::new();
    let mut signature = String::new();
    for part in header.split(", ") {
        let (name, value) = part.split_once('=').unwrap();
        let value = decoded(value.trim_matches('"'));
        if name == "oauth_signature" { signature = value } else { pairs.push((encoded(name), encoded(&value))) }
    }
    for text in [asked.path.split_once('?').unwrap().1, &asked.text()] {
        pairs.extend(
            url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (encoded(&name), encoded(&value))),
        );
    }
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let base = format!("POST&{}&{}", encoded(w.peer.url("/v1/x").as_str()), encoded(&joined.join("&")));
    let wanted = sign(format!("{}&toksecret", encoded(SECRET)).as_bytes(), &base);
    assert_eq!(signature, BASE64_STANDARD.encode(wanted));
    assert!(header.contains("oauth_token=\"tok\""));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What AWS would compute of a request that arrived; `payload`: the hash of its body, or the word in place of it.
fn sigv4(asked: &Request, service: &str, payload: &str) -> String {
    let header = asked.header("authorization");
    let names = header.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    let lines: String = names.split(';').map(|name| format!("{name}:{}\n", asked.header(name))).collect();
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let canonical = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{payload}", asked.method);
    let time = asked.header("x-amz-date");
    let scope = format!("{}/eu-west-1/{service}/aws4_request", &time[..8]);
    let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let key = [&time[..8], "eu-west-1", service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| sign(&key, part));
    hex(&sign(&key, &format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}")))
}

#[actix_web::test]
async fn an_aws_signature_fits_what_arrived() {
    let w = World::start(well).await;
    for service in ["s3", "sqs"] {
        let key = w.connection(service, "/").await;
        let body = ("text/plain", b"the body".to_vec());
        let path = format!("/api/v1/proxy/{key}/bucket/key?b=2&a=1");
        w.runtime.with("X-Amz-Meta-Own", "1").raw("PUT", &path, Some(body)).await.must_be(200);
        let asked = w.peer.requests().pop().unwrap();
        let payload = hex(digest::digest(&digest::SHA256, &asked.body).as_ref());
        let wanted = sigv4(&asked, service, &payload);
        assert!(asked.header("authorization").ends_with(&format!("Signature={wanted}")), "{service}");
        assert!(asked.header("authorization").contains("x-amz-meta-own"));
    }
}

/// What is too long to be read first is signed without its body where that is taken, else refused.
#[actix_web::test]
async fn a_long_body_is_signed_where_that_can_be() {
    let w = World::start(well).await;
    let long = || Some(("text/plain", vec![b'x'; 9 * 1024 * 1024]));
    let key = w.connection("s3", "/").await;
    w.runtime.raw("PUT", &format!("/api/v1/proxy/{key}/bucket/key"), long()).await.must_be(200);
    let asked = w.peer.requests().pop().unwrap();
    assert_eq!(asked.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert_eq!(asked.body.len(), 9 * 1024 * 1024);
    let wanted = sigv4(&asked, "s3", "UNSIGNED-PAYLOAD");
    assert!(asked.header("authorization").ends_with(&format!("Signature={wanted}")));
    let key = w.connection("sqs", "/").await;
    let answer = w.runtime.raw("POST", &format!("/api/v1/proxy/{key}/x"), long()).await;
    assert_eq!(told(&answer), (413, "keyway", "body_too_large".to_owned()));
    assert_eq!(w.peer.requests().len(), 1);
}
