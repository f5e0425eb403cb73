//! The answer to a fetch, as it is sent. Everything that a runtime gets is put together in `RuntimeCredential::new`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::app::credential::fetch::Fetched;
use crate::app::view::ConnectionRef;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::proof::Versions;
use crate::model::recipe::Recipe;
use crate::model::recipe::Signing;
use crate::model::token::TokenSet;
use crate::model::values::Opened;
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
    #[schema(value_type = BTreeMap<String, Value>)]
    values: BTreeMap<String, Opened>,
    /// What requests to the third party carry; `null`: its protocol is not HTTP.
    request: Option<RequestRecipe>,
    /// Of kinds whose requests carry a token that the provider issued. The refresh token stays here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    token: Option<IssuedToken>,
    /// With `provenance=true`: where each value came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    origins: Option<BTreeMap<String, Origin>>,
}

/// Where requests go and what is put on each.
#[derive(Serialize, ToSchema)]
pub struct RequestRecipe {
    #[schema(example = "https://example-shop.myshopify.com/admin/api/2026-07")]
    base_url: String,
    /// By name.
    #[schema(value_type = BTreeMap<String, String>)]
    headers: BTreeMap<String, Zeroizing<String>>,
    /// By name.
    #[schema(value_type = BTreeMap<String, String>)]
    query: BTreeMap<String, Zeroizing<String>>,
    /// Fields that every body carries.
    #[schema(value_type = BTreeMap<String, String>)]
    body: BTreeMap<String, Zeroizing<String>>,
    /// Each request is signed besides: sign it with the values, or send it through the proxy.
    #[schema(example = "none")]
    signing: &'static str,
}

impl RequestRecipe {
    fn new(recipe: Recipe) -> Option<Self> {
        Some(Self {
            base_url: recipe.base_url?,
            headers: recipe.headers.into_iter().collect(),
            query: recipe.query.into_iter().collect(),
            body: recipe.body.into_iter().collect(),
            signing: match recipe.signing {
                Signing::None => "none",
                Signing::Oauth1(_) => "oauth1",
                Signing::AwsSigv4(_) => "aws_sigv4",
            },
        })
    }
}

/// What the provider issued, as far as requests need it.
#[derive(Serialize, ToSchema)]
pub struct IssuedToken {
    #[schema(value_type = String)]
    access_token: Zeroizing<String>,
    /// Of OAuth 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false)]
    token_secret: Option<Zeroizing<String>>,
    /// `null`: no known end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// `null`: the provider did not say.
    granted_scopes: Option<BTreeSet<String>>,
    /// Values that came with the token, by the name under which the manifest keeps them.
    #[schema(value_type = BTreeMap<String, String>)]
    kept: BTreeMap<String, Zeroizing<String>>,
}

impl IssuedToken {
    fn new(tokens: TokenSet) -> Self {
        let TokenSet { access_token, token_secret, expires_at, granted_scopes, kept, .. } = tokens;
        Self { access_token, token_secret, expires_at, granted_scopes, kept }
    }
}

impl RuntimeCredential {
    /// # Errors
    /// `credential_pending`, and values that cannot stand where the manifest puts them.
    fn new(fetched: Fetched, with_provenance: bool) -> Result<Self> {
        let kind = fetched.described.kind()?;
        let recipe = match kind.base_url {
            Some(_) => RequestRecipe::new(Recipe::of(kind, &fetched.fill, fetched.tokens.as_ref())?),
            None => None,
        };
        let connection = fetched.described.connection;
        let origins = fetched.values.iter().map(|(key, (_, origin))| (key.clone(), *origin)).collect();
        Ok(Self {
            connection: ConnectionRef { id: connection.id, stable_key: connection.stable_key },
            component: connection.component,
            connection_type: connection.connection_type,
            credential_id: fetched.credential.map(|credential| credential.id),
            values: fetched.values.into_iter().map(|(key, (value, _))| (key, value)).collect(),
            request: recipe,
            token: fetched.tokens.map(IssuedToken::new),
            origins: with_provenance.then_some(origins),
        })
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
        let answer = RuntimeCredential::new(fetched, with_provenance)?;
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
