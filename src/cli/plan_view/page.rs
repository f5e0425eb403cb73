//! Lines of text with colour, wrapped to the terminal. Text that tenants wrote cannot move the cursor.

use serde_json::Value;

use crate::cli::plan_view::Look;
use crate::model::sync::plan::FieldChange;

/// Values longer than this are cut in the middle of a line.
const MAX_VALUE_CHARS: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Changed,
    Bad,
}

impl Style {
    /// Select Graphic Rendition (ECMA-48 section 8.3.117).
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Changed => "\x1b[33m",
            Self::Bad => "\x1b[31m",
        }
    }
}

pub(super) struct Page {
    pub(super) look: Look,
    text: String,
}

impl Page {
    pub(super) fn new(look: Look) -> Self {
        Self { look: Look { width: look.width.max(30), ..look }, text: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    pub(super) fn section(&mut self, heading: &str) {
        self.gap();
        self.line(0, Style::Bold, heading);
    }

    /// One line, continued below itself when it is too long.
    pub(super) fn line(&mut self, indent: usize, style: Style, text: &str) {
        self.wrapped(indent, indent + 2, style, text);
    }

    /// A marked line, and its reason.
    pub(super) fn item(&mut self, style: Style, sign: &str, what: &str, reason: &str) {
        self.wrapped(2, 6, style, &format!("{sign} {what}"));
        if !reason.is_empty() {
            self.wrapped(6, 6, Style::Dim, reason);
        }
    }

    /// What something new is made of, in one go.
    pub(super) fn new_fields(&mut self, fields: &[FieldChange]) {
        let told = fields.iter().filter_map(|field| Some(format!("{}: {}", field.field, value(field.new.as_ref()?))));
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            self.line(6, Style::Plain, &told.join(", "));
        }
    }

    pub(super) fn more(&mut self, indent: usize, number: usize) {
        if number > 0 {
            self.line(indent, Style::Dim, &format!("… and {number} more (--verbose shows all)"));
        }
    }

    fn wrapped(&mut self, first: usize, rest: usize, style: Style, text: &str) {
        let mut indent = first;
        let mut line = String::new();
        let mut length = 0;
        for word in visible(text).split(' ') {
            let chars = word.chars().count();
            if length > 0 && indent + length + 1 + chars > self.look.width {
                self.push(indent, style, &line);
                line.clear();
                (indent, length) = (rest, 0);
            }
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += chars;
        }
        self.push(indent, style, &line);
    }

    fn push(&mut self, indent: usize, style: Style, text: &str) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        let is_styled = self.look.is_colored && style != Style::Plain && !text.is_empty();
        if is_styled {
            self.text.push_str(style.code());
        }
        self.text.push_str(text);
        if is_styled {
            self.text.push_str("\x1b[0m");
        }
        self.text.push('\n');
    }
}

/// Control characters, and those that turn the reading direction, are shown and not sent to the terminal.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// A value as it stands in a line of text.
pub(super) fn value(value: &Value) -> String {
    let text = match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= MAX_VALUE_CHARS {
        return text;
    }
    let start: String = text.chars().take(MAX_VALUE_CHARS).collect();
    format!("{start}…")
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
