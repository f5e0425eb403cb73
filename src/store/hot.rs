//! The one query that a fetch is proved fresh by. It runs on the thread that answers the request: on SQLite by a
//! connection of that thread, on PostgreSQL by one that all requests of the thread share, one behind the other. Where
//! that cannot be had just now, `prove` says so, and the caller reads through the pool.

use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::credential::StoredStatus;
use crate::model::proof::KeyProof;
use crate::model::proof::Lookup;
use crate::model::proof::Proof;
use crate::model::proof::Stamp;
use crate::model::proof::TokenStamp;
use crate::model::proof::Versions;
use crate::store::Store;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::tokens;
use crate::store::types::At;

mod pg;
mod sqlite;

/// The columns that a proof is made of, as they are selected.
type Row = (
    (ApiKeyId, TenantId, Vec<u8>, String, Option<At>, Option<At>, Option<At>),
    (ConnectionId, String, bool, i64, At, String),
    (Option<CredentialId>, Option<String>, Option<String>, Option<i64>, Option<At>),
    (Option<i64>, Option<At>, Option<At>),
);

/// The query: which key, which connection and pin; `$joins` finds the credential. Written once for both databases.
macro_rules! proof_query {
    ($lookup:expr, |$query:ident| $joins:expr, $owner:expr) => {{
        use $crate::store::schema::api_keys;
        use $crate::store::schema::component_pins;
        use $crate::store::schema::connection_keys;
        use $crate::store::schema::connections;
        use $crate::store::schema::credentials;
        use $crate::store::schema::tokens;
        // What is looked for stands behind all joins: each join copies the ones before it, words included.
        let by_key = connection_keys::tenant_id.eq(api_keys::tenant_id);
        let pinned = component_pins::tenant_id
            .eq(connections::tenant_id)
            .and(component_pins::component.eq(connections::component));
        let $query = api_keys::table
            .inner_join(connection_keys::table.on(by_key))
            .inner_join(connections::table.on(connections::id.eq(connection_keys::connection_id)))
            .inner_join(component_pins::table.on(pinned));
        $joins
            .left_join(credentials::table.on(credentials::connection_id.eq(connections::id).and($owner)))
            .left_join(tokens::table.on(tokens::credential_id.nullable().eq(credentials::id.nullable())))
            .filter(api_keys::prefix.eq($lookup.prefix))
            .filter(connection_keys::key.eq($lookup.connection))
            .select((
                (
                    api_keys::id,
                    api_keys::tenant_id,
                    api_keys::hash,
                    api_keys::scopes,
                    api_keys::expires_at,
                    api_keys::last_used_at,
                    api_keys::revoked_at,
                ),
                (
                    connections::id,
                    connections::scope,
                    connections::is_enabled,
                    connections::version,
                    connections::updated_at,
                    component_pins::digest,
                ),
                (
                    credentials::id.nullable(),
                    credentials::name.nullable(),
                    credentials::status.nullable(),
                    credentials::version.nullable(),
                    credentials::updated_at.nullable(),
                ),
                (tokens::generation.nullable(), tokens::obtained_at.nullable(), tokens::expires_at.nullable()),
            ))
    }};
}

/// A customer's own credentials.
macro_rules! customer_query {
    ($lookup:expr, $customer:expr) => {{
        use $crate::store::schema::api_keys;
        use $crate::store::schema::customers;
        let who = customers::tenant_id.eq(api_keys::tenant_id);
        $crate::store::hot::proof_query!(
            $lookup,
            |query| query.inner_join(customers::table.on(who)),
            credentials::customer_id.eq(customers::id.nullable())
        )
        .filter(customers::external_id.eq($customer))
    }};
}

/// The organization's one credential, for a customer.
macro_rules! shared_query {
    ($lookup:expr, $customer:expr) => {{
        use $crate::store::schema::api_keys;
        use $crate::store::schema::customers;
        let who = customers::tenant_id.eq(api_keys::tenant_id);
        $crate::store::hot::proof_query!(
            $lookup,
            |query| query.inner_join(customers::table.on(who)),
            credentials::owner.eq("organization").and(credentials::customer_id.is_null())
        )
        .filter(customers::external_id.eq($customer))
    }};
}

/// The organization's or the test runner's one credential.
macro_rules! owner_query {
    ($lookup:expr, $owner:expr) => {
        $crate::store::hot::proof_query!(
            $lookup,
            |query| query,
            credentials::owner.eq($owner).and(credentials::customer_id.is_null())
        )
    };
}

pub(crate) use customer_query;
pub(crate) use owner_query;
pub(crate) use proof_query;
pub(crate) use shared_query;

impl Store {
    /// What the database holds of a credential at this moment: one row for each that could be meant, and one without a
    /// credential where there is none. Empty: the key, the connection, its pin or the customer is unknown.
    /// `None`: the hot connection is busy or being made; read through the pool.
    pub async fn prove(&self, lookup: &Lookup<'_>) -> Option<Vec<Proof>> {
        let found = if self.is_sqlite() { sqlite::prove(self, lookup) } else { pg::prove(self, lookup).await };
        found.unwrap_or_else(|error| {
            tracing::warn!(cause = ?error.source, "a hot connection failed; the pool answers instead");
            None
        })
    }
}

/// The stamp of a credential's tokens, for an answer that is made in a transaction.
pub fn token_stamp(c: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<Option<TokenStamp>> {
    let row: Option<(i64, At, Option<At>)> = on!(c, db => tokens::table
        .filter(tokens::tenant_id.eq(tenant))
        .filter(tokens::credential_id.eq(credential))
        .select((tokens::generation, tokens::obtained_at, tokens::expires_at))
        .first(db)
        .optional())?;
    Ok(row.map(|(generation, obtained_at, expires_at)| TokenStamp {
        generation,
        obtained_at: obtained_at.0,
        expires_at: expires_at.map(|at| at.0),
    }))
}

fn proof(row: Row) -> Result<Proof> {
    let (key, connection, credential, token) = row;
    let (id, tenant, hash, scopes, expires_at, last_used_at, revoked_at) = key;
    let key = KeyProof {
        id,
        hash,
        scopes,
        is_revoked: revoked_at.is_some(),
        expires_at: expires_at.map(|at| at.0),
        last_used_at: last_used_at.map(|at| at.0),
    };
    let (connection, scope, is_enabled, version, updated_at, pin) = connection;
    let connection = Stamp { id: connection, version, updated_at: updated_at.0 };
    let (credential, name, status, version, updated_at) = credential;
    let credential = match (credential, version, updated_at) {
        (Some(id), Some(version), Some(At(updated_at))) => Some(Stamp { id, version, updated_at }),
        _ => None,
    };
    let unknown = || Error::bug("a credential has an unknown status");
    let status = status.map(|word| StoredStatus::parse(&word).ok_or_else(unknown)).transpose()?;
    let tokens = match token {
        (Some(generation), Some(At(obtained_at)), end) => {
            Some(TokenStamp { generation, obtained_at, expires_at: end.map(|at| at.0) })
        }
        _ => None,
    };
    let expires_at = tokens.and_then(|tokens| tokens.expires_at);
    let versions = Versions { connection, pin, credential, tokens };
    Ok(Proof { tenant, key, scope: scope.parse()?, is_enabled, name, status, expires_at, versions })
}
