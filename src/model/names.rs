//! Names made from other names: slugs for keys, and the folded form under which differently written names are equal.

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;

/// The longest key: stable keys and integration keys share it.
pub const MAX_KEY: usize = 64;

/// What stands for a letter that is none of `a-z`. Letters of other scripts are left out.
const LATIN: &[(&str, &str)] = &[
    ("àáâãäåāăąǎ", "a"),
    ("çćĉċč", "c"),
    ("ďđð", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįı", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņňŉ", "n"),
    ("òóôõöøōŏő", "o"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ţťŧț", "t"),
    ("ùúûüũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ß", "ss"),
    ("þ", "th"),
];

/// The form under which `clientId`, `client_id` and `client-id` are one name.
#[must_use]
pub fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Lower-case letters, digits and single hyphens, at most 64: `apiKeySecret` gives `api-key-secret`, `Pub/Sub` gives
/// `pub-sub`. Empty when the text has no letter or digit that can be written so.
///
/// Only words that begin like an identifier (`apiKey`) are split at their humps: `GitHub`, `OpenAI` and `eBay` are
/// one word to those who use them.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && !is_mark(c)) {
        for part in humps(word) {
            let part = transliterate(part);
            if part.is_empty() {
                continue;
            }
            if !slug.is_empty() {
                slug.push('-');
            }
            slug.push_str(&part);
        }
        // Words past the limit change nothing any more, and a name may be long.
        if slug.len() > MAX_KEY * 2 {
            break;
        }
    }
    cut(&slug, MAX_KEY).to_owned()
}

/// The slug, or for a text that has none (a name in another script) a key that is the same wherever it is made.
#[must_use]
pub fn slug_or(text: &str, prefix: &str) -> String {
    let slug = slug(text);
    if slug.is_empty() { format!("{prefix}-{}", short_digest(text)) } else { slug }
}

/// `Post a message` and `post_message` as `postMessage`, as definitions refer to steps and name actions.
#[must_use]
pub fn camel(text: &str) -> String {
    let mut camel = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        // A word that is written so already stays: `listFiles`.
        let is_mixed = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
        let mut chars = word.chars();
        let Some(first) = chars.next() else { continue };
        if camel.is_empty() {
            camel.extend(first.to_lowercase());
        } else {
            camel.extend(first.to_uppercase());
        }
        if is_mixed {
            camel.extend(chars);
        } else {
            camel.extend(chars.flat_map(char::to_lowercase));
        }
    }
    camel
}

/// Joined with hyphens within the limit. A longer key is cut and ends with a digest of the whole, so that two long
/// keys stay two.
#[must_use]
pub fn join(parts: &[&str]) -> String {
    let whole = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-");
    if whole.len() <= MAX_KEY {
        return whole;
    }
    let digest = short_digest(&whole);
    format!("{}-{digest}", cut(&whole, MAX_KEY - 1 - digest.len()))
}

/// Eight hex digits that stand for a text.
#[must_use]
pub fn short_digest(text: &str) -> String {
    hex(&digest(&SHA256, text.as_bytes()).as_ref()[..4])
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char]).collect()
}

/// Combining accents belong to the letter before them.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn transliterate(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            plain.push(c);
        } else if !c.is_ascii()
            && let Some((_, instead)) = LATIN.iter().find(|(letters, _)| letters.contains(c))
        {
            plain.push_str(instead);
        }
    }
    plain
}

/// The parts of `myAPIKey`: `my`, `API`, `Key`. Digits stay with the letters before them.
fn humps(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let is_identifier = letters.len() > 2 && letters[..2].iter().all(|(_, c)| !c.is_uppercase());
    let mut parts = Vec::new();
    let mut start = 0;
    if is_identifier {
        for window in letters.windows(2) {
            let ((before, previous), (at, current)) = (window[0], window[1]);
            let begins = current.is_uppercase() && !previous.is_uppercase();
            // In `APIKey` the last capital of a run begins the next word.
            let ends_run = previous.is_uppercase() && current.is_lowercase() && before > start;
            let boundary = if begins { at } else { before };
            if begins || ends_run {
                parts.push(&word[start..boundary]);
                start = boundary;
            }
        }
    }
    parts.push(&word[start..]);
    parts
}

/// At most `limit` bytes, at a hyphen when one is near the end.
fn cut(slug: &str, limit: usize) -> &str {
    if slug.len() <= limit {
        return slug;
    }
    let head = &slug[..limit];
    let at_word = if slug.as_bytes()[limit] == b'-' { Some(limit) } else { head.rfind('-') };
    match at_word {
        Some(at) if at >= limit / 2 => head[..at].trim_end_matches('-'),
        _ => head.trim_end_matches('-'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::prop_assert;
    use proptest::prelude::prop_assert_eq;
    use proptest::proptest;

    use super::MAX_KEY;
    use super::fold;
    use super::join;
    use super::slug;
    use super::slug_or;

    #[test]
    fn slugs_read_as_people_write_the_names() {
        let cases = [
            ("oauth2", "oauth2"),
            ("apiKeySecret", "api-key-secret"),
            ("api_key_secret", "api-key-secret"),
            ("openAiApiKey", "open-ai-api-key"),
            ("open_ai_api_key", "open-ai-api-key"),
            ("requireSSL", "require-ssl"),
            ("myAPIKey", "my-api-key"),
            ("awsS3Bucket2Key", "aws-s3-bucket2-key"),
            ("Google Cloud Pub/Sub Connection", "google-cloud-pub-sub-connection"),
            ("GitHub", "github"),
            ("PostgreSQL & eBay", "postgresql-ebay"),
            ("  --Straße   Ærø!! ", "strasse-aero"),
            ("Caf\u{65}\u{301} Crème", "cafe-creme"),
            ("日本 2", "2"),
            ("", ""),
            ("日本", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(slug(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_in_another_script_still_has_a_key() {
        assert_eq!(slug_or("日本", "integration"), slug_or("日本", "integration"));
        assert_ne!(slug_or("日本", "integration"), slug_or("中国", "integration"));
        assert!(slug_or("日本", "integration").starts_with("integration-"));
    }

    #[test]
    fn long_joined_keys_stay_apart() {
        let long = "x".repeat(80);
        let (one, two) = (join(&["aws-s3", &long, "one"]), join(&["aws-s3", &long, "two"]));
        assert_ne!(one, two);
        assert!(one.len() <= MAX_KEY && two.len() <= MAX_KEY);
        assert_eq!(join(&["aws-s3", "", "key"]), "aws-s3-key");
    }

    #[test]
    fn folding_forgets_how_a_name_is_written() {
        for name in ["clientId", "client_id", "client-id", "CLIENT_ID"] {
            assert_eq!(fold(name), "clientid");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_a_key_and_its_own_slug(text in "\\PC{0,200}") {
            let made = slug(&text);
            prop_assert!(made.len() <= MAX_KEY);
            prop_assert!(made.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!made.starts_with('-') && !made.ends_with('-') && !made.contains("--"));
            prop_assert_eq!(slug(&made), made.clone());
        }

        #[test]
        fn snake_and_camel_give_the_same_slug(words in proptest::collection::vec("[a-z]{2,6}", 1..5)) {
            let snake = words.join("_");
            let camel: String = words.iter().enumerate().map(|(at, word)| {
                if at == 0 { word.clone() } else { word[..1].to_uppercase() + &word[1..] }
            }).collect();
            prop_assert_eq!(slug(&snake), slug(&camel));
            prop_assert_eq!(fold(&snake), fold(&camel));
        }

        #[test]
        fn joined_keys_are_keys(parts in proptest::collection::vec("[a-z]{1,40}", 1..5)) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let made = join(&parts);
            prop_assert!(made.len() <= MAX_KEY && !made.ends_with('-') && !made.contains("--"));
        }
    }
}
