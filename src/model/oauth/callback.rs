//! The parameters that a person's browser brings back (RFC 6749 section 4.1.2, RFC 9207). Whoever follows a link can
//! write them: nothing counts before the state is checked, and texts are made harmless before they are shown.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::Auth;
use crate::model::component::auth::grant::Callback;
use crate::model::fill::Fill;
use crate::model::oauth::words;
use crate::model::template::Encoding;

/// Longest parameter that is read, in bytes; codes of providers were seen beyond 1,500.
const MAX_VALUE_BYTES: usize = 8 * 1024;

/// What a callback says. No `Debug`: it holds the code.
#[derive(Clone, PartialEq)]
pub enum Answer {
    Granted {
        /// The code, or the verifier of OAuth 1.
        code: Zeroizing<String>,
        /// Parameters that the manifest keeps, by the name under which templates use them.
        kept: BTreeMap<String, Zeroizing<String>>,
    },
    Refused(Refusal),
}

/// Why a provider, or the person there, said no. Fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `access_denied` and the like (RFC 6749 section 4.1.2.1); `unknown_error` when the provider's is no code.
    pub code: String,
    pub description: Option<String>,
}

/// The state of a callback, to look the flow up by. Of OAuth 1, the temporary token.
///
/// # Errors
/// `invalid_callback` when it is absent, repeated or too long.
pub fn state<'p>(auth: &Auth, params: &'p [(String, String)]) -> Result<&'p str> {
    let name = match auth {
        Auth::Oauth1(_) => "oauth_token",
        Auth::Oauth2AuthorizationCode(code) => code.authorize_rename.get("state").map_or("state", String::as_str),
        _ => "state",
    };
    once(params, name)?.ok_or_else(|| broken("the provider sent no state back"))
}

/// Reads a callback whose state is known to be right.
///
/// # Errors
/// `invalid_callback` when it has neither code nor error, or a parameter twice; `wrong_issuer` when another provider
/// than the one asked names itself.
pub fn read(auth: &Auth, fill: &Fill, params: &[(String, String)]) -> Result<Answer> {
    let rules = match auth {
        Auth::Oauth2AuthorizationCode(code) => {
            check_issuer(code.issuer.as_deref(), fill, params)?;
            &code.callback
        }
        Auth::Oauth1(oauth1) => &oauth1.callback,
        _ => return Err(Error::invalid("wrong_kind", "this connection type is not authorized by a person")),
    };
    if let Some(error) = once(params, "error")?.filter(|error| !error.is_empty()) {
        let code = words::code(error).unwrap_or_else(|| "unknown_error".to_owned());
        let description = once(params, "error_description")?.and_then(words::description);
        return Ok(Answer::Refused(Refusal { code, description }));
    }
    // OAuth 1 providers say no in their own words (section 2.2 names none).
    if once(params, "denied")?.is_some() && matches!(auth, Auth::Oauth1(_)) {
        return Ok(Answer::Refused(Refusal { code: "access_denied".to_owned(), description: None }));
    }
    let code =
        once(params, code_param(auth, rules))?.filter(|code| !code.is_empty() && !code.chars().any(char::is_control));
    let code = code.ok_or_else(|| broken("the provider sent neither a code nor an error"))?;
    Ok(Answer::Granted { code: Zeroizing::new(code.to_owned()), kept: kept(rules, params)? })
}

fn code_param<'a>(auth: &Auth, rules: &'a Callback) -> &'a str {
    match auth {
        Auth::Oauth1(_) if rules.code_param == "code" => "oauth_verifier",
        _ => &rules.code_param,
    }
}

fn kept(rules: &Callback, params: &[(String, String)]) -> Result<BTreeMap<String, Zeroizing<String>>> {
    let mut kept = BTreeMap::new();
    for (name, param) in &rules.keep {
        let value = once(params, param)?.filter(|value| !value.is_empty() && !value.chars().any(char::is_control));
        if let Some(value) = value {
            kept.insert(name.clone(), Zeroizing::new(value.to_owned()));
        }
    }
    Ok(kept)
}

/// RFC 9207 section 2.4: compared as it is, character by character.
fn check_issuer(issuer: Option<&str>, fill: &Fill, params: &[(String, String)]) -> Result<()> {
    let Some(issuer) = issuer else { return Ok(()) };
    let wanted = fill.text(issuer, Encoding::UrlPart)?;
    if once(params, "iss")? == Some(wanted.as_str()) {
        return Ok(());
    }
    Err(Error::invalid("wrong_issuer", "the answer does not come from the provider that was asked; begin again"))
}

/// A parameter that must not be there twice (RFC 6749 section 3.1).
fn once<'p>(params: &'p [(String, String)], name: &str) -> Result<Option<&'p str>> {
    let mut found = params.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() {
        return Err(broken("the provider sent a parameter twice"));
    }
    if first.is_some_and(|value| value.len() > MAX_VALUE_BYTES) {
        return Err(broken("the provider sent a parameter that is too long"));
    }
    Ok(first)
}

fn broken(what: &str) -> Error {
    Error::invalid("invalid_callback", format!("{what}; begin again"))
}
