//! Settings in a browser.

use keyway::model::actor::Role;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::person::Person;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123";

/// Uploads a file as a browser does.
async fn upload(person: &Person, bytes: &[u8]) -> crate::support::browser::Seen {
    let mut body = b"--XX\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--XX--\r\n");
    person.browser.send_body(&person.address("/settings/logo"), "multipart/form-data; boundary=XX", body).await
}

#[actix_web::test]
async fn a_tenant_gets_name_colour_and_logo_and_connect_pages_show_them() {
    let t = TestApp::start().await;
    let owner = Person::new(&t, "dev", Role::Owner).await;
    let wrong =
        owner.post("/settings", &[("name", "Acme <b>"), ("color", "blue"), ("is_production", "on")]).await.must_be(422);
    assert!(wrong.body.contains("value=\"blue\"") && wrong.body.contains("Acme &lt;b&gt;"), "{}", wrong.body);
    assert!(wrong.text().contains("A colour is `#`") && wrong.body.contains("checked"), "{}", wrong.text());
    let saved = owner.done("/settings", &[("name", "Acme"), ("color", "#FFD400")]).await;
    assert!(saved.text().contains("Saved.") && saved.body.contains("value=\"#ffd400\""), "{}", saved.body);

    let svg = upload(&owner, b"<svg onload=alert(1)>").await.must_be(422);
    assert!(svg.text().contains("A logo is a PNG or JPEG file."), "{}", svg.text());
    upload(&owner, &[PNG, &vec![0; 201 * 1024]].concat()).await.must_be(422);
    upload(&owner, b"").await.must_be(422);
    upload(&owner, PNG).await.must_be(303);
    let page = owner.get("/settings").await.must_be(200).body;
    let logo = page.split("src=\"/brand/dev/").nth(1).unwrap().split('"').next().unwrap().to_owned();

    let builder = t.user(Role::Builder).await;
    let new = serde_json::json!({ "component": "openai", "connection_type": "open_ai_api_key", "scope": "customer" });
    let connection = builder.post("/api/v1/connections", new).await.must_be(201).text("/id");
    let links = format!("/api/v1/connections/{connection}/connect-links");
    let link = builder.post(&links, serde_json::json!({ "owner": "test" })).await.must_be(201).text("/url");
    let stranger = Browser::new();
    let connect = stranger.get(&link).await.must_be(200);
    assert!(connect.text().contains("Acme asks you to connect"), "{}", connect.text());
    for file in [format!("/brand/dev/{logo}"), "/brand/dev/ffd400.css".to_owned()] {
        assert!(connect.body.contains(&format!("\"{file}\"")), "{file}: {}", connect.body);
        let seen = stranger.get(&format!("{}{file}", t.url())).await.must_be(200);
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert!(["image/png", "text/css; charset=utf-8"].contains(&seen.header("content-type")));
    }
    for gone in ["/brand/other/", "/brand/dev/x", "/brand/dev/red;}.css"] {
        stranger.get(&format!("{}{gone}{}", t.url(), if gone.ends_with('/') { &logo } else { "" })).await.must_be(404);
    }
    owner.done("/settings/logo/remove", &[]).await;
    stranger.get(&format!("{}/brand/dev/{logo}", t.url())).await.must_be(404);
}

#[actix_web::test]
async fn an_owner_makes_a_tenant() {
    let t = TestApp::start().await;
    let owner = Person::new(&t, "dev", Role::Owner).await;
    owner.get("/settings/tenants/new").await.must_be(200);
    let wrong = owner.post("/settings/tenants", &[("key", "Not a key"), ("name", "Kept")]).await.must_be(422);
    assert!(wrong.body.contains("value=\"Kept\"") && wrong.body.contains("aria-invalid"), "{}", wrong.body);
    let taken = owner.post("/settings/tenants", &[("key", "dev")]).await.must_be(409);
    assert!(taken.text().contains("exists already"), "{}", taken.text());
    let made = owner.post("/settings/tenants", &[("key", "eu"), ("is_production", "on")]).await.must_be(303);
    assert_eq!(made.header("location"), "/t/eu/connections");
    assert!(owner.at("eu").get("/settings").await.must_be(200).body.contains("in-production"));
}

#[actix_web::test]
async fn people_are_invited_changed_and_removed() {
    let t = TestApp::start().await;
    let owner = Person::new(&t, "dev", Role::Owner).await;
    let new = [("email", "bea@example.com"), ("name", "Bea"), ("role", "builder")];
    let wrong =
        owner.post("/settings/users", &[("email", "no address"), ("name", ""), ("role", "builder")]).await.must_be(422);
    assert!(
        wrong.body.contains("value=\"no address\"") && wrong.body.contains("value=\"builder\" selected"),
        "{}",
        wrong.body
    );
    let made = owner.post("/settings/users", &new).await.must_be(201);
    let password = made.body.split("id=\"password\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let bea = Browser::new();
    let fields = [("email", "bea@example.com"), ("password", password.as_str())];
    bea.submit(&format!("{}/sign-in", t.url()), &fields).await.must_be(303);
    let list = owner.get("/settings/users").await.must_be(200);
    assert!(!list.body.contains(&password), "it is shown once");
    owner.post("/settings/users", &new).await.must_be(409);

    let id = list.body.split("bea@example.com").nth(1).unwrap().split("/settings/users/").nth(1).unwrap();
    let path = format!("/settings/users/{}", id.split('"').next().unwrap());
    let account = format!("{}/t/dev/account", t.url());
    bea.get(&account).await.must_be(200);
    owner.done(&path, &[("do", "role"), ("role", "viewer")]).await;
    owner.done(&path, &[("do", "disable")]).await;
    bea.get(&account).await.must_be(303);
    owner.done(&path, &[("do", "enable")]).await;
    let removed = owner.done(&path, &[("do", "remove")]).await;
    assert!(!removed.text().contains("bea@example.com"), "{}", removed.text());
    owner.post(&path, &[("do", "remove")]).await.must_be(404);

    let own =
        list.body.split("/settings/users/").find(|part| part.starts_with("usr_")).unwrap().split('"').next().unwrap();
    let last = owner.post(&format!("/settings/users/{own}"), &[("do", "remove")]).await.must_be(409);
    assert!(last.text().contains("needs an owner"), "{}", last.text());
    owner.post(&format!("/settings/users/{own}"), &[("do", "what")]).await.must_be(422);
}

#[actix_web::test]
async fn an_api_key_is_made_shown_once_and_revoked() {
    let t = TestApp::start().await;
    let admin = Person::new(&t, "dev", Role::Admin).await;
    let wrong = admin.post("/settings/api-keys", &[("name", "Runtime"), ("days", "90")]).await.must_be(422);
    assert!(
        wrong.text().contains("At least one scope") || wrong.text().contains("at least one scope"),
        "{}",
        wrong.text()
    );
    assert!(wrong.body.contains("value=\"Runtime\"") && wrong.body.contains("value=\"90\" selected"), "{}", wrong.body);
    admin.post("/settings/api-keys", &[("name", "x"), ("scope", "tenants:write")]).await.must_be(403);
    admin.post("/settings/api-keys", &[("name", "x"), ("scope", "nonsense")]).await.must_be(422);
    admin.post("/settings/api-keys", &[("name", "x"), ("scope", "sync:read"), ("days", "9999")]).await.must_be(422);
    let fields = [("name", "Runtime"), ("scope", "customers:read"), ("scope", "sync:read"), ("days", "90")];
    let made = admin.post("/settings/api-keys", &fields).await.must_be(201);
    let token = made.body.split("id=\"token\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let client = t.anonymous().bearer(&token);
    client.get("/api/v1/customers").await.must_be(200);
    client.get("/api/v1/connections").await.must_be(403);
    let list = admin.get("/settings/api-keys").await.must_be(200);
    assert!(!list.body.contains(&token) && list.text().contains("customers:read, sync:read"), "{}", list.text());
    let id = list.body.split("/settings/api-keys/").nth(1).unwrap().split("/revoke").next().unwrap().to_owned();
    let revoked = admin.done(&format!("/settings/api-keys/{id}/revoke"), &[]).await;
    assert!(revoked.text().contains("Revoked"), "{}", revoked.text());
    client.get("/api/v1/customers").await.must_be(401);
}

#[actix_web::test]
async fn redirect_urls_are_registered_and_removed() {
    let t = TestApp::start().await;
    let builder = Person::new(&t, "dev", Role::Builder).await;
    let wrong = builder.post("/settings/redirect-urls", &[("url", "http://evil.example/<b>")]).await.must_be(422);
    assert!(wrong.body.contains("aria-invalid") && wrong.body.contains("evil.example/&lt;b&gt;"), "{}", wrong.body);
    let added = builder.done("/settings/redirect-urls", &[("url", "https://app.example/done")]).await;
    assert!(added.text().contains("https://app.example/done"));
    let gone = builder.done("/settings/redirect-urls/remove", &[("url", "https://app.example/done")]).await;
    assert!(gone.text().contains("No redirect URLs yet"), "{}", gone.text());
    builder.post("/settings/redirect-urls/remove", &[("url", "https://app.example/done")]).await.must_be(404);
}

#[actix_web::test]
async fn a_viewer_sees_what_viewers_may_and_changes_nothing() {
    let t = TestApp::start().await;
    t.user(Role::Builder)
        .await
        .post(
            "/api/v1/connections",
            serde_json::json!({
                "component": "slack", "connection_type": "oauth2", "scope": "customer",
            }),
        )
        .await
        .must_be(201);
    let viewer = Person::new(&t, "dev", Role::Viewer).await;
    let page = viewer.get("/settings").await.must_be(200);
    assert!(!page.text().contains("API keys") && !page.body.contains("<form method=\"post\" action=\"/t/dev/settings"));
    assert!(viewer.get("/settings/components").await.must_be(200).text().contains("Slack"));
    viewer.get("/settings/redirect-urls").await.must_be(200);
    for path in ["/settings/users", "/settings/api-keys", "/settings/tenants/new", "/audit"] {
        viewer.get(path).await.must_be(403);
    }
    for path in [
        "/settings",
        "/settings/logo/remove",
        "/settings/tenants",
        "/settings/components/slack/upgrade",
        "/settings/redirect-urls/remove",
    ] {
        viewer.post(path, &[("name", "x"), ("key", "x"), ("url", "https://a.example/")]).await.must_be(403);
    }
    let new = [("email", "a@example.com"), ("name", "A"), ("role", "viewer")];
    viewer.post("/settings/users", &new).await.must_be(403);
    viewer.post("/settings/api-keys", &[("name", "x"), ("scope", "sync:read")]).await.must_be(403);
    upload(&viewer, PNG).await.must_be(403);
}
