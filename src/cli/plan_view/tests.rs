use serde_json::json;

use crate::cli::plan_view::Look;
use crate::cli::plan_view::render;
use crate::cli::plan_view::render_drift;
use crate::cli::plan_view::render_result;
use crate::model::connection::Scope;
use crate::model::sync::ConnectionFacts;
use crate::model::sync::OnMissing;
use crate::model::sync::Policy;
use crate::model::sync::drift;
use crate::model::sync::drift::Comparison;
use crate::model::sync::drift::LocalValue;
use crate::model::sync::drift::Party;
use crate::model::sync::plan;
use crate::model::sync::tests::example::connection;
use crate::model::sync::tests::example::define;
use crate::model::sync::tests::example::integration;
use crate::model::sync::tests::example::pin;
use crate::model::sync::tests::example::slot;
use crate::model::sync::tests::example::tenants;
use crate::model::sync::tests::example::with_alias;
use crate::model::sync::tests::example::with_value;

const PLAIN: Look = Look { is_colored: false, width: 100, is_verbose: false };

fn placeholder() -> Policy {
    Policy { on_missing: OnMissing::Placeholder, ..Policy::default() }
}

#[test]
fn nothing_to_do() {
    let (source, target) = tenants();
    let plan = plan(&source, &target, &Policy::default());
    insta::assert_snapshot!(render(&plan, PLAIN), @r"
    Sync plan: dev (revision 12) -> prod (revision 40), production

    Connections that integrations use (3 slots)
      = 3 matched by stable key

    Only in dev, and used by no integration: not copied (1)
      connection slack-oauth2-old

    Nothing to do; 2 integrations unchanged.
    prod already has what dev would bring.
    ");
}

#[test]
fn a_first_promotion_with_placeholders() {
    let (source, mut target) = tenants();
    target.snapshot.connections.remove("slack-oauth2");
    target.snapshot.integrations.clear();
    let plan = plan(&source, &target, &placeholder());
    insta::assert_snapshot!(render(&plan, PLAIN), @r"
    Sync plan: dev (revision 12) -> prod (revision 40), production

    Connections (1)
      + slack-oauth2 (to be filled in): slack oauth2, scope customer
          with scopes: chat:write

    Integrations (2)
      + alerts: Alerts, draft
      + orders: Orders, published

    Connections that integrations use (3 slots)
      = 1 matched by stable key
      + 2 use a connection that is made, to be filled in

    Only in dev, and used by no integration: not copied (1)
      connection slack-oauth2-old

    After the sync somebody must:
      * slack-oauth2: fill in its values, then complete its authorization
          you: client_id, client_secret (secret)

    Plan: 1 connection created to be filled in, 2 integrations created.
    To do this: keyway sync apply --from dev --to prod --on-missing placeholder
    ");
    insta::assert_snapshot!(render_result(&plan, &["To take it back: keyway sync rollback --tenant prod".to_owned()], PLAIN), @r"
    prod now follows dev: 1 connection created to be filled in, 2 integrations created.

    Now somebody must:
      * slack-oauth2: fill in its values, then complete its authorization
          you: client_id, client_secret (secret)

    To take it back: keyway sync rollback --tenant prod
    ");
}

#[test]
fn everything_that_can_block() {
    let (mut source, mut target) = tenants();
    target.snapshot.connections.get_mut("shopify-api-key").unwrap().scope = Scope::OrganizationGlobal;
    target.snapshot.connections.remove("slack-oauth2");
    target.snapshot.connections.insert("team-chat".to_owned(), connection("slack", "oauth2", "Chat"));
    target.edited_drafts.insert("alerts".to_owned(), "ann@example.com".to_owned());
    define(source.snapshot.integrations.get_mut("alerts").unwrap(), "/alerts");
    source.snapshot.components.insert("slack".to_owned(), pin(7));
    let policy = Policy { map: [("slack-oauth".to_owned(), "team-chat".to_owned())].into(), ..Policy::default() };
    insta::assert_snapshot!(render(&plan(&source, &target, &policy), PLAIN), @r"
    Sync plan: dev (revision 12) -> prod (revision 40), production

    Integrations (1)
      ~ alerts
          differs from dev
          definition.flows[Main].steps[Fetch].inputs.path.value: /orders -> /alerts

    Connections that integrations use (3 slots)
      ! 2 find no connection
      ! orders / Shop: shopify-api-key -> ?
          scope is customer in dev and organization_global in prod

    Blocked by (5)
      ! prod has no connection `slack-oauth2`
          used by alerts/Chat, orders/Chat
        what to do: `--map slack-oauth2=team-chat` uses one that is there; `--on-missing placeholder`
          creates it to be filled in; or create it in the target
      ! `shopify-api-key`: its scope is customer in dev and organization_global in prod
          used by orders/Shop
        what to do: that would change whose credentials are used: make the scopes equal, or accept it
          with `--map shopify-api-key=shopify-api-key`
      ! the deployment of prod does not have version 7 of `slack`
        what to do: add the manifest `components/slack.yaml` that dev uses to that deployment
      ! `alerts`: ann@example.com edited its draft in prod, and it would be replaced
        what to do: bring the edit to the source first, or `--overwrite-drafts` gives it up
      ! dev has no connection `slack-oauth`, and no integration wants one
        what to do: did you mean `slack-oauth2`?

    Different, and left as they are in prod (1)
      Each stays as it is; `--update-connections` lets shared values follow the source.
      ≠ shopify-api-key
          scope: organization_global here, customer in dev

    Only in dev, and used by no integration: not copied (1)
      connection slack-oauth2-old

    Only in prod: stays (1)
      connection team-chat

    Blocked by 5 problems; nothing can be written. It would be: 1 integration updated; 1 integration
      unchanged.
    Solve the above, then: keyway sync plan --from dev --to prod --map slack-oauth=team-chat
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are what people see")]
fn updates_and_what_is_left_as_it_is() {
    let (mut source, target) = tenants();
    let slack = source.snapshot.connections.remove("slack-oauth2").unwrap();
    let mut slack = with_alias(with_value(slack, "scopes", json!("chat:write files:read")), "slack-oauth2");
    slack.label = "Team chat".to_owned();
    source.snapshot.connections.insert("team-chat".to_owned(), slack);
    let orders = source.snapshot.integrations.get_mut("orders").unwrap();
    orders.name = "Orders to ERP".to_owned();
    define(orders, "/orders?limit=50");
    insta::assert_snapshot!(render(&plan(&source, &target, &Policy::default()), PLAIN), @r"
    Sync plan: dev (revision 12) -> prod (revision 40), production

    Integrations (1)
      ~ orders
          differs from dev
          name: Orders -> Orders to ERP
          definition.name: Orders -> Orders to ERP
          definition.flows[Main].steps[Fetch].inputs.path.value: /orders -> /orders?limit=50

    Connections that integrations use (3 slots)
      = 1 matched by stable key
      ~ alerts / Chat: slack-oauth2
          `slack-oauth2` is an alias of `team-chat` in dev
      ~ orders / Chat: slack-oauth2
          `slack-oauth2` is an alias of `team-chat` in dev

    Different, and left as they are in prod (1)
      Each stays as it is; `--update-connections` lets shared values follow the source.
      ≠ slack-oauth2
          stable_key: slack-oauth2 here, team-chat in dev
          label: Slack here, Team chat in dev
          inputs.scopes.value: chat:write here, chat:write files:read in dev

    Only in dev, and used by no integration: not copied (1)
      connection slack-oauth2-old

    Plan: 1 integration updated; 1 integration unchanged.
    To do this: keyway sync apply --from dev --to prod
    ");
    let follow = Policy { update_connections: true, ..Policy::default() };
    insta::assert_snapshot!(render(&plan(&source, &target, &follow), PLAIN), @r"
    Sync plan: dev (revision 12) -> prod (revision 40), production

    Connections (2)
      ~ slack-oauth2 -> team-chat
          renamed in dev; `slack-oauth2` stays as an alias
      ~ slack-oauth2
          shared values follow the source
          inputs.scopes.value: chat:write -> chat:write files:read

    Integrations (1)
      ~ orders
          differs from dev
          name: Orders -> Orders to ERP
          definition.name: Orders -> Orders to ERP
          definition.flows[Main].steps[Fetch].inputs.path.value: /orders -> /orders?limit=50

    Connections that integrations use (3 slots)
      = 1 matched by stable key
      ~ alerts / Chat: slack-oauth2 -> team-chat
          renamed from `slack-oauth2`
      ~ orders / Chat: slack-oauth2 -> team-chat
          renamed from `slack-oauth2`

    Different, and left as they are in prod (1)
      Each stays as it is: only shared values follow the source.
      ≠ slack-oauth2
          label: Slack here, Team chat in dev

    Only in dev, and used by no integration: not copied (1)
      connection slack-oauth2-old

    Plan: 1 connection renamed, 1 connection updated, 1 integration updated; 1 integration unchanged.
    To do this: keyway sync apply --from dev --to prod --update-connections
    ");
}

#[test]
fn prune_and_warnings() {
    let (source, mut target) = tenants();
    target.snapshot.connections.insert("spare".to_owned(), connection("slack", "oauth2", "Spare"));
    target
        .snapshot
        .integrations
        .insert("old".to_owned(), integration("Old", true, &[("Chat", slot("slack", "oauth2", "spare"))]));
    let pending =
        ConnectionFacts { needs_authorization: true, has_test_credential: false, ..ConnectionFacts::default() };
    target.facts.insert("slack-oauth2".to_owned(), pending);
    target.snapshot.connections.get_mut("shopify-api-key").unwrap().is_enabled = false;
    let policy = Policy { prune: true, ..Policy::default() };
    insta::assert_snapshot!(render(&plan(&source, &target, &policy), PLAIN), @r"
    Sync plan: dev (revision 12) -> prod (revision 40), production

    Connections (1)
      - spare
          the source has no such connection, and no integration refers to it any more

    Integrations (1)
      - old
          dev has no such integration

    Connections that integrations use (3 slots)
      = 3 matched by stable key

    Worth a look (3)
      ? slack-oauth2 waits for its authorization
          used by alerts/Chat, orders/Chat
      ? slack-oauth2 has no test credential
          used by alerts/Chat, orders/Chat
      ? shopify-api-key is disabled
          used by orders/Shop

    Different, and left as they are in prod (1)
      Each stays as it is; `--update-connections` lets shared values follow the source.
      ≠ shopify-api-key
          is_enabled: false here, true in dev

    Only in dev, and used by no integration: not copied (1)
      connection slack-oauth2-old

    Plan: 1 connection deleted, 1 integration deleted; 2 integrations unchanged.
    To do this: keyway sync apply --from dev --to prod --prune
    ");
}

#[test]
fn drift_of_two_tenants() {
    let (source, mut target) = tenants();
    let slack = target.snapshot.connections.get_mut("slack-oauth2").unwrap();
    *slack = with_value(slack.clone(), "scopes", json!("chat:write files:read"));
    define(target.snapshot.integrations.get_mut("orders").unwrap(), "/v2/orders");
    let values = |mark: &str| {
        let inputs = [("client_id", false), ("client_secret", true)]
            .map(|(input, is_secret)| (input.to_owned(), LocalValue { is_secret, fingerprint: Some(mark.to_owned()) }));
        Comparison::from([("slack-oauth2".to_owned(), inputs.into())])
    };
    let (a, b) = (values("1"), values("2"));
    let a = Party { name: "dev", revision: Some(12), snapshot: &source.snapshot, values: Some(&a) };
    let b = Party { name: "prod", revision: Some(40), snapshot: &target.snapshot, values: Some(&b) };
    insta::assert_snapshot!(render_drift(&drift(a, b), PLAIN), @r"
    Drift: dev and prod

    Connections (2)
      ≠ slack-oauth2
          inputs.scopes.value: chat:write in dev, chat:write files:read in prod
      - slack-oauth2-old (only in dev)

    Integrations (1)
      ≠ orders
          definition.flows[Main].steps[Fetch].inputs.path.value: /orders in dev, /v2/orders in prod

    Each tenant's own, meant to differ (2 values)
      slack-oauth2 / client_id: differs
      slack-oauth2 / client_secret (secret): differs

    3 differences in what is shared.
    To make prod follow dev: keyway sync plan --from dev --to prod
    ");
    insta::assert_snapshot!(render_drift(&drift(a, a), PLAIN), @r"
    Drift: dev and dev

    Each tenant's own, meant to differ (2 values)
      = 2 equal

    No drift: everything shared is equal.
    ");
}

#[test]
fn colour_and_narrow_terminals() {
    let (source, mut target) = tenants();
    target.snapshot.integrations.remove("alerts");
    let look = Look { is_colored: true, width: 40, is_verbose: true };
    insta::assert_snapshot!(render(&plan(&source, &target, &Policy::default()), look).replace('\x1b', "ESC"), @r"
    ESC[1mSync plan: dev (revision 12) -> prodESC[0m
      ESC[1m(revision 40), productionESC[0m

    ESC[1mIntegrations (1)ESC[0m
      ESC[32m+ alertsESC[0m
          ESC[2mprod has no such integrationESC[0m
          name: Alerts, state: draft

    ESC[1mConnections that integrations use (3ESC[0m
      ESC[1mslots)ESC[0m
      = alerts / Chat: slack-oauth2
      = orders / Chat: slack-oauth2
      = orders / Shop: shopify-api-key

    ESC[1mOnly in dev, and used by no integration:ESC[0m
      ESC[1mnot copied (1)ESC[0m
      ESC[2mconnection slack-oauth2-oldESC[0m

    ESC[1mPlan: 1 integration created; 1ESC[0m
      ESC[1mintegration unchanged.ESC[0m
    ESC[2mTo do this: keyway sync apply --from devESC[0m
      ESC[2m--to prodESC[0m
    ");
}

#[test]
fn text_of_tenants_cannot_move_the_cursor() {
    let (mut source, target) = tenants();
    source.snapshot.integrations.get_mut("orders").unwrap().name = "\x1b[2J\u{202e}\rgone".to_owned();
    let text = render(&plan(&source, &target, &Policy::default()), PLAIN);
    assert!(text.contains(r"\u{1b}[2J\u{202e}\rgone"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
}
