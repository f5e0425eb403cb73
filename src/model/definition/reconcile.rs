//! A file imported again: which slot of the integration is which variable of the file now.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::model::definition::ConnectionVariable;
use crate::model::definition::Definition;
use crate::model::definition::VariableKind;
use crate::model::definition::proposal::Taken;
use crate::model::definition::proposals;
use crate::model::names::fold;

/// A place in an integration for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Key of the connection variable.
    pub variable: String,
    /// Absent: only the stable key is known.
    pub component: Option<String>,
    /// The manifest's key where it is known, else as in the file.
    pub connection_type: Option<String>,
    /// Absent: unbound.
    pub stable_key: Option<String>,
    /// Somebody chose another connection than the file does.
    pub is_rebound: bool,
    pub required_scopes: Vec<String>,
}

/// What became of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotChange {
    Added,
    Kept,
    Renamed {
        from: String,
    },
    /// The variable is another type of connection now: it is bound as if it were new.
    Retyped,
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotPlan {
    /// The slot to write; of a removed one, as it was.
    pub slot: Slot,
    pub change: SlotChange,
    /// The stable key before, when it is another now.
    pub before: Option<String>,
}

/// One plan for each variable in file order, then the removed slots. A slot that stays keeps its connection; a
/// variable that is new never takes the connection of one that stays.
#[must_use]
pub fn reconcile(old: &[Slot], new: &Definition) -> Vec<SlotPlan> {
    let matched = matches(old, new);
    let proposed = proposals(new);
    let mut plans: Vec<Option<SlotPlan>> = Vec::new();
    let mut taken = Taken::default();
    for variable in &new.variables {
        let fresh = fresh(variable, &proposed);
        let plan = matched.get(variable.key.as_str()).map(|slot| kept(slot, fresh, variable));
        let plan = plan.filter(|plan| plan.change != SlotChange::Retyped);
        if let Some(stable_key) = plan.as_ref().and_then(|plan| plan.slot.stable_key.as_ref()) {
            taken.take(stable_key);
        }
        plans.push(plan);
    }
    let mut result = Vec::with_capacity(plans.len());
    for (variable, plan) in new.variables.iter().zip(plans) {
        if let Some(plan) = plan {
            result.push(plan);
            continue;
        }
        let mut slot = fresh(variable, &proposed);
        if let VariableKind::Inline(inline) = &variable.kind
            && slot.stable_key.is_some()
        {
            let stable_key = taken.propose(inline, &variable.key);
            taken.take(&stable_key);
            slot.stable_key = Some(stable_key);
        }
        let before = matched.get(variable.key.as_str());
        let change = if before.is_some() { SlotChange::Retyped } else { SlotChange::Added };
        let before =
            before.and_then(|slot| slot.stable_key.clone()).filter(|key| Some(key) != slot.stable_key.as_ref());
        result.push(SlotPlan { slot, change, before });
    }
    let stay: HashSet<&str> = matched.values().map(|slot| slot.variable.as_str()).collect();
    let removed = old.iter().filter(|slot| !stay.contains(slot.variable.as_str()));
    result.extend(removed.map(|slot| SlotPlan { slot: slot.clone(), change: SlotChange::Removed, before: None }));
    result
}

/// The old slot of each variable: by key, else by the names it had before.
fn matches<'s>(old: &'s [Slot], new: &'s Definition) -> HashMap<&'s str, &'s Slot> {
    let slots: HashMap<&str, &Slot> = old.iter().map(|slot| (slot.variable.as_str(), slot)).collect();
    let keys: HashSet<&str> = new.variables.iter().map(|variable| variable.key.as_str()).collect();
    let mut before: HashMap<&str, Vec<&str>> = HashMap::new();
    for rename in &new.renames {
        before.entry(&rename.new).or_default().push(&rename.old);
    }
    let mut used: HashSet<&str> = HashSet::new();
    let mut matched = HashMap::new();
    for variable in &new.variables {
        if let Some(slot) = slots.get(variable.key.as_str()) {
            matched.insert(variable.key.as_str(), *slot);
            continue;
        }
        // A name may have changed several times since; a circle ends where it began.
        let mut seen: HashSet<&str> = HashSet::from([variable.key.as_str()]);
        let mut names = vec![variable.key.as_str()];
        while let Some(name) = names.pop() {
            if let Some(slot) = slots.get(name).filter(|_| !keys.contains(name))
                && used.insert(name)
            {
                matched.insert(variable.key.as_str(), *slot);
                break;
            }
            names.extend(before.get(name).into_iter().flatten().copied().filter(|older| seen.insert(older)));
        }
    }
    matched
}

/// The slot as the file alone would make it.
fn fresh(variable: &ConnectionVariable, proposed: &std::collections::BTreeMap<String, String>) -> Slot {
    let (component, connection_type, is_known) = match &variable.kind {
        VariableKind::Inline(inline) => {
            let connection_type = inline.known.as_ref().unwrap_or(&inline.connection_type);
            (Some(inline.component.clone()), Some(connection_type.clone()), inline.known.is_some())
        }
        VariableKind::Scoped { .. } => (None, None, true),
    };
    Slot {
        variable: variable.key.clone(),
        component,
        connection_type,
        stable_key: proposed.get(&variable.key).filter(|_| is_known).cloned(),
        is_rebound: false,
        required_scopes: variable.required_scopes.clone(),
    }
}

fn kept(old: &Slot, mut slot: Slot, variable: &ConnectionVariable) -> SlotPlan {
    let is_scoped = matches!(variable.kind, VariableKind::Scoped { .. });
    if !is_same_type(old, &slot) {
        return SlotPlan { slot, change: SlotChange::Retyped, before: old.stable_key.clone() };
    }
    // A file that names a stable key means it, unless a builder chose otherwise since.
    if old.stable_key.is_some() && (old.is_rebound || !is_scoped) {
        slot.stable_key.clone_from(&old.stable_key);
        slot.is_rebound = old.is_rebound;
    }
    // Only the stable key stands in the file: what was known of the type stays known.
    if is_scoped && slot.stable_key == old.stable_key {
        slot.component.clone_from(&old.component);
        slot.connection_type.clone_from(&old.connection_type);
    }
    let change = if old.variable == slot.variable {
        SlotChange::Kept
    } else {
        SlotChange::Renamed { from: old.variable.clone() }
    };
    let before = old.stable_key.clone().filter(|key| Some(key) != slot.stable_key.as_ref());
    SlotPlan { slot, change, before }
}

/// What is not known is not another.
fn is_same_type(old: &Slot, new: &Slot) -> bool {
    let is_same = |old: &Option<String>, new: &Option<String>| match (old, new) {
        (Some(old), Some(new)) => fold(old) == fold(new),
        _ => true,
    };
    is_same(&old.component, &new.component) && is_same(&old.connection_type, &new.connection_type)
}
