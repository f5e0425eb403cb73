//! Which client at which provider: what decides whether two connections may share a redirect URI, and whether a person
//! comes back to the same place that they were sent from.

use crate::crypto::hex;
use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::Auth;
use crate::model::fill::Fill;
use crate::model::template::Encoding;

/// A client as it is registered at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    authorize_url: String,
    token_url: String,
    client_id: String,
}

impl Registration {
    /// # Errors
    /// `wrong_kind` where no person authorizes; a value is missing or unfit.
    pub fn of(auth: &Auth, fill: &Fill) -> Result<Self> {
        let (authorize, token, client) = match auth {
            Auth::Oauth2AuthorizationCode(code) => (Some(&code.authorize_url), Some(&code.token_url), &code.client_id),
            Auth::Oauth1(oauth1) => {
                (oauth1.authorize_url.as_ref(), oauth1.access_token_url.as_ref(), &oauth1.consumer_key)
            }
            _ => (None, None, &String::new()),
        };
        let (Some(authorize), Some(token)) = (authorize, token) else {
            return Err(Error::invalid("wrong_kind", "nobody authorizes a connection of this type at a provider"));
        };
        Ok(Self {
            authorize_url: fill.url(authorize)?.into(),
            token_url: fill.url(token)?.into(),
            client_id: fill.text(client, Encoding::Plain)?.to_string(),
        })
    }

    /// What is kept of it to be compared later.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let parts = [&self.authorize_url, &self.token_url, &self.client_id];
        let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
        hex(&sha256(text.as_bytes()))
    }
}
