//! From merged values to typed settings: every key with its range, every refusal with what to do.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use config::ValueKind;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::Api;
use super::Checks;
use super::Components;
use super::Data;
use super::Database;
use super::DatabaseUrl;
use super::Fetch;
use super::Log;
use super::LogFormat;
use super::MASK;
use super::Outbound;
use super::Places;
use super::Problem;
use super::Proxy;
use super::Refresh;
use super::Row;
use super::Session;
use super::Settings;
use super::Sync;
use super::Vault;
use super::Web;
use super::decode_key;
use super::sources::Layers;

const BODY_BYTES: RangeInclusive<u32> = 1024..=1 << 30;

/// Reads each key once; what it read becomes the rows of `keyway config show`.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers) -> Self {
        Self { layers, rows: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn finish(mut self) -> (Vec<Row>, Vec<Problem>) {
        self.rows.sort_by_key(|row| row.key);
        (self.rows, self.problems)
    }

    pub(super) fn settings(&mut self) -> Settings {
        let data = self.data();
        let database = self.database(&data);
        let vault = self.vault(&data, &database);
        Settings {
            data,
            database,
            vault,
            web: self.web(),
            components: Components { directory: self.path("components.directory") },
            log: self.log(),
            session: Session {
                idle_minutes: self.whole("session.idle_minutes", 1..=10_080),
                absolute_hours: self.whole("session.absolute_hours", 1..=720),
            },
            sync: Sync {
                keep_pruned_days: self.whole("sync.keep_pruned_days", 0..=3650),
                snapshot_limit_bytes: self.bytes("sync.snapshot_limit_bytes"),
            },
            fetch: Fetch {
                cache_bytes: self.whole("fetch.cache_bytes", 0..=u32::MAX).into(),
                keep_reads_days: self.whole("fetch.keep_reads_days", 1..=3650),
            },
            outbound: self.outbound(),
            checks: Checks { interval_hours: self.whole("checks.interval_hours", 0..=8760) },
            refresh: Refresh { lease_seconds: self.whole("refresh.lease_seconds", 1..=300) },
            proxy: Proxy {
                concurrent_requests: self.whole("proxy.concurrent_requests", 1..=10_000),
                body_limit_bytes: self.bytes("proxy.body_limit_bytes"),
                reply_limit_bytes: self.bytes("proxy.reply_limit_bytes"),
                idle_seconds: self.whole("proxy.idle_seconds", 1..=3600),
            },
            api: Api { page_limit: self.whole("api.page_limit", 1..=1000) },
        }
    }

    fn data(&mut self) -> Data {
        let directory = self.path("data.directory").unwrap_or_else(|| {
            self.problem("data.directory", "must name a folder");
            PathBuf::new()
        });
        Data { directory }
    }

    fn database(&mut self, data: &Data) -> Database {
        let text = self.text("database.url");
        let embedded = || DatabaseUrl::Sqlite(data.directory.join("keyway.db"));
        let url = match parse_database_url(&text) {
            _ if text.is_empty() => embedded(),
            Some(url) => url,
            None => {
                self.problem("database.url", "must begin with `sqlite:` or `postgres://` and name a database");
                embedded()
            }
        };
        self.row("database.url", url.masked());
        Database {
            url,
            pool_size: self.whole("database.pool_size", 1..=200),
            statement_timeout_seconds: self.whole("database.statement_timeout_seconds", 1..=3600),
        }
    }

    fn vault(&mut self, data: &Data, database: &Database) -> Vault {
        let text = self.text("vault.key");
        let key = (!text.is_empty()).then(|| SecretString::from(text.as_str()));
        if key.is_some() && decode_key(&text).is_none() {
            self.problem(
                "vault.key",
                "must be 32 bytes in base64 (44 characters); `openssl rand -base64 32` makes one",
            );
        }
        self.row("vault.key", key.as_ref().map(|_| MASK));

        let named = self.text("vault.key_file");
        if key.is_some() && !named.is_empty() {
            self.problem("vault.key_file", "`vault.key` is set too; keep one of them");
        }
        let key_file = if !named.is_empty() {
            Some(PathBuf::from(named))
        } else if key.is_none() && database.url.is_embedded() {
            Some(data.directory.join("keyway.key"))
        } else {
            None
        };
        self.row("vault.key_file", key_file.as_ref().map(|path| path.display().to_string()));
        Vault { key_file, key }
    }

    fn web(&mut self) -> Web {
        let listen = self.text("web.listen");
        let listen = parse_address(&listen).unwrap_or_else(|| {
            self.problem("web.listen", "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080");
            SocketAddr::from(([127, 0, 0, 1], 0))
        });
        self.row("web.listen", listen.to_string());
        Web {
            listen,
            workers: self.workers(),
            base_url: self.base_url(),
            body_limit_bytes: self.bytes("web.body_limit_bytes"),
            import_limit_bytes: self.bytes("web.import_limit_bytes"),
            sign_in_attempts_per_minute: self.whole("web.sign_in_attempts_per_minute", 1..=10_000),
            requests_per_minute: self.whole("web.requests_per_minute", 0..=10_000_000),
            page_requests_per_minute: self.whole("web.page_requests_per_minute", 0..=10_000_000),
        }
    }

    fn workers(&mut self) -> usize {
        let asked = self.whole("web.workers", 0..=1024) as usize;
        let workers = match asked {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            given => given,
        };
        self.row("web.workers", workers);
        workers
    }

    fn base_url(&mut self) -> Option<Url> {
        let text = self.text("web.base_url");
        let url = parse_base_url(&text);
        if url.is_none() && !text.is_empty() {
            let message =
                "must be an http or https address without user, query or fragment, such as https://keyway.example.com";
            self.problem("web.base_url", message);
        }
        self.row("web.base_url", url.as_ref().map(Url::as_str));
        url
    }

    fn log(&mut self) -> Log {
        let level = self.text("log.level");
        let format = self.text("log.format");
        self.row("log.level", level.as_str());
        self.row("log.format", format.as_str());
        Log {
            level: match level.as_str() {
                "error" => tracing::Level::ERROR,
                "warn" => tracing::Level::WARN,
                "info" => tracing::Level::INFO,
                "debug" => tracing::Level::DEBUG,
                "trace" => tracing::Level::TRACE,
                _ => {
                    self.problem("log.level", "must be error, warn, info, debug or trace");
                    tracing::Level::INFO
                }
            },
            format: match format.as_str() {
                "auto" => LogFormat::Auto,
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => {
                    self.problem("log.format", "must be auto, text or json");
                    LogFormat::Auto
                }
            },
        }
    }

    fn outbound(&mut self) -> Outbound {
        Outbound {
            allow_http: self.switch("outbound.allow_http"),
            allow: self.places("outbound.allow"),
            deny: self.places("outbound.deny"),
            ports: self.ports("outbound.ports"),
            timeout_seconds: self.whole("outbound.timeout_seconds", 1..=300),
        }
    }

    fn places(&mut self, key: &'static str) -> Places {
        let mut places = Places::default();
        for (index, text) in self.list(key).iter().enumerate() {
            if let Err(wrong) = places.add(text) {
                self.problem(key, &format!("entry {} {wrong}", index + 1));
            }
        }
        self.row(key, places.shown());
        places
    }

    fn ports(&mut self, key: &'static str) -> Vec<u16> {
        let listed = self.list(key);
        let ports: Vec<u16> = listed.iter().filter_map(|text| text.parse().ok().filter(|port| *port > 0)).collect();
        if ports.len() != listed.len() {
            self.problem(key, "must list ports from 1 to 65535, such as [443, 8443]");
        }
        self.row(key, ports.clone());
        ports
    }

    fn text(&mut self, key: &'static str) -> String {
        match self.layers.value(key) {
            ValueKind::String(text) => text,
            _ => {
                self.problem(key, "must be a text in quotation marks");
                String::new()
            }
        }
    }

    fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let text = self.text(key);
        let path = (!text.is_empty()).then(|| PathBuf::from(text));
        self.row(key, path.as_ref().map(|path| path.display().to_string()));
        path
    }

    /// A whole number; as text too, because the environment has nothing else.
    fn whole(&mut self, key: &'static str, range: RangeInclusive<u32>) -> u32 {
        let number = match self.layers.value(key) {
            ValueKind::I64(number) => u32::try_from(number).ok(),
            ValueKind::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number)).unwrap_or_else(|| {
            self.problem(key, &format!("must be a whole number from {} to {}", range.start(), range.end()));
            *range.start()
        });
        self.row(key, number);
        number
    }

    fn bytes(&mut self, key: &'static str) -> usize {
        self.whole(key, BODY_BYTES) as usize
    }

    fn switch(&mut self, key: &'static str) -> bool {
        let value = match self.layers.value(key) {
            ValueKind::Boolean(value) => Some(value),
            ValueKind::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let value = value.unwrap_or_else(|| {
            self.problem(key, "must be true or false");
            false
        });
        self.row(key, value);
        value
    }

    fn list(&mut self, key: &'static str) -> Vec<String> {
        match self.layers.value(key) {
            ValueKind::Array(items) => items.into_iter().map(|item| item.into_string().unwrap_or_default()).collect(),
            ValueKind::String(text) => {
                text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
            }
            _ => {
                self.problem(key, "must be a list such as [\"a\", \"b\"]");
                Vec::new()
            }
        }
    }

    /// Later rows of a key replace earlier ones: a value that was filled in replaces the one that was read.
    fn row(&mut self, key: &'static str, value: impl Into<Value>) {
        self.rows.retain(|row| row.key != key);
        self.rows.push(Row { key, value: value.into(), origin: self.layers.origin(key) });
    }

    fn problem(&mut self, key: &'static str, message: &str) {
        let origin = self.layers.origin(key);
        self.problems.push(Problem { key: key.to_owned(), origin, message: message.to_owned() });
    }
}

fn parse_database_url(text: &str) -> Option<DatabaseUrl> {
    if let Some(rest) = text.strip_prefix("sqlite:") {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        return (!path.is_empty()).then(|| DatabaseUrl::Sqlite(PathBuf::from(path)));
    }
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
    (!rest.is_empty()).then(|| DatabaseUrl::Postgres(SecretString::from(text)))
}

/// `localhost` is the one name that is taken: others could mean several addresses.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    match text.strip_prefix("localhost:") {
        Some(port) => port.parse().ok().map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port))),
        None => text.parse().ok(),
    }
}

fn parse_base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url)
}
