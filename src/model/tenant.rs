//! A tenant: an isolated environment that owns everything else.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::connection::slug_problem;
use crate::model::user::label_error;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tenant {
    #[schema(value_type = String, example = "ten_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: TenantId,
    /// Names the tenant on the command line and in headers.
    #[schema(example = "dev")]
    pub key: String,
    pub name: String,
    /// Syncs into production need more, and ask before they apply.
    pub is_production: bool,
    /// Grows with every write to a synced object.
    pub revision: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

impl Tenant {
    /// # Errors
    /// The wrong fields.
    pub fn new(key: &str, name: Option<&str>, is_production: bool, now: Instant) -> Result<Self> {
        let mut wrong = Vec::new();
        if let Some(problem) = slug_problem(key, 64) {
            wrong.push(FieldError::new("key", "invalid_key", format!("a tenant's key {problem}")));
        }
        let name = name.unwrap_or(key);
        wrong.extend(label_error("name", name, 120));
        match Error::of_fields(wrong) {
            Some(error) => Err(error),
            None => Ok(Self {
                id: TenantId::new(),
                key: key.to_owned(),
                name: name.trim().to_owned(),
                is_production,
                revision: 0,
                created_at: now,
            }),
        }
    }

    #[cfg(test)]
    pub fn sample() -> Self {
        let created_at = chrono::DateTime::UNIX_EPOCH;
        Self {
            id: TenantId::new(),
            key: "dev".to_owned(),
            name: "dev".to_owned(),
            is_production: false,
            revision: 0,
            created_at,
        }
    }
}
