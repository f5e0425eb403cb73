//! Writing a draft, with a line in the audit log that says what was changed: whoever saves later is told of it.

use serde_json::Value;
use serde_json::json;

use crate::app::App;
use crate::app::By;
use crate::app::integration::Loaded;
use crate::error::Error;
use crate::error::Result;
use crate::ids::VersionId;
use crate::model::actor::Actor;
use crate::model::audit::Event;
use crate::model::definition;
use crate::model::definition::diff::Change;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::store;
use crate::store::conn::Conn;

/// Of one save: nobody reads more.
const MAX_TOLD: usize = 50;
const MAX_DETAILS: usize = 10;

/// What is saved.
pub(super) struct Saving<'a> {
    /// Absent: the definition stays, only slots differ.
    pub document: Option<&'a Value>,
    /// Of the audit log.
    pub action: &'static str,
    pub changes: Vec<Change>,
}

/// What a line of the audit log says of a change of a draft.
pub(super) fn told(digest: &str, version: i64, changes: &[Change]) -> Value {
    let mut told = changes.get(..MAX_TOLD).unwrap_or(changes).to_vec();
    told.iter_mut().for_each(|change| change.details.truncate(MAX_DETAILS));
    json!({ "digest": digest, "version": version, "more": changes.len() - told.len(), "changes": told })
}

impl App {
    /// Writes the draft. Answers with the integration's new version.
    pub(super) fn save_edited(&self, tx: &mut Conn, by: By<'_>, loaded: Loaded, saving: &Saving<'_>) -> Result<i64> {
        let By { actor, now } = by;
        let Loaded { integration, version, slots } = loaded;
        let (definition, digest) = match saving.document {
            Some(document) => {
                let text = serde_json::to_string(document).map_err(Error::internal)?;
                (text, definition::digest(document))
            }
            None => (version.definition, version.digest),
        };
        let draft = Version {
            id: VersionId::new(),
            number: DRAFT,
            definition,
            digest,
            created_by: actor.name(),
            created_at: now,
            integration_id: integration.id,
        };
        let slots: Vec<Slot> =
            slots.into_iter().map(|slot| self.as_draft_slot(tx, actor, slot)).collect::<Result<_>>()?;
        self.put_draft(tx, actor.tenant.id, &draft, &slots)?;
        let integration = Integration { draft_edited_by: Some(actor.name()), ..integration };
        store::integration::update(tx, actor.tenant.id, &integration, now)?;
        let version = integration.version + 1;
        let event = Event::new(saving.action, &integration.key, told(&draft.digest, version, &saving.changes));
        store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
        Ok(version)
    }

    /// A slot of a published version holds a key; a draft binds by id.
    fn as_draft_slot(&self, tx: &mut Conn, actor: &Actor, slot: Slot) -> Result<Slot> {
        let Some(key) = slot.stable_key.as_deref().filter(|_| slot.connection_id.is_none()) else { return Ok(slot) };
        match store::connection::find_by_key(tx, actor.tenant.id, key)? {
            Some(found) => Ok(Slot { connection_id: Some(found.id), stable_key: None, ..slot }),
            None => Ok(slot),
        }
    }
}
