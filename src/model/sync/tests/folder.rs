//! The folder form as people see it, and what they are told when they break it.

use std::fmt::Write as _;

use crate::model::sync::files::from_files;
use crate::model::sync::files::to_files;
use crate::model::sync::tests::example::tenants;

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are what people see")]
fn a_folder_can_be_read_by_people() {
    let (source, _) = tenants();
    let mut text = String::new();
    for (path, file) in
        to_files(&source.snapshot).iter().filter(|(path, _)| !path.contains("old") && !path.contains("shopify"))
    {
        writeln!(text, "# {path}\n{file}").unwrap();
    }
    insta::assert_snapshot!(text, @r#"
    # connections/slack-oauth2.yaml
    label: Slack
    component: slack
    connection_type: oauth2
    scope: customer
    is_enabled: true
    is_embedded: false
    inputs:
      scopes:
        value: chat:write

    # integrations/alerts.yaml
    name: Alerts
    state: draft
    slots:
      Chat:
        component: slack
        connection_type: oauth2
        stable_key: slack-oauth2
    definition:
      name: Alerts
      flows:
        - name: Main
          steps:
            - name: Fetch
              inputs:
                path:
                  type: value
                  value: /orders

    # integrations/orders.yaml
    name: Orders
    state: published
    slots:
      Chat:
        component: slack
        connection_type: oauth2
        stable_key: slack-oauth2
      Shop:
        component: shopify
        connection_type: api_key
        stable_key: shopify-api-key
    definition:
      name: Orders
      flows:
        - name: Main
          steps:
            - name: Fetch
              inputs:
                path:
                  type: value
                  value: /orders

    # keyway.yaml
    format: keyway.folder/1
    components:
      shopify:
        version: 1
        digest: "111"
      slack:
        version: 1
        digest: "111"
    "#);
}

#[test]
fn everything_wrong_is_told_with_its_place() {
    let (source, _) = tenants();
    let mut files = to_files(&source.snapshot);
    files.insert("README.md".to_owned(), "not ours".to_owned());
    let mut edit = |path: &str, from: &str, to: &str| {
        let file = files.get_mut(path).unwrap();
        assert!(file.contains(from), "{file}");
        *file = file.replacen(from, to, 1);
    };
    edit("keyway.yaml", "version: 1", "version: one");
    edit("connections/slack-oauth2.yaml", "scope: customer", "scope: custmer");
    edit("connections/slack-oauth2.yaml", "is_enabled: true", "is_enable: true");
    edit("connections/slack-oauth2.yaml", "value: chat:write", "secret: chat:write");
    edit("connections/shopify-api-key.yaml", "label: Shop\n", "label: Shop\naliases: [slack-oauth2]\n");
    edit("integrations/alerts.yaml", "state: draft", "state: live");
    edit("integrations/orders.yaml", "name: Orders", "name: [");
    files.insert("connections/Shop.yaml".to_owned(), "[]".to_owned());
    files.insert("connections/shop.yml".to_owned(), String::new());
    let mut text = String::new();
    for (path, problem) in from_files(&files).unwrap_err() {
        let help = problem.help.map_or_else(String::new, |help| format!(" ({help})"));
        writeln!(text, "{path}:{}:{} {} {}{help}", problem.line, problem.column, problem.code, problem.message)
            .unwrap();
    }
    insta::assert_snapshot!(text, @r"
    connections/Shop.yaml:0:0 invalid_key the file is named after the key, and a key has lower-case letters, digits and single hyphens between them: try `shop`
    connections/Shop.yaml:1:1 wrong_type a mapping is expected here, not a list
    connections/shop.yml:0:0 wrong_extension files here end with `.yaml` (rename it to `connections/shop.yaml`)
    connections/slack-oauth2.yaml:5:1 unknown_field `is_enable` is not known here (did you mean `is_enabled`?)
    connections/slack-oauth2.yaml:4:8 unknown_word `custmer` is none of: customer, organization_customer, organization_global (did you mean `customer`?)
    connections/slack-oauth2.yaml:1:1 missing_field `is_enabled` is missing
    connections/slack-oauth2.yaml:9:5 unknown_field this folder never holds secrets: remove the input (known here: value, managed_by, shared)
    integrations/alerts.yaml:2:8 unknown_word `live` is none of: draft, published
    integrations/orders.yaml:3:6 syntax while parsing a flow mapping, did not find expected ',' or '}'
    keyway.yaml:4:14 wrong_type a whole number is expected here
    ");
}
