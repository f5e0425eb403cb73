//! Work that is not broken off when whoever asked for it goes away, nor when the server stops: with an answer of a provider
//! that nobody takes any more, the tokens in it are lost.
//!
//! It runs where the server itself runs and not on the threads that answer requests, since those end before it may be done.

use std::sync::PoisonError;
use std::sync::RwLock;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::app::App;

/// What is under way in this process.
pub(crate) struct Lasting {
    // Absent: no server runs, and everything ends with the command itself.
    runtime: RwLock<Option<Handle>>,
    count: watch::Sender<usize>,
}

/// Counts as long as it lives, however the work ends.
struct Counted(watch::Sender<usize>);

impl Default for Lasting {
    fn default() -> Self {
        Self { runtime: RwLock::default(), count: watch::Sender::new(0) }
    }
}

impl Counted {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Lasting {
    fn run_on(&self, runtime: Handle) {
        *self.runtime.write().unwrap_or_else(PoisonError::into_inner) = Some(runtime);
    }

    /// Begins work; it goes on whether its end is waited for or not.
    pub(crate) fn begin<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let counted = Counted::new(&self.count);
        let work = async move {
            let _counted = counted;
            work.await
        };
        match self.runtime.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(runtime) => runtime.spawn(work),
            None => tokio::spawn(work),
        }
    }

    /// Waits until nothing is under way, at the longest until `deadline`; how much still is.
    async fn finish(&self, deadline: Instant) -> usize {
        let mut count = self.count.subscribe();
        // It cannot be closed: `self` holds a sender.
        drop(timeout_at(deadline, count.wait_for(|count| *count == 0)).await);
        *self.count.borrow()
    }
}

impl App {
    /// Runs on this runtime what a stop waits for; it must live until [`Self::finish_lasting`] is done. Counts for all clones.
    pub fn lasts_on(&self, runtime: Handle) {
        self.lasting().run_on(runtime);
    }

    /// Waits for the renewals and authorizations that are under way, at the longest until `deadline`. How many are given up:
    /// what their providers answer is lost.
    pub async fn finish_lasting(&self, deadline: Instant) -> usize {
        self.lasting().finish(deadline).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn in_ms(milliseconds: u64) -> Instant {
        Instant::now() + Duration::from_millis(milliseconds)
    }

    #[tokio::test]
    async fn what_is_under_way_is_waited_for_and_no_longer_than_agreed() {
        let lasting = Lasting::default();
        assert_eq!(lasting.finish(in_ms(0)).await, 0);
        drop(lasting.begin(tokio::time::sleep(Duration::from_millis(50))));
        let broken_off = lasting.begin(std::future::pending::<()>());
        assert_eq!(lasting.finish(in_ms(0)).await, 2);
        assert_eq!(lasting.finish(in_ms(500)).await, 1);
        broken_off.abort();
        assert_eq!(lasting.finish(in_ms(500)).await, 0);
    }

    #[test]
    fn it_outlives_the_thread_that_it_was_begun_on() {
        let server = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lasting = Lasting::default();
        lasting.run_on(server.handle().clone());
        let answering = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let work = {
            let _inside = answering.enter();
            lasting.begin(async { tokio::time::sleep(Duration::from_millis(20)).await })
        };
        drop(answering);
        assert_eq!(server.block_on(lasting.finish(in_ms(5000))), 0);
        assert!(server.block_on(work).is_ok());
    }
}
