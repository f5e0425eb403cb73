//! How a connection type authenticates: one variant for each auth kind that a manifest may name.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// The auth kinds. Every string is a template over the inputs of the connection type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Auth {
    /// Nothing is sent.
    None(NoAuth),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoAuth {}

impl Auth {
    /// Whether a person completes an authorization at the provider.
    #[must_use]
    pub fn is_oauth2(&self) -> bool {
        false
    }

    /// Templates of the URLs that receive secrets: token, refresh and revoke URLs.
    pub fn secret_urls(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}
