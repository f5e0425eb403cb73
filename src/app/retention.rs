//! How long what nobody needs any more stays, and the job that forgets it.

use chrono::TimeDelta;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Result;
use crate::store;

/// What was tried longer ago is forgotten.
const KEEP_ATTEMPTS: TimeDelta = TimeDelta::days(30);
/// After their end authorizations still tell for so long what became of them.
const KEEP_FLOWS: TimeDelta = TimeDelta::hours(1);
/// Rows that are forgotten at a time: years of them must not hold up those who write meanwhile.
const BATCH: i64 = 1000;

/// How long things stay that the settings tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What a sync deleted or wrote over, for a rollback; zero: not at all.
    pub pruned: TimeDelta,
    /// Who was given which credentials.
    pub reads: TimeDelta,
}

impl Default for Retention {
    fn default() -> Self {
        Self { pruned: TimeDelta::days(30), reads: TimeDelta::days(90) }
    }
}

impl App {
    /// Forgets what was kept long enough: attempts, authorizations that nobody finished, what syncs pruned, and the
    /// record of reads.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_old(&self) -> Result<()> {
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                store::attempt::purge(tx, now - KEEP_ATTEMPTS)?;
                store::purge::oauth_flows(tx, now - KEEP_FLOWS)?;
                store::sync::purge(tx, now).map(drop)
            })
            .await?;
        self.purge_reads(now - self.retention().reads).await
    }

    async fn purge_reads(&self, before: Instant) -> Result<()> {
        loop {
            let forgotten = self.store().write(move |tx| store::read::purge(tx, before, BATCH)).await?;
            if i64::try_from(forgotten).is_ok_and(|forgotten| forgotten < BATCH) {
                return Ok(());
            }
        }
    }
}
