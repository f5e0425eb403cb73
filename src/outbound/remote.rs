//! A tenant of another deployment, reached over HTTP with an API key that acts in it.

use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::http::Method;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::sync::Drift;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::Snapshot;
use crate::outbound::client::Client;
use crate::outbound::client::Redirects;
use crate::outbound::client::Rules;
use crate::outbound::client::origin;

/// Snapshots are the largest requests and answers.
const DEFAULT_SIZE_LIMIT: usize = 256 * 1024 * 1024;
/// Of what a server says about a refusal.
const MAX_DETAIL_CHARS: usize = 500;

/// The key decides which tenant it is.
pub struct Remote {
    client: Client,
    base: Url,
    key: SecretString,
    size_limit: usize,
}

/// What is sent with a request: where the content comes from.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Given<'a> {
    /// As the person who syncs calls the source.
    pub name: &'a str,
    pub snapshot: &'a Snapshot,
}

#[derive(Serialize)]
struct Body<'a> {
    from: Given<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_hash: Option<&'a str>,
}

/// What came of an apply there.
#[derive(Debug, Clone, Deserialize)]
pub struct Applied {
    pub status: Status,
    #[serde(default)]
    pub run: Option<SyncRunId>,
    pub plan: Plan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Done,
    Nothing,
    #[serde(alias = "sync_blocked")]
    Blocked,
    #[serde(alias = "stale_plan")]
    Stale,
}

/// A plan that was not applied, as a problem tells it.
#[derive(Deserialize)]
struct Refused {
    code: Status,
    plan: Plan,
}

impl Remote {
    /// `url`: where the other deployment is, with or without a path before `/api`.
    ///
    /// # Errors
    /// `invalid_url`, `insecure_url`, `refused_address`.
    pub fn new(client: Client, url: &str, key: SecretString) -> Result<Self> {
        let wrong = |why: &str| Error::invalid("invalid_url", format!("the address of the remote {why}"));
        let mut base = Url::parse(url).map_err(|error| wrong(&format!("is none: {error}")))?;
        if base.host().is_none() {
            return Err(wrong("names no host"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("holds a name or password; a remote is asked with an API key"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("has a `?` or `#`; name the server only, such as https://keyway.example.com"));
        }
        let path = base.path().trim_end_matches('/').trim_end_matches("/api/v1").to_owned();
        base.set_path(&format!("{path}/"));
        client.admit(&base).map_err(|refusal| Error::invalid(refusal.code, refusal.message))?;
        Ok(Self { client, base, key, size_limit: DEFAULT_SIZE_LIMIT })
    }

    /// How long requests and answers may be, in bytes.
    #[must_use]
    pub fn with_size_limit(self, size_limit: usize) -> Self {
        Self { size_limit, ..self }
    }

    /// What the remote tenant would give to a sync.
    ///
    /// # Errors
    /// `refused_address`, `unreachable`, `timed_out`, `answer_too_large`, `answer_lost`; `remote_refused`, `remote_unauthenticated`, `remote_answer`, `invalid_snapshot`.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let (status, body) = self.ask("api/v1/sync/snapshot", None).await?;
        self.check(status, &body)?;
        let text = std::str::from_utf8(&body).map_err(|error| self.not_understood(error))?;
        Snapshot::parse(text)
    }

    /// What a sync into the remote tenant would change.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub async fn plan(&self, from: Given<'_>, policy: &Policy) -> Result<Plan> {
        self.post("plan", &Body { from, policy: Some(policy), plan_hash: None }).await
    }

    /// Syncs into the remote tenant. `plan_hash`: of the plan that was looked at.
    ///
    /// # Errors
    /// As [`Self::snapshot`]. Blocked and stale are answers.
    pub async fn apply(&self, from: Given<'_>, policy: &Policy, plan_hash: &str) -> Result<Applied> {
        let body = Body { from, policy: Some(policy), plan_hash: Some(plan_hash) };
        let (status, answer) = self.send("apply", &body).await?;
        if status == 409
            && let Ok(refused) = serde_json::from_slice::<Refused>(&answer)
        {
            return Ok(Applied { status: refused.code, run: None, plan: refused.plan });
        }
        self.read(status, &answer)
    }

    /// How the source and the remote tenant differ.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub async fn drift(&self, from: Given<'_>) -> Result<Drift> {
        self.post("drift", &Body { from, policy: None, plan_hash: None }).await
    }

    async fn post<T: DeserializeOwned>(&self, what: &str, body: &Body<'_>) -> Result<T> {
        let (status, answer) = self.send(what, body).await?;
        self.read(status, &answer)
    }

    async fn send(&self, what: &str, body: &Body<'_>) -> Result<(u16, Zeroizing<Vec<u8>>)> {
        let name = body.from.name;
        let body = serde_json::to_vec(body).map_err(Error::internal)?;
        let limit = self.size_limit;
        if body.len() > limit {
            let message = format!(
                "the snapshot of `{}` makes a request of {} bytes, and sync.snapshot_limit_bytes allows {limit}; raise it here and there",
                name,
                body.len()
            );
            return Err(Error::new(Kind::TooLarge, "snapshot_too_large", message));
        }
        self.ask(&format!("api/v1/sync/{what}"), Some(body)).await
    }

    async fn ask(&self, path: &str, body: Option<Vec<u8>>) -> Result<(u16, Zeroizing<Vec<u8>>)> {
        let key = self.key.expose_secret();
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            let message = "the API key has characters that no key has; is it the right file?";
            return Err(Error::invalid("invalid_key", message));
        }
        let method = if body.is_some() { Method::Post } else { Method::Get };
        let mut request = Request::new(method, self.base.join(path).map_err(Error::internal)?)
            .header("Authorization", format!("Bearer {key}"))
            .header("Accept", "application/json");
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        request.body = body.map(Zeroizing::new);
        let rules = Rules { redirects: Redirects::None, timeout: None, max_reply_bytes: self.size_limit };
        let Reply { status, body, .. } = self.client.send(request, rules).await.map_err(unanswered)?;
        Ok((status, body))
    }

    fn read<T: DeserializeOwned>(&self, status: u16, answer: &[u8]) -> Result<T> {
        self.check(status, answer)?;
        serde_json::from_slice(answer).map_err(|error| self.not_understood(error))
    }

    fn check(&self, status: u16, answer: &[u8]) -> Result<()> {
        if (200..=299).contains(&status) { Ok(()) } else { Err(self.refused(status, answer)) }
    }

    fn refused(&self, status: u16, body: &[u8]) -> Error {
        let host = origin(&self.base);
        let said: Option<Value> = serde_json::from_slice(body).ok();
        let field = |name: &str| said.as_ref().and_then(|said| said.get(name)).and_then(Value::as_str).map(plain);
        let (detail, code) = (field("detail"), field("code"));
        match (status, detail) {
            (401, _) => {
                let message = format!(
                    "{host} does not accept the API key; make one there: keyway api-keys create --name sync --scope sync:read --scope sync:apply"
                );
                Error::new(Kind::Upstream, "remote_unauthenticated", message)
            }
            (413, detail) => {
                let said = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
                let message =
                    format!("{host} takes no snapshot of this size{said}; raise sync.snapshot_limit_bytes there");
                Error::new(Kind::Upstream, "remote_refused", message)
            }
            (_, Some(detail)) => {
                let code = code.map_or_else(String::new, |code| format!(", {code}"));
                Error::new(Kind::Upstream, "remote_refused", format!("{host} refused: {detail} ({status}{code})"))
            }
            (300..=399, None) => {
                let message = format!("{host} sends us elsewhere ({status}); name the address it really has");
                Error::new(Kind::Upstream, "remote_refused", message)
            }
            (_, None) => {
                let message = format!("{host} answered {status}; is it a Keyway of this version?");
                Error::new(Kind::Upstream, "remote_refused", message)
            }
        }
    }

    fn not_understood(&self, error: impl Into<anyhow::Error>) -> Error {
        let message =
            format!("the answer of {} is not understood; is it a Keyway of this version?", origin(&self.base));
        Error::new(Kind::Upstream, "remote_answer", message).because(error)
    }
}

fn unanswered(why: Unanswered) -> Error {
    let upstream = |code, message| Error::new(Kind::Upstream, code, message);
    match why {
        Unanswered::Refused(message) => Error::invalid("refused_address", message),
        Unanswered::Unreachable(message) => upstream("unreachable", message),
        Unanswered::Lost(message) => upstream("answer_lost", message),
        Unanswered::TimedOut(message) => upstream("timed_out", message),
        Unanswered::TooLarge(message) => upstream("answer_too_large", message),
    }
}

/// Another server's words: bounded, and without what would move the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DETAIL_CHARS).collect()
}
