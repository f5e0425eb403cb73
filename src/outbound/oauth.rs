//! Talking to providers: the requests of `model::oauth` in their order, sent by whatever sends. Decides nothing itself;
//! holds no lock and no database while it waits.

use std::fmt;
use std::time::Duration;

use crate::clock::Clock;
use crate::crypto;
use crate::model::component::ConnectionType;
use crate::model::component::auth::Auth;
use crate::model::component::auth::request::Step;
use crate::model::component::auth::token::TokenReply;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::oauth::Moment;
use crate::model::oauth::answer;
use crate::model::oauth::answer::Issued;
use crate::model::oauth::answer::Reading;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::failure::Reason;

mod live_test;
mod obtain;
mod refresh;
mod revoke;
#[cfg(test)]
mod tests;

pub use live_test::Tested;
pub use obtain::ByVerifier;
pub use refresh::Renewed;
pub use revoke::Revoked;

/// Why tokens were not renewed; callers choose by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshError {
    /// The authorization is over: no more attempts, a person has to come again.
    Revoked(Reason),
    /// Try again later, not before `after`.
    Retry { reason: Reason, after: Option<Duration> },
    /// Somebody has to change something first; the tokens stay.
    Misconfigured(Reason),
}

impl RefreshError {
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Revoked(reason) | Self::Misconfigured(reason) | Self::Retry { reason, .. } => reason,
        }
    }
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason().message)
    }
}

impl std::error::Error for RefreshError {}

impl From<Failure> for RefreshError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Terminal(reason) => Self::Revoked(reason),
            Failure::Transient { reason, retry_after } => Self::Retry { reason, after: retry_after },
            Failure::Misconfigured(reason) => Self::Misconfigured(reason),
        }
    }
}

/// One connection's conversation with its provider. `send` sends a request and gives its whole answer.
pub struct Caller<'a, S> {
    pub kind: &'a ConnectionType,
    /// The resolved values, secrets included.
    pub fill: &'a Fill,
    pub clock: &'a Clock,
    pub send: S,
}

impl<S, F> Caller<'_, S>
where
    S: Fn(Request) -> F,
    F: Future<Output = Result<Reply, Unanswered>>,
{
    fn auth(&self) -> &Auth {
        &self.kind.auth
    }

    async fn ask(&self, request: Request) -> Result<Reply, Failure> {
        (self.send)(request).await.map_err(Failure::from)
    }

    /// Sends a grant's request and reads the tokens.
    async fn ask_for_tokens(&self, request: Request, fill: &Fill) -> Result<Issued, Failure> {
        let reply = self.ask(request).await?;
        let rules = self.auth().grant().map(|grant| grant.token_reply);
        let standard = TokenReply::default();
        answer::read(&self.reading(rules.unwrap_or(&standard), true, fill), &reply)
    }

    /// Sends a step's request and reads what it gives; nothing when the step is skipped.
    async fn ask_step(&self, step: &Step, fill: &Fill) -> Result<Option<Issued>, Failure> {
        let Some(request) = crate::model::oauth::step::request(step, fill)? else { return Ok(None) };
        let reply = self.ask(request).await?;
        answer::read(&self.reading(&step.reply, false, fill), &reply).map(Some)
    }

    fn reading<'r>(&'r self, rules: &'r TokenReply, is_grant: bool, fill: &'r Fill) -> Reading<'r> {
        Reading { rules, is_grant, scope_separator: self.auth().scope_separator(), fill, now: self.clock.now() }
    }
}

/// A value that no other request has: 128 random bits.
fn nonce() -> Result<String, Failure> {
    Ok(crypto::hex(&crypto::random::<16>()?))
}

/// The moment of one request.
fn moment<'n>(clock: &Clock, nonce: &'n str) -> Moment<'n> {
    Moment { now: clock.now(), nonce }
}
