//! The one client: bounded in time and size, TLS unless told otherwise, no redirects, no proxy of the environment.
//!
//! Addresses that reach it were named by the operator, so that networks of the operator's own are not refused here.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::ACCEPT;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderValue;
use reqwest::redirect;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use url::Host;
use url::Url;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What requests must keep to.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Plain http to hosts other than this machine.
    pub allow_http: bool,
    /// From the first byte sent to the last one read.
    pub timeout: Duration,
    /// A longer answer is given up while it is read.
    pub max_answer_bytes: usize,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    rules: Rules,
}

/// An answer of any status, whole.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// One request. The key goes into a header only.
pub struct Call<'a> {
    pub url: Url,
    pub key: &'a SecretString,
    /// JSON to post; absent: a GET.
    pub body: Option<Vec<u8>>,
}

impl Client {
    /// # Errors
    /// Only when the system's certificates cannot be read.
    pub fn new(rules: Rules) -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this is the client that the others are told to use")]
        let builder = reqwest::Client::builder();
        // Compressed answers are not asked for, so the size that is limited is the size in memory.
        let http = builder
            .user_agent(concat!("keyway/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(rules.timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .gzip(false)
            .build()
            .map_err(|error| Error::internal(error.without_url()))?;
        Ok(Self { http, rules })
    }

    /// # Errors
    /// `insecure_url`, `unreachable`, `timed_out`, `answer_too_large`. A status of failure is an answer.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer> {
        self.check(&call.url)?;
        let host = origin(&call.url);
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", call.key.expose_secret())).map_err(|_hidden| {
            Error::invalid("invalid_key", "the API key has characters that no key has; is it the right file?")
        })?;
        bearer.set_sensitive(true);
        let method = if call.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.http.request(method, call.url).header(AUTHORIZATION, bearer);
        request = request.header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
        }
        let mut response = request.send().await.map_err(|error| failed(&host, error))?;
        let limit = self.rules.max_answer_bytes;
        let announced = response.content_length().unwrap_or_default();
        if announced > limit as u64 {
            return Err(too_large(&host, limit));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&host, error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large(&host, limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), body })
    }

    fn check(&self, url: &Url) -> Result<()> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.rules.allow_http || is_this_machine(url) => Ok(()),
            "http" => {
                let message =
                    format!("{} would get the API key unencrypted; use https, or set outbound.allow_http", origin(url));
                Err(Error::invalid("insecure_url", message))
            }
            _ => Err(Error::invalid("insecure_url", "an address here begins with https://")),
        }
    }
}

/// Scheme, host and port: enough to know which server is meant, and never a secret.
#[must_use]
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn too_large(host: &str, limit: usize) -> Error {
    let message = format!("the answer of {host} is longer than {} MiB", limit / 1024 / 1024);
    Error::new(Kind::Upstream, "answer_too_large", message)
}

fn failed(host: &str, error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_timeout() {
        return Error::new(Kind::Upstream, "timed_out", format!("{host} did not answer in time")).because(error);
    }
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    Error::new(Kind::Upstream, "unreachable", format!("{host} cannot be reached: {reason}")).because(error)
}

#[cfg(test)]
mod tests;
