//! Making and changing connections. Global values that complete the organization's one account are tested before they
//! are stored.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::By;
use crate::app::connection::ConnectionUpdate;
use crate::app::connection::NewConnection;
use crate::app::credential::NewCredential;
use crate::app::credential::OwnerRef;
use crate::app::credential::save::require_leave;
use crate::app::layers::Described;
use crate::app::live_test::save::Proof;
use crate::app::live_test::save::Saving;
use crate::app::live_test::save::Values;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::values::Edit;
use crate::model::values::FieldChange;
use crate::model::values::OwnerKind;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Makes a connection; pins the tenant to the component's current version when it is its first.
    ///
    /// # Errors
    /// `forbidden`, `unknown_component`, `unknown_connection_type`, `stable_key_taken`, `invalid_fields`,
    /// `live_test_failed`, `live_test_required`.
    pub async fn create_connection(&self, actor: Actor, new: NewConnection) -> Result<Described> {
        actor.require(Permission::ConnectionsWrite)?;
        let app = self.clone();
        self.save_tested(move |tx, proof| app.make_connection(tx, &actor, new.clone(), proof)).await
    }

    /// Makes a connection together with its test runner's credential: both, or neither.
    ///
    /// # Errors
    /// Those of [`App::create_connection`] and [`App::create_credential`].
    pub async fn create_connection_with_test(
        &self,
        actor: Actor,
        new: NewConnection,
        test: BTreeMap<String, Edit>,
    ) -> Result<Described> {
        actor.require(Permission::ConnectionsWrite)?;
        actor.require(Permission::CredentialsWrite)?;
        let app = self.clone();
        self.save_tested(move |tx, proof| {
            let without_test = new.without_test;
            let described = match app.make_connection(tx, &actor, new.clone(), proof)? {
                Saving::Done(described) => described,
                untested => return Ok(untested),
            };
            let connection = described.connection.id.to_string();
            let credential = NewCredential { connection, owner: OwnerRef::Test, inputs: test.clone(), without_test };
            Ok(match app.enter_credential(tx, &actor, &credential, proof)? {
                Saving::Done(held) => Saving::Done(held.described),
                Saving::Test(subject) => Saving::Test(subject),
            })
        })
        .await
    }

    fn make_connection(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        new: NewConnection,
        proof: Option<&Proof>,
    ) -> Result<Saving<Described>> {
        let (tenant, now) = (actor.tenant.id, self.clock().now());
        store::tenant::bump_revision(tx, tenant)?;
        let (scope, without_test) = (new.scope, new.without_test);
        let described = self.new_connection(tx, actor, new, now)?;
        if scope == Scope::OrganizationCustomer && described.kind()?.auth.needs_consent() {
            let message = "somebody at the customer authorizes at the provider: use customer, or organization_global";
            let wrong = vec![FieldError::new("scope", "needs_consent", message)];
            return Err(Error::of_fields(wrong).unwrap_or_else(|| Error::bug("no wrong field")));
        }
        let mut changes = FieldChange::of_new(&described.connection.inputs);
        if scope == Scope::OrganizationGlobal {
            let values = values(tenant, &described, None, without_test);
            let clearance = match self.clear(tx, &values, proof)? {
                Ok(clearance) => clearance,
                Err(subject) => return Ok(Saving::Test(subject)),
            };
            changes.extend(clearance.note());
            self.keep_clearance(tx, &values, &clearance, now)?;
        }
        self.record(tx, By::new(actor, now), &described.connection, ("connection.created", &changes))?;
        Ok(Saving::Done(described))
    }

    /// Changes a connection. `expected_version`: the one that was read; a newer one refuses the change.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`, `invalid_fields`, `live_test_failed`, `live_test_required`.
    pub async fn update_connection(
        &self,
        actor: Actor,
        reference: String,
        expected_version: Option<i64>,
        update: ConnectionUpdate,
    ) -> Result<Described> {
        let needed = if update.only_switches() { Permission::ConnectionsSwitch } else { Permission::ConnectionsWrite };
        if !(needed == Permission::ConnectionsSwitch && actor.may(Permission::ConnectionsWrite)) {
            actor.require(needed)?;
        }
        require_leave(&actor, update.without_test)?;
        let app = self.clone();
        self.save_tested(move |tx, proof| {
            let tenant = actor.tenant.id;
            store::tenant::bump_revision(tx, tenant)?;
            let described = app.describe(tx, tenant, &reference)?;
            if expected_version.is_some_and(|version| version != described.connection.version) {
                return Err(store::connection::version_mismatch());
            }
            app.change_and_put(tx, &actor, described, (update.clone(), proof))
        })
        .await
    }

    fn change_and_put(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        mut described: Described,
        (update, proof): (ConnectionUpdate, Option<&Proof>),
    ) -> Result<Saving<Described>> {
        let (tenant, now, without_test) = (actor.tenant.id, self.clock().now(), update.without_test);
        let mut changes = self.change_connection(tx, actor, &mut described, update)?;
        let is_tested = described.connection.scope == Scope::OrganizationGlobal && changes.iter().any(is_of_value);
        if is_tested {
            let own = store::credential::list_of_owner(tx, tenant, described.connection.id, Owner::Organization)?;
            let own = own.first();
            let values = values(tenant, &described, own, without_test);
            let clearance = match self.clear(tx, &values, proof)? {
                Ok(clearance) => clearance,
                Err(subject) => return Ok(Saving::Test(subject)),
            };
            changes.extend(clearance.note());
            self.keep_clearance(tx, &values, &clearance, now)?;
            if let Some(credential) = own {
                let status = clearance.status(credential.status);
                if status != credential.status {
                    let why = (status, actor.name(), "its values were changed and tested");
                    self.set_health(tx, (tenant, now), (&described, credential), (why.0, &why.1, why.2))?;
                }
            }
        }
        self.put_connection(tx, actor, &mut described, (&changes, now))?;
        Ok(Saving::Done(described))
    }

    fn put_connection(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        described: &mut Described,
        (changes, now): (&[FieldChange], Instant),
    ) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let connection = &mut described.connection;
        store::connection::update(tx, actor.tenant.id, connection, now)?;
        connection.version += 1;
        connection.updated_at = now;
        self.record(tx, By::new(actor, now), connection, ("connection.changed", changes))
    }
}

/// The organization's one account.
fn values<'a>(
    tenant: TenantId,
    described: &'a Described,
    credential: Option<&'a Credential>,
    without_test: bool,
) -> Values<'a> {
    Values { tenant, described, owner: OwnerKind::Organization, credential, without_test }
}

/// Whether a value changed, and not only who sets it or whether it travels.
fn is_of_value(change: &FieldChange) -> bool {
    change.field.strip_prefix("inputs.").is_some_and(|key| !key.ends_with(".managed_by") && !key.ends_with(".shared"))
}
