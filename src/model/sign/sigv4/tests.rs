use chrono::DateTime;
use url::Url;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::model::http::Method;
use crate::model::http::Request;
use crate::model::http::fields::bytes;
use crate::model::sign::sigv4::Signer;

fn owned(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn signature(request: &Request) -> &str {
    request.header_value("authorization").unwrap().rsplit_once("Signature=").unwrap().1
}

/// The examples of "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API Reference.
fn s3() -> Signer {
    Signer {
        access_key_id: owned("AKIAIOSFODNN7EXAMPLE"),
        secret_access_key: owned("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        session_token: None,
        region: "us-east-1".to_owned(),
        service: "s3".to_owned(),
    }
}

/// The key of the signature test suite and of the IAM example in the AWS General Reference.
fn suite(service: &str) -> Signer {
    Signer {
        access_key_id: owned("AKIDEXAMPLE"),
        secret_access_key: owned("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        service: service.to_owned(),
        ..s3()
    }
}

#[test]
fn the_examples_of_s3_are_signed_as_there() {
    let host = "https://examplebucket.s3.amazonaws.com";
    let now = at("2013-05-24T00:00:00Z");
    for (path, headers, body, wanted) in [
        (
            "/test.txt",
            vec![("Range", "bytes=0-9")],
            None,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "/test$file.text",
            vec![("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            Some("Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        ("/?lifecycle", vec![], None, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", vec![], None, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ] {
        let method = if body.is_some() { Method::Put } else { Method::Get };
        let mut request = Request::new(method, Url::parse(&format!("{host}{path}")).unwrap());
        headers.into_iter().for_each(|(name, value)| request.default_header(name, value));
        request.body = body.map(bytes);
        s3().sign(&mut request, now);
        assert_eq!(signature(&request), wanted, "{path}");
    }
}

#[test]
fn the_example_of_iam_is_signed_as_there() {
    let url = Url::parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08").unwrap();
    let mut request = Request::new(Method::Get, url);
    request.default_header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    suite("iam").sign(&mut request, at("2015-08-30T12:36:00Z"));
    assert_eq!(
        request.header_value("authorization").unwrap(),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, \
         Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    assert_eq!(request.header_value("x-amz-content-sha256"), None);
}

#[test]
fn the_test_suite_agrees() {
    let now = at("2015-08-30T12:36:00Z");
    for (path, wanted) in [
        ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ] {
        let url = Url::parse(&format!("https://example.amazonaws.com{path}")).unwrap();
        let mut request = Request::new(Method::Get, url);
        suite("service").sign(&mut request, now);
        assert_eq!(signature(&request), wanted, "{path}");
    }
}

#[test]
fn a_session_token_is_sent_and_signed() {
    let mut request = Request::new(Method::Get, Url::parse("https://sqs.us-east-1.amazonaws.com/").unwrap());
    let signer = Signer { session_token: Some(owned("IQoJb3JpZ2lu")), ..suite("sqs") };
    signer.sign(&mut request, at("2015-08-30T12:36:00Z"));
    assert_eq!(request.header_value("x-amz-security-token"), Some("IQoJb3JpZ2lu"));
    assert!(
        request.header_value("authorization").unwrap().contains("SignedHeaders=host;x-amz-date;x-amz-security-token,")
    );
}

#[test]
fn spaces_are_sent_as_they_are_signed_and_paths_are_encoded_for_their_service() {
    let mut request = Request::new(Method::Get, Url::parse("https://a.example/x%20y?b=1+2&a=3%2B4").unwrap());
    s3().sign(&mut request, at("2015-08-30T12:36:00Z"));
    assert_eq!(request.url.as_str(), "https://a.example/x%20y?a=3%2B4&b=1%202");
    let url = Url::parse("https://a.example/x%20y/%E2%82%AC").unwrap();
    assert_eq!(s3().canonical_path(&url), "/x%20y/%E2%82%AC");
    assert_eq!(suite("sqs").canonical_path(&url), "/x%2520y/%25E2%2582%25AC");
}

#[test]
fn a_retry_is_signed_afresh() {
    let mut request = Request::new(Method::Get, Url::parse("https://a.example/").unwrap());
    s3().sign(&mut request, at("2015-08-30T12:36:00Z"));
    let first = request.header_value("authorization").unwrap().to_owned();
    s3().sign(&mut request, at("2015-08-30T12:36:00Z"));
    assert_eq!(request.header_value("authorization"), Some(first.as_str()));
    assert_eq!(request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-amz-date")).count(), 1);
}
