//! The folder form read back: everything wrong in every file, each with its line and column.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::model::connection::slug_problem;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::problem::nearest;
use crate::model::sync::files::FORMAT;
use crate::model::sync::files::ROOT;
use crate::model::sync::snapshot::ConnectionContent;
use crate::model::sync::snapshot::InputContent;
use crate::model::sync::snapshot::IntegrationContent;
use crate::model::sync::snapshot::MAX_KEY_CHARS;
use crate::model::sync::snapshot::Pin;
use crate::model::sync::snapshot::SlotContent;
use crate::model::sync::snapshot::Snapshot;
use crate::model::yaml;
use crate::model::yaml::Node;
use crate::model::yaml::NodeKind;

/// Reads what `to_files` wrote, or a person edited. Paths use `/`; files outside the form are left alone.
///
/// # Errors
/// Every finding with the path of its file.
pub fn from_files(files: &BTreeMap<String, String>) -> Result<Snapshot, Vec<(String, Problem)>> {
    let mut reader = Reader { problems: Vec::new(), path: String::new() };
    let mut snapshot = Snapshot::default();
    if !files.contains_key(ROOT) {
        let help = "`keyway export` writes a whole folder";
        let problem = Problem::error("no_root_file", Place::default(), "the folder has no such file").help(help);
        reader.problems.push((ROOT.to_owned(), problem));
    }
    for (path, text) in files {
        path.clone_into(&mut reader.path);
        if path == ROOT {
            snapshot.components = reader.document(text, Reader::root).unwrap_or_default();
        } else if let Some(key) = reader.key(path, "connections/") {
            let content = reader.document(text, Reader::connection);
            snapshot.connections.extend(content.map(|content| (key, content)));
        } else if let Some(key) = reader.key(path, "integrations/") {
            let content = reader.document(text, Reader::integration);
            snapshot.integrations.extend(content.map(|content| (key, content)));
        }
    }
    reader.namespace(&snapshot);
    if reader.problems.is_empty() { Ok(snapshot) } else { Err(reader.problems) }
}

struct Reader {
    problems: Vec<(String, Problem)>,
    path: String,
}

impl Reader {
    fn problem(&mut self, problem: Problem) {
        self.problems.push((self.path.clone(), problem));
    }

    fn wrong(&mut self, code: &'static str, place: Place, message: impl Into<String>) {
        self.problem(Problem::error(code, place, message));
    }

    /// The key that the file's name says; `None` for files that are none of ours.
    fn key(&mut self, path: &str, folder: &str) -> Option<String> {
        let name = path.strip_prefix(folder).filter(|name| !name.contains('/') && !name.starts_with('.'))?;
        if let Some(stem) = name.strip_suffix(".yml") {
            let problem = Problem::error("wrong_extension", Place::default(), "files here end with `.yaml`");
            self.problem(problem.help(format!("rename it to `{folder}{stem}.yaml`")));
            return None;
        }
        let key = name.strip_suffix(".yaml")?;
        let max_chars = if folder == "connections/" { StableKey::MAX_CHARS } else { MAX_KEY_CHARS };
        if let Some(problem) = slug_problem(key, max_chars) {
            self.wrong(
                "invalid_key",
                Place::default(),
                format!("the file is named after the key, and a key {problem}"),
            );
        }
        Some(key.to_owned())
    }

    fn document<T>(&mut self, text: &str, read: impl FnOnce(&mut Self, &Node) -> Option<T>) -> Option<T> {
        match yaml::read(text) {
            Ok(node) => read(self, &node),
            Err(problem) => {
                self.problem(problem);
                None
            }
        }
    }

    /// The entries of a mapping that has no other keys than these.
    fn mapping<'n>(&mut self, node: &'n Node, known: &[&str]) -> Option<&'n Node> {
        self.map(node)?;
        for entry in node.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let near = nearest(&entry.key, known.iter().copied());
            let help = near
                .map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            let message = match entry.key.as_str() {
                "secret" | "sealed" => "this folder never holds secrets: remove the input".to_owned(),
                key => format!("`{key}` is not known here"),
            };
            self.problem(Problem::error("unknown_field", entry.key_place, message).help(help));
        }
        Some(node)
    }

    fn map<'n>(&mut self, node: &'n Node) -> Option<&'n Node> {
        if matches!(node.kind, NodeKind::Map(_)) {
            return Some(node);
        }
        self.wrong("wrong_type", node.place, format!("a mapping is expected here, not {}", node.describe()));
        None
    }

    fn required<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            self.wrong("missing_field", node.place, format!("`{key}` is missing"));
        }
        found
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            let problem =
                Problem::error("wrong_type", node.place, format!("text is expected here, not {}", node.describe()));
            self.problem(problem.help("put it in quotes"));
        }
        text
    }

    fn flag(&mut self, node: &Node) -> Option<bool> {
        let flag = node.as_bool();
        if flag.is_none() {
            self.wrong("wrong_type", node.place, format!("true or false is expected here, not {}", node.describe()));
        }
        flag
    }

    /// One of the words of a type that is written as a word.
    fn word<T: DeserializeOwned>(&mut self, node: &Node, words: &[&str]) -> Option<T> {
        let text = self.text(node)?;
        let word = serde_json::from_value(Value::from(text.as_str())).ok();
        if word.is_none() {
            let problem =
                Problem::error("unknown_word", node.place, format!("`{text}` is none of: {}", words.join(", ")));
            let near = nearest(&text, words.iter().copied());
            self.problem(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
        word
    }

    fn scope(&mut self, node: &Node) -> Option<Scope> {
        self.word(node, &Scope::ALL.map(Scope::as_str))
    }

    fn texts(&mut self, node: &Node) -> BTreeSet<String> {
        if !matches!(node.kind, NodeKind::List(_)) {
            self.wrong("wrong_type", node.place, format!("a list is expected here, not {}", node.describe()));
        }
        node.items().iter().filter_map(|item| self.text(item)).collect()
    }

    /// A field that may be absent; a wrong one is reported and counts as absent.
    fn optional<T>(&mut self, node: &Node, key: &str, read: impl FnOnce(&mut Self, &Node) -> Option<T>) -> Option<T> {
        node.get(key).and_then(|found| read(self, found))
    }

    fn root(&mut self, node: &Node) -> Option<BTreeMap<String, Pin>> {
        let node = self.mapping(node, &["format", "components"])?;
        let format_node = self.required(node, "format")?;
        let format = self.text(format_node)?;
        if format != FORMAT {
            let message = format!("the format is `{format}`, and this version reads `{FORMAT}`");
            self.wrong("unknown_format", format_node.place, message);
            return None;
        }
        let components = self.required(node, "components")?;
        let components = self.map(components)?;
        let mut pins = BTreeMap::new();
        for entry in components.entries() {
            if let Some(problem) = slug_problem(&entry.key, MAX_KEY_CHARS) {
                self.wrong("invalid_key", entry.key_place, format!("a key of component {problem}"));
            }
            pins.extend(self.pin(&entry.value).map(|pin| (entry.key.clone(), pin)));
        }
        Some(pins)
    }

    fn pin(&mut self, node: &Node) -> Option<Pin> {
        let node = self.mapping(node, &["version", "digest"])?;
        let (version_node, digest) = (self.required(node, "version"), self.required(node, "digest"));
        let version = version_node?.to_value().as_u64().and_then(|version| u32::try_from(version).ok());
        if version.is_none() {
            self.wrong("wrong_type", version_node?.place, "a whole number is expected here");
        }
        let digest = self.text(digest?);
        Some(Pin { version: version?, digest: digest? })
    }

    fn connection(&mut self, node: &Node) -> Option<ConnectionContent> {
        const KNOWN: [&str; 9] = [
            "label",
            "description",
            "component",
            "connection_type",
            "scope",
            "is_enabled",
            "is_embedded",
            "aliases",
            "inputs",
        ];
        let node = self.mapping(node, &KNOWN)?;
        let [label, component, connection_type] = ["label", "component", "connection_type"]
            .map(|key| self.required(node, key).and_then(|node| self.text(node)));
        let scope = self.required(node, "scope").and_then(|node| self.scope(node));
        let [is_enabled, is_embedded] =
            ["is_enabled", "is_embedded"].map(|key| self.required(node, key).and_then(|node| self.flag(node)));
        let aliases = self.optional(node, "aliases", |reader, list| {
            for item in list.items() {
                let problem = item.as_str().and_then(|alias| slug_problem(alias, StableKey::MAX_CHARS));
                if let Some(problem) = problem {
                    reader.wrong("invalid_key", item.place, format!("a stable key {problem}"));
                }
            }
            Some(reader.texts(list))
        });
        let inputs = self.optional(node, "inputs", |reader, node| {
            let entries = reader.map(node)?.entries().iter();
            let inputs = entries.filter_map(|entry| Some((entry.key.clone(), reader.input(&entry.value)?)));
            Some(inputs.collect())
        });
        Some(ConnectionContent {
            description: self.optional(node, "description", Self::text),
            aliases: aliases.unwrap_or_default(),
            inputs: inputs.unwrap_or_default(),
            label: label?,
            component: component?,
            connection_type: connection_type?,
            scope: scope?,
            is_enabled: is_enabled?,
            is_embedded: is_embedded?,
        })
    }

    fn input(&mut self, node: &Node) -> Option<InputContent> {
        let node = self.mapping(node, &["value", "managed_by", "shared"])?;
        let value = node.get("value").map(Node::to_value).filter(|value| !value.is_null());
        let managed_by = self.optional(node, "managed_by", |reader, node| {
            reader.word::<ManagedBy>(node, &["organization", "customer", "embedded"])
        });
        let shared = self.optional(node, "shared", Self::flag);
        if value.is_some() && shared == Some(false) {
            let message = "this input is local (`shared: false`), and this folder never holds local values";
            self.wrong("local_value", node.place, message);
        }
        Some(InputContent { value, managed_by, shared })
    }

    fn integration(&mut self, node: &Node) -> Option<IntegrationContent> {
        let node = self.mapping(node, &["name", "description", "state", "slots", "definition"])?;
        let name = self.required(node, "name").and_then(|node| self.text(node));
        let state = self.required(node, "state");
        let state_word = state.and_then(|node| self.text(node));
        let is_published = match state_word.as_deref() {
            Some("published") => Some(true),
            Some("draft") => Some(false),
            Some(other) => {
                let message = format!("`{other}` is none of: draft, published");
                self.wrong("unknown_word", state?.place, message);
                None
            }
            None => None,
        };
        let slots = self.optional(node, "slots", |reader, node| {
            let entries = reader.map(node)?.entries().iter();
            let slots = entries.filter_map(|entry| Some((entry.key.clone(), reader.slot(&entry.value)?)));
            Some(slots.collect())
        });
        let definition = self.required(node, "definition").and_then(|node| self.map(node)).map(Node::to_value);
        let mut content = IntegrationContent {
            description: self.optional(node, "description", Self::text),
            name: name?,
            is_published: is_published?,
            definition: "".into(),
            digest: String::new(),
            slots: slots.unwrap_or_default(),
        };
        content.set_definition(&definition?);
        Some(content)
    }

    fn slot(&mut self, node: &Node) -> Option<SlotContent> {
        let node = self.mapping(node, &["component", "connection_type", "scope", "stable_key", "required_scopes"])?;
        Some(SlotContent {
            component: self.optional(node, "component", Self::text),
            connection_type: self.optional(node, "connection_type", Self::text),
            scope: self.optional(node, "scope", Self::scope),
            stable_key: self.optional(node, "stable_key", Self::text),
            required_scopes: self
                .optional(node, "required_scopes", |reader, list| Some(reader.texts(list)))
                .unwrap_or_default(),
        })
    }

    /// Keys and aliases are one namespace over all files.
    fn namespace(&mut self, snapshot: &Snapshot) {
        let mut owners: BTreeMap<&str, &str> =
            snapshot.connections.keys().map(|key| (key.as_str(), key.as_str())).collect();
        for (key, content) in &snapshot.connections {
            for alias in &content.aliases {
                if let Some(owner) = owners.insert(alias, key) {
                    self.path = format!("connections/{key}.yaml");
                    let message = format!("`{alias}` already names the connection `{owner}`");
                    self.wrong("key_taken", Place::default(), message);
                }
            }
        }
    }
}
