//! Another connection for one step: those that it takes, or a new one.

use serde::Serialize;

use crate::app::App;
use crate::app::connection::list::ConnectionFilter;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::component::Component;
use crate::model::definition::outline::Outlined;
use crate::model::definition::outline::UseView;
use crate::web::integration::page::designer::Making;
use crate::web::integration::page::query;
use crate::web::integration::page::readiness_word;
use crate::web::integration::page::segment;

#[derive(Serialize)]
pub(super) struct SwitchPanel {
    pub path: String,
    pub name: String,
    pub component: String,
    pub input: String,
    pub variable: String,
    pub choices: Vec<ConnectionChoice>,
    pub create_url: Option<String>,
    pub back_url: String,
    /// Moves all steps of the slot.
    pub config_url: String,
    /// Other steps of the slot, which stay.
    pub others: usize,
}

/// A connection to choose.
#[derive(Serialize)]
pub(super) struct ConnectionChoice {
    pub id: String,
    pub value: String,
    pub label: String,
    pub stable_key: String,
    pub kind: String,
    pub mark: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub is_chosen: bool,
    pub is_current: bool,
}

impl SwitchPanel {
    pub(super) async fn new(app: &App, making: &Making<'_>, (step, wanted): (&Outlined, &UseView)) -> Result<Self> {
        let component = step.component.clone().unwrap_or_default();
        let slot = making.design.connections.iter().find(|slot| slot.slot.variable == wanted.variable);
        let current = slot.and_then(|slot| slot.connection.as_ref()).map(|bound| bound.id.to_string());
        // Steps of one's own code take whatever they are given: there the connection's component tells more.
        let bound = slot.and_then(|slot| slot.slot.component.clone());
        let of = if making.known.takes_connections(&component) { component } else { bound.unwrap_or(component) };
        let here = making.url(&[("flow", making.flow()), ("step", &step.path), ("switch", &wanted.input)]);
        let typed = making.back.map(|back| back.fields.get("connection").to_owned());
        let chosen = typed.unwrap_or_else(|| making.asked.connection.clone());
        let choices = choices(app, making, &of, (&chosen, current.as_deref())).await?;
        Ok(Self {
            path: step.path.clone(),
            name: step.name.clone(),
            component: making.known.label(&of),
            input: wanted.input.clone(),
            variable: wanted.variable.clone(),
            choices,
            create_url: create_url(making, &of, &here),
            back_url: making.url(&[("flow", making.flow()), ("step", &step.path)]),
            config_url: format!("{}/config{}", making.head.base, query(&[("slot", &wanted.variable)])),
            others: slot.map_or(0, |slot| slot.used_by.iter().filter(|path| **path != step.path).count()),
        })
    }
}

/// The wizard that makes a connection and leads back.
pub(super) fn create_url(making: &Making<'_>, component: &str, here: &str) -> Option<String> {
    let is_possible = making.visit.may(Permission::ConnectionsWrite)
        && making.known.get(component).is_some_and(|known| !known.connections.is_empty());
    let path = format!("/components/{}/connections/new", segment(component));
    is_possible.then(|| format!("{}{}", making.visit.url(&path), query(&[("return_to", here)])))
}

/// The connections that steps of a component take; a single one is chosen already.
pub(super) async fn choices(
    app: &App,
    making: &Making<'_>,
    component: &str,
    (chosen, current): (&str, Option<&str>),
) -> Result<Vec<ConnectionChoice>> {
    let mut components = vec![(component.to_owned(), None)];
    let accepted = making.known.get(component).map(|known: &Component| known.accepts.clone()).unwrap_or_default();
    components.extend(accepted.into_iter().map(|accepted| (accepted.component, accepted.connection)));
    let mut found: Vec<ConnectionChoice> = Vec::new();
    for (key, kind) in components {
        let filter = ConnectionFilter { component: Some(key), ..ConnectionFilter::default() };
        for listed in app.list_connections(making.visit.actor.clone(), filter, None, 200).await? {
            let connection = &listed.described.connection;
            let id = connection.id.to_string();
            let is_other_kind = kind.as_ref().is_some_and(|kind| *kind != connection.connection_type);
            if is_other_kind || found.iter().any(|known| known.value == id) {
                continue;
            }
            let type_label = listed.described.kind().map(|kind| kind.label.clone()).unwrap_or_default();
            let (state, tone) = readiness_word(listed.readiness);
            let is_named = chosen == id || chosen == connection.stable_key.as_str();
            found.push(ConnectionChoice {
                id: format!("connection-{}", found.len()),
                is_chosen: is_named,
                is_current: current == Some(id.as_str()),
                value: id,
                label: connection.label.clone(),
                stable_key: connection.stable_key.to_string(),
                kind: type_label,
                mark: connection.component.clone(),
                state,
                tone,
            });
        }
    }
    let is_any_chosen = found.iter().any(|choice| choice.is_chosen);
    let is_single = found.len() == 1;
    for choice in &mut found {
        choice.is_chosen |= !is_any_chosen && (choice.is_current || is_single);
    }
    Ok(found)
}
