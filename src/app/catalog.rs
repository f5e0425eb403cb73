//! The components that this deployment knows: those built in, one that a demonstration adds, and those of a folder, which
//! add to them and override them by key. The folder is looked at again on use, at most once a second; a broken file is told of, and what it said
//! before stays in force.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;
use std::time::Instant;

use crate::model::component;
use crate::model::component::Component;
use crate::model::problem::Place;
use crate::model::problem::Problem;

mod built_in;
mod folder;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

/// How long the folder is taken to be as it was.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// A manifest in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub component: Component,
    /// `sha256:<hex>` of the manifest's canonical form.
    pub digest: String,
    pub origin: Origin,
    /// The file as it was written.
    pub text: String,
}

/// Where a manifest comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    BuiltIn,
    /// A file of the deployment's folder.
    Directory(PathBuf),
}

impl Entry {
    /// Reads a manifest that must say the key that its file is named after.
    fn read(key: &str, text: String, origin: Origin) -> Result<Arc<Self>, Vec<Problem>> {
        let component = component::read(&text)?;
        if component.key != key {
            let place = Place { line: 1, column: 1, ..Place::default() };
            let message = format!("the file is named `{key}.yaml`, and its key is `{}`", component.key);
            let help = format!("name the file `{}.yaml`, or change the key", component.key);
            return Err(vec![Problem::error("misnamed_file", place, message).help(help)]);
        }
        Ok(Arc::new(Self { digest: component.digest(), component, origin, text }))
    }
}

/// Cheap to clone; the clones are one catalog.
#[derive(Clone)]
pub struct Catalog {
    folder: Option<Arc<RwLock<Checked>>>,
    added: Arc<RwLock<BTreeMap<String, Arc<Entry>>>>,
    check_every: Duration,
}

/// The folder, and when it was last looked at.
struct Checked {
    folder: folder::Folder,
    at: Option<Instant>,
}

impl Catalog {
    /// Reads nothing yet: each manifest is read when it is first asked for.
    #[must_use]
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self::checked_every(directory, CHECK_EVERY)
    }

    fn checked_every(directory: Option<PathBuf>, check_every: Duration) -> Self {
        let checked = directory.map(|path| Checked { folder: folder::Folder::new(path), at: None });
        Self { folder: checked.map(|checked| Arc::new(RwLock::new(checked))), added: Arc::default(), check_every }
    }

    /// One more component, as if it were built in.
    ///
    /// # Errors
    /// What is wrong in the manifest.
    pub fn add(&self, key: &str, text: &str) -> Result<(), Vec<Problem>> {
        let entry = Entry::read(key, text.to_owned(), Origin::BuiltIn)?;
        self.added.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), entry);
        Ok(())
    }

    fn added(&self) -> BTreeMap<String, Arc<Entry>> {
        self.added.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The manifest of a component.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Arc<Entry>> {
        self.of_folder(|folder| folder.get(key))
            .flatten()
            .or_else(|| self.added().remove(key))
            .or_else(|| built_in::get(key))
    }

    /// All manifests in force, by key.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Entry>> {
        let mut entries: BTreeMap<String, Arc<Entry>> = BTreeMap::new();
        let of_folder = self.of_folder(folder::Folder::list).unwrap_or_default();
        for entry in built_in::list().into_iter().chain(self.added().into_values()).chain(of_folder) {
            entries.insert(entry.component.key.clone(), entry);
        }
        entries.into_values().collect()
    }

    /// What is wrong in the folder, by file. A file of which an earlier content is in force is listed too.
    #[must_use]
    pub fn problems(&self) -> Vec<(PathBuf, Vec<Problem>)> {
        self.of_folder(folder::Folder::problems).unwrap_or_default()
    }

    /// Asks the folder, after looking whether its files changed.
    fn of_folder<T>(&self, ask: impl Fn(&folder::Folder) -> T) -> Option<T> {
        let lock = self.folder.as_ref()?;
        {
            // A panic elsewhere leaves the folder as it was: files are replaced one by one, whole.
            let checked = lock.read().unwrap_or_else(PoisonError::into_inner);
            if checked.at.is_some_and(|at| at.elapsed() < self.check_every) {
                return Some(ask(&checked.folder));
            }
        }
        let mut checked = lock.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have looked while this one waited.
        if checked.at.is_none_or(|at| at.elapsed() >= self.check_every) {
            checked.folder.refresh();
            checked.at = Some(Instant::now());
        }
        Some(ask(&checked.folder))
    }
}
