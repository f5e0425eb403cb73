//! Paths that lead elsewhere, sent as they are written: an ordinary client would tidy them up.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use keyway::model::actor::Permission;

use super::World;
use super::well;

const ESCAPES: &[&str] = &[
    "..",
    "../x",
    "../../x",
    "a/../x",
    "a/..",
    "./x",
    "a/./x",
    "/x",
    "//evil.example/x",
    "a//x",
    "%2e%2e/x",
    "%2E%2E/x",
    ".%2e/x",
    "%2e./x",
    "a/%2e%2e",
    "%2e/x",
    "%252e%252e/x",
    "%25252e%25252e/x",
    "..;/x",
    "..;a=b/x",
    "a/..;/x",
    "%2e%2e;/x",
    "..%2fx",
    "a%2fx",
    "a%2Fx",
    "a%252fx",
    "..%5cx",
    "a%5cx",
    "a%255cx",
    "%c0%ae%c0%ae/x",
    "%c0%af",
    "%e0%80%af",
    "%ff",
    "a%00x",
    "a%0d%0aX-Evil: 1",
    "a%0d%0aX-Evil:%201",
    "a%09x",
    "a%7fx",
    "a%",
    "a%2",
    "a%zz",
    "%u002e%u002e/x",
    "https://evil.example/",
    "https:/evil.example",
    "https:evil.example",
    "HTTP:evil.example",
    "foo:",
    "javascript:alert(1)",
    "@evil.example",
    "user@evil.example/x",
    "user:pw@evil.example",
    "%5c%5cevil.example",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "a/b/../../../../x",
    "..%00/x",
    "%2e%2e%2fx",
    "a\\x",
    "..\\x",
];

fn ask(authority: &str, token: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(authority).unwrap();
    let head =
        format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    answer
}

#[actix_web::test]
async fn no_path_leads_away_from_the_base_url() {
    let w = World::start(well).await;
    let key = w.connection("bearer", "/base/v1").await;
    let scopes = [Permission::ProxyUse].into();
    let new = keyway::app::api_key::NewApiKey { name: "raw".to_owned(), scopes, expires_at: None };
    let token = w.t.app.create_api_key(w.t.operator_in("dev").await, new).await.unwrap().token;
    let (authority, bearer) = (w.t.authority().to_owned(), format!("Bearer {}", token.as_str()));
    assert!(ESCAPES.len() >= 40);
    for path in ESCAPES {
        let target = format!("/api/v1/proxy/{key}/{path}");
        let (to, token) = (authority.clone(), bearer.clone());
        let answer = tokio::task::spawn_blocking(move || ask(&to, &token, &target)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
    }
    assert_eq!(w.peer.connections(), 0);
    // The control: the same way of asking arrives.
    let target = format!("/api/v1/proxy/{key}/users/@me?x=../../y");
    let answer = tokio::task::spawn_blocking(move || ask(&authority, &bearer, &target)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(w.peer.requests()[0].path, "/base/v1/users/@me?x=../../y");
}
