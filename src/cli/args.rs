//! Arguments that several commands take.

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;

use crate::app::credential::OwnerRef;
use crate::model::actor::Role;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;

/// Whose credential is meant.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(super) struct OwnerArgs {
    /// A customer's, by your own id of it.
    #[arg(long, value_name = "ID")]
    pub customer: Option<String>,
    /// The organization's, which serves all customers.
    #[arg(long)]
    pub organization: bool,
    /// The test runner's.
    #[arg(long)]
    pub test: bool,
}

impl OwnerArgs {
    /// `name`: which of a customer's credentials.
    pub fn owner(self, name: Option<String>) -> Option<OwnerRef> {
        match self {
            Self { customer: Some(customer), .. } => Some(OwnerRef::Customer { customer, name }),
            Self { organization: true, .. } => Some(OwnerRef::Organization),
            Self { test: true, .. } => Some(OwnerRef::Test),
            _ => None,
        }
    }
}

pub(super) fn scopes() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|word| word.parse::<Scope>())
}

pub(super) fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(|word| word.parse::<Role>())
}

pub(super) fn readiness() -> impl TypedValueParser<Value = Readiness> {
    PossibleValuesParser::new(["pending", "ready", "disabled"]).map(|word| match word.as_str() {
        "ready" => Readiness::Ready,
        "disabled" => Readiness::Disabled,
        _ => Readiness::Pending,
    })
}
