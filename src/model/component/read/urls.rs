//! URL templates: where they begin, what may decide their host, and that a live test stays on its own hosts.

use url::Url;

use crate::model::component::read::check::Check;
use crate::model::component::read::names::Names;
use crate::model::template::Template;
use crate::model::yaml::Node;

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Where the authority of an absolute URL ends, in bytes of the text; nothing when the text is relative.
fn authority_end(text: &str) -> Option<usize> {
    let start = SCHEMES.iter().find(|scheme| text.starts_with(**scheme)).map(|scheme| scheme.len())?;
    Some(text[start..].find(['/', '?', '#']).map_or(text.len(), |found| start + found))
}

/// Scheme and authority of an absolute URL template as they are written.
fn origin(template: &Template) -> Option<String> {
    let text = template.to_string();
    authority_end(&text).map(|end| text[..end].to_ascii_lowercase())
}

impl Check<'_> {
    /// A template of a whole URL.
    pub fn absolute_url(&mut self, node: &Node, template: &Template, names: &Names) {
        let text = template.to_string();
        let Some(end) = authority_end(&text) else {
            let after = template.leading_name().map(|name| &text[name.len() + 4..]);
            match after {
                Some("") => {}
                Some(rest) if rest.starts_with(['/', '?', '#']) => {}
                Some(_) => {
                    let help = "follow it with `/`, or write `https://{{input}}…`";
                    self.error("invalid_url", node.place, "what follows the leading input is read as its host", help);
                }
                None => {
                    let help = "begin with `https://`, or with an input that holds the whole URL";
                    self.error("invalid_url", node.place, "this URL is not absolute", help);
                }
            }
            return self.no_callback_in_host(node, template, names);
        };
        let authority = text[..end].split_once("://").map_or("", |(_, authority)| authority);
        if authority.is_empty() || authority.contains('@') {
            self.error(
                "invalid_url",
                node.place,
                "the URL needs a host, and no user",
                "for example `https://{{host}}/`",
            );
        } else if template.is_literal() && Url::parse(&text).is_err() {
            self.error("invalid_url", node.place, "this is no URL", "for example `https://api.example.com/v1`");
        }
        self.no_callback_in_host(node, template, names);
    }

    /// A callback's parameters are written by whoever follows the redirect: they must not decide where secrets go.
    fn no_callback_in_host(&mut self, node: &Node, template: &Template, names: &Names) {
        let text = template.to_string();
        let end = authority_end(&text);
        for (index, (name, offset)) in template.places().enumerate() {
            let in_host =
                end.map_or(index == 0, |end| text.find(&format!("{{{{{name}}}}}")).is_some_and(|at| at < end));
            if in_host && names.is_callback(name) {
                let place = self.within(node, offset, name.len());
                let message = format!("`{name}` comes from the OAuth callback and cannot be part of a host");
                self.error("callback_in_host", place, message, "use an input, or a value kept from the token reply");
            }
        }
    }

    pub fn base_url(&mut self, node: &Node, names: &Names) -> Option<Template> {
        let template = self.known_template(node, names, &[])?;
        self.absolute_url(node, &template, names);
        if template.to_string().contains(['?', '#']) {
            let message = "`base_url` has a query or a fragment, and paths could not follow it";
            self.error("invalid_url", node.place, message, "leave it out");
        }
        Some(template)
    }

    /// A path of a live test or an action: relative, or on the host of `base_url`.
    pub fn path(&mut self, node: &Node, template: &Template, base: Option<&Template>) {
        let text = template.to_string();
        if template.leading_name().is_some() {
            // The value is a path: it is encoded as one.
            return;
        }
        if authority_end(&text).is_none() {
            // A scheme ends before the first of these; `//` alone keeps the scheme and names another host.
            let first = text.split(['/', '?', '#']).next().unwrap_or_default();
            if text.starts_with("//") || first.contains(':') || text.contains('\\') {
                let help = "begin with `/`; it is relative to `base_url`";
                self.error("invalid_path", node.place, "this path names another host or scheme", help);
            }
            return;
        }
        if base.and_then(origin) != origin(template) {
            let message = "the request leaves the host of `base_url`";
            let help = match base {
                Some(_) => "begin with `/`; it is relative to `base_url`",
                None => "say `base_url` in the connection type",
            };
            self.error("foreign_host", node.place, message, help);
        }
    }
}
