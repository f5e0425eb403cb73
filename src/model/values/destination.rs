//! Where a connection's secrets are sent. A secret remembers the places it was entered for; when the same layers point
//! somewhere else later, it is quarantined until it is entered again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use crate::model::component::ConnectionType;
use crate::model::template::Encoding;
use crate::model::template::Template;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::layer_counts;
use crate::model::values::managed_by;

/// The hosts that secrets of `layer` are sent to, by this layer and the weaker ones: sorted, each once. What a stronger
/// layer fills in is left open, so that a customer's own subdomain does not quarantine the organization's secret.
#[must_use]
pub fn destinations(layers: &Layers<'_>, layer: Layer) -> Vec<String> {
    let values = plain_values(layers, layer);
    let places: BTreeSet<String> =
        layers.kind.destination_templates().map(|template| origin(&fill(template, &values, layers.kind))).collect();
    places.into_iter().collect()
}

/// Inputs whose value decides where secrets are sent.
#[must_use]
pub fn destination_inputs(kind: &ConnectionType) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut note = |text: &str| {
        if let Ok(template) = Template::parse(text) {
            names.extend(template.names().map(str::to_owned));
        }
    };
    kind.destination_templates().for_each(&mut note);
    let derived: Vec<&str> =
        kind.inputs.iter().filter(|i| i.is_derived()).filter_map(|i| i.template.as_deref()).collect();
    derived.into_iter().for_each(note);
    names
}

/// The values without secrets that the layer and the weaker ones give.
fn plain_values<'a>(layers: &Layers<'a>, layer: Layer) -> BTreeMap<&'a str, Cow<'a, Value>> {
    let mut values = BTreeMap::new();
    for input in &layers.kind.inputs {
        let global = layers.global.get(&input.key).and_then(|stored| stored.value.as_ref());
        let own = match (layer, layers.credential) {
            (Layer::Credential(_), Some((owner, inputs))) => {
                let who = managed_by(layers.scope, layers.global, input);
                let counts = layer_counts(layers.scope, Layer::Credential(owner), who);
                inputs.get(&input.key).filter(|_| counts).and_then(|stored| stored.value.as_ref())
            }
            _ => None,
        };
        if let Some(value) = own.or(global).or(input.default.as_ref()) {
            values.insert(input.key.as_str(), Cow::Borrowed(value));
        }
    }
    values
}

/// A template filled as far as the values go; the rest stays visible as `{{name}}`.
fn fill(template: &str, values: &BTreeMap<&str, Cow<'_, Value>>, kind: &ConnectionType) -> String {
    let derived = |name: &str| {
        let input = kind.input(name).filter(|input| input.is_derived())?;
        Some(Cow::Owned(fill_plain(input.template.as_deref()?, values)))
    };
    render(template, &|name| match values.get(name) {
        Some(value) => Some(text(value)),
        None => derived(name).or_else(|| Some(Cow::Owned(format!("{{{{{name}}}}}")))),
    })
}

fn fill_plain(template: &str, values: &BTreeMap<&str, Cow<'_, Value>>) -> String {
    render(template, &|name| Some(values.get(name).map_or_else(|| Cow::Owned(format!("{{{{{name}}}}}")), |v| text(v))))
}

fn render<'v>(template: &str, lookup: &dyn Fn(&str) -> Option<Cow<'v, str>>) -> String {
    Template::parse(template)
        .ok()
        .and_then(|template| template.render(lookup, Encoding::Plain).ok())
        .unwrap_or_else(|| template.to_owned())
}

fn text<'v>(value: &Value) -> Cow<'v, str> {
    match value {
        Value::String(text) => Cow::Owned(text.clone()),
        other => Cow::Owned(other.to_string()),
    }
}

/// Scheme, host and port of a URL; of anything else what stands before the first path.
fn origin(place: &str) -> String {
    if let Ok(url) = Url::parse(place)
        && let Some(host) = url.host_str()
    {
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        return format!("{}://{host}{port}", url.scheme());
    }
    let (scheme, rest) = place.split_once("://").map_or(("", place), |(scheme, rest)| (scheme, rest));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_lowercase();
    if scheme.is_empty() { host } else { format!("{}://{host}", scheme.to_lowercase()) }
}
