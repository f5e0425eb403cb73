//! Where a connection's secrets are sent. A secret remembers the places it was entered for; when the same layers point
//! somewhere else later, it is quarantined until it is entered again.

use std::borrow::Cow;
use std::collections::BTreeSet;

use url::Url;

use crate::model::component::ConnectionType;
use crate::model::template::MAX_OUTPUT_BYTES;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::Stored;
use crate::model::values::compiled::CompiledType;
use crate::model::values::compiled::Place;
use crate::model::values::compiled::PlacePart;
use crate::model::values::compiled::is_site;
use crate::model::values::lay::Laid;
use crate::model::values::resolve::Origin;
use crate::model::values::resolve::as_text;

/// Stands for what a stronger layer fills in. No value holds it: normalising refuses control characters in names of hosts.
const HOLE: char = '\u{1}';

/// The hosts that secrets of `layer` are sent to, by this layer and the weaker ones: sorted, each once. What a stronger
/// layer fills in is left open as `{{name}}`.
#[must_use]
pub fn destinations(layers: &Layers<'_>, layer: Layer) -> Vec<String> {
    let compiled = CompiledType::new(layers.kind);
    let laid = Laid { compiled: &compiled, scope: layers.scope, global: layers.global, credential: layers.credential };
    let places: BTreeSet<String> = laid.origins(layer != Layer::Global).into_iter().map(Cow::into_owned).collect();
    places.into_iter().collect()
}

/// Inputs whose value decides where secrets are sent.
#[must_use]
pub fn destination_inputs(kind: &ConnectionType) -> BTreeSet<String> {
    CompiledType::new(kind).destination_inputs()
}

/// Tells which stored secrets may still be used: the origins are rendered once for all of them.
pub(super) struct Guard<'a> {
    laid: Laid<'a>,
    /// By the global values alone.
    global: Vec<Cow<'a, str>>,
    /// By all layers.
    full: Vec<Cow<'a, str>>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(laid: Laid<'a>) -> Self {
        let holds_secrets = |inputs: &super::Inputs| inputs.values().any(|stored| stored.secret);
        let in_global = holds_secrets(laid.global);
        let in_credential = laid.credential.is_some_and(|(_, inputs)| holds_secrets(inputs));
        let global = if in_global { laid.origins(false) } else { Vec::new() };
        let full = match laid.credential {
            Some(_) if in_global => {
                let each = laid.compiled.places.iter().zip(&global);
                each.map(
                    |(place, by_global)| if laid.decides(place) { laid.origin(place, true) } else { by_global.clone() },
                )
                .collect()
            }
            Some(_) if in_credential => laid.origins(true),
            _ => Vec::new(),
        };
        Self { laid, global, full }
    }

    /// Whether the stored secret of an input would go where it was not entered for.
    pub(super) fn is_quarantined(&self, at: usize, origin: Origin, stored: &Stored) -> bool {
        let now = if origin == Origin::Credential { &self.full } else { &self.global };
        if !now.iter().all(|place| stored.bound_to.iter().any(|bound| bound == place)) {
            return true;
        }
        // What the credential fills in or lays over must not lead the connection's own secret to another site.
        origin == Origin::Global
            && self.laid.credential.is_some()
            && self.laid.compiled.inputs[at]
                .receivers
                .iter()
                .any(|at| self.full[*at] != self.global[*at] && !self.stays(*at))
    }

    /// Whether a place stays within its site though the credential decides a part of it: `{{shop}}.myshopify.com` does.
    fn stays(&self, at: usize) -> bool {
        let place = &self.laid.compiled.places[at];
        let open = self.laid.render(place, true, &|input| self.laid.own(input).is_some());
        let (scheme, rest) = open.split_once("://").unwrap_or(("", &open));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let Some((_, end)) = host.rsplit_once(HOLE) else { return false };
        let (end, port) = end.split_once(':').map_or((end, ""), |(end, port)| (end, port));
        let end = match end {
            "" => self.pattern_end(place),
            end => ends_in_site(end).then(|| end.to_lowercase()),
        };
        let full = self.full[at].as_ref();
        let (full_scheme, full_host) = full.split_once("://").unwrap_or(("", full));
        let (full_host, full_port) = full_host.rsplit_once(':').unwrap_or((full_host, ""));
        // A hole that is a whole URL brings its own scheme; nothing weaker than TLS may come of it.
        let same_scheme = full_scheme == scheme.to_lowercase() || (scheme.is_empty() && full_scheme == "https");
        same_scheme
            && full_port == port
            && end.is_some_and(|end| full_host.ends_with(&end) && full_host.len() > end.len())
    }

    /// The site that the pattern of the only overlaid input demands.
    fn pattern_end(&self, place: &Place) -> Option<String> {
        let mut overlaid = place.parts.iter().filter_map(|part| match part {
            PlacePart::Input(at) if self.laid.own(*at).is_some() => Some(*at),
            _ => None,
        });
        let first = overlaid.next()?;
        overlaid.all(|at| at == first).then(|| self.laid.compiled.inputs[first].host_end.clone()).flatten()
    }
}

impl<'a> Laid<'a> {
    /// The origin of each place, by the global values or by all layers, in the order of the places.
    pub(super) fn origins(&self, by_all: bool) -> Vec<Cow<'a, str>> {
        self.compiled.places.iter().map(|place| self.origin(place, by_all)).collect()
    }

    fn origin(&self, place: &'a Place, by_all: bool) -> Cow<'a, str> {
        match &place.fixed {
            Some(fixed) => Cow::Borrowed(fixed.as_str()),
            None => Cow::Owned(origin(&self.render(place, by_all, &|_| false))),
        }
    }

    /// Whether the credential decides a part of the place.
    fn decides(&self, place: &Place) -> bool {
        place.parts.iter().any(|part| matches!(part, PlacePart::Input(at) if self.own(*at).is_some()))
    }

    /// A place filled as far as the values go; the rest stays visible as `{{name}}`, a secret with how often it was
    /// entered, so that another one is another place. Inputs that `is_open` picks become holes.
    fn render(&self, place: &Place, by_all: bool, is_open: &dyn Fn(usize) -> bool) -> String {
        let mut out = String::new();
        for part in &place.parts {
            match part {
                PlacePart::Text(text) => out.push_str(text),
                PlacePart::Open(name) => out.push_str(&format!("{{{{{name}}}}}")),
                PlacePart::Input(at) if is_open(*at) => out.push(HOLE),
                PlacePart::Input(at) => self.fill(*at, by_all, &mut out),
            }
            if out.len() > MAX_OUTPUT_BYTES {
                return "too long".to_owned();
            }
        }
        out
    }

    fn fill(&self, at: usize, by_all: bool, out: &mut String) {
        let input = &self.compiled.inputs[at];
        let own = self.own(at).filter(|_| by_all);
        match own.or_else(|| self.general(at)) {
            Some(Stored { secret: true, entered, .. }) => {
                let layer = if own.is_some() { "own" } else { "global" };
                out.push_str(&format!("{{{{{}.{layer}.{entered}}}}}", input.key));
            }
            Some(Stored { value: Some(value), .. }) => out.push_str(&as_text(value)),
            _ => match input.default.as_ref().filter(|_| !input.is_secret) {
                Some(default) => out.push_str(&as_text(default)),
                None => out.push_str(&format!("{{{{{}}}}}", input.key)),
            },
        }
    }
}

/// `.myshopify.com`, `-eu.example.com`: what follows a hole leaves it no say in the site.
fn ends_in_site(end: &str) -> bool {
    let (rest_of_label, site) = end.split_at(end.find('.').unwrap_or(end.len()));
    rest_of_label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && is_site(site)
}

/// Scheme, host and port of a URL; of anything else what stands before the first path. Lower-case.
pub(super) fn origin(place: &str) -> String {
    if let Some(origin) = simple_origin(place) {
        return origin.to_owned();
    }
    parsed_origin(place)
}

/// The origin of a URL whose host is written as it is read: most are, and reading a URL costs more than all the rest.
fn simple_origin(place: &str) -> Option<&str> {
    let rest = place.strip_prefix("https://")?;
    let length = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..length];
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let is_label = |label: &str| !label.is_empty() && !label.starts_with("xn--");
    // A last label that begins with a letter makes it a name and no number of the old notations for addresses.
    let is_name = host.rsplit('.').next()?.starts_with(|first: char| first.is_ascii_lowercase());
    (is_name && host.bytes().all(is_plain) && host.split('.').all(is_label))
        .then(|| &place[.."https://".len() + length])
}

fn parsed_origin(place: &str) -> String {
    if let Ok(url) = Url::parse(place)
        && let Some(host) = url.host_str()
    {
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        return format!("{}://{}{port}", url.scheme(), host.to_lowercase());
    }
    let (scheme, rest) = place.split_once("://").map_or(("", place), |(scheme, rest)| (scheme, rest));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_lowercase();
    if scheme.is_empty() { host } else { format!("{}://{host}", scheme.to_lowercase()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_to_an_origin_leads_to_the_same(host in "([a-z0-9.:@A-Zx\\\\%-]{0,12}|[a-z0-9-]{1,4}(\\.[a-z0-9-]{1,4}){0,3})", path in "[/?#]?[a-z@:/.]{0,6}") {
            let place = format!("https://{host}{path}");
            prop_assert_eq!(origin(&place), parsed_origin(&place));
        }
    }

    #[test]
    fn origins_are_compared_as_they_are_reached() {
        for (place, expected) in [
            ("https://one.example/a?b#c", "https://one.example"),
            ("https://ONE.example:443/", "https://one.example"),
            ("https://one.example:8443", "https://one.example:8443"),
            ("http://one.example", "http://one.example"),
            ("https://user:pass@one.example/", "https://one.example"),
            ("https://one.example\\@two.example/", "https://one.example"),
            ("https://0x7f.1/", "https://127.0.0.1"),
            ("Db.Example:5432", "db.example:5432"),
            ("sftp://Files.example:22/in", "sftp://files.example:22"),
            ("{{host}}/v1", "{{host}}"),
        ] {
            assert_eq!(origin(place), expected);
        }
    }
}
