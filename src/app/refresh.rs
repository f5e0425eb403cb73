//! Renewing tokens: one call per credential at a time over all threads, processes and nodes, and nothing that a provider
//! issued is lost.
//!
//! The order is: lease and intent committed, then the provider called with no database connection held, then the new
//! tokens committed, and only then used. Tokens are replaced by generation, so that a late answer never overwrites a newer
//! one; a lease that ran out shows by its intent what may have been spent, and nobody asks again until an answer can no
//! longer come.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::timeout_at;

use crate::app::App;
use crate::app::token::is_good;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::token::StoredTokens;
use crate::store;
use crate::store::lease::Acquired;
use crate::store::lease::Lease;

use attempt::Given;
use flights::Flight;
use flights::Turn;

mod attempt;
mod due;
pub(crate) mod flights;
mod outcome;
mod subject;

/// What the caller needs of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Good at this moment. Tokens that are due are renewed on the way, and served as they are if that fails.
    Good,
    /// Newer than a generation that the third party did not take.
    NewerThan(i64),
    /// Not due any more: the schedule's wish.
    NotDue,
}

/// How long things take at most. Settings of the deployment.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long before their end tokens are renewed, unless the manifest says otherwise.
    pub early: TimeDelta,
    /// A holder that does not show itself for so long is taken for dead.
    pub lease: TimeDelta,
    /// From the intent on: until then an answer may still come. Longer than the longest call; see [`Timing::of_calls`].
    pub answer_within: TimeDelta,
    /// How long a reader waits for a renewal, whoever makes it.
    pub wait: Duration,
    /// How long a commit of new tokens is tried again.
    pub commit_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            early: TimeDelta::minutes(5),
            lease: TimeDelta::seconds(15),
            answer_within: TimeDelta::seconds(45),
            wait: Duration::from_secs(60),
            commit_within: Duration::from_secs(600),
        }
    }
}

impl Timing {
    /// The defaults, where a call takes `timeout` at most. Half as long again is left for what comes before and after it:
    /// a request that is still on its way when its process dies must have arrived before somebody sends the same token.
    #[must_use]
    pub fn of_calls(timeout: Duration, lease: TimeDelta) -> Self {
        let answer_within = TimeDelta::from_std(timeout * 3 / 2).unwrap_or(TimeDelta::hours(1));
        Self { lease, answer_within, ..Self::default() }
    }
}

/// The credential's tokens and what happened to it lately, of one moment.
struct Look {
    stored: Option<StoredTokens>,
    next_attempt_at: Option<Instant>,
    last_error: Option<String>,
    is_ended: bool,
}

impl Look {
    fn generation(&self) -> i64 {
        self.stored.as_ref().map_or(0, |stored| stored.generation)
    }

    fn is_good(&self, now: Instant) -> bool {
        self.stored.as_ref().is_some_and(|stored| is_good(&stored.tokens, now))
    }

    fn satisfies(&self, need: Need, now: Instant) -> bool {
        let Some(stored) = &self.stored else { return false };
        let is_due = stored.refresh_at.is_some_and(|at| at <= now);
        match need {
            Need::Good | Need::NotDue => is_good(&stored.tokens, now) && !is_due,
            Need::NewerThan(generation) => stored.generation > generation && is_good(&stored.tokens, now),
        }
    }
}

impl App {
    /// The tokens of a credential, renewed first where `need` asks for it.
    ///
    /// # Errors
    /// `reauthorization_required` when a person must come again; `refresh_failed` with the provider's reason while
    /// nothing good is stored; `refresh_under_way` when a call takes too long, this process's or another's.
    pub(crate) async fn usable_tokens(
        &self,
        tenant: TenantId,
        credential: CredentialId,
        need: Need,
    ) -> Result<StoredTokens> {
        let give_up_at = tokio::time::Instant::now() + self.timing().wait;
        let mut failed = None;
        loop {
            let look = self.look(tenant, credential).await?;
            if let Some(done) = self.served(look, need)? {
                return Ok(done);
            }
            if let Some(failure) = failed.take() {
                return Err(Error::from(failure));
            }
            // Of many readers in this process one goes on; the others look again when it is done.
            let flight = match timeout_at(give_up_at, self.flights().enter(credential)).await {
                Ok(Turn::Mine(flight)) => flight,
                Ok(Turn::Over(failure)) => {
                    failed = failure;
                    continue;
                }
                Err(_elapsed) => return self.unrenewed(tenant, credential, need).await,
            };
            match timeout_at(give_up_at, self.renew_in_turn((tenant, credential), need, flight)).await {
                Ok(done) => {
                    if let Some(stored) = done? {
                        return Ok(stored);
                    }
                }
                Err(_elapsed) => return self.unrenewed(tenant, credential, need).await,
            }
        }
    }

    /// Nothing: somebody else is at it; a pause was made.
    async fn renew_in_turn(
        &self,
        (tenant, credential): (TenantId, CredentialId),
        need: Need,
        flight: Flight,
    ) -> Result<Option<StoredTokens>> {
        let look = self.look(tenant, credential).await?;
        let seen = look.generation();
        if let Some(done) = self.served(look, need)? {
            return Ok(Some(done));
        }
        let app = self.clone();
        // On its own, so that neither a caller who goes away nor a stop takes an answer with it.
        let asked = self.lasting().begin(async move {
            let given = app.renew(tenant, credential, seen).await;
            if let Err(error) | Ok(Given::Failed(error)) = &given {
                flight.fail(error);
            }
            (given, flight)
        });
        let (given, flight) = asked.await.map_err(Error::internal)?;
        let error = match given? {
            Given::Stored(stored) => return Ok(Some(*stored)),
            Given::Failed(error) => Some(error),
            Given::SomebodyElse => None,
        };
        let look = self.look(tenant, credential).await?;
        let wants_newer = matches!(need, Need::NewerThan(_));
        let is_good = look.is_good(self.clock().now());
        match (error, look.stored) {
            // A token that is good is served, whatever came of renewing it.
            (Some(_), Some(stored)) if is_good && !wants_newer => Ok(Some(stored)),
            (Some(error), _) => Err(error),
            (None, Some(stored)) if is_good && need == Need::Good => Ok(Some(stored)),
            (None, _) => {
                // Nobody else of this process asks meanwhile: those who wait look again when the pause is over.
                let pause = 50 + u64::from(u8::from_be_bytes(crate::crypto::random::<1>()?));
                tokio::time::sleep(Duration::from_millis(pause)).await;
                drop(flight);
                Ok(None)
            }
        }
    }

    /// What there is when nobody waits any longer: the renewal goes on.
    async fn unrenewed(&self, tenant: TenantId, credential: CredentialId, need: Need) -> Result<StoredTokens> {
        let look = self.look(tenant, credential).await?;
        if !matches!(need, Need::NewerThan(_)) && look.is_good(self.clock().now()) {
            return look.stored.ok_or_else(|| Error::bug("good tokens are gone"));
        }
        Err(under_way())
    }

    async fn look(&self, tenant: TenantId, credential: CredentialId) -> Result<Look> {
        let app = self.clone();
        self.store()
            .read(move |c| {
                let held = app.held(c, tenant, credential)?;
                let lease = store::lease::find(c, tenant, credential)?;
                Ok(Look {
                    stored: app.fitting_tokens(c, tenant, &held)?,
                    next_attempt_at: lease.as_ref().and_then(|lease| lease.next_attempt_at),
                    last_error: lease.and_then(|lease| lease.last_error),
                    is_ended: held.credential.status == crate::model::credential::StoredStatus::ReauthorizationRequired,
                })
            })
            .await
    }

    /// The answer, when the provider need not or must not be asked.
    fn served(&self, look: Look, need: Need) -> Result<Option<StoredTokens>> {
        let now = self.clock().now();
        if look.is_ended {
            return Err(ended());
        }
        if look.satisfies(need, now) {
            return Ok(look.stored);
        }
        if look.next_attempt_at.is_some_and(|at| at > now) {
            if look.is_good(now) && need == Need::Good {
                return Ok(look.stored);
            }
            let reason = look.last_error.as_deref().unwrap_or("the provider failed");
            return Err(failed(format!("the provider gave no tokens ({reason}); it is asked again later")));
        }
        Ok(None)
    }

    /// Takes the lease, asks, stores. Runs to its end whoever waits for it. `seen`: the generation that is not enough.
    async fn renew(&self, tenant: TenantId, credential: CredentialId, seen: i64) -> Result<Given> {
        let subject = Arc::new(self.refresh_subject(tenant, credential).await?);
        if subject.generation() != seen {
            // Another node stored new tokens since it was decided that these are needed.
            return Ok(Given::SomebodyElse);
        }
        // What was read before the lease counts only if it is still so with the lease.
        let Some(lease) = self.take_lease(tenant, credential, subject.generation()).await? else {
            return Ok(Given::SomebodyElse);
        };
        self.ask_and_store(lease, subject).await
    }

    async fn take_lease(&self, tenant: TenantId, credential: CredentialId, generation: i64) -> Result<Option<Lease>> {
        let (timing, holder) = (*self.timing(), self.node().to_owned());
        self.store()
            .write(move |tx| {
                let lease = match store::lease::acquire(tx, (tenant, credential), &holder, timing.lease)? {
                    Acquired::Held => return Ok(None),
                    Acquired::Taken(lease) => lease,
                };
                let stored = store::token::find(tx, tenant, credential)?.map_or(0, |row| row.generation);
                let may_still_answer = lease
                    .intent
                    .is_some_and(|intent| intent.generation == stored && intent.time_left > TimeDelta::zero());
                if stored != generation || may_still_answer {
                    store::lease::release(tx, &lease)?;
                    return Ok(None);
                }
                store::lease::intend(tx, &lease, generation, timing.answer_within)?;
                Ok(Some(lease))
            })
            .await
    }
}

pub(crate) fn ended() -> Error {
    Error::conflict("reauthorization_required", "somebody must authorize this connection at the provider again")
}

fn failed(message: String) -> Error {
    Error::new(Kind::Upstream, "refresh_failed", message)
}

fn under_way() -> Error {
    Error::new(
        Kind::Unavailable,
        "refresh_under_way",
        "these tokens are being renewed and there is no answer yet: try again in a moment",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_again_while_the_longest_call_may_still_be_answered() {
        let lease = TimeDelta::seconds(15);
        for seconds in [1, 30, 300] {
            let timeout = Duration::from_secs(seconds);
            let timing = Timing::of_calls(timeout, lease);
            assert!(timing.answer_within > TimeDelta::from_std(timeout).unwrap(), "{seconds} s");
        }
        let defaults = Timing::of_calls(Duration::from_secs(30), lease);
        assert_eq!(format!("{defaults:?}"), format!("{:?}", Timing::default()));
    }
}
