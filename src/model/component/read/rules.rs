//! The rules that a schema cannot say, over the whole file. Every part is looked at by itself; one whose shape is wrong
//! is reported by the schema and left out here.

use crate::model::component::Auth;
use crate::model::component::auth::TemplatePlace;
use crate::model::component::auth::TemplateUse;
use crate::model::component::read::check::Check;
use crate::model::component::read::check::items_at;
use crate::model::component::read::check::key_place;
use crate::model::component::read::check::start;
use crate::model::component::read::check::text_at;
use crate::model::component::read::check::typed;
use crate::model::component::read::names::Names;
use crate::model::component::words::did_you_mean;
use crate::model::component::words::shortened;
use crate::model::problem::Problem;
use crate::model::template::Template;
use crate::model::yaml::Node;

const MAX_CONNECTION_TYPES: usize = 50;

pub(super) fn check(text: &str, node: &Node) -> Vec<Problem> {
    let mut check = Check { text, problems: Vec::new(), patterns: 0 };
    check.component(node);
    check.problems
}

impl Check<'_> {
    fn component(&mut self, node: &Node) {
        self.component_key(node, "key");
        self.label(node);
        if let Some(version) = node.get("version").filter(|version| version.to_value().as_u64() == Some(0)) {
            self.error("invalid_version", version.place, "versions begin with 1", "write `version: 1`");
        }
        if let Some((url, text)) = text_at(node, "documentation_url")
            && !(text.starts_with("https://") || text.starts_with("http://"))
        {
            self.error("invalid_url", url.place, "this is no web address", "begin with `https://`");
        }
        for accepted in items_at(node, "accepts") {
            self.component_key(accepted, "component");
            self.snake_key(accepted, "connection");
        }
        let must_test = text_at(node, "live_test").is_some_and(|(_, word)| word == "required");
        let connections = items_at(node, "connections");
        if !self.is_short(connections, MAX_CONNECTION_TYPES, "connection types") {
            return;
        }
        self.duplicates(connections, "key", "connection type");
        let types: Vec<(Names, Option<Template>)> =
            connections.iter().map(|connection| self.connection(connection, must_test)).collect();
        self.actions(node, &types);
    }

    /// Gives what templates of the type's requests may name, and its base URL.
    fn connection(&mut self, node: &Node, must_test: bool) -> (Names, Option<Template>) {
        self.snake_key(node, "key");
        self.label(node);
        if !self.inputs(node) {
            return (Names { is_open: true, ..Names::default() }, None);
        }
        self.headers(node);
        let auth = node.get("auth").and_then(typed::<Auth>);
        let key = text_at(node, "key").map_or("", |(_, key)| key);
        let names = Names::of(node, key, auth.as_ref());
        if let Some(auth) = &auth {
            self.auth(node, auth, &names);
        }
        let base = node.get("base_url").and_then(|base| self.base_url(base, &names));
        for part in ["headers", "destinations"] {
            if let Some(texts) = node.get(part) {
                self.texts(texts, &names, &[]);
            }
        }
        self.live_test(node, &names, base.as_ref());
        if must_test && node.get("live_test").is_none() {
            let message = "the component says `live_test: required`, and this connection type has no live test";
            self.error("missing_live_test", start(node), message, "add `live_test: { path: … }`");
        }
        (names, base)
    }

    fn auth(&mut self, connection: &Node, auth: &Auth, names: &Names) {
        for kept in names.replies.iter().chain(&names.callback) {
            if names.inputs.contains(kept) {
                let message = format!("`{}` is an input and a value kept from a reply", shortened(kept));
                self.error(
                    "ambiguous_name",
                    key_place(connection, "auth"),
                    message,
                    "give one of the two another name",
                );
            }
        }
        // A template of auth may name inputs and what stands there at its time, not all that is kept at the end.
        let inputs = Names { replies: Vec::new(), callback: Vec::new(), ..names.clone() };
        for used in auth.templates() {
            match find(connection, &used.path) {
                Some(node) => self.auth_template(node, &used, &inputs, names),
                None => self.default_template(connection, &used, &inputs),
            }
        }
    }

    fn auth_template(&mut self, node: &Node, used: &TemplateUse<'_>, inputs: &Names, all: &Names) {
        if let Some(template) = self.known_template(node, inputs, &used.names)
            && used.place == TemplatePlace::Url
        {
            self.absolute_url(node, &template, all);
        }
        for condition in used.conditions.iter().filter(|name| !inputs.has(name)) {
            let known: Vec<&str> = inputs.all().collect();
            let message = format!("the condition names `{}`, which is no input here", shortened(condition));
            self.error("unknown_input", node.place, message, did_you_mean(condition, &known, "inputs"));
        }
    }

    /// A template that the file leaves to its default, `{{api_key}}`: the input must be there all the same.
    fn default_template(&mut self, connection: &Node, used: &TemplateUse<'_>, inputs: &Names) {
        let Ok(template) = Template::parse(used.text) else { return };
        for name in template.names().filter(|name| !inputs.has(name) && !used.names.contains(name)) {
            let message = format!("`{}` is `{}` unless it is said, and there is no such input", used.path, used.text);
            let known: Vec<&str> = inputs.all().collect();
            let help =
                format!("add the input `{name}`, or say `{}`; {}", used.path, did_you_mean(name, &known, "inputs"));
            self.error("unknown_input", key_place(connection, "auth"), message, help);
        }
    }
}

/// The node at a dotted path. Keys may hold dots themselves.
fn find<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    if path.is_empty() {
        // A parameter with a condition has its template inside.
        return Some(node.get("value").unwrap_or(node)).filter(|node| node.as_str().is_some());
    }
    let (head, tail) = path.split_once('.').unwrap_or((path, ""));
    if let Some(item) = head.parse::<usize>().ok().and_then(|index| node.items().get(index)) {
        return find(item, tail);
    }
    node.entries().iter().find_map(|entry| {
        let rest = path.strip_prefix(&entry.key)?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix('.')? };
        find(&entry.value, rest)
    })
}
