//! Proof Key for Code Exchange (RFC 7636). The challenge is the `oauth2` crate's, from a verifier that is passed in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::PkceCodeChallenge;
use oauth2::PkceCodeVerifier;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::grant::Pkce;

/// A verifier of 32 random bytes: 43 characters (section 4.1).
#[must_use]
pub fn verifier(random: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(random))
}

/// The challenge and its method; nothing where the provider refuses the parameters.
///
/// # Errors
/// `invalid_verifier` when the verifier is not 43 to 128 unreserved characters (section 4.1): the `oauth2` crate would
/// panic on its length.
pub fn challenge(pkce: Pkce, verifier: &str) -> Result<Option<(String, &'static str)>> {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if pkce != Pkce::Off && !((43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved)) {
        return Err(Error::invalid(
            "invalid_verifier",
            "the PKCE verifier is not 43 to 128 letters and digits; begin again",
        ));
    }
    let own = || PkceCodeVerifier::new(verifier.to_owned());
    Ok(match pkce {
        Pkce::S256 => Some((PkceCodeChallenge::from_code_verifier_sha256(&own()).as_str().to_owned(), "S256")),
        Pkce::Plain => Some((verifier.to_owned(), "plain")),
        Pkce::Off => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let wanted = Some(("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(), "S256"));
        assert_eq!(challenge(Pkce::S256, verifier).unwrap(), wanted);
        assert_eq!(challenge(Pkce::Plain, verifier).unwrap(), Some((verifier.to_owned(), "plain")));
        assert_eq!(challenge(Pkce::Off, "").unwrap(), None);
    }

    #[test]
    fn a_verifier_of_another_length_is_refused() {
        for verifier in ["", "short", &"a".repeat(42), &"a".repeat(129), &"ä".repeat(30)] {
            assert_eq!(challenge(Pkce::S256, verifier).unwrap_err().code, "invalid_verifier", "{verifier}");
        }
    }

    #[test]
    fn a_verifier_is_as_long_as_it_must_be() {
        assert_eq!(verifier(&[255; 32]).len(), 43);
    }
}
