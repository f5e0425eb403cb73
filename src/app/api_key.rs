//! API keys: made with some of what their maker holds, shown once, revoked.

use std::collections::BTreeSet;

use serde_json::json;
use zeroize::Zeroizing;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::token;
use crate::crypto::token::TokenKind;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::model::user::ApiKey;
use crate::model::user::label_error;
use crate::store;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: BTreeSet<Permission>,
    /// Absent: never.
    pub expires_at: Option<Instant>,
}

/// A key that was made; its text is shown once.
pub struct CreatedApiKey {
    pub api_key: ApiKey,
    pub token: Zeroizing<String>,
}

impl App {
    /// Makes a key for the actor's tenant.
    ///
    /// # Errors
    /// `forbidden`, `scope_not_grantable`, `invalid_fields`.
    pub async fn create_api_key(&self, actor: Actor, new: NewApiKey) -> Result<CreatedApiKey> {
        actor.require(Permission::ApiKeysWrite)?;
        if let Some(scope) = new.scopes.iter().find(|scope| !actor.may_issue(**scope)) {
            let public = format!("you cannot make a key with the scope `{scope}`: you do not hold it yourself");
            return Err(Error::forbidden("scope_not_grantable", public));
        }
        let now = self.clock().now();
        check(&new, now)?;
        let issued = token::issue(TokenKind::ApiKey)?;
        let api_key = ApiKey {
            id: ApiKeyId::new(),
            name: new.name.trim().to_owned(),
            prefix: issued.prefix,
            scopes: new.scopes,
            created_by: actor.name(),
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let (hash, token) = (issued.hash, issued.text);
        self.store()
            .write(move |tx| {
                store::api_key::insert(tx, actor.tenant.id, &api_key, &hash)?;
                let detail = json!({ "id": api_key.id, "scopes": api_key.scopes, "expires_at": api_key.expires_at });
                let event = Event::new("api_key.created", &api_key.name, detail);
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
                Ok(CreatedApiKey { api_key, token })
            })
            .await
    }

    /// The keys of the actor's tenant, the revoked ones too.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_api_keys(&self, actor: Actor, page: PageRequest<ApiKeyId>) -> Result<Page<ApiKey, ApiKeyId>> {
        actor.require(Permission::ApiKeysRead)?;
        self.store().read(move |c| store::api_key::list(c, actor.tenant.id, &page)).await
    }

    /// Revokes a key at once and for good. Revoking it again changes nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn revoke_api_key(&self, actor: Actor, id: ApiKeyId) -> Result<()> {
        actor.require(Permission::ApiKeysWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                let key = store::api_key::find(tx, actor.tenant.id, id)?;
                let key = key.ok_or_else(|| Error::not_found("API key", id))?;
                if key.revoked_at.is_some() {
                    return Ok(());
                }
                store::api_key::revoke(tx, actor.tenant.id, id, now)?;
                let event = Event::new("api_key.revoked", &key.name, json!({ "id": id }));
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)
            })
            .await
    }
}

fn check(new: &NewApiKey, now: Instant) -> Result<()> {
    let mut wrong = Vec::from_iter(label_error("name", &new.name, 120));
    if new.scopes.is_empty() {
        wrong.push(FieldError::new("scopes", "required", "a key has at least one scope"));
    }
    if new.expires_at.is_some_and(|expires_at| expires_at <= now) {
        wrong.push(FieldError::new("expires_at", "past", "a key expires in the future"));
    }
    Error::of_fields(wrong).map_or(Ok(()), Err)
}
