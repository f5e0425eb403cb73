//! A definition as a designer sees it: flows, their steps in order with what is inside of them, and each step's inputs.

use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::definition::Definition;
use crate::model::definition::Step;
use crate::model::yaml;

/// One flow.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OutlinedFlow)]
pub struct Flow {
    #[schema(example = "Flow 1")]
    pub name: String,
    pub description: String,
    /// In order; steps inside of a step follow it.
    pub steps: Vec<Outlined>,
}

/// A step with its place and its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OutlinedStep)]
pub struct Outlined {
    /// `Flow / Step`: unique, and the same as long as the names are.
    #[schema(example = "Flow 1 / Post")]
    pub path: String,
    pub name: String,
    pub description: String,
    pub component: Option<String>,
    pub action: Option<String>,
    pub is_trigger: bool,
    /// The step that it is inside of.
    pub parent: Option<String>,
    /// Of the parent's branches, from 0 on; absent in loops.
    pub branch: Option<usize>,
    /// Steps around it.
    pub depth: usize,
    /// Where further steps go inside of it: names of branches, or one without a name.
    pub lanes: Vec<Lane>,
    pub inputs: Vec<InputView>,
    /// The connections that it uses, and inputs that wait for one.
    pub uses: Vec<UseView>,
}

/// An input that takes a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OutlinedUse)]
pub struct UseView {
    /// `name[0]` inside a list.
    #[schema(example = "connection")]
    pub input: String,
    /// Key of the connection variable; empty: none yet.
    #[schema(example = "Slack Connection")]
    pub variable: String,
}

/// Room for steps inside of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lane {
    /// Absent: the body of a loop.
    pub branch: Option<usize>,
    pub name: Option<String>,
}

/// What an input's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The text itself.
    Value,
    /// A result of an earlier step: `listFiles.results[0].name`.
    Reference,
    /// A text with references in it: `Order {{$getOrder.results.id}}`.
    Template,
    /// The key of a configuration variable.
    Variable,
    /// Lists and values by name, as YAML.
    Structure,
}

impl Form {
    pub const ALL: [Self; 5] = [Self::Value, Self::Reference, Self::Template, Self::Variable, Self::Structure];

    /// As forms of pages send it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Reference => "reference",
            Self::Template => "template",
            Self::Variable => "variable",
            Self::Structure => "structure",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == word)
    }

    /// As definitions write it.
    pub(super) fn in_file(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Reference => "reference",
            Self::Template => "template",
            Self::Variable => "configVar",
            Self::Structure => "complex",
        }
    }
}

/// One input of a step as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OutlinedInput)]
pub struct InputView {
    #[schema(example = "message")]
    pub name: String,
    /// Absent: a kind that Keyway does not know; it stays as it is.
    pub form: Option<Form>,
    pub text: String,
    /// It names a connection: another one is chosen by switching.
    pub is_connection: bool,
}

/// All flows. Names that stand twice get a number, as paths do.
#[must_use]
pub fn outline(definition: &Definition) -> Vec<Flow> {
    let empty = Vec::new();
    let listed = definition.document.get("flows").and_then(Value::as_array).unwrap_or(&empty);
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut flows: Vec<Flow> = Vec::with_capacity(listed.len());
    for (at, node) in listed.iter().enumerate() {
        let name = text(node, "name").filter(|name| !name.trim().is_empty());
        let name = name.map_or_else(|| format!("Flow {}", at + 1), str::to_owned);
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count > 1 { format!("{name} #{count}") } else { name };
        let description = text(node, "description").unwrap_or_default().to_owned();
        flows.push(Flow { name, description, steps: Vec::new() });
    }
    let by_pointer: HashMap<&str, &Step> = definition.steps.iter().map(|step| (step.pointer.as_str(), step)).collect();
    for step in &definition.steps {
        let Some(flow) = flow_of(&step.pointer).and_then(|at| flows.get_mut(at)) else { continue };
        flow.steps.push(outlined(definition, step, &by_pointer));
    }
    flows
}

/// Which flow a pointer leads into.
pub(super) fn flow_of(pointer: &str) -> Option<usize> {
    pointer.strip_prefix("/flows/")?.split('/').next()?.parse().ok()
}

/// The list that a step stands in, and its place there.
pub(super) fn list_of(pointer: &str) -> Option<(&str, usize)> {
    let (list, at) = pointer.rsplit_once('/')?;
    Some((list, at.parse().ok()?))
}

/// The step around a list of steps, and which of its branches the list is.
pub(super) fn around(list: &str) -> Option<(&str, Option<usize>)> {
    let above = list.strip_suffix("/steps")?;
    let Some((rest, at)) = above.rsplit_once("/branches/") else { return Some((above, None)) };
    match at.parse() {
        Ok(at) => Some((rest, Some(at))),
        Err(_) => Some((above, None)),
    }
}

fn outlined(definition: &Definition, step: &Step, by_pointer: &HashMap<&str, &Step>) -> Outlined {
    let nothing = Value::Null;
    let node = definition.document.pointer(&step.pointer).unwrap_or(&nothing);
    let inside = list_of(&step.pointer).and_then(|(list, _)| around(list));
    let inside = inside.and_then(|(above, branch)| Some((*by_pointer.get(above)?, branch)));
    let inputs = inputs(node, step);
    let used = step.connections.iter().map(|used| (&used.input, used.variable.as_str()));
    let open =
        inputs.iter().filter(|input| input.is_connection && input.text.is_empty()).map(|input| (&input.name, ""));
    let uses =
        used.chain(open).map(|(input, variable)| UseView { input: input.clone(), variable: variable.to_owned() });
    Outlined {
        uses: uses.collect(),
        path: step.path.clone(),
        name: step.name.clone(),
        description: text(node, "description").unwrap_or_default().to_owned(),
        component: step.component.clone(),
        action: step.action.clone(),
        is_trigger: step.is_trigger,
        parent: inside.map(|(above, _)| above.path.clone()),
        branch: inside.and_then(|(_, branch)| branch),
        depth: step.pointer.matches("/steps/").count().saturating_sub(1),
        lanes: lanes(node, step),
        inputs,
    }
}

fn lanes(node: &Value, step: &Step) -> Vec<Lane> {
    let mut lanes = Vec::new();
    if node.get("steps").is_some_and(Value::is_array) || step.component.as_deref() == Some("loop") {
        lanes.push(Lane { branch: None, name: None });
    }
    for (at, branch) in node.get("branches").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let name = text(branch, "name").map_or_else(|| format!("Branch {}", at + 1), str::to_owned);
        lanes.push(Lane { branch: Some(at), name: Some(name) });
    }
    lanes
}

fn inputs(node: &Value, step: &Step) -> Vec<InputView> {
    let listed = node.get("inputs").and_then(Value::as_object);
    let is_connection = |name: &str| step.connections.iter().any(|used| used.input == name);
    listed.into_iter().flatten().map(|(name, node)| input(name, node, is_connection(name))).collect()
}

/// An input as people see it. An empty connection counts as one where its name says so.
pub(super) fn input(name: &str, node: &Value, is_connection: bool) -> InputView {
    let kind = text(node, "type");
    let nothing = Value::Null;
    let value = node.get("value").unwrap_or(&nothing);
    let form = match kind {
        Some("configVar") => Some(Form::Variable),
        Some(kind) => Form::ALL.into_iter().find(|form| form.in_file() == kind),
        None => None,
    };
    // What no text field holds is shown, and stays as it is.
    let form = form.filter(|form| *form == Form::Structure || !(value.is_array() || value.is_object()));
    let shown = match form {
        Some(Form::Structure) => yaml::write(value),
        Some(_) => plain(value),
        None => yaml::write(node),
    };
    let is_empty_connection =
        form == Some(Form::Variable) && shown.is_empty() && name.to_lowercase().ends_with("connection");
    InputView { name: name.to_owned(), form, text: shown, is_connection: is_connection || is_empty_connection }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn text<'a>(node: &'a Value, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Value::as_str)
}
