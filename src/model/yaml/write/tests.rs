//! Whatever a document holds, reading what was written gives it again.

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop_assert;
use proptest::prelude::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;

use crate::model::yaml;
use crate::model::yaml::write;

fn again(document: &Value) -> Value {
    let text = write(document);
    yaml::read(&text).unwrap_or_else(|problem| panic!("{problem:?}\n{text}")).to_value()
}

/// Each is something else to some reader when it stands without quotes.
const WORDS: [&str; 54] = [
    "",
    "~",
    "null",
    "Null",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "False",
    "=",
    "<<",
    "0",
    "-1",
    "+1",
    "1_000",
    "0x1F",
    "0o17",
    "0b1",
    "1:30",
    "1e3",
    ".5",
    ".inf",
    "-.INF",
    ".nan",
    "2024-01-31",
    "2024-01-31T10:00:00Z",
    "- a",
    "? a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "{a",
    "[a",
    "|",
    ">-",
    "'a'",
    "\"a\"",
    " a",
    "a ",
    "---",
    "...",
    "123456789012345678901234567890",
    "a\tb",
    "a\rb",
];

#[test]
fn words_that_a_reader_takes_for_something_else_are_quoted() {
    for word in WORDS {
        let text = write(&json!({ "value": word }));
        assert_eq!(again(&json!({ "value": word })), json!({ "value": word }), "{text}");
        let is_quoted = text.starts_with("value: \"");
        assert!(is_quoted, "{text}");
        assert_eq!(again(&json!({ word: 1 })), json!({ word: 1 }), "{word}");
    }
}

#[test]
fn documents_look_like_those_that_people_write() {
    let document = json!({
        "name": "Slack: alerts",
        "labels": [],
        "flows": [{ "name": "Main", "inputs": {}, "steps": [{ "name": "Post", "retries": 3, "is": true, "nothing": null }] }],
        "nested": [["a", ["b"]], [{ "c": "d" }]],
        "code": "module.exports = () => {\n  return 1;\n};\n",
        "text": "one\n\n  two",
        "kept": "one\n\n\n",
        "url": "https://example.com/a?b=c#d",
        "number": "5432",
    });
    insta::assert_snapshot!(write(&document), @r##"
    name: "Slack: alerts"
    labels: []
    flows:
      - name: Main
        inputs: {}
        steps:
          - name: Post
            retries: 3
            is: true
            nothing: null
    nested:
      - - a
        - - b
      - - c: d
    code: |
      module.exports = () => {
        return 1;
      };
    text: |-
      one

        two
    kept: |+
      one


    url: https://example.com/a?b=c#d
    number: "5432"
    "##);
    assert_eq!(again(&document), document);
}

#[test]
fn a_block_at_the_end_keeps_its_line_breaks() {
    for text in ["a\n", "a\n\n", "a\nb", "a\n\n\n", "a\n\nb\n\n"] {
        for document in [json!(text), json!([text]), json!({ "a": { "b": text } })] {
            assert_eq!(again(&document), document);
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("\n"),
        Just("\n\n"),
        Just("\r\n"),
        Just("\r"),
        Just("\t"),
        Just(" "),
        Just("  "),
        Just("#"),
        Just(" #"),
        Just(": "),
        Just(":"),
        Just("- "),
        Just("? "),
        Just("---"),
        Just("..."),
        Just("\u{0}"),
        Just("\u{1b}"),
        Just("\u{7f}"),
        Just("\u{85}"),
        Just("\u{a0}"),
        Just("\u{2028}"),
        Just("\u{feff}"),
        Just("\u{ffff}"),
        Just("😀"),
        Just("ß"),
        Just("\""),
        Just("'"),
        Just("\\"),
        Just("{{a}}"),
        Just("[]"),
        Just("|"),
        Just(">"),
        Just("%"),
        Just("&a"),
        Just("*a"),
        Just("!!str"),
        Just("a"),
        Just("word"),
        Just("yes"),
        Just("12"),
        Just(","),
        Just("{"),
        Just("}"),
    ];
    prop_oneof![
        4 => proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        2 => "\\PC{0,20}",
        1 => any::<String>(),
        1 => (1usize..3000).prop_map(|length| "long text ".repeat(length / 10 + 1)),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no infinity", |float| float.is_finite()).prop_map(Value::from),
        hostile().prop_map(Value::from),
        hostile().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((hostile(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 300, ..Default::default() })]

    #[test]
    fn what_is_written_reads_as_it_was(document in document()) {
        let text = write(&document);
        let read = yaml::read(&text);
        prop_assert!(read.is_ok(), "{:?}\n{}", read, text);
        let read = read.unwrap().to_value();
        prop_assert_eq!(&read, &document, "{}", text);
        prop_assert_eq!(write(&read), text);
        // Order is content too: equality of objects does not look at it.
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&document).unwrap());
    }

    #[test]
    fn another_reader_agrees(document in document()) {
        let text = write(&document);
        let read: Value = serde_saphyr::from_str(&text).map_err(|error| format!("{error}\n{text}")).unwrap();
        // Numbers may become floats there, but no text may become anything else.
        let texts = |value: &Value| value.to_string().matches('"').count();
        prop_assert_eq!(texts(&read), texts(&document), "{}", text);
    }
}
