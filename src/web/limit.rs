//! How often somebody may try to sign in: budgets for each address and for each e-mail address, which fill up again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::PoisonError;

use chrono::TimeDelta;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::web::respond::RetryAfter;

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
            let each = TimeDelta::milliseconds(60_000 / i64::from(budget));
            let full = full_at.get(&key).copied().unwrap_or(now).max(now) + each;
            let wait = full - now - TimeDelta::minutes(1);
            if wait > TimeDelta::zero() {
                return Err(too_many(wait));
            }
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

fn too_many(wait: TimeDelta) -> Error {
    let seconds = wait.num_seconds().max(0).unsigned_abs() + 1;
    let public = format!("too many attempts; try again in {seconds} s");
    Error::new(Kind::RateLimited, "too_many_attempts", public).because(RetryAfter { seconds })
}

#[cfg(test)]
mod tests {
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
    fn what_is_full_again_is_forgotten() {
        let limits = SignIns::new(10);
        for n in 0..=MANY {
            limits.attempt(None, &format!("{n}@example.com"), at(0)).unwrap();
        }
        limits.attempt(None, "a@example.com", at(600)).unwrap();
        assert_eq!(limits.full_at.lock().unwrap().len(), 1);
    }
}
