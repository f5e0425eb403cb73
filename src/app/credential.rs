//! Entering, changing and removing credentials; effective values; what runtimes fetch.

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::App;
use crate::app::By;
use crate::app::layers::Described;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::connection::HistoryEntry;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::StoredStatus;
use crate::model::user::label_error;
use crate::model::values::Edit;
use crate::model::values::FieldChange;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::OwnerKind;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::apply_edits;
use crate::model::values::edit::Context;
use crate::store;
use crate::store::conn::Conn;

pub mod answer;
mod cache;
pub mod effective;
pub(crate) mod equip;
pub mod fetch;
pub mod hot;
pub mod tokens;

pub(super) use cache::Answers;

/// Whose credential is meant, as callers name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerRef {
    /// By the vendor's own id of the customer, or ours; which of its credentials, when it has several.
    Customer {
        customer: String,
        name: Option<String>,
    },
    Organization,
    Test,
}

/// A credential to be entered.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// Id, stable key or alias.
    pub connection: String,
    pub owner: OwnerRef,
    pub inputs: BTreeMap<String, Edit>,
}

/// What changes; absent stays.
#[derive(Debug, Clone, Default)]
pub struct CredentialUpdate {
    pub name: Option<String>,
    pub is_enabled: Option<bool>,
    pub inputs: BTreeMap<String, Edit>,
}

/// A credential and the connection it belongs to.
#[derive(Clone)]
pub struct Held {
    pub described: Described,
    pub credential: Credential,
}

impl App {
    /// Enters a credential for an owner that has none of this name.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`, `credential_exists`, `invalid_fields`.
    pub async fn create_credential(&self, actor: Actor, new: NewCredential) -> Result<Held> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let described = app.describe(tx, tenant, &new.connection)?;
                let (owner, name) = app.owner(tx, tenant, &new.owner)?;
                require_rank(&actor, owner)?;
                check_owner(&described, owner.kind())?;
                let name = name.unwrap_or_else(|| Credential::DEFAULT_NAME.to_owned());
                let credential = Credential {
                    id: CredentialId::new(),
                    connection_id: described.connection.id,
                    owner,
                    name: name.trim().to_owned(),
                    inputs: Inputs::new(),
                    sealed: None,
                    status: StoredStatus::Active,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                let mut held = Held { described, credential };
                let changes = app.edit_credential(tx, tenant, &mut held, &new.inputs)?;
                store::credential::insert(tx, tenant, &held.credential)?;
                app.unmark_placeholder(tx, tenant, &held.described, now)?;
                app.record_credential(tx, By::new(&actor, now), &held, ("credential.created", &changes))?;
                Ok(held)
            })
            .await
    }

    /// Changes a credential's values, name or switch.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`, `invalid_fields`.
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
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let mut held = app.held(tx, tenant, id)?;
                let old = held.credential.clone();
                require_rank(&actor, old.owner)?;
                if expected_version.is_some_and(|version| version != old.version) {
                    return Err(store::connection::version_mismatch());
                }
                if let Some(name) = &update.name {
                    name.trim().clone_into(&mut held.credential.name);
                }
                let mut changes = app.edit_credential(tx, tenant, &mut held, &update.inputs)?;
                let credential = &mut held.credential;
                if let Some(is_enabled) = update.is_enabled {
                    credential.status = switched(credential.status, is_enabled);
                }
                changes.extend(FieldChange::of("name", old.name, credential.name.clone()));
                changes.extend(FieldChange::of("status", old.status.as_str(), credential.status.as_str()));
                if !changes.is_empty() {
                    store::credential::update(tx, tenant, credential, now)?;
                    credential.version += 1;
                    credential.updated_at = now;
                    app.record_credential(tx, By::new(&actor, now), &held, ("credential.changed", &changes))?;
                }
                Ok(held)
            })
            .await
    }

    /// Removes a credential and its secrets.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`.
    pub async fn delete_credential(&self, actor: Actor, id: CredentialId, expected_version: Option<i64>) -> Result<()> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let held = app.held(tx, actor.tenant.id, id)?;
                require_rank(&actor, held.credential.owner)?;
                if expected_version.is_some_and(|version| version != held.credential.version) {
                    return Err(store::connection::version_mismatch());
                }
                app.record_credential(tx, By::new(&actor, now), &held, ("credential.deleted", &[]))?;
                store::credential::delete(tx, actor.tenant.id, id)
            })
            .await
    }

    /// One credential; its secrets stay sealed.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_credential(&self, actor: Actor, id: CredentialId) -> Result<Held> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store().read(move |c| app.held(c, actor.tenant.id, id)).await
    }

    /// One page, oldest first; of one connection or customer when given.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn list_credentials(
        &self,
        actor: Actor,
        (connection, customer): (Option<String>, Option<String>),
        after: Option<CredentialId>,
        limit: i64,
    ) -> Result<Vec<Held>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let connection = connection.map(|reference| app.describe(c, tenant, &reference)).transpose()?;
                let customer = customer.map(|reference| store::customer::get(c, tenant, &reference)).transpose()?;
                let filter = store::credential::Filter {
                    connection: connection.map(|described| described.connection.id),
                    customer: customer.map(|customer| customer.id),
                };
                let found = store::credential::list(c, tenant, filter, after, limit)?;
                found
                    .into_iter()
                    .map(|credential| {
                        let described = app.describe(c, tenant, &credential.connection_id.to_string())?;
                        Ok(Held { described, credential })
                    })
                    .collect()
            })
            .await
    }

    pub(crate) fn held(&self, c: &mut Conn, tenant: TenantId, id: CredentialId) -> Result<Held> {
        let credential = store::credential::find(c, tenant, id)?.ok_or_else(|| Error::not_found("credential", id))?;
        let described = self.describe(c, tenant, &credential.connection_id.to_string())?;
        Ok(Held { described, credential })
    }

    pub(crate) fn owner(&self, c: &mut Conn, tenant: TenantId, owner: &OwnerRef) -> Result<(Owner, Option<String>)> {
        match owner {
            OwnerRef::Organization => Ok((Owner::Organization, None)),
            OwnerRef::Test => Ok((Owner::Test, None)),
            OwnerRef::Customer { customer, name } => {
                let customer = store::customer::get(c, tenant, customer)?;
                Ok((Owner::Customer(customer.id), name.clone()))
            }
        }
    }

    fn edit_credential(
        &self,
        tx: &mut Conn,
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
            let current = self.own_secrets(tx, tenant, credential)?;
            credential.sealed = self.reseal(tx, tenant, ("credentials", credential.id.0), (current, edited.secrets))?;
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

    pub(crate) fn record_credential(
        &self,
        tx: &mut Conn,
        by: By<'_>,
        Held { described, credential }: &Held,
        (action, changes): (&'static str, &[FieldChange]),
    ) -> Result<()> {
        let subject = match credential.owner {
            Owner::Customer(id) => format!("credential {} of {id}", credential.name),
            Owner::Organization => "organization credential".to_owned(),
            Owner::Test => "test credential".to_owned(),
        };
        let entry = HistoryEntry {
            id: EventId::new(),
            at: by.now,
            actor: by.actor.name(),
            action: action.to_owned(),
            subject,
            changes: changes.to_vec(),
        };
        store::history::append(tx, by.tenant(), described.connection.id, &entry)?;
        let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        let detail = json!({ "connection": described.connection.stable_key, "fields": fields });
        let event = Event::new(action, credential.id.to_string(), detail);
        store::audit::append(tx, Some(by.tenant()), &by.actor.name(), &event, by.now)
    }

    /// Opens both layers' secrets of a credential.
    pub(crate) fn both_secrets(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        described: &Described,
        credential: Option<&Credential>,
    ) -> Result<(Secrets, Secrets)> {
        let global = self.global_secrets(c, tenant, &described.connection)?;
        let own = credential.map(|credential| self.own_secrets(c, tenant, credential)).transpose()?;
        Ok((global, own.unwrap_or_default()))
    }
}

/// Support enters customers' credentials; the organization's own and the test runner's are the builders'.
pub(crate) fn require_rank(actor: &Actor, owner: Owner) -> Result<()> {
    match owner {
        Owner::Customer(_) => Ok(()),
        Owner::Organization | Owner::Test => actor.require(Permission::ConnectionsWrite),
    }
}

/// Refuses an owner that a connection of this scope has no credentials of.
pub(crate) fn check_owner(described: &Described, owner: OwnerKind) -> Result<()> {
    let scope = described.connection.scope;
    if owner.fits(scope) {
        return Ok(());
    }
    let message = match scope {
        Scope::OrganizationGlobal => {
            "one account of the organization serves all customers here: give it as the organization's"
        }
        _ => "each customer has a credential of its own here: name the customer",
    };
    Err(Error::invalid(
        "wrong_owner",
        format!("`{}` has the scope {scope}; {message}", described.connection.stable_key),
    ))
}

fn switched(status: StoredStatus, is_enabled: bool) -> StoredStatus {
    match (status, is_enabled) {
        (_, false) => StoredStatus::Disabled,
        (StoredStatus::Disabled, true) => StoredStatus::Active,
        (other, true) => other,
    }
}
