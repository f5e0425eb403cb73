//! Resolving and its permissions once more, slow and obvious, written from the rules and sharing no helper with the real
//! ones. Property tests compare the two.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use crate::model::component::Auth;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::template::Template;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::Origin;
use crate::model::values::OwnerKind;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::State;

/// One effective input: key, who manages it, state, origin, secret or not, value.
pub(super) type Row = (String, ManagedBy, State, Option<Origin>, bool, Option<Value>);

pub(super) fn is_secret(input: &Input) -> bool {
    input.kind == InputKind::Password || input.write_only
}

fn is_derived(input: &Input) -> bool {
    input.kind == InputKind::Template
}

fn source_keys(template: &str) -> Vec<String> {
    let opened = template.split("{{").skip(1);
    opened.filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim().to_owned()).collect()
}

/// In the scope `customer` the connection decides, else the manifest, else the customer, or the organization for what no
/// form shows. Elsewhere the organization manages everything.
pub(super) fn manager(scope: Scope, global: &Inputs, input: &Input) -> ManagedBy {
    if scope == Scope::OrganizationCustomer || scope == Scope::OrganizationGlobal {
        return ManagedBy::Organization;
    }
    if let Some(stored) = global.get(&input.key)
        && let Some(chosen) = stored.managed_by
    {
        return chosen;
    }
    match (input.managed_by, input.shown) {
        (Some(said), _) => said,
        (None, true) => ManagedBy::Customer,
        (None, false) => ManagedBy::Organization,
    }
}

/// Who may set an input, as a table.
#[expect(clippy::match_like_matches_macro, reason = "it reads as the table that it is")]
pub(super) fn may_set(side: Side, scope: Scope, layer: Layer, manager: ManagedBy) -> bool {
    let owner = match layer {
        Layer::Global => return side == Side::Organization,
        Layer::Credential(owner) => owner,
    };
    match (scope, owner, side, manager) {
        (_, OwnerKind::Test, Side::Organization, _) => true,
        (Scope::OrganizationGlobal, OwnerKind::Organization, Side::Organization, _) => true,
        (Scope::OrganizationCustomer, OwnerKind::Customer, Side::Organization, _) => true,
        (Scope::Customer, OwnerKind::Customer, _, ManagedBy::Customer) => true,
        (Scope::Customer, OwnerKind::Customer, Side::Organization | Side::Embedded, ManagedBy::Embedded) => true,
        _ => false,
    }
}

pub(super) fn may_see(side: Side, scope: Scope, manager: ManagedBy) -> bool {
    match side {
        Side::Organization => true,
        Side::Customer => scope == Scope::Customer && manager == ManagedBy::Customer,
        Side::Embedded => scope == Scope::Customer && [ManagedBy::Customer, ManagedBy::Embedded].contains(&manager),
    }
}

/// Whether the credential's value counts at all.
fn own_counts(layers: &Layers<'_>, input: &Input) -> bool {
    let Some((owner, _)) = layers.credential else { return false };
    match (layers.scope, owner) {
        (_, OwnerKind::Test) => true,
        (Scope::OrganizationGlobal, OwnerKind::Organization) => true,
        (Scope::OrganizationCustomer, OwnerKind::Customer) => true,
        (Scope::Customer, OwnerKind::Customer) => {
            manager(layers.scope, layers.global, input) != ManagedBy::Organization
        }
        _ => false,
    }
}

/// `Some(None)` is a secret, `Some(Some(value))` a plain value that this layer sets.
fn set_in(inputs: &Inputs, input: &Input) -> Option<Option<Value>> {
    let stored = inputs.get(&input.key)?;
    match (is_secret(input), stored.secret, &stored.value) {
        _ if is_derived(input) => None,
        (true, true, _) => Some(None),
        (false, false, Some(value)) => Some(Some(value.clone())),
        _ => None,
    }
}

fn own<'a>(layers: &Layers<'a>, input: &Input) -> Option<(Option<Value>, &'a Inputs)> {
    let (_, inputs) = layers.credential?;
    if !own_counts(layers, input) {
        return None;
    }
    Some((set_in(inputs, input)?, inputs))
}

fn place_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(place_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A template of a place with every input filled by these layers. `hole` stands where the credential decides.
fn place(layers: &Layers<'_>, template: &str, with_own: bool, hole: Option<&str>) -> String {
    let mut text = template.to_owned();
    for input in layers.kind.inputs.iter().filter(|input| is_derived(input)) {
        text = text.replace(&format!("{{{{{}}}}}", input.key), input.template.as_deref().unwrap_or_default());
    }
    let mut filled = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap();
        rest = after;
        filled.push_str(before);
        let Some(input) = layers.kind.inputs.iter().find(|input| input.key == name) else {
            filled.push_str(&format!("{{{{{name}}}}}"));
            continue;
        };
        let own = own(layers, input).filter(|_| with_own);
        let general = set_in(layers.global, input);
        let shown = match (own, general) {
            (Some(_), _) if hole.is_some() => hole.unwrap().to_owned(),
            (Some((Some(value), _)), _) => place_text(&value),
            (Some((None, inputs)), _) => format!("{{{{{name}.own.{}}}}}", inputs[name].entered),
            (None, Some(Some(value))) => place_text(&value),
            (None, Some(None)) => format!("{{{{{name}.global.{}}}}}", layers.global[name].entered),
            (None, None) => match &input.default {
                Some(default) if !is_secret(input) => place_text(default),
                _ => format!("{{{{{name}}}}}"),
            },
        };
        filled.push_str(&shown);
    }
    filled + rest
}

fn origin(place: &str) -> String {
    match Url::parse(place) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => url.origin().ascii_serialization(),
        _ => {
            let (scheme, rest) =
                place.split_once("://").map_or((String::new(), place), |(s, r)| (format!("{s}://"), r));
            (scheme + rest.split(['/', '?', '#']).next().unwrap()).to_lowercase()
        }
    }
}

/// Whether the credential's part of a place leaves it within the site that the rest of the template names.
fn within_site(layers: &Layers<'_>, template: &str, full: &str) -> bool {
    let open = place(layers, template, true, Some("\u{2}"));
    let Some((scheme, rest)) = open.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap().to_lowercase();
    let Some((_, end)) = authority.rsplit_once('\u{2}') else { return false };
    let Some((_, site)) = end.split_once('.') else { return false };
    let is_site = site.split('.').count() >= 2 && site.split('.').all(|label| !label.is_empty());
    let is_rest_of_label = |c: char| c == '-' || c.is_ascii_alphanumeric();
    is_site
        && end.split('.').next().unwrap().chars().all(is_rest_of_label)
        && full.starts_with(&format!("{scheme}://"))
        && full.ends_with(end)
        && full.matches(':').count() == 1
}

/// The templates of the places that a secret is sent to.
fn receivers(kind: &ConnectionType, key: &str) -> Vec<String> {
    let every: Vec<String> = kind.destination_templates().map(str::to_owned).collect();
    let Auth::Oauth2ClientCredentials(client) = &kind.auth else { return every };
    let derived = kind
        .inputs
        .iter()
        .filter(|i| is_derived(i) && source_keys(i.template.as_deref().unwrap_or("")).iter().any(|s| s == key));
    let carriers: Vec<String> = derived.map(|input| input.key.clone()).chain([key.to_owned()]).collect();
    let in_any = |texts: &[&str]| texts.iter().any(|text| source_keys(text).iter().any(|name| carriers.contains(name)));
    let api: Vec<&str> =
        kind.base_url.iter().chain(&kind.destinations).chain(kind.headers.values()).map(String::as_str).collect();
    let token = [client.token_url.as_str(), &client.client_secret, &client.client_id];
    if in_any(&token) && !in_any(&api) { vec![client.token_url.clone()] } else { every }
}

fn is_quarantined(layers: &Layers<'_>, input: &Input, from: Origin) -> bool {
    let is_own = from == Origin::Credential;
    let inputs = if is_own { layers.credential.unwrap().1 } else { layers.global };
    let bound: BTreeSet<&String> = inputs[&input.key].bound_to.iter().collect();
    if layers
        .kind
        .destination_templates()
        .any(|template| !bound.contains(&origin(&place(layers, template, is_own, None))))
    {
        return true;
    }
    !is_own
        && layers.credential.is_some()
        && receivers(layers.kind, &input.key).iter().any(|template| {
            let (by_global, by_all) =
                (origin(&place(layers, template, false, None)), origin(&place(layers, template, true, None)));
            by_global != by_all && !within_site(layers, template, &by_all)
        })
}

/// Every effective input, in the manifest's order.
pub(super) fn resolve(layers: &Layers<'_>, secrets: Option<(&Secrets, &Secrets)>) -> Vec<Row> {
    let needed = |input: &Input| {
        let names = |other: &Input| source_keys(other.template.as_deref().unwrap_or("")).contains(&input.key);
        input.required || layers.kind.inputs.iter().any(|other| is_derived(other) && other.required && names(other))
    };
    let mut rows: Vec<Row> = Vec::new();
    for input in &layers.kind.inputs {
        let who = manager(layers.scope, layers.global, input);
        let own = own(layers, input).map(|(value, _)| (Origin::Credential, value));
        let found = own.or_else(|| set_in(layers.global, input).map(|value| (Origin::Global, value)));
        let (state, origin, value) = match found {
            Some((from, None)) if is_quarantined(layers, input, from) => (State::Quarantined, Some(from), None),
            Some((from, None)) => {
                let opened = secrets.map(|(global, own)| if from == Origin::Credential { own } else { global });
                (
                    State::Set,
                    Some(from),
                    opened.and_then(|opened| opened.get(&input.key).map(|value| (**value).clone())),
                )
            }
            Some((from, value)) => (State::Set, Some(from), value),
            None if is_derived(input) => (State::Unset, None, None),
            None => match &input.default {
                Some(default) if is_secret(input) && secrets.is_none() => (State::Set, Some(Origin::Default), None),
                Some(default) => (State::Set, Some(Origin::Default), Some(default.clone())),
                None if needed(input) => (State::Missing, None, None),
                None => (State::Unset, None, None),
            },
        };
        rows.push((input.key.clone(), who, state, origin, is_secret(input), value));
    }
    for input in layers.kind.inputs.iter().filter(|input| is_derived(input)) {
        derive(input, &mut rows);
    }
    rows
}

fn derive(input: &Input, rows: &mut [Row]) {
    let template = input.template.clone().unwrap_or_default();
    let sources: Vec<Row> =
        source_keys(&template).iter().filter_map(|key| rows.iter().find(|row| row.0 == *key).cloned()).collect();
    let row = rows.iter_mut().find(|row| row.0 == input.key).unwrap();
    row.4 |= sources.iter().any(|source| source.4);
    for strict in [ManagedBy::Embedded, ManagedBy::Organization] {
        if sources.iter().any(|source| source.1 == strict) && row.1 != ManagedBy::Organization {
            row.1 = strict;
        }
    }
    if sources.iter().any(|source| source.2 == State::Quarantined) {
        row.2 = State::Quarantined;
    } else if sources.iter().all(|source| source.2 == State::Set) {
        (row.2, row.3) = (State::Set, Some(Origin::Derived));
        // How a template is filled is not laid here: it has tests of its own.
        let lookup = |name: &str| {
            let source = sources.iter().find(|source| source.0 == name)?;
            source.5.as_ref().map(|value| std::borrow::Cow::Owned(place_text(value)))
        };
        let template = Template::parse(&template).unwrap();
        row.5 = template.render(&lookup, template.derived_encoding()).ok().map(Value::String);
    } else {
        row.2 = if input.required { State::Missing } else { State::Unset };
    }
}

/// Stored values that do not count: input and reason.
pub(super) fn ignored(layers: &Layers<'_>) -> BTreeSet<(String, &'static str)> {
    let mut out = BTreeSet::new();
    let credential = layers.credential.map(|(owner, inputs)| (Some(owner), inputs));
    for (owner, inputs) in credential.into_iter().chain([(None, layers.global)]) {
        for (key, stored) in inputs.iter().filter(|(_, stored)| stored.secret || stored.value.is_some()) {
            let Some(input) = layers.kind.inputs.iter().find(|input| input.key == *key) else {
                out.insert((key.clone(), "unknown_input"));
                continue;
            };
            let has_no_such_owner = match owner {
                None | Some(OwnerKind::Test) => false,
                Some(OwnerKind::Organization) => layers.scope != Scope::OrganizationGlobal,
                Some(OwnerKind::Customer) => layers.scope == Scope::OrganizationGlobal,
            };
            if has_no_such_owner {
                out.insert((key.clone(), "scope_changed"));
            } else if owner.is_some() && !own_counts(layers, input) {
                out.insert((key.clone(), "managed_by_organization"));
            } else if is_derived(input) || stored.secret != is_secret(input) {
                out.insert((key.clone(), "kind_changed"));
            }
        }
    }
    out
}
