//! Signed assertions (RFC 7515, RFC 7519) as manifests describe them. Written with aws-lc-rs rather than a JWT crate:
//! making a compact token is one line, and manifests need header fields and keys that such crates do not take.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Map;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::error::Result;
use crate::model::component::auth::signed::Algorithm;
use crate::model::component::auth::signed::Assertion;
use crate::model::fill::Fill;
use crate::model::sign::key;
use crate::model::sign::key::SigningKey;
use crate::model::sign::key::Written;
use crate::model::template::Encoding;

/// What an assertion is made of besides the connection's values.
pub struct Facts<'a> {
    pub now: Instant,
    /// Unique for each assertion.
    pub nonce: &'a str,
    pub token_url: Option<&'a str>,
    pub scope: &'a str,
}

/// Signs an assertion.
///
/// # Errors
/// A value is missing, or the key or certificate cannot be used.
pub fn sign(assertion: &Assertion, fill: &Fill, facts: &Facts<'_>) -> Result<Zeroizing<String>> {
    let key = read_key(assertion, fill)?;
    let expires_at = facts.now.timestamp().saturating_add_unsigned(assertion.lifetime_s);
    let mut fill = fill.clone().with("scope", facts.scope).with("nonce", facts.nonce);
    fill.set("now", facts.now.timestamp().to_string());
    fill.set("expires_at", expires_at.to_string());
    if let Some(url) = facts.token_url {
        fill.set("token_url", url);
    }
    if let Some(fingerprint) = key.public_key_fingerprint() {
        fill.set("public_key_fingerprint", fingerprint);
    }
    if let Some(certificate) = &assertion.certificate {
        let pem = fill.text(certificate, Encoding::Plain)?;
        fill.set("certificate_thumbprint", key::certificate_thumbprint(&pem)?);
    }
    let header = Zeroizing::new(Value::Object(header(assertion, &fill)?).to_string());
    let claims = claims(assertion, &fill, facts, expires_at)?;
    let claims = Zeroizing::new(Value::Object(claims).to_string());
    let mut token = Zeroizing::new(format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.as_bytes()),
        URL_SAFE_NO_PAD.encode(claims.as_bytes())
    ));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes())?);
    token.push('.');
    token.push_str(&signature);
    Ok(token)
}

fn read_key(assertion: &Assertion, fill: &Fill) -> Result<SigningKey> {
    let text = fill.text(&assertion.key, Encoding::Plain)?;
    let passphrase =
        assertion.key_passphrase.as_deref().map(|text| fill.optional(text, Encoding::Plain)).transpose()?;
    let passphrase = passphrase.flatten();
    let written = Written {
        text: &text,
        encoding: assertion.key_encoding,
        passphrase: passphrase.as_ref().map(|text| text.as_str()),
    };
    SigningKey::read(assertion.algorithm, &written)
}

fn header(assertion: &Assertion, fill: &Fill) -> Result<Map<String, Value>> {
    let name = match assertion.algorithm {
        Algorithm::Rs256 => "RS256",
        Algorithm::Ps256 => "PS256",
        Algorithm::Es256 => "ES256",
        Algorithm::Hs256 => "HS256",
    };
    let mut header = Map::new();
    header.insert("alg".to_owned(), name.into());
    header.insert("typ".to_owned(), "JWT".into());
    for (field, template) in &assertion.headers {
        if let Some(value) = fill.optional(template, Encoding::Plain)? {
            header.insert(field.clone(), value.as_str().into());
        }
    }
    Ok(header)
}

fn claims(assertion: &Assertion, fill: &Fill, facts: &Facts<'_>, expires_at: i64) -> Result<Map<String, Value>> {
    let mut claims = Map::new();
    claims.insert("iat".to_owned(), facts.now.timestamp().into());
    claims.insert("exp".to_owned(), expires_at.into());
    claims.insert("jti".to_owned(), facts.nonce.into());
    for (name, claim) in &assertion.claims {
        if let Some(value) = fill.json(claim, Encoding::Plain)? {
            claims.insert(name.clone(), value);
        }
    }
    // Times are numbers (RFC 7519 section 2), also when a template gives them.
    for name in ["iat", "exp", "nbf"] {
        if let Some(number) = claims.get(name).and_then(Value::as_str).and_then(|text| text.parse::<i64>().ok()) {
            claims.insert(name.to_owned(), number.into());
        }
    }
    assertion.omit.iter().for_each(|name| drop(claims.remove(name)));
    Ok(claims)
}

#[cfg(test)]
mod tests;
