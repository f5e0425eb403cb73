//! Publishing drafts, and removing integrations.

use serde_json::json;

use crate::app::App;
use crate::app::integration::Loaded;
use crate::app::integration::integration_to_change;
use crate::app::integration::show::IntegrationView;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::SlotState;
use crate::model::integration::Version;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Makes the draft the newest published version. A draft that says what is published already changes nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`; `not_publishable` naming each slot that is not bound.
    pub async fn publish_integration(
        &self,
        actor: Actor,
        key: String,
        expected_version: Option<i64>,
    ) -> Result<IntegrationView> {
        actor.require(Permission::IntegrationsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let loaded = app.draft_to_change(tx, tenant, (&key, expected_version))?;
                if loaded.version.number != DRAFT || app.is_published(tx, tenant, &loaded)? {
                    return app.integration_view(tx, &actor, &key);
                }
                let slots = app.publishable_slots(tx, tenant, &loaded)?;
                let number = store::integration::next_number(tx, tenant, loaded.integration.id)?;
                let published = Version {
                    id: VersionId::new(),
                    number,
                    created_by: actor.name(),
                    created_at: now,
                    ..loaded.version
                };
                store::integration::insert_versions(tx, tenant, std::slice::from_ref(&published))?;
                let all: Vec<(VersionId, Slot)> = slots.into_iter().map(|slot| (published.id, slot)).collect();
                store::slot::insert_all(tx, tenant, &all)?;
                let integration = Integration { published_number: number, draft_edited_by: None, ..loaded.integration };
                store::integration::update(tx, tenant, &integration, now)?;
                let event = Event::new(
                    "integration.published",
                    &integration.key,
                    json!({ "number": number, "version": integration.version + 1 }),
                );
                store::audit::append(tx, Some(tenant), &actor.name(), &event, now)?;
                app.integration_view(tx, &actor, &key)
            })
            .await
    }

    /// The slots with stable keys in place of ids.
    fn publishable_slots(&self, tx: &mut Conn, tenant: TenantId, loaded: &Loaded) -> Result<Vec<Slot>> {
        let lookup = self.lookup(tx, tenant)?;
        let mut open = Vec::new();
        let mut slots = Vec::new();
        for slot in &loaded.slots {
            let view = self.slot_view(tx, tenant, slot, &lookup)?;
            let reason = match view.state {
                SlotState::Bound => {
                    slots.push(Slot { connection_id: None, stable_key: view.stable_key, ..slot.clone() });
                    continue;
                }
                SlotState::Missing => "its connection is not here",
                SlotState::Unbound => "no connection is chosen",
                SlotState::UnknownComponent => "its component is not known here",
            };
            open.push(format!("`{}`: {reason}", slot.variable));
        }
        if open.is_empty() {
            return Ok(slots);
        }
        let message = format!("not every slot has a connection: {}", open.join("; "));
        Err(Error::conflict("not_publishable", message))
    }

    /// Whether the newest published version says and binds the same as this draft.
    pub(super) fn is_published(&self, c: &mut Conn, tenant: TenantId, draft: &Loaded) -> Result<bool> {
        let number = draft.integration.published_number;
        let published = match number {
            DRAFT => None,
            number => store::integration::find_version(c, tenant, draft.integration.id, number)?,
        };
        let Some(published) = published.filter(|published| published.digest == draft.version.digest) else {
            return Ok(false);
        };
        let slots = store::slot::list(c, tenant, published.id)?;
        if slots.len() != draft.slots.len() {
            return Ok(false);
        }
        for (old, new) in slots.iter().zip(&draft.slots) {
            if old.variable != new.variable || self.bound_key(c, tenant, old)? != self.bound_key(c, tenant, new)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes an integration with all its versions.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`.
    pub async fn delete_integration(&self, actor: Actor, key: String, expected_version: Option<i64>) -> Result<()> {
        actor.require(Permission::IntegrationsWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let integration = integration_to_change(tx, tenant, &key, expected_version)?;
                store::integration::delete(tx, tenant, integration.id)?;
                let event = Event::new(
                    "integration.deleted",
                    &integration.key,
                    json!({ "published": integration.published_number }),
                );
                store::audit::append(tx, Some(tenant), &actor.name(), &event, now)
            })
            .await
    }
}
