//! What a person or a page is shown of a resolution: only what its side may see, and never a secret.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::component::InputKind;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::values::Effective;
use crate::model::values::Ignored;
use crate::model::values::Layer;
use crate::model::values::Origin;
use crate::model::values::Resolution;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::State;
use crate::model::values::may_see;
use crate::model::values::missing;
use crate::model::values::resolve::as_text;
use crate::model::values::set_refusal;

/// Who looks at which layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    pub side: Side,
    pub scope: Scope,
    /// The layer that the viewer could edit here.
    pub layer: Layer,
}

/// How long the opened secrets are, in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lengths {
    global: BTreeMap<String, usize>,
    credential: BTreeMap<String, usize>,
}

impl Lengths {
    #[must_use]
    pub fn of(global: &Secrets, credential: &Secrets) -> Self {
        let count = |secrets: &Secrets| {
            secrets.iter().map(|(key, value)| (key.clone(), as_text(value).chars().count())).collect()
        };
        Self { global: count(global), credential: count(credential) }
    }

    fn get(&self, effective: &Effective<'_>) -> Option<usize> {
        let layer = match effective.origin? {
            Origin::Global => &self.global,
            Origin::Credential => &self.credential,
            Origin::Default | Origin::Derived => return None,
        };
        layer.get(&effective.input.key).copied()
    }
}

/// A resolution as its viewer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ValuesView)]
pub struct View {
    /// In the manifest's order.
    pub inputs: Vec<InputView>,
    /// What the viewer sees of what must be set.
    pub missing: Vec<MissingInput>,
    /// Stored values that no longer count; told to the organization only.
    pub ignored: Vec<Ignored>,
    /// Nothing is missing or quarantined, of what the viewer does not see either.
    pub is_complete: bool,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InputView {
    pub key: String,
    pub label: String,
    /// The type of the manifest: `string`, `password`, `template` ...
    #[schema(value_type = String)]
    pub kind: InputKind,
    pub required: bool,
    pub managed_by: ManagedBy,
    /// Whether the viewer may set it in the layer looked at.
    pub may_set: bool,
    /// Absent when nothing sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    pub state: State,
    /// Never there for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// There for a secret only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretView>,
}

/// What may be known of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SecretView {
    pub is_set: bool,
    /// In characters. Absent when the secrets were not opened, and of a secret that another side entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
}

/// An input that must be set, or entered again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingInput {
    pub key: String,
    pub label: String,
    pub managed_by: ManagedBy,
    pub state: State,
}

/// Shows a resolution to its viewer. Lengths of secrets are told when `lengths` are given.
#[must_use]
pub fn view(resolution: &Resolution<'_>, viewer: Viewer, lengths: Option<&Lengths>) -> View {
    let sees = |managed_by: ManagedBy| may_see(viewer.side, viewer.scope, managed_by);
    let inputs = resolution.inputs.iter().filter(|effective| sees(effective.managed_by));
    let waits = missing(resolution).into_iter().filter(|(_, managed_by, _)| sees(*managed_by));
    let label =
        |key: &str| resolution.get(key).map_or_else(|| key.to_owned(), |effective| effective.input.label.clone());
    View {
        inputs: inputs.map(|effective| one(effective, viewer, lengths)).collect(),
        missing: waits
            .map(|(key, managed_by, state)| MissingInput { label: label(&key), key, managed_by, state })
            .collect(),
        ignored: if viewer.side == Side::Organization { resolution.ignored.clone() } else { Vec::new() },
        is_complete: resolution.is_complete(),
    }
}

fn one(effective: &Effective<'_>, viewer: Viewer, lengths: Option<&Lengths>) -> InputView {
    let input = effective.input;
    let refusal = set_refusal(viewer.side, viewer.scope, viewer.layer, effective.managed_by);
    // The length of what the organization entered for all is not the customer's to know.
    let may_measure = viewer.side == Side::Organization || effective.origin == Some(Origin::Credential);
    let length = lengths.filter(|_| may_measure).and_then(|lengths| lengths.get(effective));
    let is_set = effective.origin.is_some();
    InputView {
        key: input.key.clone(),
        label: input.label.clone(),
        kind: input.kind,
        required: input.required,
        managed_by: effective.managed_by,
        may_set: refusal.is_none() && !input.is_derived(),
        origin: effective.origin,
        state: effective.state,
        value: effective.value.as_deref().filter(|_| !effective.is_secret).cloned(),
        secret: effective.is_secret.then_some(SecretView { is_set, length }),
    }
}
