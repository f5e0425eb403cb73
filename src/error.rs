//! The one error type. It knows no HTTP: `web::respond` maps kinds to statuses, `cli` maps them to exit codes.

use std::fmt;

/// What kind of failure; decides the HTTP status and whether a retry makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request itself cannot be read (400).
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    PreconditionFailed,
    TooLarge,
    UnsupportedMedia,
    /// Well-formed, but a rule refuses it (422).
    Invalid,
    PreconditionRequired,
    RateLimited,
    Internal,
    Upstream,
    Unavailable,
}

impl Kind {
    /// Whether the same call may succeed later without a change.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Upstream | Self::Unavailable)
    }
}

/// One wrong field of a request or form: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// Dotted path of the field, as the caller spelled it.
    pub field: String,
    /// Stable word for programs.
    pub code: &'static str,
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// A failure that can be shown: `public` is for people, `code` for programs, `source` for the log only.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// Stable `snake_case` word.
    pub code: &'static str,
    /// A sentence for people; never holds a secret.
    pub public: String,
    /// The wrong fields, when the failure is about input.
    pub fields: Vec<FieldError>,
    /// Logged once at the edge, never shown.
    pub source: Option<anyhow::Error>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: Kind, code: &'static str, public: impl Into<String>) -> Self {
        Self { kind, code, public: public.into(), fields: Vec::new(), source: None }
    }

    pub fn not_found(what: &'static str, id: impl fmt::Display) -> Self {
        Self::new(Kind::NotFound, "not_found", format!("{what} `{id}` does not exist"))
    }

    pub fn malformed(code: &'static str, public: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, code, public)
    }

    pub fn invalid(code: &'static str, public: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, public)
    }

    pub fn conflict(code: &'static str, public: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, public)
    }

    pub fn forbidden(code: &'static str, public: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, code, public)
    }

    pub fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, "unauthenticated", "sign in, or send an API key as `Authorization: Bearer …`")
    }

    /// A failure of ours; the caller is told nothing of its cause.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Internal, "internal", "something went wrong on our side; it has been logged").because(source)
    }

    /// A broken promise of our own code or data, told in words for the log.
    pub fn bug(what: impl fmt::Display) -> Self {
        Self::internal(anyhow::anyhow!("{what}"))
    }

    /// The wrong fields of one input, all at once. `None` when nothing is wrong.
    #[must_use]
    pub fn of_fields(fields: Vec<FieldError>) -> Option<Self> {
        let first = fields.first()?;
        let public = match fields.len() {
            1 => format!("{}: {}", first.field, first.message),
            n => format!("{n} fields are wrong; the first is {}: {}", first.field, first.message),
        };
        Some(Self { fields, ..Self::invalid("invalid_fields", public) })
    }

    /// Attaches a cause that is logged once, at the edge, and never shown to the client.
    #[must_use]
    pub fn because(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// The cause of an error that goes away by waiting; becomes the header `Retry-After`.
#[derive(Debug, Clone, Copy)]
pub struct RetryAfter {
    pub seconds: u64,
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to be tried again in {} s", self.seconds)
    }
}

impl std::error::Error for RetryAfter {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
