//! What a token call without tokens means. Only an answer that says that the authorization is over ends a credential;
//! whatever is unclear keeps the tokens that are there.

use std::fmt;
use std::time::Duration;

use chrono::DateTime;
use oauth2::basic::BasicErrorResponseType;
use serde_json::Value;

use crate::clock::Instant;
use crate::error::Error;
use crate::model::component::auth::token::TokenReply;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Unanswered;
use crate::model::oauth::words;
use crate::model::reply;

/// Longest wait that a provider may impose.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// Codes by which OpenID providers say that a person has to come again (OpenID Connect Core section 3.1.2.6).
const PERSON_NEEDED: [&str; 3] = ["interaction_required", "consent_required", "login_required"];
/// Codes that say nothing about the tokens. `slow_down` is of RFC 8628.
const PASSING: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// Why a token call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The authorization is over: a person has to authorize again, or values have to be entered again.
    Terminal(Reason),
    /// The same call may succeed later.
    Transient { reason: Reason, retry_after: Option<Duration> },
    /// Something is set up wrong, here or there; the tokens that are there stay.
    Misconfigured(Reason),
}

/// What was seen, fit to be shown: never holds a value of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Stable `snake_case` word.
    pub code: &'static str,
    pub message: String,
    pub seen: Seen,
    /// The provider may have acted: a refresh token that it takes only once may be used up.
    pub may_have_acted: bool,
}

/// What came of the request, for who judges a live test by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The request could not be made of the values.
    Unmade,
    /// Keyway refuses the address; the text says what an operator can do.
    AddressRefused(String),
    /// No answer.
    Nothing,
    /// An answer without end.
    Endless,
    /// An answer that says no, with the provider's own code.
    Refusal { status: u16, error: Option<String> },
    /// An answer that is none of a token endpoint.
    NoTokenAnswer { status: u16 },
}

impl Failure {
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Terminal(reason) | Self::Misconfigured(reason) | Self::Transient { reason, .. } => reason,
        }
    }

    /// An answer that came with success, and from which no token can be taken.
    #[must_use]
    pub fn unreadable(reply: &Reply, code: &'static str, what: &str) -> Self {
        let message = format!("the token endpoint answered {}, but {what}", reply.status);
        let seen = Seen::NoTokenAnswer { status: reply.status };
        Self::Misconfigured(Reason { code, message, seen, may_have_acted: true })
    }

    /// An answer that was cut short: its beginning is that of a document.
    #[must_use]
    pub fn truncated(reply: &Reply) -> Self {
        let message = format!("the token endpoint answered {}, but its answer is cut short", reply.status);
        let seen = Seen::NoTokenAnswer { status: reply.status };
        let reason = Reason { code: "truncated_answer", message, seen, may_have_acted: true };
        Self::Transient { reason, retry_after: None }
    }

    /// An answer that says no: by its status, or by an error inside.
    #[must_use]
    pub fn refusal(reply: &Reply, rules: &TokenReply, document: Option<&Value>, fill: &Fill, now: Instant) -> Self {
        let error = error_code(rules, document);
        let described = document.and_then(description).and_then(|text| words::description(&fill.without_values(text)));
        // What was sent may come back in place of a code.
        let error = error.filter(|error| fill.without_values(error) == *error);
        let standard = error.as_deref().map(standard_code);
        let status = reply.status;
        let retry_after = retry_after(reply, now);
        let message = message(status, error.as_deref(), described.as_deref());
        let seen = Seen::Refusal { status, error: error.clone() };
        let reason =
            |code| Reason { code, message, seen, may_have_acted: (200..300).contains(&status) || status >= 500 };
        let is = |codes: &[&str]| error.as_deref().is_some_and(|error| codes.contains(&error));
        let is_ended = matches!(standard, Some(BasicErrorResponseType::InvalidGrant))
            || is(&PERSON_NEEDED)
            || error.as_ref().is_some_and(|error| rules.ended_by.contains(error));
        match status {
            500.. => Self::Transient { reason: reason("provider_failed"), retry_after },
            300..=399 => Self::Misconfigured(reason("redirected")),
            408 | 425 | 429 => Self::Transient { reason: reason("provider_busy"), retry_after },
            _ if is_ended => Self::Terminal(reason("authorization_ended")),
            _ if is(&PASSING) => Self::Transient { reason: reason("provider_failed"), retry_after },
            _ if error.is_none() && retry_after.is_some() => {
                Self::Transient { reason: reason("provider_busy"), retry_after }
            }
            401 => Self::Misconfigured(reason("client_rejected")),
            _ => Self::Misconfigured(reason(match standard {
                Some(BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient) => {
                    "client_rejected"
                }
                Some(BasicErrorResponseType::InvalidScope) => "scope_rejected",
                Some(BasicErrorResponseType::UnsupportedGrantType) => "grant_rejected",
                _ if status == 403 => "access_denied",
                _ if matches!(status, 404 | 405 | 410) => "no_token_endpoint",
                _ => "request_rejected",
            })),
        }
    }
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        let may_have_acted = unanswered.may_have_acted();
        let message = unanswered.message().to_owned();
        let reason = |code, seen| Reason { code, message: message.clone(), seen, may_have_acted };
        match &unanswered {
            Unanswered::Refused(hint) => {
                Self::Misconfigured(reason("address_refused", Seen::AddressRefused(hint.clone())))
            }
            Unanswered::TooLarge(_) => Self::Misconfigured(reason("endless_answer", Seen::Endless)),
            Unanswered::Unreachable(_) => {
                Self::Transient { reason: reason("unreachable", Seen::Nothing), retry_after: None }
            }
            Unanswered::Lost(_) => Self::Transient { reason: reason("answer_lost", Seen::Nothing), retry_after: None },
            Unanswered::TimedOut(_) => {
                Self::Transient { reason: reason("timed_out", Seen::Nothing), retry_after: None }
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Misconfigured(Reason {
            code: error.code,
            message: error.public,
            seen: Seen::Unmade,
            may_have_acted: false,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason().message)
    }
}

impl std::error::Error for Failure {}

/// The registered meaning of a code (RFC 6749 section 5.2).
fn standard_code(error: &str) -> BasicErrorResponseType {
    serde_json::from_value(Value::from(error)).unwrap_or_else(|_| BasicErrorResponseType::Extension(error.to_owned()))
}

/// The provider's code, where it stands; some nest it.
pub(super) fn error_code(rules: &TokenReply, document: Option<&Value>) -> Option<String> {
    let document = document?;
    let found = match &rules.error {
        Some(paths) => reply::first(document, paths),
        None => reply::at(document, "error"),
    }?;
    let nested = || ["code", "type", "error"].iter().find_map(|key| reply::at(found, key));
    reply::scalar(found).or_else(|| nested().and_then(reply::scalar)).as_deref().and_then(words::code)
}

fn description(document: &Value) -> Option<&str> {
    const PLACES: [&str; 5] = ["error_description", "error.message", "message", "error_message", "detail"];
    PLACES.iter().find_map(|path| reply::at(document, path).and_then(Value::as_str))
}

fn message(status: u16, error: Option<&str>, description: Option<&str>) -> String {
    let mut message = match (status, error) {
        (300..=399, _) => {
            format!("the token endpoint answered {status}: a redirect, which is not followed; check the URL")
        }
        (_, Some(error)) => format!("the token endpoint answered {status}: {error}"),
        (_, None) => format!("the token endpoint answered {status}"),
    };
    if let Some(description) = description {
        message.push_str(&format!(" ({description})"));
    }
    message
}

/// `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), at most [`MAX_RETRY_AFTER`].
#[must_use]
pub fn retry_after(reply: &Reply, now: Instant) -> Option<Duration> {
    let text = reply.header("retry-after")?.trim();
    let seconds = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits are a long time.
        text.parse().unwrap_or(u64::MAX)
    } else {
        let at = DateTime::parse_from_rfc2822(text).ok()?;
        u64::try_from((at.to_utc() - now).num_seconds()).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}
