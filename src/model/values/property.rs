//! Random connection types, layers, sides and edits against the reference and the promises.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::values::CompiledType;
use crate::model::values::Edit;
use crate::model::values::Layer;
use crate::model::values::OwnerKind;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::State;
use crate::model::values::edit::Change;
use crate::model::values::fixture::World;
use crate::model::values::fixture::kind;
use crate::model::values::quick;
use crate::model::values::reference;
use crate::model::values::resolve;
use crate::model::values::view::Lengths;
use crate::model::values::view::Viewer;
use crate::model::values::view::view;

const SIDES: [Side; 3] = [Side::Organization, Side::Customer, Side::Embedded];
const LAYERS: [Layer; 4] = [
    Layer::Global,
    Layer::Credential(OwnerKind::Customer),
    Layer::Credential(OwnerKind::Organization),
    Layer::Credential(OwnerKind::Test),
];
const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];
const HOSTS: [&str; 6] = ["one", "two", "https://one.example", "https://two.example/x", "one.example", "one.example/x"];

/// Random choices from bytes: they shrink towards the first of each.
struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
    secrets: usize,
}

impl<'a> Choices<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), secrets: 0 }
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(*self.bytes.next().unwrap_or(&0)) % count
    }

    fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    fn is_spent(&self) -> bool {
        self.bytes.len() == 0
    }

    fn input(&mut self, key: &str) -> Value {
        let kinds = ["string", "password", "string", "text", "password", "number", "boolean", "select"];
        let kind = self.of(&kinds);
        let mut input = json!({ "key": key, "type": kind });
        input["required"] = self.once_in(2).into();
        input["shown"] = (!self.once_in(6)).into();
        if kind != "boolean" && kind != "select" && self.once_in(5) {
            input["write_only"] = true.into();
        }
        if kind == "select" {
            input["options"] = json!([{ "value": "one" }, { "value": "two" }]);
        }
        if self.once_in(3) {
            input["default"] = match kind {
                "number" => json!(7),
                "boolean" => json!(true),
                "select" => json!("one"),
                _ => json!("preset"),
            };
        }
        if let Some(who) = self.of(&[None, Some("customer"), Some("organization"), Some("embedded")]) {
            input["managed_by"] = who.into();
        }
        input
    }

    fn kind(&mut self) -> ConnectionType {
        let mut inputs: Vec<Value> = KEYS.iter().map(|key| self.input(key)).collect();
        for key in ["t", "u"] {
            let template = self.of(&["https://{{a}}.site.example", "{{b}}-{{c}}", "{{d}}", "https://{{c}}", "fixed"]);
            let mut input = json!({ "key": key, "type": "template", "template": template });
            input["required"] = self.once_in(2).into();
            inputs.push(input);
        }
        let places = [
            "https://api.example.com/{{a}}",
            "https://{{a}}.site.example/v1",
            "{{b}}/api",
            "{{t}}/x",
            "https://{{c}}",
            "https://{{a}}-eu.site.example",
            "https://{{a}}.com",
            "https://{{a}}:{{b}}/",
            "https://x.example/{{d}}",
            "http://{{u}}.x.example",
        ];
        let mut json = json!({ "inputs": inputs, "base_url": self.of(&places) });
        json["auth"] = match self.below(3) {
            0 => json!({ "kind": "basic", "username": "{{a}}", "password": "{{b}}" }),
            1 => {
                json!({ "kind": "oauth2_client_credentials", "token_url": self.of(&places), "client_id": "x", "client_secret": self.of(&["{{b}}", "{{d}}", "{{t}}"]) })
            }
            _ => json!({ "kind": "none" }),
        };
        if self.once_in(4) {
            json["destinations"] = json!([self.of(&["{{a}}:{{b}}", "{{c}}"])]);
        }
        kind(json)
    }

    fn typed(&mut self, input: Option<&Input>) -> Value {
        let Some(input) = input else { return json!("one") };
        let is_secret = reference::is_secret(input);
        match input.kind {
            _ if self.once_in(10) => json!(""),
            InputKind::Number if is_secret => {
                self.secrets += 1;
                json!(77_770_000 + self.secrets)
            }
            _ if is_secret => {
                self.secrets += 1;
                json!(format!("canary-{}", self.secrets))
            }
            InputKind::Number => json!(self.below(3)),
            InputKind::Boolean => json!(self.once_in(2)),
            _ => json!(self.of(&HOSTS)),
        }
    }

    fn edit(&mut self, input: Option<&Input>) -> Edit {
        let mut edit = Edit::default();
        match self.below(10) {
            0..6 => edit.value = Change::Set(self.typed(input)),
            6 => edit.value = Change::Clear,
            7 => {
                let who = self.of(&[ManagedBy::Organization, ManagedBy::Customer, ManagedBy::Embedded]);
                edit.managed_by = Change::Set(who);
            }
            8 => edit.shared = self.of(&[Change::Set(true), Change::Set(false), Change::Clear]),
            _ => {}
        }
        edit
    }

    fn edits(&mut self, kind: &ConnectionType) -> BTreeMap<String, Edit> {
        let keys = ["a", "b", "c", "d", "e", "t", "unknown"];
        let count = 1 + self.below(3);
        (0..count)
            .map(|_| {
                let at = self.below(33);
                let key = keys[if at == 32 { 6 } else { at % 6 }];
                (key.to_owned(), self.edit(kind.input(key)))
            })
            .collect()
    }

    fn side(&mut self) -> Side {
        self.of(&[Side::Organization, Side::Organization, Side::Organization, Side::Customer, Side::Embedded])
    }

    fn world(&mut self) -> World {
        let kind = self.kind();
        let scope =
            self.of(&[Scope::Customer, Scope::Customer, Scope::OrganizationCustomer, Scope::OrganizationGlobal]);
        World::new(kind, scope)
    }

    /// A world that has seen some edits. Now and then what a secret was bound to is lost, or the manifest changes.
    fn lived_in(&mut self) -> World {
        let mut world = self.world();
        while !self.is_spent() {
            let (side, layer, edits) = (self.side(), self.of(&LAYERS), self.edits(&world.kind));
            let _ = world.edit(side, layer, &edits);
            if self.once_in(12) {
                let at = self.below(KEYS.len());
                world.kind.inputs[at].write_only ^= true;
            }
            if self.once_in(15) {
                world.scope = self.of(&Scope::ALL);
            }
        }
        world
    }
}

fn rows(world: &World, layer: Layer, with_secrets: bool) -> Vec<reference::Row> {
    let none = Secrets::new();
    let own = if layer == Layer::Global { &none } else { &world.held(layer).secrets };
    let layers = world.layers(layer);
    let resolution = resolve(&layers, with_secrets.then_some((&world.global.secrets, own)));
    let each = resolution.inputs.iter();
    each.map(|e| (e.input.key.clone(), e.managed_by, e.state, e.origin, e.is_secret, e.value.as_deref().cloned()))
        .collect()
}

/// No typed secret stands in what people, histories and logs get.
fn holds_canary(text: &str) -> bool {
    text.contains("canary") || text.contains("7777000") || text.contains("7777001")
}

fn debug_leaks(thing: &dyn std::fmt::Debug) -> bool {
    holds_canary(&format!("{thing:?}"))
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 40..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn resolving_equals_the_reference(bytes in bytes(260)) {
        let world = Choices::new(&bytes).lived_in();
        let none = Secrets::new();
        for layer in LAYERS {
            let layers = world.layers(layer);
            let own = if layer == Layer::Global { &none } else { &world.held(layer).secrets };
            for secrets in [None, Some((&world.global.secrets, own))] {
                prop_assert_eq!(rows(&world, layer, secrets.is_some()), reference::resolve(&layers, secrets));
            }
            let resolution = resolve(&layers, None);
            let ignored: BTreeSet<_> = resolution.ignored.iter().map(|i| (i.input.clone(), i.reason)).collect();
            prop_assert_eq!(ignored, reference::ignored(&layers));
        }
    }

    #[test]
    fn the_quick_answer_is_the_slow_one(bytes in bytes(200)) {
        let world = Choices::new(&bytes).lived_in();
        let compiled = CompiledType::new(&world.kind);
        for layer in LAYERS {
            let layers = world.layers(layer);
            let quick = quick::is_pending(&compiled, layers.scope, layers.global, layers.credential);
            prop_assert_eq!(quick, !resolve(&layers, None).is_complete());
            prop_assert_eq!(compiled.resolve(&layers, None), resolve(&layers, None));
            let waits = crate::model::values::missing(&resolve(&layers, None));
            prop_assert_eq!(quick, !waits.is_empty());
        }
    }

    #[test]
    fn nobody_sets_what_is_not_theirs_and_edits_are_all_or_nothing(bytes in bytes(260)) {
        let mut choices = Choices::new(&bytes);
        let mut world = choices.world();
        while !choices.is_spent() {
            let (side, layer, edits) = (choices.side(), choices.of(&LAYERS), choices.edits(&world.kind));
            let before = world.clone();
            let result = world.edit(side, layer, &edits);
            let Ok(edited) = result else {
                prop_assert!(before.held(layer) == world.held(layer));
                continue;
            };
            prop_assert!(!debug_leaks(&(&edited, &edits)));
            prop_assert!(!holds_canary(&serde_json::to_string(&(&edited.changes, &edited.inputs)).unwrap()));
            for (key, edit) in &edits {
                let input = world.kind.input(key);
                prop_assert!(input.is_some(), "an unknown input was taken");
                let who = reference::manager(world.scope, &world.global.inputs, input.unwrap());
                let decides = edit.managed_by != Change::Keep || edit.shared != Change::Keep;
                prop_assert!(!decides || (side == Side::Organization && layer == Layer::Global));
                let sets = matches!(&edit.value, Change::Set(value) if value != "") || edit.value == Change::Clear;
                let clears = edit.value == Change::Clear && side == Side::Organization;
                prop_assert!(!sets || clears || reference::may_set(side, world.scope, layer, who), "{:?} set {} in {:?}", side, key, layer);
            }
            let touched = |key: &String| before.held(layer).inputs.get(key) != world.held(layer).inputs.get(key);
            prop_assert!(world.held(layer).inputs.keys().all(|key| edits.contains_key(key) || !touched(key)));
            prop_assert!(before.held(layer).inputs.keys().all(|key| edits.contains_key(key) || !touched(key)));
            prop_assert!(LAYERS.iter().all(|other| *other == layer || before.held(*other) == world.held(*other)));
        }
    }

    #[test]
    fn no_secret_shows_anywhere_but_in_a_resolution_with_secrets(bytes in bytes(260)) {
        let world = Choices::new(&bytes).lived_in();
        let none = Secrets::new();
        for layer in LAYERS {
            let layers = world.layers(layer);
            let closed = resolve(&layers, None);
            prop_assert!(!debug_leaks(&closed));
            prop_assert!(closed.inputs.iter().all(|e| !e.is_secret || e.value.is_none()));
            let own = if layer == Layer::Global { &none } else { &world.held(layer).secrets };
            let open = resolve(&layers, Some((&world.global.secrets, own)));
            prop_assert!(!debug_leaks(&open));
            prop_assert!(open.inputs.iter().all(|e| e.state != State::Quarantined || e.value.is_none()));
            let lengths = Lengths::of(&world.global.secrets, own);
            for side in SIDES {
                let shown = view(&open, Viewer { side, scope: world.scope, layer }, Some(&lengths));
                prop_assert!(!holds_canary(&serde_json::to_string(&shown).unwrap()));
                for input in &shown.inputs {
                    let managers: Vec<_> = sources(&world.kind, &input.key).map(|i| reference::manager(world.scope, &world.global.inputs, i)).collect();
                    prop_assert!(managers.iter().all(|who| reference::may_see(side, world.scope, *who)), "{:?} sees {}", side, input.key);
                    let is_secret = sources(&world.kind, &input.key).any(reference::is_secret);
                    prop_assert!(!is_secret || (input.value.is_none() && input.secret.is_some()));
                }
            }
        }
    }

    #[test]
    fn no_edits_change_nothing(bytes in bytes(200)) {
        let world = Choices::new(&bytes).lived_in();
        for (side, layer) in SIDES.into_iter().flat_map(|side| LAYERS.map(|layer| (side, layer))) {
            let edited = world.try_edit(side, layer, &BTreeMap::new()).unwrap();
            prop_assert_eq!(&edited.inputs, &world.held(layer).inputs);
            prop_assert!(edited.secrets.is_empty() && edited.changes.is_empty());
        }
    }

    #[test]
    fn who_does_not_override_inherits_the_next_value(bytes in bytes(200)) {
        let mut choices = Choices::new(&bytes);
        let mut world = choices.lived_in();
        for key in KEYS {
            let input = world.kind.input(key).unwrap().clone();
            if reference::is_secret(&input) || input.kind != InputKind::String {
                continue;
            }
            let before: Vec<_> = LAYERS.map(|layer| find(&rows(&world, layer, false), key)).into();
            world.set(Layer::Global, json!({ key: "next" }));
            for (layer, before) in LAYERS.into_iter().zip(before) {
                let now = find(&rows(&world, layer, false), key);
                if before.3 == Some(crate::model::values::Origin::Credential) {
                    prop_assert_eq!(now.5, before.5);
                } else {
                    prop_assert_eq!(now.5, Some(json!("next")));
                }
            }
        }
    }
}

fn find(rows: &[reference::Row], key: &str) -> reference::Row {
    rows.iter().find(|row| row.0 == key).unwrap().clone()
}

/// The input itself, and what a derived one is computed from.
fn sources<'a>(kind: &'a ConnectionType, key: &'a str) -> impl Iterator<Item = &'a Input> {
    let template = kind.input(key).and_then(|input| input.template.as_deref()).unwrap_or_default();
    kind.inputs.iter().filter(move |input| input.key == key || template.contains(&format!("{{{{{}}}}}", input.key)))
}
