//! Where secrets may go.

use serde_json::Value;
use serde_json::json;

use crate::model::connection::Scope;
use crate::model::values::Layer;
use crate::model::values::compiled::host_end;
use crate::model::values::destination_inputs;
use crate::model::values::destinations;
use crate::model::values::fixture::World;
use crate::model::values::fixture::kind;
use crate::model::values::tests::CUSTOMER;
use crate::model::values::tests::TEST;
use crate::model::values::tests::set_up;
use crate::model::values::tests::world;

#[test]
fn the_organizations_secret_is_quarantined_when_its_connection_points_elsewhere() {
    for (changed, expected) in [
        (json!({ "token_url": "https://evil.example/token" }), "quarantined global -"),
        (json!({ "token_url": "http://login.shops.example/token" }), "quarantined global -"),
        (json!({ "token_url": "https://login.shops.example:8443/token" }), "quarantined global -"),
        (json!({ "shop": "other" }), "quarantined global -"),
        (json!({ "token_url": "https://login.shops.example/other" }), "set global canary-global"),
        (json!({ "token_url": "https://LOGIN.shops.example:443/token" }), "set global canary-global"),
        (json!({ "region": "us" }), "set global canary-global"),
    ] {
        let mut world = set_up(Scope::Customer);
        world.set(CUSTOMER, json!({ "region": "jp" }));
        world.set(Layer::Global, changed.clone());
        for layer in [Layer::Global, CUSTOMER, TEST] {
            assert_eq!(world.shown(layer, "client_secret"), expected, "{changed} {layer:?}");
        }
        let is_quarantined = expected.starts_with('q');
        assert_eq!(world.shown(CUSTOMER, "signed").starts_with("quarantined"), is_quarantined);
        world.set(Layer::Global, json!({ "client_secret": "again" }));
        assert_eq!(world.shown(CUSTOMER, "client_secret"), "set global again");
    }
}

#[test]
fn a_credentials_secret_is_quarantined_when_the_connection_it_inherits_from_points_elsewhere() {
    let mut world = set_up(Scope::Customer);
    for layer in [CUSTOMER, TEST] {
        world.set(layer, json!({ "api_key": "canary-own" }));
        assert_eq!(world.shown(layer, "api_key"), "set credential canary-own");
    }
    world.set(Layer::Global, json!({ "token_url": "https://evil.example/token" }));
    for layer in [CUSTOMER, TEST] {
        assert_eq!(world.shown(layer, "api_key"), "quarantined credential -");
        world.set(layer, json!({ "api_key": "again" }));
        assert_eq!(world.shown(layer, "api_key"), "set credential again");
    }
    world.set(Layer::Global, json!({ "token_url": null }));
    assert_eq!(world.shown(CUSTOMER, "api_key"), "quarantined credential -");
}

#[test]
fn a_customers_own_subdomain_does_not_quarantine_the_organizations_secret() {
    let mut world = set_up(Scope::Customer);
    world.set(Layer::Global, json!({ "api_key": "canary-key" }));
    for (shop, expected) in [
        ("own", "set global canary-key"),
        ("evil.example/", "quarantined global -"),
        ("evil.example#", "quarantined global -"),
        ("u:p@evil.example?", "quarantined global -"),
    ] {
        world.set(CUSTOMER, json!({ "shop": shop }));
        assert_eq!(world.shown(CUSTOMER, "api_key"), expected, "{shop}");
        assert_eq!(world.shown(CUSTOMER, "client_secret"), "set global canary-global", "goes to the token URL alone");
    }
}

/// A type whose secret goes to one place, named by the input `host`.
fn single(base_url: &str, host: Value) -> World {
    let mut host = host;
    host["key"] = "host".into();
    let kind = kind(json!({
        "inputs": [host, { "key": "key", "type": "password", "managed_by": "organization" }],
        "base_url": base_url, "auth": { "kind": "bearer", "token": "{{key}}" },
    }));
    World::new(kind, Scope::Customer)
}

#[test]
fn a_credential_cannot_take_the_connections_secret_to_a_site_of_its_choice() {
    let zendesk = json!({ "pattern": "https://[a-z0-9-]+\\.zendesk\\.com/oauth" });
    for (base_url, host, global, own, expected) in [
        ("{{host}}/v1", json!({}), Some("https://good.example"), "https://evil.example", "quarantined"),
        ("{{host}}/v1", json!({}), Some("https://good.example"), "https://good.example/other", "set"),
        ("{{host}}/v1", json!({ "default": "https://good.example" }), None, "https://evil.example", "quarantined"),
        ("{{host}}/v1", json!({}), None, "https://evil.example", "quarantined"),
        ("{{host}}", zendesk.clone(), None, "https://acme.zendesk.com/oauth", "set"),
        ("{{host}}", zendesk, Some("https://a.zendesk.com/oauth"), "https://acme.zendesk.com/oauth", "set"),
        ("https://{{host}}/v1", json!({}), Some("good.example"), "evil.example", "quarantined"),
        ("https://{{host}}.com/v1", json!({}), Some("good"), "evil", "quarantined"),
        ("https://{{host}}.good.com/v1", json!({}), Some("a"), "b", "set"),
        ("https://{{host}}-eu.good.com/v1", json!({}), Some("a"), "b", "set"),
        ("https://good.com:{{host}}/v1", json!({}), Some("1"), "2", "quarantined"),
        ("https://good.com/{{host}}", json!({}), Some("a"), "b", "set"),
    ] {
        for layer in [CUSTOMER, TEST] {
            let mut world = single(base_url, host.clone());
            global.iter().for_each(|value| drop(world.set(Layer::Global, json!({ "host": value }))));
            world.set(Layer::Global, json!({ "key": "canary" }));
            world.set(layer, json!({ "host": own }));
            let shown = world.shown(layer, "key");
            assert!(shown.starts_with(expected), "{base_url} {global:?} {own}: {shown}");
            assert_eq!(world.shown(Layer::Global, "key"), "set global canary");
        }
    }
}

#[test]
fn a_secret_that_is_the_destination_itself_counts_by_how_often_it_was_entered() {
    let mut world = single("{{host}}/v1", json!({ "write_only": true }));
    world.set(Layer::Global, json!({ "host": "https://good.example", "key": "canary" }));
    assert_eq!(world.shown(CUSTOMER, "key"), "set global canary");
    world.set(Layer::Global, json!({ "host": "https://evil.example" }));
    assert_eq!(world.shown(CUSTOMER, "key"), "quarantined global -");
    world.set(Layer::Global, json!({ "host": null }));
    world.set(Layer::Global, json!({ "host": "https://evil.example" }));
    assert_eq!(world.shown(CUSTOMER, "key"), "quarantined global -");
    world.set(Layer::Global, json!({ "key": "again" }));
    assert_eq!(world.shown(CUSTOMER, "key"), "set global again");
    world.set(CUSTOMER, json!({ "host": "https://evil.example" }));
    assert_eq!(world.shown(CUSTOMER, "key"), "quarantined global -");
}

#[test]
fn destinations_stay_open_for_what_stronger_layers_fill_in() {
    let mut world = world();
    world.set(CUSTOMER, json!({ "shop": "own" }));
    assert_eq!(
        destinations(&world.layers(CUSTOMER), Layer::Global),
        ["https://login.shops.example", "https://{{shop}}.shops.example"]
    );
    assert_eq!(
        destinations(&world.layers(CUSTOMER), CUSTOMER),
        ["https://login.shops.example", "https://own.shops.example"]
    );
    assert_eq!(destination_inputs(&world.kind), ["shop", "token_url"].map(str::to_owned).into());
}

#[test]
fn the_end_of_a_host_is_read_from_patterns_that_fix_it() {
    for (pattern, end) in [
        ("https://[a-z0-9-]+\\.zendesk\\.com/oauth/tokens", Some(".zendesk.com")),
        ("[a-z0-9-]+\\.atlassian\\.net", Some(".atlassian.net")),
        ("https://[A-Za-z0-9.-]+\\.salesforce\\.com/?", Some(".salesforce.com")),
        ("https://[A-Za-z0-9.-]+", None),
        ("https?://[^\\s/?#]+(/[^\\s?#]*)?", None),
        ("[a-z]+\\.com", None),
        ("[a-z]+.good.com", None),
        ("a\\.good\\.com|.*", None),
        ("[a-z.]+\\.go?od\\.com", None),
        ("[a-z]+\\.good\\.com?", None),
        ("[^/]+\\.good\\.com", None),
    ] {
        assert_eq!(host_end(pattern).as_deref(), end, "{pattern}");
    }
}
