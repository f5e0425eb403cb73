//! [`Template`] to text: each value is encoded for its place, so that it can neither break out of it nor grow without
//! bound. The template's own text is its author's and is taken as it is.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use url::Url;
use url::form_urlencoded;

use crate::model::template::MAX_OUTPUT_BYTES;
use crate::model::template::Part;
use crate::model::template::Template;

/// The place that a rendered template goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is: for values that an encoder of their own follows.
    Plain,
    /// A header's value: control characters are refused, in the template's own text too.
    Header,
    /// A URL or a part of it. A value stays within its path segment, host label or parameter. A value that is a whole
    /// http(s) URL and begins the template passes as it is (`{{base_url}}/token`): it is the destination itself.
    UrlPart,
    /// A path relative to a base URL. A value that begins the template is a path of its own, with segments and a query
    /// (`{{path}}`), and never a host; others stay within their segment.
    UrlPath,
    /// A value of a URL's query.
    UrlQuery,
    /// A value of `application/x-www-form-urlencoded`.
    Form,
    /// Within a JSON string; the quotes are the template's.
    Json,
    /// Within an element or a quoted attribute of an XML document.
    Xml,
}

/// Why a template could not be filled. Names the input, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    /// The input has no value.
    Missing(String),
    /// The value, or the template itself when no name is given, holds characters that the place cannot carry.
    Control(Option<String>),
    /// The value is empty or a dot segment where it decides the host or the path.
    Misplaced(String),
    /// The value stands in the host of a URL and is no host name.
    NoHost(String),
    /// The value is a URL that cannot begin another: it has a user, a query or a fragment, or no end.
    UnfitUrl(String),
    TooLong,
}

impl RenderError {
    /// The input to look at.
    #[must_use]
    pub fn input(&self) -> Option<&str> {
        match self {
            Self::Missing(name) | Self::Misplaced(name) | Self::NoHost(name) | Self::UnfitUrl(name) => Some(name),
            Self::Control(name) => name.as_deref(),
            Self::TooLong => None,
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "`{name}` has no value"),
            Self::Control(Some(name)) => write!(f, "`{name}` holds a line break or another control character"),
            Self::Control(None) => f.write_str("the text holds a line break or another control character"),
            Self::Misplaced(name) => write!(f, "`{name}` is empty or only dots, and would change the URL around it"),
            Self::NoHost(name) => write!(f, "`{name}` must be a host name or a part of one"),
            Self::UnfitUrl(name) => write!(f, "`{name}` must be a plain URL: no user, query or fragment in it"),
            Self::TooLong => write!(f, "the result is longer than {MAX_OUTPUT_BYTES} bytes"),
        }
    }
}

impl std::error::Error for RenderError {}

impl Template {
    /// Fills the template. `lookup` gives an input's value as text.
    ///
    /// # Errors
    /// A value is missing, cannot stand in this place, or the result is too long.
    pub fn render<'v>(
        &self,
        lookup: &dyn Fn(&str) -> Option<Cow<'v, str>>,
        encoding: Encoding,
    ) -> Result<String, RenderError> {
        let mut out = String::new();
        let mut filled: Vec<(&str, Range<usize>)> = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Name(name, _) => {
                    let value = lookup(name).ok_or_else(|| RenderError::Missing(name.clone()))?;
                    if value.len() > MAX_OUTPUT_BYTES {
                        return Err(RenderError::TooLong);
                    }
                    let start = out.len();
                    let rest = &self.parts[index + 1..];
                    match whole_url(name, &value, rest).filter(|_| index == 0 && encoding == Encoding::UrlPart) {
                        Some(url) => out.push_str(url?),
                        None if index == 0 && encoding == Encoding::UrlPath => path(&mut out, name, &value, rest)?,
                        None => {
                            match encoding {
                                Encoding::UrlPart | Encoding::UrlPath if is_host_and_port(&out, &value, rest) => {
                                    out.push_str(&value)
                                }
                                _ => encode(&mut out, name, &value, encoding)?,
                            }
                            filled.push((name, start..out.len()));
                        }
                    }
                }
            }
            if out.len() > MAX_OUTPUT_BYTES {
                return Err(RenderError::TooLong);
            }
        }
        match encoding {
            Encoding::Header if out.chars().any(char::is_control) => Err(RenderError::Control(None)),
            Encoding::UrlPart | Encoding::UrlPath => stay_in_place(&out, &filled).map(|()| out),
            _ => Ok(out),
        }
    }
}

fn encode(out: &mut String, name: &str, value: &str, encoding: Encoding) -> Result<(), RenderError> {
    match encoding {
        Encoding::Plain => out.push_str(value),
        Encoding::Header if value.chars().any(char::is_control) => {
            return Err(RenderError::Control(Some(name.to_owned())));
        }
        Encoding::Header => out.push_str(value),
        Encoding::UrlPart | Encoding::UrlPath | Encoding::UrlQuery => percent(out, value),
        Encoding::Form => out.extend(form_urlencoded::byte_serialize(value.as_bytes())),
        Encoding::Json => json(out, value),
        Encoding::Xml => return xml(out, name, value),
    }
    Ok(())
}

/// All but the unreserved characters of RFC 3986: dots and hyphens stay, so host names stay readable.
fn percent(out: &mut String, value: &str) {
    value.bytes().for_each(|byte| percent_byte(out, byte));
}

fn percent_byte(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        out.push(char::from(byte));
    } else {
        let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
        let hex = b"0123456789ABCDEF";
        out.extend(['%', char::from(hex[high]), char::from(hex[low])]);
    }
}

/// A path with segments and perhaps a query: what is encoded already stays so, and it always begins with one `/`.
fn path(out: &mut String, name: &str, value: &str, rest: &[Part]) -> Result<(), RenderError> {
    let (path, query) = match value.split_once('?') {
        Some((path, query)) if rest.is_empty() => (path, Some(query)),
        _ => (value, None),
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    let slash_follows = matches!(rest.first(), Some(Part::Text(text)) if text.starts_with('/'));
    let path = path.strip_suffix('/').filter(|_| slash_follows).unwrap_or(path);
    let end = if rest.is_empty() { path.split('/').count() - 1 } else { usize::MAX };
    for (index, segment) in path.split('/').enumerate() {
        // An empty segment would begin with `//`, which names a host; only the end may be empty.
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        if matches!(dots.as_str(), "." | "..") || (segment.is_empty() && index != end) {
            return Err(RenderError::Misplaced(name.to_owned()));
        }
        out.push('/');
        keep_encoded(out, segment, b"!$&'()*+,;=:@");
    }
    if let Some(query) = query {
        out.push('?');
        keep_encoded(out, query, b"!$&'()*+,;=:@/?");
    }
    Ok(())
}

/// Percent-encodes all but unreserved characters, the given ones, and what is percent-encoded already.
fn keep_encoded(out: &mut String, text: &str, kept: &[u8]) {
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let is_code =
            *byte == b'%' && bytes.get(index + 1..index + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
        if kept.contains(byte) || is_code {
            out.push(char::from(*byte));
        } else {
            percent_byte(out, *byte);
        }
    }
}

/// `localhost:8443` where it is the whole authority of the URL.
fn is_host_and_port(before: &str, value: &str, rest: &[Part]) -> bool {
    let ends_here = match rest.first() {
        None => true,
        Some(Part::Text(text)) => text.starts_with(['/', '?', '#']),
        Some(Part::Name(..)) => false,
    };
    before.ends_with("://")
        && ends_here
        && value.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
                && (1..=5).contains(&port.len())
                && port.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// The inside of a JSON string (RFC 8259 section 7).
fn json(out: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(other))),
            other => out.push(other),
        }
    }
}

/// Characters that XML 1.0 cannot hold in any form (section 2.2) are refused.
fn xml(out: &mut String, name: &str, value: &str) -> Result<(), RenderError> {
    for character in value.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => return Err(RenderError::Control(Some(name.to_owned()))),
            other if other.is_control() => return Err(RenderError::Control(Some(name.to_owned()))),
            other => out.push(other),
        }
    }
    Ok(())
}

/// A value that is itself an http(s) URL, fit to be followed by `rest`; `None` when it is no URL.
fn whole_url<'v>(name: &str, value: &'v str, rest: &[Part]) -> Option<Result<&'v str, RenderError>> {
    let scheme = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    if !scheme.starts_with("http://") && !scheme.starts_with("https://") {
        return None;
    }
    let unfit = || Some(Err(RenderError::UnfitUrl(name.to_owned())));
    // The URL standard skips these silently, so two readers could see two hosts.
    if value.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return unfit();
    }
    let Ok(url) = Url::parse(value) else { return unfit() };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return unfit();
    }
    match rest.first() {
        None => Some(Ok(value)),
        Some(_) if url.query().is_some() => unfit(),
        Some(Part::Text(text)) if text.starts_with('/') => Some(Ok(value.trim_end_matches('/'))),
        Some(Part::Text(text)) if text.starts_with(['?', '#']) => Some(Ok(value)),
        // Anything else would be read as more of the host name.
        Some(_) => unfit(),
    }
}

/// An empty value or a dot segment would remove the segment, or the host, that it stands in. Encoding the dots does not
/// help: the URL standard reads `%2e%2e` as `..` too. In a host, encoded characters would be decoded again.
fn stay_in_place(out: &str, filled: &[(&str, Range<usize>)]) -> Result<(), RenderError> {
    const ENDS: [char; 3] = ['/', '?', '#'];
    for (name, range) in filled {
        let start = out[..range.start].rfind(ENDS).map_or(0, |found| found + 1);
        let end = out[range.end..].find(ENDS).map_or(out.len(), |found| range.end + found);
        let segment = out[start..end].to_ascii_lowercase().replace("%2e", ".");
        let value = &out[range.clone()];
        // Before an `@` of the template stand a user and a password.
        let is_host = out[..start].ends_with("://") && !out[range.end..end].contains('@');
        if matches!(segment.as_str(), "" | "." | "..") || (is_host && value.is_empty()) {
            return Err(RenderError::Misplaced((*name).to_owned()));
        }
        if is_host && holds_encoded_ascii(value) {
            return Err(RenderError::NoHost((*name).to_owned()));
        }
    }
    Ok(())
}

/// Letters of other scripts are encoded too, and may stand in a host name.
fn holds_encoded_ascii(encoded: &str) -> bool {
    encoded.split('%').skip(1).any(|code| code.as_bytes().first().is_some_and(|high| (b'0'..=b'7').contains(high)))
}
