//! Work that comes by itself while the server runs: a schedule, and a loop for each of its lines, so that a slow job holds
//! back none of the others. Each job is one use case. It may run on several nodes at once and be broken off anywhere: the
//! use cases take what is due in the database, and what was not finished is due again.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::error::Result;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Renews tokens before they end.
    RefreshTokens,
    /// Tests stored credentials whose check is due.
    CheckCredentials,
    /// Declares test runs interrupted whose process is gone.
    InterruptTestRuns,
    /// Forgets what nobody asks for any more.
    Purge,
}

/// What is done how often. A new job is a variant, a line here, and a line in [`run`].
const SCHEDULE: &[(Job, Duration)] = &[
    (Job::RefreshTokens, Duration::from_secs(10)),
    (Job::CheckCredentials, Duration::from_secs(60)),
    (Job::InterruptTestRuns, Duration::from_secs(60)),
    (Job::Purge, Duration::from_secs(3600)),
];

/// Does one piece of a job; whether more of it waits already.
///
/// # Errors
/// Those of its use case.
pub async fn run(app: &App, job: Job) -> Result<bool> {
    match job {
        Job::RefreshTokens => app.refresh_due_tokens().await.map(|()| false),
        Job::CheckCredentials => app.check_due_credentials().await,
        Job::InterruptTestRuns => app.interrupt_lost_test_runs().await.map(|()| false),
        Job::Purge => app.purge_old().await.map(|()| false),
    }
}

/// The running schedule. Stops when dropped; what is under way then is broken off, except for the renewals that have begun.
pub struct Jobs {
    _loops: JoinSet<()>,
}

/// Begins the schedule on the runtime of the caller.
#[must_use]
pub fn start(app: &App) -> Jobs {
    let mut loops = JoinSet::new();
    for (job, pause) in SCHEDULE {
        let app = app.clone();
        loops.spawn(async move { repeat(&app, *job, *pause).await });
    }
    Jobs { _loops: loops }
}

async fn repeat(app: &App, job: Job, pause: Duration) {
    loop {
        match run(app, job).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(pause).await,
            Err(error) => {
                tracing::warn!(?job, code = error.code, cause = ?error.source, "a job failed: {error}");
                tokio::time::sleep(pause).await;
            }
        }
    }
}
