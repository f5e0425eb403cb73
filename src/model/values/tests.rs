//! The rules of values, in tables.

use std::collections::BTreeMap;

use serde_json::json;

use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::values::CompiledType;
use crate::model::values::Edit;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::OwnerKind;
use crate::model::values::Side;
use crate::model::values::Stored;
use crate::model::values::edit::Change;
use crate::model::values::fixture::World;
use crate::model::values::fixture::kind;
use crate::model::values::fixture::shop;
use crate::model::values::is_shared;
use crate::model::values::may_see;
use crate::model::values::missing;
use crate::model::values::resolve;
use crate::model::values::set_refusal;
use crate::model::values::view::Lengths;
use crate::model::values::view::Viewer;
use crate::model::values::view::view;

mod quarantine;

const CUSTOMER: Layer = Layer::Credential(OwnerKind::Customer);
const ORGANIZATION: Layer = Layer::Credential(OwnerKind::Organization);
const TEST: Layer = Layer::Credential(OwnerKind::Test);

fn world() -> World {
    World::new(shop(), Scope::Customer)
}

/// A connection of the scope whose global values are set and whose credentials set nothing.
fn set_up(scope: Scope) -> World {
    let mut world = World::new(shop(), scope);
    world.set(Layer::Global, json!({ "client_id": "app", "client_secret": "canary-global", "shop": "acme" }));
    world
}

#[test]
fn layers_lie_over_each_other_in_every_scope() {
    for (scope, layer) in [
        (Scope::Customer, CUSTOMER),
        (Scope::Customer, TEST),
        (Scope::OrganizationCustomer, CUSTOMER),
        (Scope::OrganizationCustomer, TEST),
        (Scope::OrganizationGlobal, ORGANIZATION),
        (Scope::OrganizationGlobal, TEST),
    ] {
        let mut world = set_up(scope);
        assert_eq!(world.shown(layer, "region"), "set default eu", "{scope} {layer:?}");
        world.set(Layer::Global, json!({ "region": "us" }));
        assert_eq!(world.shown(layer, "region"), "set global us", "{scope} {layer:?}");
        world.set(layer, json!({ "region": "jp" }));
        assert_eq!(world.shown(layer, "region"), "set credential jp", "{scope} {layer:?}");
        world.set(Layer::Global, json!({ "region": "uk" }));
        assert_eq!(world.shown(layer, "region"), "set credential jp", "{scope} {layer:?}");
        world.set(layer, json!({ "region": null }));
        assert_eq!(world.shown(layer, "region"), "set global uk", "{scope} {layer:?}");
        assert_eq!(world.shown(layer, "client_secret"), "set global canary-global", "{scope} {layer:?}");
    }
}

#[test]
fn templates_are_computed_last_from_what_won() {
    let mut world = set_up(Scope::Customer);
    world.set(CUSTOMER, json!({ "shop": "own" }));
    assert_eq!(world.shown(Layer::Global, "home"), "set derived https://acme.shops.example");
    assert_eq!(world.shown(CUSTOMER, "home"), "set derived https://own.shops.example");
    assert_eq!(world.shown(CUSTOMER, "signed"), "set derived app:canary-global");
    let closed = resolve(&world.layers(CUSTOMER), None);
    let signed = closed.get("signed").unwrap();
    assert!(signed.is_secret && signed.value.is_none() && signed.managed_by == ManagedBy::Organization);
}

#[test]
fn what_a_required_derived_input_names_is_missing_itself() {
    let kind = kind(json!({
        "inputs": [{ "key": "host" }, { "key": "url", "type": "template", "required": true, "template": "https://{{host}}" }],
        "auth": { "kind": "none" },
    }));
    let world = World::new(kind, Scope::Customer);
    let resolution = resolve(&world.layers(CUSTOMER), None);
    assert!(!resolution.is_complete());
    assert_eq!(missing(&resolution).iter().map(|(key, ..)| key.as_str()).collect::<Vec<_>>(), ["host"]);
}

#[test]
fn missing_says_who_must_set_what() {
    let world = world();
    let found: Vec<_> =
        missing(&resolve(&world.layers(CUSTOMER), None)).into_iter().map(|(key, who, _)| (key, who)).collect();
    let expected = [
        ("shop", ManagedBy::Customer),
        ("client_id", ManagedBy::Organization),
        ("client_secret", ManagedBy::Organization),
    ];
    assert_eq!(found, expected.map(|(key, who)| (key.to_owned(), who)));
}

#[test]
fn what_the_organization_manages_by_now_is_ignored_and_told() {
    let mut world = set_up(Scope::Customer);
    world.edit(Side::Customer, CUSTOMER, &crate::model::values::fixture::edits(&json!({ "region": "jp" }))).unwrap();
    let manage = Edit { managed_by: Change::Set(ManagedBy::Organization), ..Edit::default() };
    world.edit(Side::Organization, Layer::Global, &BTreeMap::from([("region".to_owned(), manage)])).unwrap();
    assert_eq!(world.shown(CUSTOMER, "region"), "set default eu");
    let ignored = resolve(&world.layers(CUSTOMER), None).ignored;
    assert_eq!((ignored[0].input.as_str(), ignored[0].reason), ("region", "managed_by_organization"));
    assert_eq!(
        world.refused(Side::Customer, CUSTOMER, json!({ "region": "uk" })),
        [("inputs.region".to_owned(), "not_settable")]
    );
    world.set(CUSTOMER, json!({ "region": null }));
    assert!(resolve(&world.layers(CUSTOMER), None).ignored.is_empty());
}

#[test]
fn customers_are_refused_what_is_the_organizations() {
    let world = set_up(Scope::Customer);
    for (side, layer, values) in [
        (Side::Customer, CUSTOMER, json!({ "client_id": "x" })),
        (Side::Customer, CUSTOMER, json!({ "client_secret": "x" })),
        (Side::Customer, CUSTOMER, json!({ "client_secret": "" })),
        (Side::Customer, CUSTOMER, json!({ "client_secret": null })),
        (Side::Customer, CUSTOMER, json!({ "session": "x" })),
        (Side::Customer, Layer::Global, json!({ "shop": "x" })),
        (Side::Customer, TEST, json!({ "shop": "x" })),
        (Side::Embedded, CUSTOMER, json!({ "client_id": "x" })),
        (Side::Embedded, Layer::Global, json!({ "session": "x" })),
        (Side::Organization, ORGANIZATION, json!({ "shop": "x" })),
        (Side::Organization, CUSTOMER, json!({ "client_secret": "x" })),
    ] {
        let wrong = world.refused(side, layer, values.clone());
        assert_eq!(wrong.first().map(|(_, code)| *code), Some("not_settable"), "{side:?} {layer:?} {values}");
    }
    for scope in [Scope::OrganizationCustomer, Scope::OrganizationGlobal] {
        let world = set_up(scope);
        assert_eq!(
            world.refused(Side::Customer, CUSTOMER, json!({ "shop": "x" })),
            [("inputs.shop".to_owned(), "not_settable")]
        );
        assert!(
            !may_see(Side::Customer, scope, ManagedBy::Organization)
                && !may_see(Side::Embedded, scope, ManagedBy::Organization)
        );
    }
    assert!(set_refusal(Side::Embedded, Scope::Customer, CUSTOMER, ManagedBy::Embedded).is_none());
}

#[test]
fn an_input_that_no_form_shows_is_not_the_customers() {
    let kind =
        kind(json!({ "inputs": [{ "key": "version", "default": "v1", "shown": false }], "auth": { "kind": "none" } }));
    let mut world = World::new(kind, Scope::Customer);
    assert_eq!(world.refused(Side::Customer, CUSTOMER, json!({ "version": "v2" }))[0].1, "not_settable");
    world.set(Layer::Global, json!({ "version": "v3" }));
    assert_eq!(world.shown(CUSTOMER, "version"), "set global v3");
}

#[test]
fn only_the_organization_decides_on_the_connection_who_manages() {
    let manage = BTreeMap::from([(
        "region".to_owned(),
        Edit { managed_by: Change::Set(ManagedBy::Customer), ..Edit::default() },
    )]);
    let share = |key: &str| BTreeMap::from([(key.to_owned(), Edit { shared: Change::Set(true), ..Edit::default() })]);
    let world = world();
    for (side, layer, edits, field, code) in [
        (Side::Customer, CUSTOMER, &manage, "inputs.region.managed_by", "not_settable"),
        (Side::Organization, CUSTOMER, &manage, "inputs.region.managed_by", "not_settable"),
        (Side::Organization, TEST, &share("region"), "inputs.region.shared", "not_settable"),
        (
            Side::Organization,
            Layer::Global,
            &share("client_secret"),
            "inputs.client_secret.shared",
            "secret_not_shared",
        ),
    ] {
        let wrong = world.try_edit(side, layer, edits).unwrap_err();
        assert_eq!((wrong[0].field.as_str(), wrong[0].code), (field, code));
    }
    let world = World::new(shop(), Scope::OrganizationGlobal);
    assert_eq!(
        world.try_edit(Side::Organization, Layer::Global, &manage).unwrap_err()[0].code,
        "managed_by_organization"
    );
}

#[test]
fn secrets_are_kept_replaced_and_cleared() {
    let mut world = set_up(Scope::Customer);
    let tell = |edited: &crate::model::values::Edited| serde_json::to_value(&edited.changes).unwrap();
    for blank in [json!(""), json!("   ")] {
        let is_typed = blank == "   ";
        let edited = world
            .try_edit(
                Side::Organization,
                Layer::Global,
                &crate::model::values::fixture::edits(&json!({ "client_secret": blank })),
            )
            .unwrap();
        assert_eq!(edited.secrets.is_empty(), !is_typed, "spaces are a password, nothing is none");
    }
    let edited = world.set(Layer::Global, json!({ "client_secret": "canary-new" }));
    let changed = json!([{ "field": "inputs.client_secret", "old": "set", "new": "changed", "is_secret": true }]);
    assert_eq!(tell(&edited), changed);
    assert_eq!(world.shown(CUSTOMER, "client_secret"), "set global canary-new");
    let edited = world.set(Layer::Global, json!({ "client_secret": null }));
    assert_eq!(
        tell(&edited),
        json!([{ "field": "inputs.client_secret", "old": "set", "new": null, "is_secret": true }])
    );
    assert_eq!(edited.secrets["client_secret"], None);
    assert_eq!(world.shown(CUSTOMER, "client_secret"), "missing - -");
    let edited = world.set(Layer::Global, json!({ "client_secret": "canary-3" }));
    assert_eq!(
        tell(&edited),
        json!([{ "field": "inputs.client_secret", "old": null, "new": "set", "is_secret": true }])
    );
    assert!(!format!("{edited:?}").contains("canary"));
}

#[test]
fn plain_changes_tell_old_and_new() {
    let mut world = set_up(Scope::Customer);
    let edited = world.set(Layer::Global, json!({ "shop": "", "client_id": "app", "region": "us" }));
    let told: Vec<_> = edited.changes.iter().map(|c| (c.field.as_str(), c.old.clone(), c.new.clone())).collect();
    assert_eq!(told, [("inputs.region", None, Some(json!("us"))), ("inputs.shop", Some(json!("acme")), None)]);
    assert!(!world.global.inputs.contains_key("shop"));
}

#[test]
fn edits_are_all_or_nothing_and_every_wrong_field_is_named() {
    let world = set_up(Scope::Customer);
    let wrong =
        world.refused(Side::Customer, CUSTOMER, json!({ "shop": "ok", "regoin": "x", "client_id": "x", "home": "x" }));
    let expected =
        [("inputs.regoin", "unknown_input"), ("inputs.client_id", "not_settable"), ("inputs.home", "derived")];
    assert_eq!(wrong, expected.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn an_unknown_input_gets_the_nearest_that_its_side_sees() {
    let world = world();
    let told = |side, layer, key: &str| {
        let edits = BTreeMap::from([(key.to_owned(), Edit::of_value(json!("x")))]);
        world.try_edit(side, layer, &edits).unwrap_err()[0].message.clone()
    };
    assert_eq!(told(Side::Customer, CUSTOMER, "regoin"), "`main` has no such input; did you mean `region`?");
    assert!(told(Side::Organization, Layer::Global, "client_secert").contains("`client_secret`"));
    assert!(!told(Side::Customer, CUSTOMER, "client_secert").contains("client_secret`?"));
    assert!(!told(Side::Customer, CUSTOMER, "zzz").contains("client"));
}

#[test]
fn shared_is_the_connections_choice_then_the_manifests_and_never_for_secrets() {
    let kind = shop();
    let chosen = |shared| Inputs::from([("region".to_owned(), Stored { shared, ..Stored::default() })]);
    let input = |key: &str| kind.input(key).unwrap();
    assert!(is_shared(&Inputs::new(), input("region")));
    assert!(!is_shared(&chosen(Some(false)), input("region")));
    assert!(!is_shared(&Inputs::new(), input("client_id")) && !is_shared(&Inputs::new(), input("token_url")));
    let forced = Inputs::from([("client_secret".to_owned(), Stored { shared: Some(true), ..Stored::default() })]);
    assert!(!is_shared(&forced, input("client_secret")));
}

#[test]
fn an_input_that_became_secret_or_plain_is_never_shown() {
    let mut world = set_up(Scope::Customer);
    world.set(CUSTOMER, json!({ "api_key": "canary-key", "region": "canary-region" }));
    for input in &mut world.kind.inputs {
        input.write_only = input.key == "region";
        if input.key == "api_key" {
            input.kind = crate::model::component::InputKind::String;
        }
    }
    assert_eq!(world.shown(CUSTOMER, "region"), "set default eu");
    assert_eq!(world.shown(CUSTOMER, "api_key"), "unset - -");
    let resolution = resolve(&world.layers(CUSTOMER), None);
    let told: Vec<_> = resolution.ignored.iter().map(|i| (i.input.as_str(), i.reason)).collect();
    assert_eq!(told, [("api_key", "kind_changed"), ("region", "kind_changed")]);
    let edited = world.set(CUSTOMER, json!({ "api_key": "plain", "region": "new-secret" }));
    assert_eq!(edited.secrets["api_key"], None);
    assert!(!serde_json::to_string(&(&edited.changes, &edited.inputs)).unwrap().contains("canary"));
}

#[test]
fn what_the_manifest_no_longer_has_can_be_cleared_by_the_organization_only() {
    let mut world = set_up(Scope::Customer);
    world.set(Layer::Global, json!({ "api_key": "canary" }));
    world.kind.inputs.retain(|input| input.key != "api_key");
    assert_eq!(resolve(&world.layers(CUSTOMER), None).ignored[0].reason, "unknown_input");
    assert_eq!(world.refused(Side::Organization, Layer::Global, json!({ "api_key": "x" }))[0].1, "unknown_input");
    assert_eq!(world.set(Layer::Global, json!({ "api_key": null })).secrets["api_key"], None);
    assert!(!world.global.inputs.contains_key("api_key"));
}

#[test]
fn a_view_holds_what_its_side_may_see_and_no_secret() {
    let mut world = set_up(Scope::Customer);
    world.set(Layer::Global, json!({ "api_key": "canary-9", "region": "us" }));
    let none = BTreeMap::new();
    let lengths = Lengths::of(&world.global.secrets, &none);
    let layers = world.layers(CUSTOMER);
    let open = resolve(&layers, Some((&world.global.secrets, &none)));
    let shown = |side, lengths| {
        let shown = view(&open, Viewer { side, scope: Scope::Customer, layer: CUSTOMER }, lengths);
        assert!(!serde_json::to_string(&shown).unwrap().contains("canary"));
        shown
    };
    let keys = |side| shown(side, None).inputs.into_iter().map(|input| input.key).collect::<Vec<_>>().join(" ");
    assert_eq!(keys(Side::Customer), "shop api_key region home");
    assert_eq!(keys(Side::Embedded), "shop api_key region home session");
    assert_eq!(keys(Side::Organization), "shop client_id client_secret token_url api_key region home signed session");
    let length =
        |side, lengths| shown(side, lengths).inputs.iter().find(|i| i.key == "api_key").unwrap().secret.unwrap().length;
    assert_eq!(length(Side::Organization, Some(&lengths)), Some(8));
    assert_eq!(length(Side::Organization, None), None);
    assert_eq!(length(Side::Customer, Some(&lengths)), None, "the organization entered it");
    let may_set =
        |side| shown(side, None).inputs.into_iter().filter(|i| i.may_set).map(|i| i.key).collect::<Vec<_>>().join(" ");
    assert_eq!(may_set(Side::Customer), "shop api_key region");
    assert_eq!(may_set(Side::Organization), "shop api_key region session");
}

#[test]
fn a_compiled_type_answers_for_many() {
    let world = set_up(Scope::Customer);
    let compiled = CompiledType::new(&world.kind);
    assert_eq!(compiled.resolve(&world.layers(CUSTOMER), None), resolve(&world.layers(CUSTOMER), None));
}
