//! Which components a tenant uses, and which version of each.

use std::sync::Arc;
use std::sync::PoisonError;

use serde_json::json;

use crate::app::App;
use crate::app::catalog::Entry;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::component;
use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::problem::Problem;
use crate::model::problem::nearest;
use crate::model::sync::Pin;
use crate::store;
use crate::store::conn::Conn;

/// A component as one tenant sees it.
#[derive(Clone)]
pub struct TenantComponent {
    /// The version the tenant uses; absent: none of its connections needs it yet.
    pub pin: Option<Pin>,
    /// The newest version that this deployment knows; absent: its manifest is gone.
    pub current: Option<Arc<Entry>>,
    /// What the tenant works with: the pinned manifest, else the current one.
    pub component: Arc<Component>,
}

impl TenantComponent {
    /// Whether the deployment knows another manifest than the one the tenant uses.
    #[must_use]
    pub fn can_upgrade(&self) -> bool {
        match (&self.pin, &self.current) {
            (Some(pin), Some(current)) => pin.digest != current.digest,
            _ => false,
        }
    }
}

impl App {
    /// The manifest that a tenant works with: the pinned one, else the deployment's current one.
    pub(crate) fn component(&self, c: &mut Conn, tenant: TenantId, key: &str) -> Result<Option<Arc<Component>>> {
        match store::component::find_pin(c, tenant, key)? {
            Some(pin) => self.pinned(c, key, &pin).map(Some),
            None => Ok(self.catalog().get(key).map(|entry| Arc::new(entry.component.clone()))),
        }
    }

    /// A kept manifest, parsed once per process: the digest says that it never changes.
    pub(crate) fn pinned(&self, c: &mut Conn, key: &str, pin: &Pin) -> Result<Arc<Component>> {
        let cache = &self.inner.manifests;
        if let Some(component) = cache.read().unwrap_or_else(PoisonError::into_inner).get(&pin.digest) {
            return Ok(Arc::clone(component));
        }
        let manifest = store::component::find_manifest(c, key, pin)?
            .ok_or_else(|| Error::bug(format!("the manifest of {key} version {} is gone", pin.version)))?;
        let component: Arc<Component> = Arc::new(serde_json::from_str(&manifest).map_err(Error::internal)?);
        cache.write().unwrap_or_else(PoisonError::into_inner).insert(pin.digest.clone(), Arc::clone(&component));
        Ok(component)
    }

    /// Pins a tenant to the deployment's current manifest, unless it is pinned already.
    ///
    /// # Errors
    /// `unknown_component`, with the nearest known one.
    pub(crate) fn ensure_pin(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        key: &str,
        now: Instant,
    ) -> Result<Arc<Component>> {
        if let Some(pin) = store::component::find_pin(tx, tenant, key)? {
            return self.pinned(tx, key, &pin);
        }
        let entry = self.catalog().get(key).ok_or_else(|| self.unknown_component(key))?;
        let pin = self.keep(tx, &entry, now)?;
        store::component::set_pin(tx, tenant, key, &pin, now)?;
        Ok(Arc::new(entry.component.clone()))
    }

    /// Keeps a current manifest in the database, so that a pin to it outlives the file.
    pub(crate) fn keep(&self, tx: &mut Conn, entry: &Entry, now: Instant) -> Result<Pin> {
        let pin = Pin { version: entry.component.version, digest: entry.digest.clone() };
        store::component::keep_manifest(tx, &entry.component.key, &pin, &entry.component.to_canonical_json(), now)?;
        Ok(pin)
    }

    pub(crate) fn unknown_component(&self, key: &str) -> Error {
        let entries = self.catalog().list();
        let help = match nearest(key, entries.iter().map(|entry| entry.component.key.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see `keyway components list`".to_owned(),
        };
        Error::invalid("unknown_component", format!("no component `{key}` is known here; {help}"))
    }

    /// Every component: those of the deployment, and those a tenant still uses though their manifest is gone.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_components(&self, actor: Actor) -> Result<Vec<TenantComponent>> {
        actor.require(Permission::ComponentsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let mut pins: std::collections::BTreeMap<_, _> =
                    store::component::list_pins(c, actor.tenant.id)?.into_iter().collect();
                let mut found = Vec::new();
                for entry in app.catalog().list() {
                    let pin = pins.remove(&entry.component.key);
                    found.push(app.tenant_component(c, &entry.component.key.clone(), pin, Some(entry))?);
                }
                for (key, pin) in pins {
                    found.push(app.tenant_component(c, &key, Some(pin), None)?);
                }
                found.sort_by(|a, b| a.component.key.cmp(&b.component.key));
                Ok(found)
            })
            .await
    }

    fn tenant_component(
        &self,
        c: &mut Conn,
        key: &str,
        pin: Option<Pin>,
        current: Option<Arc<Entry>>,
    ) -> Result<TenantComponent> {
        let component = match (&pin, &current) {
            (Some(pin), _) => self.pinned(c, key, pin)?,
            (None, Some(entry)) => Arc::new(entry.component.clone()),
            (None, None) => return Err(Error::not_found("component", key)),
        };
        Ok(TenantComponent { pin, current, component })
    }

    /// One component as the tenant sees it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_component(&self, actor: Actor, key: String) -> Result<TenantComponent> {
        actor.require(Permission::ComponentsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let pin = store::component::find_pin(c, actor.tenant.id, &key)?;
                let current = app.catalog().get(&key);
                app.tenant_component(c, &key, pin, current)
            })
            .await
    }

    /// What is wrong in a manifest's text; nothing is kept of it.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn check_manifest(&self, actor: &Actor, text: String) -> Result<Vec<Problem>> {
        actor.require(Permission::ComponentsRead)?;
        let checked = tokio::task::spawn_blocking(move || component::read(&text).err().unwrap_or_default()).await;
        checked.map_err(Error::internal)
    }

    /// Moves the tenant to the deployment's current version of a component.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `types_in_use` when connections use a connection type that the current version lacks.
    pub async fn upgrade_component(&self, actor: Actor, key: String) -> Result<TenantComponent> {
        actor.require(Permission::ComponentsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let entry = app.catalog().get(&key).ok_or_else(|| Error::not_found("component", &key))?;
                app.check_types_stay(tx, actor.tenant.id, &entry.component)?;
                let old = store::component::find_pin(tx, actor.tenant.id, &key)?;
                let pin = app.keep(tx, &entry, now)?;
                if old.as_ref() != Some(&pin) {
                    store::component::set_pin(tx, actor.tenant.id, &key, &pin, now)?;
                    store::tenant::bump_revision(tx, actor.tenant.id)?;
                    let versions = json!({ "old": old.map(|pin| pin.version), "new": pin.version });
                    let event = Event::new("component.pinned", &key, versions);
                    store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
                }
                app.tenant_component(tx, &key, Some(pin), Some(entry))
            })
            .await
    }

    fn check_types_stay(&self, c: &mut Conn, tenant: TenantId, new: &Component) -> Result<()> {
        let filter = store::connection::Filter { component: Some(new.key.clone()), ..Default::default() };
        let connections = store::connection::list(c, tenant, &filter, None, i64::MAX)?;
        let orphans: Vec<&str> = connections
            .iter()
            .filter(|connection| new.connection_type(&connection.connection_type).is_none())
            .map(|connection| connection.stable_key.as_str())
            .collect();
        if orphans.is_empty() {
            return Ok(());
        }
        let message = format!("version {} lacks the connection type of: {}", new.version, orphans.join(", "));
        Err(Error::conflict("types_in_use", message))
    }
}

/// The connection type of a component.
///
/// # Errors
/// `unknown_connection_type`, with the nearest known one.
pub fn connection_type<'a>(component: &'a Component, key: &str) -> Result<&'a ConnectionType> {
    component.connection_type(key).ok_or_else(|| {
        let keys = || component.connections.iter().map(|kind| kind.key.as_str());
        let help = match nearest(key, keys()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", keys().collect::<Vec<_>>().join(", ")),
        };
        Error::invalid("unknown_connection_type", format!("{} has no connection type `{key}`; {help}", component.key))
    })
}
