//! What is wrong in a file that a person wrote: where, what, and what to do. Several at once.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is taken; somebody should look.
    Warning,
}

/// A place in a text: 1-based line and column (in characters), and the byte range it covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub offset_bytes: usize,
    pub length_bytes: usize,
}

/// One finding. `message` never quotes a value that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Finding)]
pub struct Problem {
    pub severity: Severity,
    /// Stable `snake_case` word.
    pub code: &'static str,
    pub message: String,
    /// 1-based; 0 when the finding is about the whole file.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where in the bytes, for drawing the source line.
    #[serde(skip)]
    pub place: Place,
}

impl Problem {
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        let (line, column) = (place.line, place.column);
        Self { severity: Severity::Error, code, message: message.into(), line, column, help: None, place }
    }

    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Longer words are nobody's slip of a finger, and comparing them takes as long as both lengths multiplied.
const LONGEST_BYTES: usize = 64;

/// The nearest of the known words, when it is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_BYTES {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_BYTES)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_told_for_slips_only() {
        assert_eq!(nearest("slak", ["slack", "zendesk"]), Some("slack"));
        assert_eq!(nearest("something else", ["slack"]), None);
        // Comparing these would take minutes.
        let (word, known) = ("x".repeat(3_000_000), "x".repeat(3_000_001));
        assert_eq!(nearest(&word, ["slack"]), None);
        assert_eq!(nearest("slack", [known.as_str(), "slak"]), Some("slak"));
    }
}
