//! One renewal per credential at a time in this process: the others wait here, without a database connection, and look
//! again together when it is over.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::watch;

use crate::error::Error;
use crate::error::Kind;
use crate::ids::CredentialId;

/// Who renews what in this process.
#[derive(Default, Clone)]
pub(crate) struct Flights {
    under_way: Arc<Mutex<Waiting>>,
}

type Waiting = HashMap<CredentialId, watch::Receiver<Option<Failure>>>;

/// What somebody gets who wants to renew.
pub(crate) enum Turn {
    Mine(Flight),
    /// Somebody else had the right, and is done now. Without its failure each one who waited would try the same in turn.
    Over(Option<Failure>),
}

/// The right to renew. Dropping it wakes those who wait.
pub(crate) struct Flight {
    flights: Flights,
    credential: CredentialId,
    over: watch::Sender<Option<Failure>>,
}

/// Why there are no tokens, as it is told to those who did not ask themselves.
#[derive(Clone)]
pub(crate) struct Failure {
    kind: Kind,
    code: &'static str,
    public: String,
}

impl From<Failure> for Error {
    fn from(Failure { kind, code, public }: Failure) -> Self {
        Self::new(kind, code, public)
    }
}

impl Flights {
    /// The right to renew, or the end of whoever has it.
    pub(crate) async fn enter(&self, credential: CredentialId) -> Turn {
        let mut over = match self.lock().entry(credential) {
            Entry::Occupied(taken) => taken.get().clone(),
            Entry::Vacant(free) => {
                let (over, waiting) = watch::channel(None);
                free.insert(waiting);
                return Turn::Mine(Flight { flights: self.clone(), credential, over });
            }
        };
        // An error is its end without a failure.
        drop(over.changed().await);
        Turn::Over(over.borrow().clone())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Those who wait get the same.
    pub(crate) fn fail(&self, error: &Error) {
        let failure = Failure { kind: error.kind, code: error.code, public: error.public.to_string() };
        self.over.send_replace(Some(failure));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.credential);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_at_a_time_and_none_is_left_behind() {
        let flights = Flights::default();
        let credential = CredentialId::new();
        let inside = Arc::new(AtomicUsize::new(0));
        let visits = (0..100).map(|_| {
            let (flights, inside) = (flights.clone(), Arc::clone(&inside));
            tokio::spawn(async move {
                loop {
                    let Turn::Mine(flight) = flights.enter(credential).await else { continue };
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(flight);
                    break;
                }
            })
        });
        for visit in visits.collect::<Vec<_>>() {
            visit.await.unwrap();
        }
        assert!(flights.lock().is_empty());
    }

    #[tokio::test]
    async fn those_who_wait_go_on_together_and_hear_of_a_failure() {
        let flights = Flights::default();
        let credential = CredentialId::new();
        for fails in [false, true] {
            let Turn::Mine(flight) = flights.enter(credential).await else { panic!("nobody has it") };
            // Another credential's is its own.
            assert!(matches!(flights.enter(CredentialId::new()).await, Turn::Mine(_)));
            let waiting = futures_util::future::join_all((0..10).map(|_| flights.enter(credential)));
            let (woken, ()) = tokio::join!(waiting, async {
                tokio::task::yield_now().await;
                if fails {
                    flight.fail(&Error::conflict("told", "to all"));
                }
                drop(flight);
            });
            for turn in woken {
                let Turn::Over(failure) = turn else { panic!("two have it") };
                assert_eq!(failure.map(|failure| Error::from(failure).code), fails.then_some("told"));
            }
        }
        assert!(flights.lock().is_empty());
    }
}
