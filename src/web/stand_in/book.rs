//! What the stand-in knows of authorizations: codes of a minute that work once, access tokens of five minutes, refresh
//! tokens that rotate.
//!
//! Tokens carry what they say under a tag made with the client's secret, so that they outlive the process: of what ran
//! before, the first refresh token that comes is taken for the newest. Within one run an older one ends its authorization
//! (RFC 9700 section 4.14.2), as strict providers have it.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Deserialize;
use serde::Serialize;

use crate::app::demo::shop::CLIENT_SECRET;
use crate::clock::Clock;
use crate::clock::Instant;
use crate::crypto::hex;
use crate::crypto::is_same;
use crate::crypto::random;
use crate::crypto::random_word;
use crate::crypto::sha256;
use crate::error::Result;
use crate::model::sign::key::hmac_sha256;

/// Short, so that a renewal is seen soon.
pub const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(5);
const CODE_LIFE: TimeDelta = TimeDelta::minutes(1);

pub struct Book {
    clock: Clock,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    codes: HashMap<String, Asked>,
    /// The newest refresh token of each authorization; 0: it is over.
    newest: HashMap<String, u64>,
}

/// What a code was asked with.
#[derive(Debug, Clone)]
pub struct Asked {
    pub redirect_uri: String,
    /// S256.
    pub challenge: String,
    pub scopes: BTreeSet<String>,
    pub at: Instant,
}

/// A pair of tokens, as the token endpoint answers.
#[derive(Serialize)]
pub struct Issued {
    pub access_token: String,
    pub refresh_token: String,
    pub token_type: &'static str,
    pub expires_in: i64,
    pub scope: String,
    #[serde(skip)]
    pub expires_at: Instant,
}

/// What stands in a token.
#[derive(Serialize, Deserialize)]
struct Said {
    kind: Kind,
    grant: String,
    number: u64,
    scopes: BTreeSet<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Access,
    Refresh,
}

impl Book {
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, pages: Mutex::default() }
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A code for somebody who allowed what was asked.
    ///
    /// # Errors
    /// Only when the random source fails.
    pub fn allow(&self, asked: Asked) -> Result<String> {
        let code = random_word()?.as_str().to_owned();
        let (mut pages, now) = (self.pages(), self.now());
        pages.codes.retain(|_, asked| asked.at + CODE_LIFE > now);
        pages.codes.insert(code.clone(), asked);
        Ok(code)
    }

    /// Trades a code, once, for whoever asked for it. `None`: `invalid_grant`.
    ///
    /// # Errors
    /// Only when the random source fails.
    pub fn trade(&self, code: &str, redirect_uri: &str, verifier: &str) -> Result<Option<Issued>> {
        let Some(asked) = self.pages().codes.remove(code) else { return Ok(None) };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let is_in_time = asked.at + CODE_LIFE > self.now();
        let is_proven = is_same(challenge.as_bytes(), asked.challenge.as_bytes());
        if !(is_in_time && is_proven && asked.redirect_uri == redirect_uri) {
            return Ok(None);
        }
        self.issue(asked.scopes).map(Some)
    }

    /// The first tokens of a new authorization.
    ///
    /// # Errors
    /// Only when the random source fails.
    pub fn issue(&self, scopes: BTreeSet<String>) -> Result<Issued> {
        let grant = hex(&random::<16>()?);
        self.pages().newest.insert(grant.clone(), 1);
        Ok(self.pair(grant, 1, scopes))
    }

    /// New tokens for the newest refresh token. An older one ends the authorization. `None`: `invalid_grant`.
    pub fn renew(&self, refresh_token: &str) -> Option<Issued> {
        let said = read(refresh_token).filter(|said| said.kind == Kind::Refresh)?;
        let mut pages = self.pages();
        let newest = pages.newest.entry(said.grant.clone()).or_insert(said.number);
        if *newest != said.number {
            *newest = 0;
            return None;
        }
        *newest += 1;
        let number = *newest;
        drop(pages);
        Some(self.pair(said.grant, number, said.scopes))
    }

    /// Ends the authorization that a token belongs to. One that is not known is over already (RFC 7009 section 2.2).
    pub fn revoke(&self, token: &str) {
        if let Some(said) = read(token) {
            self.pages().newest.insert(said.grant, 0);
        }
    }

    /// What an access token that is good now may do.
    #[must_use]
    pub fn scopes_of(&self, access_token: &str) -> Option<BTreeSet<String>> {
        let said = read(access_token).filter(|said| said.kind == Kind::Access)?;
        let is_over = said.ends.is_none_or(|ends| ends <= self.now().timestamp());
        let is_revoked = self.pages().newest.get(&said.grant) == Some(&0);
        (!is_over && !is_revoked).then_some(said.scopes)
    }

    fn pair(&self, grant: String, number: u64, scopes: BTreeSet<String>) -> Issued {
        let expires_at = self.now() + ACCESS_LIFE;
        let scope = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut said = Said { kind: Kind::Access, grant, number, scopes, ends: Some(expires_at.timestamp()) };
        let access_token = write(&said);
        said = Said { kind: Kind::Refresh, ends: None, ..said };
        Issued {
            access_token,
            refresh_token: write(&said),
            token_type: "Bearer",
            expires_in: ACCESS_LIFE.num_seconds(),
            scope,
            expires_at,
        }
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(said: &Said) -> String {
    // Words and numbers always serialise.
    let text = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(said).unwrap_or_default());
    let tag = tag(&text);
    format!("demo.{text}.{tag}")
}

fn read(token: &str) -> Option<Said> {
    let (text, given) = token.strip_prefix("demo.")?.split_once('.')?;
    if !is_same(tag(text).as_bytes(), given.as_bytes()) {
        return None;
    }
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn tag(text: &str) -> String {
    hex(&hmac_sha256(CLIENT_SECRET.as_bytes(), text.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Book {
        Book::new(Clock::frozen(chrono::DateTime::UNIX_EPOCH))
    }

    fn scopes() -> BTreeSet<String> {
        ["read_orders".to_owned()].into()
    }

    fn code(book: &Book) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha256(b"verifier"));
        let redirect_uri = "http://a.example/back".to_owned();
        book.allow(Asked { redirect_uri, challenge, scopes: scopes(), at: book.now() }).unwrap()
    }

    #[test]
    fn a_code_works_once_for_whoever_asked_and_for_a_minute() {
        for (redirect_uri, verifier, seconds, is_good) in [
            ("http://a.example/back", "verifier", 59, true),
            ("http://a.example/back", "verifier", 60, false),
            ("http://a.example/back", "other", 0, false),
            ("http://a.example/other", "verifier", 0, false),
        ] {
            let book = book();
            let code = code(&book);
            book.clock.advance(TimeDelta::seconds(seconds));
            let traded = book.trade(&code, redirect_uri, verifier).unwrap();
            assert_eq!(traded.is_some(), is_good, "{redirect_uri} {verifier} {seconds}");
            assert!(book.trade(&code, "http://a.example/back", "verifier").unwrap().is_none());
        }
    }

    #[test]
    fn an_access_token_ends_after_five_minutes_and_with_its_authorization() {
        let book = book();
        let issued = book.issue(scopes()).unwrap();
        assert_eq!(book.scopes_of(&issued.access_token), Some(scopes()));
        assert_eq!(book.scopes_of(&issued.refresh_token), None);
        book.clock.advance(TimeDelta::seconds(299));
        assert!(book.scopes_of(&issued.access_token).is_some());
        book.clock.advance(TimeDelta::seconds(1));
        assert!(book.scopes_of(&issued.access_token).is_none());
        let renewed = book.renew(&issued.refresh_token).unwrap();
        assert!(book.scopes_of(&renewed.access_token).is_some());
        book.revoke(&renewed.refresh_token);
        assert!(book.scopes_of(&renewed.access_token).is_none());
        assert!(book.renew(&renewed.refresh_token).is_none());
    }

    #[test]
    fn an_older_refresh_token_ends_the_authorization() {
        let book = book();
        let first = book.issue(scopes()).unwrap();
        let second = book.renew(&first.refresh_token).unwrap();
        assert!(book.renew(&first.refresh_token).is_none());
        assert!(book.renew(&second.refresh_token).is_none());
        assert!(book.scopes_of(&second.access_token).is_none());
    }

    #[test]
    fn authorizations_outlive_the_process() {
        let first = book().issue(scopes()).unwrap();
        let after = book();
        let second = after.renew(&first.refresh_token).unwrap();
        assert!(after.scopes_of(&first.access_token).is_some());
        assert!(after.renew(&first.refresh_token).is_none());
        assert!(after.renew(&second.refresh_token).is_none());
    }

    #[test]
    fn nothing_is_made_up() {
        let book = book();
        let issued = book.issue(scopes()).unwrap();
        let changed = issued.access_token.replace("demo.e", "demo.f");
        for token in ["", "demo.", "demo..", "demo.e30.00", &changed, &issued.access_token[..40]] {
            assert!(book.scopes_of(token).is_none() && book.renew(token).is_none(), "{token}");
        }
    }
}
