//! What a run deleted and keeps, so that taking it back brings it back as it was, ids and seals included.

use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::model::connection::Connection;
use crate::model::credential::Credential;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::store;
use crate::store::conn::Conn;

pub(super) const CONNECTION_NOUN: &str = "connection";
pub(super) const CREDENTIAL_NOUN: &str = "credential";
pub(super) const DRAFT_NOUN: &str = "draft";
pub(super) const INTEGRATION_NOUN: &str = "integration";

/// A draft that a sync replaced: a snapshot may not hold it, and never holds who edited it.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptDraft {
    pub(super) integration: String,
    pub(super) edited_by: Option<String>,
    pub(super) version: Version,
    pub(super) slots: Vec<Slot>,
}

/// An integration that a sync deleted, with all its versions.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptIntegration {
    pub(super) integration: Integration,
    pub(super) versions: Vec<(Version, Vec<Slot>)>,
}

/// Everything that a run keeps. Secrets stay sealed.
#[derive(Default)]
pub(super) struct Kept {
    /// By stable key.
    pub(super) connections: HashMap<String, Connection>,
    pub(super) credentials: HashMap<ConnectionId, Vec<Credential>>,
    /// By integration.
    pub(super) drafts: HashMap<String, KeptDraft>,
    pub(super) integrations: HashMap<String, KeptIntegration>,
}

impl Kept {
    pub(super) fn read(c: &mut Conn, tenant: TenantId, run: SyncRunId) -> Result<Self> {
        let mut kept = Self::default();
        for connection in list::<Connection>(c, tenant, run, CONNECTION_NOUN)? {
            kept.connections.insert(connection.stable_key.to_string(), connection);
        }
        for credential in list::<Credential>(c, tenant, run, CREDENTIAL_NOUN)? {
            kept.credentials.entry(credential.connection_id).or_default().push(credential);
        }
        for draft in list::<KeptDraft>(c, tenant, run, DRAFT_NOUN)? {
            kept.drafts.insert(draft.integration.clone(), draft);
        }
        for found in list::<KeptIntegration>(c, tenant, run, INTEGRATION_NOUN)? {
            kept.integrations.insert(found.integration.key.clone(), found);
        }
        Ok(kept)
    }
}

fn list<T: DeserializeOwned>(c: &mut Conn, tenant: TenantId, run: SyncRunId, noun: &str) -> Result<Vec<T>> {
    let texts = store::sync::list_pruned(c, tenant, run, noun)?;
    texts.iter().map(|text| serde_json::from_str(text).map_err(Error::internal)).collect()
}
