//! Findings of a file, each drawn with its source line.

use std::fmt;

use miette::Diagnostic;
use miette::GraphicalReportHandler;
use miette::GraphicalTheme;
use miette::LabeledSpan;
use miette::NamedSource;
use miette::Severity as Level;
use miette::SourceCode;

use crate::model::problem::Problem;
use crate::model::problem::Severity;

/// Width of wrapped messages, in columns.
const WIDTH: usize = 100;
/// A longer source line would fill the screen: of such files only the places are told.
const MAX_LINE_BYTES: usize = 2_000;

/// Draws the findings of one file, in their order. `name` is how the file is called.
#[must_use]
pub fn draw(name: &str, text: &str, problems: &[Problem], colored: bool) -> String {
    let theme = if colored { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_context_lines(1)
        .with_links(false)
        .without_cause_chain()
        .tab_width(2);
    let source = NamedSource::new(name, text.to_owned());
    let mut drawn = String::new();
    for problem in problems {
        let found = Drawn { problem, source: &source, has_line: has_line(text, problem), name };
        if handler.render_report(&mut drawn, &found).is_err() {
            drawn.push_str(&format!("{name}:{}:{}: {}\n", problem.line, problem.column, problem.message));
        }
        drawn.push('\n');
    }
    drawn
}

fn has_line(text: &str, problem: &Problem) -> bool {
    let line = problem.line.checked_sub(1).and_then(|index| text.lines().nth(index));
    line.is_some_and(|line| line.len() <= MAX_LINE_BYTES) && problem.place.offset_bytes <= text.len()
}

struct Drawn<'a> {
    problem: &'a Problem,
    source: &'a NamedSource<String>,
    has_line: bool,
    name: &'a str,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.has_line, self.problem.line) {
            (true, _) => f.write_str(&self.problem.message),
            (false, 0) => write!(f, "{}: {}", self.name, self.problem.message),
            (false, line) => write!(f, "{}:{line}:{}: {}", self.name, self.problem.column, self.problem.message),
        }
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.code))
    }

    fn severity(&self) -> Option<Level> {
        Some(match self.problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.has_line.then_some(self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.problem.place;
        // A marker of several lines hides more than it shows.
        let rest = self.source.inner().get(place.offset_bytes..).unwrap_or_default();
        let first_line = rest.find('\n').unwrap_or(rest.len());
        let span = (place.offset_bytes, place.length_bytes.min(first_line));
        let label = LabeledSpan::new_primary_with_span(None, span);
        self.has_line.then(|| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

#[cfg(test)]
mod tests;
