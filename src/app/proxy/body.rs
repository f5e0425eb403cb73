//! The caller's body: kept whole while it is small, else passed on piece by piece and counted. Whoever stops sending, or
//! sends too much, is told apart from a third party that fails.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::app::proxy::KEPT_BYTES;
use crate::app::proxy::Rules;
use crate::app::proxy::SIGNED_BYTES;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::http::Unanswered;
use crate::model::http::stream::Incoming;

pub(super) enum Body {
    /// Whole; nothing when there is none.
    Kept(Option<Zeroizing<Vec<u8>>>),
    /// On its way, and its length when it is known.
    Passing(Incoming, Option<u64>),
}

/// Reads a body as far as it is kept. `is_needed`: the request cannot be made without all of it.
pub(super) async fn take(body: Option<Incoming>, length: Option<u64>, is_needed: bool, rules: Rules) -> Result<Body> {
    let Some(mut incoming) = body else { return Ok(Body::Kept(None)) };
    if length.is_some_and(|length| length > rules.body_limit_bytes) {
        return Err(too_large(rules.body_limit_bytes));
    }
    let most = if is_needed { SIGNED_BYTES } else { KEPT_BYTES };
    if length.is_some_and(|length| length > most as u64) {
        return if is_needed { Err(too_large_to_sign()) } else { Ok(Body::Passing(incoming, length)) };
    }
    let mut kept = Zeroizing::new(Vec::new());
    loop {
        let chunk = match timeout(rules.idle, incoming.next()).await {
            Err(_elapsed) => return Err(incomplete()),
            Ok(None) => break,
            Ok(Some(chunk)) => chunk.map_err(|error| incomplete().because(error))?,
        };
        kept.extend_from_slice(&chunk);
        if kept.len() as u64 > rules.body_limit_bytes {
            return Err(too_large(rules.body_limit_bytes));
        }
        if kept.len() > most {
            if is_needed {
                return Err(too_large_to_sign());
            }
            let first = stream::iter([Ok(Bytes::from_owner(kept))]);
            return Ok(Body::Passing(Box::pin(first.chain(incoming)), length));
        }
    }
    Ok(Body::Kept(Some(kept).filter(|kept| !kept.is_empty())))
}

/// A kept body as it is sent.
pub(super) fn whole(body: Zeroizing<Vec<u8>>) -> Incoming {
    Box::pin(stream::iter([Ok(Bytes::from_owner(body))]))
}

const FLOWING: u8 = 0;
const WAITING: u8 = 1;
const BROKEN: u8 = 2;
const TOO_LARGE: u8 = 3;

/// What is known of a body while it passes.
#[derive(Clone, Default)]
pub(super) struct Watch {
    state: Arc<AtomicU8>,
}

impl Watch {
    /// Counts a body as it passes.
    pub(super) fn over(&self, incoming: Incoming, limit: u64) -> Incoming {
        let watch = self.clone();
        Box::pin(stream::unfold((incoming, 0), move |(mut incoming, passed)| {
            let watch = watch.clone();
            async move {
                watch.set(WAITING);
                let chunk = incoming.next().await;
                watch.set(FLOWING);
                match chunk? {
                    Err(error) => {
                        watch.set(BROKEN);
                        Some((Err(error), (incoming, passed)))
                    }
                    Ok(chunk) if passed + chunk.len() as u64 > limit => {
                        watch.set(TOO_LARGE);
                        Some((Err(io::Error::other("longer than the limit")), (incoming, passed)))
                    }
                    Ok(chunk) => {
                        let passed = passed + chunk.len() as u64;
                        Some((Ok(chunk), (incoming, passed)))
                    }
                }
            }
        }))
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }

    /// The caller's own fault in a request that was not answered.
    pub(super) fn fault(&self, why: &Unanswered, rules: Rules) -> Option<Error> {
        match self.state.load(Ordering::SeqCst) {
            TOO_LARGE => Some(too_large(rules.body_limit_bytes)),
            BROKEN => Some(incomplete()),
            WAITING if matches!(why, Unanswered::TimedOut(_)) => Some(incomplete()),
            _ => None,
        }
    }
}

fn incomplete() -> Error {
    Error::malformed("incomplete_body", "the body did not arrive in time, or not whole")
}

fn too_large(limit: u64) -> Error {
    Error::new(
        Kind::TooLarge,
        "body_too_large",
        format!("the body is larger than {limit} bytes (proxy.body_limit_bytes)"),
    )
}

fn too_large_to_sign() -> Error {
    let message = format!(
        "requests of this connection are signed with their body, or something is added to it, so it may have at most {SIGNED_BYTES} bytes"
    );
    Error::new(Kind::TooLarge, "body_too_large", message)
}
