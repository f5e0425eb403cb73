//! How names and values are written into URLs, forms and headers. Queries are percent-encoded with `%20` for a space:
//! every reader of forms takes it, and signatures (RFC 5849, AWS) demand it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;

/// Percent-encodes all but the unreserved characters (RFC 3986 section 2.3).
#[must_use]
pub fn percent(bytes: &[u8]) -> Zeroizing<String> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    // Room for the worst case: growing would leave copies of a secret behind.
    let mut out = Zeroizing::new(String::with_capacity(bytes.len() * 3));
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// `a=1&b=2`, percent-encoded.
pub fn pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::new());
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&percent(name.as_ref().as_bytes()));
        out.push('=');
        out.push_str(&percent(value.as_ref().as_bytes()));
    }
    out
}

/// Adds parameters to a URL's query; those of the same names that are there give way.
pub fn add_query<V: AsRef<str>>(url: &mut Url, added: &[(String, V)]) {
    if added.is_empty() {
        return;
    }
    let is_replaced = |name: &str| added.iter().any(|(known, _)| known == name);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_replaced(name))
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    let own = kept.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let query = pairs(own.chain(added.iter().map(|(name, value)| (name.as_str(), value.as_ref()))));
    url.set_query(Some(&query));
}

/// `Authorization: Basic` of RFC 7617.
#[must_use]
pub fn basic(username: &str, password: &str) -> Zeroizing<String> {
    let joined = Zeroizing::new(format!("{username}:{password}"));
    Zeroizing::new(format!("Basic {}", Zeroizing::new(STANDARD.encode(joined.as_bytes())).as_str()))
}

/// A header's name and value, safe to write on a line.
///
/// # Errors
/// `invalid_header` for a name that is no token (RFC 9110 section 5.6.2), and for control characters in the value.
pub fn check_header(name: &str, value: &str) -> Result<()> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Error::invalid("invalid_header", "the name of a header is letters, digits and hyphens"));
    }
    if value.chars().any(char::is_control) {
        let message = format!("the header `{name}` would hold a line break or another control character");
        return Err(Error::invalid("invalid_header", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_written_so_that_every_reader_agrees() {
        assert_eq!(pairs([("a b", "c+d&e"), ("ü", "~._-")]).as_str(), "a%20b=c%2Bd%26e&%C3%BC=~._-");
        let mut url = Url::parse("https://a.example/x?keep=1+2&drop=3#end").unwrap();
        add_query(&mut url, &[("drop".to_owned(), "4 5")]);
        assert_eq!(url.as_str(), "https://a.example/x?keep=1%202&drop=4%205#end");
    }

    #[test]
    fn a_header_holds_no_line_break() {
        assert!(check_header("X-Key", "abc").is_ok());
        for (name, value) in [("X Key", "a"), ("", "a"), ("X:", "a"), ("X", "a\r\nB: c"), ("X", "a\0"), ("X", "a\n")] {
            assert_eq!(check_header(name, value).unwrap_err().code, "invalid_header", "{name:?} {value:?}");
        }
    }
}
