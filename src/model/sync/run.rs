//! What came of a sync, as it is told and recorded.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    Done,
    /// There was nothing to change.
    Nothing,
    /// Something must be decided first; nothing was written.
    Blocked,
    /// The tenants moved since the plan was shown; nothing was written, and this is the plan now.
    Stale,
}

impl RunResult {
    pub const ALL: [Self; 4] = [Self::Done, Self::Nothing, Self::Blocked, Self::Stale];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Nothing => "nothing",
            Self::Blocked => "blocked",
            Self::Stale => "stale",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == word)
    }
}

impl fmt::Display for RunResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
