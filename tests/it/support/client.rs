//! A client of the server under test, and answers as texts that can be compared.

use std::sync::LazyLock;

use regex::Captures;
use regex::Regex;
use reqwest::Method;
use serde_json::Value;

use crate::support::description;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Client {
    #[expect(clippy::disallowed_methods, reason = "a test calls the server under test")]
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, url: url.to_owned(), headers: Vec::new() }
    }

    /// The same client with one more header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client on another server.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    pub fn bearer(&self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// Acting in a tenant.
    pub fn tenant(&self, key: &str) -> Self {
        self.with("Keyway-Tenant", key)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.raw(method, path, body).await
    }

    /// Sends whatever bytes with whatever content type.
    pub async fn raw(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((content_type, body)) = body {
            request = request.header("Content-Type", content_type).body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        assert_documented(&method, path, status);
        Answer { status, headers, body: response.text().await.unwrap() }
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The text at a place such as `/api_key/id`.
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let value = json.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {json}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Status and body for a snapshot. What differs from run to run is masked after its form was checked.
    pub fn shown(&self) -> String {
        let status = reqwest::StatusCode::from_u16(self.status).unwrap();
        if self.body.is_empty() {
            return status.to_string();
        }
        let Ok(mut json) = serde_json::from_str::<Value>(&self.body) else {
            return format!("{status}\n\n{}", self.body);
        };
        mask("", &mut json);
        format!("{status}\n\n{}", serde_json::to_string_pretty(&json).unwrap())
    }

    #[track_caller]
    pub fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

/// Every answer of every test is one that the API's description names.
fn assert_documented(method: &Method, path: &str, status: u16) {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(path).all(|(want, got)| *want == got || want.starts_with('{'))
    };
    let paths = description()["paths"].as_object().unwrap();
    let Some((pattern, item)) =
        paths.iter().find(|(pattern, _)| *pattern == path).or_else(|| paths.iter().find(|(pattern, _)| fits(pattern)))
    else {
        return;
    };
    if let Some(operation) = item.get(method.as_str().to_lowercase()) {
        let responses = &operation["responses"];
        assert!(
            responses.get(status.to_string()).or(responses.get("default")).is_some(),
            "{method} {pattern} does not document {status}"
        );
    }
}

static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b([a-z]{3})_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}\b").unwrap());
static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(kw[ks])_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b").unwrap());

fn mask(name: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| mask(name, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(name, item)),
        Value::String(text) => {
            let has_form = |form: &str| Regex::new(form).unwrap().is_match(text);
            let is_random = match name {
                "request_id" => has_form("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
                "prefix" => has_form("^[0-9A-Za-z]{12}$"),
                "password" => has_form("^[0-9A-Za-z]{24}$"),
                "redirect_uri" => has_form(r"^http://127\.0\.0\.1:\d+/oauth/callback/[0-9a-f]{32}$"),
                "url" => has_form(r"^http://127\.0\.0\.1:\d+/connect/[0-9a-f]{64}$"),
                "next_cursor" => has_form("^[0-9A-Za-z_-]{40,}$"),
                _ => false,
            };
            if is_random {
                *text = format!("[{name}]");
            } else {
                let masked = ID.replace_all(text, |found: &Captures<'_>| format!("{}_…", &found[1]));
                *text = TOKEN.replace_all(&masked, |found: &Captures<'_>| format!("{}_…", &found[1])).into_owned();
            }
        }
        _ => {}
    }
}
