//! Components as people and programs see them: what the tenant works with, and what the deployment knows besides.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::catalog::Entry;
use crate::app::catalog::Origin;
use crate::app::component::TenantComponent;
use crate::model::component::AcceptedConnection;
use crate::model::component::Action;
use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::sync::Pin;

/// A component in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ComponentSummary {
    #[schema(example = "aws-s3")]
    pub key: String,
    pub label: String,
    pub category: Option<String>,
    pub description: Option<String>,
    pub documentation_url: Option<String>,
    pub connection_types: Vec<ConnectionTypeSummary>,
    /// What the tenant's connections follow; absent: it has none of this component.
    pub used: Option<ManifestRef>,
    /// What the deployment knows; absent: its manifest is gone, and tenants go on with what they have.
    pub newest: Option<ManifestRef>,
    pub can_upgrade: bool,
    /// Where the newest manifest comes from: `built_in` or `directory`.
    #[schema(value_type = Option<String>, example = "built_in")]
    pub origin: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConnectionTypeSummary {
    #[schema(example = "api_key_secret")]
    pub key: String,
    pub label: String,
    /// How it authenticates: `basic`, `oauth2_authorization_code` …
    #[schema(example = "aws_sigv4")]
    pub auth: String,
}

/// One version of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ManifestRef {
    pub version: u32,
    #[schema(example = "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    pub digest: String,
}

/// A component with the manifest that the tenant works with.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ComponentView {
    #[serde(flatten)]
    pub component: ComponentSummary,
    /// As in the manifest; `keyway components schema` describes it.
    #[schema(value_type = Vec<Object>)]
    pub connections: Vec<ConnectionType>,
    /// As in the manifest.
    #[schema(value_type = Vec<Object>)]
    pub actions: Vec<Action>,
    /// Connections of other components that its steps accept.
    #[schema(value_type = Vec<Object>)]
    pub accepts: Vec<AcceptedConnection>,
}

impl ComponentSummary {
    fn new(component: &Component, pin: Option<&Pin>, newest: Option<&Entry>, can_upgrade: bool) -> Self {
        Self {
            key: component.key.clone(),
            label: component.label.clone(),
            category: component.category.clone(),
            description: component.description.clone(),
            documentation_url: component.documentation_url.clone(),
            connection_types: component.connections.iter().map(ConnectionTypeSummary::from).collect(),
            used: pin.map(|pin| ManifestRef { version: pin.version, digest: pin.digest.clone() }),
            newest: newest.map(|entry| ManifestRef { version: entry.component.version, digest: entry.digest.clone() }),
            can_upgrade,
            origin: newest.map(|entry| match entry.origin {
                Origin::BuiltIn => "built_in",
                Origin::Directory(_) => "directory",
            }),
        }
    }
}

impl From<&TenantComponent> for ComponentSummary {
    fn from(found: &TenantComponent) -> Self {
        Self::new(&found.component, found.pin.as_ref(), found.current.as_deref(), found.can_upgrade())
    }
}

/// A component of the deployment, as no tenant in particular sees it.
impl From<&Entry> for ComponentSummary {
    fn from(entry: &Entry) -> Self {
        Self::new(&entry.component, None, Some(entry), false)
    }
}

impl ComponentView {
    fn new(summary: ComponentSummary, component: &Component) -> Self {
        Self {
            component: summary,
            connections: component.connections.clone(),
            actions: component.actions.clone(),
            accepts: component.accepts.clone(),
        }
    }
}

impl From<&TenantComponent> for ComponentView {
    fn from(found: &TenantComponent) -> Self {
        Self::new(ComponentSummary::from(found), &found.component)
    }
}

impl From<&Entry> for ComponentView {
    fn from(entry: &Entry) -> Self {
        Self::new(ComponentSummary::from(entry), &entry.component)
    }
}

impl From<&ConnectionType> for ConnectionTypeSummary {
    fn from(kind: &ConnectionType) -> Self {
        let auth = serde_json::to_value(&kind.auth).unwrap_or_default();
        let auth = auth.get("kind").and_then(Value::as_str).unwrap_or("none").to_owned();
        Self { key: kind.key.clone(), label: kind.label.clone(), auth }
    }
}
