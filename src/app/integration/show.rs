//! Looking at integrations, and writing them back as files.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::integration::SlotView;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::IntegrationId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::definition;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::yaml;
use crate::store;
use crate::store::conn::Conn;

/// An integration in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntegrationSummary {
    #[schema(value_type = String, example = "int_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: IntegrationId,
    #[schema(example = "slack-to-zendesk")]
    pub key: String,
    pub name: String,
    /// Of the newest published version; 0: there is only a draft.
    pub published_number: i64,
    /// Who changed the draft here since it was made, synced or published.
    pub draft_edited_by: Option<String>,
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Instant,
}

/// An integration with its slots and steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntegrationView {
    #[serde(flatten)]
    pub summary: IntegrationSummary,
    /// 0: the slots and steps are the draft's.
    pub number: i64,
    /// Whether the draft differs from the newest published version.
    pub has_unpublished_changes: bool,
    pub slots: Vec<SlotView>,
    pub steps: Vec<StepView>,
}

/// A step that uses connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StepView {
    /// `Flow / Step`: unique, and the same as long as the names are.
    #[schema(example = "Flow 1 / Post Message")]
    pub path: String,
    pub component: Option<String>,
    pub action: Option<String>,
    /// Input to connection variable.
    pub connections: BTreeMap<String, String>,
}

/// The draft or a published version, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VersionView {
    /// 0: the draft.
    pub number: i64,
    pub digest: String,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

impl From<Integration> for IntegrationSummary {
    fn from(integration: Integration) -> Self {
        let Integration { id, key, name, published_number, draft_edited_by, version, created_at, updated_at } =
            integration;
        Self { id, key, name, published_number, draft_edited_by, version, created_at, updated_at }
    }
}

impl App {
    /// One page by key, after `after`; `text` is part of the name or key.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_integrations(
        &self,
        actor: Actor,
        text: Option<String>,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<IntegrationSummary>> {
        actor.require(Permission::IntegrationsRead)?;
        self.store()
            .read(move |c| {
                let page = store::integration::list(c, actor.tenant.id, text.as_deref(), after.as_deref(), limit)?;
                Ok(page.into_iter().map(IntegrationSummary::from).collect())
            })
            .await
    }

    /// The integration with its draft, or its newest published version when there is no draft.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_integration(&self, actor: Actor, key: String) -> Result<IntegrationView> {
        actor.require(Permission::IntegrationsRead)?;
        let app = self.clone();
        self.store().read(move |c| app.integration_view(c, &actor, &key)).await
    }

    pub(super) fn integration_view(&self, c: &mut Conn, actor: &Actor, key: &str) -> Result<IntegrationView> {
        let tenant = actor.tenant.id;
        let integration = store::integration::get(c, tenant, key)?;
        let loaded = self.load_draft(c, tenant, integration)?;
        let lookup = self.lookup(c, tenant)?;
        let definition = Self::parse(&loaded.version, &lookup)?;
        let slots =
            loaded.slots.iter().map(|slot| self.slot_view(c, tenant, slot, &lookup)).collect::<Result<Vec<_>>>()?;
        let has_unpublished_changes = loaded.version.number == DRAFT && !self.is_published(c, tenant, &loaded)?;
        let mut steps: BTreeMap<String, StepView> = BTreeMap::new();
        let mut order = Vec::new();
        for step in definition.steps.iter().filter(|step| !step.connections.is_empty()) {
            order.push(step.path.clone());
            steps.insert(
                step.path.clone(),
                StepView {
                    path: step.path.clone(),
                    component: step.component.clone(),
                    action: step.action.clone(),
                    connections: step
                        .connections
                        .iter()
                        .map(|used| (used.input.clone(), used.variable.clone()))
                        .collect(),
                },
            );
        }
        Ok(IntegrationView {
            number: loaded.version.number,
            summary: loaded.integration.into(),
            has_unpublished_changes,
            slots,
            steps: order.iter().filter_map(|path| steps.remove(path)).collect(),
        })
    }

    /// The draft first, then published versions, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn list_versions(&self, actor: Actor, key: String) -> Result<Vec<VersionView>> {
        actor.require(Permission::IntegrationsRead)?;
        self.store()
            .read(move |c| {
                let integration = store::integration::get(c, actor.tenant.id, &key)?;
                let mut versions = store::integration::list_versions(c, actor.tenant.id, integration.id)?;
                versions.sort_by_key(|version| if version.number == DRAFT { i64::MIN } else { -version.number });
                Ok(versions
                    .into_iter()
                    .map(|v| VersionView {
                        number: v.number,
                        digest: v.digest,
                        created_by: v.created_by,
                        created_at: v.created_at,
                    })
                    .collect())
            })
            .await
    }

    /// A version as a file: YAML, secrets blank. `number` absent: the draft, else the newest published version.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn export_integration(&self, actor: Actor, key: String, number: Option<i64>) -> Result<String> {
        actor.require(Permission::IntegrationsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let integration = store::integration::get(c, tenant, &key)?;
                let (version, slots) = match number {
                    None => {
                        let loaded = app.load_draft(c, tenant, integration)?;
                        (loaded.version, loaded.slots)
                    }
                    Some(number) => {
                        let version = store::integration::find_version(c, tenant, integration.id, number)?
                            .ok_or_else(|| Error::not_found("version", number))?;
                        let slots = store::slot::list(c, tenant, version.id)?;
                        (version, slots)
                    }
                };
                let lookup = app.lookup(c, tenant)?;
                let definition = Self::parse(&version, &lookup)?;
                let mut bindings = BTreeMap::new();
                for slot in &slots {
                    if let Some(stable_key) = app.bound_key(c, tenant, slot)?.or_else(|| slot.stable_key.clone()) {
                        bindings.insert(slot.variable.clone(), stable_key);
                    }
                }
                Ok(yaml::write(&definition::export(&definition, &bindings)))
            })
            .await
    }
}
