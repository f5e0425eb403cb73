//! All SQL. One file per noun; every function takes the connection, then the tenant, then the rest.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::Pool;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use conn::Conn;
use conn::Manager;
use conn::Watch;

pub mod api_key;
pub mod attempt;
pub mod attention;
pub mod audit;
pub mod callback;
pub mod check;
pub mod component;
pub mod conn;
pub mod connection;
pub mod credential;
pub mod customer;
pub mod dialect;
pub mod flow;
pub mod history;
pub mod hot;
pub mod idempotency;
pub mod integration;
pub mod lease;
pub mod link;
pub mod migrate;
pub mod purge;
pub mod read;
pub mod redirect_url;
pub mod schema;
pub mod search;
pub mod session;
pub mod slot;
pub mod sync;
pub mod tenant;
pub mod test_run;
mod tls;
pub mod token;
pub mod types;
pub mod usage;
pub mod user;

/// Which database, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    pub database: Database,
    /// Connections for reads; writes use one on SQLite, the same pool on PostgreSQL.
    pub pool_size: u32,
    /// A statement that runs longer is stopped (PostgreSQL).
    pub statement_timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded database: one file.
    Sqlite(PathBuf),
    /// `postgres://…`; holds a password, so it is never shown.
    Postgres(DatabaseUrl),
}

/// A URL with a password in it. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("postgres://…")
    }
}

/// The database: a pool to read from and a pool to write to.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    reads: Pool<Manager>,
    writes: Pool<Manager>,
    is_sqlite: bool,
    // For the connections that the hot query opens for each thread.
    database: Database,
    statement_timeout: Duration,
    // Held while the process lives: migrating needs it alone.
    _in_use: Option<std::fs::File>,
}

impl Store {
    /// Opens the database, bringing it to the newest migration first. Blocks.
    ///
    /// # Errors
    /// When the database cannot be reached, or is newer than this program.
    pub fn open(options: &Options) -> Result<Self> {
        Self::open_with(options, None)
    }

    /// As `open`, and every statement is seen: tests fail them one by one.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open_watched(options: &Options, watch: Watch) -> Result<Self> {
        Self::open_with(options, Some(watch))
    }

    fn open_with(options: &Options, watch: Option<Watch>) -> Result<Self> {
        let in_use = migrate::prepare(&options.database)?;
        let manager = Manager::new(options, watch);
        let is_sqlite = matches!(options.database, Database::Sqlite(_));
        let reads = pool(manager.clone(), options.pool_size)?;
        // Two writers on SQLite would fail each other; one never waits for itself.
        let writes = if is_sqlite { pool(manager, 1)? } else { reads.clone() };
        let (database, statement_timeout) = (options.database.clone(), options.statement_timeout);
        let inner = Inner { reads, writes, is_sqlite, database, statement_timeout, _in_use: in_use };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs `f` in one read-only transaction: everything it reads is of one moment.
    ///
    /// # Errors
    /// Those of `f`; `unavailable` when no connection is free in time.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let pool = self.inner.reads.clone();
        blocking(move || pool.get().map_err(no_connection)?.read_transaction(f)).await
    }

    /// Runs `f` in one transaction: commits on `Ok`, rolls back on `Err` and on panic.
    ///
    /// # Errors
    /// Those of `f`; `unavailable` when no connection is free in time.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let pool = self.inner.writes.clone();
        blocking(move || pool.get().map_err(no_connection)?.write_transaction(f)).await
    }

    /// As `write`, but `f` also says whether to commit: to see what something would do, or to tell of a refusal in full.
    ///
    /// # Errors
    /// Those of `f`; `unavailable` when no connection is free in time.
    pub async fn write_if<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<(bool, T)> + Send + 'static,
    ) -> Result<T> {
        let pool = self.inner.writes.clone();
        blocking(move || pool.get().map_err(no_connection)?.write_transaction_if(f)).await
    }

    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.inner.is_sqlite
    }
}

fn pool(manager: Manager, size: u32) -> Result<Pool<Manager>> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        // A check costs a tenth of the throughput; a broken connection is seen by its first error.
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(10))
        .error_handler(Box::new(conn::LogErrors))
        .build(manager)
        .map_err(no_connection)
}

fn no_connection(error: diesel::r2d2::PoolError) -> Error {
    Error::new(Kind::Unavailable, "database_unavailable", "the database cannot be reached; try again").because(error)
}

/// Database work blocks, so it runs on the blocking threads. A panic in it becomes an error of ours.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(Error::internal(stopped)),
    }
}
