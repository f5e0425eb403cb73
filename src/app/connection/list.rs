//! Lists of connections, with the readiness that people filter by.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::app::App;
use crate::app::layers::Described;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::store;
use crate::store::conn::Conn;
use crate::store::connection::Filter;

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFilter {
    pub component: Option<String>,
    pub scope: Option<Scope>,
    pub status: Option<Readiness>,
    pub is_embedded: Option<bool>,
    /// Current key or alias.
    pub stable_key: Option<String>,
    /// Part of the label or key.
    pub text: Option<String>,
}

/// A connection in a list.
pub struct Listed {
    pub described: Described,
    pub readiness: Readiness,
}

impl App {
    /// How many connections each component has here; one without any is absent.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn count_connections(&self, actor: Actor) -> Result<BTreeMap<String, i64>> {
        actor.require(Permission::ConnectionsRead)?;
        self.store().read(move |c| store::connection::count_by_component(c, actor.tenant.id)).await
    }

    /// One page, oldest first.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_connections(
        &self,
        actor: Actor,
        filter: ConnectionFilter,
        after: Option<ConnectionId>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store().read(move |c| app.page_of_connections(c, &actor, &filter, (after, limit))).await
    }

    /// Only enabled connections that customers may use in the workflows they build; checked at every call.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_embedded_connections(
        &self,
        actor: Actor,
        after: Option<ConnectionId>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        actor.require(Permission::EmbeddedRead)?;
        let app = self.clone();
        let filter = ConnectionFilter { is_embedded: Some(true), ..ConnectionFilter::default() };
        self.store()
            .read(move |c| {
                let mut found = Vec::new();
                let mut after = after;
                loop {
                    let page = app.page_of_connections(c, &actor, &filter, (after, limit))?;
                    let is_last = page.len() < limit;
                    after = page.last().map(|listed| listed.described.connection.id);
                    found.extend(page.into_iter().filter(|listed| listed.described.connection.is_enabled));
                    if is_last || found.len() >= limit {
                        found.truncate(limit);
                        return Ok(found);
                    }
                }
            })
            .await
    }

    fn page_of_connections(
        &self,
        c: &mut Conn,
        actor: &Actor,
        filter: &ConnectionFilter,
        (mut after, limit): (Option<ConnectionId>, usize),
    ) -> Result<Vec<Listed>> {
        let stored = Filter {
            component: filter.component.clone(),
            scope: filter.scope,
            is_enabled: filter.status.map(|status| status != Readiness::Disabled),
            is_embedded: filter.is_embedded,
            stable_key: filter.stable_key.clone(),
            text: filter.text.clone(),
        };
        let mut found = Vec::new();
        // Readiness is worked out, not stored: read on until the page is full.
        loop {
            let page =
                store::connection::list(c, actor.tenant.id, &stored, after, i64::try_from(limit).unwrap_or(i64::MAX))?;
            let is_last = page.len() < limit;
            after = page.last().map(|connection| connection.id);
            let mut components = HashMap::new();
            for connection in page {
                let component = match components.get(&connection.component) {
                    Some(component) => std::sync::Arc::clone(component),
                    None => {
                        let described = self.with_component(c, actor.tenant.id, connection.clone())?;
                        components.insert(connection.component.clone(), std::sync::Arc::clone(&described.component));
                        described.component
                    }
                };
                let described = Described { connection, component };
                let readiness = self.readiness(c, actor.tenant.id, &described)?;
                if filter.status.is_none_or(|status| status == readiness) {
                    found.push(Listed { described, readiness });
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }
}
