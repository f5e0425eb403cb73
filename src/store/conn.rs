//! One connection to one of the two databases, its transactions, and the macro that gives both one query text.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::panic::resume_unwind;
use std::sync::Arc;

use diesel::Connection as _;
use diesel::SqliteConnection;
use diesel::connection::InstrumentationEvent;
use diesel::connection::SimpleConnection as _;
use diesel::r2d2::HandleError;
use diesel::r2d2::ManageConnection;
use diesel::result::DatabaseErrorKind;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::store::Database;
use crate::store::Options;
use crate::store::tls;
use crate::store::tls::PgConnection;

/// A connection to whichever database this deployment uses.
#[expect(clippy::large_enum_variant, reason = "connections live in the pool, boxed there")]
pub enum Conn {
    Sqlite(SqliteConnection),
    Pg(PgConnection),
}

/// Expands one query for each database: `on!(conn, db => query.execute(db))?`.
macro_rules! on {
    ($conn:expr, $db:ident => $query:expr) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite($db) => $query,
            $crate::store::conn::Conn::Pg($db) => $query,
        }
    };
}
pub(crate) use on;

impl Conn {
    /// # Errors
    /// When the database cannot be reached.
    pub fn open(options: &Options) -> Result<Self, diesel::ConnectionError> {
        match &options.database {
            Database::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                // FULL: what a provider was told (a spent refresh token) must not be lost with the power.
                conn.batch_execute(
                    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;",
                )
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            Database::Postgres(url) => tls::connect(url, options.statement_timeout).map(Self::Pg),
        }
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<()> {
        on!(self, db => db.batch_execute(sql)).map_err(Error::from)
    }

    pub(super) fn write_transaction<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.write_transaction_if(|c| f(c).map(|done| (true, done)))
    }

    /// Commits when `f` says so.
    pub(super) fn write_transaction_if<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<(bool, T)>) -> Result<T> {
        let begin = match self {
            // IMMEDIATE: a transaction that began as a reader could not become a writer later.
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Pg(_) => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        self.transaction(begin, f)
    }

    pub(super) fn read_transaction<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let begin = match self {
            Self::Sqlite(_) => "BEGIN DEFERRED",
            Self::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.transaction(begin, |c| f(c).map(|done| (true, done)))
    }

    fn transaction<T>(&mut self, begin: &str, f: impl FnOnce(&mut Self) -> Result<(bool, T)>) -> Result<T> {
        self.execute(begin)?;
        match catch_unwind(AssertUnwindSafe(|| f(self))) {
            Ok(Ok((true, done))) => self.execute("COMMIT").map(|()| done).inspect_err(|_| self.roll_back()),
            Ok(Ok((false, done))) => {
                self.roll_back();
                Ok(done)
            }
            Ok(Err(error)) => {
                self.roll_back();
                Err(error)
            }
            Err(panic) => {
                self.roll_back();
                resume_unwind(panic)
            }
        }
    }

    fn roll_back(&mut self) {
        if let Err(error) = self.execute("ROLLBACK") {
            tracing::debug!(error = ?error.source, "a transaction was already over");
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::Error as Db;
        let busy = "the database is busy; try again";
        match &error {
            Db::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::conflict("already_exists", "it exists already").because(error)
            }
            Db::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Self::new(Kind::Unavailable, "database_busy", busy).because(error)
            }
            Db::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => {
                Self::new(Kind::Unavailable, "database_unavailable", "the database cannot be reached; try again")
                    .because(error)
            }
            Db::DatabaseError(_, info) if info.message().contains("database is locked") => {
                Self::new(Kind::Unavailable, "database_busy", busy).because(error)
            }
            // PostgreSQL keeps no NUL in a text; nothing that we store holds one, so it came from the caller.
            Db::DatabaseError(_, info) if info.message().contains("invalid byte sequence for encoding") => {
                Self::malformed("nul_character", "the request holds a NUL character").because(error)
            }
            // A missing row must be said by the caller, so even `NotFound` is a bug here.
            _ => Self::internal(error),
        }
    }
}

/// Sees each statement before and after it runs; where it unwinds, the connection is lost as in a crash.
#[derive(Clone)]
pub struct Watch(Arc<See>);

type See = dyn Fn(Moment, &str) + Send + Sync;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

impl Watch {
    #[must_use]
    pub fn new(see: impl Fn(Moment, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    fn put_on(&self, conn: &mut Conn) {
        let Self(see) = self.clone();
        let hook = move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { query, .. } => see(Moment::Before, &query.to_string()),
            InstrumentationEvent::FinishQuery { query, .. } => see(Moment::After, &query.to_string()),
            _ => {}
        };
        on!(conn, db => db.set_instrumentation(hook));
    }
}

/// Makes connections for the pool.
#[derive(Clone)]
pub struct Manager {
    options: Options,
    watch: Option<Watch>,
}

impl Manager {
    #[must_use]
    pub fn new(options: &Options, watch: Option<Watch>) -> Self {
        Self { options: options.clone(), watch }
    }
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        let mut conn = Conn::open(&self.options).map_err(diesel::r2d2::Error::ConnectionError)?;
        if let Some(watch) = &self.watch {
            watch.put_on(&mut conn);
        }
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        on!(conn, db => db.batch_execute("SELECT 1")).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        match conn {
            Conn::Sqlite(_) => std::thread::panicking(),
            Conn::Pg(db) => std::thread::panicking() || tls::is_broken(db),
        }
    }
}

/// Pool errors go to the log with everything else; never with the database's URL.
#[derive(Debug)]
pub struct LogErrors;

impl<E: std::error::Error> HandleError<E> for LogErrors {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "a database connection could not be made");
    }
}
