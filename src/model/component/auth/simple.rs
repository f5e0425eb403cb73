//! Auth kinds that need no token: what is sent follows from the inputs alone.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::model::component::auth::param::BodyFormat;
use crate::model::component::is_default;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoAuth {}

/// User name and password (RFC 7617). A key as user name with no password is `password: ""`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    #[serde(default = "username")]
    pub username: String,
    #[serde(default = "password")]
    pub password: String,
}

pub(super) fn username() -> String {
    "{{username}}".to_owned()
}

pub(super) fn password() -> String {
    "{{password}}".to_owned()
}

/// A fixed key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    #[serde(rename = "in", default)]
    pub place: KeyPlace,
    /// Name of the header or query parameter; a template, so that an input may choose it.
    pub name: String,
    #[serde(default = "api_key")]
    pub value: String,
}

fn api_key() -> String {
    "{{api_key}}".to_owned()
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    #[default]
    Header,
    Query,
}

/// `Authorization: Bearer <token>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bearer {
    #[serde(default = "token")]
    pub token: String,
}

fn token() -> String {
    "{{token}}".to_owned()
}

/// AWS Signature Version 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsSigv4 {
    #[serde(default = "access_key_id")]
    pub access_key_id: String,
    #[serde(default = "secret_access_key")]
    pub secret_access_key: String,
    /// Of temporary credentials; left out when it renders to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    pub region: String,
    /// Name of the service as signatures name it: `s3`, `sqs`.
    pub service: String,
}

fn access_key_id() -> String {
    "{{access_key_id}}".to_owned()
}

fn secret_access_key() -> String {
    "{{secret_access_key}}".to_owned()
}

/// Anything that a request can carry. A field whose template names an input without a value is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Fields added to the body of every request that has one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub body: BTreeMap<String, String>,
    /// How `body` is written: `form` or `json`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: BodyFormat,
}
