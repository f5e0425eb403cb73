//! Testing with tokens that are stored, renewed where they are due or the third party does not take them any more.

use crate::app::App;
use crate::app::live_test::Found;
use crate::app::live_test::Subject;
use crate::app::refresh::Need;
use crate::app::token::is_good;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::live_test;
use crate::model::live_test::Outcome;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Tests with the tokens of a person's authorization.
    pub(super) async fn try_authorized(&self, subject: &Subject, credential: CredentialId) -> Result<Found> {
        let stored = match self.usable_tokens(subject.tenant, credential, Need::Good).await {
            Ok(stored) => stored,
            Err(error) => return self.without_tokens(subject, credential, error).await,
        };
        let found = self.try_values(subject, Some(stored.tokens)).await?.ok_or_else(nothing_tried)?;
        if found.verdict.outcome != Outcome::AuthenticationRejected {
            return Ok(found);
        }
        // An access token may end before its time; what the authorization itself is worth shows by renewing it.
        match self.usable_tokens(subject.tenant, credential, Need::NewerThan(stored.generation)).await {
            Ok(fresh) => self.try_values(subject, Some(fresh.tokens)).await?.ok_or_else(nothing_tried),
            Err(error) if is_ours(&error) => Err(error),
            Err(_) => Ok(found),
        }
    }

    /// Tests values that give tokens by themselves with those that are there, and with new ones when they are not taken:
    /// a check that comes by itself asks for tokens only when it must.
    pub(super) async fn try_stored(&self, subject: &Subject, credential: CredentialId) -> Result<Option<Found>> {
        let kind = subject.described.kind()?;
        let (app, tenant) = (self.clone(), subject.tenant);
        let read = move |c: &mut Conn| {
            let held = app.held(c, tenant, credential)?;
            app.fitting_tokens(c, tenant, &held)
        };
        let stored = self.store().read(read).await?;
        let good = stored.map(|stored| stored.tokens).filter(|tokens| is_good(tokens, self.clock().now()));
        let has_requests = !kind.test_requests().is_empty();
        let found = match good.filter(|_| has_requests) {
            Some(tokens) => self.try_values(subject, Some(tokens)).await?,
            None => return self.try_values(subject, None).await,
        };
        match found {
            Some(found) if found.verdict.outcome == Outcome::AuthenticationRejected => {
                self.try_values(subject, None).await
            }
            found => Ok(found),
        }
    }

    /// What it means for a test that no tokens could be had.
    async fn without_tokens(&self, subject: &Subject, credential: CredentialId, error: Error) -> Result<Found> {
        if is_ours(&error) {
            return Err(error);
        }
        let tenant = subject.tenant;
        let lease = self.store().read(move |c| store::lease::find(c, tenant, credential)).await?;
        let last = lease.and_then(|lease| lease.last_error);
        let code = match error.kind {
            Kind::Upstream => last.as_deref().unwrap_or(error.code),
            _ => error.code,
        };
        let kind = subject.described.kind()?;
        let verdict = live_test::verdict(kind, live_test::of_renewal(code), None, Some(&error.public));
        Ok(Found { verdict, tokens: None, duration_ms: 0 })
    }
}

/// Failures that say nothing about the third party.
fn is_ours(error: &Error) -> bool {
    !matches!(error.kind, Kind::Upstream) && error.code != "reauthorization_required"
}

fn nothing_tried() -> Error {
    Error::bug("a test tried nothing")
}
