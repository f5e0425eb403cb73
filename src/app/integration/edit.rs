//! Switching a step, or all steps of a slot, to another connection: with what changes, before or while it does.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::By;
use crate::app::integration::Loaded;
use crate::app::integration::Lookup;
use crate::app::integration::bind::accepts;
use crate::app::integration::save::Saving;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::connection::Connection;
use crate::model::definition;
use crate::model::definition::Definition;
use crate::model::definition::Target;
use crate::model::definition::diff::Change;
use crate::model::definition::diff::ChangeKind;
use crate::model::definition::diff::Detail;
use crate::model::integration::Slot;
use crate::model::names::fold;
use crate::store::conn::Conn;

/// One step or data source that changes what it uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SwitchedUse {
    /// Path of the step, or `Configuration / <variable>`.
    #[schema(example = "Flow 1 / Post Message")]
    pub path: String,
    pub input: String,
    /// Stable key before; absent: none.
    pub before: Option<String>,
    /// Stable key after.
    pub after: String,
}

/// What a switch changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SwitchReport {
    /// False: a preview, or nothing to change.
    pub is_written: bool,
    pub changes: Vec<SwitchedUse>,
}

/// What is switched to what.
#[derive(Debug, Clone)]
pub enum Switch {
    /// All steps of a slot.
    Slot { variable: String, connection: String },
    /// One input of one step.
    Step { path: String, input: String, connection: String },
}

impl App {
    /// Switches in the draft. `is_preview`: only tells what would change.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`, `wrong_type`.
    pub async fn switch_connection(
        &self,
        actor: Actor,
        (key, expected_version): (String, Option<i64>),
        switch: Switch,
        is_preview: bool,
    ) -> Result<SwitchReport> {
        actor.require(if is_preview { Permission::IntegrationsRead } else { Permission::IntegrationsWrite })?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write_if(move |tx| {
                let loaded = app.draft_to_change(tx, actor.tenant.id, (&key, expected_version))?;
                let changes = match &switch {
                    Switch::Slot { variable, connection } => {
                        app.switch_slot(tx, By::new(&actor, now), loaded, (variable, connection))?
                    }
                    Switch::Step { path, input, connection } => {
                        app.switch_step(tx, By::new(&actor, now), loaded, (path, input, connection))?
                    }
                };
                let is_written = !is_preview && !changes.is_empty();
                Ok((is_written, SwitchReport { is_written, changes }))
            })
            .await
    }

    fn switch_slot(
        &self,
        tx: &mut Conn,
        by: By<'_>,
        mut loaded: Loaded,
        (variable, connection): (&str, &str),
    ) -> Result<Vec<SwitchedUse>> {
        let tenant = by.tenant();
        let to = self.describe(tx, tenant, connection)?.connection;
        let lookup = self.lookup(tx, tenant)?;
        let definition = Self::parse(&loaded.version, &lookup)?;
        let position = loaded.slots.iter().position(|slot| slot.variable == variable);
        let position = position.ok_or_else(|| Error::not_found("slot", variable))?;
        check_type(&loaded.slots[position], &to)?;
        let before = self.bound_key(tx, tenant, &loaded.slots[position])?;
        let told_before = before.clone();
        let after = to.stable_key.as_str();
        if before.as_deref() == Some(after) {
            return Ok(Vec::new());
        }
        let mut changes: Vec<SwitchedUse> = definition::switch_slot(&definition, variable, before.as_deref(), after)
            .into_iter()
            .map(switched)
            .collect();
        if changes.is_empty() {
            let input = variable.to_owned();
            changes.push(SwitchedUse { path: "Configuration".to_owned(), input, before, after: after.to_owned() });
        }
        let slot = &mut loaded.slots[position];
        slot.is_rebound = definition::proposals(&definition).get(variable).is_none_or(|proposed| proposed != after);
        bind(slot, &to);
        let told = vec![rebound(variable, told_before, after)];
        self.save_edited(tx, by, loaded, &Saving { document: None, action: "integration.edited", changes: told })?;
        Ok(changes)
    }

    fn switch_step(
        &self,
        tx: &mut Conn,
        by: By<'_>,
        mut loaded: Loaded,
        place: (&str, &str, &str),
    ) -> Result<Vec<SwitchedUse>> {
        let lookup = self.lookup(tx, by.tenant())?;
        let definition = Self::parse(&loaded.version, &lookup)?;
        let (changes, document) =
            self.step_switched(tx, by.tenant(), (&mut loaded.slots, &definition, &lookup), place)?;
        if !changes.is_empty() {
            let detail = |change: &SwitchedUse| Detail {
                part: change.input.clone(),
                before: change.before.clone(),
                after: Some(change.after.clone()),
            };
            let told = Change {
                kind: ChangeKind::StepChanged,
                what: place.0.to_owned(),
                before: None,
                after: None,
                details: changes.iter().map(detail).collect(),
            };
            let saving = Saving { document: Some(&document), action: "integration.edited", changes: vec![told] };
            self.save_edited(tx, by, loaded, &saving)?;
        }
        Ok(changes)
    }

    /// The document after one input of one step takes another connection; a slot of its own is added for it when none of
    /// the others leads there.
    pub(super) fn step_switched(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        (slots, definition, lookup): (&mut Vec<Slot>, &Definition, &Lookup),
        (path, input, connection): (&str, &str, &str),
    ) -> Result<(Vec<SwitchedUse>, Value)> {
        let to = self.describe(tx, tenant, connection)?.connection;
        check_step(definition, path, &to, lookup)?;
        let mut keys = Vec::new();
        for slot in slots.iter() {
            keys.push((slot.variable.clone(), self.bound_key(tx, tenant, slot)?));
        }
        // A variable that is bound to this connection already serves the step too.
        let bound = keys.iter().find(|(_, key)| key.as_deref() == Some(to.stable_key.as_str()));
        let target = match bound {
            Some((variable, _)) => Target::Variable(variable.clone()),
            None => Target::Connection { label: to.label.clone(), stable_key: to.stable_key.to_string() },
        };
        let switched = definition::switch_step(definition, path, input, &target)
            .map_err(|error| Error::invalid("not_switchable", error.to_string()))?;
        let serves = |slot: &&Slot| slot.variable == switched.variable;
        if !switched.is_variable_new && slots.iter().find(serves).is_some_and(|slot| slot.is_rebound) && bound.is_none()
        {
            // The file names this connection there, but somebody chose another one for all its steps.
            let message = format!(
                "the variable `{}` that names `{}` is bound to another connection: switch that slot first",
                switched.variable, to.stable_key
            );
            return Err(Error::conflict("not_switchable", message));
        }
        if switched.is_variable_new {
            slots.push(new_slot(&switched.variable, &to));
        }
        let key_of = |variable: &Option<String>| {
            variable
                .as_ref()
                .and_then(|variable| keys.iter().find(|(key, _)| key == variable))
                .and_then(|(_, key)| key.clone())
        };
        let changes: Vec<SwitchedUse> = switched
            .changes
            .iter()
            .map(|change| SwitchedUse {
                path: change.path.clone(),
                input: change.input.clone(),
                before: key_of(&change.before),
                after: to.stable_key.to_string(),
            })
            .collect();
        Ok((changes, switched.document))
    }
}

fn switched(change: definition::Change) -> SwitchedUse {
    SwitchedUse { path: change.path, input: change.input, before: change.before, after: change.after }
}

/// A slot that leads to another connection, as histories tell it.
fn rebound(variable: &str, before: Option<String>, after: &str) -> Change {
    Change {
        kind: ChangeKind::ConnectionSwitched,
        what: variable.to_owned(),
        before,
        after: Some(after.to_owned()),
        details: Vec::new(),
    }
}

fn bind(slot: &mut Slot, to: &Connection) {
    slot.connection_id = Some(to.id);
    slot.stable_key = None;
    slot.component = Some(to.component.clone());
    slot.connection_type = Some(to.connection_type.clone());
}

/// A slot takes connections of its own type only: its steps were built for that.
fn check_type(slot: &Slot, to: &Connection) -> Result<()> {
    let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| fold(wanted) == fold(is));
    if same(&slot.component, &to.component) && same(&slot.connection_type, &to.connection_type) {
        return Ok(());
    }
    let wanted = |word: &Option<String>| word.clone().unwrap_or_else(|| "any".to_owned());
    let message = format!(
        "the slot `{}` takes connections of {} ({}); `{}` is one of {} ({})",
        slot.variable,
        wanted(&slot.component),
        wanted(&slot.connection_type),
        to.stable_key,
        to.component,
        to.connection_type
    );
    Err(Error::invalid("wrong_type", message))
}

/// A step takes connections of its own component, and of those that the component accepts.
fn check_step(definition: &Definition, path: &str, to: &Connection, lookup: &Lookup) -> Result<()> {
    let Some(component) = step_component(definition, path) else { return Ok(()) };
    if component == to.component || lookup.get(&component).is_some_and(|known| accepts(&known, to)) {
        return Ok(());
    }
    let message =
        format!("`{path}` is a step of {component}, and `{}` a connection of {}", to.stable_key, to.component);
    Err(Error::invalid("wrong_type", message))
}

fn new_slot(variable: &str, to: &Connection) -> Slot {
    Slot {
        variable: variable.to_owned(),
        component: Some(to.component.clone()),
        connection_type: Some(to.connection_type.clone()),
        scope: None,
        required_scopes: Vec::new(),
        connection_id: Some(to.id),
        stable_key: None,
        is_rebound: false,
    }
}

fn step_component(definition: &Definition, path: &str) -> Option<String> {
    let step = definition.steps.iter().find(|step| step.path == path).map(|step| step.component.clone());
    let source = || definition.data_sources.iter().find(|source| source.path() == path).map(|s| s.component.clone());
    step.or_else(source).flatten()
}
