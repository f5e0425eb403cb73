//! Links, redirect URIs and URLs, and authorizations that end, on the terminal.

use keyway::model::actor::Permission;
use serde_json::Value;
use serde_json::json;

use super::desk::Desk;
use super::desk::masked;
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::oauth_server::Mood;
use crate::support::oauth_server::OauthServer;

const MANIFEST: &str = r#"
key: provider
label: Provider
category: test
documentation_url: https://provider.example/docs
connections:
  - key: code
    label: Code
    base_url: "{{base}}"
    inputs:
      - { key: base, label: Base, type: string, required: true, managed_by: organization }
      - { key: client_id, label: Client, type: string, required: true, managed_by: organization }
      - { key: client_secret, label: Client secret, type: password, required: true, managed_by: organization }
      - { key: scopes, label: Scopes, type: string, managed_by: organization }
    auth:
      kind: oauth2_authorization_code
      authorize_url: "{{base}}/authorize"
      token_url: "{{base}}/token"
      revoke_url: "{{base}}/revoke"
      scopes: ["{{scopes}}"]
"#;

/// A deployment with a connection `code`, a provider, and a terminal beside it.
struct Stage {
    _t: TestApp,
    server: OauthServer,
    admin: Client,
    desk: Desk,
    _manifests: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        let manifests = tempfile::tempdir().unwrap();
        std::fs::write(manifests.path().join("provider.yaml"), MANIFEST).unwrap();
        let t = TestApp::start_in(manifests.path()).await;
        let (admin, server) = (t.api_key(Permission::ALL).await, OauthServer::start());
        admin.post("/api/v1/customers", json!({ "external_id": "acme" })).await.must_be(201);
        let desk = t
            .desk()
            .with("KEYWAY_COMPONENTS__DIRECTORY", manifests.path().to_str().unwrap())
            .with("KEYWAY_OUTBOUND__ALLOW", "127.0.0.0/8")
            .with("KEYWAY_WEB__BASE_URL", "https://keyway.example.com");
        let stage = Self { _t: t, server, admin, desk, _manifests: manifests };
        for key in ["code", "other"] {
            let body = json!({ "component": "provider", "connection_type": "code", "scope": "customer", "stable_key": key,
                "inputs": { "base": { "value": stage.server.url() }, "client_id": { "value": "client-1" },
                "client_secret": { "value": "PLANTED-client-secret" }, "scopes": { "value": "read write" } } });
            stage.admin.post("/api/v1/connections", body).await.must_be(201);
        }
        stage
    }

    /// A credential of the customer with tokens that grant less than is asked for.
    async fn authorized(&self) -> String {
        let body = json!({ "connection": "code", "owner": { "customer": "acme" }, "inputs": {} });
        let path = self.admin.post("/api/v1/credentials", body).await.must_be(201).header("location").to_owned();
        let tokens =
            json!({ "access_token": "PLANTED-access", "refresh_token": "PLANTED-refresh", "granted_scopes": ["read"] });
        self.admin.put(&format!("{path}/tokens"), tokens).await.must_be(204);
        path.rsplit('/').next().unwrap().to_owned()
    }

    /// Exit code, answer and notes of a command.
    fn told(&self, args: &[&str]) -> String {
        let ran = self.desk.aside(args);
        masked(&format!("[{}]\n{}{}", ran.code, ran.answer, ran.note))
    }

    fn refusal(&self, args: &[&str]) -> String {
        let desk = &self.desk;
        std::thread::scope(|scope| scope.spawn(|| desk.refusal(args)).join().unwrap())
    }
}

#[actix_web::test]
async fn links_are_made_listed_and_revoked() {
    let stage = Stage::start().await;
    insta::assert_snapshot!(stage.told(&["connections", "links", "code"]), @r"
    [0]
    No links. Make one: keyway connections link code --customer ID
    ");
    insta::assert_snapshot!(stage.told(&["connections", "link", "code", "--customer", "acme"]), @r"
    [0]
    id          lnk_00000000000000000000000000000000
    connection  code
    owner       customer acme
    status      open
    expires     2026-01-01 00:00

    https://keyway.example.com/connect/[token]
    ✓ made a link; it works once, and its address is shown this once
    ");
    insta::assert_snapshot!(stage.told(&["connections", "links", "code"]), @r"
    [0]
    OWNER          CREDENTIAL  STATUS  EXPIRES (UTC)     ID
    customer acme  default     open    2026-01-01 00:00  lnk_00000000000000000000000000000000
    ");
    let made = stage.desk.json_aside(&["connections", "link", "code", "--test", "--expires-in", "60"]);
    let url = made["url"].as_str().unwrap();
    assert!(url.starts_with("https://keyway.example.com/connect/"), "{url}");
    assert_eq!((&made["status"], &made["owner"]), (&json!("open"), &json!("test")));
    let list = stage.desk.json_aside(&["connections", "links", "code"]);
    assert_eq!((list["items"].as_array().unwrap().len(), &list["next_cursor"]), (2, &Value::Null));
    assert!(!list.to_string().contains("/connect/"), "an address is shown once only");
    let id = made["id"].as_str().unwrap();
    insta::assert_snapshot!(stage.told(&["connections", "revoke-link", id]), @r"
    [0]
    id          lnk_00000000000000000000000000000000
    connection  code
    owner       test runner
    status      revoked
    expires     2026-01-01 00:00
    ✓ the link is revoked
    ");
    assert_eq!(stage.desk.json_aside(&["connections", "revoke-link", id])["status"], "revoked");
    assert_eq!(stage.refusal(&["connections", "link", "code"]), "owner_required");
    assert_eq!(stage.refusal(&["connections", "link", "code", "--customer", "nobody"]), "not_found");
    let elsewhere =
        ["connections", "link", "code", "--customer", "acme", "--success-url", "https://app.example.com/ok"];
    assert_eq!(stage.refusal(&elsewhere), "redirect_url_not_registered");
}

#[actix_web::test]
async fn redirect_urls_are_registered_and_used_by_links() {
    let stage = Stage::start().await;
    let url = "https://app.example.com/ok";
    insta::assert_snapshot!(stage.told(&["redirect-urls", "list"]), @r"
    [0]
    No redirect URLs. Register one: keyway redirect-urls add URL
    ");
    insta::assert_snapshot!(stage.told(&["redirect-urls", "add", url]), @r"
    [0]
    ✓ registered https://app.example.com/ok
    ");
    insta::assert_snapshot!(stage.told(&["redirect-urls", "list"]), @r"
    [0]
    URL                         REGISTERED (UTC)  BY
    https://app.example.com/ok  2026-01-01 00:00  operator ann
    ");
    assert_eq!(stage.desk.json_aside(&["redirect-urls", "list"])["items"][0]["url"], url);
    assert_eq!(stage.refusal(&["redirect-urls", "add", "http://app.example.com/"]), "invalid_redirect_url");
    let link = ["connections", "link", "code", "--customer", "acme", "--success-url", url, "--failure-url", url];
    assert_eq!(stage.desk.aside(&link).code, 0);
    assert_eq!(stage.desk.json_aside(&["redirect-urls", "remove", url]), json!({ "removed": { "url": url } }));
    assert_eq!(stage.refusal(&["redirect-urls", "remove", url]), "not_found");
}

#[actix_web::test]
async fn a_redirect_uri_is_shown_shared_and_ones_own_again() {
    let stage = Stage::start().await;
    let uri = |args: &[&str]| stage.desk.json_aside(args)["redirect_uri"].as_str().unwrap().to_owned();
    let (code, other) = (uri(&["connections", "callback", "code"]), uri(&["connections", "callback", "other"]));
    assert!(code.starts_with("https://keyway.example.com/oauth/callback/") && code != other, "{code}");
    insta::assert_snapshot!(stage.told(&["connections", "callback", "code", "--share-with", "other"]), @r"
    [0]
    redirect URI  https://keyway.example.com/oauth/callback/00000000000000000000000000000000
    shared with   other
    ");
    assert_eq!(uri(&["connections", "callback", "code"]), other);
    let own = uri(&["connections", "callback", "code", "--own"]);
    assert_ne!(own, other);
    assert_eq!(stage.refusal(&["connections", "callback", "nothing"]), "not_found");
    let both = stage.desk.aside(&["connections", "callback", "code", "--own", "--share-with", "other"]);
    assert_eq!((both.code, both.answer.as_str()), (1, ""));
}

#[actix_web::test]
async fn whoever_granted_too_little_is_listed_and_led_to_the_provider_again() {
    let stage = Stage::start().await;
    insta::assert_snapshot!(stage.told(&["connections", "reconsent", "code"]), @r"
    [0]
    Every authorization grants what is asked for.
    ");
    let id = stage.authorized().await;
    insta::assert_snapshot!(stage.told(&["connections", "reconsent", "code"]), @r"
    [0]
    OWNER          CREDENTIAL  MISSING SCOPES  ID
    customer acme  default     write           crd_00000000000000000000000000000000
    → a link for one of them: keyway credentials reconnect ID
    ");
    let found = stage.desk.json_aside(&["connections", "reconsent", "code"]);
    assert_eq!(found["items"][0]["missing_scopes"], json!(["write"]));
    let made = stage.desk.json_aside(&["credentials", "reconnect", &id]);
    assert_eq!((&made["owner"], &made["customer"]["external_id"]), (&json!("customer"), &json!("acme")));
    assert!(made["url"].as_str().unwrap().contains("/connect/"));
}

#[actix_web::test]
async fn disconnecting_tells_what_became_of_the_tokens_at_the_provider() {
    let stage = Stage::start().await;
    let id = stage.authorized().await;
    stage.server.mood(Mood { revocation: Some(500), ..Mood::default() });
    insta::assert_snapshot!(stage.told(&["credentials", "disconnect", &id]), @r"
    [0]
    warning: disconnected crd_00000000000000000000000000000000 here, but the provider did not revoke the tokens (the token endpoint answered 500): remove the access in the account's settings there
    ");
    let shown = stage.desk.json_aside(&["credentials", "show", &id]);
    assert_eq!((&shown["status"], &shown["authorization"]), (&json!("reauthorization_required"), &Value::Null));
    let again = stage.desk.json_aside(&["credentials", "disconnect", &id]);
    assert_eq!((&again["at_provider"], &again["disconnected"]["id"]), (&json!("no_tokens"), &json!(id)));
    stage.server.mood(Mood::default());
    let tokens = json!({ "access_token": "PLANTED-access", "refresh_token": "PLANTED-refresh" });
    stage.admin.put(&format!("/api/v1/credentials/{id}/tokens"), tokens).await.must_be(204);
    insta::assert_snapshot!(stage.told(&["credentials", "disconnect", &id]), @r"
    [0]
    ✓ disconnected crd_00000000000000000000000000000000: the provider revoked the tokens
    ");
    assert!(stage.server.asked("/revoke").iter().any(|request| request.has("PLANTED-refresh")));
    let attempts = stage.desk.json_aside(&["credentials", "attempts", &id]);
    let kinds: Vec<&Value> = attempts["items"].as_array().unwrap().iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["revoke"; 3]);
    assert!(!attempts.to_string().contains("PLANTED"));
}
