//! Who may see pages: every `Page` route of the table as a stranger, from another tenant and from another site; sessions.

use chrono::TimeDelta;
use keyway::model::actor::Role;
use keyway::web::routes::Access;
use keyway::web::routes::ROUTES;
use keyway::web::routes::Route;

use crate::support::PASSWORD;
use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::person::Person;

/// The name of the session's cookie where the server is reached without TLS.
const COOKIE: &str = "keyway-session";

fn pages() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.access == Access::Page)
}

/// The path of a route in a tenant, with something for every other parameter.
fn path(route: &Route, tenant: &str) -> String {
    let mut path = route.path.replace("{tenant}", tenant);
    while let Some((start, rest)) = path.clone().split_once('{') {
        path = format!("{start}x{}", rest.split_once('}').unwrap().1);
    }
    path
}

#[actix_web::test]
async fn a_stranger_is_led_to_the_sign_in_page_and_back() {
    let t = TestApp::start().await;
    for route in pages() {
        let url = format!("{}{}", t.url(), path(route, "dev"));
        let nobody = Browser::new();
        if route.method == "GET" {
            let seen = nobody.get(&format!("{url}?a=b%26c")).await.must_be(303);
            let next: String =
                url::form_urlencoded::byte_serialize(format!("{}?a=b%26c", path(route, "dev")).as_bytes()).collect();
            assert_eq!(seen.header("location"), format!("/sign-in?next={next}"), "{url}");
        } else {
            let seen = nobody.submit(&url, &[("a", "b")]).await.must_be(401);
            assert!(seen.text().contains("Your session has ended"), "{url}: {}", seen.body);
            assert!(seen.header("content-type").starts_with("text/html"), "{url}");
        }
    }
}

#[actix_web::test]
async fn another_tenants_person_finds_no_page() {
    let t = TestApp::start().await;
    t.tenant("other", false).await;
    let foreign = Person::new(&t, "other", Role::Owner).await.at("dev");
    for route in pages() {
        let path = path(route, "dev");
        let url = format!("{}{path}", t.url());
        let seen = match route.method {
            "GET" => foreign.browser.get(&url).await,
            _ => foreign.browser.submit(&url, &[("a", "b")]).await,
        };
        assert_eq!(seen.status, 404, "{} {path}: {}", route.method, seen.body);
        assert!(seen.text().contains("tenant `dev` does not exist"), "{path}: {}", seen.text());
        // A tenant that nobody has looks the same.
        let unknown = format!("{}{}", t.url(), self::path(route, "nowhere"));
        let other = match route.method {
            "GET" => foreign.browser.get(&unknown).await,
            _ => foreign.browser.submit(&unknown, &[("a", "b")]).await,
        };
        assert_eq!((other.status, other.body.replace("nowhere", "dev")), (404, seen.body), "{path}");
    }
}

#[actix_web::test]
async fn another_sites_forms_are_refused() {
    let t = TestApp::start().await;
    let owner = Person::new(&t, "dev", Role::Owner).await;
    for route in pages().filter(|route| route.method != "GET") {
        let url = format!("{}{}", t.url(), path(route, "dev"));
        let evil: [&[(&str, &str)]; 5] = [
            &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
            &[("Origin", "https://evil.example")],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Origin", "null")],
            &[],
        ];
        for headers in evil {
            let seen = owner.browser.bare(&url, headers).await.must_be(403);
            assert!(seen.text().contains("not sent from our own page"), "{url}: {}", seen.text());
        }
    }
}

#[actix_web::test]
async fn signing_in_makes_a_new_session_and_ends_the_one_before() {
    let t = TestApp::start().await;
    let person = Person::new(&t, "dev", Role::Viewer).await;
    let first = person.browser.cookie(COOKIE).unwrap();
    let sign_in = format!("{}/sign-in", t.url());
    let fields = [("email", "viewer-of-dev@example.com"), ("password", PASSWORD), ("next", "/t/dev/sync")];
    let seen = person.browser.submit(&sign_in, &fields).await.must_be(303);
    assert_eq!(seen.header("location"), "/t/dev/sync");
    let second = person.browser.cookie(COOKIE).unwrap();
    assert_ne!(first, second);
    person.get("/sync").await.must_be(200);
    let old = Browser::new();
    old.keep(t.url(), COOKIE, &first);
    old.get(&person.address("/sync")).await.must_be(303);

    // A token that somebody else put there is never taken over.
    let fixed = Browser::new();
    fixed.keep(t.url(), COOKIE, "kws_000000000000_0000000000000000000000000000000000000000000000000");
    fixed.submit(&sign_in, &fields).await.must_be(303);
    assert!(!fixed.cookie(COOKIE).unwrap().starts_with("kws_000000000000_"));
}

#[actix_web::test]
async fn a_session_ends_unused_and_at_its_end_in_any_case() {
    let t = TestApp::start_with(|options| options.session.absolute = TimeDelta::hours(2)).await;
    let idle = Person::new(&t, "dev", Role::Viewer).await;
    idle.get("/sync").await.must_be(200);
    t.settle().await;
    t.advance(TimeDelta::minutes(31));
    idle.get("/sync").await.must_be(303);
    let busy = Person::sign_in(&t, "dev", "viewer-of-dev@example.com").await;
    for _ in 0..4 {
        t.advance(TimeDelta::minutes(25));
        busy.get("/sync").await.must_be(200);
        t.settle().await;
    }
    t.advance(TimeDelta::minutes(25));
    busy.get("/sync").await.must_be(303);
}

#[actix_web::test]
async fn signing_out_ends_this_session_or_all_of_them() {
    let t = TestApp::start().await;
    let first = Person::new(&t, "dev", Role::Viewer).await;
    let second = Person::sign_in(&t, "dev", "viewer-of-dev@example.com").await;
    let third = Person::sign_in(&t, "dev", "viewer-of-dev@example.com").await;
    let token = first.browser.cookie(COOKIE).unwrap();
    let seen = first.browser.submit(&format!("{}/sign-out", t.url()), &[]).await.must_be(303);
    assert_eq!(seen.header("location"), "/sign-in");
    first.browser.keep(t.url(), COOKIE, &token);
    first.get("/sync").await.must_be(303);
    second.get("/sync").await.must_be(200);
    second.post("/account/sign-out-everywhere", &[]).await.must_be(303);
    third.get("/sync").await.must_be(303);
}

#[actix_web::test]
async fn the_start_leads_to_what_needs_a_person_else_to_the_connections() {
    let t = TestApp::start().await;
    let home = format!("{}/", t.url());
    let nobody = Browser::new().get(&home).await.must_be(303);
    assert_eq!(nobody.header("location"), "/sign-in?next=%2F");
    let person = Person::new(&t, "dev", Role::Viewer).await;
    assert_eq!(person.browser.get(&home).await.must_be(303).header("location"), "/t/dev/connections");
    let new = serde_json::json!({ "component": "slack", "connection_type": "oauth2", "scope": "organization_global" });
    t.user(Role::Builder).await.post("/api/v1/connections", new).await.must_be(201);
    assert_eq!(person.browser.get(&home).await.must_be(303).header("location"), "/t/dev/attention");
}

#[actix_web::test]
async fn an_api_keys_token_in_a_cookie_is_nobody() {
    let t = TestApp::start().await;
    let key = keyway::app::api_key::NewApiKey {
        name: "k".to_owned(),
        scopes: keyway::model::actor::Permission::ALL.iter().copied().collect(),
        expires_at: None,
    };
    let made = t.app.create_api_key(t.operator_in("dev").await, key).await.unwrap();
    let browser = Browser::new();
    browser.keep(t.url(), COOKIE, &made.token);
    browser.get(&format!("{}/t/dev/sync", t.url())).await.must_be(303);
}
