//! What a run deleted and keeps, so that taking it back brings it back as it was, ids and seals included.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::model::connection::Connection;
use crate::model::credential::Check;
use crate::model::credential::Credential;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::store;
use crate::store::conn::Conn;
use crate::store::token::SealedTokens;

pub(super) const CALLBACK_NOUN: &str = "callback";
pub(super) const CHECK_NOUN: &str = "check";
pub(super) const CONNECTION_NOUN: &str = "connection";
pub(super) const CREDENTIAL_NOUN: &str = "credential";
pub(super) const DRAFT_NOUN: &str = "draft";
pub(super) const INTEGRATION_NOUN: &str = "integration";
pub(super) const TOKENS_NOUN: &str = "tokens";

/// Something with the id of the credential or connection that it belongs to.
#[derive(Serialize, Deserialize)]
pub(super) struct Of<I, T> {
    pub(super) id: I,
    pub(super) what: T,
}

/// The last part of a connection's redirect URI: the provider knows it.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptCallback {
    pub(super) callback_id: String,
    pub(super) created_at: Instant,
}

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
    pub(super) tokens: HashMap<CredentialId, SealedTokens>,
    pub(super) checks: HashMap<CredentialId, Check>,
    pub(super) callbacks: HashMap<ConnectionId, KeptCallback>,
    /// By integration.
    pub(super) drafts: HashMap<String, KeptDraft>,
    pub(super) integrations: HashMap<String, KeptIntegration>,
}

impl Kept {
    /// What is not over at `now`, whether the rest was forgotten already or not.
    pub(super) fn read(c: &mut Conn, (tenant, run): (TenantId, SyncRunId), now: Instant) -> Result<Self> {
        let mut rows = Rows { c, tenant, run, now };
        let connections = rows.list::<Connection>(CONNECTION_NOUN)?;
        let mut credentials: HashMap<ConnectionId, Vec<Credential>> = HashMap::new();
        for credential in rows.list::<Credential>(CREDENTIAL_NOUN)? {
            credentials.entry(credential.connection_id).or_default().push(credential);
        }
        let drafts = rows.list::<KeptDraft>(DRAFT_NOUN)?;
        let integrations = rows.list::<KeptIntegration>(INTEGRATION_NOUN)?;
        Ok(Self {
            connections: connections.into_iter().map(|found| (found.stable_key.to_string(), found)).collect(),
            credentials,
            tokens: rows.by_id(TOKENS_NOUN)?,
            checks: rows.by_id(CHECK_NOUN)?,
            callbacks: rows.by_id(CALLBACK_NOUN)?,
            drafts: drafts.into_iter().map(|draft| (draft.integration.clone(), draft)).collect(),
            integrations: integrations.into_iter().map(|found| (found.integration.key.clone(), found)).collect(),
        })
    }
}

struct Rows<'a> {
    c: &'a mut Conn,
    tenant: TenantId,
    run: SyncRunId,
    now: Instant,
}

impl Rows<'_> {
    fn list<T: DeserializeOwned>(&mut self, noun: &str) -> Result<Vec<T>> {
        let texts = store::sync::list_pruned(self.c, (self.tenant, self.run), noun, self.now)?;
        texts.iter().map(|text| serde_json::from_str(text).map_err(Error::internal)).collect()
    }

    fn by_id<I: DeserializeOwned + Eq + Hash, T: DeserializeOwned>(&mut self, noun: &str) -> Result<HashMap<I, T>> {
        Ok(self.list::<Of<I, T>>(noun)?.into_iter().map(|Of { id, what }| (id, what)).collect())
    }
}
