//! AWS Signature Version 4 in the `Authorization` header, from the public specification. An implementation of our own:
//! it is a hundred lines over the HMAC that is here already, where the SDK's crate brings a runtime of its own.

use url::Url;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::crypto::hex;
use crate::crypto::sha256;
use crate::model::http::Request;
use crate::model::http::encode::percent;
use crate::model::sign::key::hmac_sha256;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Stands for the hash of a body that is not signed (Amazon S3 API Reference).
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// Headers that hops on the way add or change: never signed.
const UNSIGNED: [&str; 9] = [
    "authorization",
    "connection",
    "user-agent",
    "expect",
    "content-length",
    "accept-encoding",
    "transfer-encoding",
    "x-amzn-trace-id",
    "te",
];

/// What signs. No `Debug`.
#[derive(Clone)]
pub struct Signer {
    pub access_key_id: Zeroizing<String>,
    pub secret_access_key: Zeroizing<String>,
    pub session_token: Option<Zeroizing<String>>,
    pub region: String,
    pub service: String,
}

impl Signer {
    /// Signs the request as it stands, with its `Host`, every header that no hop changes, and its body.
    pub fn sign(&self, request: &mut Request, now: Instant) {
        let payload = hex(&sha256(request.body.as_deref().map_or(&[], Vec::as_slice)));
        self.sign_payload(request, now, &payload);
    }

    /// The same without the body, for services that take that.
    pub fn sign_without_body(&self, request: &mut Request, now: Instant) {
        self.sign_payload(request, now, UNSIGNED_PAYLOAD);
    }

    /// Whether the service takes requests whose signature says nothing of the body: S3 over TLS does.
    #[must_use]
    pub fn takes_unsigned_bodies(&self) -> bool {
        self.is_s3()
    }

    fn sign_payload(&self, request: &mut Request, now: Instant, payload: &str) {
        let time = now.format("%Y%m%dT%H%M%SZ").to_string();
        request.set_header("X-Amz-Date", Zeroizing::new(time.clone()));
        if self.is_s3() {
            request.set_header("X-Amz-Content-Sha256", Zeroizing::new(payload.to_owned()));
        }
        if let Some(token) = &self.session_token {
            request.set_header("X-Amz-Security-Token", token.clone());
        }
        let query = canonical_query(&request.url);
        // Sent as it is signed: a `+` for a space would be read in two ways.
        request.url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        let (headers, names) = canonical_headers(request);
        let canonical = Zeroizing::new(format!(
            "{}\n{}\n{query}\n{}\n{names}\n{payload}",
            request.method.as_str(),
            self.canonical_path(&request.url),
            headers.as_str(),
        ));
        let scope = format!("{}/{}/{}/aws4_request", &time[..8], self.region, self.service);
        let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&sha256(canonical.as_bytes())));
        let signature = hex(&hmac_sha256(&self.key(&time[..8]), to_sign.as_bytes()));
        let id = self.access_key_id.as_str();
        let value = format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        request.set_header("Authorization", Zeroizing::new(value));
    }

    fn is_s3(&self) -> bool {
        matches!(self.service.as_str(), "s3" | "s3-object-lambda" | "s3-outposts")
    }

    fn key(&self, day: &str) -> Zeroizing<Vec<u8>> {
        let secret = Zeroizing::new(format!("AWS4{}", self.secret_access_key.as_str()));
        let parts = [day, &self.region, &self.service, "aws4_request"];
        parts.iter().fold(Zeroizing::new(secret.as_bytes().to_vec()), |key, part| {
            Zeroizing::new(hmac_sha256(&key, part.as_bytes()))
        })
    }

    /// Each segment encoded once for S3, which takes keys as they are, and twice for all others.
    fn canonical_path(&self, url: &Url) -> String {
        let encode = |segment: &str| {
            let once = percent(&decoded(segment));
            if self.is_s3() { once.as_str().to_owned() } else { percent(once.as_bytes()).as_str().to_owned() }
        };
        url.path().split('/').map(encode).collect::<Vec<_>>().join("/")
    }
}

/// Percent-decoded bytes; a `%` that begins no code stays.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (*byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (other, _, _) => {
                out.push(other);
                at += 1;
            }
        }
    }
    out
}

fn canonical_query(url: &Url) -> String {
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| {
            (percent(name.as_bytes()).as_str().to_owned(), percent(value.as_bytes()).as_str().to_owned())
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// `name:value` lines in order of names, and the names. Values of a repeated header are joined; runs of spaces shrink.
fn canonical_headers(request: &Request) -> (Zeroizing<String>, String) {
    let mut headers: Vec<(String, Zeroizing<String>)> = vec![("host".to_owned(), Zeroizing::new(host(&request.url)))];
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        if name == "host" || UNSIGNED.contains(&name.as_str()) {
            continue;
        }
        let value = Zeroizing::new(value.split_whitespace().collect::<Vec<_>>().join(" "));
        match headers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, joined)) => *joined = Zeroizing::new(format!("{},{}", joined.as_str(), value.as_str())),
            None => headers.push((name, value)),
        }
    }
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    let lines = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.as_str()));
    let lines = Zeroizing::new(lines.collect::<String>());
    (lines, headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";"))
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests;
