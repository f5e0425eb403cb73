//! A connection: a tenant's use of one connection type. Whose credentials it uses, and the key that finds it in every tenant.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::names::slug;

pub use record::Connection;
pub use record::HistoryEntry;
pub use record::IntegrationUsage;
pub use record::Readiness;
pub use record::Usage;

pub mod record;

/// Whose credentials a connection uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The customer supplies its own.
    Customer,
    /// The customer's own account, entered by the organization on the customer's behalf.
    OrganizationCustomer,
    /// One account of the organization for all customers; customers never see it.
    OrganizationGlobal,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Customer, Self::OrganizationCustomer, Self::OrganizationGlobal];

    /// The word that stands in files, answers and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::OrganizationCustomer => "organization_customer",
            Self::OrganizationGlobal => "organization_global",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| {
            Error::invalid("invalid_scope", "a scope is `customer`, `organization_customer` or `organization_global`")
        })
    }
}

/// Finds the same connection in every tenant: 1 to 64 lower-case letters, digits and single hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "aws-s3-api-key-secret")]
pub struct StableKey(String);

impl StableKey {
    pub const MAX_CHARS: usize = 64;

    /// # Errors
    /// `invalid_stable_key`, saying what is wrong and, when there is one, a key near it that would do.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match slug_problem(text, Self::MAX_CHARS) {
            None => Ok(Self(text.to_owned())),
            Some(problem) => Err(Error::invalid("invalid_stable_key", format!("a stable key {problem}"))),
        }
    }

    /// `<component>-<connection type>`: the same in every tenant, and never numbered.
    #[must_use]
    pub fn propose(component: &str, connection_type: &str) -> Self {
        Self(slug(&format!("{component} {connection_type}")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What keeps `text` from being a key of hyphenated lower-case words, as the end of the sentence "a stable key …".
#[must_use]
pub fn slug_problem(text: &str, max_chars: usize) -> Option<String> {
    if text.is_empty() {
        return Some("cannot be empty".to_owned());
    }
    let length = text.chars().count();
    if length > max_chars {
        return Some(format!("has at most {max_chars} characters; this one has {length}"));
    }
    let is_slug = text
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    if is_slug {
        return None;
    }
    let rule = "has lower-case letters, digits and single hyphens between them";
    let near = near_slug(text);
    Some(if near.is_empty() { rule.to_owned() } else { format!("{rule}: try `{near}`") })
}

fn near_slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

impl fmt::Display for StableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for StableKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for StableKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for StableKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for StableKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<StableKey> for String {
    fn from(key: StableKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;
    use super::StableKey;

    #[test]
    fn keys_are_hyphenated_lower_case_words() {
        for good in ["a", "aws-s3-api-key-secret", "0", &"x".repeat(64)] {
            assert_eq!(StableKey::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "a--b", "Ä", "a_b", "a b", "../a", "a\n", &"x".repeat(65)] {
            assert_eq!(StableKey::parse(bad).unwrap_err().code, "invalid_stable_key", "{bad:?}");
        }
    }

    #[test]
    fn a_wrong_key_is_answered_with_a_right_one() {
        let error = StableKey::parse("My Shop_EU").unwrap_err();
        insta::assert_snapshot!(error, @"a stable key has lower-case letters, digits and single hyphens between them: try `my-shop-eu`");
    }

    #[test]
    fn scopes_are_written_and_read_alike() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert!("Customer".parse::<Scope>().is_err());
    }
}
