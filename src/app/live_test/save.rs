//! Testing before saving. What is to be saved is rehearsed in a transaction that is rolled back, tested with no database
//! connection held, then saved in a transaction that finds the very same values again, or the test is made anew.

use std::sync::Arc;

use crate::app::App;
use crate::app::layers::Described;
use crate::app::live_test::Found;
use crate::app::live_test::Subject;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::component::LiveTestPolicy;
use crate::model::credential::Check;
use crate::model::credential::Credential;
use crate::model::credential::StoredStatus;
use crate::model::live_test::Failed;
use crate::model::live_test::is_testable;
use crate::model::oauth::renew::needs_no_person;
use crate::model::oauth::renew::obtains_tokens;
use crate::model::values::FieldChange;
use crate::model::values::OwnerKind;
use crate::store;
use crate::store::conn::Conn;
use crate::store::connection::version_mismatch;

/// How often values that change while they are tested are tested again.
const ROUNDS: usize = 3;

/// Values that passed, and how. No `Debug`.
pub(crate) struct Proof {
    subject: Subject,
    found: Found,
}

/// What came of trying to save.
pub(crate) enum Saving<T> {
    Done(T),
    /// Nothing was saved: this has to be tested first.
    Test(Box<Subject>),
}

/// Values about to be saved, as they would be.
pub(crate) struct Values<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) described: &'a Described,
    pub(crate) owner: OwnerKind,
    /// Absent: the organization has none, and the connection's own values are enough.
    pub(crate) credential: Option<&'a Credential>,
    pub(crate) without_test: bool,
}

/// Why values may be saved.
pub(crate) enum Clearance<'p> {
    /// Something is missing, or waits to be entered again.
    Incomplete,
    /// Tested when somebody authorizes.
    AtAuthorization,
    /// There is no test for them.
    Untestable,
    /// Somebody chose so.
    Skipped,
    Passed(&'p Proof),
}

impl Clearance<'_> {
    /// What the history says besides.
    pub(crate) fn note(&self) -> Option<FieldChange> {
        let is_skipped = matches!(self, Self::Skipped);
        is_skipped.then(|| FieldChange::of("live_test", serde_json::Value::Null, "saved without a live test")).flatten()
    }

    /// The status that goes with the new values.
    pub(crate) fn status(&self, old: StoredStatus) -> StoredStatus {
        match (self, old) {
            (Self::Passed(_), StoredStatus::Error | StoredStatus::ReauthorizationRequired) => StoredStatus::Active,
            _ => old,
        }
    }
}

impl App {
    /// Saves what needs a test only once it passed. `save` runs several times, each in a transaction of its own; it says by
    /// [`App::clear`] whether the test is done, and only [`Saving::Done`] is committed.
    ///
    /// # Errors
    /// Those of `save`; `live_test_failed`; `version_mismatch` when the values kept changing.
    pub(crate) async fn save_tested<T: Send + 'static>(
        &self,
        save: impl Fn(&mut Conn, Option<&Proof>) -> Result<Saving<T>> + Send + Sync + 'static,
    ) -> Result<T> {
        let save = Arc::new(save);
        let mut proof = None;
        for _ in 0..=ROUNDS {
            let (save, given) = (Arc::clone(&save), proof.take());
            let saving = self.store().write_if(move |tx| {
                let saving = save(tx, given.as_ref())?;
                Ok((matches!(saving, Saving::Done(_)), saving))
            });
            match saving.await? {
                Saving::Done(done) => return Ok(done),
                Saving::Test(subject) => proof = Some(self.try_out(*subject).await?),
            }
        }
        Err(version_mismatch())
    }

    async fn try_out(&self, subject: Subject) -> Result<Proof> {
        let found = self.try_values(&subject, None).await?;
        let found = found.ok_or_else(|| Error::bug("a test without a request was asked for"))?;
        if found.verdict.is_ok() {
            return Ok(Proof { subject, found });
        }
        self.log_attempt(&subject, &found).await?;
        Err(Failed::error(found.verdict))
    }

    /// Whether values may be saved as they are now; `Err`: what has to be tested first.
    ///
    /// # Errors
    /// `live_test_required` when somebody wants to save untested what must be tested.
    pub(crate) fn clear<'p>(
        &self,
        c: &mut Conn,
        values: &Values<'_>,
        proof: Option<&'p Proof>,
    ) -> Result<Result<Clearance<'p>, Box<Subject>>> {
        let kind = values.described.kind()?;
        let Some(subject) = self.test_subject(c, values.tenant, values.described, (values.owner, values.credential))?
        else {
            return Ok(Ok(Clearance::Incomplete));
        };
        if obtains_tokens(&kind.auth) && !needs_no_person(&kind.auth) {
            return Ok(Ok(Clearance::AtAuthorization));
        }
        if !is_testable(kind) {
            return Ok(Ok(Clearance::Untestable));
        }
        if values.without_test {
            if values.described.component.live_test == LiveTestPolicy::Required {
                let label = &values.described.component.label;
                let message = format!("{label} is never saved without a live test: leave `without_test` out");
                return Err(Error::invalid("live_test_required", message));
            }
            return Ok(Ok(Clearance::Skipped));
        }
        Ok(match proof {
            Some(proof) if proof.subject.is_same(&subject) => Ok(Clearance::Passed(proof)),
            _ => Err(Box::new(subject)),
        })
    }

    /// Keeps how values came to be saved, in the transaction that saved them.
    pub(crate) fn keep_clearance(
        &self,
        tx: &mut Conn,
        values: &Values<'_>,
        clearance: &Clearance<'_>,
        now: Instant,
    ) -> Result<()> {
        let (tenant, described) = (values.tenant, values.described);
        let id = values.credential.map(|credential| credential.id);
        if let Clearance::Passed(Proof { found, .. }) = clearance {
            store::attempt::append(tx, tenant, &found.attempt((described.connection.id, id), now))?;
        }
        let Some(id) = id else { return Ok(()) };
        let untested = |message: &str, next_check_at| Check {
            checked_at: now,
            outcome: Check::UNTESTED.to_owned(),
            message: message.to_owned(),
            next_check_at,
        };
        match clearance {
            Clearance::Incomplete => Ok(()),
            Clearance::AtAuthorization => match store::check::find(tx, tenant, id)? {
                Some(_) => Ok(()),
                None => {
                    let message = "It is tested when somebody authorizes it.";
                    store::check::put(tx, tenant, id, &untested(message, None))
                }
            },
            Clearance::Untestable => {
                let message = "There is no live test for this connection type.";
                store::check::put(tx, tenant, id, &untested(message, None))
            }
            Clearance::Skipped => {
                // Tokens that other values gave are not these values'.
                if obtains_tokens(&described.kind()?.auth) {
                    self.clear_tokens(tx, tenant, id)?;
                }
                let next = self.next_check(now)?;
                store::check::put(tx, tenant, id, &untested("It was saved without a live test.", Some(next)))
            }
            Clearance::Passed(Proof { found, .. }) => self.keep_found(tx, (tenant, id), (described, found), now),
        }
    }
}
