//! Live tests and actions: requests relative to `base_url`.

use crate::model::component::LiveTest;
use crate::model::component::read::check::Check;
use crate::model::component::read::check::items_at;
use crate::model::component::read::check::key_place;
use crate::model::component::read::check::text_at;
use crate::model::component::read::check::typed;
use crate::model::component::read::names::Names;
use crate::model::component::words::shortened;
use crate::model::template::Template;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

const MAX_ACTIONS: usize = 500;

impl Check<'_> {
    pub fn live_test(&mut self, connection: &Node, names: &Names, base: Option<&Template>) {
        let Some(node) = connection.get("live_test") else { return };
        let requests = match &node.kind {
            NodeKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        if requests.is_empty() {
            self.error(
                "empty_live_test",
                node.place,
                "a live test without a request proves nothing",
                "drop `live_test`",
            );
        }
        let is_relative = |request: &Node| text_at(request, "path").is_some_and(|(_, path)| !path.contains("://"));
        if connection.get("base_url").is_none() && typed::<LiveTest>(node).is_some() && requests.iter().any(is_relative)
        {
            let message = "the live test is relative to `base_url`, which this connection type lacks";
            self.error("missing_base_url", key_place(connection, "live_test"), message, "add `base_url`");
        }
        for request in requests {
            self.request(request, names, &[base], &[]);
            let status = request.get("expect").and_then(|expect| expect.get("status"));
            if let Some(status) = status
                && status.to_value().as_i64().is_some_and(|code| !(100..600).contains(&code))
            {
                self.error("invalid_status", status.place, "this is no HTTP status", "a number from 100 to 599");
            }
        }
    }

    pub fn actions(&mut self, component: &Node, types: &[(Names, Option<Template>)]) {
        let actions = items_at(component, "actions");
        if !self.is_short(actions, MAX_ACTIONS, "actions") {
            return;
        }
        self.duplicates(actions, "key", "action");
        for action in actions {
            self.snake_key(action, "key");
            self.label(action);
            if self.is_full() || !self.inputs(action) {
                return;
            }
            self.headers(action);
            let own: Vec<&str> = super::inputs::keys(action).iter().map(|(key, _)| *key).collect();
            let bases: Vec<Option<&Template>> = types.iter().map(|(_, base)| base.as_ref()).collect();
            match types {
                [] => {
                    let key = text_at(action, "key").map_or("", |(_, key)| key);
                    let is_open = component.get("connections").is_some();
                    let none = Names { owner: format!("the action `{}`", shortened(key)), is_open, ..Names::default() };
                    self.request(action, &none, &[], &own);
                }
                types => types.iter().for_each(|(names, _)| self.request(action, names, &bases, &own)),
            }
        }
    }

    /// Path, query, headers and body of a request.
    fn request(&mut self, request: &Node, names: &Names, bases: &[Option<&Template>], extra: &[&str]) {
        if let Some(path) = request.get("path")
            && let Some(template) = self.known_template(path, names, extra)
        {
            bases.iter().for_each(|base| self.path(path, &template, *base));
        }
        for key in ["query", "headers", "body"] {
            if let Some(node) = request.get(key) {
                self.texts(node, names, extra);
            }
        }
    }

    /// Every text below a node.
    pub fn texts(&mut self, node: &Node, names: &Names, extra: &[&str]) {
        match &node.kind {
            NodeKind::Scalar(_) => drop(self.known_template(node, names, extra)),
            NodeKind::List(items) => items.iter().for_each(|item| self.texts(item, names, extra)),
            NodeKind::Map(entries) => entries.iter().for_each(|entry| self.texts(&entry.value, names, extra)),
        }
    }
}
