//! Which of a connection type's places each secret is sent to, read from where the manifest's templates name it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::component::Auth;
use crate::model::component::ConnectionType;
use crate::model::template::Template;

/// Which of the places each secret is sent to. Where a token stands between a secret and the API, the secret is sent
/// to the token's URLs alone, and a customer may say where the API is.
pub(super) struct Receivers {
    every: Vec<usize>,
    token_urls: Vec<usize>,
    used_at_token_urls: BTreeSet<String>,
    used_at_api: BTreeSet<String>,
}

impl Receivers {
    pub(super) fn new(kind: &ConnectionType, places: usize) -> Self {
        let has_token = match &kind.auth {
            Auth::TokenExchange(_) => true,
            auth => auth.grant().is_some_and(|grant| grant.token_url.is_some()),
        };
        let (mut used_at_api, mut used_at_token_urls) = (BTreeSet::new(), BTreeSet::new());
        kind.base_url
            .iter()
            .chain(&kind.destinations)
            .chain(kind.headers.values())
            .for_each(|t| names(t, &mut used_at_api));
        for request in kind.test_requests() {
            std::iter::once(&request.path)
                .chain(request.query.values())
                .chain(request.headers.values())
                .for_each(|t| names(t, &mut used_at_api));
            request.body.iter().for_each(|body| json_names(body, &mut used_at_api));
        }
        for template in kind.auth.templates() {
            let is_api = !has_token || template.path.starts_with("auth.apply");
            names(template.text, if is_api { &mut used_at_api } else { &mut used_at_token_urls });
        }
        let first = usize::from(kind.base_url.is_some());
        let token_urls = (first..first + kind.auth.secret_urls().count()).collect();
        Self { every: (0..places).collect(), token_urls, used_at_token_urls, used_at_api }
    }

    /// A secret that the manifest puts nowhere is an action's, or a runtime's: it may go anywhere.
    pub(super) fn of(&self, key: &str, kind: &ConnectionType) -> Vec<usize> {
        let carriers: Vec<&str> = std::iter::once(key).chain(derived_from(key, kind)).collect();
        let is_used = |at: &BTreeSet<String>| carriers.iter().any(|carrier| at.contains(*carrier));
        if is_used(&self.used_at_token_urls) && !is_used(&self.used_at_api) {
            self.token_urls.clone()
        } else {
            self.every.clone()
        }
    }
}

fn derived_from<'a>(key: &'a str, kind: &'a ConnectionType) -> impl Iterator<Item = &'a str> {
    kind.inputs.iter().filter(|input| input.is_derived()).filter_map(move |input| {
        let template = Template::parse(input.template.as_deref()?).ok()?;
        template.names().any(|name| name == key).then_some(input.key.as_str())
    })
}

fn names(text: &str, out: &mut BTreeSet<String>) {
    if let Ok(template) = Template::parse(text) {
        out.extend(template.names().map(str::to_owned));
    }
}

fn json_names(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => names(text, out),
        Value::Array(items) => items.iter().for_each(|item| json_names(item, out)),
        Value::Object(map) => map.values().for_each(|item| json_names(item, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
