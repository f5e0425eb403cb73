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
        Ok(usage)
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
