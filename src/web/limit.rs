//! How often somebody may ask, and try to sign in: budgets for each session and API key, for each address and for each
//! e-mail address, which fill up again. Each process counts on its own.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::sync::Mutex;
use std::sync::PoisonError;

use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use chrono::TimeDelta;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::error::RetryAfter;
use crate::model::budget::each;
use crate::model::budget::next_full;
use crate::model::budget::seconds_of;

/// The headers of draft-ietf-httpapi-ratelimit-headers.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Entries beyond this are cleared of those that are full again.
const MANY: usize = 10_000;

/// The budgets of one process.
pub struct SignIns {
    per_minute: u32,
    // The instant at which a budget is full again says all of it (GCRA): no list of attempts is kept.
    full_at: Mutex<HashMap<String, Instant>>,
}

impl SignIns {
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), full_at: Mutex::default() }
    }

    /// Takes one attempt from the budgets of this address and this e-mail address, in whatever case it is written.
    ///
    /// # Errors
    /// `too_many_attempts`, with how long to wait.
    pub fn attempt(&self, address: Option<IpAddr>, email: &str, now: Instant) -> Result<()> {
        // No address is longer (RFC 5321 section 4.5.3.1.3), and what is kept must stay small.
        let email: String = email.chars().take(254).collect();
        let email = email.as_str();
        let per_email = (self.per_minute / 2).max(1);
        let email = format!("email {}", crate::model::user::normal_email(email));
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() > MANY {
            full_at.retain(|_, at| *at > now);
        }
        let mut budgets = vec![(email, per_email)];
        if let Some(address) = address {
            budgets.push((format!("address {address}"), self.per_minute));
        }
        let mut next = Vec::new();
        for (key, budget) in budgets {
            let full = next_full(full_at.get(&key).copied(), budget, now).map_err(too_many_attempts)?;
            next.push((key, full));
        }
        full_at.extend(next);
        Ok(())
    }

    /// Gives an e-mail address its budget back: its owner has signed in.
    pub fn succeeded(&self, email: &str) {
        let email = format!("email {}", crate::model::user::normal_email(email));
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner).remove(&email);
    }
}

fn too_many_attempts(wait: TimeDelta) -> Error {
    let seconds = seconds_of(wait);
    let public = format!("too many attempts; try again in {seconds} s");
    Error::new(Kind::RateLimited, "too_many_attempts", public).because(RetryAfter { seconds })
}

/// Budgets of requests: of sessions and API keys by their id, of strangers by their network.
pub struct Requests<Who> {
    /// `None`: nobody is limited.
    per_minute: Option<u32>,
    full_at: Mutex<HashMap<Who, Instant>>,
}

/// Where a stranger comes from: an address of IPv4; of IPv6 the half that a network has to itself, since whoever has one
/// address of it has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into()),
        }
    }
}

/// What is left of somebody's budget; becomes the headers of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub limit: u32,
    pub remaining: u32,
    /// Until all of it is there again.
    pub reset_seconds: u64,
    /// `Some`: this one was too many.
    pub retry_seconds: Option<u64>,
}

impl<Who: Copy + Eq + Hash> Requests<Who> {
    /// `per_minute`: 0 for no limit.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: (per_minute > 0).then_some(per_minute), full_at: Mutex::default() }
    }

    /// Takes one request from somebody's budget. `None`: there is no limit.
    pub fn take(&self, who: Who, now: Instant) -> Option<Left> {
        let per_minute = self.per_minute?;
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() > MANY {
            full_at.retain(|_, at| *at > now);
        }
        let known = full_at.get(&who).copied();
        let (full, retry_seconds) = match next_full(known, per_minute, now) {
            Ok(full) => {
                full_at.insert(who, full);
                (full, None)
            }
            // Whoever is refused loses nothing by asking.
            Err(wait) => (known.unwrap_or(now), Some(seconds_of(wait))),
        };
        let used = full - now;
        let free = (TimeDelta::minutes(1) - used).max(TimeDelta::zero());
        let remaining = free.num_microseconds().unwrap_or(0) / each(per_minute).num_microseconds().unwrap_or(1).max(1);
        Some(Left {
            limit: per_minute,
            remaining: u32::try_from(remaining).unwrap_or(per_minute).min(per_minute),
            reset_seconds: u64::try_from((used + TimeDelta::milliseconds(999)).num_seconds()).unwrap_or(0),
            retry_seconds,
        })
    }
}

impl Left {
    /// The refusal, when this one was too many.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let seconds = self.retry_seconds?;
        let public = format!("more than {} requests in a minute; try again in {seconds} s", self.limit);
        Some(Error::new(Kind::RateLimited, "rate_limited", public).because(RetryAfter { seconds }))
    }

    pub fn write_to(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const HOME: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    fn at(seconds: i64) -> Instant {
        chrono::DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn tries(limits: &SignIns, address: Option<IpAddr>, email: &str, second: i64) -> usize {
        (0..100).take_while(|_| limits.attempt(address, email, at(second)).is_ok()).count()
    }

    #[test]
    fn an_email_has_its_budget_wherever_it_is_tried_from_and_however_it_is_written() {
        let limits = SignIns::new(10);
        assert_eq!(tries(&limits, None, "a@example.com", 0), 5);
        assert_eq!(tries(&limits, HOME, " A@Example.com ", 0), 0);
        assert_eq!(tries(&limits, HOME, "a@example.com", 13), 1);
        assert_eq!(tries(&limits, HOME, "a@example.com", 600), 5);
    }

    #[test]
    fn an_address_has_its_budget_whomever_it_tries() {
        let limits = SignIns::new(10);
        let others = (0..100).take_while(|n| limits.attempt(HOME, &format!("{n}@example.com"), at(0)).is_ok()).count();
        assert_eq!(others, 10);
        assert!(limits.attempt(None, "z@example.com", at(0)).is_ok());
    }

    #[test]
    fn who_is_refused_is_told_how_long_to_wait_and_loses_nothing_by_asking() {
        let limits = SignIns::new(10);
        tries(&limits, None, "a@example.com", 0);
        for _ in 0..10 {
            let error = limits.attempt(None, "a@example.com", at(0)).unwrap_err();
            assert_eq!(error.public, "too many attempts; try again in 13 s");
        }
        assert!(limits.attempt(None, "a@example.com", at(13)).is_ok());
        limits.succeeded("a@example.com");
        assert_eq!(tries(&limits, None, "a@example.com", 13), 5);
    }

    #[test]
    fn each_has_a_budget_of_requests_that_fills_up_again() {
        let requests = Requests::new(4);
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let left = |who, second| {
            let left = requests.take(who, at(second)).unwrap();
            (left.remaining, left.reset_seconds, left.retry_seconds)
        };
        assert_eq!(left(one, 0), (3, 15, None));
        assert_eq!(left(one, 0), (2, 30, None));
        assert_eq!(left(one, 0), (1, 45, None));
        assert_eq!(left(one, 0), (0, 60, None));
        assert_eq!(left(one, 0), (0, 60, Some(16)));
        assert_eq!(left(one, 1), (0, 59, Some(15)));
        assert_eq!(left(other, 1), (3, 15, None));
        assert_eq!(left(one, 15), (0, 60, None));
        assert_eq!(left(one, 600), (3, 15, None));
    }

    #[test]
    fn a_network_is_one_stranger() {
        let of = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        for (one, other, is_same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8::1", "2001:db8::ffff:0:0:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            assert_eq!(of(one) == of(other), is_same, "{one} {other}");
        }
    }

    #[test]
    fn no_limit_counts_nothing() {
        assert_eq!(Requests::new(0).take(Uuid::from_u128(1), at(0)), None);
    }

    #[test]
    fn what_is_full_again_is_forgotten() {
        let limits = SignIns::new(10);
        for n in 0..=MANY {
            limits.attempt(None, &format!("{n}@example.com"), at(0)).unwrap();
        }
        limits.attempt(None, "a@example.com", at(600)).unwrap();
        assert_eq!(limits.full_at.lock().unwrap().len(), 1);
    }
}
