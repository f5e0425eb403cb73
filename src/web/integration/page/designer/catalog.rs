//! What the designer knows of components: their names, their actions, and what they take.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::App;
use crate::error::Result;
use crate::model::component::Action;
use crate::model::component::Component;
use crate::model::names::fold;
use crate::web::frame::Visit;

/// Steps that are part of every designer, whatever components there are.
pub(super) struct Logic {
    pub component: &'static str,
    pub action: &'static str,
    pub label: &'static str,
    pub description: &'static str,
}

pub(super) const LOGIC: [Logic; 3] = [
    Logic {
        component: "loop",
        action: "loopOverItems",
        label: "Loop over items",
        description: "Runs the steps inside of it once for each item of a list.",
    },
    Logic {
        component: "loop",
        action: "loopNTimes",
        label: "Loop a number of times",
        description: "Runs the steps inside of it so many times.",
    },
    Logic {
        component: "branch",
        action: "branchOnExpression",
        label: "Branch",
        description: "Runs one of its branches, by a condition.",
    },
];

/// The tenant's components by key.
pub(super) struct Known(BTreeMap<String, Arc<Component>>);

impl Known {
    pub(super) async fn read(app: &App, visit: &Visit) -> Result<Self> {
        let found = app.list_components(visit.actor.clone()).await?;
        Ok(Self(found.into_iter().map(|found| (found.component.key.clone(), found.component)).collect()))
    }

    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Component> {
        self.0.get(key).map(Arc::as_ref)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Component> {
        self.0.values().map(Arc::as_ref)
    }

    pub(super) fn label(&self, key: &str) -> String {
        self.get(key).map_or_else(|| spaced(key), |component| component.label.clone())
    }

    /// The manifest's action that a step names, however it is written.
    pub(super) fn action(&self, component: &str, key: &str) -> Option<&Action> {
        self.get(component)?.actions.iter().find(|action| fold(&action.key) == fold(key))
    }

    pub(super) fn action_label(&self, component: &str, key: &str) -> String {
        let logic = LOGIC.iter().find(|logic| logic.component == component && logic.action == key);
        match (self.action(component, key), logic) {
            (Some(action), _) => action.label.clone(),
            (None, Some(logic)) => logic.label.to_owned(),
            (None, None) => spaced(key),
        }
    }

    /// Whether steps of a component use a connection, as far as is known.
    pub(super) fn takes_connections(&self, key: &str) -> bool {
        self.get(key).is_some_and(|component| !component.connections.is_empty() || !component.accepts.is_empty())
    }
}

/// `listOrders`, `list_orders` and `list-orders` as `List orders`.
pub(super) fn spaced(key: &str) -> String {
    let mut out = String::new();
    let mut was_lower = false;
    for c in key.chars() {
        if matches!(c, '_' | '-' | ' ') {
            out.push(' ');
            was_lower = false;
            continue;
        }
        if c.is_uppercase() && was_lower {
            out.push(' ');
            out.extend(c.to_lowercase());
        } else if out.is_empty() {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_words() {
        for (key, words) in
            [("listOrders", "List orders"), ("list_orders", "List orders"), ("aws-s3", "Aws s3"), ("", "")]
        {
            assert_eq!(spaced(key), words);
        }
        assert_eq!(Known::none().action_label("loop", "loopOverItems"), "Loop over items");
    }
}
