//! Who may come: every route of the table is tried as a stranger, from another tenant, and with too little.
//!
//! Bodies are the examples of the API's description, so those are tried too.

use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use keyway::web::routes::Access;
use keyway::web::routes::ROUTES;
use keyway::web::routes::Route;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;
use crate::support::description;

/// Stands in everything that the tenant `dev` holds.
const MARK: &str = "only-in-dev";

/// One of each thing that a path may name, in `dev`.
struct Objects(Vec<(&'static str, String)>);

impl Objects {
    /// A path parameter that is new in the table gets its line here.
    async fn make(t: &TestApp, number: usize) -> Self {
        let admin = t.api_key(Permission::ALL).await;
        let customer = json!({ "external_id": format!("{MARK}-{number}") });
        let customer = admin.post("/api/v1/customers", customer).await.must_be(201).text("/id");
        let key = json!({ "name": MARK, "scopes": ["customers:read"] });
        let api_key = admin.post("/api/v1/api-keys", key).await.must_be(201).text("/api_key/id");
        let user = json!({ "email": format!("{MARK}-{number}@example.com"), "name": MARK, "role": "viewer" });
        let user = admin.post("/api/v1/users", user).await.must_be(201).text("/user/id");
        // What the description's examples name.
        let example = json!({ "component": "shopify", "connection_type": "oauth2", "scope": "customer" });
        admin.post("/api/v1/connections", example.clone()).await;
        let mut connection = example;
        connection["scope"] = json!("organization_global");
        connection["stable_key"] = json!(format!("{MARK}-was-{number}"));
        let connection = admin.post("/api/v1/connections", connection).await.must_be(201).text("/id");
        let rename = json!({ "stable_key": format!("{MARK}-{number}") });
        admin.put(&format!("/api/v1/connections/{connection}/stable-key"), rename).await.must_be(200);
        let credential = json!({ "connection": connection, "owner": "test" });
        let credential = admin.post("/api/v1/credentials", credential).await.must_be(201).text("/id");
        let chat = Variable::Inline("slack", "oauth2", "{}");
        let integration = definition(&format!("{MARK}-{number}"), &[("Chat", chat)]).replace("Main", "Flow 1");
        let integration = import(&admin, "", &integration.replace("Use Chat", "Post")).await.must_be(201);
        let key = integration.text("/integration/key");
        let integration = admin.get(&format!("/api/v1/integrations/{key}")).await.must_be(200).text("/id");
        // There is a version to go back to.
        admin.post(&format!("/api/v1/integrations/{key}/publish"), json!({})).await.must_be(200);
        let tests = format!("/api/v1/integrations/{key}/test-runs");
        let test_run = admin.post(&tests, json!({})).await.must_be(201).text("/id");
        let run = sync_run(&admin, number).await;
        let links = format!("/api/v1/connections/{connection}/connect-links");
        let link = admin.post(&links, json!({ "owner": "test" })).await.must_be(201).text("/id");
        admin.post("/api/v1/redirect-urls", json!({ "url": format!("https://{MARK}.example/") })).await.must_be(201);
        Self(vec![
            ("{customer}", customer),
            ("{api_key}", api_key),
            ("{user}", user),
            ("{component}", "aws-s3".to_owned()),
            ("{connection}", connection),
            ("{alias}", format!("{MARK}-was-{number}")),
            ("{credential}", credential),
            ("{integration}", integration),
            ("{variable}", "Chat".to_owned()),
            ("{run}", run),
            ("{link}", link),
            ("{test_run}", test_run),
            ("{path}", "items".to_owned()),
        ])
    }

    fn path(&self, route: &Route) -> String {
        let path = self.0.iter().fold(route.path.to_owned(), |path, (name, id)| path.replace(name, id));
        assert!(!path.contains('{'), "{path}: say in `Objects::make` what this names");
        // What is named by a parameter, because it is an address itself.
        match route.name {
            "integration_design_diff" => format!("{path}?from=1"),
            "link_remove_redirect" => format!("{path}?url=https://{MARK}.example/"),
            _ => path,
        }
    }
}

/// A sync into `dev` of one integration that needs no connection.
async fn sync_run(admin: &Client, number: usize) -> String {
    let snapshot = admin.get("/api/v1/sync/snapshot").await.must_be(200).json();
    let text = json!({ "definitionVersion": 7, "name": format!("{MARK}-synced-{number}"), "flows": [] }).to_string();
    let digest = keyway::model::definition::digest(&serde_json::from_str(&text).unwrap());
    let content = json!({ "name": MARK, "is_published": false, "definition": text, "digest": digest });
    let mut new = snapshot.clone();
    new["integrations"] = json!({ format!("{MARK}-synced-{number}"): content });
    let from = json!({ "snapshot": new, "name": "git" });
    let plan = admin.post("/api/v1/sync/plan", json!({ "from": from })).await.must_be(200).text("/hash");
    let body = json!({ "from": from, "plan_hash": plan });
    admin.post("/api/v1/sync/apply", body).await.must_be(200).text("/run")
}

/// The body as the description gives it, with its content type.
fn body(route: &Route) -> Option<(&'static str, Vec<u8>)> {
    let place = "/requestBody/content/application~1yaml/example";
    match description()["paths"][route.path][route.method.to_ascii_lowercase()].pointer(place) {
        Some(text) => Some(("application/yaml", text.as_str().unwrap().as_bytes().to_vec())),
        None => example(route).map(|body| ("application/json", body.to_string().into_bytes())),
    }
}

fn example(route: &Route) -> Option<Value> {
    let api = description();
    let operation = &api["paths"][route.path][route.method.to_ascii_lowercase()];
    let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
    let schema = match schema["$ref"].as_str() {
        Some(place) => api.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let example = schema.get("example").or_else(|| schema["examples"].get(0));
    Some(example.unwrap_or_else(|| panic!("{} {}: the body has no example", route.method, route.path)).clone())
}

fn members() -> impl Iterator<Item = (&'static Route, &'static [Permission])> {
    ROUTES.iter().filter_map(|route| match route.access {
        Access::Member(permissions) => Some((route, permissions)),
        _ => None,
    })
}

async fn call(client: &Client, route: &Route, objects: &Objects) -> (String, crate::support::client::Answer) {
    let path = objects.path(route);
    let answer = client.raw(route.method, &path, body(route)).await;
    (format!("{} {} answered {}: {}", route.method, path, answer.status, answer.body), answer)
}

#[actix_web::test]
async fn a_stranger_gets_401_whatever_the_request_looks_like() {
    let t = TestApp::start().await;
    let objects = Objects::make(&t, 0).await;
    let nobody = t.anonymous();
    let strangers = [
        nobody.clone(),
        nobody.bearer("kwk_000000000000_0000000000000000000000000000000000000000000000000"),
        nobody.with("Authorization", "Basic YTpi"),
        nobody.tenant("dev"),
    ];
    let is_api = |route: &&Route| !matches!(route.access, Access::Public | Access::Page);
    for route in ROUTES.iter().filter(is_api) {
        for stranger in &strangers {
            let (told, answer) = call(stranger, route, &objects).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{told}");
            let garbage = stranger.raw(route.method, &objects.path(route), Some(("text/plain", b"{".to_vec()))).await;
            assert_eq!(garbage.status, 401, "{told}");
        }
    }
}

#[actix_web::test]
async fn a_stranger_is_led_from_every_page_to_the_sign_in_page() {
    let t = TestApp::start().await;
    for route in ROUTES.iter().filter(|route| route.access == Access::Page) {
        let parts = route.path.split('/').map(|part| if part.starts_with('{') { "dev" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let answer = t.anonymous().raw(route.method, &path, None).await;
        let expected = if route.method == "GET" { 303 } else { 401 };
        assert_eq!(answer.status, expected, "{} {path}", route.method);
        assert!(expected == 401 || answer.header("location").starts_with("/sign-in?next="), "{path}");
        assert!(!answer.body.contains(MARK));
    }
}

#[actix_web::test]
async fn another_tenants_key_finds_nothing_of_this_one() {
    let t = TestApp::start().await;
    t.tenant("other", false).await;
    let objects = Objects::make(&t, 0).await;
    let foreign = t.api_key_in("other", Permission::ALL).await;
    let owner = t.user_in("other", Role::Owner).await;
    for (route, permissions) in members() {
        // What only keys hold, nobody who signs in gets as far as to ask for.
        let is_for_people = permissions.iter().all(|permission| Role::needed_for(*permission).is_some());
        for caller in [Some(&foreign), is_for_people.then_some(&owner)].into_iter().flatten() {
            let (told, answer) = call(caller, route, &objects).await;
            assert!(!answer.body.contains(MARK), "{told}");
            // Components are the deployment's, not a tenant's.
            if route.path.contains('{') && !route.path.contains("{component}") {
                assert_eq!(answer.status, 404, "{told}");
                let mut unknown = objects.0.clone();
                unknown
                    .iter_mut()
                    .for_each(|(_, id)| *id = format!("{}_{}", &id[..3], "01990000000070008000000000000000"));
                let (_, other) = call(caller, route, &Objects(unknown)).await;
                assert_eq!(other.shown(), answer.shown(), "{told}");
            }
            let (told, answer) = call(&caller.tenant("dev"), route, &objects).await;
            assert_eq!(answer.status, 404, "{told}");
        }
    }
}

#[actix_web::test]
async fn who_holds_too_little_is_refused() {
    let t = TestApp::start().await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, t.user(role).await));
    }
    let whole = t.api_key(Permission::ALL).await;
    for (number, (route, permissions)) in members().enumerate() {
        let objects = Objects::make(&t, number).await;
        for permission in permissions {
            let without: Vec<_> = Permission::ALL.iter().copied().filter(|other| other != permission).collect();
            let (told, answer) = call(&t.api_key(&without).await, route, &objects).await;
            assert_eq!(answer.status, 403, "without {permission}: {told}");
            let needed = Role::needed_for(*permission);
            for (role, person) in people.iter().filter(|(role, _)| needed.is_none_or(|needed| *role < needed)) {
                let (told, answer) = call(person, route, &objects).await;
                assert_eq!(answer.status, 403, "as {role}: {told}");
            }
        }
        // With everything, the same call is not refused: what was refused was the caller.
        let (told, answer) = call(&whole, route, &objects).await;
        assert!(!matches!(answer.status, 400..=404 | 422), "{told}");
    }
}
