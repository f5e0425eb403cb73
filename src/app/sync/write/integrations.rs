//! Integrations that a sync puts and deletes, with what it keeps of them for a rollback.

use crate::app::sync::write::Direction;
use crate::app::sync::write::Writer;
use crate::app::sync::write::kept::DRAFT_NOUN;
use crate::app::sync::write::kept::INTEGRATION_NOUN;
use crate::app::sync::write::kept::KeptDraft;
use crate::app::sync::write::kept::KeptIntegration;
use crate::error::Result;
use crate::ids::IntegrationId;
use crate::ids::VersionId;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::model::sync::IntegrationContent;
use crate::store;
use crate::store::conn::Conn;

impl Writer<'_> {
    pub(super) fn put(&mut self, tx: &mut Conn, key: String, content: IntegrationContent) -> Result<()> {
        let existing = self.existing.get(&key).cloned();
        if let (None, Some(kept)) = (&existing, self.kept.integrations.remove(&key)) {
            self.bring_integration_back(kept);
            return Ok(());
        }
        let kept = self.kept.drafts.remove(&key).filter(|_| existing.is_some());
        let integration_id = existing.as_ref().map_or_else(IntegrationId::new, |found| found.id);
        let number = match (&existing, content.is_published) {
            (_, false) => DRAFT,
            (None, true) => 1,
            (Some(found), true) => store::integration::next_number(tx, self.tenant(), found.id)?,
        };
        let integration = Integration {
            id: integration_id,
            key,
            name: content.name.clone(),
            published_number: number,
            draft_edited_by: kept.as_ref().and_then(|kept| kept.edited_by.clone()),
            version: existing.as_ref().map_or(1, |found| found.version),
            created_at: existing.as_ref().map_or(self.now, |found| found.created_at),
            updated_at: self.now,
        };
        match existing {
            None => self.integrations.push(integration),
            Some(found) => self.replace(tx, &found, &integration)?,
        }
        let is_whole = kept.as_ref().is_some_and(|kept| number == DRAFT && kept.version.digest == content.digest);
        if !is_whole {
            self.put_version(integration_id, number, content);
        }
        if let Some(kept) = kept.filter(|_| is_whole || number != DRAFT) {
            self.bring_version_back(kept.version, kept.slots);
        }
        Ok(())
    }

    /// Writes over an integration. Its draft goes: it would say something older than what was promoted.
    fn replace(&mut self, tx: &mut Conn, found: &Integration, new: &Integration) -> Result<()> {
        let tenant = self.tenant();
        if let Some(version) = store::integration::find_version(tx, tenant, found.id, DRAFT)? {
            store::integration::update(tx, tenant, new, self.now)?;
            let id = version.id;
            if let Direction::Forward = self.direction {
                let slots = store::slot::list(tx, tenant, id)?;
                let edited_by = found.draft_edited_by.clone();
                self.keep(DRAFT_NOUN, &KeptDraft { integration: found.key.clone(), edited_by, version, slots })?;
            }
            return store::integration::delete_version(tx, tenant, id);
        }
        store::integration::update(tx, tenant, new, self.now)
    }

    fn put_version(&mut self, integration: IntegrationId, number: i64, content: IntegrationContent) {
        let version = Version {
            id: VersionId::new(),
            integration_id: integration,
            number,
            definition: content.definition.to_string(),
            digest: content.digest,
            created_by: format!("{} (sync {})", self.actor.name(), self.run),
            created_at: self.now,
        };
        for (variable, slot) in content.slots {
            let connection_id = slot.stable_key.as_ref().filter(|_| number == DRAFT).and_then(|key| self.keys.get(key));
            let stable_key = slot.stable_key.clone().filter(|_| connection_id.is_none());
            let slot = Slot {
                variable,
                component: slot.component,
                connection_type: slot.connection_type,
                scope: slot.scope,
                required_scopes: slot.required_scopes.into_iter().collect(),
                connection_id: connection_id.copied(),
                stable_key,
                is_rebound: false,
            };
            self.slots.push((version.id, slot));
        }
        self.versions.push(version);
    }

    pub(super) fn delete(&mut self, tx: &mut Conn, key: &str) -> Result<()> {
        let tenant = self.tenant();
        let integration = store::integration::get(tx, tenant, key)?;
        if let Direction::Forward = self.direction {
            let mut versions = Vec::new();
            for listed in store::integration::list_versions(tx, tenant, integration.id)? {
                let version = store::integration::find_version(tx, tenant, integration.id, listed.number)?;
                if let Some(version) = version {
                    let slots = store::slot::list(tx, tenant, version.id)?;
                    versions.push((version, slots));
                }
            }
            self.keep(INTEGRATION_NOUN, &KeptIntegration { integration: integration.clone(), versions })?;
        }
        store::integration::delete(tx, tenant, integration.id)
    }

    fn bring_integration_back(&mut self, kept: KeptIntegration) {
        self.integrations.push(kept.integration);
        for (version, slots) in kept.versions {
            self.bring_version_back(version, slots);
        }
    }

    /// With the ids it had; a slot whose connection went meanwhile is unbound.
    fn bring_version_back(&mut self, version: Version, slots: Vec<Slot>) {
        let there = self.there.get_or_insert_with(|| self.keys.values().copied().collect());
        for mut slot in slots {
            slot.connection_id = slot.connection_id.filter(|id| there.contains(id));
            self.slots.push((version.id, slot));
        }
        self.versions.push(version);
    }
}
