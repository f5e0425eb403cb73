//! Effective values as people see them: each with where it came from; secrets as a masked length.

use crate::app::App;
use crate::app::credential::Held;
use crate::app::credential::OwnerRef;
use crate::app::credential::check_owner;
use crate::app::layers::Described;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::Status;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::OwnerKind;
use crate::model::values::Side;
use crate::model::values::resolve;
use crate::model::values::view::Lengths;
use crate::model::values::view::View;
use crate::model::values::view::Viewer;
use crate::model::values::view::view;
use crate::store;
use crate::store::conn::Conn;

/// What one owner would get from a connection.
pub struct EffectiveValues {
    pub described: Described,
    /// Absent: the owner has none, and gets what the other layers give.
    pub credential: Option<Credential>,
    pub status: Status,
    pub values: View,
}

impl App {
    /// The effective values for one owner; absent: the connection's own global values.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`, `ambiguous_credential`.
    pub async fn effective_values(
        &self,
        actor: Actor,
        reference: String,
        owner: Option<OwnerRef>,
    ) -> Result<EffectiveValues> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let described = app.describe(c, tenant, &reference)?;
                let chosen = owner.map(|owner| app.choose(c, tenant, &described, &owner)).transpose()?;
                let (kind, credential) = chosen.map_or((None, None), |(kind, credential)| (Some(kind), credential));
                app.view_values(c, tenant, described, (kind, credential))
            })
            .await
    }

    /// A credential that is not there, as a form to enter it begins: without values of its own.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`.
    pub async fn blank_credential(&self, actor: Actor, reference: String, owner: OwnerKind) -> Result<(Held, View)> {
        actor.require(Permission::ConnectionsRead)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let described = app.describe(c, tenant, &reference)?;
                check_owner(&described, owner)?;
                let values = app.view_values(c, tenant, described.clone(), (Some(owner), None))?.values;
                let owner = match owner {
                    OwnerKind::Test => Owner::Test,
                    OwnerKind::Organization => Owner::Organization,
                    // Whose it will be is not chosen yet; the values do not depend on it.
                    OwnerKind::Customer => Owner::Customer(CustomerId(uuid::Uuid::nil())),
                };
                let credential = Credential::blank(described.connection.id, owner, Credential::DEFAULT_NAME, now);
                Ok((Held { described, credential }, values))
            })
            .await
    }

    pub(crate) fn view_values(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        described: Described,
        (owner, credential): (Option<OwnerKind>, Option<Credential>),
    ) -> Result<EffectiveValues> {
        let (global, own) = self.both_secrets(c, tenant, &described, credential.as_ref())?;
        let nothing = Inputs::new();
        let inputs = credential.as_ref().map_or(&nothing, |credential| &credential.inputs);
        let layers = described.layers(owner.map(|kind| (kind, inputs)))?;
        let resolution = resolve(&layers, None);
        // The connection's own values are nobody's to authorize.
        let lacks_consent =
            owner.is_some() && self.lacks_consent(c, tenant, (described.kind()?, credential.as_ref()))?;
        let status = match &credential {
            Some(credential) => credential.status(&resolution, lacks_consent),
            None if resolution.is_quarantined() => Status::Quarantined,
            None if resolution.is_complete() && !lacks_consent => Status::Active,
            None => Status::Pending,
        };
        let viewer = Viewer {
            side: Side::Organization,
            scope: described.connection.scope,
            layer: owner.map_or(Layer::Global, Layer::Credential),
        };
        let values = view(&resolution, viewer, Some(&Lengths::of(&global, &own)));
        Ok(EffectiveValues { described, credential, status, values })
    }

    /// The credential that an owner means, if there is one.
    ///
    /// # Errors
    /// `wrong_owner`; `not_found` for an unknown customer or name; `ambiguous_credential` when several could be meant.
    pub(crate) fn choose(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        described: &Described,
        owner: &OwnerRef,
    ) -> Result<(OwnerKind, Option<Credential>)> {
        let connection = &described.connection;
        let (owner, name) = match owner {
            OwnerRef::Test => (Owner::Test, None),
            OwnerRef::Organization => (Owner::Organization, None),
            OwnerRef::Customer { customer, name } => {
                let customer = store::customer::get(c, tenant, customer)?;
                match connection.scope {
                    // All customers share the organization's account.
                    Scope::OrganizationGlobal => (Owner::Organization, None),
                    _ => (Owner::Customer(customer.id), name.as_deref()),
                }
            }
        };
        check_owner(described, owner.kind())?;
        let found = store::credential::list_of_owner(c, tenant, connection.id, owner)?;
        Ok((owner.kind(), pick(found, name)?))
    }
}

/// The named one, the only one, or the default one.
fn pick(mut found: Vec<Credential>, name: Option<&str>) -> Result<Option<Credential>> {
    if let Some(name) = name {
        let position = found.iter().position(|credential| credential.name == name);
        return position
            .map(|index| Some(found.swap_remove(index)))
            .ok_or_else(|| Error::not_found("credential", name));
    }
    if found.len() <= 1 {
        return Ok(found.pop());
    }
    match found.iter().position(|credential| credential.name == Credential::DEFAULT_NAME) {
        Some(index) => Ok(Some(found.swap_remove(index))),
        None => {
            let names: Vec<_> = found.iter().map(|credential| format!("`{}`", credential.name)).collect();
            let message =
                format!("this customer has several credentials: say which in `credential`: {}", names.join(", "));
            Err(Error::conflict("ambiguous_credential", message))
        }
    }
}
