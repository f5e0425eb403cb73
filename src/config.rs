//! Settings: embedded defaults <- file <- environment, checked once. Nothing else reads the process environment.
//!
//! `config/default.toml` lists every setting; a key that is not there is refused wherever it comes from.

mod places;
mod reader;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;

pub use places::Places;
pub use sources::RemoteKeys;
pub use sources::Sources;

/// What is shown in place of a secret.
const MASK: &str = "********";

#[derive(Debug, Clone)]
pub struct Settings {
    pub data: Data,
    pub database: Database,
    pub web: Web,
    pub vault: Vault,
    pub components: Components,
    pub log: Log,
    pub session: Session,
    pub sync: Sync,
    pub fetch: Fetch,
    pub outbound: Outbound,
    pub checks: Checks,
    pub refresh: Refresh,
    pub proxy: Proxy,
    pub api: Api,
}

#[derive(Debug, Clone)]
pub struct Data {
    pub directory: PathBuf,
}

#[derive(Debug, Clone)]
pub struct Database {
    pub url: DatabaseUrl,
    pub pool_size: u32,
    pub statement_timeout_seconds: u32,
}

/// Where the database is. The text of a PostgreSQL address may hold a password.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The file of the embedded database.
    Sqlite(PathBuf),
    Postgres(SecretString),
}

#[derive(Debug, Clone)]
pub struct Web {
    pub listen: SocketAddr,
    /// Never 0: the number of processors is filled in.
    pub workers: usize,
    /// `None`: links are made from the address that the server listens on.
    pub base_url: Option<Url>,
    pub body_limit_bytes: usize,
    pub import_limit_bytes: usize,
    pub sign_in_attempts_per_minute: u32,
    /// 0: no limit.
    pub requests_per_minute: u32,
    /// 0: no limit.
    pub page_requests_per_minute: u32,
}

/// Where the key-encryption key is. Both are `None` only with PostgreSQL, where the vault then refuses to open.
#[derive(Debug, Clone)]
pub struct Vault {
    pub key_file: Option<PathBuf>,
    /// Base64 of 32 bytes; checked.
    pub key: Option<SecretString>,
}

#[derive(Debug, Clone)]
pub struct Components {
    pub directory: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct Log {
    pub level: tracing::Level,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub idle_minutes: u32,
    pub absolute_hours: u32,
}

#[derive(Debug, Clone)]
pub struct Sync {
    /// 0: nothing is kept.
    pub keep_pruned_days: u32,
    pub snapshot_limit_bytes: usize,
}

#[derive(Debug, Clone)]
pub struct Fetch {
    pub cache_bytes: u64,
    pub keep_reads_days: u32,
}

#[derive(Debug, Clone)]
pub struct Outbound {
    pub allow_http: bool,
    /// Called although their addresses are special.
    pub allow: Places,
    /// Never called.
    pub deny: Places,
    /// Empty: all.
    pub ports: Vec<u16>,
    pub timeout_seconds: u32,
}

/// Requests that pass through to third parties.
#[derive(Debug, Clone)]
pub struct Proxy {
    pub concurrent_requests: u32,
    pub body_limit_bytes: usize,
    pub reply_limit_bytes: usize,
    pub idle_seconds: u32,
}

#[derive(Debug, Clone)]
pub struct Checks {
    /// 0: none.
    pub interval_hours: u32,
}

/// Renewing tokens.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub lease_seconds: u32,
}

#[derive(Debug, Clone)]
pub struct Api {
    pub page_limit: u32,
}

/// Where a setting's value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Environment { variable: String },
}

/// One setting as it took effect; secrets are masked.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub key: &'static str,
    /// `null` when not set.
    pub value: Value,
    pub origin: Origin,
}

/// The settings and how they came about.
#[derive(Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// By dotted key; holds every known key.
    pub origins: BTreeMap<String, Origin>,
    rows: Vec<Row>,
}

/// What is wrong with one setting. Never quotes the value: it may be a secret in the wrong place.
struct Problem {
    key: String,
    origin: Origin,
    message: String,
}

impl Settings {
    /// Reads, merges and checks; reports everything that is wrong at once.
    pub fn load(sources: Sources) -> Result<Loaded> {
        let layers = sources::Layers::gather(sources)?;
        let mut reader = reader::Reader::new(&layers);
        let settings = reader.settings();
        let (rows, found) = reader.finish();
        let mut problems = layers.problems;
        problems.extend(found);
        match refusal(&problems) {
            Some(error) => Err(error),
            None => Ok(Loaded { settings, origins: layers.origins, rows }),
        }
    }
}

impl Loaded {
    /// Every setting as it took effect, by key, with secrets masked.
    #[must_use]
    pub fn effective(&self) -> &[Row] {
        &self.rows
    }
}

impl DatabaseUrl {
    /// The address without its password, for logs and people.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(text) => mask_url(text.expose_secret()),
        }
    }

    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

impl Vault {
    /// The key that was given as a setting, decoded. `None`: it is in the file, or nowhere.
    #[must_use]
    pub fn key_bytes(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.key.as_ref().and_then(|text| decode_key(text.expose_secret()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { variable } => f.write_str(variable),
        }
    }
}

fn decode_key(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(text.trim()).ok()?);
    <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}

/// Passwords stand before the host, or in parameters (`password`, `sslpassword`). What cannot be read is hidden whole.
fn mask_url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return format!("postgres://{MASK}");
    };
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return format!("postgres://{MASK}");
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        url.query_pairs_mut().clear().extend_pairs(pairs.iter().map(|(name, value)| {
            let is_secret = name.to_ascii_lowercase().contains("password");
            (name.as_str(), if is_secret { MASK } else { value.as_str() })
        }));
    }
    url.into()
}

fn refusal(problems: &[Problem]) -> Option<Error> {
    let lines: Vec<String> = problems.iter().map(|p| format!("{} ({}): {}", p.key, p.origin, p.message)).collect();
    let public = match lines.as_slice() {
        [] => return None,
        [line] => line.clone(),
        lines => format!("{} settings cannot be used:\n  {}", lines.len(), lines.join("\n  ")),
    };
    let fields = problems.iter().map(|p| FieldError::new(&p.key, "invalid_setting", &p.message)).collect();
    Some(Error { fields, ..Error::invalid("invalid_settings", public) })
}
