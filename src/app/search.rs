//! Finding connections, integrations and customers by a few letters, the best first.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::store;
use crate::store::conn::Conn;
use crate::store::search::Fit;

/// Longest text that is looked for, in characters.
pub const MAX_TEXT: usize = 200;

/// What was found; nothing of kinds that the actor may not see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    pub connections: Vec<Hit>,
    pub integrations: Vec<Hit>,
    pub customers: Vec<Hit>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// What its page is called by.
    pub id: String,
    pub label: String,
    /// Stable key, integration's key or external id.
    pub key: String,
    /// Of connections.
    pub component: Option<String>,
}

impl Found {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.integrations.is_empty() && self.customers.is_empty()
    }
}

impl App {
    /// At most `limit` of each kind.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn search(&self, actor: Actor, text: &str, limit: usize) -> Result<Found> {
        let text: String = text.trim().chars().filter(|c| *c != '\0').take(MAX_TEXT).collect::<String>().to_lowercase();
        if text.is_empty() {
            return Ok(Found::default());
        }
        self.store()
            .read(move |c| {
                let mut found = Found::default();
                let tenant = actor.tenant.id;
                if actor.may(Permission::ConnectionsRead) {
                    found.connections = best(c, limit, |c, fit, limit| {
                        let rows = store::search::connections(c, tenant, (&text, fit), limit)?;
                        let hit = |(id, key, label, component): store::search::FoundConnection| Hit {
                            id: id.to_string(),
                            label,
                            key,
                            component: Some(component),
                        };
                        Ok(rows.into_iter().map(hit).collect())
                    })?;
                }
                if actor.may(Permission::IntegrationsRead) {
                    found.integrations = best(c, limit, |c, fit, limit| {
                        let rows = store::search::integrations(c, tenant, (&text, fit), limit)?;
                        Ok(rows
                            .into_iter()
                            .map(|(key, label)| Hit { id: key.clone(), label, key, component: None })
                            .collect())
                    })?;
                }
                if actor.may(Permission::CustomersRead) {
                    found.customers = best(c, limit, |c, fit, limit| {
                        let rows = store::search::customers(c, tenant, (&text, fit), limit)?;
                        let hit = |(id, key, label): (crate::ids::CustomerId, String, String)| Hit {
                            id: id.to_string(),
                            label,
                            key,
                            component: None,
                        };
                        Ok(rows.into_iter().map(hit).collect())
                    })?;
                }
                Ok(found)
            })
            .await
    }
}

/// Looks for worse fits only as long as the better ones do not fill the list.
fn best(c: &mut Conn, limit: usize, look: impl Fn(&mut Conn, Fit, i64) -> Result<Vec<Hit>>) -> Result<Vec<Hit>> {
    let (mut hits, mut known) = (Vec::new(), BTreeSet::new());
    for fit in Fit::ALL {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        for hit in look(c, fit, most)? {
            if hits.len() < limit && known.insert(hit.id.clone()) {
                hits.push(hit);
            }
        }
        if hits.len() >= limit {
            break;
        }
    }
    Ok(hits)
}
