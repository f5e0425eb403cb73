//! Layered values: component default, then the connection's global value, then the credential's. Who may set and read
//! what, where each effective value came from, and what is missing. Inheritance is by reference: layers hold only what
//! they override, and every resolve lays them afresh.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;

pub use change::FieldChange;
pub use compiled::CompiledType;
pub use destination::destination_inputs;
pub use destination::destinations;
pub use edit::Edit;
pub use edit::Edited;
pub use edit::apply as apply_edits;
pub use opened::Opened;
pub use resolve::Effective;
pub use resolve::Ignored;
pub use resolve::Origin;
pub use resolve::Resolution;
pub use resolve::State;
pub use resolve::missing;
pub use resolve::resolve;

mod change;
mod compiled;
pub mod destination;
pub mod edit;
#[cfg(test)]
mod fixture;
mod lay;
pub mod normalise;
mod opened;
#[cfg(test)]
mod property;
pub mod quick;
mod receivers;
#[cfg(test)]
mod reference;
pub mod resolve;
#[cfg(test)]
mod tests;
pub mod typed;
pub mod view;

/// What a layer stores of its inputs.
pub type Inputs = BTreeMap<String, Stored>;

/// Opened secrets of one layer, by input. Serialised to be sealed only.
pub type Secrets = BTreeMap<String, Opened>;

/// What a layer stores of one input. A secret's value is sealed elsewhere; here is only the mark.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// A secret value is sealed in the same row.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// The connection's own choice of who sets the input (global layer only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<ManagedBy>,
    /// The connection's own choice whether the value travels with a sync (global layer only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    /// Where the secret was meant to go when it was entered. Anywhere else it is quarantined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bound_to: Vec<String>,
    /// How often a secret was entered that itself decides where others are sent: a new one is a new place.
    #[serde(skip_serializing_if = "is_zero")]
    pub entered: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Stored {
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.secret || self.value.is_some()
    }

    /// Nothing is left worth storing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.is_set() && self.managed_by.is_none() && self.shared.is_none() && self.entered == 0
    }
}

/// Who supplied a credential's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    Customer,
    /// The organization, for all customers (scope `organization_global`).
    Organization,
    /// The test runner.
    Test,
}

impl OwnerKind {
    pub const ALL: [Self; 3] = [Self::Customer, Self::Organization, Self::Test];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Organization => "organization",
            Self::Test => "test",
        }
    }

    /// Whether a connection of this scope has credentials of this owner.
    #[must_use]
    pub fn fits(self, scope: Scope) -> bool {
        match self {
            Self::Test => true,
            Self::Organization => scope == Scope::OrganizationGlobal,
            Self::Customer => scope != Scope::OrganizationGlobal,
        }
    }
}

/// The side that a person or program is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The vendor's staff and their keys.
    Organization,
    /// A customer's own people.
    Customer,
    /// The vendor's program acting for a customer.
    Embedded,
}

/// One layer that holds values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Global,
    Credential(OwnerKind),
}

/// What is laid over each other.
#[derive(Clone, Copy)]
pub struct Layers<'a> {
    pub kind: &'a ConnectionType,
    pub scope: Scope,
    pub global: &'a Inputs,
    pub credential: Option<(OwnerKind, &'a Inputs)>,
}

/// Who sets an input of this connection: the connection's choice, else the manifest's, else the customer. Where the
/// organization supplies the credentials, it manages everything.
#[must_use]
pub fn managed_by(scope: Scope, global: &Inputs, input: &Input) -> ManagedBy {
    if scope != Scope::Customer {
        return ManagedBy::Organization;
    }
    global.get(&input.key).and_then(|stored| stored.managed_by).unwrap_or_else(|| usual_manager(input))
}

/// Who sets an input unless the connection says otherwise. One that no form shows is not the customer's.
#[must_use]
pub fn usual_manager(input: &Input) -> ManagedBy {
    let unsaid = if input.shown { ManagedBy::Customer } else { ManagedBy::Organization };
    input.managed_by.unwrap_or(unsaid)
}

/// Whether a global value travels with a sync: secrets never do, else the connection's choice, else the manifest's.
#[must_use]
pub fn is_shared(global: &Inputs, input: &Input) -> bool {
    !input.is_secret() && global.get(&input.key).and_then(|stored| stored.shared).unwrap_or_else(|| !input.is_local())
}

/// Whether this layer's value of the input counts. A customer's value for what the organization manages by now does not.
#[must_use]
pub fn layer_counts(scope: Scope, layer: Layer, managed_by: ManagedBy) -> bool {
    match layer {
        Layer::Global => true,
        Layer::Credential(owner) if !owner.fits(scope) => false,
        Layer::Credential(OwnerKind::Test | OwnerKind::Organization) => true,
        Layer::Credential(OwnerKind::Customer) => {
            scope == Scope::OrganizationCustomer || managed_by != ManagedBy::Organization
        }
    }
}

/// Why somebody may not set an input in a layer; `None` when they may.
#[must_use]
pub fn set_refusal(side: Side, scope: Scope, layer: Layer, managed_by: ManagedBy) -> Option<&'static str> {
    const ORGANIZATION_ONLY: Option<&str> = Some("only the organization sets it");
    match (side, layer) {
        (Side::Organization, Layer::Credential(owner)) if !owner.fits(scope) => {
            Some("a connection of this scope has no such credential")
        }
        (Side::Organization, _) if !layer_counts(scope, layer, managed_by) => {
            Some("the organization manages it for all customers: set it on the connection")
        }
        (Side::Organization, _) => None,
        (
            Side::Customer | Side::Embedded,
            Layer::Global | Layer::Credential(OwnerKind::Test | OwnerKind::Organization),
        ) => ORGANIZATION_ONLY,
        (_, Layer::Credential(OwnerKind::Customer)) if scope != Scope::Customer => ORGANIZATION_ONLY,
        (_, Layer::Credential(OwnerKind::Customer)) => match (side, managed_by) {
            (_, ManagedBy::Customer) | (Side::Embedded, ManagedBy::Embedded) => None,
            (_, ManagedBy::Embedded) => Some("the vendor's program sets it"),
            (_, ManagedBy::Organization) => ORGANIZATION_ONLY,
        },
    }
}

/// Whether somebody sees that an input exists and, unless it is secret, its value. Nobody but a runtime reads secrets.
#[must_use]
pub fn may_see(side: Side, scope: Scope, managed_by: ManagedBy) -> bool {
    match side {
        Side::Organization => true,
        Side::Customer => scope == Scope::Customer && managed_by == ManagedBy::Customer,
        Side::Embedded => scope == Scope::Customer && managed_by != ManagedBy::Organization,
    }
}
