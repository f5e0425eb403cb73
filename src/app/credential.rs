//! Entering, changing and removing credentials; effective values; what runtimes fetch.

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::App;
use crate::app::By;
use crate::app::layers::Described;
use crate::error::Error;
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
use crate::model::values::Edit;
use crate::model::values::FieldChange;
use crate::model::values::OwnerKind;
use crate::model::values::Secrets;
use crate::store;
use crate::store::conn::Conn;

pub mod answer;
mod cache;
pub mod effective;
pub(crate) mod equip;
pub mod fetch;
pub mod hot;
pub(crate) mod save;
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
    /// Saves values that would be tested as they are, and says so in the history.
    pub without_test: bool,
}

/// What changes; absent stays.
#[derive(Debug, Clone, Default)]
pub struct CredentialUpdate {
    pub name: Option<String>,
    pub is_enabled: Option<bool>,
    pub inputs: BTreeMap<String, Edit>,
    /// As of [`NewCredential`].
    pub without_test: bool,
}

/// A credential and the connection it belongs to.
#[derive(Clone)]
pub struct Held {
    pub described: Described,
    pub credential: Credential,
}

impl App {
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
