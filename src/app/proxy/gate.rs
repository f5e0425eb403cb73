//! How many requests are under way through each connection: one connection's slow third party is not to take what the
//! others need. Each process counts on its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::ids::ConnectionId;
use crate::model::http::stream::Outgoing;

/// Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    inside: Arc<Mutex<HashMap<ConnectionId, usize>>>,
}

/// One request under way; it is over when this is dropped.
pub(crate) struct Pass {
    gate: Gate,
    connection: ConnectionId,
}

impl Gate {
    /// `None`: so many are under way already.
    pub(crate) fn enter(&self, connection: ConnectionId, most: usize) -> Option<Pass> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.entry(connection).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Pass { gate: self.clone(), connection })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = inside.get_mut(&self.connection) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.connection);
            }
        }
    }
}

/// An answer is under way until its body has passed or is given up.
pub(super) fn held(body: Outgoing, pass: Pass) -> Outgoing {
    Box::pin(stream::unfold((body, pass), |(mut body, pass)| async move {
        let item = body.next().await?;
        Some((item, (body, pass)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_has_its_own_places_and_gives_them_back() {
        let (gate, one, other) = (Gate::default(), ConnectionId::new(), ConnectionId::new());
        let first = gate.enter(one, 2).unwrap();
        let _second = gate.enter(one, 2).unwrap();
        assert!(gate.clone().enter(one, 2).is_none());
        assert!(gate.enter(other, 2).is_some());
        drop(first);
        assert!(gate.enter(one, 2).is_some());
        assert_eq!(gate.inside.lock().unwrap().len(), 1);
    }
}
