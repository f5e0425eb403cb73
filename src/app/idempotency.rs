//! Calls that must happen once: the first one's answer is kept for a day, sealed, because a create may show a secret.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::hex;
use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::store;
use crate::store::conn::Conn;
use crate::store::idempotency::Owned;

/// How long an answer is kept.
const KEEP: TimeDelta = TimeDelta::hours(24);
/// A call that is under way for longer was cut off by a crash: another one may begin.
const ABANDONED: TimeDelta = TimeDelta::minutes(15);

/// A call that carries a key.
#[derive(Clone)]
pub struct Call {
    owned: Owned,
    digest: String,
}

/// An answer as it is kept and given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What is known of a call that begins.
pub enum Begun {
    First,
    Answered(Answer),
    UnderWay,
}

impl Call {
    /// `target` is what is called: method and address.
    #[must_use]
    pub fn new(actor: &Actor, key: &str, target: &str, body: &[u8]) -> Self {
        let digest = sha256(&[&sha256(target.as_bytes())[..], body].concat());
        let owned = Owned { tenant: actor.tenant.id, actor: actor.identity(), key: key.to_owned() };
        Self { owned, digest: hex(&digest) }
    }

    /// The row has no id of its own: this one binds the seal to its key.
    fn row(&self) -> Uuid {
        let name = format!("{}\0{}\0{}", self.owned.tenant, self.owned.actor, self.owned.key);
        let mut id = [0; 16];
        id.copy_from_slice(&sha256(name.as_bytes())[..16]);
        Uuid::from_bytes(id)
    }
}

impl App {
    /// Begins a call; only one of several with the same key is the first.
    ///
    /// # Errors
    /// `idempotency_key_reused` when the key came with another request before.
    pub(crate) async fn begin_once(&self, call: &Call) -> Result<Begun> {
        let now = self.clock().now();
        let (app, call) = (self.clone(), call.clone());
        self.store()
            .write(move |tx| {
                store::idempotency::delete_older(tx, call.owned.tenant, now - KEEP)?;
                if store::idempotency::reserve(tx, &call.owned, &call.digest, now)? {
                    return Ok(Begun::First);
                }
                app.known(tx, &call, now)
            })
            .await
    }

    fn known(&self, tx: &mut Conn, call: &Call, now: Instant) -> Result<Begun> {
        let Call { owned, digest } = call;
        // Another transaction may have given it back in between.
        let Some(kept) = store::idempotency::find(tx, owned)? else { return Ok(Begun::UnderWay) };
        if kept.request_digest != *digest {
            return Err(Error::invalid(
                "idempotency_key_reused",
                "this `Idempotency-Key` came with another request before; use a new one",
            ));
        }
        if kept.status != 0 {
            let keys = self.keys(tx, owned.tenant)?;
            return Ok(Begun::Answered(keys.unseal("idempotency_keys", call.row(), "body", &kept.sealed)?));
        }
        if now - kept.created_at < ABANDONED {
            return Ok(Begun::UnderWay);
        }
        store::idempotency::delete(tx, owned)?;
        let is_first = store::idempotency::reserve(tx, owned, digest, now)?;
        Ok(if is_first { Begun::First } else { Begun::UnderWay })
    }

    /// Keeps the answer of a call that was the first.
    pub(crate) async fn finish_once(&self, call: &Call, answer: &Answer) -> Result<()> {
        let (app, owned, row, answer) = (self.clone(), call.owned.clone(), call.row(), answer.clone());
        self.store()
            .write(move |tx| {
                let sealed = app.keys(tx, owned.tenant)?.seal("idempotency_keys", row, "body", &answer)?;
                store::idempotency::keep(tx, &owned, answer.status, &sealed)
            })
            .await
    }

    /// Gives the key of a failed call back.
    pub(crate) async fn forget_once(&self, call: &Call) {
        let owned = call.owned.clone();
        if let Err(error) = self.store().write(move |tx| store::idempotency::delete(tx, &owned)).await {
            tracing::warn!(error = ?error.source, "the idempotency key of a failed call could not be given back");
        }
    }
}
