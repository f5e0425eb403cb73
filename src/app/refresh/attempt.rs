//! One call to a provider under a lease, and what becomes of its answer.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant as Stopwatch;

use chrono::TimeDelta;

use crate::app::App;
use crate::app::refresh::ended;
use crate::app::refresh::failed;
use crate::app::refresh::outcome::Refusal;
use crate::app::refresh::outcome::next_attempt;
use crate::app::refresh::subject::Subject;
use crate::error::Error;
use crate::error::Result;
use crate::model::attempt::Attempt;
use crate::model::token::StoredTokens;
use crate::model::token::TokenSet;
use crate::store;
use crate::store::lease::Lease;

/// The cause when a call was lost on the way and its refresh token turned out to be spent.
const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// What came of trying.
pub(super) enum Given {
    Stored(Box<StoredTokens>),
    Failed(Error),
    /// Another process is at it, or was faster.
    SomebodyElse,
}

/// One call under one lease.
#[derive(Clone)]
struct Round {
    lease: Lease,
    subject: Arc<Subject>,
    /// Of the tokens that the answer replaces.
    generation: i64,
    begun: Stopwatch,
}

impl Round {
    fn duration_ms(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

impl App {
    pub(super) async fn ask_and_store(&self, lease: Lease, subject: Arc<Subject>) -> Result<Given> {
        let round = Round { lease, generation: subject.generation(), subject, begun: Stopwatch::now() };
        let renewed = match self.while_holding(lease, self.ask_for_tokens(&round.subject)).await {
            Ok(renewed) => renewed,
            Err(refusal) => return self.keep_refusal(round, refusal).await,
        };
        let Some(next) = renewed.next else { return self.keep_tokens(round, renewed.tokens, true).await };
        // The rotated refresh token is safe before the follow-up requests are made.
        let given = self.keep_tokens(round.clone(), renewed.tokens, false).await?;
        if !matches!(given, Given::Stored(_)) {
            return Ok(given);
        }
        let round = Round { generation: round.generation + 1, ..round };
        match self.while_holding(lease, self.follow_up(&round.subject, next)).await {
            Ok(tokens) => self.keep_tokens(round, tokens, true).await,
            Err(refusal) => self.keep_refusal(round, refusal).await,
        }
    }

    /// Shows that this process lives while the provider is slow: a lease that ran out would let another one in.
    async fn while_holding<T>(&self, lease: Lease, call: impl Future<Output = T>) -> T {
        let ttl = self.timing().lease;
        let mut beat = tokio::time::interval((ttl / 3).to_std().unwrap_or(Duration::from_secs(5)));
        beat.tick().await;
        tokio::pin!(call);
        loop {
            tokio::select! {
                answer = &mut call => return answer,
                _ = beat.tick() => {
                    let renewed = self.store().write(move |tx| store::lease::renew(tx, &lease, ttl)).await;
                    if !matches!(renewed, Ok(true)) {
                        tracing::warn!(credential.id = %lease.credential, "the lease of a renewal is lost; its answer still counts");
                    }
                }
            }
        }
    }

    /// What the provider issued is in this process alone now: a commit that fails is tried again while the process lives.
    async fn keep_tokens(&self, round: Round, tokens: TokenSet, is_last: bool) -> Result<Given> {
        let give_up_at = Stopwatch::now() + self.timing().commit_within;
        let tokens = Arc::new(tokens);
        let mut pause = Duration::from_millis(50);
        loop {
            let error = match self.commit_tokens(round.clone(), Arc::clone(&tokens), is_last).await {
                Ok(given) => return Ok(given),
                Err(error) => error,
            };
            if error.code == "not_found" || Stopwatch::now() >= give_up_at {
                return Err(error);
            }
            tracing::error!(credential.id = %round.lease.credential, error = ?error.source, "new tokens are not stored yet; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn commit_tokens(&self, round: Round, tokens: Arc<TokenSet>, is_last: bool) -> Result<Given> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let Round { lease, subject, generation, .. } = &round;
                let place = (lease.tenant, lease.credential);
                let auth = &subject.kind()?.auth;
                if !app.put_tokens(tx, place, (*generation, &tokens), (auth, now))? {
                    // Somebody authorized again meanwhile: theirs are newer than the answer to ours.
                    store::lease::finish(tx, lease)?;
                    return Ok(Given::SomebodyElse);
                }
                if is_last {
                    store::lease::finish(tx, lease)?;
                    app.note_recovery(tx, subject, now)?;
                    let told = (Attempt::OK, "new tokens are stored");
                    store::attempt::append(tx, lease.tenant, &subject.attempt(told, None, (now, round.duration_ms())))?;
                } else {
                    // What was sent is answered; the follow-up requests spend nothing.
                    store::lease::intend(tx, lease, generation + 1, TimeDelta::zero())?;
                }
                let stored = app.tokens(tx, lease.tenant, lease.credential)?;
                let stored = stored.ok_or_else(|| Error::bug("tokens are gone in their own transaction"))?;
                Ok(Given::Stored(Box::new(stored)))
            })
            .await
    }

    async fn keep_refusal(&self, round: Round, refusal: Refusal) -> Result<Given> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let Round { lease, subject, generation, .. } = &round;
                let stored = store::token::find(tx, lease.tenant, lease.credential)?.map_or(0, |row| row.generation);
                if stored != *generation {
                    store::lease::release(tx, lease)?;
                    return Ok(Given::SomebodyElse);
                }
                // A refusal of what an earlier, lost call may have spent says that the loss was real.
                let is_unknown = lease.intent.is_some_and(|intent| intent.generation == stored);
                let code = if refusal.is_final && is_unknown { OUTCOME_UNKNOWN } else { refusal.code };
                let next = next_attempt(&refusal, lease.failures, now)?;
                store::lease::fail(tx, lease, (code, !refusal.may_have_acted), next)?;
                let told = (code, refusal.message.as_str());
                let attempt = subject.attempt(told, refusal.status, (now, round.duration_ms()));
                store::attempt::append(tx, lease.tenant, &attempt)?;
                if refusal.is_final {
                    app.end_authorization(tx, subject, code, now)?;
                    return Ok(Given::Failed(ended()));
                }
                Ok(Given::Failed(failed(format!("the provider gave no tokens: {}", refusal.message))))
            })
            .await
    }
}
