//! The recipe of a connection: what requests to its API carry. Made from resolved values and tokens; used by live tests,
//! the proxy and the test runner, and given to runtimes that send their requests themselves.

use serde_json::Value;
use url::Url;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::model::component::ConnectionType;
use crate::model::component::auth::param::BodyFormat;
use crate::model::fill::Fill;
use crate::model::fill::absolute;
use crate::model::http::Method;
use crate::model::http::Request;
use crate::model::http::encode;
use crate::model::http::fields;
use crate::model::sign::oauth1;
use crate::model::sign::sigv4;
use crate::model::template::Encoding;
use crate::model::token::TokenSet;

mod auth;
#[cfg(test)]
mod tests;

/// What is put on every request. No `Debug`: it is secret.
#[derive(Clone, Default)]
pub struct Recipe {
    /// Without a slash at its end. Absent for protocols other than HTTP.
    pub base_url: Option<String>,
    pub headers: Vec<(String, Zeroizing<String>)>,
    pub query: Vec<(String, Zeroizing<String>)>,
    /// Fields for the body of every request that has one.
    pub body: Vec<(String, Zeroizing<String>)>,
    pub body_format: BodyFormat,
    pub signing: Signing,
}

/// What is computed for each request.
#[derive(Clone, Default)]
pub enum Signing {
    #[default]
    None,
    Oauth1(oauth1::Signer),
    AwsSigv4(sigv4::Signer),
}

impl Signing {
    /// Signs a request that is complete. `nonce` must be new for each.
    pub fn sign(&self, request: &mut Request, now: Instant, nonce: &str) {
        match self {
            Self::None => {}
            Self::Oauth1(signer) => signer.sign(request, now, nonce, &[]),
            Self::AwsSigv4(signer) => signer.sign(request, now),
        }
    }

    /// Signs a request whose body follows unread. See [`Recipe::needs_body`].
    fn sign_without_body(&self, request: &mut Request, now: Instant, nonce: &str) {
        match self {
            Self::AwsSigv4(signer) => signer.sign_without_body(request, now),
            other => other.sign(request, now, nonce),
        }
    }
}

impl Recipe {
    /// # Errors
    /// `credential_pending` when somebody has to authorize first; a value is missing or cannot stand where it is used.
    pub fn of(kind: &ConnectionType, fill: &Fill, tokens: Option<&TokenSet>) -> Result<Self> {
        let fill = tokens.map_or_else(|| fill.clone(), |tokens| fill.clone().with_tokens(tokens));
        let mut recipe = Self::default();
        if let Some(template) = &kind.base_url {
            let url = absolute(&fill.text(template, Encoding::UrlPart)?)?;
            recipe.base_url = Some(url.as_str().trim_end_matches('/').to_owned());
        }
        for (name, template) in &kind.headers {
            if let Some(value) = fill.optional(template, Encoding::Header)? {
                recipe.header(name, value)?;
            }
        }
        recipe.authenticate(&kind.auth, &fill, tokens)?;
        Ok(recipe)
    }

    /// Adds a header, in place of one of that name.
    fn header(&mut self, name: &str, value: Zeroizing<String>) -> Result<()> {
        encode::check_header(name, &value)?;
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value));
        Ok(())
    }

    /// A request to a path below the base URL, or to a whole URL on its host. The recipe is not applied yet.
    ///
    /// # Errors
    /// `foreign_host` when the path leaves the base URL's host, `no_base_url` for protocols other than HTTP.
    pub fn request(&self, method: Method, path: &str) -> Result<Request> {
        let base = self.base_url.as_deref().ok_or_else(no_base_url)?;
        let is_whole = path.starts_with("https://") || path.starts_with("http://");
        let text = match path.chars().next() {
            _ if is_whole => Zeroizing::new(path.to_owned()),
            None | Some('/' | '?') => Zeroizing::new(format!("{base}{path}")),
            Some(_) => Zeroizing::new(format!("{base}/{path}")),
        };
        let request = Request::new(method, absolute(&text)?);
        self.check_host(&request.url)?;
        Ok(request)
    }

    /// Puts the recipe on a request and signs it: the last thing that happens to it. What the request says itself under
    /// the same names gives way.
    ///
    /// # Errors
    /// `foreign_host`: secrets go nowhere but to the base URL's host.
    pub fn apply(&self, request: &mut Request, now: Instant, nonce: &str) -> Result<()> {
        self.put(request)?;
        self.signing.sign(request, now, nonce);
        Ok(())
    }

    /// The same for a request whose body follows unread; only where [`Self::needs_body`] allows it.
    ///
    /// # Errors
    /// `foreign_host`.
    pub fn apply_without_body(&self, request: &mut Request, now: Instant, nonce: &str) -> Result<()> {
        self.put(request)?;
        self.signing.sign_without_body(request, now, nonce);
        Ok(())
    }

    /// Whether the recipe reads or changes the body of a request with this content type.
    #[must_use]
    pub fn needs_body(&self, content_type: &str) -> bool {
        let content_type = content_type.to_ascii_lowercase();
        let is_form = content_type.starts_with("application/x-www-form-urlencoded");
        let is_signed = match &self.signing {
            Signing::None => false,
            Signing::Oauth1(_) => is_form,
            Signing::AwsSigv4(signer) => !signer.takes_unsigned_bodies(),
        };
        let is_changed = !self.body.is_empty() && (is_form || content_type.contains("json"));
        is_signed || is_changed
    }

    fn put(&self, request: &mut Request) -> Result<()> {
        self.check_host(&request.url)?;
        for (name, value) in &request.headers {
            encode::check_header(name, value)?;
        }
        for (name, value) in &self.headers {
            encode::check_header(name, value)?;
            request.set_header(name, value.clone());
        }
        encode::add_query(&mut request.url, &self.query);
        self.add_fields(request);
        Ok(())
    }

    fn check_host(&self, url: &Url) -> Result<()> {
        let base = self.base_url.as_deref().ok_or_else(no_base_url)?;
        if absolute(base)?.origin() == url.origin() {
            return Ok(());
        }
        Err(Error::invalid(
            "foreign_host",
            "the request leaves the host of the connection's base URL; use a path below it",
        ))
    }

    /// Fields go into bodies of their own kind only: an upload stays as it is.
    fn add_fields(&self, request: &mut Request) {
        let Some(body) = request.body.as_ref().filter(|_| !self.body.is_empty()) else { return };
        if self.body_format == BodyFormat::Json {
            if let Ok(Value::Object(mut map)) = serde_json::from_slice(body) {
                for (name, value) in &self.body {
                    map.insert(name.clone(), value.as_str().into());
                }
                fields::write_json(request, &Value::Object(map));
            }
            return;
        }
        let kind = request.header_value("content-type").unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("application/x-www-form-urlencoded") {
            let is_replaced = |name: &str| self.body.iter().any(|(known, _)| known == name);
            let own: Vec<_> = form_urlencoded::parse(body).filter(|(name, _)| !is_replaced(name)).collect();
            let own = own.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
            let added = self.body.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            request.body = Some(fields::bytes(&encode::pairs(own.chain(added))));
        }
    }
}

fn no_base_url() -> Error {
    Error::invalid("no_base_url", "this connection type is not used over HTTP, so there is no request to make")
}
