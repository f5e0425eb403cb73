//! Where a sync comes from, as a request says it.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::sync::Source;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::model::caller::Caller;
use crate::model::sync::ConnectionContent;
use crate::model::sync::IntegrationContent;
use crate::model::sync::Pin;
use crate::model::sync::Snapshot;
use crate::model::user::label_error;
use crate::web::Options;

/// Where a sync comes from: a tenant of this deployment, or a snapshot of anywhere else.
// No `Debug`: it may hold a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyncSource, example = json!({ "tenant": "dev" }))]
pub struct From {
    /// A tenant where you may read syncs: by your role there, or by `api_key`.
    #[schema(min_length = 1, max_length = 64)]
    tenant: Option<String>,
    /// A key of that tenant with the scope `sync:read`, for callers that have no role there. Never kept.
    #[schema(max_length = 200, write_only)]
    api_key: Option<String>,
    /// What `GET /api/v1/sync/snapshot` answered elsewhere.
    #[schema(value_type = Option<SnapshotDocument>)]
    snapshot: Option<Snapshot>,
    /// What the snapshot is called in plans and histories. Absent: `snapshot`.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
}

/// A tenant's shared state.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the snapshot as it is written")]
pub struct SnapshotDocument {
    #[schema(example = "keyway.snapshot/1", pattern = "^keyway\\.snapshot/1$")]
    format: String,
    /// The version of each component that the tenant uses, by component key.
    components: BTreeMap<String, Pin>,
    /// By current stable key.
    connections: BTreeMap<String, ConnectionContent>,
    /// By integration key.
    integrations: BTreeMap<String, IntegrationContent>,
}

impl From {
    /// Finds the source, and who may read it.
    pub async fn open(self, app: &App, caller: &Caller, options: &Options) -> Result<Source> {
        match self {
            Self { tenant: Some(tenant), api_key, snapshot: None, name: None } => {
                let reader = match api_key.map(SecretString::from) {
                    None => caller.act_in(Some(&tenant))?,
                    Some(key) => match app.recognise(key.expose_secret(), options.session).await {
                        Ok(Caller::ApiKey(reader)) if reader.tenant.key == tenant => reader,
                        Err(error) if error.kind != crate::error::Kind::Unauthenticated => return Err(error),
                        _ => {
                            return Err(refused("from.api_key", "this is no API key of that tenant that is valid now"));
                        }
                    },
                };
                Ok(Source::Tenant(Box::new(reader)))
            }
            Self { tenant: None, api_key: None, snapshot: Some(snapshot), name } => {
                let name = name.unwrap_or_else(|| "snapshot".to_owned());
                if let Some(error) = Error::of_fields(label_error("from.name", &name, 120).into_iter().collect()) {
                    return Err(error);
                }
                Ok(Source::Given { name, snapshot: Arc::new(snapshot) })
            }
            _ => Err(refused("from", "name a `tenant` (with its `api_key`), or send a `snapshot` (with its `name`)")),
        }
    }
}

fn refused(field: &str, message: &str) -> Error {
    let fields = vec![FieldError::new(field, "invalid_source", message)];
    Error::of_fields(fields).unwrap_or_else(|| Error::bug("no wrong field"))
}
