//! One step beside the diagram: its name, its inputs, its connections.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::error::FieldError;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::definition::outline::Form;
use crate::model::definition::outline::Outlined;
use crate::model::names::camel;
use crate::model::names::fold;
use crate::web::integration::page::designer::Making;
use crate::web::integration::page::designer::catalog::spaced;
use crate::web::integration::page::designer::diagram;
use crate::web::integration::page::designer::diagram::UsedConnection;

#[derive(Serialize)]
pub(super) struct StepPanel {
    pub path: String,
    /// As it is; `name` is what somebody types.
    pub title: String,
    pub name: String,
    pub name_error: Option<String>,
    pub description: String,
    pub component: String,
    pub mark: String,
    pub action: String,
    pub is_trigger: bool,
    pub connections: Vec<UsedConnection>,
    pub inputs: Vec<Field>,
    pub has_structure: bool,
    pub variables: Vec<String>,
    /// Path of the step before and behind it in its list.
    pub up: Option<String>,
    pub down: Option<String>,
    pub add_url: String,
    pub remove_url: String,
    pub close_url: String,
}

/// One input as part of a form.
#[derive(Serialize)]
pub(super) struct Field {
    pub id: String,
    pub name: String,
    pub label: String,
    pub form: &'static str,
    pub forms: Vec<FormChoice>,
    pub text: String,
    /// As the page showed it at first: what was not touched is not sent over somebody else's change.
    pub was_form: &'static str,
    pub was_text: String,
    pub is_lines: bool,
    /// Shown, and changed in the file only.
    pub is_fixed: bool,
    pub is_required: bool,
    pub help: Option<String>,
    pub error: Option<String>,
    /// What somebody else made of it meanwhile.
    pub theirs: Option<String>,
}

#[derive(Serialize)]
pub(super) struct FormChoice {
    pub value: &'static str,
    pub label: &'static str,
    pub is_chosen: bool,
}

fn form_label(form: Form) -> &'static str {
    match form {
        Form::Value => "Text",
        Form::Reference => "Result of a step",
        Form::Template => "Text with results",
        Form::Variable => "Variable",
        Form::Structure => "Structure (YAML)",
    }
}

pub(super) fn form_choices(chosen: Form) -> Vec<FormChoice> {
    let choice = |form: Form| FormChoice { value: form.as_str(), label: form_label(form), is_chosen: form == chosen };
    Form::ALL.into_iter().map(choice).collect()
}

impl StepPanel {
    pub(super) fn new(making: &Making<'_>, step: &Outlined) -> Self {
        let component = step.component.as_deref().unwrap_or_default();
        let action = step.action.as_deref().unwrap_or_default();
        let back = making.back.filter(|back| back.fields.get("op") == "step_save");
        let inputs = fields(making, step);
        let (up, down) = neighbours(making, step);
        let of_name = |field: &&FieldError| field.field == "name";
        Self {
            path: step.path.clone(),
            title: step.name.clone(),
            name: back.map_or_else(|| step.name.clone(), |back| back.fields.get("name").to_owned()),
            name_error: back.and_then(|back| back.error.fields.iter().find(of_name)).map(|field| field.message.clone()),
            description: step.description.clone(),
            component: making.known.label(component),
            mark: component.to_owned(),
            action: making.known.action_label(component, action),
            is_trigger: step.is_trigger,
            connections: diagram::connections(making, step),
            has_structure: inputs.iter().any(|field| field.form == Form::Structure.as_str()),
            inputs,
            variables: making.design.variables.clone(),
            up,
            down,
            add_url: making.url(&[("flow", making.flow()), ("add", "after"), ("at", &step.path)]),
            remove_url: making.url(&[("flow", making.flow()), ("step", &step.path), ("show", "remove")]),
            close_url: making.url(&[("flow", making.flow())]),
        }
    }
}

/// The steps around it in the same list; nothing goes in front of the trigger.
fn neighbours(making: &Making<'_>, step: &Outlined) -> (Option<String>, Option<String>) {
    let flow = making.design.flows.iter().find(|flow| flow.steps.iter().any(|other| other.path == step.path));
    let steps = flow.map(|flow| flow.steps.as_slice()).unwrap_or_default();
    let same: Vec<&Outlined> =
        steps.iter().filter(|other| other.parent == step.parent && other.branch == step.branch).collect();
    let Some(at) = same.iter().position(|other| other.path == step.path).filter(|_| !step.is_trigger) else {
        return (None, None);
    };
    let up = at.checked_sub(1).map(|above| same[above]).filter(|above| !above.is_trigger);
    (up.map(|above| above.path.clone()), same.get(at + 1).map(|below| below.path.clone()))
}

fn fields(making: &Making<'_>, step: &Outlined) -> Vec<Field> {
    let (component, action) =
        (step.component.as_deref().unwrap_or_default(), step.action.as_deref().unwrap_or_default());
    let manifest = making.known.action(component, action).map(|action| action.inputs.as_slice()).unwrap_or_default();
    let of = |name: &str| manifest.iter().find(|input| fold(&input.key) == fold(name));
    let mut fields = Vec::new();
    let mut named = BTreeSet::new();
    for input in step.inputs.iter().filter(|input| !input.is_connection) {
        named.insert(fold(&input.name));
        let stored = Stored { name: &input.name, form: input.form, text: &input.text };
        fields.push(field(making, (fields.len(), of(&input.name)), stored));
    }
    for input in manifest.iter().filter(|input| input.shown && !named.contains(&fold(&input.key))) {
        let name = camel(&input.key);
        let stored = Stored { name: &name, form: Some(Form::Value), text: "" };
        fields.push(field(making, (fields.len(), Some(input)), stored));
    }
    // What was typed for inputs that somebody took away meanwhile stays, too.
    let known: BTreeSet<String> = fields.iter().map(|field| field.name.clone()).collect();
    if let Some(back) = making.back.filter(|back| back.fields.get("op") == "step_save") {
        for (name, text) in back.fields.under("text.").filter(|(name, text)| !known.contains(*name) && !text.is_empty())
        {
            let stored = Stored { name, form: Some(Form::Value), text: "" };
            if text != back.fields.get(&format!("was_text.{name}")) {
                fields.push(field(making, (fields.len(), of(name)), stored));
            }
        }
    }
    fields
}

/// An input as it is in the draft.
#[derive(Clone, Copy)]
struct Stored<'a> {
    name: &'a str,
    form: Option<Form>,
    text: &'a str,
}

fn field(making: &Making<'_>, (number, manifest): (usize, Option<&Input>), stored: Stored<'_>) -> Field {
    let name = stored.name;
    let mut form = stored.form.unwrap_or(Form::Structure);
    let mut text = stored.text.to_owned();
    let (mut theirs, mut error) = (None, None);
    if let Some(back) = making.back.filter(|back| back.fields.get("op") == "step_save") {
        let typed = |prefix: &str| back.fields.lines(&format!("{prefix}.{name}"));
        let sent = (Form::parse(&typed("form")), typed("text"));
        let was = (Form::parse(&typed("was_form")), typed("was_text"));
        if sent.0.is_some() && sent != was {
            let is_theirs = (stored.form, stored.text) != (was.0, was.1.as_str());
            theirs = is_theirs.then(|| stored.text.to_owned());
            form = sent.0.unwrap_or(form);
            text = sent.1;
        }
        let wrong = back.error.fields.iter().find(|wrong| wrong.field == name);
        error = wrong.map(|wrong| wrong.message.clone());
    }
    let is_long = manifest.is_some_and(|input| input.kind == InputKind::Text);
    let was_form = stored.form.unwrap_or(Form::Structure).as_str();
    Field {
        id: format!("input-{number}"),
        label: manifest.map_or_else(|| spaced(name), |input| input.label.clone()),
        name: name.to_owned(),
        form: form.as_str(),
        forms: form_choices(form),
        is_lines: is_long || form == Form::Structure || text.contains('\n') || text.chars().count() > 60,
        text,
        was_form,
        was_text: stored.text.to_owned(),
        is_fixed: stored.form.is_none(),
        is_required: manifest.is_some_and(|input| input.required),
        help: manifest.and_then(help),
        error,
        theirs,
    }
}

fn help(input: &Input) -> Option<String> {
    let example = input.example.as_ref().map(|example| format!("Example: {example}"));
    let default = input.default.as_ref().map(|default| match default {
        serde_json::Value::String(text) => format!("Without a value: {text}"),
        other => format!("Without a value: {other}"),
    });
    let parts: Vec<String> = [input.comments.clone(), example, default].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}
