use aws_lc_rs::signature;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::UnparsedPublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::model::component::auth::signed::Algorithm;
use crate::model::component::auth::signed::Assertion;
use crate::model::component::auth::signed::KeyEncoding;
use crate::model::fill::Fill;
use crate::model::sign::jwt::Facts;
use crate::model::sign::jwt::sign;
use crate::model::sign::key::SigningKey;
use crate::model::sign::key::Written;

const EC: &str = include_str!("../testdata/ec.pem");
const EC_DES3: &str = include_str!("../testdata/ec-des3.pem");
const EC_AES: &str = include_str!("../testdata/ec-aes.pem");
const EC_SEC1: &str = include_str!("../testdata/ec-sec1.pem");
const RSA: &str = include_str!("../testdata/rsa.pem");
const RSA_PKCS1: &str = include_str!("../testdata/rsa-pkcs1.pem");
const CERTIFICATE: &str = include_str!("../testdata/certificate.pem");

fn key(algorithm: Algorithm, text: &str, passphrase: Option<&str>) -> Result<SigningKey> {
    SigningKey::read(algorithm, &Written { text, encoding: KeyEncoding::Text, passphrase })
}

fn signed(assertion: Value, values: Value) -> Result<String> {
    let assertion: Assertion = serde_json::from_value(assertion).unwrap();
    let fill = Fill::new(serde_json::from_value(values).unwrap());
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let facts = Facts { now, nonce: "n-1", token_url: Some("https://a.example/token"), scope: "a b" };
    sign(&assertion, &fill, &facts).map(|token| token.as_str().to_owned())
}

fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

fn verifies(token: &str, algorithm: Algorithm, pem: &str) -> bool {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let check = |with: &'static dyn signature::VerificationAlgorithm, public: &[u8]| {
        UnparsedPublicKey::new(with, public).verify(message.as_bytes(), &signature).is_ok()
    };
    match (key(algorithm, pem, None).unwrap(), algorithm) {
        (SigningKey::Rsa(pair, _), Algorithm::Ps256) => {
            check(&signature::RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref())
        }
        (SigningKey::Rsa(pair, _), _) => check(&signature::RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
        (SigningKey::Ec(pair), _) => check(&signature::ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
        (SigningKey::Shared(_), _) => false,
    }
}

#[test]
fn each_algorithm_signs_what_its_public_key_verifies() {
    for (name, algorithm, pem) in
        [("RS256", Algorithm::Rs256, RSA), ("PS256", Algorithm::Ps256, RSA), ("ES256", Algorithm::Es256, EC)]
    {
        let token = signed(json!({ "algorithm": name, "key": "{{key}}" }), json!({ "key": pem })).unwrap();
        assert_eq!(part(&token, 0), json!({ "alg": name, "typ": "JWT" }));
        assert_eq!(part(&token, 1), json!({ "iat": 1_800_000_000, "exp": 1_800_000_300, "jti": "n-1" }));
        assert!(verifies(&token, algorithm, pem), "{name}");
    }
}

#[test]
fn a_shared_secret_signs_as_rfc_7515_appendix_a_1_says() {
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let written = Written { text: secret, encoding: KeyEncoding::Base64, passphrase: None };
    let key = SigningKey::read(Algorithm::Hs256, &written).unwrap();
    let message =
        b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message).unwrap());
    assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

#[test]
fn claims_and_header_fields_are_filled() {
    let token = signed(
        json!({
            "algorithm": "ES256", "key": "{{key}}", "certificate": "{{certificate}}", "lifetime_s": 60, "omit": ["jti"],
            "headers": { "kid": "{{kid}}", "x5t#S256": "{{certificate_thumbprint}}", "none": "{{unset}}" },
            "claims": { "iss": "{{account}}.SHA256:{{public_key_fingerprint}}", "aud": ["{{token_url}}"], "scope": "{{scope}}",
                "admin": true, "nbf": "{{now}}", "unset": "{{unset}}", "nonce": "{{nonce}}" },
        }),
        json!({ "key": EC, "certificate": CERTIFICATE, "kid": "k\"1", "account": "ACME" }),
    )
    .unwrap();
    let header = part(&token, 0);
    assert_eq!(header["kid"], "k\"1");
    // openssl x509 -outform DER | openssl dgst -sha256
    assert_eq!(header["x5t#S256"], "zz4rtVkdcwMkiBXBg8wv6aFuXtnyUt_8tteMVMeCkZ8");
    assert_eq!(header.get("none"), None);
    assert_eq!(
        part(&token, 1),
        json!({ "iat": 1_800_000_000, "exp": 1_800_000_060, "admin": true, "aud": ["https://a.example/token"],
            "iss": "ACME.SHA256:+UmCvsYr3XceIfIbiQ5xubJ5PiOHUMxE0IV3n6sduRo=", "nbf": 1_800_000_000, "nonce": "n-1",
            "scope": "a b" })
    );
}

#[test]
fn keys_are_read_in_every_form_that_people_paste() {
    let one_line = RSA.replace('\n', "\\n");
    let spaced = RSA.replace('\n', " ");
    let windows = EC.replace('\n', "\r\n");
    let inner: String = EC.lines().filter(|line| !line.starts_with('-')).collect();
    for (algorithm, text, passphrase) in [
        (Algorithm::Rs256, RSA, None),
        (Algorithm::Rs256, RSA_PKCS1, None),
        (Algorithm::Rs256, &one_line, None),
        (Algorithm::Rs256, &spaced, Some("ignored")),
        (Algorithm::Es256, &windows, None),
        (Algorithm::Es256, EC_SEC1, None),
        (Algorithm::Es256, &inner, None),
        (Algorithm::Es256, EC_DES3, Some("letmein")),
        (Algorithm::Es256, EC_AES, Some("letmein")),
    ] {
        assert!(key(algorithm, text, passphrase).is_ok(), "{algorithm:?} {}", &text[..40]);
    }
    let base64 = STANDARD.encode(RSA);
    let written = Written { text: &base64, encoding: KeyEncoding::Base64, passphrase: None };
    assert!(SigningKey::read(Algorithm::Ps256, &written).is_ok());
    let rsa = key(Algorithm::Rs256, RSA, None).unwrap();
    assert_eq!(rsa.public_key_fingerprint().unwrap(), "bU0rBCuET4nRXDjUXMlMXvqLMKdyNxy7JaFH0aAo17I=");
}

#[test]
fn a_key_that_cannot_be_used_says_why_and_shows_nothing_of_itself() {
    let cut = &RSA[..400];
    for (algorithm, text, passphrase, wanted) in [
        (Algorithm::Rs256, "", None, "RSA private key of 2048"),
        (Algorithm::Rs256, "hunter2 !", None, "not PEM"),
        (Algorithm::Rs256, cut, None, "cut off"),
        (Algorithm::Rs256, EC, None, "RSA private key"),
        (Algorithm::Es256, RSA, None, "P-256"),
        (Algorithm::Es256, CERTIFICATE, None, "no private key"),
        (Algorithm::Es256, EC_AES, None, "passphrase"),
        (Algorithm::Es256, EC_AES, Some("wrong"), "passphrase does not open"),
        (Algorithm::Hs256, "", None, "empty"),
    ] {
        let error = key(algorithm, text, passphrase).err().unwrap();
        assert_eq!(error.code, "invalid_key");
        assert!(error.public.contains(wanted), "{} / {wanted}", error.public);
        assert!(!error.public.contains("hunter2"));
    }
    let broken = json!({ "algorithm": "HS256", "key": "k", "certificate": "x" });
    assert_eq!(signed(broken, json!({})).unwrap_err().code, "invalid_certificate");
    assert_eq!(signed(json!({ "algorithm": "HS256", "key": "{{key}}" }), json!({})).unwrap_err().code, "missing_value");
}
