use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::proptest;
use serde_json::json;
use zeroize::Zeroizing;

use crate::model::component::Expectation;
use crate::model::component::auth::param::ReplyFormat;
use crate::model::http::Reply;
use crate::model::reply::at;
use crate::model::reply::document;
use crate::model::reply::is_expected;
use crate::model::reply::text;

fn reply(kind: &str, body: &[u8]) -> Reply {
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    Reply { status: 200, headers, body: Zeroizing::new(body.to_vec()) }
}

#[test]
fn bodies_are_read_in_the_charset_they_have() {
    for (kind, body, wanted) in [
        ("application/json", "{\"a\":\"ü\"}".as_bytes(), "{\"a\":\"ü\"}"),
        ("application/json", b"\xef\xbb\xbf{}", "{}"),
        ("application/json; charset=ISO-8859-1", b"\xfc", "ü"),
        ("application/json; charset=utf-8", b"\xfc", "\u{fffd}"),
        ("application/json", b"\xff\xfe{\0}\0", "{}"),
        ("application/json", b"\xfe\xff\0{\0}\0", "{}"),
    ] {
        assert_eq!(text(&reply(kind, body)), wanted, "{kind}");
    }
}

#[test]
fn xml_is_a_tree_of_local_names() {
    let body = b"<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"a>b\"><!-- x --><e:Body><r><id>1 &amp; 2&#33;</id><id/>\
        <t><![CDATA[<x>]]></t></r></e:Body></e:Envelope>\n";
    let found = document(&reply("text/xml", body), ReplyFormat::Xml).unwrap();
    assert_eq!(found, json!({ "Envelope": { "Body": { "r": { "id": ["1 & 2!", ""], "t": "<x>" } } } }));
    let deep = "<a>".repeat(100_000);
    for broken in
        ["<a>", "<a></b>", "a", "", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a>&b;</a>", "<a/><b/>", &deep]
    {
        assert_eq!(document(&reply("text/xml", broken.as_bytes()), ReplyFormat::Xml), None);
    }
}

#[test]
fn paths_go_through_maps_and_lists() {
    let document = json!({ "a": { "b": [ { "c": 1 } ] }, "a.b": "dotted", "n": null });
    assert_eq!(at(&document, "a.b.0.c"), Some(&json!(1)));
    assert_eq!(at(&document, "a.b"), Some(&json!("dotted")));
    assert_eq!(at(&document, ""), Some(&document));
    for path in ["n", "a.b.1", "a.x", "a.b.c", "a.b.-1", "."] {
        assert_eq!(at(&document, path), None, "{path}");
    }
}

#[test]
fn forms_are_read_where_they_are_meant_or_announced() {
    let body = b"access_token=a+b%3D&x";
    let wanted = Some(json!({ "access_token": "a b=", "x": "" }));
    assert_eq!(document(&reply("text/plain", body), ReplyFormat::Form), wanted);
    assert_eq!(document(&reply("application/x-www-form-urlencoded; charset=utf-8", body), ReplyFormat::Json), wanted);
    assert_eq!(document(&reply("text/plain", body), ReplyFormat::Json), None);
}

#[test]
fn an_expectation_is_met_whole() {
    let expect: Expectation = serde_json::from_value(json!({ "has": ["a.b"], "equals": { "ok": true } })).unwrap();
    for (body, wanted) in [
        (json!({ "ok": true, "a": { "b": 0 } }), true),
        (json!({ "ok": "true", "a": { "b": 0 } }), true),
        (json!({ "ok": false, "a": { "b": 0 } }), false),
        (json!({ "ok": true, "a": { "b": null } }), false),
        (json!([]), false),
    ] {
        let reply = reply("application/json", body.to_string().as_bytes());
        assert_eq!(is_expected(&reply, &expect, document(&reply, ReplyFormat::Json).as_ref()), wanted, "{body}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..400), kind in ".{0,40}") {
        for format in [ReplyFormat::Json, ReplyFormat::Form, ReplyFormat::Xml] {
            drop(document(&reply(&kind, &body), format));
        }
    }

    #[test]
    fn anything_like_xml_is_read_without_panic(body in "[<>/a:&;#x1!\\[\\]\"= -]{0,120}") {
        drop(document(&reply("text/xml", body.as_bytes()), ReplyFormat::Xml));
    }
}
