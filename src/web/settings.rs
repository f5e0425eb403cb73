//! Settings of a tenant, in tabs: how it looks, who may do what, which versions it works with.

use serde::Serialize;

use crate::error::Error;
use crate::error::Kind;
use crate::model::actor::Permission;
use crate::web::frame::Visit;

pub mod api_keys;
pub mod components;
pub mod redirect_urls;
pub mod tenant;
pub mod users;

/// Path, label, and what one needs to see it.
const TABS: &[(&str, &str, Permission)] = &[
    ("", "Tenant", Permission::ComponentsRead),
    ("/users", "Users", Permission::UsersRead),
    ("/api-keys", "API keys", Permission::ApiKeysRead),
    ("/components", "Component versions", Permission::ComponentsRead),
    ("/redirect-urls", "Redirect URLs", Permission::ConnectionsRead),
];

#[derive(Serialize)]
pub struct Tab {
    label: &'static str,
    url: String,
    is_current: bool,
}

/// The tabs that somebody may see; `here`: the path of the current one.
fn tabs(visit: &Visit, here: &str) -> Vec<Tab> {
    let seen = TABS.iter().filter(|tab| visit.may(tab.2));
    seen.map(|tab| Tab { label: tab.1, url: visit.url(&format!("/settings{}", tab.0)), is_current: tab.0 == here })
        .collect()
}

fn sample_tabs(here: &str) -> Vec<Tab> {
    TABS.iter()
        .map(|tab| Tab { label: tab.1, url: format!("/t/dev/settings{}", tab.0), is_current: tab.0 == here })
        .collect()
}

/// Whether a form is shown again with what is wrong. What somebody may never do is a page of its own.
fn is_told_on_form(error: &Error) -> bool {
    matches!(error.kind, Kind::Invalid | Kind::Conflict) || (error.kind == Kind::Forbidden && error.code != "forbidden")
}

/// What is wrong with a field, as a sentence.
fn wrong(error: Option<&Error>, field: &str) -> Option<String> {
    let found = error?.fields.iter().find(|wrong| wrong.field == field)?;
    Some(sentence(&found.message))
}

/// What is wrong besides single fields.
fn problem(error: Option<&Error>) -> Option<String> {
    error.filter(|error| error.fields.is_empty()).map(|error| sentence(&error.public))
}

/// Errors begin in lower case and end without a stop; pages do not.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
