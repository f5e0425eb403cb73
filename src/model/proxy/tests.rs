use chrono::DateTime;
use url::Url;
use zeroize::Zeroizing;

use crate::model::http::Method;
use crate::model::proxy::forwarded;
use crate::model::proxy::is_idempotent;
use crate::model::proxy::join;
use crate::model::proxy::path;
use crate::model::proxy::returned;
use crate::model::proxy::wait_before_retry;
use crate::model::recipe::Recipe;

const MOUNT: &str = "/api/v1/proxy/shop";

fn base() -> Url {
    Url::parse("https://api.shop.example/admin/v1").unwrap()
}

const ESCAPES: &[&str] = &[
    "..",
    "../x",
    "a/../b",
    "a/..",
    "./a",
    "a/./b",
    "/a",
    "//evil.example/a",
    "a//b",
    "%2e%2e/x",
    "%2E%2E/x",
    ".%2e/x",
    "%2e./x",
    "a/%2e%2e",
    "%2e/x",
    "%252e%252e/x",
    "%25252e%25252e/x",
    "%2525252525252e",
    "..;/x",
    "..;a=b/x",
    "a/..;/b",
    "%2e%2e;/x",
    "..%2fx",
    "a%2fb",
    "a%2Fb",
    "a%252fb",
    "..%5cx",
    "a\\b",
    "..\\x",
    "a%5cb",
    "a%255cb",
    "%c0%ae%c0%ae/x",
    "%c0%af",
    "%e0%80%af",
    "%ff",
    "a%00b",
    "a%0d%0aHost: x",
    "a%09b",
    "a\tb",
    "a\nb",
    "a%7fb",
    "a%",
    "a%2",
    "a%zz",
    "%u002e%u002e/x",
    "https://evil.example/",
    "https:/evil.example",
    "https:evil.example",
    "HTTP:evil.example",
    "javascript:alert(1)",
    "foo:",
    "file:/etc/passwd",
    "@evil.example",
    "user@evil.example/a",
    "user:password@evil.example",
    "\\\\evil.example",
    "%5c%5cevil.example",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "a/b/../../../../x",
    "a/%2e%2e/%2e%2e/x",
    "\u{85}",
    "..%00/x",
    "%2e%2e%2fx",
];

/// Every way out that is known, against a base URL with a prefix and one without.
#[test]
fn no_path_leads_away_from_the_base_url() {
    assert!(ESCAPES.len() >= 40);
    for bare in ["https://api.shop.example/admin/v1", "https://api.shop.example"] {
        for path in ESCAPES {
            let refused = join(&Url::parse(bare).unwrap(), path, None).map(|url| url.to_string());
            assert_eq!(refused.as_ref().err().map(|error| error.code), Some("refused_path"), "{path:?} {refused:?}");
        }
    }
}

#[test]
fn other_paths_arrive_as_they_were_written() {
    for (path, wanted) in [
        ("", "https://api.shop.example/admin/v1"),
        ("products.json", "https://api.shop.example/admin/v1/products.json"),
        ("a/b/", "https://api.shop.example/admin/v1/a/b/"),
        ("users/@me", "https://api.shop.example/admin/v1/users/@me"),
        ("%40scope", "https://api.shop.example/admin/v1/%40scope"),
        ("v1:batch", "https://api.shop.example/admin/v1/v1:batch"),
        ("a..b/...", "https://api.shop.example/admin/v1/a..b/..."),
        ("file%2etxt", "https://api.shop.example/admin/v1/file%2etxt"),
        ("100%25", "https://api.shop.example/admin/v1/100%25"),
        ("m%C3%BCnchen", "https://api.shop.example/admin/v1/m%C3%BCnchen"),
        ("a;b=c", "https://api.shop.example/admin/v1/a;b=c"),
        ("x/https:", "https://api.shop.example/admin/v1/x/https:"),
    ] {
        assert_eq!(join(&base(), path, None).unwrap().as_str(), wanted, "{path}");
    }
    let kept = join(&base(), "a", Some("q=a%20b+c&q=%2F&url=https://x.example/../y")).unwrap();
    assert_eq!(kept.query(), Some("q=a%20b+c&q=%2F&url=https://x.example/../y"));
    let with_query = Url::parse("https://api.shop.example/?version=2").unwrap();
    assert_eq!(join(&with_query, "a", Some("b=1")).unwrap().as_str(), "https://api.shop.example/a?version=2&b=1");
}

proptest::proptest! {
    /// Whatever is let through lies below the base URL, after as many more decodings as somebody may do.
    #[test]
    fn what_is_let_through_stays_below(path in "[a./%25eEfF\\\\;@:?#c0]{0,24}") {
        if let Ok(url) = join(&base(), &path, None) {
            proptest::prop_assert_eq!(url.origin(), base().origin());
            proptest::prop_assert!(url.path() == "/admin/v1" || url.path().starts_with("/admin/v1/"));
            let mut text = url.path().to_owned();
            for _ in 0..8 {
                proptest::prop_assert!(!text.split(['/', '\\']).any(|part| part == ".." || part.starts_with("..;")), "{}", text);
                text = String::from_utf8_lossy(&path::decode(text.as_bytes())).into_owned();
            }
        }
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_callers_own_headers_stay_here() {
    let sent = pairs(&[
        ("Accept", "text/html"),
        ("Authorization", "Bearer kwk_x"),
        ("Cookie", "a=b"),
        ("Host", "keyway.example"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-Host", "a"),
        ("Forwarded", "for=a"),
        ("Keyway-Customer", "acme"),
        ("Connection", "close, X-Hop"),
        ("X-Hop", "1"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("Expect", "100-continue"),
        ("Proxy-Authorization", "Basic x"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "3"),
        ("X-Own", "1"),
        ("Idempotency-Key", "k"),
        ("keyway-tenant", "dev"),
        ("Via", "1.1 x"),
        ("X-Real-IP", "10.0.0.1"),
        ("Content-Type", "a/b"),
    ]);
    let names: Vec<String> = forwarded(&sent).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Accept", "X-Own", "Idempotency-Key", "Content-Type"]);
}

#[test]
fn answers_lose_what_is_not_the_callers() {
    let recipe = Recipe {
        base_url: Some("https://api.shop.example/admin/v1".to_owned()),
        query: vec![("api_key".to_owned(), Zeroizing::new("s3cret/key".to_owned()))],
        ..Recipe::default()
    };
    let url = Url::parse("https://api.shop.example/admin/v1/orders?api_key=s3cret%2Fkey").unwrap();
    let came = pairs(&[
        ("content-type", "application/json"),
        ("set-cookie", "sid=1"),
        ("keyway-origin", "keyway"),
        ("x-own", "1"),
        ("strict-transport-security", "max-age=1"),
        ("access-control-allow-origin", "*"),
        ("keep-alive", "timeout=5"),
        ("link", "<https://api.shop.example/admin/v1/orders?page=2&api_key=s3cret%2Fkey>; rel=\"next\""),
    ]);
    insta::assert_snapshot!(format!("{:?}", returned(&came, &recipe, &url, MOUNT)), @r#"[("content-type", "application/json"), ("x-own", "1"), ("link", "<https://api.shop.example/admin/v1/orders?page=2&api_key=>; rel=\"next\"")]"#);
    let moved = |location: &str| returned(&pairs(&[("location", location)]), &recipe, &url, MOUNT).pop().unwrap().1;
    for (location, wanted) in [
        ("https://api.shop.example/admin/v1/jobs/7?a=1&api_key=s3cret%2Fkey", "/api/v1/proxy/shop/jobs/7?a=1"),
        ("jobs/7", "/api/v1/proxy/shop/jobs/7"),
        ("/admin/v1", "/api/v1/proxy/shop/"),
        ("/login", "https://api.shop.example/login"),
        ("/admin/v10/x", "https://api.shop.example/admin/v10/x"),
        ("https://other.example/x?api_key=s3cret%2Fkey#f", "https://other.example/x#f"),
        ("https://api.shop.example:8443/admin/v1/x", "https://api.shop.example:8443/admin/v1/x"),
        ("http://api.shop.example/admin/v1/x", "http://api.shop.example/admin/v1/x"),
        ("//other.example/admin/v1/x", "https://other.example/admin/v1/x"),
    ] {
        assert_eq!(moved(location), wanted, "{location}");
    }
}

#[test]
fn a_busy_third_party_is_asked_again_when_it_says_so() {
    let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    let wait = |status, text, retries| wait_before_retry(status, text, retries, now).map(|wait| wait.as_millis());
    assert_eq!(wait(429, Some("3"), 0), Some(3000));
    assert_eq!(wait(503, Some("Thu, 01 Jan 2026 00:00:04 GMT"), 1), Some(4000));
    assert_eq!(wait(503, Some("Thu, 01 Jan 2015 00:00:04 GMT"), 1), Some(0));
    assert_eq!((wait(503, None, 0), wait(503, None, 1)), (Some(500), Some(1000)));
    assert_eq!(wait(429, Some("11"), 0), None);
    assert_eq!(wait(429, Some("soon"), 0), None);
    assert_eq!(wait(429, Some("99999999999999999999999"), 0), None);
    assert_eq!(wait(429, Some("1"), 2), None);
    assert_eq!(wait(500, Some("1"), 0), None);
    assert!(is_idempotent(Method::Put) && is_idempotent(Method::Options));
    assert!(!is_idempotent(Method::Post) && !is_idempotent(Method::Patch));
}
