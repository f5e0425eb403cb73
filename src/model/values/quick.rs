//! The two questions that planning asks of every connection of a tenant, answered without building a resolution.

use crate::model::connection::Scope;
use crate::model::values::Inputs;
use crate::model::values::OwnerKind;
use crate::model::values::compiled::CompiledType;
use crate::model::values::destination::Guard;
use crate::model::values::lay::Laid;

/// Whether something is missing or quarantined: the opposite of `Resolution::is_complete` over the same layers.
#[must_use]
pub fn is_pending(
    compiled: &CompiledType,
    scope: Scope,
    global: &Inputs,
    credential: Option<(OwnerKind, &Inputs)>,
) -> bool {
    let laid = Laid { compiled, scope, global, credential };
    if compiled.is_broken || compiled.needed.iter().any(|at| laid.strongest(*at).is_none()) {
        return true;
    }
    if !holds_secrets(global) && !credential.is_some_and(|(_, inputs)| holds_secrets(inputs)) {
        return false;
    }
    let guard = Guard::new(laid);
    let secrets = (0..compiled.inputs.len()).filter(|at| compiled.inputs[*at].is_secret);
    secrets
        .filter_map(|at| Some((at, laid.strongest(at)?)))
        .any(|(at, (origin, stored))| guard.is_quarantined(at, origin, stored))
}

/// Whether a layer keeps a secret, of an input that the manifest no longer has too.
#[must_use]
pub fn holds_secrets(inputs: &Inputs) -> bool {
    inputs.values().any(|stored| stored.secret)
}
