//! A folder of files as an end of a sync: read whole, written file by file, and never through a link.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::output::Output;
use crate::cli::problems::draw;
use crate::cli::progress::Progress;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::EventId;
use crate::model::problem::Problem;
use crate::model::sync::Snapshot;
use crate::model::sync::files::ROOT;
use crate::model::sync::files::from_files;

const FOLDERS: [&str; 2] = ["connections", "integrations"];
/// As large as a definition that is imported.
const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;
/// Findings that are drawn for people.
const MAX_DRAWN: usize = 20;

pub(super) struct Folder {
    pub path: PathBuf,
}

/// What a folder that was never written is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    IsAnError,
    IsEmpty,
}

impl Folder {
    /// # Errors
    /// `no_folder`, `unreadable_file`; `invalid_folder`, after everything wrong was drawn with its place.
    pub(super) fn read(&self, missing: Missing, output: &mut Output) -> Result<Snapshot> {
        let root = self.path.join(ROOT);
        let is_there = about(&root)?.is_some();
        match (is_there, missing) {
            (false, Missing::IsEmpty) => return Ok(Snapshot::default()),
            (false, Missing::IsAnError) => {
                let path = self.path.display();
                let message = match self.path.is_dir() {
                    true => format!("{path} has no {ROOT}, so it is no folder that `keyway export` wrote"),
                    false => format!("there is no folder {path}; `keyway export {path}` writes one"),
                };
                return Err(Error::invalid("no_folder", message));
            }
            (true, _) => {}
        }
        let progress = Progress::of_phase(output, format!("reading {}", self.path.display()));
        let files = self.files()?;
        let read = from_files(&files);
        drop(progress);
        read.map_err(|problems| self.refuse(&problems, &files, output))
    }

    /// Texts by path below the folder.
    fn files(&self) -> Result<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        files.insert(ROOT.to_owned(), read_file(&self.path.join(ROOT))?);
        for folder in FOLDERS {
            let path = self.path.join(folder);
            match about(&path)? {
                None => continue,
                Some(about) if !about.is_dir() => return Err(unusable(&path, "is a file, and must be a folder")),
                Some(_) => {}
            }
            for entry in fs::read_dir(&path).map_err(|error| unreadable(&path, &error))? {
                let entry = entry.map_err(|error| unreadable(&path, &error))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_ours = (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.starts_with('.');
                if is_ours {
                    files.insert(format!("{folder}/{name}"), read_file(&entry.path())?);
                }
            }
        }
        Ok(files)
    }

    fn refuse(&self, problems: &[(String, Problem)], files: &BTreeMap<String, String>, output: &mut Output) -> Error {
        let place = |file: &str| self.path.join(file).display().to_string();
        let message = match problems {
            [_] => format!("1 thing is wrong in {}", self.path.display()),
            _ => format!("{} things are wrong in {}", problems.len(), self.path.display()),
        };
        let error = Error::invalid("invalid_folder", message);
        if output.is_json() {
            let fields = problems.iter().map(|(file, problem)| {
                let field = format!("{}:{}:{}", place(file), problem.line, problem.column);
                FieldError::new(field, problem.code, &problem.message)
            });
            return Error { fields: fields.collect(), ..error };
        }
        let is_colored = output.note_face().is_colored;
        for (file, problem) in problems.iter().take(MAX_DRAWN) {
            let text = files.get(file).map_or("", String::as_str);
            output.note(draw(&place(file), text, std::slice::from_ref(problem), is_colored));
        }
        if problems.len() > MAX_DRAWN {
            output.note(format_args!("… and {} more\n", problems.len() - MAX_DRAWN));
        }
        error
    }

    /// Makes the folder hold exactly these files of ours; others stay. Each file is replaced as a whole.
    pub(super) fn write(&self, files: &BTreeMap<String, String>, output: &Output) -> Result<()> {
        let root = self.path.join(ROOT);
        let is_ours = about(&root)?.is_some();
        let old = if is_ours { self.files()? } else { BTreeMap::new() };
        for folder in FOLDERS {
            let path = self.path.join(folder);
            if about(&path)?.is_some_and(|about| !about.is_dir()) {
                return Err(unusable(&path, "is a file, and must be a folder"));
            }
            fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        }
        if !is_ours && let Some(taken) = self.first_taken(files)? {
            return Err(unusable(&taken, "is there already, in a folder that `keyway export` did not write"));
        }
        // The root file last: it makes the folder one of ours.
        let (last, first): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| *path == ROOT);
        let progress = Progress::of_many(output, "writing", files.len());
        for (path, text) in first.into_iter().chain(last) {
            progress.advance();
            if old.get(path) != Some(text) {
                replace(&self.path.join(path), text)?;
            }
        }
        for path in old.keys().filter(|path| !files.contains_key(*path)) {
            let path = self.path.join(path);
            fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
        }
        Ok(())
    }

    fn first_taken(&self, files: &BTreeMap<String, String>) -> Result<Option<PathBuf>> {
        for path in files.keys() {
            let path = self.path.join(path);
            if about(&path)?.is_some() {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }
}

/// What stands there; a link is refused, since it may lead out of the folder.
fn about(path: &Path) -> Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_symlink() => Err(unusable(path, "is a link; put the file itself there")),
        Ok(about) => Ok(Some(about)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn read_file(path: &Path) -> Result<String> {
    if !about(path)?.is_some_and(|about| about.is_file()) {
        return Err(unusable(path, "is no file"));
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(unusable(path, &format!("is longer than {} MiB", MAX_FILE_BYTES / 1024 / 1024)));
    }
    Ok(text)
}

/// Readers see the old file or the new one.
fn replace(path: &Path, text: &str) -> Result<()> {
    about(path)?;
    // An event's id is as good as any name that nobody has taken; the dot keeps readers of the folder from it.
    let name = format!(".{}.tmp", EventId::new());
    let beside = path.with_file_name(name);
    let write = || {
        let mut file = fs::File::options().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| {
        drop(fs::remove_file(&beside));
        unwritable(path, &error)
    })
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::invalid("unusable_folder", format!("{} {why}", path.display()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::invalid("unreadable_file", format!("{} cannot be read: {error}", path.display()))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::invalid("unwritable_file", format!("{} cannot be written: {error}", path.display()))
}
