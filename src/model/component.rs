//! A component: what Keyway knows of one third party. A manifest is data (`components/<key>.yaml`); these are its types.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

pub use auth::Auth;
pub use read::MAX_BYTES as MAX_MANIFEST_BYTES;
pub use read::read;
pub use read::read_trusted;
pub use read::whole_pattern;
pub use schema::schema;

pub mod auth;
mod read;
mod schema;
mod shape;
mod words;

/// One component manifest. Every unknown key is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Lower-case letters, digits and hyphens; the file is named after it.
    pub key: String,
    pub label: String,
    /// Grows by one with each change that existing connections must know of.
    #[serde(default = "first_version")]
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_url: Option<String>,
    /// Whether a connection may be saved untested.
    #[serde(default, skip_serializing_if = "is_default")]
    pub live_test: LiveTestPolicy,
    /// Connections of other components that steps of this one accept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<AcceptedConnection>,
    /// The connection types; a component of pure logic has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionType>,
    /// HTTP actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

fn first_version() -> u32 {
    1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveTestPolicy {
    #[default]
    Optional,
    Required,
}

/// A connection type of another component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedConnection {
    pub component: String,
    /// Absent: every connection type of that component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// One way to connect: its inputs, how they authenticate a request, and how to test them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionType {
    /// `snake_case`, for example `oauth2` or `api_key_secret`.
    pub key: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Template of the URL that actions and the live test are relative to. Absent for protocols other than HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    pub auth: Auth,
    /// Extra headers of every request.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub headers: std::collections::BTreeMap<String, String>,
    /// Templates of further places that secrets are sent to, for protocols other than HTTP: `{{host}}:{{port}}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
    /// How values are tested against the third party; absent when the protocol is not HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_test: Option<LiveTest>,
    /// Sentences of the component's own for what a live test finds, in place of the general ones.
    #[serde(default, skip_serializing_if = "is_default")]
    pub live_test_messages: LiveTestMessages,
}

/// A field of a connection type or of an action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub key: String,
    pub label: String,
    #[serde(rename = "type", default)]
    pub kind: InputKind,
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// Used when no layer sets a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// A regular expression that the whole value must match (RE2 syntax: no look-around, no back-references).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The choices of a `select`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
    /// `false`: never on a form; it must have a default or a template.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub shown: bool,
    /// A secret though its type is not `password`: nobody reads it back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub write_only: bool,
    /// Who sets the value unless the connection says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<ManagedBy>,
    /// The on-premises tunnel overwrites the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_prem_controlled: bool,
    /// Whether a global value stays in its tenant when the connection is synced. Absent: secrets, hosts, URLs and
    /// client ids stay, everything else travels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_tenant: Option<bool>,
    /// Of `type: template` only: how the value is derived from other inputs, `https://{{subdomain}}.example.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_true(value: &bool) -> bool {
    *value
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    #[default]
    String,
    /// Several lines.
    Text,
    /// A secret.
    Password,
    Boolean,
    Number,
    /// One of `options`.
    Select,
    /// Derived from other inputs by `template`; never set.
    Template,
}

/// A choice of a `select`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// An input of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    List,
    KeyValue,
}

/// Who sets an input's value.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ManagedBy {
    /// The vendor's staff; customers neither set it nor read it when it is secret.
    Organization,
    Customer,
    /// The vendor's program, on the customer's behalf.
    Embedded,
}

/// Requests that prove the values work. All must succeed, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LiveTest {
    One(TestRequest),
    Several(Vec<TestRequest>),
}

/// What people read when a live test fails, by outcome. An absent one is said in general words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiveTestMessages {
    /// Nothing of the kind answers at this URL: 404, a redirect, or a success that is not the expected answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_found: Option<TestMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_rejected: Option<TestMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_denied: Option<TestMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_rejected: Option<TestMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_error: Option<TestMessage>,
    /// No answer: the name, the port, TLS, time, or an address that Keyway refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<TestMessage>,
}

/// What happened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestMessage {
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// One request of a live test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRequest {
    #[serde(default)]
    pub method: Method,
    /// Template, relative to `base_url`; an absolute URL only within the connection type's own hosts.
    pub path: String,
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub query: std::collections::BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub headers: std::collections::BTreeMap<String, String>,
    /// A JSON body; its strings are templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    #[serde(default)]
    pub expect: Expectation,
}

/// What counts as success.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Absent: any 2xx.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Paths of the JSON answer that must be there: `ok`, `data.id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has: Vec<String>,
    /// Paths of the JSON answer and the value each must have.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub equals: std::collections::BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// An HTTP action that a step can use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    pub key: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default)]
    pub method: Method,
    /// Template, relative to the connection's `base_url`.
    pub path: String,
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub query: std::collections::BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub headers: std::collections::BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
}

impl Component {
    #[must_use]
    pub fn connection_type(&self, key: &str) -> Option<&ConnectionType> {
        self.connections.iter().find(|connection| connection.key == key)
    }
}

impl ConnectionType {
    #[must_use]
    pub fn input(&self, key: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.key == key)
    }

    /// The requests of the live test, in order.
    #[must_use]
    pub fn test_requests(&self) -> &[TestRequest] {
        match &self.live_test {
            None => &[],
            Some(LiveTest::One(request)) => std::slice::from_ref(request),
            Some(LiveTest::Several(requests)) => requests,
        }
    }

    /// Whether a person completes an authorization at the provider.
    #[must_use]
    pub fn is_oauth2(&self) -> bool {
        self.auth.is_oauth2()
    }

    /// Templates of every place that secrets of this type are sent to.
    pub fn destination_templates(&self) -> impl Iterator<Item = &str> {
        self.base_url
            .as_deref()
            .into_iter()
            .chain(self.auth.secret_urls())
            .chain(self.destinations.iter().map(String::as_str))
    }
}

impl Input {
    /// Nobody reads a secret back; only a runtime credential call returns it.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.write_only || self.kind == InputKind::Password
    }

    /// Derived inputs are computed, never set.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.kind == InputKind::Template
    }

    /// Whether a global value of this input stays in its tenant unless the connection says otherwise.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.is_secret() || self.per_tenant.unwrap_or_else(|| names_a_place(&self.key))
    }
}

/// Hosts, URLs and client ids differ between tenants more often than not.
fn names_a_place(key: &str) -> bool {
    let folded = key.to_lowercase().replace(['_', '-'], "");
    ["url", "uri", "host", "hostname", "domain", "subdomain", "endpoint", "clientid", "tenantid"]
        .iter()
        .any(|ending| folded.ends_with(ending))
}
