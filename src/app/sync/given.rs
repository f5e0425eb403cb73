//! Snapshots that came from outside: nothing of them is written that this deployment would not have made itself.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::app::component::connection_type;
use crate::app::sync::Ends;
use crate::app::sync::definitions::plan_with_definitions;
use crate::error::Error;
use crate::error::Result;
use crate::model::component::Component;
use crate::model::definition;
use crate::model::integration::DRAFT;
use crate::model::sync::ConnectionContent;
use crate::model::sync::IntegrationContent;
use crate::model::sync::Pin;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::Snapshot;
use crate::model::sync::plan as plan_of;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Kind;
use crate::model::user::label_error;
use crate::model::values::normalise::normalise;
use crate::store;
use crate::store::conn::Conn;

type Components = HashMap<String, Arc<Component>>;

impl App {
    /// The plan; of a source that is no tenant here, after a look at what would be written.
    pub(super) fn checked_plan(&self, c: &mut Conn, ends: &mut Ends, policy: &Policy) -> Result<Plan> {
        let mut plan = plan_with_definitions(c, ends, policy)?;
        if policy.prune {
            // What older versions and drafts use is not deleted, unless they go themselves. Which do is known only now.
            let changes = || plan.changes.iter().filter(|change| change.kind == Kind::Integration);
            let of = |action| changes().filter(move |change| change.action == action).map(|change| change.key.clone());
            let (deleted, updated): (BTreeSet<_>, BTreeSet<_>) =
                (of(Action::Delete).collect(), of(Action::Update).collect());
            let stays = |key: &str, number| {
                let goes = deleted.contains(key) || (number == DRAFT && updated.contains(key));
                !goes
            };
            self.mark_used(c, ends.target_tenant, &mut ends.target, stays)?;
            plan = plan_of(&ends.source, &ends.target, policy);
        }
        let source = &ends.source;
        if source.revision.is_none() {
            let components = self.components_of(c, &source.snapshot)?;
            check_values(&source.snapshot, &components)?;
            for change in plan.changes.iter().filter(|change| change.action != Action::Delete) {
                if let (Kind::Integration, Some(content)) = (change.kind, source.snapshot.integrations.get(&change.key))
                {
                    check_definition(&change.key, content, &components)?;
                }
            }
        }
        Ok(plan)
    }

    /// The components that the snapshot names, as far as they are known here.
    fn components_of(&self, c: &mut Conn, snapshot: &Snapshot) -> Result<Components> {
        let used = snapshot.connections.values().map(|content| &content.component);
        let keys: BTreeSet<&String> = snapshot.components.keys().chain(used).collect();
        let mut components = Components::new();
        for key in keys {
            if let Some(component) = self.component_of(c, snapshot, key)? {
                components.insert(key.clone(), component);
            }
        }
        Ok(components)
    }

    /// The component as the snapshot pins it, if it is known here.
    fn component_of(&self, c: &mut Conn, snapshot: &Snapshot, key: &str) -> Result<Option<Arc<Component>>> {
        let Some(pin) = snapshot.components.get(key) else {
            return Ok(self.catalog().get(key).map(|entry| Arc::new(entry.component.clone())));
        };
        let current = self.catalog().get(key).filter(|entry| is_pin(pin, &entry.digest, entry.component.version));
        if let Some(entry) = current {
            return Ok(Some(Arc::new(entry.component.clone())));
        }
        match store::component::find_manifest(c, key, pin)? {
            Some(_) => self.pinned(c, key, pin).map(Some),
            None => Ok(None),
        }
    }
}

/// Connections whose component is not known here are not looked at: nothing is made of them.
fn check_values(snapshot: &Snapshot, components: &Components) -> Result<()> {
    for (key, content) in &snapshot.connections {
        if let Some(wrong) = label_error("label", &content.label, 120) {
            return Err(invalid(format!("the label of connection `{key}`: {}", wrong.message)));
        }
        if let Some(component) = components.get(&content.component) {
            check_connection(key, content, component)?;
        }
    }
    Ok(())
}

/// A definition must read as one that was imported here, and hold nothing that an import would have blanked.
fn check_definition(key: &str, content: &IntegrationContent, components: &Components) -> Result<()> {
    let document = serde_json::from_str(&content.definition).map_err(Error::internal)?;
    let reading = definition::from_document(&document, &|name| components.get(name).cloned()).map_err(|problems| {
        let first = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        invalid(format!("the definition of integration `{key}` cannot be read: {first}"))
    })?;
    if definition::digest(&reading.definition.document) != content.digest {
        return Err(invalid(format!("the definition of integration `{key}` holds a secret: take it out")));
    }
    let variables = &reading.definition.variables;
    let has_all = variables.iter().all(|variable| content.slots.contains_key(&variable.key));
    if !has_all || variables.len() != content.slots.len() {
        return Err(invalid(format!("the slots of integration `{key}` are not its connection variables")));
    }
    Ok(())
}

fn is_pin(pin: &Pin, digest: &str, version: u32) -> bool {
    pin.digest == digest && pin.version == version
}

fn check_connection(key: &str, content: &ConnectionContent, component: &Component) -> Result<()> {
    let kind = connection_type(component, &content.connection_type)
        .map_err(|error| invalid(format!("connection `{key}`: {}", error.public)))?;
    for (name, set) in &content.inputs {
        let Some(value) = &set.value else { continue };
        let why = match kind.input(name) {
            None => "is no input of its connection type".to_owned(),
            Some(input) if input.is_secret() => "is a secret, and a snapshot never holds secrets".to_owned(),
            Some(input) if input.is_derived() => "is worked out from others, and cannot be set".to_owned(),
            Some(input) => match normalise(input, value) {
                Ok(_) => continue,
                Err((_, message)) => message,
            },
        };
        return Err(invalid(format!("`{name}` of connection `{key}`: {why}")));
    }
    Ok(())
}

fn invalid(why: impl std::fmt::Display) -> Error {
    Error::invalid("invalid_snapshot", format!("this is no snapshot that can be used: {why}"))
}
