//! The URL that a person is sent to (RFC 6749 section 4.1.1), as the manifest's provider wants it.

use url::Url;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::Auth;
use crate::model::component::auth::AuthorizationCode;
use crate::model::fill::Fill;
use crate::model::http::encode;
use crate::model::http::fields::Fields;
use crate::model::oauth::pkce;
use crate::model::oauth::scopes;
use crate::model::template::Encoding;

/// What one authorization is made with.
pub struct Authorization<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    /// Of PKCE; not sent itself unless the method is `plain`.
    pub verifier: &'a str,
    pub nonce: &'a str,
}

/// # Errors
/// `wrong_kind` when no person authorizes by code; a value is missing or cannot stand where it is used.
pub fn url(auth: &Auth, fill: &Fill, with: &Authorization<'_>) -> Result<Url> {
    let Auth::Oauth2AuthorizationCode(code) = auth else {
        return Err(Error::invalid("wrong_kind", "this connection type is not authorized by a person with OAuth 2.0"));
    };
    let mut url = fill.url(&code.authorize_url)?;
    let mut fields = standard(code, auth, fill, with)?;
    let mut named = fill.clone().with("redirect_uri", with.redirect_uri).with("state", with.state);
    for name in ["client_id", "scope", "code_challenge"] {
        if let Some(value) = fields.get(name) {
            named.set(name, value);
        }
    }
    named.set("nonce", with.nonce);
    named.params(&code.authorize_params, &mut fields)?;
    code.authorize_rename.iter().for_each(|(old, new)| fields.rename(old, new));
    encode::add_query(&mut url, &fields.into_vec());
    Ok(url)
}

fn standard(code: &AuthorizationCode, auth: &Auth, fill: &Fill, with: &Authorization<'_>) -> Result<Fields> {
    let mut fields = Fields::default();
    fields.put("response_type", "code");
    fields.put("client_id", fill.text(&code.client_id, Encoding::Plain)?.as_str());
    fields.put("redirect_uri", with.redirect_uri);
    let scopes = scopes(auth, fill)?;
    if !scopes.is_empty() {
        fields.put("scope", scopes.join(&code.scope_separator));
    }
    fields.put("state", with.state);
    if let Some((challenge, method)) = pkce::challenge(code.pkce, with.verifier)? {
        fields.put("code_challenge", challenge);
        fields.put("code_challenge_method", method);
    }
    Ok(fields)
}
