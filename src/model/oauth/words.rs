//! What a provider says of itself, made fit to be shown: short, on one line, of harmless characters.

/// Longest description that is shown, in characters.
const MAX_TEXT: usize = 200;
const MAX_CODE: usize = 64;
/// A word without a space that is this long may be a token, and is not shown.
const MAX_WORD: usize = 32;

/// An error code as RFC 6749 allows it; nothing when it is anything else.
pub(super) fn code(text: &str) -> Option<String> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let text = text.trim();
    (!text.is_empty() && text.len() <= MAX_CODE && text.chars().all(is_fit)).then(|| text.to_owned())
}

/// A description for people. Whoever makes a callback writes it, so that nothing in it looks like ours: no line breaks,
/// markup, quotes or addresses.
pub(super) fn description(text: &str) -> Option<String> {
    let is_fit = |c: &char| c.is_alphanumeric() || " .,:;()_-'…".contains(*c);
    let spaced = text.chars().take(4 * MAX_TEXT).map(|c| if c.is_whitespace() { ' ' } else { c });
    let kept: String = spaced.filter(is_fit).collect();
    let words = kept.split(' ').filter(|word| !word.is_empty()).map(|word| {
        let is_long = word.chars().count() > MAX_WORD;
        if is_long { "…" } else { word }
    });
    let joined = words.collect::<Vec<_>>().join(" ");
    let short: String = joined.chars().take(MAX_TEXT).collect();
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_words_are_shown() {
        for (text, wanted) in [
            ("The user denied access.", Some("The user denied access.")),
            ("a\r\nSet-Cookie: b\0", Some("a Set-Cookie: b")),
            ("<a href=\"https://evil.example\">click</a>", Some("a hrefhttps:evil.exampleclicka")),
            ("token eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9x is bad", Some("token … is bad")),
            ("<>\"\\", None),
            ("", None),
        ] {
            assert_eq!(description(text).as_deref(), wanted, "{text:?}");
        }
        assert_eq!(description(&"é ".repeat(5000)).unwrap().chars().count(), MAX_TEXT);
        assert_eq!(code("invalid_grant").as_deref(), Some("invalid_grant"));
        for odd in ["", "a b", "a\nb", "<b>", &"a".repeat(65)] {
            assert_eq!(code(odd), None, "{odd:?}");
        }
    }
}
