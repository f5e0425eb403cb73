//! Entering and changing credentials. Values that complete one are tested before they are stored.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::By;
use crate::app::credential::CredentialUpdate;
use crate::app::credential::Held;
use crate::app::credential::NewCredential;
use crate::app::credential::check_owner;
use crate::app::credential::require_rank;
use crate::app::layers::Described;
use crate::app::live_test::save::Proof;
use crate::app::live_test::save::Saving;
use crate::app::live_test::save::Values;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::credential::Credential;
use crate::model::credential::StoredStatus;
use crate::model::user::label_error;
use crate::model::values::Edit;
use crate::model::values::FieldChange;
use crate::model::values::Layer;
use crate::model::values::Side;
use crate::model::values::apply_edits;
use crate::model::values::edit::Context;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Enters a credential for an owner that has none of this name.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`, `credential_exists`, `invalid_fields`, `live_test_failed`,
    /// `live_test_required`.
    pub async fn create_credential(&self, actor: Actor, new: NewCredential) -> Result<Held> {
        actor.require(Permission::CredentialsWrite)?;
        require_leave(&actor, new.without_test)?;
        let app = self.clone();
        self.save_tested(move |tx, proof| app.enter_credential(tx, &actor, &new, proof)).await
    }

    pub(crate) fn enter_credential(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        new: &NewCredential,
        proof: Option<&Proof>,
    ) -> Result<Saving<Held>> {
        let (tenant, now) = (actor.tenant.id, self.clock().now());
        let described = self.describe(tx, tenant, &new.connection)?;
        let (owner, name) = self.owner(tx, tenant, &new.owner)?;
        require_rank(actor, owner)?;
        check_owner(&described, owner.kind())?;
        let name = name.unwrap_or_else(|| Credential::DEFAULT_NAME.to_owned());
        let credential = Credential::blank(described.connection.id, owner, name.trim(), now);
        let mut held = Held { described, credential };
        let mut changes = self.edit_credential(tx, tenant, &mut held, &new.inputs)?;
        store::credential::insert(tx, tenant, &held.credential)?;
        let values = values(tenant, &held, new.without_test);
        let clearance = match self.clear(tx, &values, proof)? {
            Ok(clearance) => clearance,
            Err(subject) => return Ok(Saving::Test(subject)),
        };
        changes.extend(clearance.note());
        self.unmark_placeholder(tx, tenant, &held.described, now)?;
        self.record_credential(tx, By::new(actor, now), &held, ("credential.created", &changes))?;
        self.keep_clearance(tx, &values, &clearance, now)?;
        Ok(Saving::Done(held))
    }

    /// Changes a credential's values, name or switch.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`, `invalid_fields`, `live_test_failed`, `live_test_required`.
    pub async fn update_credential(
        &self,
        actor: Actor,
        id: CredentialId,
        expected_version: Option<i64>,
        update: CredentialUpdate,
    ) -> Result<Held> {
        let only_switch = update.name.is_none() && update.inputs.is_empty();
        // Whoever may change everything may switch too.
        if !(only_switch && actor.may(Permission::ConnectionsSwitch)) {
            actor.require(Permission::CredentialsWrite)?;
        }
        require_leave(&actor, update.without_test)?;
        let app = self.clone();
        self.save_tested(move |tx, proof| app.put_credential(tx, &actor, (id, expected_version), (&update, proof)))
            .await
    }

    fn put_credential(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        (id, expected_version): (CredentialId, Option<i64>),
        (update, proof): (&CredentialUpdate, Option<&Proof>),
    ) -> Result<Saving<Held>> {
        let (tenant, now) = (actor.tenant.id, self.clock().now());
        let mut held = self.held(tx, tenant, id)?;
        let old = held.credential.clone();
        require_rank(actor, old.owner)?;
        if expected_version.is_some_and(|version| version != old.version) {
            return Err(store::connection::version_mismatch());
        }
        if let Some(name) = &update.name {
            name.trim().clone_into(&mut held.credential.name);
        }
        let mut changes = self.edit_credential(tx, tenant, &mut held, &update.inputs)?;
        let clearance = if changes.is_empty() {
            None
        } else {
            match self.clear(tx, &values(tenant, &held, update.without_test), proof)? {
                Ok(clearance) => Some(clearance),
                Err(subject) => return Ok(Saving::Test(subject)),
            }
        };
        let credential = &mut held.credential;
        if let Some(clearance) = &clearance {
            credential.status = clearance.status(credential.status);
            changes.extend(clearance.note());
        }
        if let Some(is_enabled) = update.is_enabled {
            credential.status = switched(credential.status, is_enabled);
        }
        changes.extend(FieldChange::of("name", old.name, credential.name.clone()));
        changes.extend(FieldChange::of("status", old.status.as_str(), credential.status.as_str()));
        if !changes.is_empty() {
            store::credential::update(tx, tenant, credential, now)?;
            credential.version += 1;
            credential.updated_at = now;
            self.record_credential(tx, By::new(actor, now), &held, ("credential.changed", &changes))?;
        }
        if let Some(clearance) = &clearance {
            self.keep_clearance(tx, &values(tenant, &held, update.without_test), clearance, now)?;
        }
        Ok(Saving::Done(held))
    }

    /// Edits a credential in memory; its secrets are sealed, nothing is written.
    pub(crate) fn edit_credential(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        Held { described, credential }: &mut Held,
        edits: &BTreeMap<String, Edit>,
    ) -> Result<Vec<FieldChange>> {
        let context = Context {
            kind: described.kind()?,
            scope: described.connection.scope,
            side: Side::Organization,
            layer: Layer::Credential(credential.owner.kind()),
            global: &described.connection.inputs,
            current: &credential.inputs,
        };
        let mut wrong: Vec<FieldError> = label_error("name", &credential.name, 120).into_iter().collect();
        let edited = match apply_edits(&context, edits) {
            Ok(edited) if wrong.is_empty() => edited,
            Ok(_) => return Err(Error::of_fields(wrong).unwrap_or_else(|| Error::bug("no wrong field"))),
            Err(errors) => {
                wrong.extend(errors);
                return Err(Error::of_fields(wrong).unwrap_or_else(|| Error::bug("no wrong field")));
            }
        };
        if !edited.secrets.is_empty() {
            let current = self.own_secrets(c, tenant, credential)?;
            credential.sealed = self.reseal(c, tenant, ("credentials", credential.id.0), (current, edited.secrets))?;
        }
        credential.inputs = edited.inputs;
        Ok(edited.changes)
    }

    /// A placeholder that somebody filled in is one no longer.
    pub(crate) fn unmark_placeholder(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        described: &Described,
        now: Instant,
    ) -> Result<()> {
        if !described.connection.is_placeholder {
            return Ok(());
        }
        let mut connection = described.connection.clone();
        connection.is_placeholder = false;
        store::connection::update(tx, tenant, &connection, now)
    }
}

/// Saving untested is the builders' choice.
pub(crate) fn require_leave(actor: &Actor, without_test: bool) -> Result<()> {
    if without_test { actor.require(Permission::ConnectionsWrite) } else { Ok(()) }
}

fn values(tenant: TenantId, held: &Held, without_test: bool) -> Values<'_> {
    let credential = Some(&held.credential);
    Values { tenant, described: &held.described, owner: held.credential.owner.kind(), credential, without_test }
}

fn switched(status: StoredStatus, is_enabled: bool) -> StoredStatus {
    match (status, is_enabled) {
        (_, false) => StoredStatus::Disabled,
        (StoredStatus::Disabled, true) => StoredStatus::Active,
        (other, true) => other,
    }
}
