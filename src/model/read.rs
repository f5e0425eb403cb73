//! Who was given which credential, and when.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ApiKeyId;
use crate::ids::CredentialId;
use crate::ids::ReadId;

/// The reads of one credential by one API key in one second, on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CredentialRead)]
pub struct Read {
    /// The second.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    pub api_key: Reader,
    /// `null`: the connection's values were enough, without a credential.
    #[schema(value_type = Option<String>, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub credential_id: Option<CredentialId>,
    #[schema(minimum = 1)]
    pub reads: u32,
}

/// A place in the list of reads: a batch that was written, and an entry of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub batch: ReadId,
    pub entry: usize,
}

/// The API key that read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reader {
    #[schema(value_type = String, example = "key_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: ApiKeyId,
    pub name: String,
}
