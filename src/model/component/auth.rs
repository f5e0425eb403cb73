//! How a connection type authenticates: one variant for each auth kind that a manifest may name. Types only; `outbound`
//! does what they say.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

pub use grant::AuthorizationCode;
pub use grant::ClientCredentials;
pub use grant::Grant;
pub use grant::JwtBearer;
pub use grant::Password;
pub use simple::ApiKey;
pub use simple::AwsSigv4;
pub use simple::Basic;
pub use simple::Bearer;
pub use simple::Custom;
pub use simple::NoAuth;
pub use template::TemplatePlace;
pub use template::TemplateUse;
pub use token::TokenExchange;

pub mod grant;
pub mod oauth1;
pub mod param;
pub mod request;
pub mod signed;
pub mod simple;
pub mod template;
pub mod token;

#[cfg(test)]
mod tests;

/// The auth kinds. Every string that is no fixed word is a template over the inputs of the connection type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Auth {
    /// Nothing is sent, or the protocol is not HTTP and its client takes the inputs as they are.
    None(NoAuth),
    /// HTTP Basic (RFC 7617).
    Basic(Basic),
    /// A fixed key in a header or in the query.
    ApiKey(ApiKey),
    /// A fixed token in `Authorization: Bearer` (RFC 6750 section 2.1).
    Bearer(Bearer),
    /// A person authorizes at the provider (RFC 6749 section 4.1).
    Oauth2AuthorizationCode(Box<AuthorizationCode>),
    /// The client itself is authorized (RFC 6749 section 4.4).
    Oauth2ClientCredentials(Box<ClientCredentials>),
    /// The user's name and password are exchanged for a token (RFC 6749 section 4.3).
    Oauth2Password(Box<Password>),
    /// Signed requests with a token and its secret (RFC 5849).
    Oauth1(Box<oauth1::Oauth1>),
    /// A signed assertion, sent as it is or exchanged for a token (RFC 7523 section 2.1).
    JwtBearer(Box<JwtBearer>),
    /// One or more requests that yield a token.
    TokenExchange(Box<TokenExchange>),
    /// AWS Signature Version 4, computed for each request.
    AwsSigv4(AwsSigv4),
    /// Any headers, query parameters and body fields.
    Custom(Custom),
}

impl Auth {
    /// Whether the type counts as OAuth 2.0: authorization code, client credentials or password. See
    /// [`Auth::needs_consent`] for those where a person goes to the provider.
    #[must_use]
    pub fn is_oauth2(&self) -> bool {
        matches!(self, Self::Oauth2AuthorizationCode(_) | Self::Oauth2ClientCredentials(_) | Self::Oauth2Password(_))
    }

    /// Whether a person completes an authorization at the provider: OAuth 2.0 by code, and OAuth 1 with an authorize URL.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        match self {
            Self::Oauth2AuthorizationCode(_) => true,
            Self::Oauth1(oauth1) => oauth1.authorize_url.is_some(),
            _ => false,
        }
    }

    /// Whether revoking a token ends all that its person authorized for the client.
    #[must_use]
    pub fn revokes_whole_accounts(&self) -> bool {
        matches!(self, Self::Oauth2AuthorizationCode(code) if code.revoke_ends == grant::RevokeEnds::Account)
    }

    /// What the grants have in common: the OAuth 2.0 kinds and `jwt_bearer`.
    #[must_use]
    pub fn grant(&self) -> Option<Grant<'_>> {
        match self {
            Self::Oauth2AuthorizationCode(code) => Some(code.grant()),
            Self::Oauth2ClientCredentials(client) => Some(client.grant()),
            Self::Oauth2Password(password) => Some(password.grant()),
            Self::JwtBearer(jwt) => Some(jwt.grant()),
            _ => None,
        }
    }

    /// Templates of the scopes asked for; one may render to several words, see [`grant::split_scopes`].
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        self.grant().map_or(&[], |grant| grant.scopes)
    }

    /// What stands between scopes in a request; a space unless the manifest says otherwise (RFC 6749 section 3.3).
    #[must_use]
    pub fn scope_separator(&self) -> &str {
        self.grant().map_or(" ", |grant| grant.scope_separator)
    }

    /// Templates of the URLs that receive secrets before any request to the API itself: token, refresh, revoke,
    /// introspection and exchange URLs. An absolute URL of the live test and `base_url` are the connection type's.
    pub fn secret_urls(&self) -> impl Iterator<Item = &str> {
        template::secret_urls(self).into_iter()
    }

    /// Every template of this auth with its path, place and the names it may use besides the inputs.
    #[must_use]
    pub fn templates(&self) -> Vec<TemplateUse<'_>> {
        template::uses(self)
    }

    /// Names that token replies and exchange steps give. Usable wherever inputs are once a token is there: `base_url`,
    /// `headers`, live test, actions. They come from the provider over TLS, so a host may be made of them.
    #[must_use]
    pub fn kept_from_replies(&self) -> Vec<&str> {
        match self {
            Self::TokenExchange(exchange) => request::kept_names(&exchange.steps),
            _ => self.grant().map_or_else(Vec::new, |grant| {
                let mut names: Vec<&str> = grant.token_reply.kept_names().collect();
                names.extend(request::kept_names(grant.follow_up));
                names
            }),
        }
    }

    /// Names that parameters of the OAuth callback give. Usable like those of replies, but never in the host of a URL:
    /// whoever follows the redirect can write them.
    #[must_use]
    pub fn kept_from_callback(&self) -> Vec<&str> {
        let callback = match self {
            Self::Oauth2AuthorizationCode(code) => &code.callback,
            Self::Oauth1(oauth1) => &oauth1.callback,
            _ => return Vec::new(),
        };
        callback.keep.keys().map(String::as_str).collect()
    }
}
