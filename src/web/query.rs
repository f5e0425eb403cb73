//! Addresses with queries: written so that nothing in them means more than itself.

use url::form_urlencoded;

/// The path with those of the pairs whose value is not empty.
#[must_use]
pub fn address<K: AsRef<str>, V: AsRef<str>>(path: &str, pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut is_empty = true;
    for (name, value) in pairs {
        if !value.as_ref().is_empty() {
            query.append_pair(name.as_ref(), value.as_ref());
            is_empty = false;
        }
    }
    if is_empty { path.to_owned() } else { format!("{path}?{}", query.finish()) }
}

/// Something as one segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        assert_eq!(address("/a", [("x", ""), ("y", "")]), "/a");
        assert_eq!(address("/a", [("x", "1 & 2"), ("y", ""), ("z", "ü")]), "/a?x=1+%26+2&z=%C3%BC");
    }

    #[test]
    fn a_segment_is_one() {
        assert_eq!(segment("a/b?c#d ü"), "a%2Fb%3Fc%23d%20%C3%BC");
    }
}
