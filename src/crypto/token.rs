//! Tokens that Keyway issues: `kwk_<prefix>_<secret><checksum>`. The prefix finds the row, the hash proves the rest,
//! the checksum lets scanners and typos be told apart without a database.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::crypto::sha256;
use crate::error::Result;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX_LEN: usize = 12;
const SECRET_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;

/// What a token is for; the first word of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    ApiKey,
    Session,
}

impl TokenKind {
    fn word(self) -> &'static str {
        match self {
            Self::ApiKey => "kwk",
            Self::Session => "kws",
        }
    }
}

/// A new token: its text is shown once, prefix and hash are stored.
pub struct NewToken {
    pub text: Zeroizing<String>,
    pub prefix: String,
    pub hash: [u8; 32],
}

/// A token as it was presented, well-formed and with a right checksum.
pub struct PresentedToken {
    pub kind: TokenKind,
    pub prefix: String,
    hash: [u8; 32],
}

impl PresentedToken {
    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, stored_hash: &[u8]) -> bool {
        self.hash.ct_eq(stored_hash).into()
    }

    #[must_use]
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// Makes a token with 256 bits of randomness.
///
/// # Errors
/// When the random source fails.
pub fn issue(kind: TokenKind) -> Result<NewToken> {
    let prefix = word::<PREFIX_LEN>()?;
    let secret = Zeroizing::new(word::<SECRET_LEN>()?);
    let body = Zeroizing::new(format!("{}_{prefix}_{}", kind.word(), *secret));
    let text = Zeroizing::new(format!("{}{}", *body, checksum(&body)));
    let hash = sha256(text.as_bytes());
    Ok(NewToken { text, prefix, hash })
}

/// Reads a token; `None` when it is not one of ours or was mistyped.
#[must_use]
pub fn read(text: &str) -> Option<PresentedToken> {
    let mut parts = text.splitn(3, '_');
    let kind = match parts.next()? {
        "kwk" => TokenKind::ApiKey,
        "kws" => TokenKind::Session,
        _ => return None,
    };
    let prefix = parts.next()?;
    let rest = parts.next()?;
    if prefix.len() != PREFIX_LEN || rest.len() != SECRET_LEN + CHECKSUM_LEN || !rest.is_ascii() {
        return None;
    }
    let (body, sum) = text.split_at_checked(text.len() - CHECKSUM_LEN)?;
    (checksum(body) == sum).then(|| PresentedToken { kind, prefix: prefix.to_owned(), hash: sha256(text.as_bytes()) })
}

fn checksum(body: &str) -> String {
    let hash = sha256(body.as_bytes());
    hash.iter().take(CHECKSUM_LEN).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

/// Random letters and digits without bias.
fn word<const N: usize>() -> Result<String> {
    let mut out = String::with_capacity(N);
    while out.len() < N {
        for byte in random::<64>()? {
            // 248 is the largest multiple of 62 below 256; the rest would favour some letters.
            if byte < 248 && out.len() < N {
                out.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issued_token_reads_back_and_matches_its_hash() {
        let token = issue(TokenKind::ApiKey).unwrap();
        let read = read(&token.text).unwrap();
        assert_eq!((read.kind, read.prefix.as_str()), (TokenKind::ApiKey, token.prefix.as_str()));
        assert!(read.matches(&token.hash));
        assert!(!read.matches(&[0; 32]));
        assert!(!read.matches(&token.hash[..31]));
    }

    #[test]
    fn a_mistyped_token_is_not_one() {
        let token = issue(TokenKind::Session).unwrap();
        for index in 0..token.text.len() {
            let mut bytes = token.text.as_bytes().to_vec();
            bytes[index] = if bytes[index] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(read(&changed).is_none_or(|read| !read.matches(&token.hash)), "byte {index}");
        }
        assert!(read("").is_none());
        assert!(read("kwk__").is_none());
        assert!(read("kwk_éééééé_x").is_none());
    }
}
