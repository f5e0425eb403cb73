//! A connection with its layers opened: what every look at effective values starts from.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::App;
use crate::app::component::connection_type;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::TenantId;
use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::component::auth::grant::split_scopes;
use crate::model::connection::Connection;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::template::Encoding;
use crate::model::template::Template;
use crate::model::values::CompiledType;
use crate::model::values::Inputs;
use crate::model::values::Layers;
use crate::model::values::OwnerKind;
use crate::model::values::Resolution;
use crate::model::values::Secrets;
use crate::model::values::State;
use crate::model::values::quick::is_pending;
use crate::model::values::resolve::as_text;
use crate::store;
use crate::store::conn::Conn;

/// A connection and the manifest it follows.
#[derive(Clone)]
pub struct Described {
    pub connection: Connection,
    pub component: Arc<Component>,
}

impl Described {
    /// # Errors
    /// `unknown_connection_type` when the pinned manifest lacks it.
    pub fn kind(&self) -> Result<&ConnectionType> {
        connection_type(&self.component, &self.connection.connection_type)
    }

    /// The layers for one owner; without a credential the owner's own layer is empty.
    ///
    /// # Errors
    /// As `kind`.
    pub fn layers<'a>(&'a self, owner: Option<(OwnerKind, &'a Inputs)>) -> Result<Layers<'a>> {
        Ok(Layers {
            kind: self.kind()?,
            scope: self.connection.scope,
            global: &self.connection.inputs,
            credential: owner,
        })
    }
}

impl App {
    /// Reads a connection by id, stable key or alias.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) fn describe(&self, c: &mut Conn, tenant: TenantId, reference: &str) -> Result<Described> {
        let connection = match reference.parse::<ConnectionId>() {
            Ok(id) => store::connection::find(c, tenant, id)?,
            Err(_) => store::connection::find_by_key(c, tenant, reference)?,
        };
        let connection = connection.ok_or_else(|| Error::not_found("connection", reference))?;
        self.with_component(c, tenant, connection)
    }

    pub(crate) fn with_component(&self, c: &mut Conn, tenant: TenantId, connection: Connection) -> Result<Described> {
        let component = self
            .component(c, tenant, &connection.component)?
            .ok_or_else(|| Error::bug(format!("the component of connection {} is gone", connection.id)))?;
        Ok(Described { connection, component })
    }

    /// Opens the sealed secrets of a connection's global layer.
    pub(crate) fn global_secrets(&self, c: &mut Conn, tenant: TenantId, connection: &Connection) -> Result<Secrets> {
        let Some(sealed) = &connection.sealed else { return Ok(Secrets::new()) };
        self.keys(c, tenant)?.unseal("connections", connection.id.0, "secrets", sealed)
    }

    /// Opens the sealed secrets of a credential.
    pub(crate) fn own_secrets(&self, c: &mut Conn, tenant: TenantId, credential: &Credential) -> Result<Secrets> {
        let Some(sealed) = &credential.sealed else { return Ok(Secrets::new()) };
        self.keys(c, tenant)?.unseal("credentials", credential.id.0, "secrets", sealed)
    }

    /// Whether what the organization must do for a connection is done.
    pub(crate) fn readiness(&self, c: &mut Conn, tenant: TenantId, described: &Described) -> Result<Readiness> {
        let connection = &described.connection;
        if !connection.is_enabled {
            return Ok(Readiness::Disabled);
        }
        let kind = described.kind()?;
        let is_shared = connection.scope == Scope::OrganizationGlobal;
        let own = match is_shared {
            true => store::credential::list_of_owner(c, tenant, connection.id, Owner::Organization)?.into_iter().next(),
            false => None,
        };
        // Customers authorize theirs; one account for all is the organization's to authorize.
        let is_pending = lacks_values(kind, &CompiledType::new(kind), connection, own.as_ref())
            || (is_shared && self.lacks_consent(c, tenant, (kind, own.as_ref()))?);
        Ok(if is_pending { Readiness::Pending } else { Readiness::Ready })
    }
}

/// Whether something that the organization must do for a connection, switched on or off, is left to do. `compiled`: of
/// `kind`, for callers that ask of many connections.
#[must_use]
pub fn lacks_values(
    kind: &ConnectionType,
    compiled: &CompiledType,
    connection: &Connection,
    organization: Option<&Credential>,
) -> bool {
    let own = organization.map(|credential| (OwnerKind::Organization, &credential.inputs));
    let (scope, global) = (connection.scope, &connection.inputs);
    connection.is_placeholder
        || match scope {
            Scope::OrganizationGlobal => is_pending(compiled, scope, global, own),
            _ => organization_lacks(&compiled.resolve(&Layers { kind, scope, global, credential: own }, None)),
        }
}

/// Whether an input that its manifest or connection gives to the organization lacks a usable global value. What each
/// customer has of their own is not asked for here.
fn organization_lacks(resolution: &Resolution<'_>) -> bool {
    use crate::model::component::ManagedBy;
    resolution.inputs.iter().any(|effective| match effective.state {
        State::Quarantined => true,
        State::Missing => effective.input.managed_by == Some(ManagedBy::Organization) && !effective.input.is_derived(),
        _ => false,
    })
}

/// The OAuth scopes that a connection asks for by its global values; `None` when it asks for none, or they are open.
///
/// # Errors
/// When the pinned manifest lacks the connection type.
pub fn configured_scopes(described: &Described) -> Result<Option<BTreeSet<String>>> {
    let kind = described.kind()?;
    Ok(scopes_of(kind, &CompiledType::new(kind), &described.connection))
}

/// The same with the type at hand. `compiled`: of `kind`.
#[must_use]
pub fn scopes_of(kind: &ConnectionType, compiled: &CompiledType, connection: &Connection) -> Option<BTreeSet<String>> {
    if kind.auth.scopes().is_empty() {
        return None;
    }
    let layers = Layers { kind, scope: connection.scope, global: &connection.inputs, credential: None };
    let resolution = compiled.resolve(&layers, None);
    let lookup = |name: &str| {
        let value = resolution.get(name)?.value.as_ref()?;
        Some(Cow::Owned(as_text(value)))
    };
    let mut scopes = BTreeSet::new();
    for text in kind.auth.scopes() {
        let rendered = Template::parse(text).ok()?.render(&lookup, Encoding::Plain).ok()?;
        scopes.extend(split_scopes(&rendered).map(str::to_owned));
    }
    Some(scopes)
}
