//! Where a connection is used.

use crate::app::App;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Connection;
use crate::model::connection::Usage;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Integrations, slots and customers' credentials that use a connection.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn connection_usage(&self, actor: Actor, reference: String) -> Result<Usage> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let described = app.describe(c, actor.tenant.id, &reference)?;
                app.usage(c, actor.tenant.id, &described.connection)
            })
            .await
    }

    pub(crate) fn usage(&self, c: &mut Conn, tenant: TenantId, connection: &Connection) -> Result<Usage> {
        let mut usage = Usage {
            customer_credentials: store::credential::count_of_customers(c, tenant, connection.id)?,
            ..Usage::default()
        };
        for slot in store::usage::list(c, tenant, connection)? {
            let found = usage.integrations.entry(slot.integration).or_default();
            if slot.number == 0 {
                found.draft_slots.push(slot.variable);
            } else {
                found.published_slots.push((slot.number, slot.variable));
            }
        }
        self.add_steps(c, tenant, connection, &mut usage)?;
        Ok(usage)
    }

    /// The steps and data sources behind the slots: of the draft, else of the newest published version.
    fn add_steps(&self, c: &mut Conn, tenant: TenantId, connection: &Connection, usage: &mut Usage) -> Result<()> {
        if usage.integrations.is_empty() {
            return Ok(());
        }
        let lookup = self.lookup(c, tenant)?;
        for (key, found) in &mut usage.integrations {
            let integration = store::integration::get(c, tenant, key)?;
            let loaded = self.load_draft(c, tenant, integration)?;
            let definition = Self::parse(&loaded.version, &lookup)?;
            let mut variables = Vec::new();
            for slot in &loaded.slots {
                if self.bound_key(c, tenant, slot)?.as_deref() == Some(connection.stable_key.as_str()) {
                    variables.push(slot.variable.as_str());
                }
            }
            let used = definition.uses().filter(|(_, used)| variables.contains(&used.variable.as_str()));
            found.steps = used.map(|(path, _)| path).collect();
            found.steps.dedup();
        }
        Ok(())
    }
}

/// What keeps a connection from being deleted, in words.
pub(super) fn in_use_message(connection: &Connection, usage: &Usage) -> String {
    let mut uses: Vec<String> = usage.integrations.keys().map(|key| format!("integration `{key}`")).collect();
    match usage.customer_credentials {
        0 => {}
        1 => uses.push("a customer's credential".to_owned()),
        several => uses.push(format!("{several} credentials of customers")),
    }
    format!(
        "`{}` is used by {}: switch them to another connection first, or force the deletion to detach them",
        connection.stable_key,
        uses.join(", ")
    )
}
