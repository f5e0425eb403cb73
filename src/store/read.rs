//! Reads of credentials. A row holds what one API key read of one connection in one second, up to a thousand credentials
//! packed together: a row for each would be a write for nearly every call.

use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::prelude::Insertable;
use uuid::Uuid;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::ReadId;
use crate::ids::TenantId;
use crate::model::read::Position;
use crate::model::read::Read;
use crate::model::read::Reader;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::api_keys;
use crate::store::schema::credential_reads;
use crate::store::types::At;

/// Credentials in one row.
const ROW: usize = 1000;
/// Bytes of one credential in a row: its id (zeros: none), and how often, both as big-endian numbers.
const ENTRY: usize = 16 + 4;

/// What is read together: the second first, so that rows are made in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Since 1970.
    pub second: i64,
    pub tenant: TenantId,
    pub api_key: ApiKeyId,
    pub connection: ConnectionId,
}

/// What one API key read of one connection in one second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub place: Place,
    pub reads: Vec<(Option<CredentialId>, u32)>,
}

#[derive(Insertable)]
#[diesel(table_name = credential_reads)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: ReadId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    api_key_id: ApiKeyId,
    at: At,
    reads: i64,
    credentials: Vec<u8>,
}

pub fn insert_all(c: &mut Conn, batches: &[Batch]) -> Result<()> {
    let mut rows = Vec::new();
    for Batch { place, reads } in batches {
        let at = chrono::DateTime::from_timestamp(place.second, 0).ok_or_else(|| Error::bug("a second out of time"))?;
        rows.extend(reads.chunks(ROW).map(|reads| Row {
            id: ReadId::new(),
            tenant_id: place.tenant,
            connection_id: place.connection,
            api_key_id: place.api_key,
            at: At(at),
            reads: reads.iter().map(|(_, reads)| i64::from(*reads)).sum(),
            credentials: pack(reads),
        }));
    }
    for chunk in rows.chunks(1000) {
        on!(c, db => diesel::insert_into(credential_reads::table).values(chunk).execute(db))?;
    }
    Ok(())
}

/// The newest rows first, at most `limit` entries, after `after`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    connection: ConnectionId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<(Position, Read)>> {
    // Every row has an entry, so there is no need for more rows than entries.
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows: Vec<(ReadId, ApiKeyId, String, At, Vec<u8>)> = on!(c, db => {
        let mut query = credential_reads::table
            .inner_join(api_keys::table.on(api_keys::id.eq(credential_reads::api_key_id)))
            .filter(credential_reads::tenant_id.eq(tenant))
            .filter(credential_reads::connection_id.eq(connection))
            .order(credential_reads::id.desc())
            .limit(most)
            .select((
                credential_reads::id,
                credential_reads::api_key_id,
                api_keys::name,
                credential_reads::at,
                credential_reads::credentials,
            ))
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(credential_reads::id.le(after.batch));
        }
        query.load(db)
    })?;
    let mut found = Vec::new();
    for (row, id, name, at, packed) in rows {
        let done = after.filter(|after| after.batch == row).map_or(0, |after| after.entry + 1);
        for (entry, (credential_id, reads)) in unpack(&packed).enumerate().skip(done).take(limit - found.len()) {
            let api_key = Reader { id, name: name.clone() };
            found.push((Position { batch: row, entry }, Read { at: at.0, api_key, credential_id, reads }));
        }
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// Forgets at most `limit` rows that are older, the oldest first; how many there were.
pub fn purge(c: &mut Conn, before: Instant, limit: i64) -> Result<usize> {
    let old: Vec<ReadId> = on!(c, db => credential_reads::table
        .filter(credential_reads::at.lt(At(before)))
        .order(credential_reads::at)
        .limit(limit)
        .select(credential_reads::id)
        .load(db))?;
    Ok(on!(c, db => diesel::delete(credential_reads::table)
        .filter(credential_reads::id.eq_any(&old))
        .execute(db))?)
}

fn pack(reads: &[(Option<CredentialId>, u32)]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(reads.len() * ENTRY);
    for (credential, reads) in reads {
        packed.extend_from_slice(credential.map_or(Uuid::nil(), |credential| credential.0).as_bytes());
        packed.extend_from_slice(&reads.to_be_bytes());
    }
    packed
}

fn unpack(packed: &[u8]) -> impl Iterator<Item = (Option<CredentialId>, u32)> {
    packed.as_chunks::<ENTRY>().0.iter().map(|entry| {
        let number = u128::from_be_bytes(std::array::from_fn(|index| entry[index]));
        let reads = u32::from_be_bytes(std::array::from_fn(|index| entry[16 + index]));
        ((number != 0).then(|| CredentialId(Uuid::from_u128(number))), reads)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let reads = [(None, 1), (Some(CredentialId::new()), 2), (Some(CredentialId::new()), u32::MAX)];
        assert_eq!(unpack(&pack(&reads)).collect::<Vec<_>>(), reads);
        assert_eq!(unpack(&[]).count(), 0);
    }
}
