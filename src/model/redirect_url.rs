//! Where a browser may be sent when an authorization ends: exactly one of the URLs that the tenant registered.

use serde::Serialize;
use url::Host;
use url::Url;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;

const MAX_BYTES: usize = 2000;

/// A registered URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RedirectUrl {
    /// Compared character by character.
    #[schema(example = "https://app.example.com/connected")]
    pub url: String,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

/// Checks a URL that is to be registered.
///
/// # Errors
/// `invalid_redirect_url`, with what to do.
pub fn check(text: &str) -> Result<()> {
    let wrong = |what: &str| Err(Error::invalid("invalid_redirect_url", what));
    if text.len() > MAX_BYTES {
        return wrong("a redirect URL has at most 2000 bytes");
    }
    let Ok(url) = Url::parse(text) else {
        return wrong("this is no whole URL: write it with its scheme, such as https://app.example.com/connected");
    };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback => {}
        _ => {
            return wrong(
                "a redirect URL begins with https://; plain http is for this machine (localhost, 127.0.0.1) only",
            );
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("a redirect URL holds no user and no password");
    }
    if url.fragment().is_some() {
        return wrong("a redirect URL has no fragment: leave out the `#` and what follows");
    }
    // What a browser would read otherwise than it is written is not what somebody meant to register.
    if url.as_str() != text {
        return Err(Error::invalid("invalid_redirect_url", format!("write the URL as browsers do: {url}")));
    }
    Ok(())
}

/// Whether this is a path of our own pages, and no registered URL: those are whole.
#[must_use]
pub fn is_own_page(url: &str) -> bool {
    url.starts_with("/t/")
}

/// The failure URL with the reason.
#[must_use]
pub fn with_error(registered: &str, code: &str) -> String {
    if is_own_page(registered) {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("error", code).finish();
        let sign = if registered.contains('?') { '&' } else { '?' };
        return format!("{registered}{sign}{query}");
    }
    match Url::parse(registered) {
        Ok(mut url) => {
            url.query_pairs_mut().append_pair("error", code);
            url.into()
        }
        Err(_) => registered.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_and_exact_urls_are_registered() {
        for url in [
            "https://app.example.com/done",
            "https://app.example.com/done?a=b",
            "http://127.0.0.1:3000/done",
            "http://localhost:3000/",
            "http://[::1]:3000/",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "/done",
            "//app.example.com/done",
            "http://app.example.com/done",
            "http://localhost.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://app.example.com/",
            "https://user@app.example.com/",
            "https://user:p@app.example.com/",
            "https://app.example.com/done#x",
            "https://app.example.com/done#",
            "https://app.example.com",
            "https://APP.example.com/",
            "https://app.example.com/a/../b",
            "https://app.example.com/a b",
            " https://app.example.com/",
            "https:\\\\app.example.com\\",
            "https://app.example.com:443/",
            "https://app.example.com/\u{202e}",
        ] {
            assert_eq!(check(url).unwrap_err().code, "invalid_redirect_url", "{url}");
        }
    }

    #[test]
    fn a_reason_joins_what_the_url_has() {
        assert_eq!(
            with_error("https://a.example/x?b=c", "access_denied"),
            "https://a.example/x?b=c&error=access_denied"
        );
        assert_eq!(with_error("https://a.example/", "a&b"), "https://a.example/?error=a%26b");
    }
}
