//! Where the command line writes; tests take what was written.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::error::Error;
use crate::error::Result;

/// Standard output for answers, standard error for everything said to people.
pub struct Output {
    answers: Box<dyn Write>,
    notes: Box<dyn Write>,
}

impl Output {
    pub fn standard() -> Self {
        Self::new(std::io::stdout(), std::io::stderr())
    }

    pub fn new(answers: impl Write + 'static, notes: impl Write + 'static) -> Self {
        Self { answers: Box::new(answers), notes: Box::new(notes) }
    }

    /// The one JSON document of a `--json` answer.
    pub fn json(&mut self, document: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(document).map_err(Error::internal)?;
        self.answer(format_args!("{text}\n"));
        Ok(())
    }

    pub fn answer(&mut self, text: impl Display) {
        // A reader that stopped reading (`| head`) is not a failure of the command.
        drop(write!(self.answers, "{text}").and_then(|()| self.answers.flush()));
    }

    pub fn note(&mut self, text: impl Display) {
        drop(write!(self.notes, "{text}").and_then(|()| self.notes.flush()));
    }
}
