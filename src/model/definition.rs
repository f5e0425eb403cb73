//! An integration as a file: YAML, `definitionVersion: 7`. Reads it into connection variables, the steps that use them
//! and a document without secrets; writes the document back so that nothing else is lost.
//!
//! The document is the truth: fields that Keyway does not know are kept and written again in their place.

use std::sync::Arc;

use serde_json::Value;

use crate::model::component::Component;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::problem::Place;
use crate::model::problem::Problem;

pub use digest::digest;
pub use outline::outline;
pub use proposal::proposals;
pub use read::from_document;
pub use read::read;
pub use rebind::Change;
pub use rebind::SwitchError;
pub use rebind::Switched;
pub use rebind::Target;
pub use rebind::export;
pub use rebind::switch_slot;
pub use rebind::switch_step;
pub use reconcile::Slot;
pub use reconcile::SlotChange;
pub use reconcile::SlotPlan;
pub use reconcile::reconcile;
pub use reference::broken;
pub use reference::referring;
pub use secrets::is_example;
pub use values::Difference;
pub use values::differences;
pub use values::proposed_managers;
pub use values::proposed_values;

mod context;
pub mod diff;
mod digest;
pub mod edit;
mod inline;
pub mod outline;
mod proposal;
mod read;
mod rebind;
mod reconcile;
pub mod reference;
mod secrets;
mod steps;
mod values;
mod variables;

/// Finds the manifest of a component by its key.
pub type Components<'a> = dyn Fn(&str) -> Option<Arc<Component>> + 'a;

/// A definition that was taken, and what somebody should look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub definition: Definition,
    /// Warnings only, in file order.
    pub problems: Vec<Problem>,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub name: String,
    /// The slug of the name: what the integration is called in every tenant unless somebody says otherwise.
    pub key: String,
    pub description: Option<String>,
    pub is_code_native: bool,
    /// The whole file in its order, secrets blanked.
    pub document: Value,
    /// Configuration variables that are connections, in file order.
    pub variables: Vec<ConnectionVariable>,
    /// All steps, each before the steps inside it.
    pub steps: Vec<Step>,
    /// Variables whose choices are read from a third party.
    pub data_sources: Vec<DataSource>,
    /// Variables that were renamed since an earlier version of the file.
    pub renames: Vec<Rename>,
}

/// A configuration variable that is a connection: each becomes a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionVariable {
    pub key: String,
    pub place: Place,
    pub kind: VariableKind,
    /// Customers do not fill it in; the organization does, for each of them.
    pub is_org_only: bool,
    /// Each user of a customer fills it in.
    pub is_user_level: bool,
    /// `allowed`, `disallowed` or `required`, as the file says.
    pub on_premise: Option<String>,
    pub description: Option<String>,
    /// OAuth scopes that the integration asks for.
    pub required_scopes: Vec<String>,
    /// `stableKey` of code-native files: identity of the variable over renames.
    pub stable_key_in_file: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum VariableKind {
    /// The connection stands in the file.
    Inline(Inline),
    /// The connection is one of the tenant's, by stable key.
    Scoped { stable_key: String },
}

/// A connection as a file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inline {
    pub component: String,
    /// As in the file; manifests may write it otherwise.
    pub connection_type: String,
    /// The manifest's key of the connection type. Absent when the component or the type is unknown.
    pub known: Option<String>,
    pub inputs: Vec<InlineInput>,
}

/// One input of an inline connection.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineInput {
    /// As in the file.
    pub name: String,
    pub place: Place,
    /// The manifest's key of the input.
    pub input: Option<String>,
    /// A literal value; never a secret one.
    pub value: Option<Value>,
    pub is_secret: bool,
    /// Nothing, or a value that only shows what belongs there: counts as missing.
    pub is_example: bool,
    /// Absent: the manifest decides.
    pub managed_by: Option<ManagedBy>,
}

/// A step, anywhere in a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `Flow / Loop / Branch / Step`: unique in the file and the same as long as the names are.
    pub path: String,
    pub flow: String,
    pub name: String,
    pub component: Option<String>,
    pub action: Option<String>,
    pub is_trigger: bool,
    pub connections: Vec<Use>,
    /// JSON pointer to the step in the document.
    pub(crate) pointer: String,
}

/// A variable whose choices a component fetches.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSource {
    /// The variable's key.
    pub variable: String,
    pub place: Place,
    pub component: Option<String>,
    pub data_source: Option<String>,
    pub connections: Vec<Use>,
    /// JSON pointer to the variable in the document.
    pub(crate) pointer: String,
}

/// An input that names a connection variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The input's name; `name[0]` inside a list.
    pub input: String,
    /// The connection variable's key.
    pub variable: String,
    pub place: Place,
    /// JSON pointer to the variable's name in the document.
    pub(crate) pointer: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub old: String,
    pub new: String,
}

impl Definition {
    #[must_use]
    pub fn variable(&self, key: &str) -> Option<&ConnectionVariable> {
        self.variables.iter().find(|variable| variable.key == key)
    }

    /// Every use of a connection by steps and data sources: the path of what uses it, and the input.
    pub fn uses(&self) -> impl Iterator<Item = (String, &Use)> {
        let steps = self.steps.iter().flat_map(|step| step.connections.iter().map(|used| (step.path.clone(), used)));
        let sources =
            self.data_sources.iter().flat_map(|source| source.connections.iter().map(|used| (source.path(), used)));
        steps.chain(sources)
    }
}

impl ConnectionVariable {
    #[must_use]
    pub fn inline(&self) -> Option<&Inline> {
        match &self.kind {
            VariableKind::Inline(inline) => Some(inline),
            VariableKind::Scoped { .. } => None,
        }
    }

    /// The scope of a connection made for this variable.
    #[must_use]
    pub fn proposed_scope(&self) -> Scope {
        if self.is_org_only { Scope::OrganizationCustomer } else { Scope::Customer }
    }
}

impl DataSource {
    /// Stands beside the paths of steps: `Configuration / <variable>`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("Configuration / {}", self.variable)
    }
}

#[cfg(test)]
mod tests;
