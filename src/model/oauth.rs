//! What every kind of grant asks and says: the authorize URL, the callback, token requests and replies, renewing and
//! revoking, and what a failure means for the tokens that are there. Pure rules: time and nonces are passed in.
//!
//! The `oauth2` crate gives what is the same everywhere: the PKCE challenge and the registered error codes; tests hold
//! the standard authorize URL and token requests against its own. Requests and replies are built here, because that
//! crate knows one form of each and providers differ: renamed parameters, JSON and XML bodies, tokens in nested fields,
//! errors inside a 200, assertions in place of secrets.

use crate::clock::Instant;
use crate::error::Result;
use crate::model::component::auth::Auth;
use crate::model::component::auth::grant::split_scopes;
use crate::model::fill::Fill;
use crate::model::template::Encoding;

pub mod answer;
pub mod ask;
pub mod authorize;
pub mod callback;
mod client;
pub mod failure;
pub mod pkce;
pub mod registration;
pub mod renew;
pub mod revoke;
pub mod step;
pub mod three_legged;
mod times;
mod words;

#[cfg(test)]
mod tests;

/// When a request is made, and a value that no other request has.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    pub now: Instant,
    pub nonce: &'a str,
}

/// The scopes that a connection asks for, in the manifest's order, each once.
///
/// # Errors
/// A template cannot be filled; one that names an unset input gives none.
pub fn scopes(auth: &Auth, fill: &Fill) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for template in auth.scopes() {
        let Some(text) = fill.optional(template, Encoding::Plain)? else { continue };
        for scope in split_scopes(&text) {
            if !found.iter().any(|known| known == scope) {
                found.push(scope.to_owned());
            }
        }
    }
    Ok(found)
}
