//! Words for findings: what was meant, and what is known.

use crate::model::problem::nearest;

/// Past this a list of known words helps nobody.
const MOST_LISTED: usize = 30;
/// No key is longer; comparing takes time by length.
const LONGEST_COMPARED: usize = 100;
/// Longest piece of a file that a message repeats, in characters.
const MOST_REPEATED: usize = 60;

/// The known word that was meant: the same but for case, `_` and `-`, or the nearest.
#[must_use]
pub fn near<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST_COMPARED {
        return None;
    }
    let folded = fold(word);
    let same = known.iter().copied().find(|candidate| fold(candidate) == folded);
    same.or_else(|| nearest(word, known.iter().copied()))
}

/// `did you mean …?`, or all known words under `title`.
#[must_use]
pub fn did_you_mean(word: &str, known: &[&str], title: &str) -> String {
    match near(word, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => format!("{title}: none"),
        None if known.len() > MOST_LISTED => format!("{title}: {}, …", known[..MOST_LISTED].join(", ")),
        None => format!("{title}: {}", known.join(", ")),
    }
}

/// A piece of a file for a message: one short line.
#[must_use]
pub fn shortened(text: &str) -> String {
    let line: String = text.chars().take(MOST_REPEATED).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > MOST_REPEATED { line + "…" } else { line }
}

/// Names that fold to the same text are the same name in definitions of other origin.
#[must_use]
pub fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}
