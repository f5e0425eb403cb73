//! Every rule refuses what it should, at its place, and nothing else.

use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_assert;
use proptest::prop_assert_ne;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;

use crate::model::component::Component;
use crate::model::component::read;
use crate::model::component::read::MAX_BYTES;
use crate::model::component::schema;

mod table;

/// A manifest that says a little of everything; each test spoils one line of it.
const GOOD: &str = r#"key: shop
label: Shop
version: 2
documentation_url: https://shop.example/docs
accepts:
  - { component: aws-s3, connection: api_key_secret }
connections:
  - key: oauth2
    label: OAuth 2.0
    inputs:
      - { key: shop, label: Shop name, type: string, required: true, pattern: "[a-z]+", default: acme }
      - { key: region, label: Region, type: select, options: [{ value: eu }, { value: us }], default: eu }
      - { key: client_id, label: Client ID }
      - { key: client_secret, label: Client secret, type: password }
      - { key: site, label: Site, type: template, template: "https://{{shop}}.example.com", shown: false }
      - { key: retries, label: Retries, type: number, default: "3" }
      - { key: tags, label: Tags, collection: list, default: [a, b] }
    base_url: "{{site}}/api"
    headers: { X-Region: "{{region}}", X-Instance: "{{instance}}" }
    auth:
      kind: oauth2_authorization_code
      authorize_url: https://{{shop}}.example.com/authorize
      token_url: https://{{shop}}.example.com/token
      scopes: [read, write]
      token_request: { params: { audience: "{{region}}" } }
      token_reply: { keep: { instance: instance_url } }
      callback: { keep: { realm: realmId } }
    live_test: { path: "/me/{{realm}}", query: { region: "{{region}}" }, expect: { status: 200 } }
  - key: api_key
    label: API key
    inputs:
      - { key: shop, label: Shop name }
      - { key: api_key, label: API key, type: password }
    base_url: https://{{shop}}.example.com/api
    auth: { kind: api_key, name: X-Key }
    live_test: [{ path: /me }, { path: "https://{{shop}}.example.com/other", method: POST, body: { a: ["{{shop}}"] } }]
actions:
  - key: list_products
    label: List products
    path: "/{{shop}}/products"
    query: { limit: "{{limit}}" }
    inputs: [{ key: limit, label: Page size, type: number, default: 50 }]
"#;

fn told(text: &str) -> Vec<String> {
    let problems = read(text).unwrap_err();
    problems
        .into_iter()
        .map(|p| {
            let help = p.help.map(|help| format!(" | {help}")).unwrap_or_default();
            format!("{}:{} {}: {}{help}", p.line, p.column, p.code, p.message)
        })
        .collect()
}

#[test]
fn a_good_manifest_is_taken() {
    let component = read(GOOD).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(component.connections.len(), 2);
    assert_eq!(component.version, 2);
}

#[test]
fn a_required_live_test_must_be_there() {
    let text = GOOD
        .replace("version: 2", "live_test: required")
        .replace("    live_test: [{", "    comments: \"[{")
        .replace("}}\"] } }]", "");
    let text = text.lines().filter(|line| !line.contains("comments:")).collect::<Vec<_>>().join("\n");
    assert_eq!(
        told(&text),
        [
            "29:5 missing_live_test: the component says `live_test: required`, and this connection type has no live test | \
          add `live_test: { path: … }`"
        ]
    );
}

#[test]
fn all_errors_are_told_at_once() {
    let text = GOOD
        .replace("version: 2", "verson: 2")
        .replace("pattern: \"[a-z]+\"", "pattern: \"[\"")
        .replace("kind: oauth2_authorization_code", "kind: oauth")
        .replace("type: number, default: \"3\"", "type: numbr")
        .replace("base_url: \"{{site}}/api\"", "base_url: \"{{#if site}}\"")
        .replace("{ kind: api_key, name: X-Key }", "{ kind: api_key, name: \"{{x}}\" }")
        .replace("\"{{limit}}\"", "\"{{limt}}\"");
    let lines: Vec<String> = told(&text).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "3:1 unknown_key",
            "11:79 invalid_pattern",
            "16:47 unknown_word",
            "18:18 invalid_template",
            "21:13 unknown_word",
            "35:37 unknown_input",
            "41:24 unknown_input"
        ]
    );
}

#[test]
fn a_component_of_pure_logic_needs_no_connections() {
    assert!(read("key: loop\nlabel: Loop\n").is_ok());
}

#[test]
fn an_input_may_share_its_key_with_one_of_another_type() {
    assert!(read(GOOD).is_ok_and(|component| component.connections.iter().all(|c| c.input("shop").is_some())));
}

#[test]
fn large_files_and_bombs_are_refused() {
    let large = format!("key: a\nlabel: a\ndescription: {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(read(&large).unwrap_err()[0].code, "too_large");
    let mut laughs = "key: a\nlabel: a\nx0: &x0 [a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..12 {
        let before = format!("*x{}, ", level - 1).repeat(9);
        laughs.push_str(&format!("x{level}: &x{level} [{}]\n", before.trim_end_matches(", ")));
    }
    assert_eq!(read(&laughs).unwrap_err()[0].code, "too_large");
    for bomb in
        ["[".repeat(100_000), "{a: ".repeat(50_000), "- ".repeat(100_000), "a: &a *a\n".to_owned(), "\0".to_owned()]
    {
        assert!(read(&bomb).is_err());
    }
    assert!(told(&"x: 1\n".repeat(3))[0].contains("duplicate_key"));
    let many: String = (0..1000).map(|n| format!("x{n}: 1\n")).collect();
    assert_eq!(read(&many).unwrap_err().len(), 100);
}

/// Each is told of without much work; unoptimised code takes some twenty times as long as the program.
#[test]
fn manifests_made_to_keep_us_busy_are_refused_early() {
    let keys = |count: usize| (0..count).map(|n| format!("unknown_key_number_{n}: 1\n")).collect::<String>();
    let inputs = |count: usize, more: &str| {
        let each: String = (0..count).map(|n| format!("{{key: k{n}, label: a{more}}},")).collect();
        format!("key: a\nlabel: a\nconnections: [{{key: c, label: c, auth: {{kind: none}}, inputs: [{each}]}}]\n")
    };
    let many_types =
        format!("key: a\nlabel: a\nconnections: [{}]", "{key: a, label: a, auth: {kind: none}},".repeat(5_000));
    let many_actions = format!("key: a\nlabel: a\nactions: [{}]", "{key: a, label: a, path: /a},".repeat(6_000));
    let names = inputs(90, "")
        .replace("label: c", &format!("label: c, base_url: \"https://{}\"", "{{unknown_name}}".repeat(500)));
    let pattern = inputs(90, ", pattern: '(\\w{9}){9}'");
    let many_patterns: String =
        (0..5).map(|n| inputs(90, ", pattern: 'a'").replace("key: c,", &format!("key: c{n},"))).collect();
    let many_patterns = many_patterns.replace("}]\nkey: a\nlabel: a\nconnections: [", "}, ");
    let long_key = format!("key: a\nlabel: a\n? {}\n: 1\n", "x".repeat(200_000));
    let bombs = [
        (keys(8_000), "unknown_key"),
        (inputs(5_000, ""), "too_many"),
        (many_types, "too_many"),
        (many_actions, "too_many"),
        (names, "unknown_input"),
        (pattern, "invalid_pattern"),
        (many_patterns, "too_many"),
        (long_key, "unknown_key"),
    ];
    for (bomb, code) in bombs {
        let started = std::time::Instant::now();
        let problems = read(&bomb).unwrap_err();
        assert!(problems.iter().any(|problem| problem.code == code), "{code}: {:?}", problems[0]);
        assert!(problems.len() <= 100);
        let message = problems.iter().map(|problem| problem.message.len()).max().unwrap();
        assert!(message < 500, "{message}");
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{code} {:?}", started.elapsed());
    }
}

#[test]
fn the_schema_takes_the_good_and_refuses_what_is_structurally_wrong() {
    let schema = schema();
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
    assert!(schema["$defs"]["Input"]["properties"]["pattern"]["description"].is_string());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = |text: &str| crate::model::yaml::read(text).unwrap().to_value();
    assert!(validator.is_valid(&value(GOOD)));
    for (from, to) in [
        ("version: 2", "verson: 2"),
        ("required: true", "isRequired: true"),
        ("label: Shop\n", ""),
        ("label: Shop\n", "label: 12\n"),
        ("{ kind: api_key, name: X-Key }", "{ name: X-Key }"),
        ("{ kind: api_key, name: X-Key }", "{ kind: api_key }"),
        ("kind: api_key", "kind: apikey"),
        ("scopes:", "scope:"),
        ("type: number", "type: numbr"),
        ("scopes: [read, write]", "scopes: read"),
        ("version: 2", "version: -1"),
        ("method: POST", "method: post"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert!(!validator.is_valid(&value(&text)), "{to}");
        assert!(read(&text).is_err(), "{to}");
    }
}

#[test]
fn equal_manifests_have_equal_digests() {
    let component = read(GOOD).unwrap();
    let digest = component.digest();
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");
    let moved = GOOD.replace("label: Shop\nversion: 2\n", "version: 2   # the second\nlabel: \"Shop\"\n");
    assert_eq!(read(&moved).unwrap().digest(), digest);
    assert_ne!(read(&GOOD.replace("version: 2", "version: 3")).unwrap().digest(), digest);
    let again: Component = serde_json::from_str(&component.to_canonical_json()).unwrap();
    assert_eq!((again.digest(), again), (digest, component));
    insta::assert_snapshot!(
        read("key: a\nlabel: A\naccepts: [{connection: b, component: c}]").unwrap().to_canonical_json(),
        @r#"{"accepts":[{"component":"c","connection":"b"}],"key":"a","label":"A","version":1}"#
    );
}

/// Pieces of the good manifest cut out, doubled or replaced by something odd.
fn mangled(cuts: &[(usize, usize, usize)]) -> String {
    const ODD: [&str; 12] = ["", "{{", "}}", "\"", "'", ": ", "- ", "[", "{ kind: none }", "\n", "é", "null"];
    let mut text = GOOD.to_owned();
    for (at, length, odd) in cuts {
        let mut start = at % (text.len() + 1);
        let mut end = (start + length).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.replace_range(start..end, ODD[odd % ODD.len()]);
    }
    text
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn a_mangled_manifest_is_read_or_told_with_places(cuts in prop::collection::vec((any::<usize>(), 0..30_usize, any::<usize>()), 1..4)) {
        let text = mangled(&cuts);
        match read(&text) {
            // What is taken is what the schema takes.
            Ok(_) => {
                let value: Value = crate::model::yaml::read(&text).unwrap().to_value();
                prop_assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&value));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert_ne!(problem.code, "unreadable", "{}\n{}", problem.message, text);
                    prop_assert!(problem.line >= 1 && problem.line <= text.lines().count() + 1, "{:?}", problem);
                    let end = problem.place.offset_bytes + problem.place.length_bytes;
                    prop_assert!(end <= text.len() + 1, "{:?}", problem);
                }
            }
        }
    }
}
