//! Components, connections, credentials and customers in a browser: what somebody sees, does, and may not do.

mod credential;
mod manage;
mod wizard;

use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use keyway::web::routes::Access;
use keyway::web::routes::ROUTES;
use serde_json::Value;
use serde_json::json;

use crate::support::PASSWORD;
use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::browser::Seen;
use crate::support::client::Client;

/// The nouns of these pages.
const OURS: [&str; 4] = ["components", "connections", "credentials", "customers"];

/// A deployment, and somebody's browser that is signed in to `dev`.
struct Desk {
    t: TestApp,
    admin: Client,
    browser: Browser,
}

impl Desk {
    async fn start(role: Role) -> Self {
        Self::start_on(TestApp::start().await, role).await
    }

    async fn start_on(t: TestApp, role: Role) -> Self {
        let admin = t.api_key(Permission::ALL).await;
        let email = format!("{role}-at-desk@example.com");
        t.person("dev", &email, role).await;
        let browser = signed_in(&t, &email).await;
        Self { t, admin, browser }
    }

    async fn get(&self, path: &str) -> Seen {
        self.browser.get(&format!("{}/t/dev{path}", self.t.url())).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.browser.submit(&format!("{}/t/dev{path}", self.t.url()), fields).await
    }

    /// Sends a form, and looks at the page that it leads to.
    async fn sent(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let seen = self.post(path, fields).await.must_be(303);
        self.browser.get(&seen.next().unwrap()).await.must_be(200)
    }

    async fn make(&self, body: Value) -> String {
        self.admin.post("/api/v1/connections", body).await.must_be(201).text("/id")
    }

    async fn slack(&self) -> String {
        let inputs = json!({ "client_id": { "value": "1.2" }, "client_secret": { "value": "PLANTED-secret" } });
        let body = json!({ "component": "slack", "connection_type": "oauth2", "scope": "customer", "inputs": inputs });
        self.make(body).await
    }

    async fn show(&self, connection: &str) -> Value {
        self.admin.get(&format!("/api/v1/connections/{connection}")).await.must_be(200).json()
    }
}

async fn signed_in(t: &TestApp, email: &str) -> Browser {
    let browser = Browser::new();
    let fields = [("email", email), ("password", PASSWORD)];
    browser.submit(&format!("{}/sign-in", t.url()), &fields).await.must_be(303);
    browser
}

/// One of each thing that these pages name.
async fn things(desk: &Desk) -> Vec<(&'static str, String)> {
    let connection = desk.slack().await;
    let customer = json!({ "external_id": "only-in-dev", "name": "Only in dev" });
    let customer = desk.admin.post("/api/v1/customers", customer).await.must_be(201).text("/id");
    let credential = json!({ "connection": connection, "owner": "test" });
    let credential = desk.admin.post("/api/v1/credentials", credential).await.must_be(201).text("/id");
    vec![
        ("{tenant}", "dev".to_owned()),
        ("{component}", "slack".to_owned()),
        ("{connection}", connection),
        ("{credential}", credential),
        ("{customer}", customer),
    ]
}

/// The pages and forms of these nouns, with their things named.
fn ours(things: &[(&str, String)], method: &str) -> Vec<String> {
    let is_ours = |path: &str| OURS.iter().any(|noun| path.starts_with(&format!("/t/{{tenant}}/{noun}")));
    let routes = ROUTES.iter().filter(|route| route.access == Access::Page && route.method == method);
    let path = |path: &str| things.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
    let paths: Vec<String> = routes.filter(|route| is_ours(route.path)).map(|route| path(route.path)).collect();
    assert!(paths.len() > 10 && paths.iter().all(|path| !path.contains('{')), "{paths:?}");
    paths
}

#[actix_web::test]
async fn a_viewer_reads_every_page_and_changes_nothing() {
    let desk = Desk::start(Role::Viewer).await;
    let things = things(&desk).await;
    let url = |path: &str| format!("{}{path}", desk.t.url());
    // Making, entering and deleting are not for viewers.
    let is_for_others = |path: &str| path.ends_with("/new") || path.ends_with("/delete");
    for path in ours(&things, "GET") {
        let query = if path.ends_with("/credentials/new") { "?owner=test" } else { "" };
        let seen = desk.browser.get(&url(&format!("{path}{query}"))).await;
        let expected = if is_for_others(&path) { 403 } else { 200 };
        assert_eq!(seen.status, expected, "{path}: {}", seen.body);
        let main = seen.body.split("<main").nth(1).unwrap();
        assert!(!main.contains("method=\"post\""), "{path} offers a form to a viewer: {main}");
        assert!(!seen.body.contains("PLANTED"), "{path}");
    }
    let before = desk.admin.get("/api/v1/audit?limit=200").await.must_be(200).body;
    for path in ours(&things, "POST") {
        let fields = [("owner", "test"), ("switch", "enabled"), ("customer", "only-in-dev"), ("sure", "yes")];
        let more = [("connection", "slack-oauth2"), ("confirm", "slack-oauth2"), ("external_id", "x"), ("label", "x")];
        let last = [("whose", "customer"), ("stable_key", "x"), ("link", "lnk_01990000000070008000000000000000")];
        let fields: Vec<_> = fields.into_iter().chain(more).chain(last).collect();
        let seen = desk.browser.submit(&url(&path), &fields).await;
        assert!(matches!(seen.status, 403 | 404), "{path}: {} {}", seen.status, seen.body);
    }
    assert_eq!(desk.admin.get("/api/v1/audit?limit=200").await.must_be(200).body, before);
}

#[actix_web::test]
async fn another_tenants_people_and_other_sites_find_nothing() {
    let desk = Desk::start(Role::Admin).await;
    desk.t.tenant("other", false).await;
    desk.t.person("other", "foreign@example.com", Role::Owner).await;
    let foreign = signed_in(&desk.t, "foreign@example.com").await;
    let things = things(&desk).await;
    let in_other = |path: &str| path.replacen("/t/dev/", "/t/other/", 1);
    for path in ours(&things, "GET") {
        let here = format!("{}{path}", desk.t.url());
        assert_eq!(foreign.get(&here).await.status, 404, "{path}");
        let there = foreign.get(&format!("{}{}?owner=test", desk.t.url(), in_other(&path))).await;
        let is_thing = ["con_", "crd_", "cus_"].iter().any(|id| path.contains(id));
        assert_eq!(there.status, if is_thing { 404 } else { 200 }, "{path}: {}", there.body);
        assert!(!there.body.contains("Only in dev"), "{path}");
        let stranger = Browser::new().get(&here).await;
        assert!(stranger.status == 303 && stranger.header("location").starts_with("/sign-in"), "{path}");
    }
    for path in ours(&things, "POST") {
        let here = format!("{}{path}", desk.t.url());
        assert_eq!(foreign.submit(&here, &[]).await.status, 404, "{path}");
        // With cookies: what browsers that know no `SameSite` would send.
        let cross = desk.browser.submit_as(&here, "https://evil.example", &[("a", "b")]).await;
        assert_eq!(cross.status, 403, "{path}: {}", cross.body);
        assert_eq!(Browser::new().submit(&here, &[]).await.status, 401, "{path}");
    }
}

#[actix_web::test]
async fn lists_are_searched_and_paged() {
    let desk = Desk::start(Role::Viewer).await;
    for number in 0..60 {
        let body = json!({ "component": "http", "connection_type": "basic", "scope": "customer",
            "label": format!("Shop {number:02}"), "stable_key": format!("shop-{number:02}") });
        desk.make(body).await;
    }
    desk.slack().await;
    let first = desk.get("/connections").await.must_be(200);
    assert!(first.body.contains("Shop 49") && !first.body.contains("Shop 50"), "{}", first.body);
    let pager = first.body.split("class=\"pager\"").nth(1).unwrap();
    let next = pager.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&#x3D;", "=").replace("&amp;", "&");
    let second = desk.browser.get(&format!("{}{next}", desk.t.url())).await.must_be(200);
    assert!(second.body.contains("Shop 50") && !second.body.contains("Shop 49"), "{}", second.body);
    for (query, found, not) in [
        ("q=shop-07", "Shop 07", "Shop 08"),
        ("component=slack", "slack-oauth2", "Shop 01"),
        ("scope=customer&status=ready&q=shop%2000", "Shop 00", "Shop 01"),
    ] {
        let seen = desk.get(&format!("/connections?{query}")).await.must_be(200);
        assert!(seen.body.contains(found) && !seen.body.contains(not), "{query}: {}", seen.body);
    }
    assert!(desk.get("/connections?scope=organization_global").await.must_be(200).body.contains("No connection fits"));
    let components = desk.get("/components?q=slack&used=yes").await.must_be(200);
    assert!(components.body.contains("1 found") && components.body.contains("1 connection"), "{}", components.body);
    assert!(desk.get("/components?category=ai&used=yes").await.must_be(200).body.contains("No component fits"));
    let manifest = desk.get("/components/slack/manifest").await.must_be(200);
    assert!(manifest.text().contains("key: slack label: Slack"), "{}", manifest.text());
    desk.get("/components/nothing").await.must_be(404);
    desk.get("/connections?cursor=x").await.must_be(400);
}
