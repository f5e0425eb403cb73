//! Answers that were made before, bounded in bytes. One is given again only when it was made of the versions that the
//! database holds at this moment; a newer one takes the place of the older, which is wiped.

use std::collections::hash_map::RandomState;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use quick_cache::sync::DefaultLifecycle;

use crate::app::credential::answer::Answer;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::model::proof::Versions;
use crate::model::values::OwnerKind;

/// Which answer, whatever it was made of.
type Subject = (ConnectionId, Option<CredentialId>, OwnerKind, bool);

/// What an answer weighs besides its body: its versions, its key and its place in the tables.
const OVERHEAD: u64 = 400;
/// Typical weight of an answer, to size the tables by.
const TYPICAL: u64 = 1024;

pub(in crate::app) struct Answers(Cache<Subject, Answer, Bytes, RandomState>);

#[derive(Clone)]
struct Bytes;

impl Weighter<Subject, Answer> for Bytes {
    fn weight(&self, _: &Subject, answer: &Answer) -> u64 {
        OVERHEAD + answer.as_ref().len() as u64
    }
}

impl Answers {
    /// Keeps at most so many bytes; 0: nothing.
    pub(in crate::app) fn new(capacity_bytes: u64) -> Self {
        let typical = usize::try_from(capacity_bytes / TYPICAL).unwrap_or(usize::MAX);
        // Tables grow with what is kept: a server at rest holds none.
        let items = typical.min(1024);
        Self(Cache::with(items, capacity_bytes, Bytes, RandomState::default(), DefaultLifecycle::default()))
    }

    pub(super) fn get(&self, versions: &Versions, owner: OwnerKind, with_provenance: bool) -> Option<Answer> {
        let answer = self.0.get(&subject(versions, owner, with_provenance))?;
        (answer.versions() == Some(versions)).then_some(answer)
    }

    pub(super) fn keep(&self, answer: &Answer, with_provenance: bool) {
        if let Some(versions) = answer.versions() {
            self.0.insert(subject(versions, answer.owner(), with_provenance), answer.clone());
        }
    }

    /// How many bytes are kept.
    pub(in crate::app) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}

fn subject(versions: &Versions, owner: OwnerKind, with_provenance: bool) -> Subject {
    let credential = versions.credential.map(|credential| credential.id);
    (versions.connection.id, credential, owner, with_provenance)
}
