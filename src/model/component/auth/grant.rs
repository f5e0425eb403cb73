//! OAuth 2.0 grants (RFC 6749, RFC 7523): own fields of each, and the many they share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::model::component::auth::param::Params;
use crate::model::component::auth::request::Apply;
use crate::model::component::auth::request::Step;
use crate::model::component::auth::signed::Assertion;
use crate::model::component::auth::simple::password;
use crate::model::component::auth::simple::username;
use crate::model::component::auth::token::ClientAuth;
use crate::model::component::auth::token::Refresh;
use crate::model::component::auth::token::TokenReply;
use crate::model::component::auth::token::TokenRequest;
use crate::model::component::is_default;

/// A grant as a struct of its own fields and the shared ones. serde's `flatten` would take unknown keys, so the shared
/// fields are written into each.
macro_rules! grant {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* } token_url: $token_url:expr, client_auth: $client_auth:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// Where tokens are renewed, if not at the token URL.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub refresh_url: Option<String>,
            /// Revocation endpoint (RFC 7009).
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub revoke_url: Option<String>,
            /// Introspection endpoint (RFC 7662), asked for the end of a token whose reply names none.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub introspection_url: Option<String>,
            /// Scopes asked for. One template may render to several, `{{scopes}}`.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub scopes: Vec<String>,
            #[serde(default = "space", skip_serializing_if = "is_space")]
            pub scope_separator: String,
            #[serde(default = "client_id", skip_serializing_if = "is_client_id")]
            pub client_id: String,
            /// Not sent by clients that authenticate by `none` or `private_key_jwt`.
            #[serde(default = "client_secret", skip_serializing_if = "is_client_secret")]
            pub client_secret: String,
            /// Absent: `body`; of `jwt_bearer`, nothing about the client is sent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub client_auth: Option<ClientAuth>,
            /// Of `client_auth: private_key_jwt` (RFC 7523 section 2.2).
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub client_assertion: Option<Assertion>,
            #[serde(default, skip_serializing_if = "is_default")]
            pub token_request: TokenRequest,
            #[serde(default, skip_serializing_if = "is_default")]
            pub token_reply: TokenReply,
            /// Requests after the token is there: each may give another token, or values to keep. Made again after a refresh.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub follow_up: Vec<Step>,
            #[serde(default, skip_serializing_if = "is_default")]
            pub refresh: Refresh,
            /// Stands in place of a standard revocation; may use `token` (the refresh token if there is one, else the
            /// access token), `access_token` and `refresh_token`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub revoke: Option<Step>,
            #[serde(default, skip_serializing_if = "is_default")]
            pub apply: Apply,
        }

        impl $name {
            #[must_use]
            pub fn grant(&self) -> Grant<'_> {
                let token_url: fn(&Self) -> Option<&str> = $token_url;
                Grant {
                    token_url: token_url(self),
                    refresh_url: self.refresh_url.as_deref(),
                    revoke_url: self.revoke_url.as_deref(),
                    introspection_url: self.introspection_url.as_deref(),
                    scopes: &self.scopes,
                    scope_separator: &self.scope_separator,
                    client_id: &self.client_id,
                    client_secret: &self.client_secret,
                    client_auth: self.client_auth.or($client_auth),
                    client_assertion: self.client_assertion.as_ref(),
                    token_request: &self.token_request,
                    token_reply: &self.token_reply,
                    follow_up: &self.follow_up,
                    refresh: &self.refresh,
                    revoke: self.revoke.as_ref(),
                    apply: &self.apply,
                }
            }
        }
    };
}

/// What ends with a token that is revoked (RFC 7009 section 2.1 leaves it to the provider).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevokeEnds {
    /// The authorization that it was issued for.
    #[default]
    Authorization,
    /// All that the person authorized for this client, at whatever time.
    Account,
}

/// The shared fields of a grant, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Absent: the assertion itself is the token (`jwt_bearer` only).
    pub token_url: Option<&'a str>,
    pub refresh_url: Option<&'a str>,
    pub revoke_url: Option<&'a str>,
    pub introspection_url: Option<&'a str>,
    pub scopes: &'a [String],
    pub scope_separator: &'a str,
    pub client_id: &'a str,
    pub client_secret: &'a str,
    /// Absent: nothing about the client is sent.
    pub client_auth: Option<ClientAuth>,
    pub client_assertion: Option<&'a Assertion>,
    pub token_request: &'a TokenRequest,
    pub token_reply: &'a TokenReply,
    pub follow_up: &'a [Step],
    pub refresh: &'a Refresh,
    pub revoke: Option<&'a Step>,
    pub apply: &'a Apply,
}

grant! {
    /// Authorization code (RFC 6749 section 4.1).
    AuthorizationCode {
        /// Where the person goes.
        pub authorize_url: String,
        /// What a revoked token takes with it.
        #[serde(default, skip_serializing_if = "is_default")]
        pub revoke_ends: RevokeEnds,
        /// More authorization parameters, or others in place of standard ones; may use `client_id`, `redirect_uri`,
        /// `state`, `scope`, `code_challenge` and `nonce`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub authorize_params: Params,
        /// Other names for standard authorization parameters: `{ client_id: client_key }`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub authorize_rename: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "is_default")]
        pub pkce: Pkce,
        #[serde(default, skip_serializing_if = "is_default")]
        pub callback: Callback,
        /// The issuer that the provider names in every callback (`iss`, RFC 9207). A callback without it or with another
        /// one is refused. Absent: the provider names none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub issuer: Option<String>,
        pub token_url: String,
    }
    token_url: |code| Some(&code.token_url),
    client_auth: Some(ClientAuth::Body)
}

grant! {
    /// Client credentials (RFC 6749 section 4.4).
    ClientCredentials {
        pub token_url: String,
    }
    token_url: |client| Some(&client.token_url),
    client_auth: Some(ClientAuth::Body)
}

grant! {
    /// Resource owner password credentials (RFC 6749 section 4.3).
    Password {
        pub token_url: String,
        #[serde(default = "username")]
        pub username: String,
        #[serde(default = "password")]
        pub password: String,
    }
    token_url: |password| Some(&password.token_url),
    client_auth: Some(ClientAuth::Body)
}

grant! {
    /// A signed assertion as authorization grant (RFC 7523 section 2.1), or as the token itself. Sent without client id
    /// and secret unless `client_auth` says otherwise.
    JwtBearer {
        pub assertion: Assertion,
        /// Absent: the assertion is the token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub token_url: Option<String>,
    }
    token_url: |jwt| jwt.token_url.as_deref(),
    client_auth: None
}

/// Proof Key for Code Exchange (RFC 7636).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    #[default]
    S256,
    Plain,
    /// The provider refuses the parameters.
    Off,
}

/// What the provider sends back with the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Name of the parameter that holds the code (RFC 6749 section 4.1.2), or the verifier (RFC 5849 section 2.2) when
    /// it is not called `oauth_verifier`.
    #[serde(default = "code", skip_serializing_if = "is_code")]
    pub code_param: String,
    /// Further parameters to keep, by the name under which templates use them: `{ realm_id: realmId }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keep: BTreeMap<String, String>,
}

impl Default for Callback {
    fn default() -> Self {
        Self { code_param: code(), keep: BTreeMap::new() }
    }
}

/// The words of a rendered scope template: white space and commas part them, whatever the provider's separator.
pub fn split_scopes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty())
}

fn code() -> String {
    "code".to_owned()
}

fn is_code(name: &str) -> bool {
    name == "code"
}

fn space() -> String {
    " ".to_owned()
}

fn is_space(separator: &str) -> bool {
    separator == " "
}

fn client_id() -> String {
    "{{client_id}}".to_owned()
}

fn is_client_id(template: &str) -> bool {
    template == "{{client_id}}"
}

fn client_secret() -> String {
    "{{client_secret}}".to_owned()
}

fn is_client_secret(template: &str) -> bool {
    template == "{{client_secret}}"
}
