//! Tokens that come from elsewhere: customers who authorized at a provider before need not do it again here.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::app::App;
use crate::app::By;
use crate::app::credential::Held;
use crate::app::credential::require_rank;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::credential::StoredStatus;
use crate::model::oauth::renew;
use crate::model::token::TokenSet;
use crate::store;

/// What a provider issued to another system for the same client. No `Debug`.
pub struct GivenTokens {
    pub access_token: Zeroizing<String>,
    pub refresh_token: Option<Zeroizing<String>>,
    /// Of OAuth 1.
    pub token_secret: Option<Zeroizing<String>>,
    /// Absent: no known end.
    pub expires_at: Option<Instant>,
    pub granted_scopes: Option<BTreeSet<String>>,
    /// Values that the manifest keeps from the provider's replies.
    pub kept: BTreeMap<String, Zeroizing<String>>,
}

impl App {
    /// Puts tokens in place of those that are there. They are used and renewed like ones that were issued here.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`; `no_tokens` for a connection type whose requests carry none,
    /// `unknown_kept_value` for a name that its manifest does not keep.
    pub async fn give_tokens(
        &self,
        actor: Actor,
        id: CredentialId,
        expected_version: Option<i64>,
        given: GivenTokens,
    ) -> Result<Held> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let Held { described, mut credential } = app.held(tx, tenant, id)?;
                require_rank(&actor, credential.owner)?;
                if expected_version.is_some_and(|version| version != credential.version) {
                    return Err(store::connection::version_mismatch());
                }
                let auth = &described.kind()?.auth;
                if !(renew::obtains_tokens(auth) || auth.needs_consent()) {
                    let message = "requests of this connection type carry no token that a provider issues";
                    return Err(Error::invalid("no_tokens", message));
                }
                let known = [auth.kept_from_replies(), auth.kept_from_callback()].concat();
                if let Some(name) = given.kept.keys().find(|name| !known.contains(&name.as_str())) {
                    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                    let message = format!("the manifest keeps no value `{name}`; it keeps {known}");
                    return Err(Error::invalid("unknown_kept_value", message));
                }
                let tokens = given.into_tokens();
                let generation = store::token::find(tx, tenant, id)?.map_or(0, |row| row.generation);
                if !app.put_tokens(tx, (tenant, id), (generation, &tokens), (auth, now))? {
                    return Err(store::connection::version_mismatch());
                }
                store::lease::reset(tx, tenant, id)?;
                if credential.status != StoredStatus::Disabled {
                    credential.status = StoredStatus::Active;
                }
                store::credential::update(tx, tenant, &credential, now)?;
                credential.version += 1;
                credential.updated_at = now;
                let (by, what) = (By::new(&actor, now), ("credential.tokens_given", &[][..]));
                let held = Held { described, credential };
                app.record_credential(tx, by, &held, what)?;
                Ok(held)
            })
            .await
    }
}

impl GivenTokens {
    fn into_tokens(self) -> TokenSet {
        TokenSet {
            access_token: self.access_token,
            token_secret: self.token_secret,
            refresh_token: self.refresh_token,
            expires_at: self.expires_at,
            refresh_expires_at: None,
            granted_scopes: self.granted_scopes,
            kept: self.kept,
            bound_to: Vec::new(),
        }
    }
}
