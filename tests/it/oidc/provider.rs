//! The authorization server's process, and what it counted.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

const MISSING: &str =
    "the tests' authorization server needs Node.js and its packages: run scripts/test, which installs both";

/// Ends with the test: its standard input closes.
pub struct Provider {
    child: Child,
    pub url: String,
    http: reqwest::Client,
}

/// What was spent of a grant, generation by generation.
#[derive(Debug, Clone, Deserialize)]
pub struct Grant {
    pub is_revoked: bool,
    pub generations: Vec<Generation>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Generation {
    pub spent: Vec<Spent>,
}

/// A refresh token that was sent, and what was answered.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Spent {
    pub at_ms: u64,
    pub status: u16,
}

#[derive(Debug, Deserialize)]
pub struct Counters {
    pub grants: BTreeMap<String, Grant>,
    /// Refresh tokens that nobody was issued.
    pub unknown: usize,
}

/// What the API says of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Me {
    pub grant: String,
    pub generation: usize,
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "a test asks the authorization server what it counted")]
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        assert!(folder.join("node_modules/oidc-provider/package.json").exists(), "{MISSING}");
        let mut command = Command::new("node");
        command.arg("server.mjs").current_dir(folder).env("NO_COLOR", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{MISSING} ({error})"));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{MISSING} (it said `{line}`)"));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, url: started["url"].as_str().unwrap().to_owned(), http }
    }

    async fn put(&self, path: &str, body: Value) {
        let request = self.http.put(format!("{}{path}", self.url)).body(body.to_string());
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    /// Access tokens issued from now on live for so long; the API takes them a minute longer, so that a slow machine is no
    /// reason for a failure.
    pub async fn tokens_live(&self, seconds: u64) {
        self.put("/control", json!({ "access_ttl_s": seconds })).await;
    }

    /// How much longer the API takes tokens than it says.
    pub async fn has_grace(&self, seconds: u64) {
        self.put("/control", json!({ "grace_s": seconds })).await;
    }

    /// The API takes this token no more.
    pub async fn forget(&self, access_token: &str) {
        self.put("/control/forget", json!({ "access_token": access_token })).await;
    }

    /// The token endpoint waits from now on: before it spends what was sent, and before it answers.
    pub async fn is_slow(&self, before_ms: u64, after_ms: u64) {
        self.put("/control", json!({ "before_ms": before_ms, "after_ms": after_ms })).await;
    }

    /// Makes Keyway a client that people are sent back from to these addresses.
    pub async fn register(&self, redirect_uris: &[String]) {
        let client =
            json!({ "client_id": "keyway", "client_secret": "PLANTED-secret", "redirect_uris": redirect_uris });
        self.put("/control/clients", client).await;
    }

    pub async fn counters(&self) -> Counters {
        let answer = self.http.get(format!("{}/counters", self.url)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// What the API says to an access token; nothing: 401.
    pub async fn me(&self, access_token: &str) -> Option<Me> {
        let request = self.http.get(format!("{}/api/me", self.url)).bearer_auth(access_token);
        let answer = request.send().await.unwrap();
        match answer.status().as_u16() {
            200 => serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
            401 => None,
            other => panic!("the API answered {other}"),
        }
    }
}

impl Counters {
    /// Refresh tokens that were sent, whatever was answered.
    pub fn spent(&self) -> usize {
        self.grants.values().flat_map(|grant| &grant.generations).map(|generation| generation.spent.len()).sum()
    }

    /// Each was sent once, and no grant ended by a second time.
    #[track_caller]
    pub fn assert_spent_once(&self) {
        assert_eq!(self.unknown, 0);
        for (id, grant) in &self.grants {
            assert!(!grant.is_revoked && grant.is_spent_once(), "{id}: {grant:?}");
        }
    }
}

impl Grant {
    pub fn is_spent_once(&self) -> bool {
        let mut spent = self.generations.iter().map(|generation| generation.spent.as_slice());
        spent.all(|spent| matches!(spent, [] | [Spent { status: 200, .. }]))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
