//! The layers: which file, which variables, which keys exist, and what wins. Knows no setting by meaning.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use config::Config;
use config::File;
use config::FileFormat;
use config::Value;
use config::ValueKind;
use secrecy::SecretString;
use toml::de::DeTable;
use toml::de::DeValue;

use super::Origin;
use super::Problem;
use crate::error::Error;
use crate::error::Result;

mod user;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "KEYWAY_";
const DATA_DIRECTORY: &str = "data.directory";

/// Variables that do not follow the pattern, for the settings that people set by hand.
const SHORT_NAMES: &[(&str, &str)] = &[("KEYWAY_DATA_DIR", DATA_DIRECTORY), ("KEYWAY_DATABASE_URL", "database.url")];

/// Variables that are not settings: `KEYWAY_CONFIG` names the file, the command line reads the others.
const NOT_SETTINGS: &[&str] = &["KEYWAY_CONFIG", "KEYWAY_TENANT", "KEYWAY_FROM_KEY", "KEYWAY_TO_KEY"];

/// Variables of the system that the command line takes notice of. None is a setting.
const OF_THE_SYSTEM: &[&str] = &["LOGNAME", "USER", "USERNAME", "NO_COLOR"];

/// Where settings come from; passed in, so that tests need no real environment. Holds secrets: no `Debug`.
#[derive(Default)]
pub struct Sources {
    /// The file that the command line names.
    pub file: Option<PathBuf>,
    /// Names and values; as settings, those that do not begin with `KEYWAY_` are not looked at.
    pub environment: Vec<(String, String)>,
}

/// API keys for remotes, as the environment gives them.
#[derive(Clone, Default)]
pub struct RemoteKeys {
    pub from: Option<SecretString>,
    pub to: Option<SecretString>,
}

impl Sources {
    /// The environment of this process.
    pub fn of_process(file: Option<PathBuf>) -> Result<Self> {
        let mut environment = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            if OF_THE_SYSTEM.contains(&name) {
                environment.push((name.to_owned(), value.to_string_lossy().into_owned()));
            }
            if !name.starts_with(PREFIX) {
                continue;
            }
            let value = value.into_string().map_err(|_unreadable| {
                Error::invalid("invalid_settings", format!("{name} is not UTF-8 text; set it again"))
            })?;
            environment.push((name.to_owned(), value));
        }
        Ok(Self { file, environment })
    }

    /// The key of the tenant to act in, unless the command line names one.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.variable("KEYWAY_TENANT")
    }

    /// API keys of the remotes that a sync comes from and goes to.
    #[must_use]
    pub fn remote_keys(&self) -> RemoteKeys {
        let key = |name| self.variable(name).map(|key| SecretString::from(key.trim()));
        RemoteKeys { from: key("KEYWAY_FROM_KEY"), to: key("KEYWAY_TO_KEY") }
    }

    /// What the system calls the person at the command line.
    #[must_use]
    pub fn user_name(&self) -> String {
        let known = ["LOGNAME", "USER", "USERNAME"].into_iter().find_map(|name| self.variable(name));
        known.map(str::to_owned).or_else(user::of_process).unwrap_or_else(|| "unknown".to_owned())
    }

    /// Whether output is asked to have no colours (<https://no-color.org>).
    #[must_use]
    pub fn is_without_colors(&self) -> bool {
        self.variable("NO_COLOR").is_some()
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
}

/// All layers merged, and what is wrong with their keys.
pub(super) struct Layers {
    merged: Config,
    pub(super) origins: BTreeMap<String, Origin>,
    pub(super) problems: Vec<Problem>,
}

impl Layers {
    pub(super) fn gather(sources: Sources) -> Result<Self> {
        let defaults =
            leaves(DEFAULTS).map_err(|(place, message)| Error::bug(format!("default.toml:{place}: {message}")))?;
        let mut layers = Self {
            merged: Config::default(),
            origins: defaults.into_iter().map(|leaf| (leaf.key, Origin::Default)).collect(),
            problems: Vec::new(),
        };
        let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some((path, text)) = read_file(&sources)? {
            layers.file_keys(&sources, &path, &text)?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        for (key, value) in layers.environment_keys(sources) {
            builder = builder.set_override(key, value).map_err(Error::internal)?;
        }
        // The file's text was parsed before, so what fails here is ours; its message could hold values and stays out.
        layers.merged = builder.build().map_err(|_hidden| Error::bug("settings cannot be merged"))?;
        Ok(layers)
    }

    /// The winning value of a known key.
    pub(super) fn value(&self, key: &str) -> ValueKind {
        self.merged.get::<Value>(key).map_or(ValueKind::Nil, |value| value.kind)
    }

    pub(super) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    fn file_keys(&mut self, sources: &Sources, path: &Path, text: &str) -> Result<()> {
        let found = leaves(text).map_err(|(place, message)| {
            Error::invalid("invalid_settings", format!("{}:{place}: {message}", path.display()))
        })?;
        let is_explicit = explicit_file(sources).is_some();
        for leaf in found {
            let origin = Origin::File { path: path.to_owned(), line: leaf.line };
            if leaf.key == DATA_DIRECTORY && !is_explicit {
                let message = "a file inside the data directory cannot move it; set KEYWAY_DATA_DIR, or name the file with --config";
                self.problems.push(Problem { key: leaf.key, origin, message: message.to_owned() });
            } else if let Some(known) = self.origins.get_mut(&leaf.key) {
                *known = origin;
            } else if !(leaf.is_empty_section && self.is_section(&leaf.key)) {
                let message = no_such("setting", nearest(&leaf.key, self.origins.keys().map(String::as_str)));
                self.problems.push(Problem { key: leaf.key, origin, message });
            }
        }
        Ok(())
    }

    fn is_section(&self, key: &str) -> bool {
        self.origins.keys().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    fn environment_keys(&mut self, sources: Sources) -> Vec<(String, String)> {
        let names: BTreeMap<String, String> = self.origins.keys().map(|key| (variable_of(key), key.clone())).collect();
        let mut set: BTreeMap<String, (String, String)> = BTreeMap::new();
        for (name, value) in sources.environment {
            if !name.starts_with(PREFIX) || value.is_empty() || is_foreign(&name) {
                continue;
            }
            let short = SHORT_NAMES.iter().find(|(short, _)| *short == name).map(|(_, key)| (*key).to_owned());
            let origin = Origin::Environment { variable: name.clone() };
            let Some(key) = short.or_else(|| names.get(&name).cloned()) else {
                let known = names.keys().map(String::as_str).chain(SHORT_NAMES.iter().map(|(short, _)| *short));
                let message = no_such("variable", nearest(&name, known.chain(NOT_SETTINGS.iter().copied())));
                self.problems.push(Problem { key: name, origin, message });
                continue;
            };
            if let Some((other, _)) = set.get(&key) {
                let message = format!("{other} sets this too; keep one of them");
                self.problems.push(Problem { key, origin, message });
                continue;
            }
            self.origins.insert(key.clone(), origin);
            set.insert(key, (name, value));
        }
        set.into_iter().map(|(key, (_, value))| (key, value)).collect()
    }
}

/// Kubernetes gives every pod variables of the services beside it; those of a service called `keyway` are not ours.
fn is_foreign(name: &str) -> bool {
    let is_of_a_service =
        name == "KEYWAY_PORT" || name.starts_with("KEYWAY_PORT_") || name.starts_with("KEYWAY_SERVICE_");
    NOT_SETTINGS.contains(&name) || (is_of_a_service && !name.contains("__"))
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn explicit_file(sources: &Sources) -> Option<PathBuf> {
    sources.file.clone().or_else(|| sources.variable("KEYWAY_CONFIG").map(PathBuf::from))
}

/// A file that was named must be there; `keyway.toml` in the data directory may be.
fn read_file(sources: &Sources) -> Result<Option<(PathBuf, String)>> {
    let explicit = explicit_file(sources);
    let is_explicit = explicit.is_some();
    let directory = || {
        let by_pattern = variable_of(DATA_DIRECTORY);
        let set = sources.variable("KEYWAY_DATA_DIR").or_else(|| sources.variable(&by_pattern));
        PathBuf::from(set.unwrap_or("keyway-data"))
    };
    let path = explicit.unwrap_or_else(|| directory().join("keyway.toml"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_explicit => Ok(None),
        Err(error) => {
            let public = format!("the settings file {} cannot be read: {error}", path.display());
            Err(Error::invalid("invalid_settings", public))
        }
    }
}

fn no_such(what: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(known) => format!("no such {what}; did you mean `{known}`?"),
        None => format!("no such {what}; `keyway config show` lists them all"),
    }
}

fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

struct Leaf {
    key: String,
    line: usize,
    is_empty_section: bool,
}

/// The dotted keys of a text with their lines; or where (`line:column`) and why it is not TOML.
fn leaves(text: &str) -> Result<Vec<Leaf>, (String, String)> {
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let before = text.get(..offset).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        // Without the source line, which may hold a secret.
        (format!("{}:{column}", line_of(text, offset)), error.message().to_owned())
    })?;
    let mut found = Vec::new();
    collect(text, "", table.get_ref(), &mut found);
    Ok(found)
}

fn collect(text: &str, prefix: &str, table: &DeTable<'_>, found: &mut Vec<Leaf>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => collect(text, &key, inner, found),
            leaf => {
                let line = line_of(text, name.span().start);
                found.push(Leaf { key, line, is_empty_section: leaf.is_table() });
            }
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
