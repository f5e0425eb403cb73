//! Live tests: the requests that prove a connection's values, and what their replies mean in words that people can act
//! on. A token request comes first where there is one; its failures are judged here too.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::ConnectionType;
use crate::model::component::TestMessage;
use crate::model::component::TestRequest;
use crate::model::component::auth::Auth;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::http::encode;
use crate::model::http::fields;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::failure::Seen;
use crate::model::oauth::renew;
use crate::model::recipe::Recipe;
use crate::model::reply;
use crate::model::template::Encoding;
use crate::model::token::TokenSet;

#[cfg(test)]
mod tests;

/// What a live test finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// Nothing of the kind answers at this URL.
    NotFound,
    AuthenticationRejected,
    AccessDenied,
    RequestRejected,
    ServerError,
    /// No answer.
    Unreachable,
}

/// The cause of `live_test_failed`: what the test found.
#[derive(Debug)]
pub struct Failed(pub Verdict);

impl Failed {
    /// Nothing was saved, and why.
    #[must_use]
    pub fn error(verdict: Verdict) -> Error {
        let public = format!("{}. {} Nothing was saved.", verdict.message, verdict.advice);
        Error::invalid("live_test_failed", public).because(Self(verdict))
    }

    /// What the test found, when that is why something failed.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Verdict> {
        error.source.as_ref()?.downcast_ref::<Self>().map(|failed| &failed.0)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failed {}

impl Outcome {
    pub const FAILURES: [Self; 6] = [
        Self::NotFound,
        Self::AuthenticationRejected,
        Self::AccessDenied,
        Self::RequestRejected,
        Self::ServerError,
        Self::Unreachable,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotFound => "not_found",
            Self::AuthenticationRejected => "authentication_rejected",
            Self::AccessDenied => "access_denied",
            Self::RequestRejected => "request_rejected",
            Self::ServerError => "server_error",
            Self::Unreachable => "unreachable",
        }
    }

    /// Whether the third party knew the values and did not take them: nothing that passes by itself.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::AuthenticationRejected | Self::AccessDenied)
    }
}

/// An outcome in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdict {
    pub outcome: Outcome,
    /// What happened.
    pub message: String,
    /// What to do.
    pub advice: String,
    /// The HTTP status of the answer that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// More for who can do something about it: which address is refused, which value is unfit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Verdict {
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }
}

/// Whether there is anything to test: a token to get, or a request to make.
#[must_use]
pub fn is_testable(kind: &ConnectionType) -> bool {
    !kind.test_requests().is_empty() || renew::obtains_tokens(&kind.auth)
}

/// What became of tokens that could not be renewed, by the word that was kept of it.
#[must_use]
pub fn of_renewal(code: &str) -> Outcome {
    match code {
        "unreachable" | "answer_lost" | "timed_out" | "address_refused" => Outcome::Unreachable,
        "endless_answer" | "no_token_endpoint" | "redirected" => Outcome::NotFound,
        "authorization_ended"
        | "client_rejected"
        | "cannot_be_renewed"
        | "outcome_unknown"
        | "reauthorization_required" => Outcome::AuthenticationRejected,
        "access_denied" | "scope_rejected" => Outcome::AccessDenied,
        "provider_failed" | "provider_busy" | "truncated_answer" => Outcome::ServerError,
        _ => Outcome::RequestRejected,
    }
}

/// One request of the test, with the connection's recipe on it.
///
/// # Errors
/// A value is missing or cannot stand where it is used.
pub fn request(test: &TestRequest, fill: &Fill, tokens: Option<&TokenSet>, recipe: &Recipe) -> Result<Request> {
    let fill = tokens.map_or_else(|| fill.clone(), |tokens| fill.clone().with_tokens(tokens));
    let is_whole = test.path.starts_with("https://") || test.path.starts_with("http://");
    let encoding = if is_whole { Encoding::UrlPart } else { Encoding::UrlPath };
    let mut request = recipe.request(test.method, &fill.text(&test.path, encoding)?)?;
    let mut query = Vec::new();
    for (name, template) in &test.query {
        if let Some(value) = fill.optional(template, Encoding::Plain)? {
            query.push((name.clone(), value));
        }
    }
    encode::add_query(&mut request.url, &query);
    for (name, template) in &test.headers {
        if let Some(value) = fill.optional(template, Encoding::Header)? {
            encode::check_header(name, &value)?;
            request.set_header(name, value);
        }
    }
    if let Some(body) = test.body.as_ref().map(|body| fill.json(body, Encoding::Plain)).transpose()?.flatten() {
        fields::write_json(&mut request, &body);
    }
    Ok(request)
}

/// Judges the reply to one request of the test.
#[must_use]
pub fn judge(kind: &ConnectionType, test: &TestRequest, answer: &Result<Reply, Unanswered>) -> Verdict {
    match answer {
        Ok(reply) => verdict(kind, of_reply(kind, test, reply), Some(reply.status), None),
        Err(Unanswered::Refused(hint)) => verdict(kind, Outcome::Unreachable, None, Some(hint)),
        // What never ends is not the API that was expected there.
        Err(Unanswered::TooLarge(hint)) => verdict(kind, Outcome::NotFound, None, Some(hint)),
        Err(Unanswered::Unreachable(hint) | Unanswered::Lost(hint) | Unanswered::TimedOut(hint)) => {
            verdict(kind, Outcome::Unreachable, None, Some(hint))
        }
    }
}

fn of_reply(kind: &ConnectionType, test: &TestRequest, reply: &Reply) -> Outcome {
    let document = reply::document(reply, ReplyFormat::Json);
    if reply::is_expected(reply, &test.expect, document.as_ref()) {
        return Outcome::Ok;
    }
    if matches!(kind.auth, Auth::AwsSigv4(_)) && rejects_aws_keys(reply) {
        return Outcome::AuthenticationRejected;
    }
    match reply.status {
        200..300 => document.as_ref().map_or(Outcome::NotFound, of_unexpected),
        status => of_status(status),
    }
}

/// AWS answers 403 (some services 400) to keys that it does not know.
fn rejects_aws_keys(reply: &Reply) -> bool {
    const CODES: [&str; 7] = [
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "ExpiredToken",
        "InvalidToken",
        "IncompleteSignature",
    ];
    let text = reply::text(reply);
    matches!(reply.status, 400 | 401 | 403) && CODES.iter().any(|code| text.contains(code))
}

fn of_status(status: u16) -> Outcome {
    match status {
        401 => Outcome::AuthenticationRejected,
        403 => Outcome::AccessDenied,
        404 => Outcome::NotFound,
        400..500 => Outcome::RequestRejected,
        500.. => Outcome::ServerError,
        // A redirect leads away from the API; so does anything that is no answer at all.
        _ => Outcome::NotFound,
    }
}

/// A success that is not the expected answer is another site's, unless it says no in the manner of an API.
fn of_unexpected(document: &Value) -> Outcome {
    let Some(error) = ["error", "errors"].iter().find_map(|key| reply::at(document, key)) else {
        return Outcome::NotFound;
    };
    if matches!(error, Value::Bool(false)) {
        return Outcome::NotFound;
    }
    let code = error.as_str().unwrap_or_default();
    match code {
        "invalid_auth" | "not_authed" | "invalid_token" | "token_expired" | "token_revoked" | "account_inactive"
        | "invalid_grant" | "invalid_client" | "unauthorized" | "unauthenticated" => Outcome::AuthenticationRejected,
        "access_denied"
        | "missing_scope"
        | "no_permission"
        | "forbidden"
        | "insufficient_scope"
        | "not_allowed_token_type" => Outcome::AccessDenied,
        _ => Outcome::RequestRejected,
    }
}

/// Judges a token request that failed.
#[must_use]
pub fn judge_failure(kind: &ConnectionType, failure: &Failure) -> Verdict {
    let reason = failure.reason();
    let message = Some(reason.message.as_str());
    match &reason.seen {
        Seen::Unmade => verdict(kind, Outcome::RequestRejected, None, message),
        Seen::AddressRefused(hint) => verdict(kind, Outcome::Unreachable, None, Some(hint)),
        Seen::Nothing => verdict(kind, Outcome::Unreachable, None, message),
        Seen::Endless => verdict(kind, Outcome::NotFound, None, message),
        Seen::NoTokenAnswer { status } => verdict(kind, Outcome::NotFound, Some(*status), message),
        Seen::Refusal { status, error } => {
            verdict(kind, of_refusal(failure, *status, error.as_deref()), Some(*status), message)
        }
    }
}

/// At a token endpoint every 400 is about the values; some say 422 to them.
fn of_refusal(failure: &Failure, status: u16, error: Option<&str>) -> Outcome {
    match (status, error) {
        (500.., _) => Outcome::ServerError,
        (200..500, Some("invalid_client" | "invalid_grant" | "invalid_token" | "invalid_auth")) => {
            Outcome::AuthenticationRejected
        }
        (_, _) if matches!(failure, Failure::Terminal(_)) => Outcome::AuthenticationRejected,
        (200..500, Some("unauthorized_client" | "access_denied" | "invalid_scope")) if status != 401 => {
            Outcome::AccessDenied
        }
        (422, _) => Outcome::AuthenticationRejected,
        (200..300, _) => Outcome::RequestRejected,
        (status, _) => of_status(status),
    }
}

/// Says an outcome in the component's own words, or in general ones.
#[must_use]
pub fn verdict(kind: &ConnectionType, outcome: Outcome, status: Option<u16>, hint: Option<&str>) -> Verdict {
    let (message, advice) = general(outcome);
    let own = own(kind, outcome);
    Verdict {
        outcome,
        message: own.map_or(message, |own| own.message.as_str()).to_owned(),
        advice: own.and_then(|own| own.advice.as_deref()).unwrap_or(advice).to_owned(),
        status,
        hint: hint.map(str::to_owned),
    }
}

fn own(kind: &ConnectionType, outcome: Outcome) -> Option<&TestMessage> {
    let messages = &kind.live_test_messages;
    match outcome {
        Outcome::Ok => None,
        Outcome::NotFound => messages.not_found.as_ref(),
        Outcome::AuthenticationRejected => messages.authentication_rejected.as_ref(),
        Outcome::AccessDenied => messages.access_denied.as_ref(),
        Outcome::RequestRejected => messages.request_rejected.as_ref(),
        Outcome::ServerError => messages.server_error.as_ref(),
        Outcome::Unreachable => messages.unreachable.as_ref(),
    }
}

fn general(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Ok => ("The connection works", "Nothing needs to be done."),
        Outcome::NotFound => {
            ("The API was not found at this URL", "The URL is wrong, or something else answers there. Check it.")
        }
        Outcome::AuthenticationRejected => {
            ("Authentication was rejected", "One or more of the credentials are incorrect or no longer valid.")
        }
        Outcome::AccessDenied => {
            ("Access was denied", "The account may not use the API; check its roles, permissions and scopes there.")
        }
        Outcome::RequestRejected => ("The request was rejected", "Review the connection's details and try again."),
        Outcome::ServerError => {
            ("The server returned an error", "A temporary problem on the other side; try again in a few moments.")
        }
        Outcome::Unreachable => (
            "The server could not be reached",
            "The URL is wrong, or the server is offline or unreachable from this network.",
        ),
    }
}
