//! Who was given which credential: counted in memory as it happens, written once a second and when the server stops.
//! What a killed process had not written yet is lost: at most a second of it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::TimeDelta;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::read::Position;
use crate::model::read::Read;
use crate::store;
use crate::store::read::Batch;
use crate::store::read::Place;

/// How often what was counted is written.
const EVERY: Duration = Duration::from_secs(1);
/// The use of an API key is noted to the minute.
const USED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// More than this is not kept for a database that does not answer.
const MOST: usize = 1_000_000;
const SHARDS: usize = 16;

/// One read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reading {
    pub tenant: TenantId,
    pub api_key: ApiKeyId,
    pub connection: ConnectionId,
    /// Absent: the connection's values were enough.
    pub credential: Option<CredentialId>,
}

/// With the second in which it was.
type Counts = HashMap<(Reading, i64), u32>;

/// What was not written yet.
#[derive(Default)]
pub(super) struct Reads {
    // Several, so that threads seldom wait for each other.
    counts: [Mutex<Counts>; SHARDS],
    used: Mutex<HashMap<ApiKeyId, Instant>>,
}

struct Taken {
    counts: Counts,
    used: HashMap<ApiKeyId, Instant>,
}

impl Reads {
    fn shard(&self, reading: &Reading) -> &Mutex<Counts> {
        let id = reading.credential.map_or(reading.connection.0, |credential| credential.0);
        // The last byte of an id is random.
        &self.counts[usize::from(id.as_bytes()[15]) % SHARDS]
    }

    fn add(&self, reading: Reading, second: i64, reads: u32) {
        let mut counts = self.shard(&reading).lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((reading, second)).or_default();
        *count = count.saturating_add(reads);
    }

    fn take(&self) -> Taken {
        let mut counts = Counts::new();
        for shard in &self.counts {
            counts.extend(std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        Taken { counts, used: std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner)) }
    }

    fn put_back(&self, taken: &Taken) {
        for ((reading, second), reads) in &taken.counts {
            self.add(*reading, *second, *reads);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, at) in &taken.used {
            used.entry(*key).or_insert(*at);
        }
    }
}

impl Taken {
    /// One batch for each key, connection and second.
    fn batches(&self) -> Vec<Batch> {
        let mut batches: BTreeMap<Place, Vec<(Option<CredentialId>, u32)>> = BTreeMap::new();
        for ((reading, second), reads) in &self.counts {
            let Reading { tenant, api_key, connection, credential } = *reading;
            let place = Place { second: *second, tenant, api_key, connection };
            batches.entry(place).or_default().push((credential, *reads));
        }
        batches
            .into_iter()
            .map(|(place, mut reads)| {
                reads.sort_unstable();
                Batch { place, reads }
            })
            .collect()
    }
}

impl App {
    pub(super) fn note_read(&self, reading: Reading) {
        self.inner.reads.add(reading, self.clock().now().timestamp(), 1);
    }

    pub(super) fn note_use(&self, key: ApiKeyId, last_used_at: Option<Instant>, now: Instant) {
        if last_used_at.is_none_or(|last| now - last >= USED_EVERY) {
            self.inner.reads.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key, now);
        }
    }

    /// Writes what was counted since the last time.
    ///
    /// # Errors
    /// When the database fails; what can be written later is kept.
    pub async fn write_reads(&self) -> Result<()> {
        let taken = Arc::new(self.inner.reads.take());
        if taken.counts.is_empty() && taken.used.is_empty() {
            return Ok(());
        }
        let writing = Arc::clone(&taken);
        let written = self.store().write(move |tx| {
            store::read::insert_all(tx, &writing.batches())?;
            writing.used.iter().try_for_each(|(key, at)| store::api_key::touch(tx, *key, *at))
        });
        let Err(error) = written.await else { return Ok(()) };
        if error.kind.is_transient() && taken.counts.len() < MOST {
            self.inner.reads.put_back(&taken);
        } else {
            tracing::error!(lost = taken.counts.len(), "reads of credentials could not be recorded");
        }
        Err(error)
    }

    /// Writes what is counted, once a second and a last time when `stopped` ends.
    pub async fn write_reads_until(&self, stopped: impl Future) {
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let is_over = tokio::time::timeout(EVERY, &mut stopped).await.is_ok();
            if let Err(error) = self.write_reads().await {
                tracing::warn!(code = error.code, cause = ?error.source, "reads of credentials were not written");
            }
            if is_over {
                return;
            }
        }
    }

    /// Who was given the credentials of a connection, the newest reads first; after `after`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn list_reads(
        &self,
        actor: Actor,
        reference: String,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<(Position, Read)>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let described = app.describe(c, actor.tenant.id, &reference)?;
                store::read::list(c, actor.tenant.id, described.connection.id, after, limit)
            })
            .await
    }
}
