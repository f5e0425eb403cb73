//! Header names and the fixed text of header values: nothing in them ends a line.

use crate::model::component::read::check::Check;
use crate::model::component::words::shortened;
use crate::model::problem::Place;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

/// RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

impl Check<'_> {
    /// Every `headers` mapping and `header` name below a node; bodies are the third party's own.
    pub fn headers(&mut self, node: &Node) {
        for item in node.items() {
            self.headers(item);
        }
        for entry in node.entries() {
            match (entry.key.as_str(), &entry.value.kind) {
                ("headers", NodeKind::Map(headers)) => {
                    for header in headers {
                        self.header_name(header.key_place, &header.key);
                        self.header_text(&header.value);
                    }
                }
                ("header", NodeKind::Scalar(_)) => {
                    self.header_name(entry.value.place, entry.value.as_str().unwrap_or_default());
                }
                ("body" | "inputs" | "claims", _) => {}
                _ => self.headers(&entry.value),
            }
        }
    }

    fn header_name(&mut self, place: Place, name: &str) {
        if !is_token(name) {
            let message = format!("`{}` is no name of a header", shortened(name));
            self.error("invalid_header", place, message, "letters, digits and hyphens");
        }
    }

    fn header_text(&mut self, value: &Node) {
        if value.as_str().is_some_and(|text| text.chars().any(char::is_control)) {
            let message = "a header cannot hold a line break or another control character";
            self.error("invalid_header", value.place, message, "write it on one line");
        }
    }
}
