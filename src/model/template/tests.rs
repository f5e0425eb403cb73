//! What a template can hold, and what hostile templates and values do with it: nothing.

use std::borrow::Cow;

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;
use url::Url;

use crate::model::template::Encoding;
use crate::model::template::MAX_NAME_BYTES;
use crate::model::template::MAX_OUTPUT_BYTES;
use crate::model::template::MAX_SOURCE_BYTES;
use crate::model::template::RenderError;
use crate::model::template::Template;

const ENCODINGS: [Encoding; 8] = [
    Encoding::Plain,
    Encoding::Header,
    Encoding::UrlPart,
    Encoding::UrlPath,
    Encoding::UrlQuery,
    Encoding::Form,
    Encoding::Json,
    Encoding::Xml,
];

fn fill(template: &str, value: &str, encoding: Encoding) -> Result<String, RenderError> {
    Template::parse(template).unwrap().render(&|_| Some(Cow::Borrowed(value)), encoding)
}

fn of_two(template: &str, first: &str, second: &str) -> Result<String, RenderError> {
    let lookup = |name: &str| Some(Cow::Borrowed(if name == "a" { first } else { second }));
    Template::parse(template).unwrap().render(&lookup, Encoding::UrlPart)
}

#[test]
fn plain_names_and_reply_names_are_read() {
    let template = Template::parse("a {{ one }}{{reply.instance_url}} b { } é").unwrap();
    assert_eq!(template.names().collect::<Vec<_>>(), ["one", "reply.instance_url"]);
    assert_eq!(template.to_string(), "a {{one}}{{reply.instance_url}} b { } é");
    assert_eq!(template.literal_prefix(), "a ");
    assert_eq!(template.places().map(|(_, offset)| offset).collect::<Vec<_>>(), [5, 13]);
    assert_eq!(Template::parse("{{a}}/x").unwrap().leading_name(), Some("a"));
    assert!(Template::parse("x").unwrap().is_literal());
}

#[test]
fn errors_name_the_place_and_the_way_out() {
    let error = Template::parse("https://{{#if a}}").unwrap_err();
    assert_eq!((error.offset, error.message.as_str()), (10, "not a plain name between the braces"));
    assert!(error.help.contains("{{name}}"), "{}", error.help);
    assert_eq!(Template::parse("ab{{c").unwrap_err().offset, 2);
    assert_eq!(Template::parse("ab}}c").unwrap_err().offset, 2);
}

/// Every one is refused when read, or its braces are text.
#[test]
fn sixty_bombs_and_injections_do_nothing() {
    let deep = format!("{}a{}", "{{#if a}}".repeat(2_000), "{{/if}}".repeat(2_000));
    let braces = "{".repeat(10_000);
    let pairs = "{{".repeat(5_000);
    let closing = "}}".repeat(5_000);
    let many = "{{a}}".repeat(600);
    let long_name = format!("{{{{{}}}}}", "a".repeat(MAX_NAME_BYTES + 1));
    let dots = format!("{{{{{}a}}}}", "a.".repeat(40));
    let long = "x".repeat(MAX_SOURCE_BYTES + 1);
    let nested_each = "{{#each a}}{{#each a}}{{#each a}}{{#each a}}x{{/each}}{{/each}}{{/each}}{{/each}}";
    let refused: Vec<&str> = vec![
        "{{#*inline \"a\"}}x{{> a}}{{/inline}}{{> a}}",
        "{{> a}}",
        "{{>a}}",
        "{{#> a}}{{/a}}",
        &deep,
        nested_each,
        "{{#if a}}x{{/if}}",
        "{{#unless a}}x{{/unless}}",
        "{{#with a}}x{{/with}}",
        "{{else}}{{/if}}",
        "{{^a}}x{{/a}}",
        "{{log a}}",
        "{{lookup a b}}",
        "{{lookup . \"a\"}}",
        "{{{a}}}",
        "{{{ a }}}",
        "{{{{raw}}}}x{{{{/raw}}}}",
        "{{&a}}",
        "{{& a}}",
        "{{! comment }}",
        "{{!-- comment --}}",
        "{{=<% %>=}}",
        "{{~a~}}",
        "{{this}}}",
        "{{.}}",
        "{{..}}",
        "{{../a}}",
        "{{a.}}",
        "{{.a}}",
        "{{a..b}}",
        "{{a/b}}",
        "{{a.[0]}}",
        "{{a[0]}}",
        "{{a.0}}",
        "{{@root}}",
        "{{@root.a}}",
        "{{@index}}",
        "{{\"a\"}}",
        "{{'a'}}",
        "{{1}}",
        "{{a b}}",
        "{{a b=c}}",
        "{{(a)}}",
        "{{a|b}}",
        "{{a()}}",
        "{{a;b}}",
        "{{a-b}}",
        "{{a\nb}}",
        "{{\na}}",
        "{{a\0}}",
        "{{ä}}",
        "{{a\u{200b}}}",
        "{{}}",
        "{{ }}",
        "{{",
        "}}",
        "{{a",
        "a}}",
        "{{a{{b}}}}",
        "{{{{a}}",
        &braces,
        &pairs,
        &closing,
        &many,
        &long_name,
        &dots,
        &long,
    ];
    assert!(refused.len() >= 60);
    for bomb in &refused {
        assert!(Template::parse(bomb).is_err(), "taken: {}", bomb.chars().take(60).collect::<String>());
    }
    for text in ["${a}", "#{a}", "<%= a %>", "{% a %}", "{a}", "$(a)", "`a`", "\\{a\\}", "{ {a} }", "%{a}", "${{a}"] {
        let read = Template::parse(text);
        assert!(read.is_err() || read.unwrap().is_literal(), "{text}");
    }
}

#[test]
fn a_value_is_never_read_as_a_template() {
    for encoding in ENCODINGS {
        let out = Template::parse("{{a}}")
            .unwrap()
            .render(&|name| (name == "a").then_some(Cow::Borrowed("{{b}}")), encoding)
            .unwrap();
        assert!(
            !out.contains("{{b}}")
                || matches!(encoding, Encoding::Plain | Encoding::Header | Encoding::Json | Encoding::Xml)
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let error = Template::parse("{{a}}").unwrap().render(&|_| None, Encoding::Plain).unwrap_err();
    assert_eq!(error, RenderError::Missing("a".into()));
    assert_eq!(error.input(), Some("a"));
}

#[test]
fn headers_hold_no_control_characters() {
    assert_eq!(fill("Bearer {{t}}", "abc", Encoding::Header).unwrap(), "Bearer abc");
    for bad in ["a\r\nX: y", "a\n", "\0", "a\tb", "\u{7f}", "\u{85}"] {
        assert_eq!(fill("{{t}}", bad, Encoding::Header), Err(RenderError::Control(Some("t".into()))));
    }
    assert_eq!(fill("a\nX: {{t}}", "b", Encoding::Header), Err(RenderError::Control(None)));
}

#[test]
fn url_parts_stay_where_they_are() {
    let url = |value| fill("https://{{v}}.example.com/a/{{v}}?q={{v}}", value, Encoding::UrlPart);
    assert_eq!(url("shop-1.eu").unwrap(), "https://shop-1.eu.example.com/a/shop-1.eu?q=shop-1.eu");
    assert_eq!(url("a/b?c#d@e:f"), Err(RenderError::NoHost("v".into())));
    assert_eq!(
        fill("https://x/{{v}}?q={{v}}", "a/b?c#d@e:f", Encoding::UrlPart).unwrap(),
        "https://x/a%2Fb%3Fc%23d%40e%3Af?q=a%2Fb%3Fc%23d%40e%3Af"
    );
    assert_eq!(url("b\u{fc}cher").unwrap().matches("b%C3%BCcher").count(), 3);
    assert_eq!(fill("sftp://{{v}}@host/", "a b", Encoding::UrlPart).unwrap(), "sftp://a%20b@host/");
    assert!(url("").is_err());
    assert!(fill("https://x/{{v}}/y", "..", Encoding::UrlPart).is_err());
    assert!(fill("https://x/%2{{v}}{{v}}/y", "e", Encoding::UrlPart).is_ok());
    assert!(fill("https://x/%2{{v}}/y", "e", Encoding::UrlPart).is_err());
    assert!(fill("https://x/.{{v}}/y", ".", Encoding::UrlPart).is_err());
    assert!(fill("/{{v}}/evil.example", "", Encoding::UrlPart).is_err());
    assert_eq!(fill("/a/v{{v}}", "", Encoding::UrlPart).unwrap(), "/a/v");
}

#[test]
fn a_host_may_carry_its_port_where_it_is_the_whole_authority() {
    let url = |template, value| fill(template, value, Encoding::UrlPart).unwrap();
    assert_eq!(url("https://{{v}}/x", "localhost:8443"), "https://localhost:8443/x");
    assert_eq!(url("https://{{v}}", "localhost:8443"), "https://localhost:8443");
    assert!(fill("https://{{v}}/x", "user:1@evil", Encoding::UrlPart).is_err());
    assert!(fill("https://{{v}}.example.com/x", "evil:80", Encoding::UrlPart).is_err());
    assert_eq!(url("https://example.com/{{v}}", "evil:80"), "https://example.com/evil%3A80");
}

#[test]
fn a_leading_url_passes_whole() {
    let url = |template, value| fill(template, value, Encoding::UrlPart);
    assert_eq!(url("{{v}}/token", "https://a.example/base/").unwrap(), "https://a.example/base/token");
    assert_eq!(url("{{v}}", "http://a.example:80/?t=1").unwrap(), "http://a.example:80/?t=1");
    assert_eq!(url("{{v}}?x=1", "https://a.example").unwrap(), "https://a.example?x=1");
    let unfit = Err(RenderError::UnfitUrl("v".into()));
    let wrong = [
        "https://a.example?x=",
        "https://a.example#",
        "https://u:p@a.example",
        "https://",
        "https:// a",
        "https://a\\b",
    ];
    for value in wrong {
        assert_eq!(url("{{v}}/token", value), unfit, "{value}");
    }
    assert_eq!(url("{{v}}.evil.example", "https://a.example"), unfit);
    assert!(of_two("{{a}}{{b}}", "https://a.example", ".evil.example").is_err());
    // Elsewhere it is a value like any other.
    assert_eq!(url("https://x/{{v}}", "https://a").unwrap(), "https://x/https%3A%2F%2Fa");
    assert_eq!(fill("{{v}}", "https://a", Encoding::UrlQuery).unwrap(), "https%3A%2F%2Fa");
    // What is no http(s) URL is not passed.
    assert_eq!(url("{{v}}/x", "file:///etc").unwrap(), "file%3A%2F%2F%2Fetc/x");
    assert_eq!(url("{{v}}/x", "//evil").unwrap(), "%2F%2Fevil/x");
}

#[test]
fn a_leading_path_has_segments_and_a_query_but_never_a_host() {
    let path = |template, value| fill(template, value, Encoding::UrlPath);
    assert_eq!(path("{{v}}", "/a/b%20c/d e?x=1&y=/#z").unwrap(), "/a/b%20c/d%20e?x=1&y=/%23z");
    assert_eq!(path("{{v}}", "items/42").unwrap(), "/items/42");
    assert_eq!(path("{{v}}", "/").unwrap(), "/");
    assert_eq!(path("{{v}}", "a:b\\c%").unwrap(), "/a:b%5Cc%25");
    assert_eq!(path("{{v}}/x", "a/b?c").unwrap(), "/a/b%3Fc/x");
    assert_eq!(path("{{v}}/x", "a/").unwrap(), "/a/x");
    assert!(path("{{v}}/x", "").is_err() && path("{{v}}/x", "/").is_err());
    assert_eq!(path("/x/{{v}}", "a/b?c").unwrap(), "/x/a%2Fb%3Fc");
    for value in ["//evil.example", "https://evil.example", "/a//b", "..", "/a/../b", "a/%2E%2e", "./a"] {
        assert_eq!(path("{{v}}", value), Err(RenderError::Misplaced("v".into())), "{value}");
    }
}

#[test]
fn a_derived_url_is_encoded_like_one() {
    let encoding = |text: &str| Template::parse(text).unwrap().derived_encoding();
    assert_eq!(encoding("https://{{shop}}.example.com"), Encoding::UrlPart);
    assert_eq!(encoding("HTTP://{{host}}"), Encoding::UrlPart);
    assert_eq!(encoding("{{first}} {{last}}"), Encoding::Plain);
    assert_eq!(encoding("urn:{{a}}"), Encoding::Plain);
}

#[test]
fn forms_queries_and_json_are_encoded() {
    assert_eq!(fill("a={{v}}", "x y&z=1+é", Encoding::Form).unwrap(), "a=x+y%26z%3D1%2B%C3%A9");
    assert_eq!(fill("a={{v}}", "x y&z=1+", Encoding::UrlQuery).unwrap(), "a=x%20y%26z%3D1%2B");
    assert_eq!(fill("{\"a\":\"{{v}}\"}", "\"\\\n\u{1}", Encoding::Json).unwrap(), r#"{"a":"\"\\\n\u0001"}"#);
}

#[test]
fn xml_is_escaped() {
    let value = "<a b=\"c\">&'";
    assert_eq!(fill("<v>{{v}}</v>", value, Encoding::Xml).unwrap(), "<v>&lt;a b=&quot;c&quot;&gt;&amp;&#39;</v>");
    assert_eq!(fill("{{v}}", "\0", Encoding::Xml), Err(RenderError::Control(Some("v".into()))));
}

#[test]
fn the_output_is_bounded() {
    let value = "x".repeat(MAX_OUTPUT_BYTES);
    assert_eq!(fill("{{v}}", &value, Encoding::Plain).unwrap().len(), MAX_OUTPUT_BYTES);
    assert_eq!(fill("{{v}}y", &value, Encoding::Plain), Err(RenderError::TooLong));
    assert_eq!(fill(&"{{v}}".repeat(500), &value[..1000], Encoding::Plain), Err(RenderError::TooLong));
    assert_eq!(fill("{{v}}", &"é".repeat(20_000), Encoding::UrlPart), Err(RenderError::TooLong));
}

fn source() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z_]{1,8}".prop_map(|name| format!("{{{{{name}}}}}")),
        "[a-z_]{1,8}".prop_map(|name| format!("{{{{ {name}.x }}}}")),
        "[^{}]{0,12}",
        Just("{".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Values of the kind that break things, beside arbitrary ones.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[./\\\\%2eE?#@:;&=\r\n\t \u{0}a-c\"'<>{}\\[\\]]{0,12}",
        Just("evil.example/".to_owned()),
        Just("a@evil.example".to_owned()),
        Just("//evil.example".to_owned()),
        Just("https://evil.example".to_owned()),
        Just("\\evil.example".to_owned()),
        Just("..%2f..".to_owned()),
        Just("evil.example:80".to_owned()),
        Just("evil.example\u{ff0f}".to_owned()),
        Just("a\u{3002}b".to_owned()),
        Just("\u{2100}".to_owned()),
    ]
}

proptest! {
    #[test]
    fn parsing_never_panics(text in any::<String>(), braces in "[{}a. #>]{0,40}") {
        let _ = Template::parse(&text);
        let _ = Template::parse(&braces);
    }

    #[test]
    fn printing_and_parsing_are_inverse(text in source()) {
        if let Ok(template) = Template::parse(&text) {
            let again = Template::parse(&template.to_string()).unwrap();
            prop_assert_eq!(again.to_string(), template.to_string());
            prop_assert_eq!(again.names().collect::<Vec<_>>(), template.names().collect::<Vec<_>>());
            // Filled with their own names in braces, plain templates come back as they were printed.
            let names = |name: &str| Some(Cow::Owned(format!("{{{{{name}}}}}")));
            prop_assert_eq!(template.render(&names, Encoding::Plain).unwrap(), template.to_string());
        }
    }

    #[test]
    fn a_header_never_breaks_its_line(text in source(), value in hostile()) {
        if let Ok(Ok(header)) = Template::parse(&text).map(|t| t.render(&|_| Some(Cow::Borrowed(&value)), Encoding::Header)) {
            prop_assert!(!header.contains(['\r', '\n', '\0']));
        }
    }

    #[test]
    fn a_value_never_changes_the_url_around_it(value in hostile(), second in hostile()) {
        if let Ok(url) = of_two("https://{{a}}.example.com:8443/one/{{a}}/x{{b}}/two?q={{a}}&r={{b}}#end", &value, &second)
            && let Ok(url) = Url::parse(&url)
        {
            prop_assert!(url.host_str().unwrap().ends_with(".example.com"), "{url}");
            prop_assert_eq!(url.port(), Some(8443));
            prop_assert_eq!((url.scheme(), url.username(), url.password()), ("https", "", None));
            prop_assert_eq!(url.path_segments().unwrap().count(), 4, "{}", url);
            prop_assert_eq!(url.path_segments().unwrap().next(), Some("one"));
            prop_assert_eq!(url.path_segments().unwrap().next_back(), Some("two"));
            let pairs: Vec<_> = url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
            prop_assert_eq!(pairs, [("q".to_owned(), value), ("r".to_owned(), second)]);
            prop_assert_eq!(url.fragment(), Some("end"));
        }
    }

    #[test]
    fn a_fixed_host_stays_whatever_the_path_holds(value in hostile(), second in hostile()) {
        if let Ok(url) = of_two("https://api.example.com/{{a}}/{{b}}", &value, &second) {
            let url = Url::parse(&url).unwrap();
            prop_assert_eq!(url.host_str(), Some("api.example.com"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 2, "{}", url);
            prop_assert_eq!((url.query(), url.fragment()), (None, None));
        }
    }

    #[test]
    fn a_whole_host_is_the_value_or_nothing(value in hostile()) {
        if let Ok(url) = fill("https://{{v}}/evil.example/x", &value, Encoding::UrlPart)
            && let Ok(url) = Url::parse(&url)
        {
            prop_assert_eq!(url.path(), "/evil.example/x");
            prop_assert_eq!((url.username(), url.password(), url.query(), url.fragment()), ("", None, None, None));
        }
    }

    #[test]
    fn a_path_never_leaves_its_host(value in hostile(), second in hostile()) {
        let base = Url::parse("https://good.example/base/").unwrap();
        for template in ["{{a}}", "{{a}}/x/{{b}}", "/{{a}}/{{b}}", "/x/{{a}}{{b}}"] {
            let lookup = |name: &str| Some(Cow::Borrowed(if name == "a" { value.as_str() } else { &second }));
            if let Ok(path) = Template::parse(template).unwrap().render(&lookup, Encoding::UrlPath) {
                prop_assert!(path.starts_with('/') && !path.starts_with("//"), "{}", path);
                let joined = base.join(&path).unwrap();
                prop_assert_eq!((joined.host_str(), joined.port(), joined.scheme()), (Some("good.example"), None, "https"));
                let whole = Url::parse(&format!("https://good.example/base{path}")).unwrap();
                prop_assert!(whole.path().starts_with("/base/"), "{}", whole);
                prop_assert_eq!(whole.fragment(), None);
            }
        }
    }

    #[test]
    fn a_leading_url_keeps_its_own_host(value in hostile(), path in "[a-z/?#@:.\\\\]{0,10}") {
        let base = format!("https://good.example/{path}");
        if let Ok(url) = of_two("{{a}}/x/{{b}}", &base, &value) {
            let url = Url::parse(&url).unwrap();
            prop_assert_eq!(url.host_str(), Some("good.example"));
            prop_assert_eq!((url.query(), url.fragment()), (None, None));
        }
    }

    #[test]
    fn json_stays_one_string(text in "[a-z ]{0,9}", value in any::<String>()) {
        let out = fill(&format!("\"{text}{{{{v}}}}{text}\""), &value, Encoding::Json).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), format!("{text}{value}{text}"));
    }

    #[test]
    fn form_values_come_back(value in any::<String>()) {
        for encoding in [Encoding::Form, Encoding::UrlQuery] {
            let out = fill("a={{v}}&b=1", &value, encoding).unwrap();
            let pairs: Vec<_> = url::form_urlencoded::parse(out.as_bytes()).into_owned().collect();
            prop_assert_eq!(pairs, [("a".to_owned(), value.clone()), ("b".to_owned(), "1".to_owned())]);
        }
    }

    #[test]
    fn the_output_never_grows_past_its_bound(text in source(), size in 0_usize..70_000, encoding in 0..8_usize) {
        let value = "é".repeat(size / 2);
        if let Ok(Ok(out)) = Template::parse(&text).map(|t| t.render(&|_| Some(Cow::Borrowed(&value)), ENCODINGS[encoding])) {
            prop_assert!(out.len() <= MAX_OUTPUT_BYTES);
        }
    }

    #[test]
    fn errors_hold_no_value(value in "[\r\n/#]{0,3}CANARY[\r\n/#]{0,3}") {
        for encoding in ENCODINGS {
            for text in ["{{v}}", "https://u/{{v}}", "{{v}}/x", "https://{{v}}"] {
                for value in [value.clone(), format!("https://{value}"), value.repeat(20_000)] {
                    if let Err(error) = fill(text, &value, encoding) {
                        let words = [error.to_string(), format!("{error:?}")].concat();
prop_assert!(!words.contains("CANARY"));
                    }
                }
            }
        }
    }
}
