//! A folder of manifests: what its files say now, or said when they were last right.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::app::catalog::Entry;
use crate::app::catalog::Origin;
use crate::model::component::MAX_MANIFEST_BYTES;
use crate::model::problem::Place;
use crate::model::problem::Problem;

pub(super) struct Folder {
    path: PathBuf,
    /// By key, which is the name of the file.
    files: BTreeMap<String, File>,
    /// Of the folder itself, and of files that cannot be manifests.
    problems: Vec<(PathBuf, Problem)>,
}

/// A file as it was last read.
struct File {
    path: PathBuf,
    stamp: Stamp,
    good: Option<Arc<Entry>>,
    problems: Vec<Problem>,
}

/// Tells whether a file changed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified_at: Option<SystemTime>,
    size_bytes: u64,
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self { path, files: BTreeMap::new(), problems: Vec::new() }
    }

    pub fn get(&self, key: &str) -> Option<Arc<Entry>> {
        self.files.get(key)?.good.clone()
    }

    pub fn list(&self) -> Vec<Arc<Entry>> {
        self.files.values().filter_map(|file| file.good.clone()).collect()
    }

    pub fn problems(&self) -> Vec<(PathBuf, Vec<Problem>)> {
        let own = self.problems.iter().map(|(path, problem)| (path.clone(), vec![problem.clone()]));
        let wrong = self.files.values().filter(|file| !file.problems.is_empty());
        own.chain(wrong.map(|file| (file.path.clone(), file.problems.clone()))).collect()
    }

    /// Reads what changed and forgets what was removed. While the folder cannot be read, all stays as it was.
    pub fn refresh(&mut self) {
        self.problems.clear();
        let found = match self.look() {
            Ok(found) => found,
            Err(error) => {
                let message = format!("the folder of components cannot be read: {error}");
                self.problems.push((self.path.clone(), problem("unreadable_folder", message)));
                return;
            }
        };
        self.files.retain(|key, _| found.contains_key(key));
        for (key, (path, stamp)) in found {
            let before = self.files.remove(&key);
            let file = match before {
                Some(file) if file.stamp == stamp => file,
                before => File::read(&key, path, stamp, before.and_then(|file| file.good)),
            };
            self.files.insert(key, file);
        }
    }

    /// The manifests in the folder, by key, and how they stand.
    fn look(&mut self) -> io::Result<BTreeMap<String, (PathBuf, Stamp)>> {
        let mut found = BTreeMap::new();
        for item in fs::read_dir(&self.path)? {
            let path = item?.path();
            let (stem, ending) = (path.file_stem().and_then(OsStr::to_str), path.extension().and_then(OsStr::to_str));
            let (Some(key), Some(ending)) = (stem, ending) else { continue };
            if key.starts_with('.') || !(ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")) {
                continue;
            }
            if ending != "yaml" {
                let message = "a manifest's file name ends in `.yaml`; this one is not read";
                self.problems.push((path, problem("misnamed_file", message)));
                continue;
            }
            match fs::metadata(&path) {
                // A pipe or a device could be read without end.
                Ok(about) if !about.is_file() => {}
                Ok(about) => {
                    let stamp = Stamp { modified_at: about.modified().ok(), size_bytes: about.len() };
                    found.insert(key.to_owned(), (path, stamp));
                }
                // Removed since it was listed, or a link to nowhere.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

impl File {
    /// The stamp was taken before: a change during the reading shows at the next look.
    fn read(key: &str, path: PathBuf, stamp: Stamp, before: Option<Arc<Entry>>) -> Self {
        let read = load(&path, stamp).and_then(|text| Entry::read(key, text, Origin::Directory(path.clone())));
        match read {
            Ok(entry) => Self { path, stamp, good: Some(entry), problems: Vec::new() },
            Err(problems) => Self { path, stamp, good: before, problems },
        }
    }
}

fn load(path: &Path, stamp: Stamp) -> Result<String, Vec<Problem>> {
    if stamp.size_bytes > MAX_MANIFEST_BYTES as u64 {
        let message = format!("the file is longer than {} KiB", MAX_MANIFEST_BYTES / 1024);
        return Err(vec![problem("too_large", message)]);
    }
    fs::read_to_string(path)
        .map_err(|error| vec![problem("unreadable_file", format!("the file cannot be read: {error}"))])
}

fn problem(code: &'static str, message: impl Into<String>) -> Problem {
    Problem::error(code, Place::default(), message)
}
