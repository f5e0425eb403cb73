//! OAuth 1.0 signatures (RFC 5849 section 3): HMAC-SHA1, HMAC-SHA256 and PLAINTEXT, in the `Authorization` header.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::model::component::auth::oauth1::SignatureMethod;
use crate::model::http::Request;
use crate::model::http::encode::percent;

/// What signs: the client's credentials, and those of the token or the temporary ones. No `Debug`.
#[derive(Clone)]
pub struct Signer {
    pub method: SignatureMethod,
    pub consumer_key: Zeroizing<String>,
    pub consumer_secret: Zeroizing<String>,
    /// Token and its secret; absent when temporary credentials are asked for.
    pub token: Option<(Zeroizing<String>, Zeroizing<String>)>,
    pub realm: Option<Zeroizing<String>>,
}

impl Signer {
    /// Signs the request as it stands; nothing but headers may change afterwards. `extra` are further protocol
    /// parameters: `oauth_callback`, `oauth_verifier`.
    pub fn sign(&self, request: &mut Request, now: Instant, nonce: &str, extra: &[(&str, &str)]) {
        let timestamp = now.timestamp().to_string();
        let name = method_label(self.method);
        let mut own: Vec<(&str, &str)> = vec![
            ("oauth_consumer_key", &self.consumer_key),
            ("oauth_signature_method", name),
            ("oauth_timestamp", &timestamp),
            ("oauth_nonce", nonce),
        ];
        if let Some((token, _)) = &self.token {
            own.push(("oauth_token", token));
        }
        own.extend(extra);
        let signature = self.signature(request, &own);
        own.push(("oauth_signature", &signature));
        let mut header = Zeroizing::new("OAuth ".to_owned());
        if let Some(realm) = &self.realm {
            // A quoted string (RFC 9110 section 5.6.4), not percent-encoded.
            let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
            header.push_str(&format!("realm=\"{quoted}\", "));
        }
        let fields: Vec<String> =
            own.iter().map(|(name, value)| format!("{name}=\"{}\"", percent(value.as_bytes()).as_str())).collect();
        header.push_str(&fields.join(", "));
        request.set_header("Authorization", header);
    }

    fn signature(&self, request: &Request, own: &[(&str, &str)]) -> Zeroizing<String> {
        let token_secret = self.token.as_ref().map_or("", |(_, secret)| secret.as_str());
        let (client, token) = (percent(self.consumer_secret.as_bytes()), percent(token_secret.as_bytes()));
        let key = Zeroizing::new(format!("{}&{}", client.as_str(), token.as_str()));
        let algorithm = match self.method {
            SignatureMethod::Plaintext => return key,
            SignatureMethod::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            SignatureMethod::HmacSha256 => hmac::HMAC_SHA256,
        };
        let base = base_string(request, own);
        let tag = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), base.as_bytes());
        Zeroizing::new(STANDARD.encode(tag.as_ref()))
    }
}

fn method_label(method: SignatureMethod) -> &'static str {
    match method {
        SignatureMethod::HmacSha1 => "HMAC-SHA1",
        SignatureMethod::HmacSha256 => "HMAC-SHA256",
        SignatureMethod::Plaintext => "PLAINTEXT",
    }
}

/// The signature base string (section 3.4.1).
#[must_use]
pub fn base_string(request: &Request, own: &[(&str, &str)]) -> Zeroizing<String> {
    let mut uri = request.url.clone();
    uri.set_query(None);
    uri.set_fragment(None);
    let mut pairs: Vec<(Zeroizing<String>, Zeroizing<String>)> = Vec::new();
    let mut add = |name: &str, value: &str| pairs.push((percent(name.as_bytes()), percent(value.as_bytes())));
    own.iter().for_each(|(name, value)| add(name, value));
    request.url.query_pairs().for_each(|(name, value)| add(&name, &value));
    let kind = request.header_value("content-type").unwrap_or_default().to_ascii_lowercase();
    if let Some(body) = request.body.as_ref().filter(|_| kind.starts_with("application/x-www-form-urlencoded")) {
        form_urlencoded::parse(body).for_each(|(name, value)| add(&name, &value));
    }
    // By encoded name, then by encoded value (section 3.4.1.3.2).
    pairs.sort_by(|one, other| (one.0.as_str(), one.1.as_str()).cmp(&(other.0.as_str(), other.1.as_str())));
    let joined: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", name.as_str(), value.as_str())).collect();
    let joined = Zeroizing::new(joined.join("&"));
    let method = request.method.as_str();
    Zeroizing::new(format!(
        "{method}&{}&{}",
        percent(uri.as_str().as_bytes()).as_str(),
        percent(joined.as_bytes()).as_str()
    ))
}

#[cfg(test)]
mod tests;
