//! Brings a database to the newest migration before anybody uses it.

use std::fs::File;
use std::path::Path;

use diesel::migration::Migration;
use diesel::migration::MigrationSource;
use diesel_migrations::EmbeddedMigrations;
use diesel_migrations::MigrationHarness;
use diesel_migrations::embed_migrations;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::store::Database;
use crate::store::Options;
use crate::store::conn::Conn;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number works as long as nobody else locks the same one in this database.
const ADVISORY_LOCK: i64 = 0x6b65_7977_6179;

/// Migrates when needed. On SQLite the answer is a shared lock to hold while the database is in use.
///
/// # Errors
/// When the database is newer than this program, or another process uses it while it must be migrated.
pub fn prepare(database: &Database) -> Result<Option<File>> {
    match database {
        Database::Sqlite(path) => sqlite(path, database).map(Some),
        Database::Postgres(_) => postgres(database).map(|()| None),
    }
}

fn sqlite(path: &Path, database: &Database) -> Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            Error::invalid("data_directory", format!("the data directory {} cannot be made: {error}", parent.display()))
        })?;
    }
    let lock_path = path.with_extension("lock");
    let lock =
        File::options().create(true).truncate(false).write(true).read(true).open(&lock_path).map_err(|error| {
            Error::invalid("data_directory", format!("{} cannot be written: {error}", lock_path.display()))
        })?;
    lock.lock_shared().map_err(Error::internal)?;
    let mut conn = connect(database)?;
    if !pending(&mut conn)? {
        return Ok(lock);
    }
    // To migrate we must be alone: let go of the shared lock, wait a moment for short commands, then insist.
    lock.unlock().map_err(Error::internal)?;
    let alone = (0..100).any(|attempt| {
        if attempt > 0 {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        lock.try_lock().is_ok()
    });
    if !alone {
        return Err(Error::new(
            Kind::Conflict,
            "database_in_use",
            "the database must be migrated, but another keyway process uses it: stop that one, then start this again",
        ));
    }
    run(&mut conn)?;
    lock.unlock().map_err(Error::internal)?;
    lock.lock_shared().map_err(Error::internal)?;
    Ok(lock)
}

fn postgres(database: &Database) -> Result<()> {
    let mut conn = connect(database)?;
    if !pending(&mut conn)? {
        return Ok(());
    }
    conn.execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
    let result = run(&mut conn);
    conn.execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
    result
}

fn connect(database: &Database) -> Result<Conn> {
    let options =
        Options { database: database.clone(), pool_size: 1, statement_timeout: std::time::Duration::from_secs(600) };
    Conn::open(&options).map_err(|error| {
        let public = match database {
            Database::Sqlite(path) => format!("the database {} cannot be opened", path.display()),
            Database::Postgres(_) => "the PostgreSQL server of database.url cannot be reached".to_owned(),
        };
        Error::new(Kind::Unavailable, "database_unavailable", format!("{public}: {error}")).because(error)
    })
}

/// Whether migrations are to be run.
fn pending(c: &mut Conn) -> Result<bool> {
    let (applied, known) = match c {
        Conn::Sqlite(db) => (names(db.applied_migrations())?, embedded::<diesel::sqlite::Sqlite>(&SQLITE)?),
        Conn::Pg(db) => (names(db.applied_migrations())?, embedded::<diesel::pg::Pg>(&POSTGRES)?),
    };
    if let Some(newer) = applied.iter().find(|name| !known.contains(name)) {
        return Err(Error::new(
            Kind::Conflict,
            "database_newer",
            format!("the database was migrated by a newer keyway (migration {newer}); use that version"),
        ));
    }
    Ok(applied.len() < known.len())
}

fn names(applied: diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'static>>>) -> Result<Vec<String>> {
    let applied = applied.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

fn embedded<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>> {
    let migrations: Vec<Box<dyn Migration<DB>>> =
        source.migrations().map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    Ok(migrations.iter().map(|migration| migration.name().version().as_owned().to_string()).collect())
}

/// Runs what is pending.
///
/// # Errors
/// When a migration fails; it is rolled back then.
pub fn run(c: &mut Conn) -> Result<()> {
    let done = match c {
        Conn::Sqlite(db) => db.run_pending_migrations(SQLITE).map(|_| ()),
        Conn::Pg(db) => db.run_pending_migrations(POSTGRES).map(|_| ()),
    };
    done.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))
}

/// Reverts everything; for the test that goes up, down and up.
///
/// # Errors
/// When a migration fails.
pub fn revert(c: &mut Conn) -> Result<()> {
    let done = match c {
        Conn::Sqlite(db) => db.revert_all_migrations(SQLITE).map(|_| ()),
        Conn::Pg(db) => db.revert_all_migrations(POSTGRES).map(|_| ()),
    };
    done.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))
}
