//! One wrong line for each rule, and what is told of it.

use crate::model::component::read::tests::GOOD;
use crate::model::component::read::tests::told;

/// The good manifest with one piece replaced tells exactly this.
fn spoilt(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    told(&GOOD.replacen(from, to, 1))
}

macro_rules! refuses {
    ($($name:ident: $from:expr => $to:expr, $expected:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(spoilt($from, $to).join("\n"), $expected);
        })*
    };
}

refuses! {
    unknown_key: "version: 2" => "verson: 2",
        "3:1 unknown_key: unknown key `verson` | did you mean `version`?";
    unknown_key_of_an_input: "required: true" => "isRequired: true",
        "11:54 unknown_key: unknown key `isRequired` | did you mean `required`?";
    camel_case_key: "documentation_url" => "documentationUrl",
        "4:1 unknown_key: unknown key `documentationUrl` | did you mean `documentation_url`?";
    unknown_key_far_from_all: "label: Shop\n" => "label: Shop\nzzzzzzzz: 1\n",
        "3:1 unknown_key: unknown key `zzzzzzzz` | known keys: key, label, version, description, category, documentation_url, live_test, accepts, connections, actions";
    misspelt_required_key_is_told_once: "label: Shop\n" => "lable: Shop\n",
        "2:1 unknown_key: unknown key `lable` | did you mean `label`?";
    missing_label: "label: Shop\n" => "",
        "1:1 missing_key: the file lacks the key `label` | add `label: …`";
    missing_label_of_an_input: "label: Client ID" => "placeholder: Client ID",
        "13:11 missing_key: `client_id` of `inputs` lacks the key `label` | add `label: …`";
    missing_auth: "    auth: { kind: api_key, name: X-Key }\n" => "",
        "29:5 missing_key: `api_key` of `connections` lacks the key `auth` | add `auth: { kind: … }` with one of: none, basic, api_key, bearer, oauth2_authorization_code, oauth2_client_credentials, oauth2_password, oauth1, jwt_bearer, token_exchange, aws_sigv4, custom";
    missing_auth_kind: "{ kind: api_key, name: X-Key }" => "{ name: X-Key }",
        "35:13 missing_key: `auth` lacks the key `kind` | add `kind:` with one of: none, basic, api_key, bearer, oauth2_authorization_code, oauth2_client_credentials, oauth2_password, oauth1, jwt_bearer, token_exchange, aws_sigv4, custom";
    missing_auth_key: "{ kind: api_key, name: X-Key }" => "{ kind: api_key }",
        "35:13 missing_key: `auth` of kind `api_key` lacks the key `name` | add `name: …`";
    wrong_auth_kind: "kind: api_key" => "kind: apikey",
        "35:19 unknown_word: `kind` cannot be `apikey` | did you mean `api_key`?";
    unknown_auth_key: "scopes:" => "scope:",
        "24:7 unknown_key: unknown key `scope` | did you mean `scopes`?";
    wrong_word: "type: number, default: \"3\"" => "type: numbr, default: \"3\"",
        "16:47 unknown_word: `type` cannot be `numbr` | did you mean `number`?";
    wrong_word_far_from_all: "type: number, default: \"3\"" => "type: integer, default: \"3\"",
        "16:47 unknown_word: `type` cannot be `integer` | one of: string, boolean, number, text, password, select, template";
    word_is_no_text: "type: number, default: \"3\"" => "type: [], default: \"3\"",
        "16:47 wrong_type: `type` must be a word, not a list | one of: string, boolean, number, text, password, select, template";
    number_for_text: "label: Shop\n" => "label: 12\n",
        "2:8 wrong_type: `label` must be text, not a number | put it in quotes";
    text_for_list: "scopes: [read, write]" => "scopes: read",
        "24:15 wrong_type: `scopes` must be a list, not text | write `[a, b]`, or lines that begin with `- `";
    map_for_list: "[{ value: eu }, { value: us }]" => "{ eu: EU }",
        "12:64 wrong_type: `options` must be a list, not a mapping | write `[a, b]`, or lines that begin with `- `";
    text_for_live_test: "live_test: [{ path: /me }," => "live_test: /me #",
        "36:16 wrong_type: `live_test` must be a mapping or a list, not text | write `[a, b]`, or lines that begin with `- `";
    number_for_header: "X-Region: \"{{region}}\"" => "X-Region: 7",
        "19:26 wrong_type: `X-Region` must be text, not a number | put it in quotes";
    negative_version: "version: 2" => "version: -1",
        "3:10 out_of_range: `version` is out of range | a number from 0";
    version_zero: "version: 2" => "version: 0",
        "3:10 invalid_version: versions begin with 1 | write `version: 1`";
    fractional_version: "version: 2" => "version: 1.5",
        "3:10 wrong_type: `version` must be a whole number, not a number | without a fraction";
    no_web_address: "https://shop.example/docs" => "shop.example/docs",
        "4:20 invalid_url: this is no web address | begin with `https://`";
    component_key_form: "key: shop\n" => "key: My_Shop\n",
        "1:6 invalid_key: `My_Shop` is no component key | lower-case letters, digits and single hyphens, at most 64: `my-shop`";
    accepted_component_form: "component: aws-s3" => "component: AWS S3",
        "6:18 invalid_key: `AWS S3` is no component key | lower-case letters, digits and single hyphens, at most 64: `aws-s3`";
    accepted_connection_form: "connection: api_key_secret" => "connection: apiKeySecret",
        "6:38 invalid_key: `apiKeySecret` is not in snake_case | a letter, then lower-case letters, digits and single underscores, at most 64: `api_key_secret`";
    connection_key_form: "- key: oauth2" => "- key: OAuth2",
        "8:10 invalid_key: `OAuth2` is not in snake_case | a letter, then lower-case letters, digits and single underscores, at most 64: `oauth2`";
    input_key_form: "key: retries" => "key: maxRetries",
        "16:16 invalid_key: `maxRetries` is not in snake_case | a letter, then lower-case letters, digits and single underscores, at most 64: `max_retries`";
    input_key_begins_with_a_letter: "key: retries" => "key: 2fast",
        "16:16 invalid_key: `2fast` is not in snake_case | a letter, then lower-case letters, digits and single underscores, at most 64: `fast`";
    action_key_form: "key: list_products" => "key: list-products",
        "38:10 invalid_key: `list-products` is not in snake_case | a letter, then lower-case letters, digits and single underscores, at most 64: `list_products`";
    empty_label: "label: Client ID" => "label: ' '",
        "13:34 empty_label: the label is empty | say what people know it by";
    duplicate_connection: "- key: api_key" => "- key: oauth_2",
        "29:10 duplicate_key: connection type `oauth_2` stands here twice; the first is on line 8 | keep one of the two, or give one another key";
    duplicate_input: "key: retries" => "key: client_id",
        "16:16 duplicate_key: input `client_id` stands here twice; the first is on line 13 | keep one of the two, or give one another key";
    duplicate_input_of_another_spelling: "key: retries" => "key: clientid",
        "16:16 duplicate_key: input `clientid` stands here twice; the first is on line 13 | keep one of the two, or give one another key";
    duplicate_option: "{ value: us }" => "{ value: eu }",
        "12:87 duplicate_key: option `eu` stands here twice; the first is on line 12 | keep one of the two, or give one another key";
    duplicate_action: "actions:\n" => "actions:\n  - { key: list_products, label: A, path: /a }\n",
        "39:10 duplicate_key: action `list_products` stands here twice; the first is on line 38 | keep one of the two, or give one another key";
    duplicate_yaml_key: "label: Shop\n" => "label: Shop\nlabel: Shop\n",
        "3:1 duplicate_key: `label` stands here twice; the first is on line 2 | keep one of the two";
    derived_without_template: "template: \"https://{{shop}}.example.com\", shown: false" => "required: true",
        "15:35 missing_template: a derived input needs a template | add `template: \"https://{{subdomain}}.example.com\"`";
    template_without_derived: "type: template, " => "",
        "15:35 unexpected_template: only an input of `type: template` has a template | add `type: template`";
    derived_with_default: "shown: false" => "default: a",
        "15:93 unexpected_default: a derived input is computed and has no default | drop `default`";
    derived_names_unknown: "{{shop}}.example.com\", shown" => "{{shpo}}.example.com\", shown",
        "15:72 unknown_input: the template names `shpo`, which is no input here | did you mean `shop`?";
    derived_names_derived: "{{shop}}.example.com\", shown" => "{{site}}.example.com\", shown",
        "15:72 nested_template: `site` is itself derived | a template names only inputs that are set";
    derived_names_kept: "{{shop}}.example.com\", shown" => "{{instance}}.example.com\", shown",
        "15:72 unknown_input: the template names `instance`, which is no input here | inputs: shop, region, client_id, client_secret, retries, tags";
    hidden_without_value: "key: client_id," => "key: client_id, shown: false,",
        "13:27 hidden_without_value: an input that is never shown needs a default or a template | nobody could set it: add `default`, or drop `shown: false`";
    pattern_does_not_compile: "\"[a-z]+\"" => "\"[a-z\"",
        "11:79 invalid_pattern: the pattern does not compile: unclosed character class | RE2 syntax: no look-around and no back-references; the whole value must match";
    pattern_with_look_around: "\"[a-z]+\"" => "\"(?!x)[a-z]+\"",
        "11:79 invalid_pattern: the pattern does not compile: look-around, including look-ahead and look-behind, is not supported | RE2 syntax: no look-around and no back-references; the whole value must match";
    pattern_bomb: "\"[a-z]+\"" => "\"((a{100}){100}){100}|acme\"",
        "11:79 invalid_pattern: the pattern is too large | use smaller repetitions";
    pattern_of_a_number: "type: number, default: \"3\"" => "type: number, pattern: \"3\"",
        "16:64 unexpected_pattern: only text inputs have a pattern | drop `pattern`";
    default_against_pattern: "default: acme" => "default: ACME",
        "11:98 wrong_default: the default does not match the pattern | the whole value must match";
    default_matches_only_partly: "default: acme" => "default: acme1",
        "11:98 wrong_default: the default does not match the pattern | the whole value must match";
    default_is_no_option: "default: eu" => "default: ue",
        "12:103 wrong_default: the default `ue` is none of the options | did you mean `eu`?";
    default_of_wrong_kind: "default: acme" => "default: 12",
        "11:98 wrong_default: the default must be text, not a number | put it in quotes";
    default_no_number: "default: \"3\"" => "default: three",
        "16:64 wrong_default: the default must be a number, not text | the default is of the input's type";
    default_no_boolean: "type: number, default: \"3\"" => "type: boolean, default: \"no\"",
        "16:65 wrong_default: the default must be true or false, not text | the default is of the input's type";
    default_list_without_collection: "default: \"3\"" => "default: [3]",
        "16:64 wrong_default: the default must be one value, not a list | an input of many values says `collection`";
    default_no_list: "default: [a, b]" => "default: a",
        "17:62 wrong_default: the default must be a list, not text | an input of many values says `collection`";
    default_of_a_password: "type: password }\n      - { key: site" => "type: password, default: s3cret }\n      - { key: site",
        "14:78 default_secret: a secret cannot have a default: everybody reads manifests | drop `default`";
    default_of_write_only: "default: acme" => "default: acme, write_only: true",
        "11:98 default_secret: a secret cannot have a default: everybody reads manifests | drop `default`";
    select_without_options: "options: [{ value: eu }, { value: us }], default: eu" => "required: true",
        "12:39 missing_options: a select needs options | add `options: [{ value: a, label: A }]`";
    options_without_select: "type: select, " => "",
        "12:39 unexpected_options: only an input of `type: select` has options | make it a select, or drop the options";
    collection_of_booleans: "type: number, default: \"3\"" => "type: boolean, collection: list",
        "16:56 unexpected_collection: a boolean or derived input cannot hold many values | drop `collection`";
    base_url_syntax: "\"{{site}}/api\"" => "\"{{{site}}}/api\"",
        "18:16 invalid_template: three braces in a row | only plain `{{name}}` is possible: no helpers, blocks, partials, comments or triple braces";
    base_url_unknown_input: "\"{{site}}/api\"" => "\"{{sites}}/api\"",
        "18:18 unknown_input: `sites` is no input of the connection type `oauth2` | did you mean `site`?";
    base_url_not_absolute: "\"{{site}}/api\"" => "example.com/api",
        "18:15 invalid_url: this URL is not absolute | begin with `https://`, or with an input that holds the whole URL";
    base_url_other_scheme: "\"{{site}}/api\"" => "ftp://example.com/api",
        "18:15 invalid_url: this URL is not absolute | begin with `https://`, or with an input that holds the whole URL";
    base_url_with_query: "\"{{site}}/api\"" => "\"{{site}}/api?x=1\"",
        "18:15 invalid_url: `base_url` has a query or a fragment, and paths could not follow it | leave it out";
    base_url_leading_input_is_no_host: "\"{{site}}/api\"" => "\"{{site}}.example.com/api\"",
        "18:15 invalid_url: what follows the leading input is read as its host | follow it with `/`, or write `https://{{input}}…`";
    base_url_with_user: "\"{{site}}/api\"" => "\"https://{{shop}}@example.com/api\"",
        "18:15 invalid_url: the URL needs a host, and no user | for example `https://{{host}}/`";
    base_url_no_host: "\"{{site}}/api\"" => "\"https:///api\"",
        "18:15 invalid_url: the URL needs a host, and no user | for example `https://{{host}}/`";
    base_url_no_url: "\"{{site}}/api\"" => "\"https://exa mple/api\"",
        "18:15 invalid_url: this is no URL | for example `https://api.example.com/v1`";
    base_url_host_of_callback: "\"{{site}}/api\"" => "\"https://{{realm}}.example.com/api\"",
        "18:26 callback_in_host: `realm` comes from the OAuth callback and cannot be part of a host | use an input, or a value kept from the token reply";
    base_url_of_callback: "\"{{site}}/api\"" => "\"{{ realm }}/api\"",
        "18:19 callback_in_host: `realm` comes from the OAuth callback and cannot be part of a host | use an input, or a value kept from the token reply";
    header_unknown_input: "X-Region: \"{{region}}\"" => "X-Region: \"a {{regio}}\"",
        "19:31 unknown_input: `regio` is no input of the connection type `oauth2` | did you mean `region`?";
    header_name: "X-Region: \"{{region}}\"" => "\"X Region\": \"{{region}}\"",
        "19:16 invalid_header: `X Region` is no name of a header | letters, digits and hyphens";
    header_with_a_line_break: "X-Region: \"{{region}}\"" => "X-Region: \"a\\r\\nX: {{region}}\"",
        "19:26 invalid_header: a header cannot hold a line break or another control character | write it on one line";
    auth_header_name: "token_reply:" => "apply: { header: \"X:\", headers: { \"A\\nB\": c } }\n      token_reply:",
        "26:24 invalid_header: `X:` is no name of a header | letters, digits and hyphens\n26:41 invalid_header: `A B` is no name of a header | letters, digits and hyphens";
    action_header_name: "query: { limit: \"{{limit}}\" }" => "query: { limit: \"{{limit}}\" }\n    headers: { \"\": x }",
        "42:16 invalid_header: `` is no name of a header | letters, digits and hyphens";
    auth_unknown_input: "token_url: https://{{shop}}" => "token_url: https://{{shp}}",
        "23:28 unknown_input: `shp` is no input of the connection type `oauth2` | did you mean `shop`?";
    auth_param_unknown_input: "audience: \"{{region}}\"" => "audience: \"{{nothing_near}}\"",
        "25:47 unknown_input: `nothing_near` is no input of the connection type `oauth2` | it has: shop, region, client_id, client_secret, site, retries, tags, realm, code, code_verifier, redirect_uri, scope";
    auth_condition_unknown_input: "audience: \"{{region}}\"" => "audience: { value: x, when: { regions: eu } }",
        "25:53 unknown_input: the condition names `regions`, which is no input here | did you mean `region`?";
    auth_url_names_a_reply: "token_url: https://{{shop}}" => "token_url: https://{{instance}}",
        "23:28 unknown_input: `instance` is no input of the connection type `oauth2` | it has: shop, region, client_id, client_secret, site, retries, tags";
    auth_url_not_absolute: "token_url: https://{{shop}}.example.com/token" => "token_url: /token",
        "23:18 invalid_url: this URL is not absolute | begin with `https://`, or with an input that holds the whole URL";
    auth_default_template_without_input: "key: api_key, label: API key, type" => "key: apikey, label: API key, type",
        "35:5 unknown_input: `auth.value` is `{{api_key}}` unless it is said, and there is no such input | add the input `api_key`, or say `auth.value`; did you mean `apikey`?";
    ambiguous_name: "keep: { instance: instance_url }" => "keep: { region: x, instance: y }",
        "20:5 ambiguous_name: `region` is an input and a value kept from a reply | give one of the two another name";
    live_test_unknown_input: "path: \"/me/{{realm}}\"" => "path: \"/me/{{realms}}\"",
        "28:31 unknown_input: `realms` is no input of the connection type `oauth2` | did you mean `realm`?";
    live_test_query_unknown_input: "query: { region: \"{{region}}\" }" => "query: { region: \"{{regoin}}\" }",
        "28:61 unknown_input: `regoin` is no input of the connection type `oauth2` | did you mean `region`?";
    live_test_body_unknown_input: "a: [\"{{shop}}\"]" => "a: [\"{{shopp}}\"]",
        "36:107 unknown_input: `shopp` is no input of the connection type `api_key` | did you mean `shop`?";
    live_test_on_another_host: "https://{{shop}}.example.com/other" => "https://evil.example/other",
        "36:40 foreign_host: the request leaves the host of `base_url` | begin with `/`; it is relative to `base_url`";
    live_test_on_a_longer_host: "https://{{shop}}.example.com/other" => "https://{{shop}}.example.com.evil.example/other",
        "36:40 foreign_host: the request leaves the host of `base_url` | begin with `/`; it is relative to `base_url`";
    live_test_path_names_a_host: "path: /me }" => "path: //evil.example/me }",
        "36:25 invalid_path: this path names another host or scheme | begin with `/`; it is relative to `base_url`";
    live_test_path_with_scheme: "path: /me }" => "path: \"ftp:me\" }",
        "36:25 invalid_path: this path names another host or scheme | begin with `/`; it is relative to `base_url`";
    live_test_without_base_url: "    base_url: https://{{shop}}.example.com/api\n" => "",
        "35:5 missing_base_url: the live test is relative to `base_url`, which this connection type lacks | add `base_url`\n35:40 foreign_host: the request leaves the host of `base_url` | say `base_url` in the connection type";
    live_test_empty: "[{ path: /me }, { path: \"https://{{shop}}.example.com/other\", method: POST, body: { a: [\"{{shop}}\"] } }]" => "[]",
        "36:16 empty_live_test: a live test without a request proves nothing | drop `live_test`";
    live_test_no_status: "status: 200" => "status: 20",
        "28:92 invalid_status: this is no HTTP status | a number from 100 to 599";
    live_test_method: "method: POST" => "method: post",
        "36:86 unknown_word: `method` cannot be `post` | did you mean `POST`?";
    action_unknown_input: "\"{{limit}}\"" => "\"{{limits}}\"",
        "41:24 unknown_input: `limits` is no input of the connection type `oauth2` | did you mean `limit`?";
    action_input_of_one_type_only: "\"/{{shop}}/products\"" => "\"/{{region}}/products\"",
        "40:15 unknown_input: `region` is no input of the connection type `api_key` | it has: shop, api_key, limit";
    action_on_another_host: "\"/{{shop}}/products\"" => "\"https://evil.example/\"",
        "40:11 foreign_host: the request leaves the host of `base_url` | begin with `/`; it is relative to `base_url`";
    action_input_rules: "key: limit, label: Page size, type: number, default: 50" => "key: limit, label: Page size, type: number, default: x",
        "42:69 wrong_default: the default must be a number, not text | the default is of the input's type";
    syntax: "label: Shop\n" => "label: \"Shop\n",
        "11:80 syntax: invalid trailing content after double-quoted scalar";
    tab: "label: Shop\n" => "label: Shop\n\tversion: 1\n",
        "2:8 syntax: while scanning a plain scalar, found a tab";
    empty_connections: "connections:\n" => "connections:\nactions2:\n",
        "7:12 wrong_type: `connections` must be a list, not nothing | give it a value, or drop the key\n8:1 unknown_key: unknown key `actions2` | did you mean `actions`?";
}
