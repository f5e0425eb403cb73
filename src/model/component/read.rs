//! A manifest's text to a [`Component`], or everything that is wrong with it in one go. The tree is first held against
//! the generated schema, then against the rules that a schema cannot say; both look at every part, so one wrong key does
//! not hide the next.

use crate::model::component::Component;
use crate::model::component::schema::schema_ref;
use crate::model::component::shape;
use crate::model::component::shape::MOST_PROBLEMS;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml;

pub use inputs::whole_pattern;

mod check;
mod defaults;
mod headers;
mod inputs;
mod keys;
mod names;
mod requests;
mod rules;
#[cfg(test)]
mod tests;
mod urls;

/// Longest manifest.
pub const MAX_BYTES: usize = 256 * 1024;

/// Reads and checks a manifest.
///
/// # Errors
/// Every finding, in the order of the file.
pub fn read(text: &str) -> Result<Component, Vec<Problem>> {
    let whole = Place { line: 1, column: 1, ..Place::default() };
    if text.len() > MAX_BYTES {
        let message = format!("the file is longer than {} KiB", MAX_BYTES / 1024);
        return Err(vec![Problem::error("too_large", whole, message)]);
    }
    let node = yaml::read(text).map_err(|problem| vec![problem])?;
    let mut problems = shape::check(schema_ref(), &node);
    problems.extend(rules::check(text, &node));
    if problems.is_empty() {
        // The schema is generated from the types; what it cannot say is left to them.
        return serde_json::from_value(node.to_value())
            .map_err(|error| vec![Problem::error("unreadable", whole, error.to_string())]);
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let mut distinct: Vec<Problem> = Vec::new();
    for problem in problems {
        // An action is checked once for each connection type: the same place tells the same thing.
        let is_told = |other: &Problem| (other.place, other.code) == (problem.place, problem.code);
        if !distinct.iter().any(is_told) && distinct.len() < MOST_PROBLEMS {
            distinct.push(problem);
        }
    }
    Err(distinct)
}

/// Reads a manifest that was checked before: one that is built in, which a test holds to the rules. Ten times as fast.
#[must_use]
pub fn read_trusted(text: &str) -> Option<Component> {
    serde_json::from_value(yaml::read(text).ok()?.to_value()).ok()
}
