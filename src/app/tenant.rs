//! Making, finding and changing tenants.

use serde_json::json;

use crate::app::App;
use crate::app::vault::wrap_new_key;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::actor::Role;
use crate::model::actor::Who;
use crate::model::audit::Event;
use crate::model::tenant::Tenant;
use crate::store;

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct NewTenant {
    pub key: String,
    /// Absent: the key.
    pub name: Option<String>,
    pub is_production: bool,
}

impl App {
    /// Makes a tenant with a data key of its own. A person who makes one owns it.
    ///
    /// # Errors
    /// `forbidden`, `invalid_fields`, `tenant_exists`.
    pub async fn create_tenant(&self, actor: Option<&Actor>, operator: &str, new: NewTenant) -> Result<Tenant> {
        if let Some(actor) = actor {
            actor.require(Permission::TenantsWrite)?;
        }
        let name = actor.map_or_else(|| operator.to_owned(), Actor::name);
        let owner = actor.and_then(|actor| match &actor.who {
            Who::User { id, .. } => Some(*id),
            _ => None,
        });
        let now = self.clock().now();
        let tenant = Tenant::new(&new.key, new.name.as_deref(), new.is_production, now)?;
        let (key_id, wrapped) = wrap_new_key(&self.inner.kek, tenant.id)?;
        self.store()
            .write(move |tx| {
                if store::tenant::find_by_key(tx, &tenant.key)?.is_some() {
                    let message = format!("a tenant `{}` exists already", tenant.key);
                    return Err(Error::conflict("tenant_exists", message));
                }
                store::tenant::insert(tx, &tenant)?;
                store::tenant::insert_data_key(tx, tenant.id, key_id, wrapped, now)?;
                if let Some(user) = owner {
                    store::user::set_role(tx, tenant.id, user, Role::Owner)?;
                }
                let detail = json!({ "is_production": tenant.is_production });
                store::audit::append(
                    tx,
                    Some(tenant.id),
                    &name,
                    &Event::new("tenant.created", &tenant.key, detail),
                    now,
                )?;
                Ok(tenant)
            })
            .await
    }

    /// The tenant with this key, for the operator and for entry points that check roles afterwards.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn tenant_by_key(&self, key: &str) -> Result<Tenant> {
        let key = key.to_owned();
        self.store()
            .read(move |c| store::tenant::find_by_key(c, &key)?.ok_or_else(|| Error::not_found("tenant", &key)))
            .await
    }

    /// All tenants, for the operator.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn list_tenants(&self) -> Result<Vec<Tenant>> {
        self.store().read(store::tenant::list).await
    }

    /// Renames the actor's tenant or marks it as production.
    ///
    /// # Errors
    /// `forbidden`, `invalid_fields`.
    pub async fn update_tenant(
        &self,
        actor: Actor,
        name: Option<String>,
        is_production: Option<bool>,
    ) -> Result<Tenant> {
        actor.require(Permission::TenantsWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                let old = store::tenant::find(tx, actor.tenant.id)?
                    .ok_or_else(|| Error::not_found("tenant", &actor.tenant.key))?;
                let is_production = is_production.unwrap_or(old.is_production);
                let checked = Tenant::new(&old.key, Some(name.as_deref().unwrap_or(&old.name)), is_production, now)?;
                store::tenant::update(tx, old.id, &checked.name, is_production)?;
                let detail = json!({ "name": checked.name, "is_production": is_production });
                let event = Event::new("tenant.changed", &old.key, detail);
                store::audit::append(tx, Some(old.id), &actor.name(), &event, now)?;
                Ok(Tenant { name: checked.name, is_production, ..old })
            })
            .await
    }
}
