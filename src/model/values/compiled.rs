//! A connection type made ready for laying layers many times: templates parsed, defaults normalised, and for each secret
//! the places it is sent to. Made once per connection type and kept; it borrows nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::template::Template;
use crate::model::values::destination::origin;
use crate::model::values::normalise::normalise;
use crate::model::values::receivers::Receivers;
use crate::model::values::usual_manager;

/// What resolving needs of a connection type.
#[derive(Debug, Clone)]
pub struct CompiledType {
    /// In the manifest's order.
    pub(super) inputs: Vec<CompiledInput>,
    pub(super) places: Vec<Place>,
    /// Inputs that must be set in a layer: indices of `inputs`.
    pub(super) needed: Vec<usize>,
    /// A required derived input that no values can compute. Manifests are checked for it; nothing is complete with one.
    pub(super) is_broken: bool,
}

#[derive(Debug, Clone)]
pub(super) struct CompiledInput {
    pub(super) key: String,
    pub(super) is_secret: bool,
    pub(super) is_derived: bool,
    /// Who sets it unless the connection says otherwise.
    pub(super) usual_manager: ManagedBy,
    pub(super) default: Option<Value>,
    /// Something must set it, for its own sake or for a required input that is derived from it.
    pub(super) is_needed: bool,
    pub(super) derived: Option<Derived>,
    /// Of a secret: the places that it is sent to, as indices of `places`.
    pub(super) receivers: Vec<usize>,
    /// The host's end that the input's pattern demands: `.zendesk.com`.
    pub(super) host_end: Option<String>,
}

/// How a derived input is computed.
#[derive(Debug, Clone)]
pub(super) struct Derived {
    pub(super) template: Template,
    /// Indices of the inputs that it names.
    pub(super) sources: Vec<usize>,
    /// It names only inputs that have values of their own.
    pub(super) is_sound: bool,
}

/// A template of where secrets are sent, down to inputs that have values of their own.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) parts: Vec<PlacePart>,
    /// What it renders to when it names nothing.
    pub(super) fixed: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum PlacePart {
    Text(String),
    Input(usize),
    /// A name that only a token reply gives.
    Open(String),
}

impl CompiledType {
    #[must_use]
    pub fn new(kind: &ConnectionType) -> Self {
        let index: BTreeMap<&str, usize> = kind.inputs.iter().enumerate().map(|(at, i)| (i.key.as_str(), at)).collect();
        let mut inputs: Vec<CompiledInput> = kind.inputs.iter().map(|input| compile(input, kind, &index)).collect();
        let demanded: BTreeSet<usize> = (kind.inputs.iter().zip(&inputs))
            .filter(|(input, _)| input.required)
            .flat_map(|(_, compiled)| compiled.derived.iter().flat_map(|derived| derived.sources.iter().copied()))
            .collect();
        demanded.into_iter().for_each(|at| inputs[at].is_needed = true);
        let places: Vec<Place> = kind.destination_templates().map(|text| place(text, kind, &index)).collect();
        let receivers = Receivers::new(kind, places.len());
        for input in inputs.iter_mut().filter(|input| input.is_secret) {
            input.receivers = receivers.of(&input.key, kind);
        }
        let needs_layer = |i: &CompiledInput| i.is_needed && !i.is_derived && i.default.is_none();
        let needed = inputs.iter().enumerate().filter(|(_, input)| needs_layer(input)).map(|(at, _)| at).collect();
        let unsound =
            |i: &CompiledInput| i.is_derived && i.is_needed && !i.derived.as_ref().is_some_and(|d| d.is_sound);
        let is_broken = inputs.iter().any(unsound);
        Self { inputs, places, needed, is_broken }
    }

    /// The inputs, by key, whose values decide where secrets are sent.
    #[must_use]
    pub fn destination_inputs(&self) -> BTreeSet<String> {
        let parts = self.places.iter().flat_map(|place| &place.parts);
        parts
            .filter_map(|part| if let PlacePart::Input(at) = part { Some(self.inputs[*at].key.clone()) } else { None })
            .collect()
    }
}

fn compile(input: &Input, kind: &ConnectionType, index: &BTreeMap<&str, usize>) -> CompiledInput {
    let derived = input.template.as_deref().filter(|_| input.is_derived()).and_then(|text| Template::parse(text).ok());
    CompiledInput {
        key: input.key.clone(),
        is_secret: input.is_secret(),
        is_derived: input.is_derived(),
        usual_manager: usual_manager(input),
        default: if input.is_derived() { None } else { default_of(input) },
        is_needed: input.required,
        derived: derived.map(|template| derive(template, kind, index)),
        receivers: Vec::new(),
        host_end: input.pattern.as_deref().and_then(host_end),
    }
}

fn derive(template: Template, kind: &ConnectionType, index: &BTreeMap<&str, usize>) -> Derived {
    let names: BTreeSet<&str> = template.names().collect();
    let found = names.iter().filter_map(|name| index.get(name).copied());
    let sources: Vec<usize> = found.filter(|at| !kind.inputs[*at].is_derived()).collect();
    let is_sound = sources.len() == names.len();
    Derived { template, sources, is_sound }
}

/// The manifest's default in the form that values are stored in; a blank one is none.
pub(super) fn default_of(input: &Input) -> Option<Value> {
    let default = input.default.as_ref()?;
    normalise(input, default).unwrap_or_else(|_| Some(default.clone()))
}

fn place(text: &str, kind: &ConnectionType, index: &BTreeMap<&str, usize>) -> Place {
    let mut parts = Vec::new();
    flatten(text, true, kind, index, &mut parts);
    let is_fixed = parts.iter().all(|part| matches!(part, PlacePart::Text(_)));
    let fixed = is_fixed.then(|| {
        let texts =
            parts.iter().filter_map(|part| if let PlacePart::Text(text) = part { Some(text.as_str()) } else { None });
        origin(&texts.collect::<String>())
    });
    Place { parts, fixed }
}

/// Derived inputs name no derived ones, so that one level suffices.
fn flatten(text: &str, is_outer: bool, kind: &ConnectionType, index: &BTreeMap<&str, usize>, out: &mut Vec<PlacePart>) {
    let Ok(template) = Template::parse(text) else {
        out.push(PlacePart::Text(text.to_owned()));
        return;
    };
    for piece in template.pieces() {
        match piece {
            Ok(text) => out.push(PlacePart::Text(text.to_owned())),
            Err(name) => match index.get(name).map(|at| (*at, &kind.inputs[*at])) {
                Some((_, input)) if input.is_derived() => match input.template.as_deref() {
                    Some(inner) if is_outer => flatten(inner, false, kind, index, out),
                    _ => out.push(PlacePart::Open(name.to_owned())),
                },
                Some((at, _)) => out.push(PlacePart::Input(at)),
                None => out.push(PlacePart::Open(name.to_owned())),
            },
        }
    }
}

/// The fixed end of the host that a pattern demands, from its first dot on, when it names a site and not only a
/// top-level domain: `https://[a-z]+\.zendesk\.com/oauth` gives `.zendesk.com`. Reads less than patterns can say.
pub(super) fn host_end(pattern: &str) -> Option<String> {
    if pattern.contains(['|', '(']) {
        return None;
    }
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let host = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let mut end = Vec::new();
    let mut rest = host.as_bytes();
    while let Some((last, before)) = rest.split_last() {
        match (before.last(), last) {
            (Some(b'\\'), b'.' | b'-') => rest = &before[..before.len() - 1],
            (Some(b'\\'), _) => break,
            (_, byte) if byte.is_ascii_alphanumeric() || *byte == b'-' => rest = before,
            _ => break,
        }
        end.push(last.to_ascii_lowercase() as char);
    }
    let end: String = end.into_iter().rev().collect();
    is_site(&end[end.find('.')?..]).then(|| end[end.find('.').unwrap_or_default()..].to_owned())
}

/// `.zendesk.com`: at least two labels after the first dot, none empty.
pub(super) fn is_site(end: &str) -> bool {
    end.strip_prefix('.').is_some_and(|labels| labels.contains('.') && labels.split('.').all(|label| !label.is_empty()))
}
