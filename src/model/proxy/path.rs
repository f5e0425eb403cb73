//! A caller's path below a base URL: it can name nothing else, however it is written and however often it is decoded on
//! the way.

use url::Url;

use crate::error::Error;
use crate::error::Result;

/// How often a path is decoded to see what it could become: servers behind servers each decode once.
const DECODINGS: usize = 4;
/// Beginnings of addresses that are whole by themselves.
const SCHEMES: &[&str] = &["data", "file", "ftp", "http", "https", "javascript", "ws", "wss"];

/// The base URL with a path below it, as the caller wrote it, and the caller's query. An empty path is the base URL.
///
/// # Errors
/// `refused_path` for a path that could lead anywhere else: segments that are empty or mean the folder above, slashes
/// and backslashes in any encoding, control characters, whole addresses, names before an `@` at its beginning.
pub fn join(base: &Url, path: &str, query: Option<&str>) -> Result<Url> {
    check(path)?;
    let mut url = base.clone();
    let prefix = base.path().trim_end_matches('/').to_owned();
    if !path.is_empty() {
        // Sets the path alone: no text can move the host.
        url.set_path(&format!("{prefix}/{path}"));
    }
    let query = [base.query(), query].into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    url.set_query(Some(query.join("&").as_str()).filter(|query| !query.is_empty()));
    url.set_fragment(None);
    // What the check lets through stays where it is; this asks the parser itself.
    let rest = url.path().strip_prefix(&prefix).unwrap_or("..");
    let is_below = path.is_empty() || rest.split('/').count() == path.split('/').count() + 1;
    if url.origin() != base.origin() || !is_below || (!path.is_empty() && !rest.starts_with('/')) {
        return Err(refused("it leads away from the base URL"));
    }
    Ok(url)
}

/// Whether a path may stand below a base URL.
///
/// # Errors
/// `refused_path`.
pub fn check(path: &str) -> Result<()> {
    let (first, _) = path.split_once('/').unwrap_or((path, ""));
    if first.contains('@') {
        return Err(refused("its first part holds an @; write it as %40"));
    }
    let scheme = first.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    if scheme.is_some_and(|(scheme, rest)| rest.is_empty() || SCHEMES.contains(&scheme.as_str())) {
        return Err(refused("it begins like a whole address"));
    }
    let mut text = path.as_bytes().to_vec();
    let slashes = count(&text, b'/');
    check_codes(&text)?;
    for _ in 0..DECODINGS {
        check_text(&text, path.len(), slashes)?;
        let decoded = decode(&text);
        if decoded == text {
            return Ok(());
        }
        text = decoded;
    }
    Err(refused("it is encoded too many times"))
}

/// One reading of the path.
fn check_text(text: &[u8], written: usize, slashes: usize) -> Result<()> {
    let Ok(text) = std::str::from_utf8(text) else { return Err(refused("it is not UTF-8")) };
    if text.contains('\\') {
        return Err(refused("it holds a backslash"));
    }
    if text.chars().any(char::is_control) {
        return Err(refused("it holds a control character"));
    }
    if count(text.as_bytes(), b'/') != slashes {
        return Err(refused("it holds an encoded slash"));
    }
    let segments: Vec<&str> = text.split('/').collect();
    let last = segments.len() - 1;
    for (at, segment) in segments.into_iter().enumerate() {
        // Some servers cut parameters off a segment before they look at it.
        let (name, _) = segment.split_once(';').unwrap_or((segment, ""));
        if name == "." || name == ".." {
            return Err(refused("it holds a segment of dots"));
        }
        if segment.is_empty() && (at != last || (written > 0 && at == 0)) {
            return Err(refused("it holds an empty segment"));
        }
    }
    Ok(())
}

fn count(text: &[u8], byte: u8) -> usize {
    text.iter().filter(|found| **found == byte).count()
}

/// A `%` that begins no code is taken as one by some readers and left by others.
fn check_codes(text: &[u8]) -> Result<()> {
    let is_code = |at: usize| text.get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
    if (0..text.len()).all(|at| text[at] != b'%' || is_code(at)) {
        return Ok(());
    }
    Err(refused("it holds a % that begins no code; write it as %25"))
}

/// Decoded once; what is no code stays.
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digit = |offset: usize| text.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (*byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (other, ..) => {
                out.push(other);
                at += 1;
            }
        }
    }
    out
}

fn refused(why: &str) -> Error {
    Error::malformed(
        "refused_path",
        format!("the path is not sent: {why}. A path here stays below the connection's base URL"),
    )
}
