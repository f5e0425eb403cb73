//! Which layer's value of an input counts. The one reading of the layers that resolving, quarantine and planning share.

use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::OwnerKind;
use crate::model::values::Stored;
use crate::model::values::compiled::CompiledType;
use crate::model::values::layer_counts;
use crate::model::values::resolve::Origin;

/// Layers over a compiled type.
#[derive(Clone, Copy)]
pub(super) struct Laid<'a> {
    pub(super) compiled: &'a CompiledType,
    pub(super) scope: Scope,
    pub(super) global: &'a Inputs,
    pub(super) credential: Option<(OwnerKind, &'a Inputs)>,
}

impl<'a> Laid<'a> {
    /// Who sets the input.
    pub(super) fn manager(&self, at: usize) -> ManagedBy {
        let input = &self.compiled.inputs[at];
        if self.scope != Scope::Customer {
            return ManagedBy::Organization;
        }
        self.global.get(&input.key).and_then(|stored| stored.managed_by).unwrap_or(input.usual_manager)
    }

    /// What the credential sets and may set.
    pub(super) fn own(&self, at: usize) -> Option<&'a Stored> {
        let (owner, inputs) = self.credential?;
        let stored = inputs.get(&self.compiled.inputs[at].key).filter(|stored| self.fits(at, stored))?;
        layer_counts(self.scope, Layer::Credential(owner), self.manager(at)).then_some(stored)
    }

    /// What the connection sets for all credentials.
    pub(super) fn general(&self, at: usize) -> Option<&'a Stored> {
        self.global.get(&self.compiled.inputs[at].key).filter(|stored| self.fits(at, stored))
    }

    pub(super) fn strongest(&self, at: usize) -> Option<(Origin, &'a Stored)> {
        let own = self.own(at).map(|stored| (Origin::Credential, stored));
        own.or_else(|| self.general(at).map(|stored| (Origin::Global, stored)))
    }

    /// A value counts only as what the input is by now: a secret never as a plain value, a plain value never as a secret.
    fn fits(&self, at: usize, stored: &Stored) -> bool {
        let input = &self.compiled.inputs[at];
        stored.is_set() && stored.secret == input.is_secret && !input.is_derived
    }
}
