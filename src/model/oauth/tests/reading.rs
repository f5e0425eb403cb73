//! Token replies that hold something.

use serde_json::json;

use crate::model::component::auth::token::TokenReply;
use crate::model::fill::Fill;
use crate::model::oauth::answer;
use crate::model::oauth::answer::Issued;
use crate::model::oauth::answer::Reading;
use crate::model::oauth::tests::misbehaviour::read;
use crate::model::oauth::tests::misbehaviour::reply;
use crate::model::oauth::tests::now;
use crate::model::token::TokenSet;

fn shown(issued: &Issued) -> String {
    let set = issued.clone().over(&TokenSet::default());
    serde_json::to_string(&set).unwrap()
}

#[test]
fn a_standard_reply_is_read() {
    let body = br#"{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"rt","scope":"a b,c"}"#;
    let issued = read(&json!({}), &reply(200, &[], body)).ok().unwrap();
    insta::assert_snapshot!(shown(&issued), @r#"{"access_token":"at","refresh_token":"rt","expires_at":"2027-01-15T09:00:00Z","granted_scopes":["a","b","c"]}"#);
}

#[test]
fn manifests_say_where_a_reply_holds_what() {
    let rules = json!({ "access_token": ["user.token", "token"], "refresh_token": "user.refresh", "expires_at": "until",
        "refresh_expires_in": "ttl", "expires_unit": "minutes", "scope": "user.scopes",
        "keep": { "id": "team.0.id", "none": "x.y" }, "keep_origin": { "api": "url", "bad": "token" },
        "keep_headers": { "cookie": "Set-Cookie", "region": "X-Region" } });
    let body =
        br#"{"token":"no","user":{"token":"at","refresh":"rt","scopes":["x:read","y:write z"]},"until":1800000060,
        "ttl":"2","team":[{"id":7}],"url":"https://eu.a.example:8443/path?q#f"}"#;
    let headers = [("set-cookie", "sid=1; Path=/; HttpOnly"), ("set-cookie", "node=b; Secure"), ("x-region", "eu")];
    let issued = read(&rules, &reply(200, &headers, body)).ok().unwrap();
    insta::assert_snapshot!(shown(&issued), @r#"{"access_token":"at","refresh_token":"rt","expires_at":"2027-01-15T08:01:00Z","refresh_expires_at":"2027-01-15T08:02:00Z","granted_scopes":["x:read","y:write","z"],"kept":{"api":"https://eu.a.example:8443","cookie":"sid=1; node=b","id":"7","region":"eu"}}"#);
}

#[test]
fn a_reply_without_something_keeps_what_was_there() {
    let previous = TokenSet {
        access_token: "old".to_owned().into(),
        refresh_token: Some("rt".to_owned().into()),
        expires_at: Some(now()),
        refresh_expires_at: Some(now()),
        granted_scopes: Some(["a".to_owned()].into()),
        kept: [("id".to_owned(), "1".to_owned().into())].into(),
        ..TokenSet::default()
    };
    for (body, wanted) in [
        // No refresh token: the old one stays.
        (r#"{"access_token":"new"}"#, "new rt refresh-end a 1"),
        // The same one again: its end stays.
        (r#"{"access_token":"new","refresh_token":"rt"}"#, "new rt refresh-end a 1"),
        // Another one: its end is not known.
        (r#"{"access_token":"new","refresh_token":"rt2","scope":"b"}"#, "new rt2 - b 1"),
    ] {
        let issued = read(&json!({}), &reply(200, &[], body.as_bytes())).ok().unwrap();
        let set = issued.over(&previous);
        let scopes: Vec<String> = set.granted_scopes.unwrap().into_iter().collect();
        let end = if set.refresh_expires_at.is_some() { "refresh-end" } else { "-" };
        let refresh = set.refresh_token.unwrap();
        let found = format!(
            "{} {} {end} {} {}",
            set.access_token.as_str(),
            refresh.as_str(),
            scopes.join(","),
            set.kept["id"].as_str()
        );
        assert_eq!(found, wanted);
        assert_eq!(set.expires_at, None, "the old end is the old token's");
    }
}

#[test]
fn a_step_gives_only_what_it_names() {
    let fill = Fill::default();
    let body = br#"{"access_token":"other","dc":"us6"}"#;
    let rules: TokenReply = serde_json::from_value(json!({ "keep": { "dc": "dc" } })).unwrap();
    let reading = Reading { rules: &rules, is_grant: false, scope_separator: " ", fill: &fill, now: now() };
    let issued = answer::read(&reading, &reply(200, &[], body)).ok().unwrap();
    assert!(issued.access_token.is_none());
    assert_eq!(issued.kept["dc"].as_str(), "us6");
    let rules: TokenReply = serde_json::from_value(json!({ "access_token": "", "lifetime_s": 60 })).unwrap();
    let reading = Reading { rules: &rules, ..reading };
    let issued = answer::read(&reading, &reply(200, &[], b"\"whole\"")).ok().unwrap();
    assert_eq!(issued.access_token.unwrap().as_str(), "whole");
    let nothing = TokenReply::default();
    let reading = Reading { rules: &nothing, ..reading };
    assert!(answer::read(&reading, &reply(204, &[], b"")).is_ok());
    assert!(answer::read(&reading, &reply(404, &[], b"")).is_err());
}
