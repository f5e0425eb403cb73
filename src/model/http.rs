//! Requests to third parties and their replies, as data: made and read by pure rules, sent by `outbound` alone.

use url::Url;
use zeroize::Zeroizing;

pub use crate::model::component::Method;

pub mod encode;
pub mod fields;
pub mod stream;

/// A request, complete but for what the connection itself adds (`Host`, `Content-Length`). No `Debug`: it holds secrets.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    /// In order; a name may occur twice.
    pub headers: Vec<(String, Zeroizing<String>)>,
    pub body: Option<Zeroizing<Vec<u8>>>,
}

impl Request {
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: None }
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Zeroizing::new(value.into())));
        self
    }

    /// The first header of that name, in any case.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets a header in place of all of that name.
    pub fn set_header(&mut self, name: &str, value: Zeroizing<String>) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value));
    }

    /// Sets a header unless one of that name is there.
    pub fn default_header(&mut self, name: &str, value: &str) {
        if self.header_value(name).is_none() {
            self.headers.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        }
    }
}

/// What came back, whatever its status. No `Debug`: it may hold secrets.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case; a name may occur twice.
    pub headers: Vec<(String, String)>,
    pub body: Zeroizing<Vec<u8>>,
}

impl Reply {
    /// The first header of that lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no reply. Texts name hosts only, never paths, queries or what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// Keyway itself refuses the address: nothing was sent. Says why, and what an operator can do.
    Refused(String),
    /// The name does not resolve, the port is closed, TLS fails: nothing was sent.
    Unreachable(String),
    /// The request may have been received and acted on; its answer is lost, cut short, or leads to where Keyway does not go.
    Lost(String),
    /// No complete answer in time; the request may have been acted on.
    TimedOut(String),
    /// The answer is longer than the limit, before or after decompression.
    TooLarge(String),
}

impl Unanswered {
    /// Whether the third party may have acted on the request.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Unreachable(_))
    }

    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(text)
            | Self::Unreachable(text)
            | Self::Lost(text)
            | Self::TimedOut(text)
            | Self::TooLarge(text) => text,
        }
    }
}
