//! Renewing before the end, by the schedule.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::App;
use crate::app::refresh::Need;
use crate::error::Result;
use crate::store;

/// Of one round; the rest is due in the next.
const BATCH: i64 = 500;
/// Providers that hang hold back no more than these.
const AT_ONCE: usize = 16;

impl App {
    /// Renews the tokens that are due, on whichever node comes first. What fails is tried again when its pause is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_due_tokens(&self) -> Result<()> {
        let now = self.clock().now();
        let due = self.store().read(move |c| store::token::list_due(c, now, BATCH)).await?;
        let (slots, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for (tenant, credential) in due {
            let (app, slots) = (self.clone(), Arc::clone(&slots));
            running.spawn(async move {
                let _slot = slots.acquire_owned().await;
                if let Err(error) = app.usable_tokens(tenant, credential, Need::NotDue).await {
                    tracing::debug!(%credential, code = error.code, "tokens that are due were not renewed: {error}");
                }
            });
        }
        while running.join_next().await.is_some() {}
        Ok(())
    }
}
