//! One renewal per credential at a time in this process: the others wait here, without a database connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;

use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::OwnedMutexGuard;

use crate::ids::CredentialId;

/// Who renews what in this process.
#[derive(Default)]
pub(crate) struct Flights {
    under_way: Mutex<HashMap<CredentialId, Weak<AsyncMutex<()>>>>,
}

/// The right to renew; the next in line goes on when it is dropped.
pub(crate) struct Flight {
    _guard: OwnedMutexGuard<()>,
}

impl Flights {
    pub(crate) async fn enter(&self, credential: CredentialId) -> Flight {
        let turn = self.turn(credential);
        Flight { _guard: turn.lock_owned().await }
    }

    fn turn(&self, credential: CredentialId) -> Arc<AsyncMutex<()>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = under_way.get(&credential).and_then(Weak::upgrade) {
            return turn;
        }
        // Those that nobody waits for any more go now: the map never grows beyond what is under way.
        under_way.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(AsyncMutex::new(()));
        under_way.insert(credential, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_at_a_time_and_none_is_left_behind() {
        let flights = Arc::new(Flights::default());
        let credential = CredentialId::new();
        let inside = Arc::new(AtomicUsize::new(0));
        let visits = (0..100).map(|_| {
            let (flights, inside) = (Arc::clone(&flights), Arc::clone(&inside));
            tokio::spawn(async move {
                let flight = flights.enter(credential).await;
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(flight);
            })
        });
        for visit in visits.collect::<Vec<_>>() {
            visit.await.unwrap();
        }
        drop(flights.enter(CredentialId::new()).await);
        assert!(flights.under_way.lock().unwrap().len() <= 1);
    }
}
