//! The hot query on PostgreSQL: one connection for each thread, whose requests go out one behind the other without
//! waiting for each other's answers. It is made when it is first asked for and again when it breaks; the pool answers
//! meanwhile. What is asked at the same time is asked together.

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
use crate::store::hot::pg::batch::Batch;
use crate::store::hot::shared_query;
use crate::store::tls;
use crate::store::types::At;

/// An answer that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// After a connection could not be made, the pool answers for this long.
const PAUSE: Duration = Duration::from_secs(1);
/// Every step is a look-up of few rows by an index. Plans that read tables whole may win while the tables are small, and
/// would be kept when they have grown.
const PLANS: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off \
                     -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off";

mod batch;

/// A connection with its queries.
struct Hot {
    client: Rc<Client>,
    customer: Rc<Batch>,
    shared: Rc<Batch>,
    owner: Rc<Batch>,
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
    // PostgreSQL keeps it in no text: the pool says what it says of it, and nobody else's question suffers.
    if lookup.words().any(|word| word.contains('\0')) {
        return Ok(None);
    }
    let Some(hot) = connection(store).await? else { return Ok(None) };
    let found = match tokio::time::timeout(PATIENCE, hot.load(lookup)).await {
        Ok(Some(Ok(found))) => return Ok(Some(found)),
        Ok(Some(Err(error))) => Err(error),
        Ok(None) => Ok(None),
        Err(late) => Err(Error::internal(late)),
    };
    close(store, &hot);
    found
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
        let client = Rc::new(client);
        let any = |owner| Lookup { prefix: "", connection: "", owner };
        let prepare = async |owner, words| Batch::prepare(&client, &text(any(owner))?, words).await.map(Rc::new);
        let customer = prepare(LookupOwner::Customer(""), 3).await?;
        let shared = prepare(LookupOwner::Shared(""), 4).await?;
        let owner = prepare(LookupOwner::Test, 3).await?;
        Ok(Self { client, customer, shared, owner })
    }

    async fn load(&self, lookup: &Lookup<'_>) -> Option<Result<Vec<Proof>>> {
        let Lookup { prefix, connection, owner } = *lookup;
        // In the order in which the text of the query names them.
        let (batch, words) = match owner {
            LookupOwner::Customer(customer) => (&self.customer, vec![prefix, connection, customer]),
            LookupOwner::Shared(customer) => (&self.shared, vec!["organization", prefix, connection, customer]),
            LookupOwner::Organization => (&self.owner, vec!["organization", prefix, connection]),
            LookupOwner::Test => (&self.owner, vec!["test", prefix, connection]),
        };
        batch.ask(words.into_iter().map(ToOwned::to_owned).collect()).await
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

/// `from`: the column with which the proof begins.
fn read(row: &PgRow, from: usize) -> Result<Row> {
    fn at(row: &PgRow, index: usize) -> Result<Option<At>, tokio_postgres::Error> {
        Ok(row.try_get::<_, Option<Moment>>(index)?.map(|moment| At(moment.0)))
    }
    fn id<T>(row: &PgRow, index: usize, make: fn(Uuid) -> T) -> Result<T, tokio_postgres::Error> {
        Ok(make(row.try_get::<_, Id>(index)?.0))
    }
    let read = || -> Result<Option<Row>, tokio_postgres::Error> {
        let key = (
            id(row, from, ApiKeyId)?,
            id(row, from + 1, TenantId)?,
            row.try_get(from + 2)?,
            row.try_get(from + 3)?,
            at(row, from + 4)?,
            at(row, from + 5)?,
            at(row, from + 6)?,
        );
        let Some(updated_at) = at(row, from + 11)? else { return Ok(None) };
        let connection = (
            id(row, from + 7, ConnectionId)?,
            row.try_get(from + 8)?,
            row.try_get(from + 9)?,
            row.try_get(from + 10)?,
            updated_at,
            row.try_get(from + 12)?,
        );
        let credential = row.try_get::<_, Option<Id>>(from + 13)?.map(|id| CredentialId(id.0));
        let credential = (
            credential,
            row.try_get(from + 14)?,
            row.try_get(from + 15)?,
            row.try_get(from + 16)?,
            at(row, from + 17)?,
        );
        Ok(Some((key, connection, credential, (row.try_get(from + 18)?, at(row, from + 19)?, at(row, from + 20)?))))
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
