//! Taking secrets out of what is shown: each value as it is, and in the forms that requests and answers give it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::crypto::hex;
use crate::model::http::encode::percent;

/// Stands in place of a secret.
pub const MASKED: &str = "••••";
/// Shorter values stand by chance in half of all texts; masking them would hide the text and not the secret.
const SHORTEST: usize = 3;

/// Knows secrets: no `Debug`.
#[derive(Clone, Default)]
pub struct Mask {
    /// The longest first: one may hold another.
    forms: Vec<Zeroizing<String>>,
}

impl Mask {
    pub fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST || self.forms.iter().any(|form| form.as_str() == secret) {
            return;
        }
        let quoted = Zeroizing::new(Value::from(secret).to_string());
        let hexed = Zeroizing::new(hex(secret.as_bytes()));
        let upper = Zeroizing::new(hexed.to_uppercase());
        let percented = percent(secret.as_bytes());
        let lower = Zeroizing::new(lower_codes(&percented));
        let form = Zeroizing::new(percented.replace("%20", "+"));
        let quoted = Zeroizing::new(quoted[1..quoted.len() - 1].to_owned());
        let slashed = Zeroizing::new(quoted.replace('/', "\\/"));
        self.forms.extend([Zeroizing::new(secret.to_owned()), quoted, slashed, percented, lower, form, hexed, upper]);
        self.forms.extend(base64_forms(secret));
        self.forms.retain(|form| form.len() >= SHORTEST);
        self.forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        self.forms.dedup();
    }

    /// A text without any of the secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| match text.contains(form.as_str()) {
            true => text.replace(form.as_str(), MASKED),
            false => text,
        })
    }

    /// A document without any of the secrets, names included.
    #[must_use]
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(name, item)| (self.text(name), self.value(item))).collect())
            }
            other => other.clone(),
        }
    }
}

/// `%2F` as `%2f`.
fn lower_codes(text: &str) -> String {
    let mut rest = 0;
    text.chars()
        .map(|c| {
            rest = if c == '%' { 2 } else { i32::max(rest - 1, -1) };
            if rest >= 0 && c != '%' { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

/// A secret inside of something longer begins at any of three places of a group: what is the same whatever stands around
/// it is looked for.
fn base64_forms(secret: &str) -> Vec<Zeroizing<String>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = Zeroizing::new([&vec![0; before][..], secret.as_bytes()].concat());
        // Characters that hold a bit of what stands before.
        let start = [0, 2, 3][before];
        // Those that would hold a bit of what stands behind.
        let whole = padded.len() / 3 * 4 + [0, 1, 2][padded.len() % 3];
        for text in [STANDARD_NO_PAD.encode(&*padded), URL_SAFE_NO_PAD.encode(&*padded)] {
            let text = Zeroizing::new(text);
            if let Some(part) = text.get(start..whole).filter(|part| part.len() >= 4) {
                forms.push(Zeroizing::new(part.to_owned()));
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    const SECRET: &str = "s3cret/\"key\"+ü ~";

    fn mask() -> Mask {
        let mut mask = Mask::default();
        mask.add(SECRET);
        mask
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let percented = percent(SECRET.as_bytes());
        for text in [
            format!("a {SECRET} b"),
            Value::from(SECRET).to_string(),
            format!("?key={}&a=1", percented.as_str()),
            format!("?key={}", lower_codes(&percented)),
            hex(SECRET.as_bytes()),
        ] {
            let masked = mask().text(&text);
            assert!(masked.contains(MASKED) && !masked.contains("s3cret") && masked != text, "{text}: {masked}");
        }
    }

    #[test]
    fn a_secret_is_found_inside_of_a_longer_base64_text() {
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = BASE64_STANDARD.encode(format!("{before}{SECRET}{after}"));
                let masked = mask().text(&text);
                assert!(masked.contains(MASKED) && masked.len() < text.len(), "{before:?} {after:?}: {masked}");
            }
        }
    }

    #[test]
    fn other_texts_stay() {
        let mut mask = mask();
        mask.add("");
        mask.add("ab");
        let document = serde_json::json!({ "abc": ["nothing of it", 1, null] });
        assert_eq!(mask.value(&document), document);
    }

    proptest::proptest! {
        #[test]
        fn nothing_of_a_secret_stays(secret in "[a-zA-Z0-9/+=%]{6,40}", before in "[a-z]{0,5}", after in "[a-z]{0,5}") {
            let mut mask = Mask::default();
            mask.add(&secret);
            let text = format!("{before}{secret}{after}");
            proptest::prop_assert!(!mask.text(&text).contains(&secret));
            let packed = BASE64_STANDARD.encode(&text);
            let masked = mask.text(&packed);
            proptest::prop_assert!(masked.contains(MASKED), "{} {}", packed, masked);
        }
    }
}
