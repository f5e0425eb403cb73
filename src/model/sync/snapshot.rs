//! What of a tenant travels: component pins, connection definitions with their shared values, integrations.
//! Never a secret, never a local value, never customer data. Canonical: same content, same bytes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde_json::Map;
use serde_json::Value;
use utoipa::ToSchema;

use crate::crypto::sha256_label;
use crate::error::Error;
use crate::error::Result;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::model::connection::slug_problem;
use crate::model::definition;

/// The one format that is written and read.
pub const FORMAT: &str = "keyway.snapshot/1";

/// Keys of integrations and components are file names in the folder form, so they keep to the same alphabet.
pub const MAX_KEY_CHARS: usize = 64;

/// A tenant's shared state. Sorted maps, so two equal snapshots serialise to equal bytes.
#[derive(Debug, Clone, Default, PartialEq, ToSchema)]
pub struct Snapshot {
    /// The version of each component that the tenant uses, by component key.
    pub components: BTreeMap<String, Pin>,
    /// By current stable key.
    pub connections: BTreeMap<String, ConnectionContent>,
    /// By integration key.
    pub integrations: BTreeMap<String, IntegrationContent>,
}

/// One version of a component's manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub version: u32,
    /// Of the manifest's content; two deployments may hold different manifests under one version.
    pub digest: String,
}

/// A connection's definition and shared values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionContent {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub component: String,
    pub connection_type: String,
    pub scope: Scope,
    pub is_enabled: bool,
    /// Used for embedded workflows.
    pub is_embedded: bool,
    /// Earlier keys; they share one namespace with the current keys of the tenant.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aliases: BTreeSet<String>,
    /// Only inputs that have a shared value or a choice of the builder's; by input key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, InputContent>,
}

/// What a builder set for one input of a connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "WireInput")]
pub struct InputContent {
    /// The global value when it is shared; a local value or a secret is never here.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "sorted_value")]
    pub value: Option<Value>,
    /// The builder's choice; absent: the manifest decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<ManagedBy>,
    /// The builder's choice whether the value travels; absent: the manifest decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

/// An integration as the snapshot tells it: its latest published version, else its draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationContent {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether this is a published version; the target mirrors it.
    pub is_published: bool,
    /// Compact JSON, keys in the definition's own order, secrets blanked. Kept as text: planning compares digests only.
    #[serde(serialize_with = "arc_out", deserialize_with = "arc_in")]
    #[schema(value_type = String)]
    pub definition: Arc<str>,
    /// [`definition::digest`] of the definition: the order of keys does not count.
    pub digest: String,
    /// By config variable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<String, SlotContent>,
}

/// Where an integration needs a connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotContent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_type: Option<String>,
    /// The scope that the definition asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The current key of the connection it is bound to, or the key it wants when nothing has that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable_key: Option<String>,
    /// OAuth scopes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub required_scopes: BTreeSet<String>,
}

/// `sha256:<hex>` of a text.
pub(super) fn digest_of(text: &str) -> String {
    sha256_label(text.as_bytes())
}

impl IntegrationContent {
    /// Replaces the definition and its digest together.
    pub fn set_definition(&mut self, definition: &Value) {
        self.definition = definition.to_string().into();
        self.digest = definition::digest(definition);
    }
}

impl Snapshot {
    /// Same content, same bytes: compact JSON, every map sorted except inside the definitions' own text.
    #[must_use]
    pub fn to_canonical_json(&self) -> String {
        canonical_json(self)
    }

    /// Reads what [`Self::to_canonical_json`] wrote, or a person.
    ///
    /// # Errors
    /// `invalid_snapshot`: no JSON, an unknown field or format, an input marked secret, a key outside the alphabet or
    /// held twice, a definition that is not compact JSON or does not have its digest.
    pub fn parse(text: &str) -> Result<Self> {
        let snapshot: Self = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        snapshot.check()?;
        Ok(snapshot)
    }

    /// What the types cannot say.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn check(&self) -> Result<()> {
        for key in self.components.keys() {
            check_key("component", key)?;
        }
        self.check_connection_keys()?;
        for (key, integration) in &self.integrations {
            check_key("integration", key)?;
            let parsed: Value = serde_json::from_str(&integration.definition)
                .map_err(|error| invalid(format!("the definition of integration `{key}` is no JSON: {error}")))?;
            if definition::digest(&parsed) != integration.digest {
                return Err(invalid(format!("the digest of integration `{key}` is not that of its definition")));
            }
            let compact = parsed.to_string();
            if compact != *integration.definition {
                return Err(invalid(format!("the definition of integration `{key}` is not compact JSON")));
            }
        }
        Ok(())
    }

    fn check_connection_keys(&self) -> Result<()> {
        let mut aliases = BTreeMap::new();
        for (key, connection) in &self.connections {
            check_stable_key(key)?;
            for alias in &connection.aliases {
                check_stable_key(alias)?;
                if self.connections.contains_key(alias) {
                    return Err(invalid(format!("`{alias}` is a stable key and also an alias of `{key}`")));
                }
                if let Some(other) = aliases.insert(alias, key) {
                    return Err(invalid(format!("`{alias}` is an alias of `{other}` and of `{key}`")));
                }
            }
        }
        Ok(())
    }
}

fn check_stable_key(key: &str) -> Result<()> {
    StableKey::parse(key).map(drop).map_err(|error| invalid(format!("`{key}`: {}", error.public)))
}

fn check_key(what: &str, key: &str) -> Result<()> {
    slug_problem(key, MAX_KEY_CHARS)
        .map_or(Ok(()), |problem| Err(invalid(format!("`{key}`: a key of {what} {problem}"))))
}

fn invalid(why: impl std::fmt::Display) -> Error {
    Error::invalid("invalid_snapshot", format!("this is no snapshot that can be used: {why}"))
}

/// The bytes that digests and hashes are taken of.
pub(super) fn canonical_json(content: &impl Serialize) -> String {
    // Serialising these types to memory cannot fail: every map key is a string, and there is no writer to break.
    serde_json::to_string(content).unwrap_or_default()
}

/// The same value with the keys of every object sorted.
#[must_use]
pub fn sort_keys(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sort_keys).collect()),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), sort_keys(value))).collect::<Map<_, _>>())
        }
        scalar => scalar.clone(),
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn sorted_value<S: Serializer>(value: &Option<Value>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(nested @ (Value::Array(_) | Value::Object(_))) => sort_keys(nested).serialize(s),
        other => other.serialize(s),
    }
}

fn arc_out<S: Serializer>(text: &Arc<str>, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(text)
}

fn arc_in<'de, D: Deserializer<'de>>(d: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(d).map(Arc::from)
}

/// An input as it is read: a mark of a secret is answered by name, not as an unknown field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireInput {
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    managed_by: Option<ManagedBy>,
    #[serde(default)]
    shared: Option<bool>,
    #[serde(default)]
    secret: Option<Value>,
    #[serde(default)]
    sealed: Option<Value>,
}

impl TryFrom<WireInput> for InputContent {
    type Error = &'static str;

    fn try_from(wire: WireInput) -> Result<Self, Self::Error> {
        if wire.secret.is_some() || wire.sealed.is_some() {
            return Err("an input is marked secret, and a snapshot never holds secrets: remove the input");
        }
        if wire.value.is_some() && wire.shared == Some(false) {
            return Err("an input is local (`shared: false`) and has a value, and a snapshot never holds local values");
        }
        Ok(Self { value: wire.value, managed_by: wire.managed_by, shared: wire.shared })
    }
}

/// The snapshot as bytes: the format stands first.
#[derive(Serialize)]
struct WireOut<'a> {
    format: &'static str,
    components: &'a BTreeMap<String, Pin>,
    connections: &'a BTreeMap<String, ConnectionContent>,
    integrations: &'a BTreeMap<String, IntegrationContent>,
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self { components, connections, integrations } = self;
        WireOut { format: FORMAT, components, connections, integrations }.serialize(s)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireIn {
    format: String,
    components: BTreeMap<String, Pin>,
    connections: BTreeMap<String, ConnectionContent>,
    integrations: BTreeMap<String, IntegrationContent>,
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let WireIn { format, components, connections, integrations } = WireIn::deserialize(d)?;
        if format != FORMAT {
            let message = format!("its format is `{format}`, and this version reads `{FORMAT}`");
            return Err(serde::de::Error::custom(message));
        }
        Ok(Self { components, connections, integrations })
    }
}
