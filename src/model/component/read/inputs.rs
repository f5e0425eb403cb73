//! Inputs of a connection type or of an action.

use regex::RegexBuilder;

use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::read::check::Check;
use crate::model::component::read::check::items_at;
use crate::model::component::read::check::key_place;
use crate::model::component::read::check::text_at;
use crate::model::component::read::check::typed;
use crate::model::component::words::did_you_mean;
use crate::model::component::words::shortened;
use crate::model::template::Template;
use crate::model::yaml::Node;

/// Compiled size of a pattern; a real one takes a few kilobytes.
const MAX_PATTERN_BYTES: usize = 256 * 1024;
/// In one manifest.
const MAX_PATTERNS: usize = 300;
/// Of one connection type or action.
const MAX_INPUTS: usize = 100;

/// A regular expression that the whole value must match.
///
/// # Errors
/// The pattern is no regular expression, or compiles to more than 256 KiB.
pub fn whole_pattern(pattern: &str) -> Result<regex::Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MAX_PATTERN_BYTES).build()
}

/// Keys of the inputs of a node, with whether each is derived.
pub(super) fn keys(owner: &Node) -> Vec<(&str, bool)> {
    let kind = |input: &Node| text_at(input, "type").is_some_and(|(_, kind)| kind == "template");
    items_at(owner, "inputs").iter().filter_map(|input| Some((text_at(input, "key")?.1, kind(input)))).collect()
}

impl Check<'_> {
    /// All inputs of a connection type or of an action; `false` when there are too many to look at.
    pub fn inputs(&mut self, owner: &Node) -> bool {
        let inputs = items_at(owner, "inputs");
        if !self.is_short(inputs, MAX_INPUTS, "inputs") {
            return false;
        }
        let keys = keys(owner);
        self.duplicates(inputs, "key", "input");
        for node in inputs {
            self.snake_key(node, "key");
            self.label(node);
            self.duplicates(items_at(node, "options"), "value", "option");
            if let Some(input) = typed::<Input>(node) {
                self.kind(node, &input);
                self.pattern(node, &input);
                self.default(node, &input);
            }
            self.derived(node, &keys);
        }
        true
    }

    fn kind(&mut self, node: &Node, input: &Input) {
        let is_select = input.kind == InputKind::Select;
        if is_select && input.options.is_empty() {
            let help = "add `options: [{ value: a, label: A }]`";
            self.error("missing_options", key_place(node, "type"), "a select needs options", help);
        }
        if !is_select && !input.options.is_empty() {
            let message = "only an input of `type: select` has options";
            self.error(
                "unexpected_options",
                key_place(node, "options"),
                message,
                "make it a select, or drop the options",
            );
        }
        if input.collection.is_some() && matches!(input.kind, InputKind::Boolean | InputKind::Template) {
            let message = "a boolean or derived input cannot hold many values";
            self.error("unexpected_collection", key_place(node, "collection"), message, "drop `collection`");
        }
        if !input.shown && input.default.is_none() && input.template.is_none() {
            let message = "an input that is never shown needs a default or a template";
            let help = "nobody could set it: add `default`, or drop `shown: false`";
            self.error("hidden_without_value", key_place(node, "shown"), message, help);
        }
    }

    fn pattern(&mut self, node: &Node, input: &Input) {
        let Some(pattern) = &input.pattern else { return };
        let place = node.get("pattern").map_or(node.place, |found| found.place);
        if !matches!(input.kind, InputKind::String | InputKind::Text | InputKind::Password) {
            self.error("unexpected_pattern", place, "only text inputs have a pattern", "drop `pattern`");
            return;
        }
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            let message = format!("more than {MAX_PATTERNS} patterns in one manifest");
            self.error("too_many", place, message, "split the component");
            return;
        }
        match whole_pattern(pattern) {
            Ok(_) => {}
            Err(regex::Error::CompiledTooBig(_)) => {
                self.error("invalid_pattern", place, "the pattern is too large", "use smaller repetitions");
            }
            Err(error) => {
                let shown = error.to_string();
                let cause = shown.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let help = "RE2 syntax: no look-around and no back-references; the whole value must match";
                self.error("invalid_pattern", place, format!("the pattern does not compile: {cause}"), help);
            }
        }
    }

    /// `type: template` and `template` belong together; a template names inputs that are set, one level deep.
    fn derived(&mut self, node: &Node, keys: &[(&str, bool)]) {
        let is_derived = text_at(node, "type").is_some_and(|(_, kind)| kind == "template");
        let template = node.get("template");
        match (is_derived, template) {
            (true, None) => {
                let help = "add `template: \"https://{{subdomain}}.example.com\"`";
                self.error("missing_template", key_place(node, "type"), "a derived input needs a template", help);
            }
            (false, Some(_)) => {
                let message = "only an input of `type: template` has a template";
                self.error("unexpected_template", key_place(node, "template"), message, "add `type: template`");
            }
            _ => {}
        }
        if is_derived && node.get("default").is_some() {
            let message = "a derived input is computed and has no default";
            self.error("unexpected_default", key_place(node, "default"), message, "drop `default`");
        }
        let Some((node, text)) = template.and_then(|template| Some((template, template.as_str()?))) else { return };
        let Some(template) = self.template(node, text) else { return };
        self.derived_names(node, &template, keys);
    }

    fn derived_names(&mut self, node: &Node, template: &Template, keys: &[(&str, bool)]) {
        for (name, offset) in template.places() {
            let place = self.within(node, offset, name.len());
            match keys.iter().find(|(key, _)| *key == name) {
                Some((_, false)) => {}
                Some((_, true)) => {
                    let message = format!("`{name}` is itself derived");
                    self.error("nested_template", place, message, "a template names only inputs that are set");
                }
                None => {
                    let known: Vec<&str> = keys.iter().filter(|(_, derived)| !derived).map(|(key, _)| *key).collect();
                    let message = format!("the template names `{}`, which is no input here", shortened(name));
                    self.error("unknown_input", place, message, did_you_mean(name, &known, "inputs"));
                }
            }
        }
    }
}
