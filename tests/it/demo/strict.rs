//! The stand-in as a strict provider: what it refuses, and how it says so.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use keyway::clock::Clock;
use keyway::crypto::sha256;
use keyway::web::stand_in;
use keyway::web::stand_in::Running;
use serde_json::Value;
use url::Url;
use url::form_urlencoded;

use crate::support::browser::Browser;
use crate::support::browser::Seen;

const CLIENT: &str = "http://127.0.0.1:1";

struct Provider {
    url: String,
    browser: Browser,
    running: Running,
}

fn query(changes: &[(&str, &str)]) -> String {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha256(b"verifier"));
    let back = format!("{CLIENT}/oauth/callback/1");
    let mut fields: BTreeMap<&str, &str> = [
        ("response_type", "code"),
        ("client_id", "keyway-demo"),
        ("redirect_uri", &back),
        ("scope", "read_orders"),
        ("state", "s&1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]
    .into();
    fields.extend(changes.iter().copied());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl Provider {
    fn start() -> Self {
        let bound = stand_in::serve(Clock::System, &[], CLIENT).unwrap();
        Self { url: bound.url(), browser: Browser::new(), running: bound.start() }
    }

    async fn ask(&self, changes: &[(&str, &str)]) -> Seen {
        self.browser.get(&format!("{}/oauth/authorize?{}", self.url, query(changes))).await
    }

    async fn decide(&self, decision: &str) -> BTreeMap<String, String> {
        let fields = [("query", query(&[])), ("decision", decision.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let back = self.browser.submit(&format!("{}/oauth/authorize", self.url), &fields).await.must_be(303);
        parameters(&back)
    }

    /// A request of the client to an endpoint, proved in the form.
    async fn client(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let proof = [("client_id", "keyway-demo"), ("client_secret", "demo-shop-client-secret")];
        self.form(path, &[fields, &proof].concat(), None).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)], authorization: Option<&str>) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = authorization.map(|value| ("Authorization", value));
        let seen = self.browser.form(&format!("{}{path}", self.url), body, headers).await;
        (seen.status, serde_json::from_str(&seen.body).unwrap_or_default())
    }

    async fn api(&self, token: &str, path: &str) -> (u16, String) {
        let seen = self.browser.with_bearer(token, &format!("{}{path}", self.url)).await;
        (seen.status, seen.header("www-authenticate").to_owned())
    }
}

fn parameters(seen: &Seen) -> BTreeMap<String, String> {
    let url = Url::parse(seen.header("location")).unwrap();
    assert!(url.as_str().starts_with(&format!("{CLIENT}/oauth/callback/1?")), "{url}");
    url.query_pairs().into_owned().collect()
}

#[actix_web::test]
async fn only_its_own_client_may_ask_and_browsers_go_nowhere_else() {
    let provider = Provider::start();
    for (name, value, what) in [
        ("client_id", "other", "unknown_client"),
        ("redirect_uri", "http://127.0.0.1:2/oauth/callback/1", "unknown_redirect_uri"),
        ("redirect_uri", "http://127.0.0.1:1/elsewhere", "unknown_redirect_uri"),
        ("redirect_uri", "https://evil.example/", "unknown_redirect_uri"),
    ] {
        let seen = provider.ask(&[(name, value)]).await.must_be(400);
        assert!(seen.body.contains(what) && seen.header("location").is_empty(), "{value}: {}", seen.body);
    }
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("scope", "read_orders write_orders", "invalid_scope"),
    ] {
        let told = parameters(&provider.ask(&[(name, value)]).await.must_be(303));
        assert_eq!((told["error"].as_str(), told["state"].as_str()), (error, "s&1"), "{value}");
    }
    let page = provider.ask(&[]).await.must_be(200);
    assert!(page.body.contains("Stand-in") && page.body.contains("Read its orders"), "{}", page.body);
    assert!(page.header("content-security-policy").contains(&format!("form-action 'self' {CLIENT}")));
    assert_eq!((page.header("x-frame-options"), page.header("referrer-policy")), ("DENY", "no-referrer"));
    assert_eq!(provider.decide("deny").await["error"], "access_denied");
    // Another site's form, and another name that leads here.
    let url = format!("{}/oauth/authorize", provider.url);
    let foreign = query(&[]);
    let fields = [("query", foreign.as_str()), ("decision", "allow")];
    provider.browser.submit_from("https://evil.example", &url, &fields).await.must_be(403);
    let named = provider.url.replace("127.0.0.1", "localhost");
    assert!(provider.browser.get(&format!("{named}/api/me")).await.must_be(400).body.contains("wrong_host"));
    provider.running.stop().await;
}

#[actix_web::test]
async fn tokens_are_strict() {
    let provider = Provider::start();
    let code = provider.decide("allow").await["code"].clone();
    let back = format!("{CLIENT}/oauth/callback/1");
    let trade =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &back), ("code_verifier", "verifier")];
    for authorization in [None, Some("Basic x")] {
        let (status, told) = provider.form("/oauth/token", &trade, authorization).await;
        assert_eq!((status, &told["error"]), (401, &"invalid_client".into()));
    }
    let basic = format!("Basic {}", BASE64_STANDARD.encode("keyway-demo:demo-shop-client-secret"));
    let (status, first) = provider.form("/oauth/token", &trade, Some(&basic)).await;
    assert_eq!((status, &first["expires_in"], &first["scope"]), (200, &300.into(), &"read_orders".into()));
    assert_eq!(provider.client("/oauth/token", &trade).await.1["error"], "invalid_grant", "a code works once");
    assert_eq!(provider.client("/oauth/token", &[]).await.1["error"], "unsupported_grant_type");
    let word = |from: &Value, name: &str| from[name].as_str().unwrap().to_owned();
    let access = word(&first, "access_token");
    assert_eq!(provider.api(&access, "/api/orders?status=open").await.0, 200);
    assert_eq!(provider.api(&access, "/api/orders/1042").await.0, 200);
    assert_eq!(provider.api(&access, "/api/orders/1").await.0, 404);
    let (status, told) = provider.api(&access, "/api/me").await;
    assert_eq!((status, told.contains("insufficient_scope")), (403, true));
    let (status, told) = provider.api("demo.x.y", "/api/orders").await;
    assert_eq!((status, told.contains("invalid_token")), (401, true));
    let refresh = word(&first, "refresh_token");
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let (status, second) = provider.client("/oauth/token", &renew).await;
    assert_eq!(status, 200);
    let newer = word(&second, "refresh_token");
    assert_eq!(provider.client("/oauth/revoke", &[("token", &newer)]).await.0, 200);
    assert_eq!(provider.client("/oauth/revoke", &[("token", "unknown")]).await.0, 200);
    assert_eq!(provider.api(&word(&second, "access_token"), "/api/orders").await.0, 401);
    assert_eq!(provider.client("/oauth/token", &renew).await.1["error"], "invalid_grant");
    provider.running.stop().await;
}
