use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::ProptestConfig;
use proptest::prelude::prop_assert;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::DatabaseUrl;
use super::Loaded;
use super::LogFormat;
use super::Origin;
use super::Settings;
use super::Sources;
use crate::error::Error;

const PLANTED: &str = "planted-5ecret";

/// A data directory of its own, so that no `keyway.toml` of the machine is read.
struct World {
    directory: TempDir,
    environment: Vec<(String, String)>,
    file: Option<PathBuf>,
}

impl World {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap(), environment: Vec::new(), file: None }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn file(mut self, text: &str) -> Self {
        let path = self.path("settings.toml");
        std::fs::write(&path, text).unwrap();
        self.file = Some(path);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn load(&self) -> Result<Loaded, Error> {
        let mut environment = self.environment.clone();
        if !environment.iter().any(|(name, _)| name.starts_with("KEYWAY_DATA_")) {
            environment.push(("KEYWAY_DATA_DIR".to_owned(), self.directory.path().display().to_string()));
        }
        Settings::load(Sources { file: self.file.clone(), environment })
    }

    /// The refusal, with the temporary folder's name taken out.
    fn refusal(&self) -> String {
        self.load().unwrap_err().public.replace(&self.directory.path().display().to_string(), "DIR")
    }
}

fn value(loaded: &Loaded, key: &str) -> Value {
    loaded.effective().iter().find(|row| row.key == key).unwrap().value.clone()
}

#[test]
fn defaults_are_enough() {
    let world = World::new();
    let loaded = world.load().unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.web.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.web.body_limit_bytes, 1024 * 1024);
    assert_eq!(settings.log.format, LogFormat::Auto);
    assert!(settings.web.workers >= 1);
    assert!(matches!(&settings.database.url, DatabaseUrl::Sqlite(path) if *path == world.path("keyway.db")));
    assert_eq!(settings.vault.key_file, Some(world.path("keyway.key")));
    assert_eq!(loaded.origins["web.listen"], Origin::Default);
}

#[test]
fn every_key_of_the_default_file_is_read_and_shown() {
    let loaded = World::new().load().unwrap();
    let shown: Vec<&str> = loaded.effective().iter().map(|row| row.key).collect();
    let known: Vec<&str> = loaded.origins.keys().map(String::as_str).collect();
    assert_eq!(shown, known);
}

#[test]
fn environment_wins_over_file_and_file_over_default() {
    let world = World::new()
        .file("[web]\nlisten = \"0.0.0.0:9000\"\nworkers = 3\n")
        .variable("KEYWAY_WEB__WORKERS", "5")
        .variable("KEYWAY_API__PAGE_LIMIT", "");
    let loaded = world.load().unwrap();
    assert_eq!(loaded.settings.web.listen.to_string(), "0.0.0.0:9000");
    assert_eq!(loaded.settings.web.workers, 5);
    assert_eq!(loaded.settings.api.page_limit, 200, "an empty variable sets nothing");
    assert_eq!(loaded.origins["web.listen"], Origin::File { path: world.path("settings.toml"), line: 2 });
    assert_eq!(loaded.origins["web.workers"].to_string(), "KEYWAY_WEB__WORKERS");
}

#[test]
fn the_file_is_the_named_one_else_that_of_the_variable_else_that_of_the_data_directory() {
    let write = |world: &World, name: &str, limit: u32| {
        std::fs::write(world.path(name), format!("[api]\npage_limit = {limit}\n")).unwrap();
    };
    let world = World::new();
    write(&world, "keyway.toml", 11);
    assert_eq!(world.load().unwrap().settings.api.page_limit, 11);

    write(&world, "other.toml", 12);
    let other = world.path("other.toml").display().to_string();
    let world = world.variable("KEYWAY_CONFIG", &other);
    assert_eq!(world.load().unwrap().settings.api.page_limit, 12);

    assert_eq!(world.file("[api]\npage_limit = 13\n").load().unwrap().settings.api.page_limit, 13);
}

#[test]
fn a_named_file_must_be_there() {
    let refusal = World::new().variable("KEYWAY_CONFIG", "/nowhere/keyway.toml").refusal();
    assert!(refusal.starts_with("the settings file /nowhere/keyway.toml cannot be read"), "{refusal}");
}

#[test]
fn unknown_keys_are_refused_with_place_and_nearest() {
    let world = World::new()
        .file("[web]\nlisten = \"127.0.0.1:1\"\nworkerz = 3\n[vault]\n[wbe]\n[colour]\nred = 1\n")
        .variable("KEYWAY_WEB_LISTEN", "127.0.0.1:2")
        .variable("KEYWAY_TENNANT", "dev");
    assert_eq!(
        world.refusal(),
        "5 settings cannot be used:\n  \
         colour.red (DIR/settings.toml:7): no such setting; `keyway config show` lists them all\n  \
         wbe (DIR/settings.toml:5): no such setting; `keyway config show` lists them all\n  \
         web.workerz (DIR/settings.toml:3): no such setting; did you mean `web.workers`?\n  \
         KEYWAY_WEB_LISTEN (KEYWAY_WEB_LISTEN): no such variable; did you mean `KEYWAY_WEB__LISTEN`?\n  \
         KEYWAY_TENNANT (KEYWAY_TENNANT): no such variable; did you mean `KEYWAY_TENANT`?"
    );
}

#[test]
fn a_section_is_not_a_setting() {
    let refusal = World::new().file("web = 3\n").refusal();
    assert!(refusal.contains("web (DIR/settings.toml:1): no such setting"), "{refusal}");
}

#[test]
fn variables_of_others_are_left_alone() {
    let world = World::new()
        .variable("HOME", "/root")
        .variable("KEYWAY_TENANT", "dev")
        .variable("KEYWAY_SERVICE_HOST", "10.0.0.1")
        .variable("KEYWAY_PORT", "tcp://10.0.0.1:80")
        .variable("KEYWAY_PORT_80_TCP_ADDR", "10.0.0.1");
    assert!(world.load().is_ok());
}

#[test]
fn everything_wrong_is_told_at_once() {
    let world = World::new()
        .file("[session]\nidle_minutes = \"long\"\n[outbound]\nallow_http = 1\nallow = [\"10.0.0.0/99\"]\n")
        .variable("KEYWAY_WEB__LISTEN", "everywhere")
        .variable("KEYWAY_WEB__BASE_URL", "https://me:pw@keyway.example.com")
        .variable("KEYWAY_LOG__LEVEL", "loud")
        .variable("KEYWAY_DATABASE_URL", "mysql://db/x")
        .variable("KEYWAY_DATABASE__POOL_SIZE", "0");
    let error = world.load().unwrap_err();
    let mut fields: Vec<&str> = error.fields.iter().map(|field| field.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "database.pool_size",
            "database.url",
            "log.level",
            "outbound.allow",
            "outbound.allow_http",
            "session.idle_minutes",
            "web.base_url",
            "web.listen",
        ]
    );
    assert!(error.public.contains("web.listen (KEYWAY_WEB__LISTEN): must be an address and a port"), "{error}");
    assert!(error.public.contains("settings.toml:2): must be a whole number from 1 to 10080"), "{error}");
}

#[test]
fn the_way_out_is_opened_entry_by_entry() {
    let loaded = World::new()
        .file("[outbound]\nallow = [\"ERP.corp\", \"10.20.0.0/16\", \"::1\"]\nports = [443, 8443]\n")
        .variable("KEYWAY_OUTBOUND__DENY", "*.evil.example, 192.168.0.0/16")
        .load()
        .unwrap();
    assert_eq!(value(&loaded, "outbound.allow"), json!(["erp.corp", "10.20.0.0/16", "::1/128"]));
    assert_eq!(value(&loaded, "outbound.deny"), json!(["*.evil.example", "192.168.0.0/16"]));
    assert_eq!(loaded.settings.outbound.ports, [443, 8443]);
    let wrong = format!("allow = [\"erp.corp\", \"https://{PLANTED}@erp.corp\"]\nports = [0]\n");
    let refusal = World::new().file(&format!("[outbound]\n{wrong}")).refusal();
    assert!(refusal.contains("outbound.allow (DIR/settings.toml:2): entry 2 is neither a host name nor"), "{refusal}");
    assert!(refusal.contains("outbound.ports (DIR/settings.toml:3): must list ports from 1 to 65535"), "{refusal}");
    assert!(!refusal.contains(PLANTED), "{refusal}");
}

#[test]
fn broken_toml_is_placed_and_not_quoted() {
    let refusal = World::new().file(&format!("[vault]\nkey = \"{PLANTED}\n")).refusal();
    assert!(refusal.starts_with("DIR/settings.toml:2:"), "{refusal}");
    assert!(!refusal.contains(PLANTED), "{refusal}");
}

#[test]
fn short_names_work_and_do_not_fight() {
    let world = World::new().variable("KEYWAY_DATABASE_URL", "postgresql://db/keyway");
    assert!(!world.load().unwrap().settings.database.url.is_embedded());
    let world = world.variable("KEYWAY_DATABASE__URL", "sqlite:x.db");
    assert_eq!(
        world.refusal(),
        "database.url (KEYWAY_DATABASE__URL): KEYWAY_DATABASE_URL sets this too; keep one of them"
    );
}

#[test]
fn the_data_directory_cannot_be_moved_from_within() {
    let world = World::new();
    std::fs::write(world.path("keyway.toml"), "[data]\ndirectory = \"/elsewhere\"\n").unwrap();
    assert!(world.refusal().contains("set KEYWAY_DATA_DIR"));
    let loaded = World::new().file("[data]\ndirectory = \"/elsewhere\"\n").variable("KEYWAY_DATA_DIR", "").load();
    assert_eq!(loaded.unwrap().settings.data.directory, PathBuf::from("/elsewhere"));
}

#[test]
fn a_key_file_is_made_up_only_beside_the_embedded_database() {
    let postgres = World::new().variable("KEYWAY_DATABASE_URL", "postgres://db/keyway");
    assert_eq!(postgres.load().unwrap().settings.vault.key_file, None);
    let named = postgres.variable("KEYWAY_VAULT__KEY_FILE", "/run/keyway.key");
    assert_eq!(named.load().unwrap().settings.vault.key_file, Some(PathBuf::from("/run/keyway.key")));
}

#[test]
fn a_vault_key_is_32_bytes_of_base64_in_one_place() {
    let key = BASE64_STANDARD.encode([7; 32]);
    let world = World::new().variable("KEYWAY_VAULT__KEY", &key);
    let vault = world.load().unwrap().settings.vault;
    assert_eq!(*vault.key_bytes().unwrap(), [7; 32]);
    assert_eq!(vault.key_file, None);
    assert!(world.variable("KEYWAY_VAULT__KEY_FILE", "k").refusal().contains("keep one of them"));
    let short = World::new().variable("KEYWAY_VAULT__KEY", &BASE64_STANDARD.encode([7; 31]));
    assert!(short.refusal().contains("32 bytes in base64"));
}

#[test]
fn secrets_are_never_shown() {
    let key = BASE64_STANDARD.encode([7; 32]);
    let url = format!("postgres://keyway:{PLANTED}@db/keyway?sslmode=require&sslpassword={PLANTED}");
    let world = World::new().variable("KEYWAY_VAULT__KEY", &key).variable("KEYWAY_DATABASE_URL", &url);
    let loaded = world.load().unwrap();
    let shown = format!("{}{loaded:?}", serde_json::to_string(loaded.effective()).unwrap());
    assert!(!shown.contains(PLANTED) && !shown.contains(&key), "{shown}");
    assert_eq!(value(&loaded, "vault.key"), json!("********"));
    assert_eq!(
        value(&loaded, "database.url"),
        json!("postgres://keyway:********@db/keyway?sslmode=require&sslpassword=********")
    );
    // Several hosts are an address for the driver but not for a URL parser.
    let several = World::new().variable("KEYWAY_DATABASE_URL", &format!("postgres://k:{PLANTED}@a:1,b:2/x"));
    assert_eq!(value(&several.load().unwrap(), "database.url"), json!("postgres://********"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever setting a secret is typed into by mistake, the refusal does not repeat it.
    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated(place in 0..64_usize, in_file: bool) {
        let keys: Vec<String> = World::new().load().unwrap().origins.into_keys().chain(["vault.kee".to_owned()]).collect();
        let key = &keys[place % keys.len()];
        let world = if in_file {
            World::new().file(&format!("{key} = \"{PLANTED}\"\n"))
        } else {
            World::new().variable(&format!("KEYWAY_{}", key.replace('.', "__").to_uppercase()), PLANTED)
        };
        if let Err(error) = world.load() {
            prop_assert!(!format!("{error:?}").contains(PLANTED), "{error:?}");
        }
    }
}
