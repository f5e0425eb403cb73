//! What people and programs see of components, connections and credentials: one shape for the API and for the command
//! line. Secrets are in none of them.

use std::collections::BTreeSet;
use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::connection::list::Listed;
use crate::app::credential::Held;
use crate::app::credential::effective::EffectiveValues;
use crate::app::layers::Described;
use crate::clock::Instant;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::model::connection::Connection;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::model::credential::Check;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::Status;
use crate::model::credential::StoredStatus;
use crate::model::user::Customer;
use crate::model::values::OwnerKind;
use crate::model::values::view::View as ValuesView;
use crate::store;
use crate::store::conn::Conn;

pub mod component;

pub use component::ComponentSummary;
pub use component::ComponentView;

/// A connection in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConnectionSummary {
    #[schema(value_type = String, example = "con_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: ConnectionId,
    pub stable_key: StableKey,
    /// Older keys that still find it.
    pub aliases: Vec<StableKey>,
    pub label: String,
    pub description: Option<String>,
    #[schema(example = "aws-s3")]
    pub component: String,
    #[schema(example = "api_key_secret")]
    pub connection_type: String,
    pub scope: Scope,
    pub status: Readiness,
    pub is_enabled: bool,
    /// Customers may use it in the workflows they build themselves.
    pub is_embedded: bool,
    /// Made by a sync for a reference; nothing was filled in yet.
    pub is_placeholder: bool,
    /// Grows with each change; `If-Match` takes it.
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Instant,
}

/// A connection with its global values.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConnectionView {
    #[serde(flatten)]
    pub connection: ConnectionSummary,
    /// To be registered with the provider's application. Absent where nobody authorizes at a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://keyway.example.com/oauth/callback/0123456789abcdef0123456789abcdef")]
    pub redirect_uri: Option<String>,
    #[serde(flatten)]
    pub values: ValuesView,
}

/// Names a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConnectionRef {
    #[schema(value_type = String, example = "con_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: ConnectionId,
    pub stable_key: StableKey,
}

/// Names a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerRef {
    #[schema(value_type = String, example = "cus_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: CustomerId,
    #[schema(example = "acme-42")]
    pub external_id: String,
    pub name: String,
}

/// A credential in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CredentialSummary {
    #[schema(value_type = String, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: CredentialId,
    pub connection: ConnectionRef,
    pub owner: OwnerKind,
    /// Of the owner `customer` only.
    pub customer: Option<CustomerRef>,
    /// Tells several of one customer apart.
    pub name: String,
    pub status: Status,
    pub is_enabled: bool,
    /// The last live test; `null`: nothing was ever there to be tested.
    pub last_check: Option<CheckView>,
    /// Grows with each change; `If-Match` takes it.
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Instant,
}

/// What the last live test found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckView {
    /// `ok`, `untested`, or what went wrong: `not_found`, `authentication_rejected`, `access_denied`, `request_rejected`,
    /// `server_error`, `unreachable`.
    #[schema(example = "ok")]
    pub outcome: String,
    pub message: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        Self { outcome: check.outcome, message: check.message, at: check.checked_at }
    }
}

/// A credential with the effective values it gives; each says where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CredentialView {
    #[serde(flatten)]
    pub credential: CredentialSummary,
    /// Absent: there are no tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<AuthorizationView>,
    #[serde(flatten)]
    pub values: ValuesView,
}

/// What a provider issued for a credential, without the tokens.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Authorization)]
pub struct AuthorizationView {
    /// Absent: the provider did not say, and none were asked for.
    pub granted_scopes: Option<BTreeSet<String>>,
    #[schema(value_type = String, format = DateTime)]
    pub obtained_at: Instant,
    /// Of the access token; absent: no known end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Instant>,
    pub can_be_renewed: bool,
}

/// The effective values of a connection for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EffectiveView {
    pub connection: ConnectionRef,
    /// Absent: the owner has none, and gets what the other layers give.
    #[schema(value_type = Option<String>)]
    pub credential_id: Option<CredentialId>,
    pub status: Status,
    #[serde(flatten)]
    pub values: ValuesView,
}

impl ConnectionSummary {
    #[must_use]
    pub fn new(connection: &Connection, status: Readiness) -> Self {
        let c = connection.clone();
        Self {
            id: c.id,
            stable_key: c.stable_key,
            aliases: c.aliases,
            label: c.label,
            description: c.description,
            component: c.component,
            connection_type: c.connection_type,
            scope: c.scope,
            status,
            is_enabled: c.is_enabled,
            is_embedded: c.is_embedded,
            is_placeholder: c.is_placeholder,
            version: c.version,
            created_at: c.created_at,
            updated_at: c.updated_at,
        }
    }
}

impl From<&Listed> for ConnectionSummary {
    fn from(listed: &Listed) -> Self {
        Self::new(&listed.described.connection, listed.readiness)
    }
}

impl From<&Connection> for ConnectionRef {
    fn from(connection: &Connection) -> Self {
        Self { id: connection.id, stable_key: connection.stable_key.clone() }
    }
}

impl From<Customer> for CustomerRef {
    fn from(customer: Customer) -> Self {
        Self { id: customer.id, external_id: customer.external_id, name: customer.name }
    }
}

impl From<EffectiveValues> for EffectiveView {
    fn from(effective: EffectiveValues) -> Self {
        Self {
            connection: ConnectionRef::from(&effective.described.connection),
            credential_id: effective.credential.map(|credential| credential.id),
            status: effective.status,
            values: effective.values,
        }
    }
}

impl CredentialSummary {
    fn new(held: &Held, status: Status, customer: Option<CustomerRef>, last_check: Option<Check>) -> Self {
        let c = &held.credential;
        Self {
            id: c.id,
            connection: ConnectionRef::from(&held.described.connection),
            owner: c.owner.kind(),
            customer,
            name: c.name.clone(),
            status,
            is_enabled: c.status != StoredStatus::Disabled,
            last_check: last_check.map(CheckView::from),
            version: c.version,
            created_at: c.created_at,
            updated_at: c.updated_at,
        }
    }
}

impl App {
    /// How a connection that a use case handed out is shown. Asks for no permission of its own.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn show_connection(&self, tenant: TenantId, described: Described) -> Result<ConnectionView> {
        let app = self.clone();
        let redirect_uri = self.redirect_uri_of(tenant, &described).await?;
        self.store()
            .read(move |c| {
                let status = app.readiness(c, tenant, &described)?;
                let connection = ConnectionSummary::new(&described.connection, status);
                let values = app.view_values(c, tenant, described, (None, None))?.values;
                Ok(ConnectionView { connection, redirect_uri, values })
            })
            .await
    }

    /// How a credential that a use case handed out is shown. Asks for no permission of its own.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn show_credential(&self, tenant: TenantId, held: Held) -> Result<CredentialView> {
        let app = self.clone();
        self.store()
            .read(move |c| {
                let (credential, values) = app.show_held(c, tenant, &held, &mut Customers::default())?;
                let stored = app.tokens(c, tenant, held.credential.id)?;
                let stored = stored.filter(|stored| !stored.tokens.access_token.is_empty());
                let authorization = stored.map(|stored| AuthorizationView {
                    granted_scopes: stored.tokens.granted_scopes,
                    obtained_at: stored.obtained_at,
                    expires_at: stored.tokens.expires_at,
                    can_be_renewed: stored.tokens.refresh_token.is_some(),
                });
                Ok(CredentialView { credential, authorization, values })
            })
            .await
    }

    /// The same for a list.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn show_credentials(&self, tenant: TenantId, held: Vec<Held>) -> Result<Vec<CredentialSummary>> {
        let app = self.clone();
        self.store()
            .read(move |c| {
                let mut known = Customers::default();
                held.iter().map(|held| Ok(app.show_held(c, tenant, held, &mut known)?.0)).collect()
            })
            .await
    }

    fn show_held(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        held: &Held,
        known: &mut Customers,
    ) -> Result<(CredentialSummary, ValuesView)> {
        let owner = held.credential.owner;
        let credential: Credential = held.credential.clone();
        let shown = self.view_values(c, tenant, held.described.clone(), (Some(owner.kind()), Some(credential)))?;
        let customer = known.of(c, tenant, owner)?;
        let check = store::check::find(c, tenant, held.credential.id)?;
        Ok((CredentialSummary::new(held, shown.status, customer, check), shown.values))
    }
}

/// Customers of one answer, each read once.
#[derive(Default)]
struct Customers(HashMap<CustomerId, CustomerRef>);

impl Customers {
    fn of(&mut self, c: &mut Conn, tenant: TenantId, owner: Owner) -> Result<Option<CustomerRef>> {
        let Some(id) = owner.customer() else { return Ok(None) };
        if let Some(customer) = self.0.get(&id) {
            return Ok(Some(customer.clone()));
        }
        let customer = CustomerRef::from(store::customer::get(c, tenant, &id.to_string())?);
        self.0.insert(id, customer.clone());
        Ok(Some(customer))
    }
}
