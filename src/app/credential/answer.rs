//! The answer to a fetch, as it is sent. Everything that a runtime gets is put together in `RuntimeCredential::new`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::app::credential::fetch::Fetched;
use crate::app::view::ConnectionRef;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::proof::Versions;
use crate::model::values::Origin;
use crate::model::values::OwnerKind;

/// A credential ready to use.
#[derive(Serialize, ToSchema)]
pub struct RuntimeCredential {
    connection: ConnectionRef,
    #[schema(example = "shopify")]
    component: String,
    #[schema(example = "oauth2")]
    connection_type: String,
    /// `null`: the owner has none, and the layers above are enough.
    #[schema(value_type = Option<String>)]
    credential_id: Option<CredentialId>,
    /// Every input that is set, by key; secrets and derived ones included.
    values: BTreeMap<String, Value>,
    /// With `provenance=true`: where each value came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    origins: Option<BTreeMap<String, Origin>>,
}

impl RuntimeCredential {
    fn new(fetched: Fetched, with_provenance: bool) -> Self {
        let connection = fetched.described.connection;
        let origins = fetched.values.iter().map(|(key, (_, origin))| (key.clone(), *origin)).collect();
        Self {
            connection: ConnectionRef { id: connection.id, stable_key: connection.stable_key },
            component: connection.component,
            connection_type: connection.connection_type,
            credential_id: fetched.credential.map(|credential| credential.id),
            values: fetched.values.into_iter().map(|(key, (value, _))| (key, value)).collect(),
            origins: with_provenance.then_some(origins),
        }
    }
}

/// A serialised answer and what it was made of. Wiped when the last one who holds it lets go. No `Debug`.
#[derive(Clone)]
pub struct Answer(Arc<Made>);

struct Made {
    versions: Option<Versions>,
    owner: OwnerKind,
    body: Zeroizing<Box<[u8]>>,
}

impl Answer {
    pub(super) fn new(mut fetched: Fetched, with_provenance: bool) -> Result<Self> {
        let (versions, owner) = (fetched.versions.take(), fetched.owner);
        let answer = RuntimeCredential::new(fetched, with_provenance);
        // With room for all of it: a buffer that grows leaves copies behind.
        let mut body = Zeroizing::new(Vec::with_capacity(16 * 1024));
        serde_json::to_writer(&mut *body, &answer).map_err(Error::internal)?;
        let body = Zeroizing::new(Box::from(body.as_slice()));
        Ok(Self(Arc::new(Made { versions, owner, body })))
    }

    /// What it was made of; absent: it cannot be proved to be right again.
    pub(super) fn versions(&self) -> Option<&Versions> {
        self.0.versions.as_ref()
    }

    pub(super) fn owner(&self) -> OwnerKind {
        self.0.owner
    }
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.0.body
    }
}
