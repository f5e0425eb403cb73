//! The command line as a program sees it: exit codes, and what goes to which stream.

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;

use keyway::cli::Output;
use keyway::config::Sources;
use serde_json::Value;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Exit code, standard output, standard error.
fn keyway(args: &[&str], environment: &[(&str, &str)]) -> (u8, String, String) {
    let (answers, notes) = (Captured::default(), Captured::default());
    let mut output = Output::new(answers.clone(), notes.clone());
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let args = std::iter::once("keyway").chain(args.iter().copied()).map(Into::into);
    let code = keyway::cli::run_with(args, |file| Ok(Sources { file, environment }), &mut output);
    (code, answers.text(), notes.text())
}

#[test]
fn settings_are_shown_as_one_document_with_where_they_came_from() {
    let (code, answer, note) =
        keyway(&["config", "show", "--json"], &[("KEYWAY_DATA_DIR", "/none"), ("KEYWAY_WEB__WORKERS", "3")]);
    assert_eq!((code, note.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&answer).unwrap();
    let workers = document["settings"].as_array().unwrap().iter().find(|row| row["key"] == "web.workers").unwrap();
    insta::assert_json_snapshot!(workers, @r#"
    {
      "key": "web.workers",
      "value": 3,
      "origin": {
        "from": "environment",
        "variable": "KEYWAY_WEB__WORKERS"
      }
    }
    "#);
}

#[test]
fn wrong_settings_and_wrong_usage_exit_1_and_answer_nothing() {
    let (code, answer, note) =
        keyway(&["config", "show"], &[("KEYWAY_DATA_DIR", "/none"), ("KEYWAY_WEB__WORKES", "3")]);
    assert_eq!((code, answer.as_str()), (1, ""));
    assert!(note.contains("did you mean `KEYWAY_WEB__WORKERS`?"), "{note}");

    let (code, answer, _) = keyway(&["config", "shwo"], &[]);
    assert_eq!((code, answer.as_str()), (1, ""));
}

#[test]
fn help_is_an_answer() {
    let (code, answer, note) = keyway(&["--help"], &[]);
    assert_eq!((code, note.as_str()), (0, ""));
    assert!(answer.contains("Usage: keyway"));
}
