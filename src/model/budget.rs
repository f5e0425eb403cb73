//! Budgets that fill up again, told by one instant: when all of it is there again (GCRA). No list of uses is kept.

use chrono::TimeDelta;

use crate::clock::Instant;

/// When a budget is full again after one more; how long to wait when it is used up.
///
/// # Errors
/// The wait.
pub fn next_full(full_at: Option<Instant>, per_minute: u32, now: Instant) -> Result<Instant, TimeDelta> {
    let full = full_at.unwrap_or(now).max(now) + each(per_minute);
    let wait = full - now - TimeDelta::minutes(1);
    if wait > TimeDelta::zero() { Err(wait) } else { Ok(full) }
}

/// How long a budget takes to win one back.
#[must_use]
pub fn each(per_minute: u32) -> TimeDelta {
    TimeDelta::microseconds(60_000_000 / i64::from(per_minute.max(1)))
}

/// Whole seconds that are long enough.
#[must_use]
pub fn seconds_of(wait: TimeDelta) -> u64 {
    wait.num_seconds().max(0).unsigned_abs() + 1
}
