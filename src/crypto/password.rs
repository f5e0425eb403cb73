//! People's passwords: argon2id with the library's current parameters.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::error::Error;
use crate::error::Result;

/// Shorter passwords are refused (NIST SP 800-63B section 3.1.1.2 asks for at least 8; without a second factor, more).
pub const MIN_CHARS: usize = 12;
/// Longer ones only cost time.
pub const MAX_CHARS: usize = 256;

/// Hashes with a fresh salt.
///
/// # Errors
/// When the random source fails.
pub fn hash(password: &str) -> Result<String> {
    let salt = random::<16>()?;
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed. Without a stored hash the same work is done, so that unknown
/// users take as long as known ones.
#[must_use]
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && stored.is_some()
}

/// A password for a first sign-in: 24 letters and digits.
///
/// # Errors
/// When the random source fails.
pub fn generate() -> Result<Zeroizing<String>> {
    let token = crate::crypto::token::issue(crate::crypto::token::TokenKind::Session)?;
    Ok(Zeroizing::new(token.text[token.text.len() - 30..token.text.len() - 6].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_verifies() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterx", Some(&stored)));
        assert!(!verify("", None));
        assert!(!verify("anything", Some("not a hash")));
    }
}
