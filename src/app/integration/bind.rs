//! Which connection each variable of a definition is bound to, making those that are absent.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::By;
use crate::app::connection::NewConnection;
use crate::app::integration::import::SlotAction;
use crate::app::layers::Described;
use crate::app::layers::configured_scopes;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::component::Component;
use crate::model::component::ConnectionType;
use crate::model::connection::Connection;
use crate::model::connection::Scope;
use crate::model::definition;
use crate::model::definition::ConnectionVariable;
use crate::model::definition::Definition;
use crate::model::definition::Inline;
use crate::model::definition::SlotChange;
use crate::model::definition::SlotPlan;
use crate::model::definition::VariableKind;
use crate::model::definition::reconcile;
use crate::model::integration::Slot;
use crate::model::names::join;
use crate::model::names::slug_or;
use crate::model::problem::Problem;
use crate::model::values::Edit;
use crate::model::values::edit::Change;
use crate::model::values::normalise::normalise;
use crate::store;
use crate::store::conn::Conn;

/// Binds the variables of one definition.
pub(super) struct Binder<'a> {
    app: &'a App,
    actor: &'a Actor,
    definition: &'a Definition,
    now: Instant,
    pub(super) problems: Vec<Problem>,
    /// Stable keys of connections that were made.
    pub(super) created: Vec<String>,
}

impl<'a> Binder<'a> {
    pub(super) fn new(app: &'a App, actor: &'a Actor, definition: &'a Definition, now: Instant) -> Self {
        Self { app, actor, definition, now, problems: Vec::new(), created: Vec::new() }
    }

    fn tenant(&self) -> TenantId {
        self.actor.tenant.id
    }

    /// One slot for each variable, in file order.
    pub(super) fn bind_all(&mut self, tx: &mut Conn, old: &[Slot]) -> Result<Vec<(Slot, SlotAction)>> {
        let old = old
            .iter()
            .map(|slot| {
                Ok(definition::Slot {
                    variable: slot.variable.clone(),
                    component: slot.component.clone(),
                    connection_type: slot.connection_type.clone(),
                    stable_key: self.app.bound_key(tx, self.tenant(), slot)?.or_else(|| slot.stable_key.clone()),
                    is_rebound: slot.is_rebound,
                    required_scopes: slot.required_scopes.clone(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let mut bound = Vec::new();
        for plan in reconcile(&old, self.definition) {
            if plan.change == SlotChange::Removed {
                continue;
            }
            let variable = self.definition.variable(&plan.slot.variable);
            let variable = variable.ok_or_else(|| Error::bug("a slot without its variable"))?;
            bound.push(self.bind(tx, variable, plan)?);
        }
        Ok(bound)
    }

    fn bind(&mut self, tx: &mut Conn, variable: &ConnectionVariable, plan: SlotPlan) -> Result<(Slot, SlotAction)> {
        let stays = matches!(plan.change, SlotChange::Kept | SlotChange::Renamed { .. });
        let mut slot = Slot {
            variable: plan.slot.variable,
            component: plan.slot.component,
            connection_type: plan.slot.connection_type,
            scope: variable.inline().is_some().then(|| variable.proposed_scope()),
            required_scopes: plan.slot.required_scopes,
            connection_id: None,
            stable_key: plan.slot.stable_key,
            is_rebound: plan.slot.is_rebound,
        };
        let action = match &variable.kind {
            VariableKind::Scoped { .. } => self.bind_scoped(tx, variable, &mut slot)?,
            VariableKind::Inline(inline) => match inline.known.as_deref() {
                Some(kind) => self.bind_inline(tx, variable, (inline, kind), &mut slot)?,
                None => SlotAction::Unbound,
            },
        };
        let action = if stays && action == SlotAction::Matched { SlotAction::Kept } else { action };
        Ok((slot, action))
    }

    fn bind_scoped(&mut self, tx: &mut Conn, variable: &ConnectionVariable, slot: &mut Slot) -> Result<SlotAction> {
        let Some(key) = slot.stable_key.clone() else { return Ok(SlotAction::Unbound) };
        let Some(found) = store::connection::find_by_key(tx, self.tenant(), &key)? else {
            let message = format!("no connection here has the stable key `{key}` that `{}` uses", variable.key);
            let help = "make that connection and import again, or bind the slot to another one";
            self.problems.push(Problem::warning("missing_connection", variable.place, message).help(help));
            return Ok(SlotAction::Unbound);
        };
        slot.component = Some(found.component.clone());
        slot.connection_type = Some(found.connection_type.clone());
        self.check_users(tx, variable, &found)?;
        take(slot, &found);
        Ok(SlotAction::Matched)
    }

    /// Steps that use a reusable connection of another component.
    fn check_users(&mut self, tx: &mut Conn, variable: &ConnectionVariable, found: &Connection) -> Result<()> {
        let lookup = self.app.lookup(tx, self.tenant())?;
        for step in &self.definition.steps {
            let Some(component) = step.component.as_deref().filter(|component| *component != found.component) else {
                continue;
            };
            let Some(used) = step.connections.iter().find(|used| used.variable == variable.key) else { continue };
            let accepts = lookup.get(component).is_some_and(|known| accepts(&known, found));
            if !accepts {
                let message = format!(
                    "the step `{}` of {component} uses `{}`, a connection of {}",
                    step.path, variable.key, found.component
                );
                self.problems.push(Problem::warning("other_component", used.place, message));
            }
        }
        Ok(())
    }

    fn bind_inline(
        &mut self,
        tx: &mut Conn,
        variable: &ConnectionVariable,
        (inline, kind): (&Inline, &str),
        slot: &mut Slot,
    ) -> Result<SlotAction> {
        let component = self.app.ensure_pin(tx, self.tenant(), &inline.component, self.now)?;
        let kind = crate::app::component::connection_type(&component, kind)?;
        let proposed =
            slot.stable_key.clone().unwrap_or_else(|| join(&[&slug_or(&inline.component, "component"), &kind.key]));
        // Somebody may have given the proposed key to a connection of another type: it stays theirs.
        let fallback = join(&[&proposed, &slug_or(&variable.key, "variable")]);
        for key in [&proposed, &fallback] {
            match store::connection::find_by_key(tx, self.tenant(), key)? {
                Some(found) if found.component == inline.component && found.connection_type == kind.key => {
                    self.compare(variable, kind, &component, &found)?;
                    take(slot, &found);
                    return Ok(SlotAction::Matched);
                }
                Some(found) => {
                    let message = format!(
                        "the stable key `{key}` belongs to a connection of {} ({}); `{}` gets a key of its own",
                        found.component, found.connection_type, variable.key
                    );
                    self.problems.push(Problem::warning("key_of_another_type", variable.place, message));
                }
                None => {
                    let Some(made) = self.make(tx, variable, (inline, kind), key)? else {
                        return Ok(SlotAction::Unbound);
                    };
                    take(slot, &made.connection);
                    self.created.push(key.clone());
                    return Ok(SlotAction::Created);
                }
            }
        }
        let message = format!("both `{proposed}` and `{fallback}` belong to connections of other types");
        let help = "rename one of them, or name a connection in the file with `useScopedConfigVar`";
        self.problems.push(Problem::error("keys_taken", variable.place, message).help(help));
        Ok(SlotAction::Unbound)
    }

    /// Makes a connection from what the file says: neither secrets nor example values. None when a rule refuses it:
    /// then the file is refused.
    fn make(
        &mut self,
        tx: &mut Conn,
        variable: &ConnectionVariable,
        (inline, kind): (&Inline, &ConnectionType),
        key: &str,
    ) -> Result<Option<Described>> {
        let scope = variable.proposed_scope();
        let mut inputs: BTreeMap<String, Edit> = BTreeMap::new();
        for (name, (value, _)) in definition::proposed_values(variable, kind) {
            let Some(input) = kind.input(&name) else { continue };
            match normalise(input, &value) {
                Ok(_) => inputs.entry(name).or_default().value = Change::Set(value),
                Err((_, message)) => {
                    let message = format!("the value of `{name}` in `{}` was left out: {message}", variable.key);
                    self.problems.push(Problem::warning("value_refused", variable.place, message));
                }
            }
        }
        if scope == Scope::Customer {
            for (name, who) in definition::proposed_managers(variable, kind) {
                if kind.input(&name).is_some_and(|input| input.managed_by != Some(who)) {
                    inputs.entry(name).or_default().managed_by = Change::Set(who);
                }
            }
        } else if kind.auth.needs_consent() {
            let message = format!(
                "`{}` is the organization's to fill in, but somebody must authorize at the provider for each customer",
                variable.key
            );
            self.problems.push(Problem::warning("needs_consent", variable.place, message));
        }
        let new = NewConnection {
            component: inline.component.clone(),
            connection_type: kind.key.clone(),
            scope,
            label: None,
            description: None,
            stable_key: Some(key.to_owned()),
            is_embedded: false,
            inputs,
            without_test: false,
        };
        let made = match self.app.new_connection(tx, self.actor, new, self.now) {
            Err(error) if error.kind == Kind::Invalid => {
                let message = format!("the connection of `{}` cannot be made: {}", variable.key, error.public);
                self.problems.push(Problem::error("connection_refused", variable.place, message));
                return Ok(None);
            }
            made => made?,
        };
        let by = By::new(self.actor, self.now);
        self.app.record(tx, by, &made.connection, ("connection.created", &[]))?;
        Ok(Some(made))
    }

    /// An existing connection is never changed by a file; what the file says otherwise is reported.
    fn compare(
        &mut self,
        variable: &ConnectionVariable,
        kind: &ConnectionType,
        component: &std::sync::Arc<Component>,
        found: &Connection,
    ) -> Result<()> {
        let key = &found.stable_key;
        let proposed = variable.proposed_scope();
        if found.scope != proposed {
            let message = format!("`{}` proposes the scope {proposed}; `{key}` has {}", variable.key, found.scope);
            self.problems.push(Problem::warning("scope_differs", variable.place, message));
        }
        let existing: BTreeMap<String, serde_json::Value> = kind
            .inputs
            .iter()
            .filter(|input| !input.is_secret())
            .filter_map(|input| {
                let own = found.inputs.get(&input.key).and_then(|stored| stored.value.clone());
                Some((input.key.clone(), own.or_else(|| input.default.clone())?))
            })
            .collect();
        for difference in definition::differences(variable, kind, &existing) {
            let message =
                format!("`{}` of `{}` differs from `{key}`, which stays as it is", difference.input, variable.key);
            self.problems.push(Problem::warning("value_differs", difference.place, message));
        }
        let described = Described { connection: found.clone(), component: std::sync::Arc::clone(component) };
        let lacking: Vec<&str> = match configured_scopes(&described)? {
            Some(scopes) => {
                variable.required_scopes.iter().filter(|s| !scopes.contains(*s)).map(String::as_str).collect()
            }
            None => Vec::new(),
        };
        if !lacking.is_empty() {
            let message =
                format!("`{key}` does not ask for the scopes that `{}` needs: {}", variable.key, lacking.join(" "));
            let help = format!("add them to the scopes of `{key}`, then have its owners authorize again");
            self.problems.push(Problem::warning("missing_scopes", variable.place, message).help(help));
        }
        Ok(())
    }
}

fn take(slot: &mut Slot, connection: &Connection) {
    slot.connection_id = Some(connection.id);
    slot.stable_key = None;
}

/// Whether steps of a component take this connection.
pub(super) fn accepts(component: &Component, connection: &Connection) -> bool {
    component.key == connection.component
        || component.accepts.iter().any(|accepted| {
            accepted.component == connection.component
                && accepted.connection.as_ref().is_none_or(|kind| *kind == connection.connection_type)
        })
}
