//! How often one connection may be tested by hand: a test is a request to a third party. Each process counts on its own.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::error::RetryAfter;
use crate::ids::ConnectionId;
use crate::model::budget::next_full;
use crate::model::budget::seconds_of;

pub(crate) const PER_MINUTE: u32 = 10;
/// Entries beyond this are cleared of those that are full again.
const MANY: usize = 10_000;

/// The budgets of connections.
#[derive(Default)]
pub(crate) struct TestBudgets {
    full_at: Mutex<HashMap<ConnectionId, Instant>>,
}

impl TestBudgets {
    /// # Errors
    /// `too_many_tests`, with how long to wait.
    pub(crate) fn take(&self, connection: ConnectionId, now: Instant) -> Result<()> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() > MANY {
            full_at.retain(|_, at| *at > now);
        }
        let full = next_full(full_at.get(&connection).copied(), PER_MINUTE, now).map_err(|wait| {
            let seconds = seconds_of(wait);
            let public =
                format!("a connection is tested {PER_MINUTE} times in a minute at most; try again in {seconds} s");
            Error::new(Kind::RateLimited, "too_many_tests", public).because(RetryAfter { seconds })
        })?;
        full_at.insert(connection, full);
        Ok(())
    }
}
