//! A step to be, in three questions: which component, what it does, and with which connection.

use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::model::component::Component;
use crate::web::integration::page::designer::Asked;
use crate::web::integration::page::designer::Making;
use crate::web::integration::page::designer::catalog::LOGIC;
use crate::web::integration::page::designer::catalog::spaced;
use crate::web::integration::page::designer::switch::ConnectionChoice;
use crate::web::integration::page::designer::switch::choices;
use crate::web::integration::page::designer::switch::create_url;

#[derive(Serialize)]
pub(super) struct AddPanel {
    /// What the forms carry on.
    pub asked: Carried,
    /// `after “List orders”`
    pub place: String,
    pub close_url: String,
    pub components: Option<Components>,
    pub actions: Option<Actions>,
    pub last: Option<Last>,
}

#[derive(Serialize)]
pub(super) struct Carried {
    pub flow: String,
    pub add: String,
    pub at: String,
    pub branch: String,
    pub component: String,
    pub action: String,
}

/// The first question.
#[derive(Serialize)]
pub(super) struct Components {
    pub search: String,
    pub logic: Vec<Choice>,
    pub found: Vec<Choice>,
    pub more: usize,
}

/// The second.
#[derive(Serialize)]
pub(super) struct Actions {
    pub component: String,
    pub mark: String,
    pub found: Vec<Choice>,
    pub back_url: String,
}

/// The third.
#[derive(Serialize)]
pub(super) struct Last {
    pub component: String,
    pub mark: String,
    pub action: String,
    pub name: String,
    pub name_error: Option<String>,
    pub takes_connection: bool,
    pub choices: Vec<ConnectionChoice>,
    pub create_url: Option<String>,
    pub back_url: String,
}

#[derive(Serialize)]
pub(super) struct Choice {
    pub label: String,
    pub key: String,
    pub description: Option<String>,
    pub mark: String,
    pub icon: Option<&'static str>,
    pub url: String,
}

const SHOWN: usize = 24;

impl AddPanel {
    pub(super) async fn new(app: &App, making: &Making<'_>) -> Result<Self> {
        let asked = making.asked;
        let mut panel = Self {
            asked: Carried::new(making, asked),
            place: place(making, asked),
            close_url: making.url(&[("flow", making.flow())]),
            components: None,
            actions: None,
            last: None,
        };
        if asked.component.is_empty() {
            panel.components = Some(Components::new(making));
        } else if asked.action.is_empty() {
            panel.actions = Some(Actions::new(making));
        } else {
            panel.last = Some(Last::new(app, making).await?);
        }
        Ok(panel)
    }
}

impl Carried {
    fn new(making: &Making<'_>, asked: &Asked) -> Self {
        Self {
            flow: making.flow().to_owned(),
            add: asked.add.clone(),
            at: asked.at.clone(),
            branch: asked.branch.clone(),
            component: asked.component.clone(),
            action: asked.action.clone(),
        }
    }
}

/// The next question about the same place.
fn next(making: &Making<'_>, more: &[(&str, &str)]) -> String {
    let asked = making.asked;
    let place = [("flow", making.flow()), ("add", &*asked.add), ("at", &*asked.at), ("branch", &*asked.branch)];
    making.url(&[&place, more].concat())
}

fn place(making: &Making<'_>, asked: &Asked) -> String {
    let steps = making.design.flows.iter().flat_map(|flow| &flow.steps);
    let step = steps.into_iter().find(|step| step.path == asked.at);
    let name = step.map_or(asked.at.as_str(), |step| step.name.as_str());
    let branch = asked.branch.parse::<usize>().ok();
    let lane = step.and_then(|step| step.lanes.iter().find(|lane| lane.branch == branch)?.name.as_deref());
    match (asked.add.as_str(), lane) {
        ("inside", Some(lane)) => format!("in the branch \u{201c}{lane}\u{201d} of \u{201c}{name}\u{201d}"),
        ("inside", None) => format!("inside of \u{201c}{name}\u{201d}"),
        ("flow", _) => format!("at the end of \u{201c}{name}\u{201d}"),
        _ => format!("after \u{201c}{name}\u{201d}"),
    }
}

impl Components {
    fn new(making: &Making<'_>) -> Self {
        let search = making.asked.search.trim().to_owned();
        let wanted = search.to_lowercase();
        let fits = |text: &str| text.to_lowercase().contains(&wanted);
        let logic = LOGIC.iter().filter(|logic| fits(logic.label)).map(|logic| Choice {
            label: logic.label.to_owned(),
            key: logic.action.to_owned(),
            description: Some(logic.description.to_owned()),
            mark: logic.component.to_owned(),
            icon: Some(logic.component),
            url: next(making, &[("component", logic.component), ("action", logic.action)]),
        });
        let is_used = |key: &str| {
            let steps = making.design.flows.iter().flat_map(|flow| &flow.steps);
            steps.into_iter().any(|step| step.component.as_deref() == Some(key))
        };
        let is_found = |component: &&Component| {
            fits(&component.label) || fits(&component.key) || component.category.as_deref().is_some_and(fits)
        };
        let mut found: Vec<&Component> = making.known.all().filter(is_found).collect();
        // What the integration uses already comes first, then what begins so.
        found.sort_by_cached_key(|component| {
            (
                !is_used(&component.key),
                !component.label.to_lowercase().starts_with(&wanted),
                component.label.to_lowercase(),
            )
        });
        let more = found.len().saturating_sub(SHOWN);
        let choice = |component: &&Component| Choice {
            label: component.label.clone(),
            key: component.key.clone(),
            description: component.description.clone(),
            mark: component.key.clone(),
            icon: None,
            url: next(making, &[("component", &component.key)]),
        };
        let found = found.iter().take(SHOWN).map(choice).collect();
        Self { search, logic: logic.collect(), found, more }
    }
}

impl Actions {
    fn new(making: &Making<'_>) -> Self {
        let key = &making.asked.component;
        let listed = making.known.get(key).map(|component| component.actions.as_slice()).unwrap_or_default();
        let found = listed.iter().map(|action| Choice {
            label: action.label.clone(),
            key: action.key.clone(),
            description: action.description.clone(),
            mark: key.clone(),
            icon: None,
            url: next(making, &[("component", key), ("action", &action.key)]),
        });
        let found = found.collect();
        Self { component: making.known.label(key), mark: key.clone(), found, back_url: next(making, &[]) }
    }
}

impl Last {
    async fn new(app: &App, making: &Making<'_>) -> Result<Self> {
        let Asked { component, action, connection, .. } = making.asked;
        let takes_connection = making.known.takes_connections(component);
        let typed = making.back.map(|back| back.fields.get("connection").to_owned());
        let chosen = typed.unwrap_or_else(|| connection.clone());
        let choices =
            if takes_connection { choices(app, making, component, (&chosen, None)).await? } else { Vec::new() };
        let wrong = |field: &str| {
            let fields = making.back.map(|back| back.error.fields.as_slice()).unwrap_or_default();
            fields.iter().find(|wrong| wrong.field == field).map(|wrong| wrong.message.clone())
        };
        let here = next(making, &[("component", component), ("action", action)]);
        let is_logic = LOGIC.iter().any(|logic| logic.component == component);
        let back_url = if is_logic { next(making, &[]) } else { next(making, &[("component", component)]) };
        Ok(Self {
            component: making.known.label(component),
            mark: component.clone(),
            action: making.known.action_label(component, action),
            name: making
                .back
                .map_or_else(|| proposed(making, component, action), |back| back.fields.get("name").to_owned()),
            name_error: wrong("name"),
            takes_connection,
            choices,
            create_url: create_url(making, component, &here),
            back_url,
        })
    }
}

/// A name that no other step of the flow has.
fn proposed(making: &Making<'_>, component: &str, action: &str) -> String {
    let label = making.known.action_label(component, action);
    let label = if label.is_empty() { spaced(action) } else { label };
    let flow = making.design.flows.iter().find(|flow| flow.name == making.flow());
    let is_taken = |name: &str| {
        let steps = flow.map(|flow| flow.steps.as_slice()).unwrap_or_default();
        steps.iter().any(|step| step.name.to_lowercase() == name.to_lowercase())
    };
    let mut number = 1;
    loop {
        let name = if number == 1 { label.clone() } else { format!("{label} {number}") };
        if !is_taken(&name) {
            return name;
        }
        number += 1;
    }
}
