//! The hot query on SQLite: a reading connection for each thread. A reader of a write-ahead log waits for nobody but for
//! a moment at its edges, so the query runs where the request is answered.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Weak;

use diesel::Connection as _;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::BoolExpressionMethods as _;
use diesel::prelude::ExpressionMethods as _;
use diesel::prelude::JoinOnDsl as _;
use diesel::prelude::NullableExpressionMethods as _;
use diesel::prelude::QueryDsl as _;
use diesel::prelude::RunQueryDsl as _;

use crate::error::Error;
use crate::error::Result;
use crate::model::proof::Lookup;
use crate::model::proof::LookupOwner;
use crate::model::proof::Proof;
use crate::store::Database;
use crate::store::Inner;
use crate::store::Store;
use crate::store::hot::Row;
use crate::store::hot::customer_query;
use crate::store::hot::owner_query;
use crate::store::hot::proof;
use crate::store::hot::shared_query;

/// A busy database is left to the pool after this long: the thread has other requests to answer.
const PATIENCE_MS: u32 = 5;

thread_local! {
    // One for each store that this thread serves: a process has one, tests have more.
    static CONNECTIONS: RefCell<Vec<(Weak<Inner>, SqliteConnection)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn prove(store: &Store, lookup: &Lookup<'_>) -> Result<Option<Vec<Proof>>> {
    let Database::Sqlite(path) = &store.inner.database else { return Ok(None) };
    CONNECTIONS.with_borrow_mut(|connections| {
        let is_ours = |kept: &Weak<Inner>| std::ptr::eq(kept.as_ptr(), std::sync::Arc::as_ptr(&store.inner));
        let index = match connections.iter().position(|(kept, _)| is_ours(kept)) {
            Some(index) => index,
            None => {
                connections.retain(|(kept, _)| kept.strong_count() > 0);
                let Ok(db) = open(path) else { return Ok(None) };
                connections.push((std::sync::Arc::downgrade(&store.inner), db));
                connections.len() - 1
            }
        };
        let rows = match load(&mut connections[index].1, lookup) {
            Ok(rows) => rows,
            Err(error) => {
                // Whatever is wrong with it, the next request begins with a new one.
                connections.swap_remove(index);
                let error = Error::from(error);
                return if error.code == "database_busy" { Ok(None) } else { Err(error) };
            }
        };
        rows.into_iter().map(proof).collect::<Result<_>>().map(Some)
    })
}

fn load(db: &mut SqliteConnection, lookup: &Lookup<'_>) -> diesel::QueryResult<Vec<Row>> {
    let owner = lookup.owner;
    let lookup = Owned { prefix: lookup.prefix.to_owned(), connection: lookup.connection.to_owned() };
    match owner {
        LookupOwner::Customer(customer) => customer_query!(lookup, customer.to_owned()).load(db),
        LookupOwner::Shared(customer) => shared_query!(lookup, customer.to_owned()).load(db),
        LookupOwner::Organization => owner_query!(lookup, "organization").load(db),
        LookupOwner::Test => owner_query!(lookup, "test").load(db),
    }
}

/// The words of a look-up with no borrows: the compiler takes borrowed ones in a query of this shape for ones that live
/// for ever.
struct Owned {
    prefix: String,
    connection: String,
}

fn open(path: &Path) -> Result<SqliteConnection, diesel::result::Error> {
    let mut db = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|error| diesel::result::Error::QueryBuilderError(error.into()))?;
    // Mapped, so that a database larger than a cache is read without a system call for each page.
    db.batch_execute(&format!(
        "PRAGMA busy_timeout = {PATIENCE_MS}; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -4000; PRAGMA mmap_size = 1073741824;"
    ))?;
    Ok(db)
}
