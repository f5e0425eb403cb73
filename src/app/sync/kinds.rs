//! The connection types that a tenant's connections follow: each found, compiled and asked for its sets once.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::component::ConnectionType;
use crate::model::connection::Connection;
use crate::model::values::CompiledType;
use crate::store::conn::Conn;

/// A connection type, and what is the same for every connection of it.
pub(super) struct KnownKind {
    pub(super) kind: ConnectionType,
    pub(super) compiled: CompiledType,
    pub(super) destination_inputs: Arc<BTreeSet<String>>,
    /// Inputs that stay in their tenant unless a connection says otherwise.
    pub(super) local_inputs: Arc<BTreeSet<String>>,
}

impl KnownKind {
    fn new(kind: ConnectionType) -> Self {
        let compiled = CompiledType::new(&kind);
        let local = kind.inputs.iter().filter(|input| input.is_local()).map(|input| input.key.clone()).collect();
        let destination_inputs = Arc::new(compiled.destination_inputs());
        Self { kind, compiled, destination_inputs, local_inputs: Arc::new(local) }
    }
}

/// By component, then connection type. Absent inside: the component or the type is not known.
#[derive(Default)]
pub(super) struct Kinds(HashMap<String, HashMap<String, Option<KnownKind>>>);

impl Kinds {
    pub(super) fn get(&self, connection: &Connection) -> Option<&KnownKind> {
        self.0.get(&connection.component)?.get(&connection.connection_type)?.as_ref()
    }

    fn contains(&self, connection: &Connection) -> bool {
        self.0.get(&connection.component).is_some_and(|types| types.contains_key(&connection.connection_type))
    }
}

impl App {
    pub(super) fn kinds(&self, c: &mut Conn, tenant: TenantId, connections: &[Connection]) -> Result<Kinds> {
        let mut kinds = Kinds::default();
        for connection in connections {
            if kinds.contains(connection) {
                continue;
            }
            let component = self.component(c, tenant, &connection.component)?;
            let kind = component.and_then(|found| found.connection_type(&connection.connection_type).cloned());
            let types = kinds.0.entry(connection.component.clone()).or_default();
            types.insert(connection.connection_type.clone(), kind.map(KnownKind::new));
        }
        Ok(kinds)
    }
}
