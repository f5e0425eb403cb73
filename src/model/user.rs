//! Users, sessions, API keys and customers: the people and machines a tenant knows.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::crypto::password;
use crate::error::FieldError;
use crate::ids::ApiKeyId;
use crate::ids::CustomerId;
use crate::ids::SessionId;
use crate::ids::UserId;
use crate::model::actor::Permission;
use crate::model::actor::Role;

/// A person of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    #[schema(value_type = String, example = "usr_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: UserId,
    #[schema(example = "owner@example.com")]
    pub email: String,
    pub name: String,
    pub is_disabled: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

/// A person with their role in the tenant that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Member {
    #[serde(flatten)]
    pub user: User,
    pub role: Role,
}

/// How long somebody stays signed in.
#[derive(Debug, Clone, Copy)]
pub struct SessionPolicy {
    /// Without doing anything.
    pub idle: TimeDelta,
    /// In any case.
    pub absolute: TimeDelta,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(12) }
    }
}

/// Somebody signed in.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub token_hash: [u8; 32],
    pub created_at: Instant,
    pub last_used_at: Instant,
    pub expires_at: Instant,
}

/// A key that a machine acts with, in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiKey {
    #[schema(value_type = String, example = "key_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: ApiKeyId,
    pub name: String,
    /// The public part of the key, to recognise it by.
    pub prefix: String,
    pub scopes: BTreeSet<Permission>,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Instant>,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Instant>,
}

impl Session {
    #[must_use]
    pub fn is_live(&self, now: Instant, policy: SessionPolicy) -> bool {
        now < self.expires_at && now < self.last_used_at + policy.idle
    }
}

impl ApiKey {
    #[must_use]
    pub fn is_usable(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// A customer of the vendor, by the vendor's own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Customer {
    #[schema(value_type = String, example = "cus_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: CustomerId,
    #[schema(example = "acme-42")]
    pub external_id: String,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

/// Which customers to list; all that is set must fit.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Part of the name or of the external id, whatever the case of ASCII letters.
    pub search: Option<String>,
    pub external_id: Option<String>,
}

/// What is wrong with an e-mail address, loosely: the mail itself proves the rest. Plain ASCII, so that no two
/// addresses look alike.
#[must_use]
pub fn email_error(email: &str) -> Option<FieldError> {
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(&b));
    let is_email = email.len() <= 254
        && email
            .split_once('@')
            .is_some_and(|(name, host)| is_name(name) && host.contains('.') && host.split('.').all(is_label));
    (!is_email).then(|| FieldError::new("email", "invalid_email", "an address such as name@example.com is expected"))
}

#[must_use]
pub fn password_error(text: &str) -> Option<FieldError> {
    let length = text.chars().count();
    let (min, max) = (password::MIN_CHARS, password::MAX_CHARS);
    (!(min..=max).contains(&length))
        .then(|| FieldError::new("password", "invalid_length", format!("a password has {min} to {max} characters")))
}

/// A text that people read: bounded, not blank, without control characters.
#[must_use]
pub fn label_error(field: &str, text: &str, max: usize) -> Option<FieldError> {
    if text.trim().is_empty() || text.chars().count() > max {
        return Some(FieldError::new(field, "invalid_length", format!("1 to {max} characters are expected")));
    }
    text.chars()
        .any(char::is_control)
        .then(|| FieldError::new(field, "control_character", "control characters cannot stand here"))
}

/// An address as it is stored and looked up: what differs only in case or in space around it is one person.
#[must_use]
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.c", "first.last+tag@mail.example-site.com"] {
            assert!(email_error(good).is_none(), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.c", "a@.c", "a@b.", "a@b..c", "a b@c.d", "a@b@c.d", "a\0@b.c", "ä@b.c"] {
            assert!(email_error(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn labels() {
        assert!(label_error("name", "Zoë & Söhne", 20).is_none());
        for (bad, code) in [("", "invalid_length"), ("  \u{3000}", "invalid_length"), ("a\nb", "control_character")] {
            assert_eq!(label_error("name", bad, 20).unwrap().code, code, "{bad:?}");
        }
        assert!(label_error("name", &"x".repeat(21), 20).is_some());
    }
}
