//! `keyway integrations import` and `check`: each file by itself, told with what is wrong and where.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use serde::Serialize;

use crate::app::integration::import::ImportAction;
use crate::app::integration::import::ImportReport;
use crate::app::integration::import::ImportedSlot;
use crate::app::integration::import::SlotAction;
use crate::cli::DONE;
use crate::cli::FAILED;
use crate::cli::context::Context;
use crate::cli::output::Face;
use crate::cli::output::Output;
use crate::cli::output::Tone;
use crate::cli::problems::draw;
use crate::cli::progress::Progress;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::integration::SlotState;
use crate::model::problem::Place;
use crate::model::problem::Problem;

/// A longer file is not a definition that a person wrote.
const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;
/// Warnings of one file that are drawn with their source lines; more are only counted.
const MAX_DRAWN: usize = 20;

/// The answer to programs.
#[derive(Serialize)]
struct Answer {
    files: Vec<File>,
    /// Every file is.
    ok: bool,
}

#[derive(Serialize)]
struct File {
    file: String,
    #[serde(flatten)]
    report: ImportReport,
    #[serde(skip)]
    text: String,
}

/// `is_written`: false only tells.
pub(super) async fn execute(
    context: &mut Context<'_>,
    actor: &Actor,
    (paths, key): (Vec<PathBuf>, Option<String>),
    is_written: bool,
) -> Result<u8> {
    let files = gather(&paths);
    if key.is_some() && files.len() != 1 {
        let message = format!("--as names one integration, and there are {} files", files.len());
        return Err(Error::invalid("one_file_only", message));
    }
    let mut done = Vec::new();
    let progress = Progress::of_many(context.output, if is_written { "importing" } else { "checking" }, files.len());
    for found in files {
        progress.advance();
        let (name, text) = match found {
            Ok((path, text)) => (path.display().to_string(), text),
            Err(failed) => {
                let (path, problem) = *failed;
                let file = File { file: path.display().to_string(), report: refused(problem), text: String::new() };
                progress.suspended(|| tell(&file, is_written, context.output));
                done.push(file);
                continue;
            }
        };
        let app = &context.app;
        let report = match is_written {
            true => app.import_integration(actor.clone(), text.clone(), key.clone()).await?,
            false => app.check_integration(actor.clone(), text.clone(), key.clone()).await?,
        };
        let file = File { file: name, report, text };
        progress.suspended(|| tell(&file, is_written, context.output));
        done.push(file);
    }
    drop(progress);
    let ok = done.iter().all(|file| file.report.ok);
    finish(context, actor, &done, is_written);
    if context.output.is_json() {
        context.output.json(&Answer { files: done, ok })?;
    }
    Ok(if ok { DONE } else { FAILED })
}

type Found = std::result::Result<(PathBuf, String), Box<(PathBuf, Problem)>>;

/// The files, and those of folders, by name.
fn gather(paths: &[PathBuf]) -> Vec<Found> {
    paths.iter().flat_map(|path| if path.is_dir() { folder(path) } else { vec![read(path)] }).collect()
}

fn folder(path: &Path) -> Vec<Found> {
    let entries = match fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return vec![Err(Box::new((path.to_owned(), unreadable(&error))))],
    };
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| is_yaml(path)).collect();
    files.sort();
    if files.is_empty() {
        let message = "no file in this folder ends in `.yml` or `.yaml`";
        let problem = Problem::error("no_definitions", Place::default(), message);
        return vec![Err(Box::new((path.to_owned(), problem)))];
    }
    files.iter().map(|file| read(file)).collect()
}

fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden && path.is_file() && (ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml"))
}

fn read(path: &Path) -> Found {
    let failed = |problem| Box::new((path.to_owned(), problem));
    let file = fs::File::open(path).map_err(|error| failed(unreadable(&error)))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(unreadable(&error)))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("the file is longer than {} MiB", MAX_FILE_BYTES / 1024 / 1024);
        return Err(failed(Problem::error("too_large", Place::default(), message)));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((path.to_owned(), text)),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
            let place = Place { line, column: 1, ..Place::default() };
            Err(failed(Problem::error("not_utf8", place, "the file is not UTF-8 text from this line on")))
        }
    }
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::error("unreadable_file", Place::default(), format!("cannot be read: {error}"))
}

fn refused(problem: Problem) -> ImportReport {
    ImportReport {
        ok: false,
        integration: None,
        slots: Vec::new(),
        created_connections: Vec::new(),
        problems: vec![problem],
    }
}

/// One file, as soon as it is done.
fn tell(file: &File, is_written: bool, output: &mut Output) {
    if output.is_json() {
        return;
    }
    let face = output.answer_face();
    let mut text = String::new();
    headline(&mut text, file, is_written, face);
    for slot in &file.report.slots {
        text.push_str(&one_slot(slot, is_written, face));
    }
    if !file.report.problems.is_empty() {
        text.push('\n');
        let drawn = &file.report.problems[..file.report.problems.len().min(MAX_DRAWN)];
        let source = without_secrets(&file.text, &file.report.problems);
        text.push_str(draw(&file.file, &source, drawn, face.is_colored).trim_end());
        text.push('\n');
        let more = file.report.problems.len() - drawn.len();
        if more > 0 {
            text.push_str(&format!("  … and {more} more (--json has all)\n"));
        }
    }
    text.push('\n');
    output.answer(text);
}

/// The source with what was found to be a secret starred out: what is drawn ends up in the logs of build servers.
fn without_secrets(text: &str, problems: &[Problem]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for place in problems.iter().filter(|problem| problem.code.starts_with("secret_")).map(|problem| problem.place) {
        let end = (place.offset_bytes + place.length_bytes).min(bytes.len());
        for byte in bytes.get_mut(place.offset_bytes..end).unwrap_or_default() {
            if *byte != b'\n' {
                *byte = b'*';
            }
        }
    }
    // Whole characters were starred; should one be cut, a mark stands for it.
    String::from_utf8_lossy(&bytes).into_owned()
}

fn headline(text: &mut String, file: &File, is_written: bool, face: Face) {
    let name = face.paint(Tone::Strong, &file.file);
    let Some(integration) = &file.report.integration else {
        let sign = face.paint(Tone::Bad, "✗");
        let what = if is_written { "refused; nothing of it was imported" } else { "would be refused" };
        text.push_str(&format!("{sign} {name}: {what}\n"));
        return;
    };
    let what = match (integration.action, is_written) {
        (ImportAction::Created, true) => "created",
        (ImportAction::Created, false) => "would be created",
        (ImportAction::Updated, true) => "new draft",
        (ImportAction::Updated, false) => "would get a new draft",
        (ImportAction::Unchanged, _) => "unchanged",
    };
    let sign = face.paint(Tone::Good, "✓");
    let key = face.paint(Tone::Strong, &integration.key);
    let size = format!("{}, {}", counted(integration.flows, "flow"), counted(integration.steps, "step"));
    let about = face.paint(Tone::Dim, format!("({size}; from {})", file.file));
    text.push_str(&format!("{sign} {key} {what} {about}\n"));
}

fn one_slot(imported: &ImportedSlot, is_written: bool, face: Face) -> String {
    let slot = &imported.slot;
    let key = slot.stable_key.as_deref().unwrap_or("?");
    let (sign, tone, how) = match (imported.action, slot.state) {
        (SlotAction::Created, _) if is_written => ("+", Tone::Good, "made, to be filled in"),
        (SlotAction::Created, _) => ("+", Tone::Good, "would be made, to be filled in"),
        (SlotAction::Matched, _) => ("=", Tone::Plain, "found"),
        (SlotAction::Kept, _) => ("=", Tone::Plain, "as it was"),
        (SlotAction::Unbound, SlotState::UnknownComponent) => ("!", Tone::Warning, "its component is not known here"),
        (SlotAction::Unbound, SlotState::Missing) => ("!", Tone::Warning, "no such connection here"),
        (SlotAction::Unbound, _) => ("!", Tone::Warning, "no connection chosen"),
    };
    let variable: String = slot.variable.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = face.paint(tone, format!("{sign} {variable} -> {key}"));
    format!("    {line} {}\n", face.paint(Tone::Dim, format!("({how})")))
}

/// How it went over all files, and what to do next.
fn finish(context: &mut Context<'_>, actor: &Actor, files: &[File], is_written: bool) {
    let good = files.iter().filter(|file| file.report.ok).count();
    let bad = files.len() - good;
    let mut made: Vec<&str> =
        files.iter().flat_map(|file| &file.report.created_connections).map(String::as_str).collect();
    made.sort_unstable();
    made.dedup();
    let warnings = files.iter().flat_map(|file| &file.report.problems).filter(|problem| !problem.is_error()).count();
    let mut parts = vec![if is_written {
        format!("{} imported into {}", counted(good, "file"), actor.tenant.key)
    } else {
        format!("{} can be imported into {}", counted(good, "file"), actor.tenant.key)
    }];
    if bad > 0 {
        parts.push(format!("{} refused", counted(bad, "file")));
    }
    if !made.is_empty() {
        let verb = if is_written { "made" } else { "to be made" };
        parts.push(format!("{} {verb}", counted(made.len(), "connection")));
    }
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    }
    let text = parts.join(", ");
    if bad > 0 && !context.output.is_json() {
        let sign = context.output.note_face().paint(Tone::Bad, "✗");
        context.output.note(format_args!("{sign} {text}\n"));
    } else {
        context.output.done(text);
    }
    let keyway = context.keyway();
    if is_written && !made.is_empty() {
        context
            .output
            .hint(format_args!("fill in what was made: {keyway} connections list, then connections edit KEY"));
    }
    if is_written && good > 0 {
        let from = &actor.tenant.key;
        context.output.hint(format_args!("promote it: keyway sync plan --from {from} --to TENANT"));
    }
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
