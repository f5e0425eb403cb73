//! How a tenant shows itself to its customers.

use serde_json::json;

use crate::app::App;
use crate::crypto::hex;
use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::brand::Brand;
use crate::model::brand::Color;
use crate::model::brand::LogoKind;
use crate::model::brand::check_logo;
use crate::model::tenant::Tenant;
use crate::store;
use crate::store::conn::Conn;

/// How a tenant shows itself to its customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Face {
    /// Names it in addresses.
    pub key: String,
    pub name: String,
    pub brand: Brand,
}

impl App {
    pub(crate) fn face(&self, c: &mut Conn, tenant: &Tenant) -> Result<Face> {
        let brand = store::tenant::brand(c, tenant.id)?;
        Ok(Face { key: tenant.key.clone(), name: tenant.name.clone(), brand })
    }

    /// # Errors
    /// Only when the database fails.
    pub async fn brand(&self, actor: &Actor) -> Result<Brand> {
        let tenant = actor.tenant.id;
        self.store().read(move |c| store::tenant::brand(c, tenant)).await
    }

    /// Sets the colour, or takes it away.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn set_color(&self, actor: Actor, color: Option<Color>) -> Result<()> {
        actor.require(Permission::TenantsWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                let old = store::tenant::brand(tx, actor.tenant.id)?;
                if old.color == color {
                    return Ok(());
                }
                store::tenant::set_color(tx, actor.tenant.id, color)?;
                let detail = json!({ "color": color.map(|color| color.to_string()) });
                let event = Event::new("tenant.changed", &actor.tenant.key, detail);
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)
            })
            .await
    }

    /// Sets the logo, or takes it away.
    ///
    /// # Errors
    /// `forbidden`, `invalid_fields`.
    pub async fn set_logo(&self, actor: Actor, logo: Option<Vec<u8>>) -> Result<()> {
        actor.require(Permission::TenantsWrite)?;
        if let Some(bytes) = &logo {
            check_logo(bytes)?;
        }
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                let logo = logo.map(|bytes| (hex(&sha256(&bytes)[..16]), bytes));
                let detail = json!({ "logo": logo.as_ref().map(|(digest, _)| digest) });
                store::tenant::set_logo(tx, actor.tenant.id, logo)?;
                let event = Event::new("tenant.changed", &actor.tenant.key, detail);
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)
            })
            .await
    }

    /// A tenant's logo, for whoever knows its digest: connect pages show it to everybody.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn logo(&self, tenant: String, digest: String) -> Result<(LogoKind, Vec<u8>)> {
        let bytes = self.store().read(move |c| store::tenant::logo(c, &tenant, &digest)).await?;
        let bytes = bytes.ok_or_else(|| Error::not_found("logo", "of this address"))?;
        let kind = LogoKind::of(&bytes).ok_or_else(|| Error::bug("a logo is no picture"))?;
        Ok((kind, bytes))
    }
}
