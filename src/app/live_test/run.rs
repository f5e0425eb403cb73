//! Testing by hand: what is stored, or what would be. Keeps the attempt, and the check of what is stored.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::connection::ConnectionUpdate;
use crate::app::credential::Held;
use crate::app::credential::OwnerRef;
use crate::app::credential::fetch::not_authorized;
use crate::app::layers::Described;
use crate::app::live_test::Found;
use crate::app::live_test::Subject;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::StoredStatus;
use crate::model::live_test::Verdict;
use crate::model::live_test::is_testable;
use crate::model::oauth::renew::needs_no_person;
use crate::model::oauth::renew::obtains_tokens;
use crate::model::values::Edit;
use crate::model::values::OwnerKind;
use crate::store;
use crate::store::conn::Conn;

/// What of a connection is tested.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whose credential; `inputs` are its values then. Absent: the organization's where one serves all, else the test
    /// runner's, and `inputs` are the connection's global values.
    pub owner: Option<OwnerRef>,
    /// Laid over what is stored, and not saved.
    pub inputs: BTreeMap<String, Edit>,
}

/// A test that can begin. Holds secrets: no `Debug`.
struct Ready {
    subject: Subject,
    owner: OwnerKind,
    /// These are the values that are stored for a credential, unchanged.
    is_stored: bool,
}

impl App {
    /// Tests a connection for somebody. A stored secret is tried only where it was entered for.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`, `invalid_fields`, `too_many_tests`; `credential_pending`,
    /// `credential_quarantined`, `authorize_first` and `no_live_test` when nothing can be tried.
    pub async fn test_connection(&self, actor: Actor, reference: String, wanted: Wanted) -> Result<Verdict> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, by, now) = (self.clone(), actor.name(), self.clock().now());
        let ready = self.store().read(move |c| app.ready_connection(c, &actor, &reference, (wanted, now))).await?;
        self.test(ready, by).await
    }

    /// Tests a credential, with unsaved values over what is stored.
    ///
    /// # Errors
    /// Those of [`App::test_connection`].
    pub async fn test_credential(
        &self,
        actor: Actor,
        id: CredentialId,
        inputs: BTreeMap<String, Edit>,
    ) -> Result<Verdict> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, by, now) = (self.clone(), actor.name(), self.clock().now());
        let ready = self.store().read(move |c| {
            let tenant = actor.tenant.id;
            let held = app.held(c, tenant, id)?;
            app.test_budgets().take(held.credential.connection_id, now)?;
            app.ready_credential(c, tenant, held, (&inputs, true))
        });
        self.test(ready.await?, by).await
    }

    fn ready_connection(
        &self,
        c: &mut Conn,
        actor: &Actor,
        reference: &str,
        (wanted, now): (Wanted, Instant),
    ) -> Result<Ready> {
        let tenant = actor.tenant.id;
        let mut described = self.describe(c, tenant, reference)?;
        self.test_budgets().take(described.connection.id, now)?;
        if let Some(reference) = &wanted.owner {
            let (kind, found) = self.choose(c, tenant, &described, reference)?;
            let is_stored = found.is_some();
            let connection = described.connection.id;
            let blank = |owner, name: &str| Credential::blank(connection, owner, name, now);
            let credential = match (found, kind) {
                (Some(credential), _) => credential,
                (None, OwnerKind::Test) => blank(Owner::Test, Credential::DEFAULT_NAME),
                (None, OwnerKind::Organization) => blank(Owner::Organization, Credential::DEFAULT_NAME),
                (None, OwnerKind::Customer) => {
                    let (owner, name) = self.owner(c, tenant, reference)?;
                    blank(owner, name.as_deref().unwrap_or(Credential::DEFAULT_NAME))
                }
            };
            return self.ready_credential(c, tenant, Held { described, credential }, (&wanted.inputs, is_stored));
        }
        let update = ConnectionUpdate { inputs: wanted.inputs, ..ConnectionUpdate::default() };
        let is_changed = !self.change_connection(c, actor, &mut described, update)?.is_empty();
        let (kind, owner) = match described.connection.scope {
            Scope::OrganizationGlobal => (OwnerKind::Organization, Owner::Organization),
            _ => (OwnerKind::Test, Owner::Test),
        };
        let own = store::credential::list_of_owner(c, tenant, described.connection.id, owner)?;
        self.ready(c, (tenant, described), (kind, own.first()), !is_changed)
    }

    fn ready_credential(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        mut held: Held,
        (inputs, is_stored): (&BTreeMap<String, Edit>, bool),
    ) -> Result<Ready> {
        let is_changed = !self.edit_credential(c, tenant, &mut held, inputs)?.is_empty();
        let owner = held.credential.owner.kind();
        let is_stored = is_stored && !is_changed;
        self.ready(c, (tenant, held.described), (owner, Some(&held.credential)), is_stored)
    }

    fn ready(
        &self,
        c: &mut Conn,
        (tenant, described): (TenantId, Described),
        (owner, credential): (OwnerKind, Option<&Credential>),
        is_stored: bool,
    ) -> Result<Ready> {
        let kind = described.kind()?;
        if !is_testable(kind) {
            let message = format!("{} has no live test: there is nothing to ask it over HTTP", kind.label);
            return Err(Error::conflict("no_live_test", message));
        }
        let Some(subject) = self.test_subject(c, tenant, &described, (owner, credential))? else {
            return Err(self.incomplete(c, (tenant, described), (owner, credential.cloned()))?);
        };
        if obtains_tokens(&kind.auth) && !needs_no_person(&kind.auth) {
            if !is_stored {
                let message = "somebody must authorize with these values before they can be tested: save them first";
                return Err(Error::conflict("authorize_first", message));
            }
            if self.lacks_consent(c, tenant, (kind, credential))? {
                return Err(not_authorized(&described));
            }
        }
        Ok(Ready { subject, owner, is_stored: is_stored && credential.is_some() })
    }

    /// Why there is nothing to try.
    fn incomplete(
        &self,
        c: &mut Conn,
        (tenant, described): (TenantId, Described),
        (owner, credential): (OwnerKind, Option<Credential>),
    ) -> Result<Error> {
        let key = described.connection.stable_key.clone();
        let shown = self.view_values(c, tenant, described, (Some(owner), credential))?;
        let names: Vec<&str> = shown.values.missing.iter().map(|missing| missing.key.as_str()).collect();
        let is_quarantined =
            shown.values.missing.iter().any(|missing| missing.state == crate::model::values::State::Quarantined);
        let names = names.join(", ");
        Ok(if is_quarantined {
            let message =
                format!("where the secrets of `{key}` are sent changed since they were entered; enter again: {names}");
            Error::conflict("credential_quarantined", message)
        } else {
            Error::conflict("credential_pending", format!("`{key}` lacks values: {names}"))
        })
    }

    async fn test(&self, ready: Ready, by: String) -> Result<Verdict> {
        let subject = &ready.subject;
        let kind = subject.described.kind()?;
        let found = match subject.credential {
            Some(credential) if !needs_no_person(&kind.auth) && obtains_tokens(&kind.auth) => {
                self.try_authorized(subject, credential).await?
            }
            _ => self.try_values(subject, None).await?.ok_or_else(|| Error::bug("a test tried nothing"))?,
        };
        let verdict = found.verdict.clone();
        if ready.is_stored {
            self.keep_by_hand(ready, found, by).await?;
        } else {
            self.log_attempt(subject, &found).await?;
        }
        Ok(verdict)
    }

    /// The check of what is stored, unless it was changed meanwhile. That it works again is told to everybody; that it
    /// does not is for the schedule to see twice.
    async fn keep_by_hand(&self, ready: Ready, found: Found, by: String) -> Result<()> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let Some((held, is_same)) = app.still(tx, &ready.subject, ready.owner)? else { return Ok(()) };
                let (tenant, credential) = (ready.subject.tenant, &held.credential);
                let place = (credential.connection_id, Some(credential.id));
                store::attempt::append(tx, tenant, &found.attempt(place, now))?;
                if !is_same {
                    return Ok(());
                }
                app.keep_found(tx, (tenant, credential.id), (&held.described, &found), now)?;
                if found.verdict.is_ok() && credential.status == StoredStatus::Error {
                    let health = (StoredStatus::Active, by.as_str(), "the live test passes again");
                    app.set_health(tx, (tenant, now), (&held.described, credential), health)?;
                }
                Ok(())
            })
            .await
    }

    /// The credential as it is stored by now, and whether it still gives the values that were tested.
    pub(super) fn still(&self, c: &mut Conn, subject: &Subject, owner: OwnerKind) -> Result<Option<(Held, bool)>> {
        let Some(id) = subject.credential else { return Ok(None) };
        if store::credential::find(c, subject.tenant, id)?.is_none() {
            return Ok(None);
        }
        let held = self.held(c, subject.tenant, id)?;
        let now = self.test_subject(c, subject.tenant, &held.described, (owner, Some(&held.credential)))?;
        let is_same = now.is_some_and(|now| now.is_same(subject));
        Ok(Some((held, is_same)))
    }
}
