//! Reading token replies (RFC 6749 section 5.1) and what manifests take from them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::model::component::auth::grant::split_scopes;
use crate::model::component::auth::param::Paths;
use crate::model::component::auth::token::TokenReply;
use crate::model::fill::Fill;
use crate::model::http::Reply;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::failure::error_code;
use crate::model::oauth::times;
use crate::model::reply;
use crate::model::token::TokenSet;

/// Longest token or kept value, in bytes; JSON Web Tokens of some providers pass 4 KiB.
const MAX_TOKEN_BYTES: usize = 32 * 1024;

/// Token types that need more than to be sent along; whoever does not understand a type must not use the token
/// (RFC 6749 section 7.1). Other words are taken as `bearer`, which providers spell in many ways.
const PROVEN_TYPES: [&str; 5] = ["mac", "pop", "dpop", "hmac", "http-signature"];

/// How a reply is read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    pub rules: &'a TokenReply,
    /// Of a grant: absent paths mean the standard names, and a token must be there.
    pub is_grant: bool,
    /// What stands between scopes, besides white space and commas.
    pub scope_separator: &'a str,
    /// What was sent: none of it is repeated in a failure.
    pub fill: &'a Fill,
    pub now: Instant,
}

/// What one reply gave. No `Debug`.
#[derive(Clone, Default, PartialEq)]
pub struct Issued {
    pub access_token: Option<Zeroizing<String>>,
    pub token_secret: Option<Zeroizing<String>>,
    pub refresh_token: Option<Zeroizing<String>>,
    pub expires_at: Option<Instant>,
    pub refresh_expires_at: Option<Instant>,
    /// Absent: not said.
    pub granted_scopes: Option<BTreeSet<String>>,
    pub kept: BTreeMap<String, Zeroizing<String>>,
}

/// Reads a reply.
///
/// # Errors
/// The reply says no, or nothing can be taken from it.
pub fn read(reading: &Reading<'_>, reply: &Reply) -> Result<Issued, Failure> {
    let rules = reading.rules;
    let document = reply::document(reply, rules.format);
    let refused = || Failure::refusal(reply, rules, document.as_ref(), reading.fill, reading.now);
    if !reply::is_expected_status(reply, &rules.expect) {
        return Err(refused());
    }
    let Some(tree) = document.as_ref() else {
        return if reading.is_grant || wants_document(rules) {
            Err(not_read(reply))
        } else {
            Ok(of_headers(rules, reply))
        };
    };
    if !reply::is_expected(reply, &rules.expect, document.as_ref()) {
        return Err(not_expected(reading, reply, tree, refused));
    }
    let access_token = token(reading, reply, tree, rules.access_token.as_ref(), "access_token")?;
    if access_token.is_none() && error_code(rules, document.as_ref()).is_some() {
        return Err(refused());
    }
    if access_token.is_none() && (reading.is_grant || rules.access_token.is_some()) {
        return Err(Failure::unreadable(
            reply,
            "no_token",
            "there is no access token in it; does the URL lead to the token endpoint?",
        ));
    }
    check_type(reading, reply, tree)?;
    let expires_in = named(reading, tree, rules.expires_in.as_ref(), "expires_in");
    let mut issued = Issued {
        access_token,
        refresh_token: token(reading, reply, tree, rules.refresh_token.as_ref(), "refresh_token")?,
        expires_at: times::expires_at(rules, expires_in, tree, reading.now),
        refresh_expires_at: times::refresh_expires_at(rules, tree, reading.now),
        granted_scopes: named(reading, tree, rules.scope.as_ref(), "scope").and_then(|value| granted(value, reading)),
        ..of_headers(rules, reply)
    };
    keep(rules, tree, &mut issued.kept);
    Ok(issued)
}

/// A success without what a manifest demands of one: a refusal if it says why, else no answer of this kind at all.
fn not_expected(reading: &Reading<'_>, reply: &Reply, tree: &Value, refused: impl Fn() -> Failure) -> Failure {
    if error_code(reading.rules, Some(tree)).is_some() {
        return refused();
    }
    Failure::unreadable(reply, "unexpected_answer", "the answer is not the one that the manifest expects")
}

fn wants_document(rules: &TokenReply) -> bool {
    rules.access_token.is_some()
        || !rules.expect.has.is_empty()
        || !rules.expect.equals.is_empty()
        || !rules.keep.is_empty()
}

fn not_read(reply: &Reply) -> Failure {
    let text = reply::text(reply);
    let text = text.trim_start();
    // A document that begins well and has no end was cut off on its way.
    let is_cut = text.starts_with('{') && serde_json::from_str::<Value>(text).is_err_and(|error| error.is_eof());
    if is_cut {
        return Failure::truncated(reply);
    }
    let what = if text.starts_with('<') { "it is a web page; check the token URL" } else { "it cannot be read" };
    Failure::unreadable(reply, "unreadable_answer", what)
}

/// The value at the manifest's paths, or of a grant at the standard name.
fn named<'v>(reading: &Reading<'_>, tree: &'v Value, paths: Option<&Paths>, standard: &str) -> Option<&'v Value> {
    match paths {
        Some(paths) => reply::first(tree, paths),
        None if reading.is_grant => reply::at(tree, standard),
        None => None,
    }
}

/// A token: a text, or a whole number, of printable characters. Nothing when it is absent or empty.
fn token(
    reading: &Reading<'_>,
    reply: &Reply,
    tree: &Value,
    paths: Option<&Paths>,
    standard: &str,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let unfit = || {
        Failure::unreadable(
            reply,
            "unfit_token",
            "a token in it is no text, too long, or holds characters that no token has",
        )
    };
    let text = match named(reading, tree, paths, standard) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        Some(_) => return Err(unfit()),
    };
    let text = Zeroizing::new(text);
    // RFC 6749 appendix A.12 and A.17.
    let is_printable = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    match (text.is_empty(), is_printable && text.len() <= MAX_TOKEN_BYTES) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(text)),
        (false, false) => Err(unfit()),
    }
}

fn check_type(reading: &Reading<'_>, reply: &Reply, tree: &Value) -> Result<(), Failure> {
    let kind = reply::at(tree, "token_type").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if reading.is_grant && PROVEN_TYPES.contains(&kind.as_str()) {
        let what = "its token is of a type that needs a proof with every request, which is not supported";
        return Err(Failure::unreadable(reply, "unsupported_token_type", what));
    }
    Ok(())
}

/// Scopes as a text or a list. An empty text says nothing.
fn granted(value: &Value, reading: &Reading<'_>) -> Option<BTreeSet<String>> {
    let separator = reading.scope_separator;
    let words = |text: &str| -> BTreeSet<String> {
        let text = if separator.is_empty() { text.to_owned() } else { text.replace(separator, " ") };
        split_scopes(&text).map(str::to_owned).collect()
    };
    let scopes: BTreeSet<String> = match value {
        Value::String(text) => words(text),
        Value::Array(items) => items.iter().filter_map(Value::as_str).flat_map(words).collect(),
        _ => return None,
    };
    (!scopes.is_empty()).then_some(scopes)
}

fn keep(rules: &TokenReply, tree: &Value, kept: &mut BTreeMap<String, Zeroizing<String>>) {
    let value = |paths: &Paths| reply::first(tree, paths).and_then(reply::scalar).filter(|text| is_fit(text));
    for (name, paths) in &rules.keep {
        if let Some(text) = value(paths) {
            kept.insert(name.clone(), Zeroizing::new(text));
        }
    }
    for (name, paths) in &rules.keep_origin {
        let url = value(paths).and_then(|text| Url::parse(&text).ok());
        if let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            kept.insert(name.clone(), Zeroizing::new(url.origin().ascii_serialization()));
        }
    }
}

/// A value that later requests may carry.
fn is_fit(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_TOKEN_BYTES
        && !text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
}

/// What a reply's headers give.
fn of_headers(rules: &TokenReply, reply: &Reply) -> Issued {
    let mut issued = Issued::default();
    for (name, header) in &rules.keep_headers {
        let header = header.to_ascii_lowercase();
        let values = reply.headers.iter().filter(|(known, _)| *known == header).map(|(_, value)| value.as_str());
        let text = if header == "set-cookie" {
            let cookies = values.filter_map(|value| value.split(';').next()).map(str::trim);
            cookies.filter(|cookie| cookie.contains('=')).collect::<Vec<_>>().join("; ")
        } else {
            values.take(1).collect()
        };
        if is_fit(&text) {
            issued.kept.insert(name.clone(), Zeroizing::new(text));
        }
    }
    issued
}

impl Issued {
    /// The tokens after this reply. What it does not give stays: the refresh token (RFC 6749 section 6), its end, the
    /// scopes and the kept values; the end of the access token goes with the access token.
    #[must_use]
    pub fn over(self, previous: &TokenSet) -> TokenSet {
        let mut set = previous.clone();
        match self.access_token {
            Some(token) => {
                set.access_token = token;
                set.expires_at = self.expires_at;
            }
            None => set.expires_at = self.expires_at.or(set.expires_at),
        }
        if self.token_secret.is_some() {
            set.token_secret = self.token_secret;
        }
        let is_new_refresh = self.refresh_token.is_some() && self.refresh_token != set.refresh_token;
        if let Some(token) = self.refresh_token {
            set.refresh_token = Some(token);
        }
        if is_new_refresh || self.refresh_expires_at.is_some() {
            set.refresh_expires_at = self.refresh_expires_at;
        }
        if self.granted_scopes.is_some() {
            set.granted_scopes = self.granted_scopes;
        }
        set.kept.extend(self.kept);
        set
    }
}
