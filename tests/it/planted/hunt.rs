//! The search: raw, in pieces, and as the encodings that a secret travels in write it.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::SECRET;

/// Of a secret that is cut off, or shown in part.
const PIECE_CHARS: usize = 16;

/// The secret in every form, by the form's name.
pub fn forms(secret: &str) -> BTreeMap<String, Vec<u8>> {
    let mut forms = BTreeMap::new();
    let mut add = |name: &str, text: String| forms.insert(name.to_owned(), text.into_bytes());
    add("raw", secret.to_owned());
    add("its beginning", secret.chars().take(PIECE_CHARS).collect());
    add("its end", secret.chars().skip(secret.chars().count() - PIECE_CHARS).collect());
    add("hex", secret.bytes().map(|byte| format!("{byte:02x}")).collect());
    add("hex in capitals", secret.bytes().map(|byte| format!("{byte:02X}")).collect());
    let json = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    add("JSON", serde_json::to_string(secret).unwrap()[1..].trim_end_matches('"').to_owned());
    add("JSON within JSON", json(&serde_json::to_string(secret).unwrap()));
    add("JSON in ASCII", ascii(secret));
    add("debug", format!("{secret:?}")[1..].trim_end_matches('"').to_owned());
    add("percent", percent(secret, |byte| format!("%{byte:02X}"), "%20"));
    add("percent in small letters", percent(secret, |byte| format!("%{byte:02x}"), "%20"));
    add("form", percent(secret, |byte| format!("%{byte:02X}"), "+"));
    // What stands before the secret moves it within its groups of three bytes.
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        // Without the characters that its neighbours share.
        let whole = |text: String| text[[0, 2, 3][before]..text.len() - 2].to_owned();
        add(&format!("base64, {before} bytes in"), whole(BASE64_STANDARD_NO_PAD.encode(&bytes)));
        add(&format!("base64 for URLs, {before} bytes in"), whole(BASE64_URL_SAFE_NO_PAD.encode(&bytes)));
    }
    forms
}

/// The forms in which the secret stands in these bytes.
pub fn found(bytes: &[u8]) -> Vec<String> {
    let is_there = |form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
    forms(SECRET).into_iter().filter(|(_, form)| is_there(form)).map(|(name, _)| name).collect()
}

/// Fails when the secret is told there.
pub fn assert_clean(place: &str, bytes: &[u8]) {
    let found = found(bytes);
    assert!(found.is_empty(), "{place} holds the secret as {}", found.join(", "));
}

/// The same for every file below a folder; how many were looked at.
pub fn assert_clean_folder(folder: &Path) -> usize {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            looked_at += assert_clean_folder(&path);
        } else {
            assert_clean(&path.display().to_string(), &std::fs::read(&path).unwrap());
            looked_at += 1;
        }
    }
    looked_at
}

fn ascii(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    let escaped = json.chars().map(|c| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    });
    escaped.collect::<String>()[1..].trim_end_matches('"').to_owned()
}

fn percent(text: &str, escape: impl Fn(u8) -> String, space: &str) -> String {
    let byte = |byte: u8| match byte {
        b' ' => space.to_owned(),
        b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => escape(byte),
    };
    text.bytes().map(byte).collect()
}

#[test]
fn every_form_is_found_and_nothing_else() {
    let all = forms(SECRET);
    assert_eq!(all.len(), 18);
    for (name, form) in &all {
        let text = [b"{\"x\": \"", &form[..], b"\"}"].concat();
        assert!(found(&text).contains(name), "{name} is not found");
    }
    for before in 0..3 {
        let encoded = BASE64_STANDARD_NO_PAD.encode(format!("{}{SECRET} and more", "x".repeat(before)));
        assert!(found(encoded.as_bytes()).contains(&format!("base64, {before} bytes in")));
    }
    assert_eq!(found(b"kw-5EED/7f3a and nothing of the rest"), [""; 0]);
}

#[test]
fn a_leak_into_a_folder_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    std::fs::write(folder.path().join("deep/clean"), "nothing").unwrap();
    assert_eq!(assert_clean_folder(folder.path()), 1);
    let leak = format!("value: {}", serde_json::to_string(SECRET).unwrap());
    std::fs::write(folder.path().join("deep/leak"), leak).unwrap();
    assert!(std::panic::catch_unwind(|| assert_clean_folder(folder.path())).is_err());
}
