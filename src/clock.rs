//! The time. Everything asks a `Clock`, so that tests can freeze it.

use std::sync::Arc;
use std::sync::Mutex;

use chrono::DateTime;
use chrono::SubsecRound;
use chrono::TimeDelta;
use chrono::Utc;

/// An instant in UTC, whole microseconds (what both databases keep).
pub type Instant = DateTime<Utc>;

/// The system's clock, or a frozen one that tests move.
#[derive(Clone, Default)]
pub enum Clock {
    #[default]
    System,
    Frozen(Arc<Mutex<Instant>>),
}

impl Clock {
    #[must_use]
    pub fn frozen(at: Instant) -> Self {
        Self::Frozen(Arc::new(Mutex::new(at)))
    }

    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Frozen(at) => *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Moves a frozen clock; the system's clock stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Frozen(at) = self {
            *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
        }
    }
}
