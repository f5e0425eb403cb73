use chrono::DateTime;
use url::Url;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::model::component::auth::oauth1::SignatureMethod;
use crate::model::http::Method;
use crate::model::http::Request;
use crate::model::http::fields::bytes;
use crate::model::sign::oauth1::Signer;
use crate::model::sign::oauth1::base_string;

fn at(seconds: i64) -> Instant {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn owned(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// The client of RFC 5849 section 1.2.
fn printer(method: SignatureMethod, token: Option<(&str, &str)>) -> Signer {
    Signer {
        method,
        consumer_key: owned("dpf43f3p2l4k3l03"),
        consumer_secret: owned("kd94hf93k423kf44"),
        token: token.map(|(token, secret)| (owned(token), owned(secret))),
        realm: Some(owned("Photos")),
    }
}

fn request(method: Method, url: &str) -> Request {
    Request::new(method, Url::parse(url).unwrap())
}

#[test]
fn the_base_string_is_that_of_section_3_4_1_1() {
    let mut request = request(Method::Post, "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    request.default_header("Content-Type", "application/x-www-form-urlencoded");
    request.body = Some(bytes("c2&a3=2+q"));
    let own = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ];
    assert_eq!(
        base_string(&request, &own).as_str(),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2\
         %3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1\
         %26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    );
}

#[test]
fn requests_of_section_1_2_are_signed_as_there() {
    let sha1 = SignatureMethod::HmacSha1;
    let mut second = request(Method::Post, "https://photos.example.net/token");
    let temporary = Some(("hh5s93j4hdidpola", "hdhd0244k9j7ao03"));
    printer(sha1, temporary).sign(&mut second, at(137_131_201), "walatlh", &[("oauth_verifier", "hfdp7dh39dks9884")]);
    assert_eq!(
        second.header_value("authorization").unwrap(),
        "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_signature_method=\"HMAC-SHA1\", \
         oauth_timestamp=\"137131201\", oauth_nonce=\"walatlh\", oauth_token=\"hh5s93j4hdidpola\", \
         oauth_verifier=\"hfdp7dh39dks9884\", oauth_signature=\"gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D\""
    );
    let mut third = request(Method::Get, "http://photos.example.net/photos?file=vacation.jpg&size=original");
    let token = Some(("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"));
    printer(sha1, token).sign(&mut third, at(137_131_202), "chapoH", &[]);
    assert!(third.header_value("authorization").unwrap().ends_with("\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""));
}

#[test]
fn other_methods_sign_too() {
    let mut plain = request(Method::Get, "https://a.example/");
    let token = Some(("t", "jjd999tj88uiths3"));
    let mut signer = printer(SignatureMethod::Plaintext, token);
    signer.consumer_secret = owned("djr9rjt0jd78jf88&");
    signer.realm = Some(owned("a\"b"));
    signer.sign(&mut plain, at(1), "n", &[]);
    let header = plain.header_value("authorization").unwrap();
    assert!(header.starts_with("OAuth realm=\"a\\\"b\", "), "{header}");
    // Section 3.4.4: both secrets encoded, then joined; the whole is encoded again in the header.
    assert!(header.ends_with("oauth_signature=\"djr9rjt0jd78jf88%2526%26jjd999tj88uiths3\""), "{header}");
    let mut one = request(Method::Get, "https://a.example/");
    let mut other = request(Method::Get, "https://a.example/?x=1");
    printer(SignatureMethod::HmacSha256, token).sign(&mut one, at(1), "n", &[]);
    printer(SignatureMethod::HmacSha256, token).sign(&mut other, at(1), "n", &[]);
    assert_ne!(one.header_value("authorization"), other.header_value("authorization"));
    assert!(one.header_value("authorization").unwrap().contains("HMAC-SHA256"));
}
