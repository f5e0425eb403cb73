//! What a designer does to a draft: typed operations on its document. Each changes what it names and nothing else.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use utoipa::ToSchema;

use crate::model::definition::Definition;
use crate::model::definition::Step;
use crate::model::definition::outline::Form;

mod branch;
mod flow;
mod input;
mod place;
mod step;
#[cfg(test)]
mod tests;

/// One change of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = DraftEdit)]
pub enum Edit {
    AddStep {
        at: Spot,
        step: NewStep,
    },
    /// Another name, which references to the step follow, and other inputs; inputs that are not named stay.
    ChangeStep {
        path: String,
        name: Option<String>,
        #[serde(default)]
        inputs: BTreeMap<String, InputText>,
    },
    /// With all that is inside of it; within its flow.
    MoveStep {
        path: String,
        to: Spot,
    },
    /// With all that is inside of it.
    RemoveStep {
        path: String,
    },
    /// A flow with a trigger that waits for a webhook.
    AddFlow {
        name: String,
    },
    RenameFlow {
        flow: String,
        name: String,
    },
    RemoveFlow {
        flow: String,
    },
    /// A connection variable that nothing uses any more.
    RemoveVariable {
        variable: String,
    },
}

/// Where a step goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = StepSpot)]
pub enum Spot {
    /// Behind the step of this path.
    After(String),
    /// In front of the step of this path.
    Before(String),
    /// At the end of a flow.
    Flow(String),
    /// At the beginning of what is inside of a step.
    Inside {
        path: String,
        /// Of its branches, from 0 on; absent: the body of a loop.
        branch: Option<usize>,
    },
}

/// A step to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStep)]
pub struct NewStep {
    #[schema(example = "slack")]
    pub component: String,
    /// Key of the component's action.
    #[schema(example = "post_message")]
    pub action: String,
    /// Absent: the action's name.
    pub name: Option<String>,
    /// Stable key, alias or id of the connection it uses; empty: chosen later. Absent: as its component asks for one.
    #[schema(example = "slack-oauth2")]
    pub connection: Option<String>,
    #[serde(default)]
    pub inputs: BTreeMap<String, InputText>,
}

/// An input as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InputText)]
pub struct InputText {
    pub form: Form,
    pub text: String,
}

/// A document after an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    pub document: Value,
    /// JSON pointer to the step that was touched, when it is still there.
    pointer: Option<String>,
    /// The input of a new step that waits for its connection.
    pub connection_input: Option<String>,
}

/// Why an operation cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditError {
    /// Stable word.
    pub code: &'static str,
    pub message: String,
    /// `name`, or the input that is wrong.
    pub field: Option<String>,
}

impl EditError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None }
    }

    fn of(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }
}

type Result<T> = std::result::Result<T, EditError>;

impl Edited {
    fn new(document: Value, pointer: Option<String>) -> Self {
        Self { document, pointer, connection_input: None }
    }

    /// The path of the touched step in the definition that this document was read as.
    #[must_use]
    pub fn path(&self, read: &Definition) -> Option<String> {
        let pointer = self.pointer.as_deref()?;
        read.steps.iter().find(|step| step.pointer == pointer).map(|step| step.path.clone())
    }
}

/// Applies an operation. The caller reads the document again, which blanks what is secret in it.
///
/// # Errors
/// [`EditError`] says why it cannot be, and of which field.
pub fn edit(definition: &Definition, edit: &Edit) -> Result<Edited> {
    match edit {
        Edit::AddStep { at, step } => step::add(definition, at, step),
        Edit::ChangeStep { path, name, inputs } => step::change(definition, path, name.as_deref(), inputs),
        Edit::MoveStep { path, to } => step::relocate(definition, path, to),
        Edit::RemoveStep { path } => step::remove(definition, path),
        Edit::AddFlow { name } => flow::add(definition, name),
        Edit::RenameFlow { flow, name } => flow::rename(definition, flow, name),
        Edit::RemoveFlow { flow } => flow::remove(definition, flow),
        Edit::RemoveVariable { variable } => flow::remove_variable(definition, variable),
    }
}

/// The document of an integration that somebody begins with: one flow, which waits for a webhook.
#[must_use]
pub fn empty(name: &str) -> Value {
    json!({
        "definitionVersion": 7,
        "name": name,
        "description": "",
        "category": "",
        "documentation": "",
        "endpointType": "flow_specific",
        "requiredConfigVars": [],
        "configPages": [{ "name": "Configuration", "tagline": "", "elements": [] }],
        "flows": [flow::fresh("Flow 1")],
    })
}

fn find<'a>(definition: &'a Definition, path: &str) -> Result<&'a Step> {
    let found = definition.steps.iter().find(|step| step.path == path);
    found.ok_or_else(|| EditError::new("no_such_step", format!("the integration has no step `{path}`")))
}

const MAX_NAME: usize = 256;

/// A name as it is kept.
fn checked_name<'n>(name: &'n str, what: &str) -> Result<&'n str> {
    let name = name.trim();
    let problem = match name {
        "" => Some(format!("give {what} a name")),
        _ if name.chars().count() > MAX_NAME => Some(format!("a name has at most {MAX_NAME} characters")),
        _ if name.chars().any(char::is_control) => {
            Some("a name has no control characters and stands on one line".to_owned())
        }
        _ => None,
    };
    problem.map_or(Ok(name), |message| Err(EditError::new("invalid_name", message).of("name")))
}
