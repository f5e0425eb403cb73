//! Which stable key each inline connection of a file is given: the same in every tenant, never numbered.

use std::collections::BTreeMap;
use std::collections::HashSet;

use crate::model::definition::Definition;
use crate::model::definition::Inline;
use crate::model::definition::VariableKind;
use crate::model::names::join;
use crate::model::names::short_digest;
use crate::model::names::slug;
use crate::model::names::slug_or;

/// The stable key of each connection variable: what the file names, else `<component>-<connection type>`; a second
/// variable of the same type in one file gets `-<slug of its key>` appended.
#[must_use]
pub fn proposals(definition: &Definition) -> BTreeMap<String, String> {
    let mut taken = Taken::default();
    definition
        .variables
        .iter()
        .map(|variable| {
            let stable_key = match &variable.kind {
                VariableKind::Scoped { stable_key } => stable_key.clone(),
                VariableKind::Inline(inline) => {
                    let proposed = taken.propose(inline, &variable.key);
                    taken.take(&proposed);
                    proposed
                }
            };
            (variable.key.clone(), stable_key)
        })
        .collect()
}

/// The keys that the inline variables before have taken.
#[derive(Debug, Default)]
pub(super) struct Taken(HashSet<String>);

impl Taken {
    pub(super) fn take(&mut self, stable_key: &str) {
        self.0.insert(stable_key.to_owned());
    }

    pub(super) fn propose(&self, inline: &Inline, variable: &str) -> String {
        let component = slug_or(&inline.component, "component");
        let connection_type = slug(inline.known.as_deref().unwrap_or(&inline.connection_type));
        let own = slug_or(variable, "connection");
        // The last is for two variables whose keys differ only in what a slug leaves out.
        let digest = short_digest(variable);
        let candidates: [&[&str]; 3] = [
            &[&component, &connection_type],
            &[&component, &connection_type, &own],
            &[&component, &connection_type, &own, &digest],
        ];
        let mut proposed = String::new();
        for candidate in candidates {
            proposed = join(candidate);
            if !self.0.contains(&proposed) {
                break;
            }
        }
        proposed
    }
}
