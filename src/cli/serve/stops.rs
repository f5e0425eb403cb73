//! When somebody asks the process to stop.

use crate::error::Error;
use crate::error::Result;

/// SIGTERM and Ctrl-C, each one from now on. From the first of these values on neither ends the process by itself.
pub(super) struct Stops {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stops {
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self> {
        use tokio::signal::unix::SignalKind;
        use tokio::signal::unix::signal;
        let terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
        Ok(Self { terminate, interrupt })
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// The next one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// The next one.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(?error, "Ctrl-C cannot be seen");
            std::future::pending::<()>().await;
        }
    }
}
