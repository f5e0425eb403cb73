//! Text to [`Template`]: one pass, no recursion.

use crate::model::template::MAX_NAME_BYTES;
use crate::model::template::MAX_PARTS;
use crate::model::template::MAX_SOURCE_BYTES;
use crate::model::template::Part;
use crate::model::template::Template;
use crate::model::template::TemplateError;

const ONLY: &str = "only plain `{{name}}` is possible: no helpers, blocks, partials, comments or triple braces";

fn error(offset: usize, message: impl Into<String>, help: impl Into<String>) -> TemplateError {
    TemplateError { offset, message: message.into(), help: help.into() }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Anything between double braces but one name, unpaired double braces, and sizes past the bounds.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_SOURCE_BYTES {
            let message = format!("the template is longer than {MAX_SOURCE_BYTES} bytes");
            return Err(error(0, message, "shorten it"));
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(opening) = source[at..].find("{{").map(|found| at + found) {
            text(&mut parts, source, at, opening)?;
            let inner = opening + 2;
            if source[inner..].starts_with('{') {
                return Err(error(opening, "three braces in a row", ONLY));
            }
            let Some(closing) = source[inner..].find("}}").map(|found| inner + found) else {
                return Err(error(opening, "`{{` without `}}`", "close it: `{{name}}`"));
            };
            if source[closing..].starts_with("}}}") {
                return Err(error(closing, "three braces in a row", ONLY));
            }
            parts.push(name(source, inner, closing)?);
            bounded(&parts, opening)?;
            at = closing + 2;
        }
        text(&mut parts, source, at, source.len())?;
        bounded(&parts, at)?;
        Ok(Self { parts })
    }
}

fn bounded(parts: &[Part], offset: usize) -> Result<(), TemplateError> {
    if parts.len() > MAX_PARTS {
        return Err(error(offset, format!("more than {MAX_PARTS} pieces in one template"), "shorten it"));
    }
    Ok(())
}

fn text(parts: &mut Vec<Part>, source: &str, from: usize, to: usize) -> Result<(), TemplateError> {
    let literal = &source[from..to];
    if let Some(stray) = literal.find("}}") {
        return Err(error(from + stray, "`}}` without `{{`", "open it: `{{name}}`"));
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal.to_owned()));
    }
    Ok(())
}

fn name(source: &str, from: usize, to: usize) -> Result<Part, TemplateError> {
    let raw = &source[from..to];
    let name = raw.trim_matches([' ', '\t']);
    let offset = from + (raw.len() - raw.trim_start_matches([' ', '\t']).len());
    if name.is_empty() {
        return Err(error(from, "no name between the braces", "write the key of an input: `{{name}}`"));
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(error(offset, format!("a name longer than {MAX_NAME_BYTES} bytes"), "input keys are shorter"));
    }
    if !name.split('.').all(is_word) {
        return Err(error(offset, "not a plain name between the braces", ONLY));
    }
    Ok(Part::Name(name.to_owned(), offset))
}

fn is_word(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}
