//! Reading the audit log. Writing it is part of every use case that changes something.

use crate::app::App;
use crate::error::Result;
use crate::ids::EventId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Entry;
use crate::model::audit::Filter;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::store;

impl App {
    /// What was done in the actor's tenant, the newest first.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_audit(
        &self,
        actor: Actor,
        filter: Filter,
        page: PageRequest<EventId>,
    ) -> Result<Page<Entry, EventId>> {
        actor.require(Permission::AuditRead)?;
        self.store().read(move |c| store::audit::page(c, actor.tenant.id, &filter, &page)).await
    }
}
