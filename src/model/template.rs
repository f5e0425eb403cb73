//! The restricted templates of manifests and values: text with plain `{{name}}` in it and nothing else. Tenants write
//! them, so they reach no general template engine: no helpers, blocks, partials, comments or nesting exist, every size
//! is bounded, and each value is encoded for the place it goes to.

use std::fmt;

pub use render::Encoding;
pub use render::RenderError;

mod parse;
mod render;
#[cfg(test)]
mod tests;

/// Longest template, in bytes.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024;
/// Most pieces of text and inputs in one template.
pub const MAX_PARTS: usize = 512;
/// Longest input name, dots included.
pub const MAX_NAME_BYTES: usize = 64;
/// Longest rendered text, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 64 * 1024;

/// A parsed template. Printing it gives an equal template again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// An input, with the byte offset of its name in the source.
    Name(String, usize),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Byte offset in the source.
    pub offset: usize,
    pub message: String,
    pub help: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.message, self.offset)
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// The names in order of appearance, repeated ones too.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places().map(|(name, _)| name)
    }

    /// The names and the byte offset of each in the source.
    pub fn places(&self) -> impl Iterator<Item = (&str, usize)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name, offset) => Some((name.as_str(), *offset)),
            Part::Text(_) => None,
        })
    }

    /// The pieces in order: `Ok` is text, `Err` the name of an input.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Result<&str, &str>> {
        self.parts.iter().map(|part| match part {
            Part::Text(text) => Ok(text.as_str()),
            Part::Name(name, _) => Err(name.as_str()),
        })
    }

    /// Whether nothing is to be filled in.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.names().next().is_none()
    }

    /// The text before the first input.
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// How a derived input is filled: one that makes a URL is encoded like one, or a value could move its host.
    #[must_use]
    pub fn derived_encoding(&self) -> Encoding {
        let start = self.literal_prefix().get(..8).unwrap_or(self.literal_prefix()).to_ascii_lowercase();
        match start.starts_with("https://") || start.starts_with("http://") {
            true => Encoding::UrlPart,
            false => Encoding::Plain,
        }
    }

    /// The input that the template begins with.
    #[must_use]
    pub fn leading_name(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Name(name, _)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Name(name, _) => write!(f, "{{{{{name}}}}}"),
        })
    }
}
