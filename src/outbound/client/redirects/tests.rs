use url::Url;
use zeroize::Zeroizing;

use super::next;
use crate::model::http::Method;
use crate::model::http::Request;

const CREDENTIALS: &[&str] = &["Authorization", "Cookie", "X-Api-Key", "X-Shopify-Access-Token", "Proxy-Authorization"];

fn request(method: Method, url: &str) -> Request {
    let mut request = Request::new(method, Url::parse(url).unwrap()).header("Accept", "text/plain");
    for name in CREDENTIALS {
        request = request.header(*name, "CANARY");
    }
    request = request.header("Content-Type", "application/json");
    request.body = Some(Zeroizing::new(b"CANARY".to_vec()));
    request
}

/// `METHOD url headers body`, or what is not followed.
fn shown(from: (Method, &str), status: u16, location: &str) -> String {
    let Some(next) = next(&request(from.0, from.1), status, Some(location)) else { return "not followed".to_owned() };
    let has_credentials = next.headers.iter().any(|(_, value)| value.contains("CANARY"));
    let has_type = next.headers.iter().any(|(name, _)| name == "Content-Type");
    assert!(next.headers.iter().any(|(name, _)| name == "Accept"));
    assert_eq!(has_type, next.body.is_some(), "the type goes with the body");
    let with = |is: bool, what: &str| if is { format!(" with {what}") } else { String::new() };
    let (credentials, body) = (with(has_credentials, "credentials"), with(next.body.is_some(), "body"));
    format!("{:?} {}{credentials}{body}", next.method, next.url).replace("https://a.example", "")
}

#[test]
fn the_method_changes_as_the_status_says() {
    for (method, status, becomes) in [
        (Method::Get, 301, "Get"),
        (Method::Get, 302, "Get"),
        (Method::Get, 303, "Get"),
        (Method::Get, 307, "Get"),
        (Method::Get, 308, "Get"),
        (Method::Head, 302, "Head"),
        (Method::Head, 303, "Head"),
        (Method::Post, 307, "Post"),
        (Method::Post, 308, "Post"),
        (Method::Put, 301, "Put"),
        (Method::Delete, 302, "Delete"),
        (Method::Patch, 308, "Patch"),
    ] {
        let wanted = format!("{becomes} /b with credentials with body");
        assert_eq!(shown((method, "https://a.example/a"), status, "/b"), wanted, "{method:?} {status}");
    }
    for (method, status) in [(Method::Post, 301), (Method::Post, 302), (Method::Post, 303), (Method::Put, 303)] {
        let wanted = "Get /b with credentials";
        assert_eq!(shown((method, "https://a.example/a"), status, "b"), wanted, "{method:?} {status}");
    }
}

#[test]
fn another_origin_gets_neither_credentials_nor_body() {
    for location in [
        "https://b.example/b",
        "//b.example/b",
        "https://a.example:444/b",
        "https://x.a.example/b",
        "https://a.example./b",
        "http://b.example/b",
    ] {
        let from = if location.starts_with("http:") { "http://a.example/a" } else { "https://a.example/a" };
        for status in [301, 302, 303, 307, 308] {
            for method in [Method::Get, Method::Head] {
                let next = shown((method, from), status, location);
                assert!(next.starts_with(&format!("{method:?} ")), "{next}");
                assert!(!next.contains("credentials") && !next.contains("body"), "{next}");
            }
            let posted = shown((Method::Post, from), status, location);
            match status {
                307 | 308 => assert_eq!(posted, "not followed"),
                _ => assert!(posted.starts_with("Get ") && !posted.contains("with"), "{posted}"),
            }
            let deleted = shown((Method::Delete, from), status, location);
            assert!(deleted == "not followed" || status == 303, "{deleted}");
        }
    }
}

#[test]
fn https_never_becomes_anything_else() {
    for location in
        ["http://a.example/b", "http://b.example/", "ftp://a.example/", "file:///etc/passwd", "javascript:1"]
    {
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(shown((Method::Get, "https://a.example/a"), status, location), "not followed", "{location}");
        }
    }
}

#[test]
fn what_is_no_redirect_is_the_reply() {
    for status in [200, 201, 300, 304, 305, 306, 309, 399, 400, 500] {
        assert_eq!(shown((Method::Get, "https://a.example/a"), status, "/b"), "not followed", "{status}");
    }
    assert_eq!(shown((Method::Get, "https://a.example/a"), 302, "https://[::1"), "not followed");
    assert!(next(&request(Method::Get, "https://a.example/"), 302, None).is_none());
}
