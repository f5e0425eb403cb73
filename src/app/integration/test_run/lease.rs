//! Who runs a test: the process that began it, as long as it says so. A run whose process is gone is declared interrupted
//! by any other one, in the database's time, so that nodes need not agree on theirs.

use std::time::Duration;

use crate::app::App;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::ids::TestRunId;
use crate::store;

/// Times that a lease is renewed before it would run out.
const RENEWALS: u32 = 3;

pub(super) fn interrupted() -> Error {
    let message =
        "the test run was declared interrupted: its process had not told for too long that it is there; run it again";
    Error::conflict("test_run_interrupted", message)
}

impl App {
    /// Renews the lease of a run for ever; comes back only when the run is not this process's any more.
    pub(super) async fn hold_test_run(&self, tenant: TenantId, id: TestRunId) {
        let lease = self.test_lease();
        let pause = lease.to_std().unwrap_or(Duration::ZERO) / RENEWALS;
        loop {
            tokio::time::sleep(pause).await;
            match self.store().write(move |tx| store::test_run::renew(tx, tenant, id, lease)).await {
                Ok(true) => {}
                Ok(false) => return,
                // The next one may still come in time.
                Err(error) => tracing::warn!(run = %id, code = error.code, "the lease of a test run was not renewed"),
            }
        }
    }

    /// Declares interrupted what processes ran that are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn interrupt_lost_test_runs(&self) -> Result<()> {
        let now = self.clock().now();
        let lost = self.store().write(move |tx| store::test_run::interrupt_lost(tx, now)).await?;
        if lost > 0 {
            tracing::info!(lost, "test runs whose process is gone were declared interrupted");
        }
        Ok(())
    }
}
