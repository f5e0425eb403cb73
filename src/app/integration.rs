//! Integrations: from files to drafts, from drafts to published versions, and back to files.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::catalog::Catalog;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::component::Component;
use crate::model::definition;
use crate::model::definition::Definition;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::SlotState;
use crate::model::integration::Version;
use crate::store;
use crate::store::conn::Conn;

mod bind;
pub mod change;
pub mod compare;
pub mod design;
pub mod edit;
pub mod import;
pub mod list;
pub mod publish;
mod save;
pub mod show;
pub mod test_run;

/// One slot as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlotView {
    /// Key of the connection variable.
    #[schema(example = "Slack Connection")]
    pub variable: String,
    pub component: Option<String>,
    pub connection_type: Option<String>,
    /// The stable key it is bound to, or asks for.
    #[schema(example = "slack-oauth2")]
    pub stable_key: Option<String>,
    pub state: SlotState,
    /// OAuth scopes that the integration asks for.
    pub required_scopes: Vec<String>,
    /// A person chose another connection than the definition proposes.
    pub is_rebound: bool,
}

/// The components that a tenant's definitions are read with.
pub(super) struct Lookup {
    pinned: BTreeMap<String, Arc<Component>>,
    catalog: Catalog,
}

impl Lookup {
    pub(super) fn get(&self, key: &str) -> Option<Arc<Component>> {
        let current = || self.catalog.get(key).map(|entry| Arc::new(entry.component.clone()));
        self.pinned.get(key).map(Arc::clone).or_else(current)
    }
}

/// A version with what belongs to it.
pub(super) struct Loaded {
    pub(super) integration: Integration,
    pub(super) version: Version,
    pub(super) slots: Vec<Slot>,
}

/// The integration, in a transaction that is going to change it: the tenant's revision is bumped, and somebody who read
/// another version is refused.
fn integration_to_change(
    tx: &mut Conn,
    tenant: TenantId,
    key: &str,
    expected_version: Option<i64>,
) -> Result<Integration> {
    store::tenant::bump_revision(tx, tenant)?;
    let integration = store::integration::get(tx, tenant, key)?;
    if expected_version.is_some_and(|version| version != integration.version) {
        return Err(store::connection::version_mismatch());
    }
    Ok(integration)
}

impl App {
    pub(super) fn lookup(&self, c: &mut Conn, tenant: TenantId) -> Result<Lookup> {
        let pins = store::component::list_pins(c, tenant)?;
        let pinned = pins
            .into_iter()
            .map(|(key, pin)| {
                let component = self.pinned(c, &key, &pin)?;
                Ok((key, component))
            })
            .collect::<Result<_>>()?;
        Ok(Lookup { pinned, catalog: self.catalog().clone() })
    }

    /// The draft, or the newest published version when nothing was changed since.
    pub(super) fn load_draft(&self, c: &mut Conn, tenant: TenantId, integration: Integration) -> Result<Loaded> {
        let numbers = [DRAFT, integration.published_number];
        for number in numbers {
            if let Some(version) = store::integration::find_version(c, tenant, integration.id, number)? {
                let slots = store::slot::list(c, tenant, version.id)?;
                return Ok(Loaded { integration, version, slots });
            }
        }
        Err(Error::bug(format!("integration {} has no version", integration.id)))
    }

    /// The same of an integration that is about to change.
    fn draft_to_change(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        (key, expected_version): (&str, Option<i64>),
    ) -> Result<Loaded> {
        let integration = integration_to_change(tx, tenant, key, expected_version)?;
        self.load_draft(tx, tenant, integration)
    }

    /// A stored definition, read with the tenant's components.
    pub(super) fn parse(version: &Version, lookup: &Lookup) -> Result<Definition> {
        let document = serde_json::from_str(&version.definition).map_err(Error::internal)?;
        definition::from_document(&document, &|key| lookup.get(key))
            .map(|reading| reading.definition)
            .map_err(|problems| Error::bug(format!("a stored definition is not readable: {:?}", problems.first())))
    }

    /// The current stable key that a slot leads to, if a connection is there.
    pub(super) fn bound_key(&self, c: &mut Conn, tenant: TenantId, slot: &Slot) -> Result<Option<String>> {
        let connection = match (slot.connection_id, &slot.stable_key) {
            (Some(id), _) => store::connection::find(c, tenant, id)?,
            (None, Some(key)) => store::connection::find_by_key(c, tenant, key)?,
            (None, None) => None,
        };
        Ok(connection.map(|connection| connection.stable_key.to_string()))
    }

    pub(super) fn slot_view(&self, c: &mut Conn, tenant: TenantId, slot: &Slot, lookup: &Lookup) -> Result<SlotView> {
        let bound = self.bound_key(c, tenant, slot)?;
        let is_known = slot.component.as_deref().is_none_or(|component| lookup.get(component).is_some());
        let state = match (&bound, &slot.stable_key) {
            (Some(_), _) => SlotState::Bound,
            (None, _) if !is_known => SlotState::UnknownComponent,
            (None, Some(_)) => SlotState::Missing,
            (None, None) => SlotState::Unbound,
        };
        Ok(SlotView {
            variable: slot.variable.clone(),
            component: slot.component.clone(),
            connection_type: slot.connection_type.clone(),
            stable_key: bound.or_else(|| slot.stable_key.clone()),
            state,
            required_scopes: slot.required_scopes.clone(),
            is_rebound: slot.is_rebound,
        })
    }

    /// Writes a draft in place of the one before.
    pub(super) fn put_draft(&self, tx: &mut Conn, tenant: TenantId, draft: &Version, slots: &[Slot]) -> Result<()> {
        if let Some(old) = store::integration::find_version(tx, tenant, draft.integration_id, DRAFT)? {
            store::integration::delete_version(tx, tenant, old.id)?;
        }
        store::integration::insert_versions(tx, tenant, std::slice::from_ref(draft))?;
        let all: Vec<(VersionId, Slot)> = slots.iter().map(|slot| (draft.id, slot.clone())).collect();
        store::slot::insert_all(tx, tenant, &all)
    }
}
