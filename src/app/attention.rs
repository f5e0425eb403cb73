//! What needs a person in a tenant. Most of it is worked out from values, so it is kept from one look to the next as long
//! as a cheap query says that nothing moved.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::app::App;
use crate::app::layers::lacks_values;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::attention::ConnectionInNeed;
use crate::model::attention::CredentialInNeed;
use crate::model::attention::Item;
use crate::model::attention::Reason;
use crate::model::component::Component;
use crate::model::connection::Connection;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::StoredStatus;
use crate::model::values::CompiledType;
use crate::model::values::Layers;
use crate::model::values::OwnerKind;
use crate::model::values::quick::holds_secrets;
use crate::store;
use crate::store::attention::Mark;
use crate::store::conn::Conn;

/// Credentials read at a time.
const BATCH: usize = 1000;
/// Tenants whose items are kept.
const KEPT: usize = 256;

/// The items of tenants as they were when the mark was so.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<TenantId, Then>>);

type Then = (Mark, Arc<Vec<Item>>);

impl Seen {
    fn get(&self, tenant: TenantId, mark: Mark) -> Option<Arc<Vec<Item>>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&tenant).filter(|(then, _)| *then == mark).map(|(_, items)| Arc::clone(items))
    }

    fn put(&self, tenant: TenantId, mark: Mark, items: &Arc<Vec<Item>>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= KEPT && !seen.contains_key(&tenant) {
            seen.clear();
        }
        seen.insert(tenant, (mark, Arc::clone(items)));
    }
}

impl App {
    /// What needs a person, the most pressing first. Nothing of connections and credentials that are switched off.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn attention(&self, actor: Actor) -> Result<Arc<Vec<Item>>> {
        actor.require(Permission::ConnectionsRead)?;
        actor.require(Permission::IntegrationsRead)?;
        let (app, tenant) = (self.clone(), actor.tenant.id);
        self.store()
            .read(move |c| {
                let mark = store::attention::mark(c, tenant)?;
                if let Some(items) = app.seen().get(tenant, mark) {
                    return Ok(items);
                }
                let items = Arc::new(app.look_around(c, tenant)?);
                app.seen().put(tenant, mark, &items);
                Ok(items)
            })
            .await
    }

    fn look_around(&self, c: &mut Conn, tenant: TenantId) -> Result<Vec<Item>> {
        let mut look = Look::default();
        for connection in store::connection::list_all(c, tenant)?.into_iter().filter(|c| c.is_enabled) {
            let kind = (connection.component.clone(), connection.connection_type.clone());
            if let Entry::Vacant(vacant) = look.kinds.entry(kind) {
                let (component, kind) = vacant.key();
                let known = self.component(c, tenant, component)?.and_then(|component| Kind::of(component, kind));
                vacant.insert(known);
            }
            look.connections.insert(connection.id, connection);
        }
        let mut after: Option<CredentialId> = None;
        loop {
            let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
            let batch = store::credential::list(c, tenant, store::credential::Filter::default(), after, limit)?;
            after = batch.last().map(|credential| credential.id);
            let is_last = batch.len() < BATCH;
            batch.into_iter().for_each(|credential| look.credential(credential));
            if is_last {
                break;
            }
        }
        look.pending();
        let customers: BTreeSet<CustomerId> = look.found.iter().filter_map(|(_, customer)| *customer).collect();
        let names = store::customer::names(c, tenant, &customers.into_iter().collect::<Vec<_>>())?;
        let mut items = look.items(&names);
        items.extend(
            store::attention::unbound_slots(c, tenant)?
                .into_iter()
                .map(|slot| Item { slot: Some(slot), ..blank(Reason::UnboundSlot) }),
        );
        items.sort_by_key(|item| (item.reason, item.connection.as_ref().map(|connection| connection.label.clone())));
        Ok(items)
    }
}

fn blank(reason: Reason) -> Item {
    Item { reason, connection: None, credential: None, slot: None, since: None, advice: reason.advice() }
}

/// A connection type and what was compiled of it, once for all its connections.
struct Kind {
    component: Arc<Component>,
    at: usize,
    compiled: CompiledType,
}

impl Kind {
    fn of(component: Arc<Component>, key: &str) -> Option<Self> {
        let at = component.connections.iter().position(|kind| kind.key == key)?;
        let compiled = CompiledType::new(&component.connections[at]);
        Some(Self { component, at, compiled })
    }

    fn is_quarantined(&self, connection: &Connection, credential: Option<&Credential>) -> bool {
        if !holds_secrets(&connection.inputs) && !credential.is_some_and(|credential| holds_secrets(&credential.inputs))
        {
            return false;
        }
        let layers = Layers {
            kind: &self.component.connections[self.at],
            scope: connection.scope,
            global: &connection.inputs,
            credential: credential.map(|credential| (credential.owner.kind(), &credential.inputs)),
        };
        self.compiled.resolve(&layers, None).is_quarantined()
    }
}

/// One look at everything.
#[derive(Default)]
struct Look {
    // `None`: the manifest lacks the type.
    kinds: HashMap<(String, String), Option<Kind>>,
    connections: HashMap<ConnectionId, Connection>,
    organization: HashMap<ConnectionId, Credential>,
    found: Vec<(Item, Option<CustomerId>)>,
}

impl Look {
    fn kind(&self, connection: &Connection) -> Option<&Kind> {
        self.kinds.get(&(connection.component.clone(), connection.connection_type.clone()))?.as_ref()
    }

    fn credential(&mut self, credential: Credential) {
        let Some(connection) = self.connections.get(&credential.connection_id) else { return };
        if credential.status == StoredStatus::Disabled {
            return;
        }
        let reason = match credential.status {
            _ if self.is_quarantined(connection, &credential) => Some(Reason::Quarantined),
            StoredStatus::ReauthorizationRequired => Some(Reason::Reauthorize),
            StoredStatus::Error => Some(Reason::Failing),
            _ => None,
        };
        if let Some(reason) = reason {
            let in_need = CredentialInNeed {
                id: credential.id,
                owner: credential.owner.kind(),
                customer: None,
                name: credential.name.clone(),
            };
            let item = Item {
                connection: Some(in_need_of(connection)),
                credential: Some(in_need),
                since: Some(credential.updated_at),
                ..blank(reason)
            };
            self.found.push((item, credential.owner.customer()));
        }
        if credential.owner == Owner::Organization {
            self.organization.insert(credential.connection_id, credential);
        }
    }

    fn is_quarantined(&self, connection: &Connection, credential: &Credential) -> bool {
        self.kind(connection).is_some_and(|kind| kind.is_quarantined(connection, Some(credential)))
    }

    /// Connections whose organization has something left to do. What is told of its credential already says enough.
    fn pending(&mut self) {
        let is_organization = |item: &Item| {
            item.credential.as_ref().is_some_and(|credential| credential.owner == OwnerKind::Organization)
        };
        let told: BTreeSet<ConnectionId> = self
            .found
            .iter()
            .filter(|(item, _)| is_organization(item))
            .filter_map(|(item, _)| item.connection.as_ref().map(|connection| connection.id))
            .collect();
        let mut new = Vec::new();
        for connection in self.connections.values().filter(|connection| !told.contains(&connection.id)) {
            let Some(kind) = self.kind(connection) else { continue };
            let own = self.organization.get(&connection.id).filter(|_| connection.scope == Scope::OrganizationGlobal);
            if lacks_values(&kind.component.connections[kind.at], &kind.compiled, connection, own) {
                let reason = match connection.is_placeholder {
                    true => Reason::Placeholder,
                    false if kind.is_quarantined(connection, own) => Reason::Quarantined,
                    false => Reason::PendingConnection,
                };
                let since = Some(connection.updated_at);
                new.push((Item { connection: Some(in_need_of(connection)), since, ..blank(reason) }, None));
            }
        }
        self.found.extend(new);
    }

    fn items(self, names: &HashMap<CustomerId, String>) -> Vec<Item> {
        let named = |(mut item, customer): (Item, Option<CustomerId>)| {
            if let Some(credential) = item.credential.as_mut() {
                credential.customer = customer.and_then(|id| names.get(&id).cloned());
            }
            item
        };
        self.found.into_iter().map(named).collect()
    }
}

fn in_need_of(connection: &Connection) -> ConnectionInNeed {
    ConnectionInNeed {
        id: connection.id,
        stable_key: connection.stable_key.to_string(),
        label: connection.label.clone(),
        component: connection.component.clone(),
    }
}
