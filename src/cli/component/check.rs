//! `keyway components check`: what is wrong in manifests, each finding with its source line.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::DONE;
use crate::cli::FAILED;
use crate::cli::output::Output;
use crate::cli::problems::draw;
use crate::error::Result;
use crate::model::component;
use crate::model::component::MAX_MANIFEST_BYTES;
use crate::model::problem::Place;
use crate::model::problem::Problem;

/// The answer to programs.
#[derive(Serialize)]
struct Report {
    /// No finding is an error.
    is_valid: bool,
    /// How many files were read.
    files: usize,
    problems: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    file: String,
    #[serde(flatten)]
    problem: Problem,
}

/// One file after a look at it.
struct Checked {
    name: String,
    text: String,
    problems: Vec<Problem>,
}

pub(super) fn execute(paths: &[PathBuf], output: &mut Output) -> Result<u8> {
    let checked: Vec<Checked> = paths.iter().flat_map(|path| check_path(path)).collect();
    let is_valid = !checked.iter().flat_map(|file| &file.problems).any(Problem::is_error);
    let files = checked.len();
    if output.is_json() {
        let problems = checked
            .into_iter()
            .flat_map(|Checked { name, problems, .. }| {
                problems.into_iter().map(move |problem| Found { file: name.clone(), problem })
            })
            .collect();
        output.json(&Report { is_valid, files, problems })?;
    } else {
        tell(&checked, output);
    }
    Ok(if is_valid { DONE } else { FAILED })
}

fn tell(checked: &[Checked], output: &mut Output) {
    let is_colored = output.answer_face().is_colored;
    for file in checked.iter().filter(|file| !file.problems.is_empty()) {
        output.answer(draw(&file.name, &file.text, &file.problems, is_colored));
    }
    let errors = checked.iter().flat_map(|file| &file.problems).filter(|problem| problem.is_error()).count();
    let warnings = checked.iter().map(|file| file.problems.len()).sum::<usize>() - errors;
    let files = counted(checked.len(), "file");
    match (errors, warnings) {
        (0, 0) => output.done(format_args!("{files}, nothing wrong")),
        (0, _) => output.done(format_args!("{files}, {}", counted(warnings, "warning"))),
        _ => output.note(format_args!("{files}, {}, {}\n", counted(errors, "error"), counted(warnings, "warning"))),
    }
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// A file, or the manifests of a folder.
fn check_path(path: &Path) -> Vec<Checked> {
    if !path.is_dir() {
        return vec![check_file(path, false)];
    }
    let entries = match fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return vec![unreadable(path, &error)],
    };
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| is_yaml(path)).collect();
    files.sort();
    if files.is_empty() {
        let problem = Problem::error("no_manifests", Place::default(), "no file in this folder ends in `.yaml`");
        return vec![failed(path, problem)];
    }
    files.iter().map(|file| check_file(file, true)).collect()
}

fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden && path.is_file() && (ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml"))
}

/// `in_folder`: the file is where its name decides which component it is.
fn check_file(path: &Path, in_folder: bool) -> Checked {
    let text = match read(path) {
        Ok(text) => text,
        Err(checked) => return *checked,
    };
    let problems = match component::read(&text) {
        Ok(component) => misnamed(path, &component.key, in_folder).into_iter().collect(),
        Err(problems) => problems,
    };
    Checked { name: path.display().to_string(), text, problems }
}

/// A folder of manifests takes a file only under the name of its key; a file elsewhere may be called anything.
fn misnamed(path: &Path, key: &str, in_folder: bool) -> Option<Problem> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !in_folder || name == format!("{key}.yaml") {
        return None;
    }
    let place = Place { line: 1, column: 1, ..Place::default() };
    let message = format!("the file is named `{name}`, and its key is `{key}`");
    Some(Problem::error("misnamed_file", place, message).help(format!("name the file `{key}.yaml`, or change the key")))
}

fn read(path: &Path) -> std::result::Result<String, Box<Checked>> {
    let about = fs::metadata(path).map_err(|error| Box::new(unreadable(path, &error)))?;
    if about.len() > MAX_MANIFEST_BYTES as u64 {
        let message = format!("the file is longer than {} KiB", MAX_MANIFEST_BYTES / 1024);
        return Err(Box::new(failed(path, Problem::error("too_large", Place::default(), message))));
    }
    fs::read_to_string(path).map_err(|error| Box::new(unreadable(path, &error)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Checked {
    failed(path, Problem::error("unreadable_file", Place::default(), format!("cannot be read: {error}")))
}

fn failed(path: &Path, problem: Problem) -> Checked {
    Checked { name: path.display().to_string(), text: String::new(), problems: vec![problem] }
}
