//! JSON values as YAML that people like to read, and that every YAML 1.2 reader reads back as the same values.

use std::fmt::Write as _;

use serde_json::Value;

/// One document, ending with a line end.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => node(&mut out, value, 0, true),
        Value::Array(items) if !items.is_empty() => node(&mut out, value, 0, true),
        scalar => {
            inline(&mut out, scalar, 0);
            out.push('\n');
        }
    }
    out
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// The lines of a mapping or list. `is_at_start`: the caller already stands where the first one begins.
fn node(out: &mut String, value: &Value, depth: usize, mut is_at_start: bool) {
    let mut line = |out: &mut String| {
        if !std::mem::take(&mut is_at_start) {
            indent(out, depth);
        }
    };
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                line(out);
                scalar_text(out, key);
                out.push(':');
                child(out, item, depth);
            }
        }
        Value::Array(items) => {
            for item in items {
                line(out);
                out.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        out.push(' ');
                        node(out, item, depth + 1, true);
                    }
                    item => child(out, item, depth),
                }
            }
        }
        _ => {}
    }
}

/// What stands after `key:` or `-`.
fn child(out: &mut String, value: &Value, depth: usize) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        node(out, value, depth + 1, false);
    } else {
        out.push(' ');
        inline(out, value, depth + 1);
        out.push('\n');
    }
}

fn inline(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::String(text) if is_literal(text) => literal(out, text, depth),
        Value::String(text) => scalar_text(out, text),
        scalar => drop(write!(out, "{scalar}")),
    }
}

/// Text of several lines that a literal block holds exactly.
fn is_literal(text: &str) -> bool {
    let body = text.trim_end_matches('\n');
    body.contains('\n')
        && text.len() - body.len() <= 1
        && !text.starts_with([' ', '\n', '\t'])
        && text.chars().all(|c| c == '\n' || is_printable(c))
        && body.lines().all(|line| line.is_empty() || !line.trim().is_empty())
}

fn literal(out: &mut String, text: &str, depth: usize) {
    out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.trim_end_matches('\n').split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, depth.max(1));
            out.push_str(line);
        }
    }
}

fn scalar_text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        quoted(out, text);
    }
}

/// Plain only where no reader of any version can take it for something else.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    let starts_well = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_' | '$'));
    starts_well
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(|c| is_printable(c) && c != '\t')
        && !WORDS.contains(&text.to_lowercase().as_str())
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => drop(match u32::from(c) {
                code @ ..=0xff => write!(out, "\\x{code:02x}"),
                code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                code => write!(out, "\\U{code:08x}"),
            }),
        }
    }
    out.push('"');
}

/// YAML 1.2.2 production 1, without the line separators that readers fold and the byte order mark.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        || c >= '\u{10000}' && u32::from(c) & 0xfffe != 0xfffe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::Just;
    use proptest::prelude::Strategy;
    use proptest::prelude::any;
    use proptest::prelude::prop_oneof;
    use proptest::prop_assert_eq;
    use proptest::proptest;
    use serde_json::Map;
    use serde_json::Value;
    use serde_json::json;

    use super::document;
    use crate::model::yaml;

    fn hostile() -> impl Strategy<Value = String> {
        let nasty = [
            "",
            " ",
            "~",
            "null",
            "Null",
            "yes",
            "No",
            "true",
            "0",
            "-1",
            "+1",
            "1e3",
            ".5",
            "0x1F",
            "0o7",
            "1_000",
            "-",
            "- a",
            "a: b",
            "a:",
            ": a",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "?",
            "? a",
            "[a",
            "{a",
            "a,b",
            "|",
            ">",
            "'a'",
            "\"a\"",
            "a\nb",
            "a\nb\n",
            "a\nb\n\n",
            "\na",
            " a\nb",
            "a\n  b\n",
            "a \nb",
            "a\n\nb",
            "a\r\nb",
            "\ta",
            "a\tb\nc",
            "a\n\tb",
            "---",
            "...",
            "--- a",
            "a\n---\nb",
            "a\n...\nb",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{7f}",
            "\0",
            "a\u{0}b",
            "😀",
            "\u{10ffff}",
            "<<",
            "=",
            "é: è",
            "a\n#b",
            "2026-01-01",
            "12:30",
            "a\n \nb",
            "{{x}}",
        ];
        prop_oneof![
            proptest::sample::select(nasty.to_vec()).prop_map(str::to_owned),
            any::<String>(),
            "[a-z :#\n\t'\"|>-]{0,12}",
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            hostile().prop_map(Value::from),
            hostile().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((hostile(), inner), 0..4)
                    .prop_map(|items| Value::Object(items.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

        #[test]
        fn what_is_written_is_read_back(value in values()) {
            let text = document(&value);
            let read = yaml::read(&text).map_err(|problem| format!("{problem:?}\n{text}")).unwrap().to_value();
            prop_assert_eq!(read.to_string(), value.to_string(), "{}", text);
        }

        #[test]
        fn another_reader_agrees(value in values()) {
            let text = document(&value);
            let read: Value = serde_saphyr::from_str(&text).map_err(|error| format!("{error}\n{text}")).unwrap();
            let strings = |value: &Value| value.to_string().matches('"').count();
            prop_assert_eq!(strings(&read), strings(&value), "{}", text);
        }
    }

    #[test]
    fn it_looks_like_what_a_person_would_write() {
        let value = json!({
            "name": "Orders: to ERP", "state": "draft", "count": 3, "version": "3", "none": null, "list": [], "nested": {},
            "steps": [{"name": "A", "inputs": {"code": {"value": "if (a) {\n  b();\n}\n"}}}, "plain", ["x", {"y": true}]],
        });
        insta::assert_snapshot!(document(&value), @r#"
        name: "Orders: to ERP"
        state: draft
        count: 3
        version: "3"
        none: null
        list: []
        nested: {}
        steps:
          - name: A
            inputs:
              code:
                value: |
                  if (a) {
                    b();
                  }
          - plain
          -
            - x
            - "y": true
        "#);
    }
}
