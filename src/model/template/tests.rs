//! What a template can hold, and what hostile templates and values do with it: nothing.

mod properties;

use std::borrow::Cow;

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

/// What other engines do something for, and what is no template at all.
const REFUSED: [&str; 58] = [
    "{{#*inline \"a\"}}x{{> a}}{{/inline}}{{> a}}",
    "{{> a}}",
    "{{>a}}",
    "{{#> a}}{{/a}}",
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
];

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
    let made: [&str; 9] = [&deep, nested_each, &braces, &pairs, &closing, &many, &long_name, &dots, &long];
    let refused: Vec<&str> = REFUSED.iter().copied().chain(made).collect();
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
