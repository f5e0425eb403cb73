//! How connecting ended, as it is told to the person.

use crate::app::brand::Face;
use crate::model::redirect_url;

/// The end, and where the browser goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Who asked.
    pub tenant: Face,
    /// What was connected, or not.
    pub connection: String,
    /// Absent: it worked.
    pub trouble: Option<Trouble>,
    /// One of the tenant's registered URLs; absent: a page of ours.
    pub url: Option<String>,
}

/// Why it did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Stable word; the vendor's page gets it as `error`.
    pub code: String,
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Trouble {
    pub(super) fn new(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), advice: advice.into() }
    }

    /// Whatever it was, the whole authorization has to begin again.
    pub(super) fn begin_again(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, message, "Open the link that you were given and begin again.")
    }
}

impl Ended {
    pub(super) fn failed((tenant, connection): (Face, String), failure_url: Option<&str>, trouble: Trouble) -> Self {
        let url = failure_url.map(|url| redirect_url::with_error(url, &trouble.code));
        Self { tenant, connection, trouble: Some(trouble), url }
    }
}
