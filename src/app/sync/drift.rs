//! How two tenants differ; local values and secrets only as keyed marks.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::sync::Source;
use crate::app::sync::check_source;
use crate::app::sync::definitions::Definitions;
use crate::app::sync::state::Rows;
use crate::app::sync::state::to_snapshot;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::sync::Drift;
use crate::model::sync::Snapshot;
use crate::model::sync::drift;
use crate::model::sync::drift::Comparison;
use crate::model::sync::drift::LocalValue;
use crate::model::sync::drift::Party;
use crate::model::values::is_shared;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// The drift between a source and the actor's tenant.
    ///
    /// # Errors
    /// `forbidden`, `invalid_snapshot`, `same_tenant`.
    pub async fn drift(&self, actor: Actor, source: Source) -> Result<Drift> {
        actor.require(Permission::SyncRead)?;
        check_source(&actor, &source)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let (to, to_values) = app.compared(c, actor.tenant.id)?;
                let to_revision = Some(store::tenant::revision(c, actor.tenant.id)?);
                let b =
                    Party { name: &actor.tenant.key, revision: to_revision, snapshot: &to, values: Some(&to_values) };
                match &source {
                    Source::Tenant(reader) => {
                        let (from, values) = app.compared(c, reader.tenant.id)?;
                        let revision = Some(store::tenant::revision(c, reader.tenant.id)?);
                        let a = Party { name: &reader.tenant.key, revision, snapshot: &from, values: Some(&values) };
                        Ok(drift(a, b))
                    }
                    // Another deployment has another key: its secrets cannot be compared with ours.
                    Source::Given { name, snapshot } => {
                        Ok(drift(Party { name, revision: None, snapshot, values: None }, b))
                    }
                }
            })
            .await
    }

    /// A tenant's snapshot with marks of its local values.
    fn compared(&self, c: &mut Conn, tenant: TenantId) -> Result<(Snapshot, Comparison)> {
        let rows = Rows::read(c, tenant, Definitions::All)?;
        let kinds = self.kinds(c, tenant, &rows.connections)?;
        let mut values = Comparison::new();
        for connection in &rows.connections {
            let Some(known) = kinds.get(connection) else { continue };
            let secrets = self.global_secrets(c, tenant, connection)?;
            let mut marks = BTreeMap::new();
            for input in known.kind.inputs.iter().filter(|input| !is_shared(&connection.inputs, input)) {
                let Some(stored) = connection.inputs.get(&input.key) else { continue };
                let value =
                    if stored.secret { secrets.get(&input.key).map(|value| &**value) } else { stored.value.as_ref() };
                if let Some(value) = value {
                    let fingerprint = Some(self.fingerprint(value.to_string().as_bytes()));
                    marks.insert(
                        input.key.clone(),
                        LocalValue { is_secret: input.is_secret() || stored.secret, fingerprint },
                    );
                }
            }
            if !marks.is_empty() {
                values.insert(connection.stable_key.to_string(), marks);
            }
        }
        Ok((to_snapshot(rows, &kinds), values))
    }
}
