//! Private keys as people paste them: PEM in its three forms (PKCS #8, plain and encrypted, PKCS #1, SEC 1), on one line
//! or with `\n` spelled out as in a JSON file, or base64 around any of these.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose;
use pkcs8::EncryptedPrivateKeyInfo;
use zeroize::Zeroizing;

use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::signed::Algorithm;
use crate::model::component::auth::signed::KeyEncoding;

/// A key that is ready to sign. No `Debug`.
pub enum SigningKey {
    Rsa(Box<RsaKeyPair>, Algorithm),
    Ec(Box<EcdsaKeyPair>),
    Shared(Zeroizing<Vec<u8>>),
}

/// How a key is written in an input.
pub struct Written<'a> {
    pub text: &'a str,
    pub encoding: KeyEncoding,
    /// Opens an encrypted key.
    pub passphrase: Option<&'a str>,
}

impl SigningKey {
    /// # Errors
    /// `invalid_key`, saying what kind of key is wanted.
    pub fn read(algorithm: Algorithm, key: &Written<'_>) -> Result<Self> {
        let bytes = decode(key)?;
        if algorithm == Algorithm::Hs256 {
            if bytes.is_empty() {
                return Err(refused("the shared secret is empty"));
            }
            return Ok(Self::Shared(bytes));
        }
        let (label, der) = der(&bytes)?;
        let der = match label.as_deref() {
            Some("ENCRYPTED PRIVATE KEY") => decrypt(&der, key.passphrase)?,
            Some("PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY") | None => der,
            Some(_) => {
                return Err(refused("this is no private key; paste the part from `-----BEGIN … PRIVATE KEY-----`"));
            }
        };
        match algorithm {
            Algorithm::Es256 => ec(&der),
            _ => rsa(&der, algorithm),
        }
    }

    /// # Errors
    /// Only when the random source fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Shared(secret) => Ok(hmac_sha256(secret, message)),
            Self::Ec(pair) => {
                let signed = pair.sign(&SystemRandom::new(), message).map_err(|error| failed(&error))?;
                Ok(signed.as_ref().to_vec())
            }
            Self::Rsa(pair, algorithm) => {
                let padding: &dyn signature::RsaEncoding = match algorithm {
                    Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signed).map_err(|error| failed(&error))?;
                Ok(signed)
            }
        }
    }

    /// SHA-256 of the DER public key (SubjectPublicKeyInfo), base64; nothing for a shared secret.
    #[must_use]
    pub fn public_key_fingerprint(&self) -> Option<String> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Rsa(pair, _) => pair.public_key().as_der(),
            Self::Ec(pair) => pair.public_key().as_der(),
            Self::Shared(_) => return None,
        }
        .ok()?;
        Some(general_purpose::STANDARD.encode(sha256(der.as_ref())))
    }
}

/// SHA-256 of a PEM certificate's DER, base64url (RFC 7515 section 4.1.8).
///
/// # Errors
/// `invalid_certificate`.
pub fn certificate_thumbprint(pem: &str) -> Result<String> {
    let refused = || {
        Error::invalid(
            "invalid_certificate",
            "the certificate is not readable; paste it from `-----BEGIN CERTIFICATE-----` on",
        )
    };
    let (label, der) = der(pem.as_bytes()).map_err(|error| refused().because(error))?;
    if label.is_some_and(|label| label != "CERTIFICATE") || der.is_empty() {
        return Err(refused());
    }
    Ok(general_purpose::URL_SAFE_NO_PAD.encode(sha256(&der)))
}

#[must_use]
pub fn hmac_sha256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}

fn refused(why: &str) -> Error {
    Error::invalid("invalid_key", format!("the key that signs cannot be used: {why}"))
}

fn failed(error: &aws_lc_rs::error::Unspecified) -> Error {
    Error::internal(anyhow::anyhow!("signing failed: {error}"))
}

fn decode(key: &Written<'_>) -> Result<Zeroizing<Vec<u8>>> {
    let text = key.text;
    match key.encoding {
        KeyEncoding::Text => Ok(Zeroizing::new(text.as_bytes().to_vec())),
        KeyEncoding::Base64 => base64(text).ok_or_else(|| refused("it is not base64")),
        KeyEncoding::Hex => hex(text.trim()).ok_or_else(|| refused("it is not hexadecimal")),
    }
}

/// Standard or URL-safe, with or without padding, white space anywhere.
fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != '=')
            .map(|c| match c {
                '-' => '+',
                '_' => '/',
                other => other,
            })
            .collect(),
    );
    general_purpose::STANDARD_NO_PAD.decode(text.as_bytes()).ok().map(Zeroizing::new)
}

fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    pairs.collect::<Result<Vec<u8>, _>>().ok().map(Zeroizing::new)
}

/// The label of a PEM text and its content; bytes without a label are taken as they are, or as base64 of them.
fn der(bytes: &[u8]) -> Result<(Option<String>, Zeroizing<Vec<u8>>)> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok((None, Zeroizing::new(bytes.to_vec()))) };
    let text = Zeroizing::new(text.replace("\\n", "\n"));
    let Some((_, rest)) = text.split_once("-----BEGIN ") else {
        let content = base64(&text).ok_or_else(|| refused("it is not PEM; it begins with `-----BEGIN`"))?;
        return Ok((None, content));
    };
    let cut = || refused("its PEM is cut off; paste it up to and with the `-----END …-----` line");
    let (label, rest) = rest.split_once("-----").ok_or_else(cut)?;
    let (body, _) = rest.split_once("-----END").ok_or_else(cut)?;
    if body.contains("Proc-Type") {
        return Err(refused("it is encrypted in an old form; convert it with `openssl pkcs8 -topk8`"));
    }
    let content = base64(body).ok_or_else(|| refused("its PEM holds characters that are not base64"))?;
    Ok((Some(label.trim().to_owned()), content))
}

fn decrypt(der: &[u8], passphrase: Option<&str>) -> Result<Zeroizing<Vec<u8>>> {
    let Some(passphrase) = passphrase.filter(|passphrase| !passphrase.is_empty()) else {
        return Err(refused("it is encrypted; enter its passphrase too"));
    };
    let info =
        EncryptedPrivateKeyInfo::try_from(der).map_err(|_unread| refused("its encrypted form is not PKCS #8"))?;
    let opened = info.decrypt(passphrase).map_err(|_wrong| refused("the passphrase does not open it"))?;
    Ok(Zeroizing::new(opened.as_bytes().to_vec()))
}

fn rsa(der: &[u8], algorithm: Algorithm) -> Result<SigningKey> {
    let pair = RsaKeyPair::from_pkcs8(der).or_else(|_other_form| RsaKeyPair::from_der(der));
    let pair = pair.map_err(|_unread| refused("an RSA private key of 2048 bits or more is wanted"))?;
    Ok(SigningKey::Rsa(Box::new(pair), algorithm))
}

fn ec(der: &[u8]) -> Result<SigningKey> {
    let curve = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair =
        EcdsaKeyPair::from_pkcs8(curve, der).or_else(|_other_form| EcdsaKeyPair::from_private_key_der(curve, der));
    Ok(SigningKey::Ec(Box::new(pair.map_err(|_unread| refused("a P-256 private key is wanted"))?)))
}
