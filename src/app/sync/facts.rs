//! What only the target knows of its connections: what is missing, tested, filled in, and where secrets go.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::app::layers::lacks_values;
use crate::app::layers::scopes_of;
use crate::app::sync::definitions::Definitions;
use crate::app::sync::kinds::Kinds;
use crate::app::sync::kinds::KnownKind;
use crate::app::sync::state::Rows;
use crate::app::sync::state::to_snapshot;
use crate::crypto::hex;
use crate::crypto::sha256;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::connection::Connection;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::StoredStatus;
use crate::model::sync::ConnectionFacts;
use crate::model::sync::KnownComponent;
use crate::model::sync::KnownType;
use crate::model::sync::Pin;
use crate::model::sync::Policy;
use crate::model::sync::RequiredInput;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::model::values::is_shared;
use crate::model::values::quick::holds_secrets;
use crate::store;
use crate::store::conn::Conn;

/// Credentials of one connection, as far as planning looks at them.
#[derive(Default)]
struct Credentials {
    organization: Option<Credential>,
    /// Of the organization's: it holds tokens.
    is_authorized: bool,
    has_test: bool,
    holds_secrets: bool,
    /// Ids and versions: differs when any of them was written.
    mark: String,
}

/// What a target holds, whatever is to be synced into it.
pub(super) struct Held {
    rows: Rows,
    kinds: Kinds,
    credentials: HashMap<ConnectionId, Credentials>,
    pub(super) revision: i64,
}

impl App {
    pub(super) fn read_held(&self, c: &mut Conn, tenant: TenantId, definitions: Definitions) -> Result<Held> {
        let rows = Rows::read(c, tenant, definitions)?;
        let kinds = self.kinds(c, tenant, &rows.connections)?;
        let credentials = self.credentials(c, tenant)?;
        Ok(Held { rows, kinds, credentials, revision: store::tenant::revision(c, tenant)? })
    }

    pub(super) fn target(
        &self,
        c: &mut Conn,
        held: Held,
        actor: &Actor,
        (source, policy): (&SourceState, &Policy),
    ) -> Result<TargetState> {
        let Held { rows, kinds, credentials, revision } = held;
        // Which scopes a connection asks for is only looked up where somebody needs scopes of it.
        let scoped = scoped(source, policy);
        let none = Credentials::default();
        let mut facts = BTreeMap::new();
        for connection in &rows.connections {
            let Some(known) = kinds.get(connection) else { continue };
            let own = credentials.get(&connection.id).unwrap_or(&none);
            let mut keys = std::iter::once(&connection.stable_key).chain(&connection.aliases);
            let is_scoped = keys.any(|key| scoped.contains(key.as_str()));
            let of_connection = ConnectionFacts {
                is_pending: is_pending(connection, known, own),
                needs_authorization: needs_authorization(connection, &known.kind, own),
                has_test_credential: own.has_test,
                holds_secrets: own.holds_secrets || holds_secrets(&connection.inputs),
                destination_inputs: Arc::clone(&known.destination_inputs),
                local_inputs: local_inputs(connection, known),
                granted_scopes: if is_scoped { scopes_of(&known.kind, &known.compiled, connection) } else { None },
                fill: fill(connection, &known.kind, own),
                is_used_elsewhere: false,
            };
            facts.insert(connection.stable_key.to_string(), of_connection);
        }
        let edited_drafts = rows
            .integrations
            .iter()
            .filter_map(|(integration, _)| Some((integration.key.clone(), integration.draft_edited_by.clone()?)))
            .collect();
        let known_components = self.known_components(c, source)?;
        Ok(TargetState {
            name: actor.tenant.key.clone(),
            revision,
            is_production: actor.tenant.is_production,
            snapshot: to_snapshot(rows, &kinds),
            facts,
            edited_drafts,
            known_components,
        })
    }

    /// Marks what a version refers to that no snapshot holds and that `stays` after the sync or rollback: by integration
    /// and number.
    pub(super) fn mark_used(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        state: &mut TargetState,
        stays: impl Fn(&str, i64) -> bool,
    ) -> Result<()> {
        let keys = store::connection::key::list(c, tenant)?.into_iter().filter(|(_, _, is_current)| *is_current);
        let current: HashMap<ConnectionId, String> = keys.map(|(key, id, _)| (id, key)).collect();
        for (integration, number, id) in store::usage::outside_snapshots(c, tenant)? {
            let facts = current.get(&id).and_then(|key| state.facts.get_mut(key));
            if let Some(facts) = facts.filter(|_| stays(&integration, number)) {
                facts.is_used_elsewhere = true;
            }
        }
        Ok(())
    }

    fn credentials(&self, c: &mut Conn, tenant: TenantId) -> Result<HashMap<ConnectionId, Credentials>> {
        let mut found: HashMap<ConnectionId, Credentials> = HashMap::new();
        let authorized = self.authorized_of_organization(c, tenant)?;
        for credential in store::credential::list_of_organization(c, tenant)? {
            let own = found.entry(credential.connection_id).or_default();
            own.holds_secrets |= credential.sealed.is_some();
            own.mark.push_str(&format!("{}:{};", credential.id, credential.version));
            match credential.owner {
                Owner::Test => own.has_test = true,
                _ => {
                    own.is_authorized = authorized.contains(&credential.id);
                    own.organization = Some(credential);
                }
            }
        }
        for (connection, count, versions) in store::credential::customer_marks(c, tenant)? {
            let own = found.entry(connection).or_default();
            own.holds_secrets = true;
            own.mark.push_str(&format!("customers:{count}:{versions};"));
        }
        Ok(found)
    }

    /// What this deployment can pin, of the components that the source names.
    fn known_components(&self, c: &mut Conn, source: &SourceState) -> Result<BTreeMap<String, Vec<KnownComponent>>> {
        let mut known: BTreeMap<String, Vec<KnownComponent>> = BTreeMap::new();
        let kept = store::component::list_kept(c)?;
        for key in source.snapshot.components.keys() {
            let mut pins: BTreeMap<Pin, Arc<Component>> = BTreeMap::new();
            for (_, pin) in kept.iter().filter(|(name, _)| name == key) {
                pins.insert(pin.clone(), self.pinned(c, key, pin)?);
            }
            if let Some(entry) = self.catalog().get(key) {
                let pin = Pin { version: entry.component.version, digest: entry.digest.clone() };
                pins.entry(pin).or_insert_with(|| Arc::new(entry.component.clone()));
            }
            let list = pins.into_iter().map(|(pin, component)| known_component(pin, &component)).collect();
            known.insert(key.clone(), list);
        }
        Ok(known)
    }
}

/// Keys and aliases of the connections that somebody needs scopes of.
fn scoped<'a>(source: &'a SourceState, policy: &'a Policy) -> BTreeSet<&'a str> {
    let slots = source.snapshot.integrations.values().flat_map(|integration| integration.slots.values());
    let keys = slots.filter(|slot| !slot.required_scopes.is_empty()).filter_map(|slot| slot.stable_key.as_deref());
    let mut scoped: BTreeSet<&str> = keys.chain(policy.map.values().map(String::as_str)).collect();
    // The target may know the connection by an older name.
    let aliases = scoped
        .iter()
        .filter_map(|key| source.snapshot.connections.get(*key))
        .flat_map(|content| content.aliases.iter().map(String::as_str));
    let aliases: Vec<&str> = aliases.collect();
    scoped.extend(aliases);
    scoped
}

/// An account of the organization's that somebody must still authorize at the provider; customers authorize theirs.
fn needs_authorization(connection: &Connection, kind: &ConnectionType, own: &Credentials) -> bool {
    connection.scope == Scope::OrganizationGlobal
        && kind.auth.needs_consent()
        && !(own.is_authorized && own.organization.as_ref().is_some_and(|own| own.status == StoredStatus::Active))
}

fn is_pending(connection: &Connection, known: &KnownKind, own: &Credentials) -> bool {
    // Nothing sealed can be quarantined: only what the organization must set can be missing.
    let is_plain = connection.scope != Scope::OrganizationGlobal && !holds_secrets(&connection.inputs);
    if is_plain && !connection.is_placeholder {
        return known.kind.inputs.iter().any(|input| organization_must_set(input, connection));
    }
    lacks_values(&known.kind, &known.compiled, connection, own.organization.as_ref())
}

fn local_inputs(connection: &Connection, known: &KnownKind) -> Arc<BTreeSet<String>> {
    if connection.inputs.values().all(|stored| stored.shared.is_none()) {
        return Arc::clone(&known.local_inputs);
    }
    let local = known.kind.inputs.iter().filter(|input| !is_shared(&connection.inputs, input));
    Arc::new(local.map(|input| input.key.clone()).collect())
}

/// An opaque mark of everything that was filled in here: empty while nothing was.
fn fill(connection: &Connection, kind: &ConnectionType, own: &Credentials) -> String {
    let local: BTreeMap<&str, _> = connection
        .inputs
        .iter()
        .filter(|(key, stored)| {
            stored.is_set() && kind.input(key).is_none_or(|input| !is_shared(&connection.inputs, input))
        })
        .map(|(key, stored)| (key.as_str(), &stored.value))
        .collect();
    if local.is_empty() && own.mark.is_empty() {
        return String::new();
    }
    let text = serde_json::to_string(&local).unwrap_or_default();
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(own.mark.as_bytes());
    bytes.extend_from_slice(connection.sealed.as_deref().unwrap_or_default());
    hex(&sha256(&bytes)[..8])
}

fn organization_must_set(input: &Input, connection: &Connection) -> bool {
    input.required
        && input.default.is_none()
        && !input.is_derived()
        && connection.inputs.get(&input.key).and_then(|stored| stored.managed_by).or(input.managed_by)
            == Some(ManagedBy::Organization)
        && connection.inputs.get(&input.key).is_none_or(|stored| stored.value.is_none())
}

fn known_component(pin: Pin, component: &Component) -> KnownComponent {
    let types = component.connections.iter().map(|kind| {
        let destinations: Vec<&str> = kind.destination_templates().collect();
        let required = kind
            .inputs
            .iter()
            .filter(|input| input.required && input.default.is_none() && !input.is_derived())
            .map(|input| RequiredInput {
                key: input.key.clone(),
                managed_by: input.managed_by.unwrap_or(ManagedBy::Customer),
                is_secret: input.is_secret(),
            })
            .collect();
        let known = KnownType {
            destinations: destinations.join("\n"),
            required,
            needs_authorization: kind.auth.needs_consent(),
        };
        (kind.key.clone(), known)
    });
    KnownComponent { pin, connection_types: types.collect() }
}
