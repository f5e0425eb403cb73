//! A private, migrated database for each test: a copied file, or a database made from a template.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use keyway::crypto;
use keyway::store::Database;
use keyway::store::DatabaseUrl;
use keyway::store::Options;
use keyway::store::Store;
use tokio::sync::OnceCell;

/// Databases of runs that began longer ago were left behind by a crash.
const LEFT_BEHIND: u64 = 3600;
/// Held while templates are made and swept.
const LOCK: i64 = 0x6b65_7974_6573;

/// Whether the tests run on PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "the tests' own settings are no settings of the program")]
pub fn is_postgres() -> bool {
    match std::env::var("TEST_DB").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("TEST_DB is `sqlite` or `postgres`, not `{other}`"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own settings are no settings of the program")]
fn postgres_url() -> String {
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => url,
        Err(_) => panic!("TEST_POSTGRES_URL says where PostgreSQL is; see scripts/test"),
    }
}

pub enum TestDb {
    Sqlite(tempfile::TempDir),
    Postgres { url: String, name: String },
}

impl TestDb {
    pub async fn new() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        if !is_postgres() {
            let template = TEMPLATE.get_or_init(sqlite_template).await;
            let folder = tempfile::tempdir().unwrap();
            fs::copy(template, folder.path().join("keyway.db")).unwrap();
            return Self::Sqlite(folder);
        }
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let url = postgres_url();
        let template = TEMPLATE.get_or_init(|| postgres_template(url.clone())).await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("keyway_test_{}_{}_{number}", seconds(), std::process::id());
        run(&url, &[&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")]).await;
        Self::Postgres { url, name }
    }

    pub fn options(&self) -> Options {
        let database = match self {
            Self::Sqlite(folder) => Database::Sqlite(folder.path().join("keyway.db")),
            Self::Postgres { url, name } => Database::Postgres(DatabaseUrl(with_name(url, name))),
        };
        options(database)
    }
}

impl TestDb {
    /// Every file of the database, or every row of every table as text.
    pub async fn bytes(&self) -> Vec<u8> {
        let (url, name) = match self {
            Self::Sqlite(folder) => {
                let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
                return files.flat_map(|file| fs::read(file).unwrap()).collect();
            }
            Self::Postgres { url, name } => (url, name),
        };
        let client = connect(&with_name(url, name)).await;
        let tables =
            client.query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
        let mut bytes = Vec::new();
        for table in tables {
            let table: String = table.get(0);
            for row in client.query(&format!("SELECT t::text FROM {table} t"), &[]).await.unwrap() {
                bytes.extend(row.get::<_, String>(0).into_bytes());
            }
        }
        bytes
    }
}

impl TestDb {
    /// Runs the statement that is for this database.
    pub async fn execute(&self, sqlite: &str, postgres: &str) {
        match self {
            Self::Postgres { url, name } => run(&with_name(url, name), &[postgres]).await,
            Self::Sqlite(folder) => {
                let path = folder.path().join("keyway.db");
                let mut c = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                c.batch_execute(&format!("PRAGMA busy_timeout = 5000; {sqlite}")).unwrap();
            }
        }
    }
}

/// What a sync writes to.
const SYNCED: [&str; 12] = [
    "tenants",
    "component_pins",
    "components",
    "connections",
    "connection_keys",
    "connection_events",
    "integrations",
    "integration_versions",
    "slots",
    "sync_runs",
    "pruned_rows",
    "audit_events",
];
const FAULT_ON_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS fault (remaining BIGINT NOT NULL); \
    CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF (SELECT remaining FROM fault) <= 0 THEN RAISE EXCEPTION 'a planted failure'; END IF; \
    UPDATE fault SET remaining = remaining - 1; \
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;";

impl TestDb {
    /// Triggers let so many rows be written, and no more. What is taken back does not count.
    pub async fn fail_writes(&self, remaining: u32) {
        let is_postgres = matches!(self, Self::Postgres { .. });
        let mut sql = match is_postgres {
            true => FAULT_ON_POSTGRES.to_owned(),
            false => "CREATE TABLE IF NOT EXISTS fault (remaining INTEGER NOT NULL);".to_owned(),
        };
        sql.push_str(&format!("DELETE FROM fault; INSERT INTO fault VALUES ({remaining});"));
        for table in SYNCED {
            if is_postgres {
                sql.push_str(&format!(
                    "CREATE OR REPLACE TRIGGER fault BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW \
                     EXECUTE FUNCTION fault();"
                ));
                continue;
            }
            for what in ["INSERT", "UPDATE", "DELETE"] {
                sql.push_str(&format!(
                    "CREATE TRIGGER IF NOT EXISTS fault_{table}_{what} BEFORE {what} ON {table} BEGIN \
                     SELECT RAISE(ABORT, 'a planted failure') WHERE (SELECT remaining FROM fault) <= 0; \
                     UPDATE fault SET remaining = remaining - 1; END;"
                ));
            }
        }
        match self {
            Self::Postgres { url, name } => run(&with_name(url, name), &[&sql]).await,
            Self::Sqlite(folder) => {
                let path = folder.path().join("keyway.db");
                let mut c = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                c.batch_execute(&format!("PRAGMA busy_timeout = 5000; {sql}")).unwrap();
            }
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Self::Postgres { url, name } = self else { return };
        let (url, drop) = (url.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A thread of its own: this may run inside a runtime, which must not wait.
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&url, &[&drop]));
        };
        // What is left behind a later run sweeps; the thread has told why.
        let _ = std::thread::spawn(work).join();
    }
}

fn options(database: Database) -> Options {
    Options { database, pool_size: 4, statement_timeout: Duration::from_secs(30) }
}

async fn sqlite_template() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let template = folder.join(format!("template-{}.db", migrations_hash("sqlite")));
    if !template.exists() {
        // Made aside and renamed, so that no other process sees a half of it.
        let aside = tempfile::tempdir_in(&folder).unwrap();
        let path = aside.path().join("keyway.db");
        migrate(Database::Sqlite(path.clone())).await;
        fs::rename(path, &template).unwrap();
    }
    template.to_str().unwrap().to_owned()
}

async fn postgres_template(url: String) -> String {
    let name = format!("keyway_template_{}", migrations_hash("postgres"));
    let client = connect(&url).await;
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.unwrap();
    let rows = client.query("SELECT datname FROM pg_database WHERE datname LIKE 'keyway\\_te%'", &[]).await.unwrap();
    let mut is_made = false;
    for row in rows {
        let known: String = row.get(0);
        let begun = known.split('_').nth(2).and_then(|begun| begun.parse::<u64>().ok());
        is_made |= known == name;
        if known != name && begun.is_none_or(|begun| begun + LEFT_BEHIND < seconds()) {
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {known} WITH (FORCE)")).await.unwrap();
        }
    }
    if !is_made {
        let aside = format!("{name}_aside");
        client.batch_execute(&format!("CREATE DATABASE {aside}")).await.unwrap();
        migrate(Database::Postgres(DatabaseUrl(with_name(&url, &aside)))).await;
        let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
        client.execute(end, &[&aside]).await.unwrap();
        client.batch_execute(&format!("ALTER DATABASE {aside} RENAME TO {name}")).await.unwrap();
    }
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await.unwrap();
    name
}

async fn migrate(database: Database) {
    tokio::task::spawn_blocking(move || drop(Store::open(&options(database)).unwrap())).await.unwrap();
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn run(url: &str, statements: &[&str]) {
    let client = connect(url).await;
    for statement in statements {
        client.batch_execute(statement).await.unwrap();
    }
}

/// The address with another database's name.
fn with_name(url: &str, name: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_path(name);
    url.to_string()
}

/// Names a template after what it was made from.
fn migrations_hash(kind: &str) -> String {
    let mut text = String::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind);
    let mut migrations: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    migrations.sort();
    for migration in migrations {
        text.push_str(migration.file_name().unwrap().to_str().unwrap());
        text.push_str(&fs::read_to_string(migration.join("up.sql")).unwrap());
    }
    crypto::hex(&crypto::sha256(text.as_bytes())[..8])
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}
