//! The one client: every request of Keyway's goes through here. Bounded in time and size, guarded in where it goes, TLS
//! unless the operator says otherwise, redirects only where asked for, no proxy of the environment.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect;
use tokio::time::Instant;
use tokio::time::timeout_at;
use url::Url;

use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::outbound::guard::Guard;
use crate::outbound::guard::Refusal;
use crate::outbound::resolver::Guarded;
use crate::outbound::resolver::Lookup;
use crate::outbound::resolver::System;

mod body;
mod redirects;
mod stream;
mod wire;

pub use stream::StreamRules;

/// Shorter than what servers keep a quiet connection open, so that few requests meet one that is just being closed: such
/// a request is lost, and nobody knows whether it was acted on.
const POOL_IDLE: Duration = Duration::from_secs(15);

/// What holds for all requests of a client.
#[derive(Debug, Clone)]
pub struct Options {
    pub guard: Guard,
    /// For lookup, connection and TLS together.
    pub connect_timeout: Duration,
    /// For requests that name no other.
    pub timeout: Duration,
}

/// What holds for one request.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub redirects: Redirects,
    /// From the lookup to the last byte read, redirects included; absent: as the client's options say.
    pub timeout: Option<Duration>,
    /// Of the body, as it is sent and as it is unpacked.
    pub max_reply_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// A redirect is the reply. Requests that carry a code, a token or a client's secret are made so.
    None,
    /// Up to `max` are followed, each checked as the first address was. Never from https to http; to another origin only
    /// by GET or HEAD, without body and without any header that could hold a credential. One that is not followed is the reply.
    Checked { max: u8 },
}

/// Cheap to clone. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    stand_in: Option<StandIn>,
}

/// Answers in place of third parties; nothing: the third party itself is asked.
pub type StandIn = Arc<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

struct Inner {
    options: Options,
    guard: Arc<Guard>,
    lookup: Arc<dyn Lookup>,
    // Made with the first request: reading the system's certificates takes longer than many a command.
    http: OnceLock<reqwest::Client>,
}

impl Default for Options {
    fn default() -> Self {
        Self { guard: Guard::default(), connect_timeout: Duration::from_secs(10), timeout: Duration::from_secs(30) }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self { redirects: Redirects::None, timeout: None, max_reply_bytes: 1024 * 1024 }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl Client {
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::with_lookup(options, Arc::new(System))
    }

    /// Asks somebody else than the system for addresses.
    #[must_use]
    pub fn with_lookup(options: Options, lookup: Arc<dyn Lookup>) -> Self {
        let guard = Arc::new(options.guard.clone());
        Self { inner: Arc::new(Inner { options, guard, lookup, http: OnceLock::new() }), stand_in: None }
    }

    /// Somebody answers whole requests in place of third parties that are not there, such as a test's. What the guard
    /// refuses is refused all the same.
    #[must_use]
    pub fn with_stand_in(self, stand_in: StandIn) -> Self {
        Self { stand_in: Some(stand_in), ..self }
    }

    /// A client by the same rules that shares no connection with this one.
    #[must_use]
    pub fn apart(&self) -> Self {
        let Inner { options, guard, lookup, .. } = &*self.inner;
        let (options, guard, lookup) = (options.clone(), Arc::clone(guard), Arc::clone(lookup));
        let inner = Arc::new(Inner { options, guard, lookup, http: OnceLock::new() });
        Self { inner, stand_in: self.stand_in.clone() }
    }

    /// Whether a URL may be called, as far as that is known before its name is looked up: for refusing it where it is typed.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, url: &Url) -> Result<(), Refusal> {
        self.inner.guard.admit(url)
    }

    /// Sends a request and reads the reply whole. A status of failure is a reply. Asks for gzip and unpacks it.
    ///
    /// # Errors
    /// Why there is none, and whether the request may have been acted on.
    pub async fn send(&self, request: Request, rules: Rules) -> Result<Reply, Unanswered> {
        let deadline = Instant::now() + rules.timeout.unwrap_or(self.inner.options.timeout);
        let mut request = request;
        let mut followed = 0;
        loop {
            let sent = timeout_at(deadline, self.send_once(&request, rules, followed)).await;
            let step = sent.unwrap_or_else(|_elapsed| Err(wire::timed_out(&request.url)));
            match step.map_err(|why| if followed == 0 { why } else { after_redirect(why) })? {
                Step::Reply(reply) => return Ok(reply),
                Step::Redirect(next) => request = *next,
            }
            followed += 1;
        }
    }

    async fn send_once(&self, request: &Request, rules: Rules, followed: u8) -> Result<Step, Unanswered> {
        self.inner.guard.admit(&request.url).map_err(wire::refused)?;
        if let Some(reply) = self.stand_in.as_ref().and_then(|answer| answer(request)) {
            return Ok(Step::Reply(reply));
        }
        let prepared = wire::prepare(self.http()?, request)?;
        let response = prepared.send().await.map_err(|error| wire::failed(&request.url, error))?;
        let status = response.status().as_u16();
        if let Redirects::Checked { max } = rules.redirects
            && followed < max
            && let Some(next) = redirects::next(request, status, wire::header(&response, "location"))
        {
            return Ok(Step::Redirect(Box::new(next)));
        }
        let (headers, body) = body::read(response, &request.url, rules.max_reply_bytes).await?;
        Ok(Step::Reply(Reply { status, headers, body }))
    }

    fn http(&self) -> Result<&reqwest::Client, Unanswered> {
        if let Some(http) = self.inner.http.get() {
            return Ok(http);
        }
        let built = self.build().map_err(wire::unmade)?;
        Ok(self.inner.http.get_or_init(|| built))
    }

    /// # Errors
    /// When the system's certificates cannot be read.
    fn build(&self) -> reqwest::Result<reqwest::Client> {
        #[expect(clippy::disallowed_methods, reason = "this is the client that the others are told to use")]
        let builder = reqwest::Client::builder();
        let resolver = Guarded { guard: Arc::clone(&self.inner.guard), lookup: Arc::clone(&self.inner.lookup) };
        builder
            .user_agent(concat!("keyway/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver)
            .connect_timeout(self.inner.options.connect_timeout)
            .pool_idle_timeout(POOL_IDLE)
            .redirect(redirect::Policy::none())
            .referer(false)
            // Whoever sends decides whether once more is safe.
            .retry(reqwest::retry::never())
            .no_proxy()
            // Unpacked here, where both sizes are limited.
            .gzip(false)
            .build()
    }
}

enum Step {
    Reply(Reply),
    Redirect(Box<Request>),
}

/// A redirect that cannot be followed was sent by somebody who received the request before it.
fn after_redirect(why: Unanswered) -> Unanswered {
    match why {
        Unanswered::Refused(text) | Unanswered::Unreachable(text) => Unanswered::Lost(format!("redirected: {text}")),
        other => other,
    }
}

/// Scheme, host and port: enough to know which server is meant, and never a secret.
#[must_use]
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
