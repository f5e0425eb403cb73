//! The hot query on PostgreSQL: one connection for each thread, whose requests go out one behind the other without
//! waiting for each other's answers. It is made when it is first asked for and again when it breaks; the pool answers
//! meanwhile.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;
use std::time::Instant;

use chrono::DateTime;
use chrono::Utc;
use diesel::pg::Pg;
use diesel::pg::PgQueryBuilder;
use diesel::prelude::BoolExpressionMethods as _;
use diesel::prelude::ExpressionMethods as _;
use diesel::prelude::JoinOnDsl as _;
use diesel::prelude::NullableExpressionMethods as _;
use diesel::prelude::QueryDsl as _;
use diesel::query_builder::QueryBuilder as _;
use diesel::query_builder::QueryFragment;
use tokio_postgres::Client;
use tokio_postgres::Row as PgRow;
use tokio_postgres::Statement;
use tokio_postgres::types::FromSql;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::proof::Lookup;
use crate::model::proof::LookupOwner;
use crate::model::proof::Proof;
use crate::store::Database;
use crate::store::DatabaseUrl;
use crate::store::Inner;
use crate::store::Store;
use crate::store::hot::Row;
use crate::store::hot::customer_query;
use crate::store::hot::owner_query;
use crate::store::hot::proof;
use crate::store::hot::shared_query;
use crate::store::tls;
use crate::store::types::At;

/// An answer that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// After a connection could not be made, the pool answers for this long.
const PAUSE: Duration = Duration::from_secs(1);
/// The class of SQLSTATE for values that do not fit.
const DATA_EXCEPTION: &str = "22";
/// Every step is a look-up of few rows by an index. Plans that read tables whole may win while the tables are small, and
/// would be kept when they have grown.
const PLANS: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off \
                     -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off";

/// A connection with its prepared statements.
struct Hot {
    client: Client,
    customer: Statement,
    shared: Statement,
    owner: Statement,
}

enum Slot {
    Connecting,
    Open(Rc<Hot>),
    Failed(Instant),
}

thread_local! {
    // One for each store that this thread serves: a process has one, tests have more.
    static SLOTS: RefCell<Vec<(Weak<Inner>, Slot)>> = const { RefCell::new(Vec::new()) };
}

pub(super) async fn prove(store: &Store, lookup: &Lookup<'_>) -> Result<Option<Vec<Proof>>> {
    let Some(hot) = connection(store).await? else { return Ok(None) };
    let rows = match tokio::time::timeout(PATIENCE, hot.load(lookup)).await {
        Ok(Ok(rows)) => rows,
        // A word of the request that PostgreSQL keeps in no text, such as NUL: nothing is wrong with the connection.
        Ok(Err(error)) if error.code().is_some_and(|state| state.code().starts_with(DATA_EXCEPTION)) => {
            return Ok(None);
        }
        Ok(Err(error)) => {
            close(store, &hot);
            return Err(Error::internal(error));
        }
        Err(late) => {
            close(store, &hot);
            return Err(Error::internal(late));
        }
    };
    rows.iter().map(|row| read(row).and_then(proof)).collect::<Result<_>>().map(Some)
}

async fn connection(store: &Store) -> Result<Option<Rc<Hot>>> {
    let Database::Postgres(url) = &store.inner.database else { return Ok(None) };
    let is_mine = SLOTS.with_borrow_mut(|slots| {
        let slot = slots.iter_mut().find(|(kept, _)| is_of(store, kept)).map(|(_, slot)| slot);
        match slot {
            Some(Slot::Open(hot)) if !hot.client.is_closed() => Err(Some(Rc::clone(hot))),
            Some(Slot::Connecting) => Err(None),
            Some(Slot::Failed(at)) if at.elapsed() < PAUSE => Err(None),
            Some(slot) => {
                *slot = Slot::Connecting;
                Ok(())
            }
            None => {
                slots.retain(|(kept, _)| kept.strong_count() > 0);
                slots.push((Arc::downgrade(&store.inner), Slot::Connecting));
                Ok(())
            }
        }
    });
    if let Err(known) = is_mine {
        return Ok(known);
    }
    // If the request is dropped meanwhile, the guard says that nobody is connecting any more.
    let mut guard = Guard { store, slot: Some(Slot::Failed(Instant::now())) };
    let hot = Rc::new(
        tokio::time::timeout(PATIENCE, Hot::connect(url, store.inner.statement_timeout))
            .await
            .map_err(Error::internal)??,
    );
    guard.slot = Some(Slot::Open(Rc::clone(&hot)));
    Ok(Some(hot))
}

/// Puts what came of connecting in its place, whatever came of it.
struct Guard<'a> {
    store: &'a Store,
    slot: Option<Slot>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            set(self.store, slot);
        }
    }
}

fn is_of(store: &Store, kept: &Weak<Inner>) -> bool {
    std::ptr::eq(kept.as_ptr(), Arc::as_ptr(&store.inner))
}

fn set(store: &Store, new: Slot) {
    SLOTS.with_borrow_mut(|slots| {
        if let Some((_, slot)) = slots.iter_mut().find(|(kept, _)| is_of(store, kept)) {
            *slot = new;
        }
    });
}

/// Lets a broken connection go, unless another request has replaced it already.
fn close(store: &Store, broken: &Rc<Hot>) {
    SLOTS.with_borrow_mut(|slots| {
        if let Some((_, slot)) = slots.iter_mut().find(|(kept, _)| is_of(store, kept))
            && matches!(slot, Slot::Open(hot) if Rc::ptr_eq(hot, broken))
        {
            *slot = Slot::Failed(Instant::now());
        }
    });
}

impl Hot {
    async fn connect(url: &DatabaseUrl, statement_timeout: Duration) -> Result<Self> {
        let client = tls::connect_here(url, statement_timeout, PLANS).await.map_err(Error::internal)?;
        let any = |owner| Lookup { prefix: "", connection: "", owner };
        let prepare = async |text: Result<String>| client.prepare(&text?).await.map_err(Error::internal);
        let customer = prepare(text(any(LookupOwner::Customer("")))).await?;
        let shared = prepare(text(any(LookupOwner::Shared("")))).await?;
        let owner = prepare(text(any(LookupOwner::Test))).await?;
        Ok(Self { client, customer, shared, owner })
    }

    async fn load(&self, lookup: &Lookup<'_>) -> Result<Vec<PgRow>, tokio_postgres::Error> {
        let (connection, prefix) = (&lookup.connection, &lookup.prefix);
        // In the order in which the text of the query names them.
        match &lookup.owner {
            LookupOwner::Customer(customer) => self.client.query(&self.customer, &[connection, customer, prefix]).await,
            LookupOwner::Shared(customer) => {
                self.client.query(&self.shared, &[connection, customer, &"organization", prefix]).await
            }
            LookupOwner::Organization => self.client.query(&self.owner, &[connection, &"organization", prefix]).await,
            LookupOwner::Test => self.client.query(&self.owner, &[connection, &"test", prefix]).await,
        }
    }
}

/// The text of a query, with numbers for its values.
fn text(lookup: Lookup<'_>) -> Result<String> {
    fn of(query: impl QueryFragment<Pg>) -> Result<String> {
        let mut builder = PgQueryBuilder::default();
        query.to_sql(&mut builder, &Pg)?;
        Ok(builder.finish())
    }
    match lookup.owner {
        LookupOwner::Customer(customer) => of(customer_query!(lookup, customer)),
        LookupOwner::Shared(customer) => of(shared_query!(lookup, customer)),
        LookupOwner::Organization | LookupOwner::Test => of(owner_query!(lookup, "test")),
    }
}

fn read(row: &PgRow) -> Result<Row> {
    fn at(row: &PgRow, index: usize) -> Result<Option<At>, tokio_postgres::Error> {
        Ok(row.try_get::<_, Option<Moment>>(index)?.map(|moment| At(moment.0)))
    }
    fn id<T>(row: &PgRow, index: usize, make: fn(Uuid) -> T) -> Result<T, tokio_postgres::Error> {
        Ok(make(row.try_get::<_, Id>(index)?.0))
    }
    let read = || -> Result<Option<Row>, tokio_postgres::Error> {
        let key = (
            id(row, 0, ApiKeyId)?,
            id(row, 1, TenantId)?,
            row.try_get(2)?,
            row.try_get(3)?,
            at(row, 4)?,
            at(row, 5)?,
            at(row, 6)?,
        );
        let Some(updated_at) = at(row, 11)? else { return Ok(None) };
        let connection = (
            id(row, 7, ConnectionId)?,
            row.try_get(8)?,
            row.try_get(9)?,
            row.try_get(10)?,
            updated_at,
            row.try_get(12)?,
        );
        let credential = row.try_get::<_, Option<Id>>(13)?.map(|id| CredentialId(id.0));
        let credential = (credential, row.try_get(14)?, row.try_get(15)?, row.try_get(16)?, at(row, 17)?);
        Ok(Some((key, connection, credential, (row.try_get(18)?, at(row, 19)?, at(row, 20)?))))
    };
    read().map_err(Error::internal)?.ok_or_else(|| Error::bug("a connection was never written"))
}

/// `uuid` as it is sent.
struct Id(Uuid);

impl<'a> FromSql<'a> for Id {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Uuid::from_slice(raw)?))
    }

    fn accepts(sql: &Type) -> bool {
        *sql == Type::UUID
    }
}

/// `timestamptz` as it is sent: microseconds since 2000.
struct Moment(DateTime<Utc>);

impl<'a> FromSql<'a> for Moment {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        const FROM_1970_TO_2000: i64 = 946_684_800_000_000;
        let micros = i64::from_be_bytes(raw.try_into()?);
        let moment = micros.checked_add(FROM_1970_TO_2000).and_then(DateTime::from_timestamp_micros);
        moment.map(Self).ok_or_else(|| "an instant is out of range".into())
    }

    fn accepts(sql: &Type) -> bool {
        *sql == Type::TIMESTAMPTZ
    }
}
