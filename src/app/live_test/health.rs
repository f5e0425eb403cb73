//! Tests that come by themselves: stored credentials, one interval after their last test.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::App;
use crate::app::live_test::Found;
use crate::app::live_test::Subject;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::credential::Check;
use crate::model::credential::StoredStatus;
use crate::model::live_test::Outcome;
use crate::model::live_test::is_testable;
use crate::model::oauth::renew::needs_no_person;
use crate::model::oauth::renew::obtains_tokens;
use crate::model::values::OwnerKind;
use crate::store;

/// Whoever tests by itself is named so in histories.
const ACTOR: &str = "keyway (health check)";
/// How many are tested at a time, so that a slow third party holds back none of the others.
const AT_ONCE: usize = 8;
/// How many are taken at once.
const BATCH: i64 = 64;
/// Until then nobody else tests what was taken. Longer than a batch takes when everybody is silent.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(30);

impl App {
    /// Tests some credentials whose check is due; whether more may be waiting. Nothing, when checks are switched off.
    ///
    /// # Errors
    /// When the database fails; what fails for one credential is logged.
    pub async fn check_due_credentials(&self) -> Result<bool> {
        if self.checks().is_none() {
            return Ok(false);
        }
        let now = self.clock().now();
        let due = self.store().write(move |tx| store::check::take_due(tx, now, now + TAKEN_FOR, BATCH)).await?;
        let is_full = i64::try_from(due.len()).is_ok_and(|taken| taken == BATCH);
        let (slots, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for (tenant, credential) in due {
            let (app, slots) = (self.clone(), Arc::clone(&slots));
            running.spawn(async move {
                let _slot = slots.acquire_owned().await;
                if let Err(error) = app.check_credential(tenant, credential).await {
                    tracing::warn!(%credential, code = error.code, cause = ?error.source, "a health check failed: {error}");
                }
            });
        }
        while running.join_next().await.is_some() {}
        Ok(is_full)
    }

    async fn check_credential(&self, tenant: TenantId, id: CredentialId) -> Result<()> {
        let app = self.clone();
        let ready = self.store().read(move |c| {
            let held = app.held(c, tenant, id)?;
            let (owner, kind) = (held.credential.owner.kind(), held.described.kind()?);
            let by_person = obtains_tokens(&kind.auth) && !needs_no_person(&kind.auth);
            let can_test = is_testable(kind) && !app.lacks_consent(c, tenant, (kind, Some(&held.credential)))?;
            let subject = app.test_subject(c, tenant, &held.described, (owner, Some(&held.credential)))?;
            Ok(subject.filter(|_| can_test).map(|subject| (subject, owner, by_person)))
        });
        let next = self.next_check(self.clock().now())?;
        let Some((subject, owner, by_person)) = ready.await? else {
            return self.store().write(move |tx| store::check::postpone(tx, tenant, id, next)).await;
        };
        let found = match by_person {
            true => match self.try_authorized(&subject, id).await {
                // Where its tokens would go changed: nothing is tried until that is put right.
                Err(error) if error.code == "credential_quarantined" => None,
                found => Some(found?),
            },
            false => self.try_stored(&subject, id).await?,
        };
        match found {
            Some(found) => self.keep_health(subject, owner, found).await,
            None => self.store().write(move |tx| store::check::postpone(tx, tenant, id, next)).await,
        }
    }

    async fn keep_health(&self, subject: Subject, owner: OwnerKind, found: Found) -> Result<()> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                // Values that were changed meanwhile have a check of their own.
                let Some((held, true)) = app.still(tx, &subject, owner)? else { return Ok(()) };
                let (tenant, credential) = (subject.tenant, &held.credential);
                let before = store::check::find(tx, tenant, credential.id)?;
                let place = (credential.connection_id, Some(credential.id));
                store::attempt::append(tx, tenant, &found.attempt(place, now))?;
                app.keep_found(tx, (tenant, credential.id), (&held.described, &found), now)?;
                match next_status(credential.status, before.as_ref(), found.verdict.outcome) {
                    None => Ok(()),
                    Some(status) => {
                        let health = (status, ACTOR, found.verdict.outcome.as_str());
                        app.set_health(tx, (tenant, now), (&held.described, credential), health)
                    }
                }
            })
            .await
    }
}

/// A refusal counts when it comes twice in a row; what passes by itself changes nothing.
fn next_status(status: StoredStatus, before: Option<&Check>, outcome: Outcome) -> Option<StoredStatus> {
    let was_refused = before.is_some_and(|check| {
        Outcome::FAILURES.iter().any(|known| known.is_refusal() && known.as_str() == check.outcome)
    });
    match status {
        StoredStatus::Active if outcome.is_refusal() && was_refused => Some(StoredStatus::Error),
        StoredStatus::Error if outcome == Outcome::Ok => Some(StoredStatus::Active),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn two_refusals_in_a_row_make_an_error_and_a_success_ends_it() {
        use Outcome::AccessDenied;
        use Outcome::AuthenticationRejected;
        use Outcome::Ok;
        use Outcome::ServerError;
        use StoredStatus::Active;
        use StoredStatus::Error;
        for (status, before, outcome, next) in [
            (Active, Ok, AuthenticationRejected, None),
            (Active, AuthenticationRejected, AccessDenied, Some(Error)),
            (Active, AccessDenied, AccessDenied, Some(Error)),
            (Active, ServerError, AuthenticationRejected, None),
            (Active, AuthenticationRejected, ServerError, None),
            (Error, AccessDenied, ServerError, None),
            (Error, AccessDenied, AccessDenied, None),
            (Error, ServerError, Ok, Some(Active)),
            (StoredStatus::Disabled, AccessDenied, AccessDenied, None),
            (StoredStatus::ReauthorizationRequired, AccessDenied, Ok, None),
        ] {
            let check = Check {
                checked_at: DateTime::UNIX_EPOCH,
                outcome: before.as_str().to_owned(),
                message: String::new(),
                next_check_at: None,
            };
            assert_eq!(next_status(status, Some(&check), outcome), next, "{status:?} {before:?} {outcome:?}");
        }
        assert_eq!(next_status(Active, None, AccessDenied), None);
    }
}
