//! Flows and their steps: loops and branches hold further steps.

use std::collections::HashMap;

use crate::model::definition::ConnectionVariable;
use crate::model::definition::DataSource;
use crate::model::definition::Step;
use crate::model::definition::Use;
use crate::model::definition::VariableKind;
use crate::model::definition::context::Context;
use crate::model::definition::variables::Found;
use crate::model::names::fold;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::model::yaml::Node;

/// No real file comes near; paths are long, and many of them would fill the memory.
const MAX_STEPS: usize = 20_000;
const MAX_PATH_BYTES: usize = 4_000;

/// Components that take any connection, because somebody's own code uses it.
const TAKES_ANY: &[&str] = &["code"];

/// All steps of all flows, each before the steps inside it.
pub(super) fn read(context: &mut Context<'_>, root: &Node) -> Vec<Step> {
    let mut walk = Walk { context, steps: Vec::new(), taken: HashMap::new(), flow: String::new() };
    let flows = walk.context.list(root.get("flows"), "`flows`");
    for (at, node) in flows.iter().enumerate() {
        let Some(node) = walk.context.map(Some(node), "a flow") else { continue };
        let name = walk.context.name(node.get("name"), "the `name` of a flow");
        walk.flow = name.map_or_else(|| format!("Flow {}", at + 1), str::to_owned);
        let path = walk.flow.clone();
        walk.list(node.get("steps"), &path, &format!("/flows/{at}/steps"));
    }
    walk.steps
}

struct Walk<'w, 'a> {
    context: &'w mut Context<'a>,
    steps: Vec<Step>,
    /// How often a path was given.
    taken: HashMap<String, usize>,
    flow: String,
}

impl Walk<'_, '_> {
    fn list(&mut self, steps: Option<&Node>, above: &str, pointer: &str) {
        for (at, node) in self.context.list(steps, &format!("`steps` of `{above}`")).iter().enumerate() {
            if self.steps.len() >= MAX_STEPS {
                let message = format!("the file has more than {MAX_STEPS} steps");
                self.context.report(Problem::error("too_many_steps", node.place, message));
                return;
            }
            self.step(node, (at, above), &format!("{pointer}/{at}"));
        }
    }

    fn step(&mut self, node: &Node, (at, above): (usize, &str), pointer: &str) {
        let Some(node) = self.context.map(Some(node), &format!("a step of `{above}`")) else { return };
        let name = self.context.name(node.get("name"), "the `name` of a step");
        let name = name.map_or_else(|| format!("Step {}", at + 1), str::to_owned);
        let Some(path) = self.path(above, &name, node.place) else { return };
        let what = format!("step `{path}`");
        let connections = self.context.uses(&what, node.get("inputs"), &format!("{pointer}/inputs"));
        let action = self.context.map(node.get("action"), &format!("`action` of {what}"));
        let component = action.and_then(|action| action.get("component")).and_then(|component| component.get("key"));
        self.steps.push(Step {
            path: path.clone(),
            flow: self.flow.clone(),
            name,
            component: component.and_then(Node::as_str).map(str::to_owned),
            action: action.and_then(|action| action.get("key")).and_then(Node::as_str).map(str::to_owned),
            is_trigger: node.get("isTrigger").and_then(Node::as_bool) == Some(true),
            connections,
            pointer: pointer.to_owned(),
        });
        self.list(node.get("steps"), &path, &format!("{pointer}/steps"));
        for (at, branch) in self.context.list(node.get("branches"), &format!("`branches` of {what}")).iter().enumerate()
        {
            let Some(branch) = self.context.map(Some(branch), &format!("a branch of {what}")) else { continue };
            let name = self.context.name(branch.get("name"), "the `name` of a branch");
            let name = name.map_or_else(|| format!("Branch {}", at + 1), str::to_owned);
            let Some(path) = self.path(&path, &name, branch.place) else { continue };
            self.list(branch.get("steps"), &path, &format!("{pointer}/branches/{at}/steps"));
        }
    }

    /// A path that no other step has: the second `Get File` is `Get File #2`.
    fn path(&mut self, above: &str, name: &str, place: Place) -> Option<String> {
        let path = format!("{above} / {name}");
        if path.len() > MAX_PATH_BYTES {
            let problem = Problem::error("too_deep", place, "steps are nested so deep that their path cannot be named");
            self.context.report(problem.help("use shorter names, or move inner steps to a flow of their own"));
            return None;
        }
        let mut count = self.taken.get(&path).copied().unwrap_or(0) + 1;
        let mut unique = path.clone();
        if count > 1 {
            unique = format!("{path} #{count}");
            while self.taken.contains_key(&unique) {
                count += 1;
                unique = format!("{path} #{count}");
            }
            self.taken.insert(unique.clone(), 1);
        }
        self.taken.insert(path, count);
        Some(unique)
    }
}

/// A variable whose choices a component fetches; `None` when it has no data source.
pub(super) fn data_source(context: &mut Context<'_>, found: &Found<'_>) -> Option<DataSource> {
    let owner = format!("variable `{}`", found.key);
    let connections = context.uses(&owner, found.node.get("inputs"), &format!("{}/inputs", found.pointer));
    let source = context.map(found.node.get("dataSource"), &format!("`dataSource` of {owner}"))?;
    let component = source.get("component").and_then(|component| component.get("key"));
    Some(DataSource {
        variable: found.key.to_owned(),
        place: found.key_place,
        component: component.and_then(Node::as_str).map(str::to_owned),
        data_source: source.get("key").and_then(Node::as_str).map(str::to_owned),
        connections,
        pointer: found.pointer.clone(),
    })
}

/// Warns of steps and data sources that use a connection of another component, which their own does not accept.
pub(super) fn check_components(
    context: &mut Context<'_>,
    variables: &[ConnectionVariable],
    users: &[(String, Option<&str>, &[Use])],
) {
    let inline: HashMap<&str, (&str, &str)> = variables
        .iter()
        .filter_map(|variable| match &variable.kind {
            VariableKind::Inline(inline) => {
                Some((variable.key.as_str(), (inline.component.as_str(), inline.connection_type.as_str())))
            }
            VariableKind::Scoped { .. } => None,
        })
        .collect();
    for (path, component, uses) in users {
        let Some(component) = component.filter(|component| !TAKES_ANY.contains(component)) else { continue };
        for used in *uses {
            let Some((other, connection_type)) = inline.get(used.variable.as_str()) else { continue };
            if component == *other || accepts(context, component, other, connection_type) {
                continue;
            }
            let message = format!(
                "`{path}` is of component `{component}`, but input `{}` names `{}`, a connection of `{other}`",
                used.input, used.variable
            );
            context.report(Problem::warning("other_component", used.place, message).help(format!(
                "choose a connection of `{component}`, or list `{other}` under `accepts` in the manifest of `{component}`"
            )));
        }
    }
}

fn accepts(context: &mut Context<'_>, component: &str, other: &str, connection_type: &str) -> bool {
    let Some(manifest) = context.component(component) else { return false };
    manifest.accepts.iter().any(|accepted| {
        accepted.component == other
            && accepted.connection.as_ref().is_none_or(|only| fold(only) == fold(connection_type))
    })
}
