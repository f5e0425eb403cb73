//! Where the command line writes; tests take what was written.

use std::fmt::Display;
use std::io::IsTerminal;
use std::io::Write;

use console::Style;
use console::Term;
use serde::Serialize;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::model::live_test::Failed;

/// Standard output for answers, standard error for everything said to people.
pub struct Output {
    answers: Box<dyn Write>,
    notes: Box<dyn Write>,
    answer_face: Face,
    note_face: Face,
    is_json: bool,
    is_seen: bool,
}

/// What a stream can show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Face {
    pub is_colored: bool,
    /// In columns; `None`: nobody wraps there.
    pub width: Option<u16>,
}

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Dim,
    Good,
    Warning,
    Bad,
}

impl Face {
    fn of(is_terminal: bool, term: &Term) -> Self {
        if is_terminal {
            Self { is_colored: true, width: term.size_checked().map(|(_, width)| width) }
        } else {
            Self::default()
        }
    }

    /// The text in its tone, when the stream shows colours.
    #[must_use]
    pub fn paint(self, tone: Tone, text: impl Display) -> String {
        let style = Style::new().force_styling(self.is_colored);
        let style = match tone {
            Tone::Plain => return text.to_string(),
            Tone::Strong => style.bold(),
            Tone::Dim => style.dim(),
            Tone::Good => style.green(),
            Tone::Warning => style.yellow(),
            Tone::Bad => style.red(),
        };
        style.apply_to(text).to_string()
    }
}

impl Output {
    #[must_use]
    pub fn standard() -> Self {
        let (out, err) = (std::io::stdout(), std::io::stderr());
        let answer_face = Face::of(out.is_terminal(), &Term::stdout());
        let note_face = Face::of(err.is_terminal(), &Term::stderr());
        let is_seen = err.is_terminal();
        Self { answer_face, note_face, is_seen, ..Self::new(out, err) }
    }

    #[must_use]
    pub fn new(answers: impl Write + 'static, notes: impl Write + 'static) -> Self {
        let (answer_face, note_face) = (Face::default(), Face::default());
        Self {
            answers: Box::new(answers),
            notes: Box::new(notes),
            answer_face,
            note_face,
            is_json: false,
            is_seen: false,
        }
    }

    pub(super) fn begin(&mut self, is_json: bool) {
        self.is_json = is_json;
    }

    pub(super) fn drop_colors(&mut self) {
        self.answer_face.is_colored = false;
        self.note_face.is_colored = false;
    }

    /// Whether one JSON document is asked for.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether a person reads what is said.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.is_seen
    }

    #[must_use]
    pub fn answer_face(&self) -> Face {
        self.answer_face
    }

    #[must_use]
    pub fn note_face(&self) -> Face {
        self.note_face
    }

    /// The answer: the document for programs, or its text for people.
    ///
    /// # Errors
    /// When the document cannot be written as JSON, which is a defect.
    pub fn show<T: Serialize>(&mut self, document: &T, text: impl FnOnce(&T, Face) -> String) -> Result<()> {
        if self.is_json {
            return self.json(document);
        }
        let text = text(document, self.answer_face);
        self.answer(text);
        Ok(())
    }

    /// A whole list, in the shape of an API's last page. For people, an empty one is a note on what to do.
    ///
    /// # Errors
    /// As `show`.
    pub fn show_list<T: Serialize>(
        &mut self,
        items: &[T],
        when_empty: &str,
        text: impl FnOnce(&[T], Face) -> String,
    ) -> Result<()> {
        if self.is_json {
            return self.json(&json!({ "items": items, "next_cursor": null }));
        }
        if items.is_empty() {
            self.note(format_args!("{when_empty}\n"));
        } else {
            let text = text(items, self.answer_face);
            self.answer(text);
        }
        Ok(())
    }

    /// The one JSON document of a `--json` answer.
    ///
    /// # Errors
    /// As `show`.
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

    /// What happened, for people; a program reads the answer instead.
    pub fn done(&mut self, text: impl Display) {
        if !self.is_json {
            let mark = self.note_face.paint(Tone::Good, "✓");
            self.note(format_args!("{mark} {text}\n"));
        }
    }

    /// What to do next, for people.
    pub fn hint(&mut self, text: impl Display) {
        if !self.is_json {
            let mark = self.note_face.paint(Tone::Dim, "→");
            self.note(format_args!("{mark} {text}\n"));
        }
    }

    /// What somebody should look at; said to programs' logs too.
    pub fn warn(&mut self, text: impl Display) {
        let word = self.note_face.paint(Tone::Warning, "warning:");
        self.note(format_args!("{word} {text}\n"));
    }

    /// What went wrong: one sentence, each wrong field, the stable word.
    pub fn fail(&mut self, error: &Error) {
        let face = self.note_face;
        let mut text = format!("{} {error}\n", face.paint(Tone::Bad, "error:"));
        if error.fields.len() > 1 && error.code != "invalid_settings" {
            for field in &error.fields {
                text.push_str(&format!(
                    "  {} {}\n",
                    face.paint(Tone::Strong, format!("{}:", field.field)),
                    field.message
                ));
            }
        }
        let found = Failed::of(error);
        if let Some(hint) = found.and_then(|verdict| verdict.hint.as_ref()) {
            text.push_str(&format!("  {hint}\n"));
        }
        text.push_str(&format!("{}\n", face.paint(Tone::Dim, format!("  code: {}", error.code))));
        if let Some(source) = error.source.as_ref().filter(|_| error.code == "internal") {
            text.push_str(&format!("{}\n", face.paint(Tone::Dim, format!("  cause: {source:#}"))));
        }
        self.note(text);
        if self.is_json {
            let fields = &error.fields;
            let mut document = json!({ "error": { "code": error.code, "message": error.public, "fields": fields } });
            if let Some(verdict) = found {
                document["error"]["live_test"] = json!(verdict);
            }
            // Nothing in it can fail to be written.
            drop(self.json(&document));
        }
    }
}
