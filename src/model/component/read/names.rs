//! Names in templates: each is an input, or a value that the auth keeps from replies.

use crate::model::component::Auth;
use crate::model::component::read::check::Check;
use crate::model::component::read::inputs;
use crate::model::component::words::did_you_mean;
use crate::model::component::words::shortened;
use crate::model::template::Template;
use crate::model::yaml::Node;

/// What templates of one connection type may name.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// How messages call the owner: "the connection type `oauth2`".
    pub owner: String,
    pub inputs: Vec<String>,
    pub replies: Vec<String>,
    /// Anybody who follows a redirect can write these: never in a host.
    pub callback: Vec<String>,
    /// The auth is not understood, so that every name may be known.
    pub is_open: bool,
}

impl Names {
    pub fn of(connection: &Node, key: &str, auth: Option<&Auth>) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Self {
            owner: format!("the connection type `{}`", shortened(key)),
            inputs: inputs::keys(connection).iter().map(|(key, _)| (*key).to_owned()).collect(),
            replies: auth.map_or_else(Vec::new, |auth| owned(auth.kept_from_replies())),
            callback: auth.map_or_else(Vec::new, |auth| owned(auth.kept_from_callback())),
            is_open: auth.is_none(),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.is_open || self.all().any(|known| known == name)
    }

    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().chain(&self.replies).chain(&self.callback).map(String::as_str)
    }

    pub fn is_callback(&self, name: &str) -> bool {
        self.callback.iter().any(|known| known == name) && !self.inputs.iter().any(|known| known == name)
    }
}

impl Check<'_> {
    /// The text as a template; what is wrong with it is reported.
    pub fn template(&mut self, node: &Node, text: &str) -> Option<Template> {
        match Template::parse(text) {
            Ok(template) => Some(template),
            Err(error) => {
                let place = self.within(node, error.offset, 2);
                self.error("invalid_template", place, error.message, error.help);
                None
            }
        }
    }

    /// The text as a template whose names are all known.
    pub fn known_template(&mut self, node: &Node, names: &Names, extra: &[&str]) -> Option<Template> {
        let template = self.template(node, node.as_str()?)?;
        for (name, offset) in template.places() {
            if self.is_full() {
                break;
            }
            if !names.has(name) && !extra.contains(&name) {
                let mut known: Vec<&str> = names.all().collect();
                known.extend(extra.iter().filter(|name| !names.has(name)));
                let place = self.within(node, offset, name.len());
                let message = format!("`{}` is no input of {}", shortened(name), names.owner);
                self.error("unknown_input", place, message, did_you_mean(name, &known, "it has"));
            }
        }
        Some(template)
    }
}
