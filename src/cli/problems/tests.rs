//! What a person sees of a wrong manifest.

use crate::cli::problems::draw;
use crate::model::component;
use crate::model::problem::Place;
use crate::model::problem::Problem;

fn drawn(text: &str) -> String {
    let drawn = draw("components/shop.yaml", text, &component::read(text).unwrap_err(), false);
    // Trailing blanks do not survive an editor.
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A connection type of a component, with these lines in it.
fn with(lines: &str) -> String {
    format!("key: shop\nlabel: Shop\nconnections:\n  - key: oauth2\n    label: OAuth 2.0\n{lines}")
}

#[test]
fn a_misspelt_key() {
    insta::assert_snapshot!(drawn("key: shop\nlable: Shop\n"), @r#"
    unknown_key

      × unknown key `lable`
       ╭─[components/shop.yaml:2:1]
     1 │ key: shop
     2 │ lable: Shop
       · ─────
       ╰────
      help: did you mean `label`?
    "#);
}

#[test]
fn a_key_that_nothing_resembles() {
    insta::assert_snapshot!(drawn("key: shop\nlabel: Shop\nauthor: me\n"), @r#"
    unknown_key

      × unknown key `author`
       ╭─[components/shop.yaml:3:1]
     2 │ label: Shop
     3 │ author: me
       · ──────
       ╰────
      help: known keys: key, label, version, description, category, documentation_url, live_test,
            accepts, connections, actions
    "#);
}

#[test]
fn a_missing_key() {
    insta::assert_snapshot!(drawn(&with("    inputs: []\n")), @r#"
    missing_key

      × `oauth2` of `connections` lacks the key `auth`
       ╭─[components/shop.yaml:4:5]
     3 │ connections:
     4 │   - key: oauth2
       ·     ───
     5 │     label: OAuth 2.0
       ╰────
      help: add `auth: { kind: … }` with one of: none, basic, api_key, bearer,
            oauth2_authorization_code, oauth2_client_credentials, oauth2_password, oauth1, jwt_bearer,
            token_exchange, aws_sigv4, custom
    "#);
}

#[test]
fn a_wrong_auth_kind() {
    insta::assert_snapshot!(drawn(&with("    auth: { kind: oauth2_authorisation_code }\n")), @r#"
    unknown_word

      × `kind` cannot be `oauth2_authorisation_code`
       ╭─[components/shop.yaml:6:19]
     5 │     label: OAuth 2.0
     6 │     auth: { kind: oauth2_authorisation_code }
       ·                   ─────────────────────────
       ╰────
      help: did you mean `oauth2_authorization_code`?
    "#);
}

#[test]
fn a_number_where_text_is_meant() {
    insta::assert_snapshot!(drawn("key: shop\nlabel: 4711\n"), @r#"
    wrong_type

      × `label` must be text, not a number
       ╭─[components/shop.yaml:2:8]
     1 │ key: shop
     2 │ label: 4711
       ·        ────
       ╰────
      help: put it in quotes
    "#);
}

#[test]
fn text_where_a_list_is_meant() {
    insta::assert_snapshot!(drawn(&with("    inputs: shop\n    auth: { kind: none }\n")), @r#"
    wrong_type

      × `inputs` must be a list, not text
       ╭─[components/shop.yaml:6:13]
     5 │     label: OAuth 2.0
     6 │     inputs: shop
       ·             ────
     7 │     auth: { kind: none }
       ╰────
      help: write `[a, b]`, or lines that begin with `- `
    "#);
}

#[test]
fn an_unknown_input_inside_a_template() {
    let text = with(
        "    inputs:\n      - { key: shop, label: Shop }\n    base_url: \"https://{{shpo}}.example.com\"\n    auth: { kind: none }\n",
    );
    insta::assert_snapshot!(drawn(&text), @r#"
    unknown_input

      × `shpo` is no input of the connection type `oauth2`
       ╭─[components/shop.yaml:8:26]
     7 │       - { key: shop, label: Shop }
     8 │     base_url: "https://{{shpo}}.example.com"
       ·                          ────
     9 │     auth: { kind: none }
       ╰────
      help: did you mean `shop`?
    "#);
}

#[test]
fn a_helper_in_a_template() {
    let text = with("    base_url: \"https://{{#if a}}b{{/if}}.example.com\"\n    auth: { kind: none }\n");
    insta::assert_snapshot!(drawn(&text), @r#"
    invalid_template

      × not a plain name between the braces
       ╭─[components/shop.yaml:6:26]
     5 │     label: OAuth 2.0
     6 │     base_url: "https://{{#if a}}b{{/if}}.example.com"
       ·                          ──
     7 │     auth: { kind: none }
       ╰────
      help: only plain `{{name}}` is possible: no helpers, blocks, partials, comments or triple braces
    "#);
}

#[test]
fn a_pattern_that_does_not_compile() {
    let text = with(
        "    inputs:\n      - key: shop\n        label: Shop\n        pattern: '^(?!x)'\n    auth: { kind: none }\n",
    );
    insta::assert_snapshot!(drawn(&text), @r#"
    invalid_pattern

      × the pattern does not compile: look-around, including look-ahead and look-behind, is not
      │ supported
        ╭─[components/shop.yaml:9:18]
      8 │         label: Shop
      9 │         pattern: '^(?!x)'
        ·                  ────────
     10 │     auth: { kind: none }
        ╰────
      help: RE2 syntax: no look-around and no back-references; the whole value must match
    "#);
}

#[test]
fn a_secret_in_a_manifest() {
    let text = with(
        "    inputs:\n      - key: token\n        label: Token\n        type: password\n        default: abc\n    auth: { kind: bearer }\n",
    );
    insta::assert_snapshot!(drawn(&text), @r#"
    default_secret

      × a secret cannot have a default: everybody reads manifests
        ╭─[components/shop.yaml:10:18]
      9 │         type: password
     10 │         default: abc
        ·                  ───
     11 │     auth: { kind: bearer }
        ╰────
      help: drop `default`
    "#);
}

#[test]
fn a_live_test_on_another_host() {
    let text = with(
        "    base_url: https://api.example.com\n    auth: { kind: none }\n    live_test: { path: https://evil.example/me }\n",
    );
    insta::assert_snapshot!(drawn(&text), @r#"
    foreign_host

      × the request leaves the host of `base_url`
       ╭─[components/shop.yaml:8:24]
     7 │     auth: { kind: none }
     8 │     live_test: { path: https://evil.example/me }
       ·                        ───────────────────────
       ╰────
      help: begin with `/`; it is relative to `base_url`
    "#);
}

#[test]
fn an_input_that_a_default_template_needs() {
    insta::assert_snapshot!(drawn(&with("    inputs:\n      - { key: apitoken, label: T }\n    auth: { kind: bearer }\n")), @r#"
    unknown_input

      × `auth.token` is `{{token}}` unless it is said, and there is no such input
       ╭─[components/shop.yaml:8:5]
     7 │       - { key: apitoken, label: T }
     8 │     auth: { kind: bearer }
       ·     ────
       ╰────
      help: add the input `token`, or say `auth.token`; inputs: apitoken
    "#);
}

#[test]
fn a_syntax_error() {
    insta::assert_snapshot!(drawn("key: shop\nlabel: [Shop\nversion: 1\n"), @r#"
    syntax

      × illegal placement of ':' indicator
       ╭─[components/shop.yaml:3:8]
     2 │ label: [Shop
     3 │ version: 1
       ·        ▲
       ╰────
    "#);
}

#[test]
fn a_key_that_stands_twice() {
    insta::assert_snapshot!(drawn("key: shop\nlabel: Shop\nkey: shop\n"), @r#"
    duplicate_key

      × `key` stands here twice; the first is on line 1
       ╭─[components/shop.yaml:3:1]
     2 │ label: Shop
     3 │ key: shop
       · ───
       ╰────
      help: keep one of the two
    "#);
}

#[test]
fn several_at_once_with_letters_of_two_bytes() {
    let text = "key: shöp\nlabel: Größe\nverson: 1 # größer\nlive_test: requird\n";
    insta::assert_snapshot!(drawn(text), @r#"
    invalid_key

      × `shöp` is no component key
       ╭─[components/shop.yaml:1:6]
     1 │ key: shöp
       ·      ────
     2 │ label: Größe
       ╰────
      help: lower-case letters, digits and single hyphens, at most 64: `sh-p`

    unknown_key

      × unknown key `verson`
       ╭─[components/shop.yaml:3:1]
     2 │ label: Größe
     3 │ verson: 1 # größer
       · ──────
     4 │ live_test: requird
       ╰────
      help: did you mean `version`?

    unknown_word

      × `live_test` cannot be `requird`
       ╭─[components/shop.yaml:4:12]
     3 │ verson: 1 # größer
     4 │ live_test: requird
       ·            ───────
       ╰────
      help: did you mean `required`?
    "#);
}

#[test]
fn an_empty_file_and_a_finding_without_a_place() {
    insta::assert_snapshot!(drawn(""), @r#"
    empty_file

      × components/shop.yaml:1:1: the file is empty
    "#);
    let whole = Problem::warning("unnamed", Place::default(), "the file is named otherwise");
    insta::assert_snapshot!(draw("a.yaml", "key: b\n", &[whole], false), @r#"
    unnamed

      ⚠ a.yaml: the file is named otherwise
    "#);
}

#[test]
fn colours_are_drawn_only_when_wanted() {
    let text = "key: shop\nlable: Shop\n";
    let problems = component::read(text).unwrap_err();
    assert!(!draw("a", text, &problems, false).contains('\u{1b}'));
    assert!(draw("a", text, &problems, true).contains('\u{1b}'));
}

#[test]
fn odd_places_and_long_lines_are_told_without_their_source() {
    let far = Place { line: 9, column: 4, offset_bytes: 999, length_bytes: 5 };
    let text = draw("a.yaml", "key: b\n", &[Problem::error("x", far, "odd")], false);
    assert!(text.contains("a.yaml:9:4: odd"), "{text}");
    let long = "x".repeat(100_000);
    let start = Place { line: 1, column: 1, offset_bytes: 0, length_bytes: 5 };
    let text = draw("a.yaml", &long, &[Problem::error("x", start, "odd")], false);
    assert!(text.len() < 200 && text.contains("a.yaml:1:1: odd"), "{text}");
    let within = Place { line: 1, column: 2, offset_bytes: 1, length_bytes: 500 };
    assert!(draw("a.yaml", "ä: b", &[Problem::error("x", within, "odd")], false).contains("odd"));
}

/// Every manifest in the folder is read; what is wrong is drawn.
#[test]
fn every_shipped_manifest_is_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/components");
    let mut wrong = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(problems) = component::read(&text) {
            wrong.push_str(&draw(&path.display().to_string(), &text, &problems, false));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
