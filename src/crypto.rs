//! Secrets at rest and tokens: the vault that seals, the keys that Keyway issues, passwords. Would fit any product.

use std::sync::Arc;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::RandomizedNonceKey;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;

pub mod password;
pub mod token;

/// Layout of a sealed value: version, key id, nonce, ciphertext with tag.
const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 16;
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// Where a sealed value lives. Bound into the seal, so a value moved to another row, column or tenant does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub tenant: [u8; 16],
    pub table: &'a str,
    pub row: [u8; 16],
    pub column: &'a str,
}

impl Place<'_> {
    fn aad(&self, header: &[u8]) -> Vec<u8> {
        let mut aad = Vec::with_capacity(96);
        aad.extend_from_slice(header);
        aad.extend_from_slice(&self.tenant);
        aad.extend_from_slice(&self.row);
        // Lengths keep `ab`+`c` apart from `a`+`bc`.
        for word in [self.table, self.column] {
            aad.extend_from_slice(&(word.len() as u64).to_be_bytes());
            aad.extend_from_slice(word.as_bytes());
        }
        aad
    }
}

/// A 256-bit AES-GCM key with its id. No `Debug`: a key never reaches a log.
pub struct SealKey {
    id: [u8; KEY_ID_LEN],
    key: RandomizedNonceKey,
}

impl SealKey {
    /// # Errors
    /// When the bytes are no AES-256 key.
    pub fn new(id: [u8; KEY_ID_LEN], bytes: &[u8; 32]) -> Result<Self> {
        let key =
            RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|error| Error::internal(anyhow::anyhow!(error)))?;
        Ok(Self { id, key })
    }

    /// Seals with a fresh random nonce.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let mut head = [0; 1 + KEY_ID_LEN];
        head[0] = VERSION;
        head[1..].copy_from_slice(&self.id);
        let mut body = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(place.aad(&head)), &mut body)
            .map_err(|error| Error::internal(anyhow::anyhow!(error)))?;
        let mut sealed = Vec::with_capacity(HEADER_LEN + body.len());
        sealed.extend_from_slice(&head);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what `seal` made for the same place.
    ///
    /// # Errors
    /// When the value was sealed with another key, for another place, or changed since.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let unreadable = || Error::bug(format!("a sealed value of {}.{} does not open", place.table, place.column));
        if sealed.len() < HEADER_LEN || sealed[0] != VERSION || sealed[1..=KEY_ID_LEN] != self.id {
            return Err(unreadable());
        }
        let (head, rest) = sealed.split_at(1 + KEY_ID_LEN);
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce =
            Nonce::try_assume_unique_for_key(nonce).map_err(|error| unreadable().because(anyhow::anyhow!(error)))?;
        let mut plain = Zeroizing::new(body.to_vec());
        let length = self
            .key
            .open_in_place(nonce, Aad::from(place.aad(head)), &mut plain)
            .map_err(|error| unreadable().because(anyhow::anyhow!(error)))?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

/// The id of the key that sealed a value.
#[must_use]
pub fn sealed_key_id(sealed: &[u8]) -> Option<[u8; KEY_ID_LEN]> {
    (sealed.len() > HEADER_LEN && sealed[0] == VERSION).then(|| sealed[1..=KEY_ID_LEN].try_into().ok()).flatten()
}

/// The key-encryption key: wraps each tenant's data key, and keys the fingerprints.
#[derive(Clone)]
pub struct Kek {
    key: Arc<SealKey>,
    fingerprints: Arc<hmac::Key>,
    links: Arc<hmac::Key>,
}

impl Kek {
    /// # Errors
    /// When the bytes are no AES-256 key.
    pub fn new(bytes: &Zeroizing<[u8; 32]>) -> Result<Self> {
        let id = digest::digest(&digest::SHA256, &[b"keyway kek id\0".as_slice(), bytes.as_slice()].concat());
        let mut short = [0; KEY_ID_LEN];
        short.copy_from_slice(&id.as_ref()[..KEY_ID_LEN]);
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice());
        let derived = hmac::sign(&root, b"keyway fingerprints v1");
        let links = hmac::sign(&root, b"keyway connect links v1");
        Ok(Self {
            key: Arc::new(SealKey::new(short, bytes)?),
            fingerprints: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())),
            links: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, links.as_ref())),
        })
    }

    /// Makes a random data key and wraps it for its place.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_data_key(&self, place: &Place<'_>) -> Result<Vec<u8>> {
        let bytes = Zeroizing::new(random::<32>()?);
        self.key.seal(place, bytes.as_slice())
    }

    /// Opens a wrapped data key. `id` names it in what it seals.
    ///
    /// # Errors
    /// `wrong_vault_key` when another key-encryption key wrapped it.
    pub fn unwrap_data_key(&self, place: &Place<'_>, id: [u8; 16], wrapped: &[u8]) -> Result<SealKey> {
        if sealed_key_id(wrapped) != Some(self.key.id) {
            return Err(Error::new(
                crate::error::Kind::Unavailable,
                "wrong_vault_key",
                "the vault key is not the one that this database was sealed with; point vault.key_file (or \
                 KEYWAY_VAULT__KEY) at the original key",
            ));
        }
        let bytes = self.key.open(place, wrapped)?;
        let bytes: &[u8; 32] =
            bytes.as_slice().try_into().map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
        SealKey::new(id, bytes)
    }

    /// A keyed fingerprint: tells whether two secrets of this deployment are equal without showing them.
    #[must_use]
    pub fn fingerprint(&self, secret: &[u8]) -> String {
        hex(hmac::sign(&self.fingerprints, secret).as_ref())
    }
}

impl Kek {
    /// What whoever knows an id only cannot make: 128 bits that go with the id into a link.
    #[must_use]
    pub fn link_tag(&self, id: &[u8; 16]) -> [u8; 16] {
        let mut tag = [0; 16];
        tag.copy_from_slice(&hmac::sign(&self.links, id).as_ref()[..16]);
        tag
    }
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
#[must_use]
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    use subtle::ConstantTimeEq as _;
    one.ct_eq(other).into()
}

/// A secret word of 256 random bits, in hexadecimal digits.
///
/// # Errors
/// When the random source fails.
pub fn random_word() -> Result<Zeroizing<String>> {
    Ok(Zeroizing::new(hex(&random::<32>()?)))
}

/// Random bytes from the operating system.
///
/// # Errors
/// When the random source fails.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|error| Error::internal(anyhow::anyhow!(error)))?;
    Ok(bytes)
}

#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// `sha256:<hex>`, how digests are written in files and answers.
#[must_use]
pub fn sha256_label(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&sha256(bytes)))
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: u8, column: &str) -> Place<'_> {
        Place { tenant: [7; 16], table: "credentials", row: [row; 16], column }
    }

    fn kek(byte: u8) -> Kek {
        Kek::new(&Zeroizing::new([byte; 32])).unwrap()
    }

    #[test]
    fn a_value_opens_only_in_its_own_place() {
        let key = SealKey::new([1; 16], &[2; 32]).unwrap();
        let sealed = key.seal(&place(1, "secrets"), b"hunter2").unwrap();
        assert_eq!(key.open(&place(1, "secrets"), &sealed).unwrap().as_slice(), b"hunter2");
        assert!(key.open(&place(2, "secrets"), &sealed).is_err());
        assert!(key.open(&place(1, "tokens"), &sealed).is_err());
        assert!(key.open(&Place { tenant: [8; 16], ..place(1, "secrets") }, &sealed).is_err());
        assert!(key.open(&Place { table: "connections", ..place(1, "secrets") }, &sealed).is_err());
    }

    #[test]
    fn a_changed_byte_is_refused_wherever_it_is() {
        let key = SealKey::new([1; 16], &[2; 32]).unwrap();
        let sealed = key.seal(&place(1, "secrets"), b"hunter2").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(key.open(&place(1, "secrets"), &changed).is_err(), "byte {index}");
        }
        assert!(key.open(&place(1, "secrets"), &sealed[..10]).is_err());
    }

    #[test]
    fn the_same_value_never_seals_alike() {
        let key = SealKey::new([1; 16], &[2; 32]).unwrap();
        let seals: std::collections::BTreeSet<_> =
            (0..1000).map(|_| key.seal(&place(1, "secrets"), b"x").unwrap()).collect();
        assert_eq!(seals.len(), 1000);
    }

    #[test]
    fn another_kek_says_so() {
        let at = Place { tenant: [7; 16], table: "data_keys", row: [1; 16], column: "wrapped" };
        let wrapped = kek(1).new_data_key(&at).unwrap();
        assert!(kek(1).unwrap_data_key(&at, [3; 16], &wrapped).is_ok());
        assert_eq!(kek(2).unwrap_data_key(&at, [3; 16], &wrapped).err().unwrap().code, "wrong_vault_key");
    }

    #[test]
    fn fingerprints_depend_on_the_deployment() {
        assert_eq!(kek(1).fingerprint(b"a"), kek(1).fingerprint(b"a"));
        assert_ne!(kek(1).fingerprint(b"a"), kek(2).fingerprint(b"a"));
        assert_ne!(kek(1).fingerprint(b"a"), kek(1).fingerprint(b"b"));
    }
}
