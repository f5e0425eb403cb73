//! An integration as the designer shows it: every step with its inputs, and every slot with how its connection stands.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::integration::SlotView;
use crate::app::integration::show::IntegrationView;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::credential::Owner;
use crate::model::definition;
use crate::model::definition::Definition;
use crate::model::definition::outline::Flow;
use crate::model::definition::reference::Reference;
use crate::model::integration::Slot;
use crate::store;
use crate::store::conn::Conn;

/// The draft with everything that a designer needs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Design {
    #[serde(flatten)]
    pub integration: IntegrationView,
    pub description: Option<String>,
    pub flows: Vec<Flow>,
    /// By the slots, in their order.
    pub connections: Vec<SlotConnection>,
    /// Configuration variables that are no connections.
    pub variables: Vec<String>,
    /// References to steps that are not there, or come later.
    pub broken_references: Vec<Reference>,
}

/// A slot, and the connection that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlotConnection {
    pub slot: SlotView,
    /// Absent: there is none here.
    pub connection: Option<BoundConnection>,
    /// Paths of the steps and data sources that use it.
    pub used_by: Vec<String>,
}

/// A connection that a slot is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoundConnection {
    #[schema(value_type = String, example = "con_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: ConnectionId,
    #[schema(example = "slack-oauth2")]
    pub stable_key: String,
    pub label: String,
    #[schema(example = "slack")]
    pub component: String,
    pub connection_type: String,
    pub scope: Scope,
    pub status: Readiness,
    /// Whether test runs have a credential of their own for it.
    pub has_test_credential: bool,
}

impl App {
    /// The draft as the designer shows it, or the newest published version when there is no draft.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_design(&self, actor: Actor, key: String) -> Result<Design> {
        actor.require(Permission::IntegrationsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let integration = app.integration_view(c, &actor, &key)?;
                let found = store::integration::get(c, actor.tenant.id, &key)?;
                let loaded = app.load_draft(c, actor.tenant.id, found)?;
                let lookup = app.lookup(c, actor.tenant.id)?;
                let definition = Self::parse(&loaded.version, &lookup)?;
                let connections =
                    app.slot_connections(c, actor.tenant.id, (&integration, &loaded.slots, &definition))?;
                Ok(Design {
                    description: definition.description.clone(),
                    flows: definition::outline(&definition),
                    connections,
                    variables: plain_variables(&definition),
                    broken_references: definition::broken(&definition),
                    integration,
                })
            })
            .await
    }

    fn slot_connections(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        (view, slots, definition): (&IntegrationView, &[Slot], &Definition),
    ) -> Result<Vec<SlotConnection>> {
        let mut found = Vec::with_capacity(slots.len());
        for (view, slot) in view.slots.iter().zip(slots) {
            let used = definition.uses().filter(|(_, used)| used.variable == slot.variable);
            let mut used_by: Vec<String> = used.map(|(path, _)| path).collect();
            used_by.dedup();
            found.push(SlotConnection { slot: view.clone(), connection: self.bound(c, tenant, slot)?, used_by });
        }
        Ok(found)
    }

    fn bound(&self, c: &mut Conn, tenant: TenantId, slot: &Slot) -> Result<Option<BoundConnection>> {
        let found = match (slot.connection_id, &slot.stable_key) {
            (Some(id), _) => store::connection::find(c, tenant, id)?,
            (None, Some(key)) => store::connection::find_by_key(c, tenant, key)?,
            (None, None) => None,
        };
        let Some(connection) = found else { return Ok(None) };
        let described = self.with_component(c, tenant, connection)?;
        let status = self.readiness(c, tenant, &described)?;
        let connection = described.connection;
        let tests = store::credential::list_of_owner(c, tenant, connection.id, Owner::Test)?;
        Ok(Some(BoundConnection {
            id: connection.id,
            stable_key: connection.stable_key.to_string(),
            label: connection.label,
            component: connection.component,
            connection_type: connection.connection_type,
            scope: connection.scope,
            status,
            has_test_credential: !tests.is_empty(),
        }))
    }

    /// The steps that refer to a step of the draft, or to one inside of it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn steps_referring(&self, actor: Actor, key: String, path: String) -> Result<Vec<Reference>> {
        actor.require(Permission::IntegrationsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let found = store::integration::get(c, actor.tenant.id, &key)?;
                let loaded = app.load_draft(c, actor.tenant.id, found)?;
                let lookup = app.lookup(c, actor.tenant.id)?;
                Ok(definition::referring(&Self::parse(&loaded.version, &lookup)?, &path))
            })
            .await
    }
}

fn plain_variables(definition: &Definition) -> Vec<String> {
    let listed = definition.document.get("requiredConfigVars").and_then(serde_json::Value::as_array);
    let keys = listed.into_iter().flatten().filter_map(|variable| variable.get("key")?.as_str());
    keys.filter(|key| definition.variable(key).is_none()).map(str::to_owned).collect()
}
