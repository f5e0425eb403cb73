//! Callbacks: what whoever follows a redirect may write.

use serde_json::json;

use crate::model::component::auth::Auth;
use crate::model::oauth::callback;
use crate::model::oauth::callback::Answer;
use crate::model::oauth::tests::auth;
use crate::model::oauth::tests::code_auth;
use crate::model::oauth::tests::usual;

fn params(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// What a callback comes to, in a word or two.
fn read(auth: &Auth, text: &str) -> String {
    match callback::read(auth, &usual(), &params(text)) {
        Err(error) => error.code.to_owned(),
        Ok(Answer::Refused(refusal)) => format!("{} {}", refusal.code, refusal.description.unwrap_or_default()),
        Ok(Answer::Granted { code, kept }) => {
            let kept: Vec<String> = kept.iter().map(|(name, value)| format!(" {name}={}", value.as_str())).collect();
            format!("granted {}{}", code.as_str(), kept.concat())
        }
    }
}

#[test]
fn callbacks_are_read_with_care() {
    let plain = code_auth(json!({ "callback": { "keep": { "realm_id": "realmId" } } }));
    let renamed = code_auth(json!({ "callback": { "code_param": "auth_code" } }));
    let strict = code_auth(json!({ "issuer": "https://a.example" }));
    let long = format!("code={}", "a".repeat(9000));
    for (auth, text, wanted) in [
        (&plain, "code=a%2Fb&state=s", "granted a/b"),
        (&plain, "code=c&realmId=42", "granted c realm_id=42"),
        (&plain, "code=c&realmId=4%0d%0a2", "granted c"),
        (&plain, "code=c&code=d", "invalid_callback"),
        (&plain, "code=c&realmId=1&realmId=2", "invalid_callback"),
        (&plain, "code=", "invalid_callback"),
        (&plain, "code=a%00b", "invalid_callback"),
        (&plain, "", "invalid_callback"),
        (&plain, &long, "invalid_callback"),
        (&plain, "auth_code=c", "invalid_callback"),
        (&renamed, "auth_code=c&code=d", "granted c"),
        (&plain, "error=access_denied&error_description=The+user%0d%0asaid+no", "access_denied The user said no"),
        (&plain, "error=%3Cscript%3E&error_description=%3Cb%3E", "unknown_error b"),
        (&plain, "error=access_denied&code=c", "access_denied "),
        (&plain, "code=c&iss=https://other.example", "granted c"),
        (&strict, "code=c&iss=https://a.example", "granted c"),
        (&strict, "code=c&iss=https://a.example/", "wrong_issuer"),
        (&strict, "code=c&iss=https://evil.example", "wrong_issuer"),
        (&strict, "code=c&iss=https://a.example&iss=https://evil.example", "invalid_callback"),
        (&strict, "code=c", "wrong_issuer"),
        (&strict, "error=access_denied", "wrong_issuer"),
    ] {
        assert_eq!(read(auth, text), wanted, "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn oauth_1_brings_a_verifier() {
    let plain = auth(json!({ "kind": "oauth1", "authorize_url": "https://a.example/a" }));
    assert_eq!(read(&plain, "oauth_token=t&oauth_verifier=v"), "granted v");
    assert_eq!(read(&plain, "denied=t"), "access_denied ");
    assert_eq!(callback::state(&plain, &params("oauth_token=t")).unwrap(), "t");
    let own =
        auth(json!({ "kind": "oauth1", "authorize_url": "https://a.example/a", "callback": { "code_param": "pin" } }));
    assert_eq!(read(&own, "pin=7"), "granted 7");
}

#[test]
fn a_state_is_there_once() {
    let plain = code_auth(json!({}));
    assert_eq!(callback::state(&plain, &params("state=s&code=c")).unwrap(), "s");
    let custom = code_auth(json!({ "authorize_rename": { "state": "customField" } }));
    assert_eq!(callback::state(&custom, &params("customField=s")).unwrap(), "s");
    for text in ["code=c", "state=a&state=b", "State=a"] {
        assert_eq!(callback::state(&plain, &params(text)).unwrap_err().code, "invalid_callback", "{text}");
    }
}
