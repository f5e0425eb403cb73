//! The SQL types that both databases share, and how our types become them.

use std::io::Write as _;

use chrono::DateTime;
use chrono::Utc;
use diesel::backend::Backend;
use diesel::deserialize;
use diesel::deserialize::FromSql;
use diesel::deserialize::Queryable;
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::Pg;
use diesel::pg::PgValue;
use diesel::query_builder::QueryId;
use diesel::serialize;
use diesel::serialize::IsNull;
use diesel::serialize::Output;
use diesel::serialize::ToSql;
use diesel::sql_types::Nullable;
use diesel::sql_types::SingleValue;
use diesel::sql_types::SqlType;
use diesel::sql_types::Timestamptz;
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use crate::ids::ApiKeyId;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::ids::DataKeyId;
use crate::ids::EventId;
use crate::ids::FlowId;
use crate::ids::IntegrationId;
use crate::ids::LinkId;
use crate::ids::ReadId;
use crate::ids::SessionId;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::ids::TestRunId;
use crate::ids::UserId;
use crate::ids::VersionId;

/// An id: `uuid` on PostgreSQL, 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct Uid;

/// An instant: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Instant;

impl diesel::sql_types::SqlOrd for Instant {}
impl diesel::sql_types::SqlOrd for Uid {}

/// Lets a type stand in a query where an SQL type of ours is asked for.
macro_rules! expressions {
    ($sql:ty, $rust:ty) => {
        expressions!(@one $sql, $rust);
        expressions!(@one Nullable<$sql>, $rust);
    };
    (@one $sql:ty, $rust:ty) => {
        impl AsExpression<$sql> for $rust {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'expr> AsExpression<$sql> for &'expr $rust {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'expr2, 'expr> AsExpression<$sql> for &'expr2 &'expr $rust {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    };
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        expressions!(Uid, $id);

        impl<DB: Backend> ToSql<Nullable<Uid>, DB> for $id
        where
            Self: ToSql<Uid, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                <Self as ToSql<Uid, DB>>::to_sql(self, out)
            }
        }

        impl ToSql<Uid, Pg> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.0.as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<Uid, Sqlite> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(IsNull::No)
            }
        }

        impl FromSql<Uid, Pg> for $id {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.as_bytes())?))
            }
        }

        impl FromSql<Uid, Sqlite> for $id {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.read_blob())?))
            }
        }

        impl<DB, ST> Queryable<ST, DB> for $id
        where
            DB: Backend,
            ST: SingleValue,
            Self: FromSql<ST, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )*};
}

ids!(
    ApiKeyId,
    ConnectionId,
    CredentialId,
    CustomerId,
    DataKeyId,
    EventId,
    FlowId,
    IntegrationId,
    LinkId,
    ReadId,
    SessionId,
    SyncRunId,
    TenantId,
    TestRunId,
    UserId,
    VersionId
);

/// An instant in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub DateTime<Utc>);

expressions!(Instant, At);

impl<DB: Backend> ToSql<Nullable<Instant>, DB> for At
where
    Self: ToSql<Instant, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <Self as ToSql<Instant, DB>>::to_sql(self, out)
    }
}

impl<DB, ST> Queryable<ST, DB> for At
where
    DB: Backend,
    ST: SingleValue,
    Self: FromSql<ST, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <DateTime<Utc> as ToSql<Timestamptz, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<Instant, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for At {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        DateTime::from_timestamp_micros(value.read_long()).map(Self).ok_or_else(|| "an instant is out of range".into())
    }
}

diesel::define_sql_function! {
    /// Lower-case letters; only ASCII on SQLite.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
