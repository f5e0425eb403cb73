//! Renewal against a strict authorization server: npm's `oidc-provider` in a process of its own (`tests/oidc`), which ends a
//! grant when one of its refresh tokens comes twice, and the real program in as many processes as its database allows.
//!
//! `SOAK_READERS`, `SOAK_ROUNDS` and `SOAK_KILLS` say how much is done; `scripts/soak` sets them to their full size.

mod deployment;
mod kills;
mod provider;
mod readers;
mod stage;
mod stop;
mod story;

use std::io::Write as _;
use std::time::Duration;

/// How much is done.
struct Sizes {
    readers: usize,
    rounds: usize,
    kills: usize,
}

impl Sizes {
    fn read() -> Self {
        Self {
            readers: setting("SOAK_READERS", 40),
            rounds: setting("SOAK_ROUNDS", 4),
            kills: setting("SOAK_KILLS", 6),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own settings are no settings of the program")]
fn setting(name: &str, otherwise: usize) -> usize {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")),
        Err(_) => otherwise,
    }
}

/// A line for the table of `scripts/soak`, where there is one.
#[expect(clippy::disallowed_methods, reason = "the tests' own settings are no settings of the program")]
fn report(line: &str) {
    let Ok(path) = std::env::var("SOAK_REPORT") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{}  {line}", if crate::support::db::is_postgres() { "postgres" } else { "sqlite  " }).unwrap();
}

/// Runs a test that talks to processes: none of them needs this one's threads.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

async fn sleep_ms(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
