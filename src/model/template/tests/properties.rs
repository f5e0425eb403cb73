//! What holds for any template and any value.

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

use super::ENCODINGS;
use super::fill;
use super::of_two;
use crate::model::template::Encoding;
use crate::model::template::MAX_OUTPUT_BYTES;
use crate::model::template::Template;

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
