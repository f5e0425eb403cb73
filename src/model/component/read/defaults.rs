//! Defaults: of the input's kind, within its pattern and options, and never a secret.

use serde_json::Value;

use crate::model::component::Collection;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::read::check::Check;
use crate::model::component::read::inputs::whole_pattern;
use crate::model::component::words::did_you_mean;
use crate::model::component::words::shortened;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

impl Check<'_> {
    pub fn default(&mut self, input_node: &Node, input: &Input) {
        let Some(node) = input_node.get("default").filter(|_| input.kind != InputKind::Template) else { return };
        if matches!(node.kind, NodeKind::Scalar(Value::Null)) {
            return;
        }
        if input.is_secret() {
            let message = "a secret cannot have a default: everybody reads manifests";
            self.error("default_secret", node.place, message, "drop `default`");
            return;
        }
        match (input.collection, &node.kind) {
            (None, NodeKind::Scalar(_)) => self.one(node, input),
            (Some(Collection::List), NodeKind::List(items)) => items.iter().for_each(|item| self.one(item, input)),
            (Some(Collection::KeyValue), NodeKind::Map(entries)) => {
                entries.iter().for_each(|entry| self.one(&entry.value, input));
            }
            (collection, _) => {
                let expected = match collection {
                    None => "one value",
                    Some(Collection::List) => "a list",
                    Some(Collection::KeyValue) => "a mapping",
                };
                let message = format!("the default must be {expected}, not {}", node.describe());
                self.error("wrong_default", node.place, message, "an input of many values says `collection`");
            }
        }
    }

    fn one(&mut self, node: &Node, input: &Input) {
        let expected = match (input.kind, &node.kind) {
            (InputKind::Boolean, NodeKind::Scalar(Value::Bool(_)))
            | (InputKind::Number, NodeKind::Scalar(Value::Number(_))) => return,
            (InputKind::Number, NodeKind::Scalar(Value::String(text)))
                if text.parse::<f64>().is_ok_and(f64::is_finite) =>
            {
                return;
            }
            (InputKind::Boolean, _) => "true or false",
            (InputKind::Number, _) => "a number",
            (_, NodeKind::Scalar(Value::String(text))) => return self.text_default(node, input, text),
            _ => "text",
        };
        let message = format!("the default must be {expected}, not {}", node.describe());
        let help = if expected == "text" { "put it in quotes" } else { "the default is of the input's type" };
        self.error("wrong_default", node.place, message, help);
    }

    fn text_default(&mut self, node: &Node, input: &Input, text: &str) {
        if input.kind == InputKind::Select && !input.options.iter().any(|option| option.value == text) {
            let known: Vec<&str> = input.options.iter().map(|option| option.value.as_str()).collect();
            let message = format!("the default `{}` is none of the options", shortened(text));
            self.error("wrong_default", node.place, message, did_you_mean(text, &known, "options"));
        }
        if let Some(Ok(pattern)) = input.pattern.as_deref().filter(|_| !self.is_full()).map(whole_pattern)
            && !pattern.is_match(text)
        {
            let message = "the default does not match the pattern";
            self.error("wrong_default", node.place, message, "the whole value must match");
        }
    }
}
