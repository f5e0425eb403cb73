//! `keyway components`: what this deployment knows of third parties.

use std::path::PathBuf;

use clap::Subcommand;

use super::DONE;
use super::context::Context;
use super::output::Face;
use super::output::Output;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::or_dash;
use super::table::table;
use super::table::toned;
use crate::app::catalog::Catalog;
use crate::app::view::ComponentSummary;
use crate::app::view::ComponentView;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::problem::nearest;

mod check;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the components: those built in, and those of `components.directory`.
    List {
        /// Only those that the tenant has connections of.
        #[arg(long)]
        used: bool,
    },
    /// Show a component: its connection types and their inputs.
    Show { key: String },
    /// Check manifests without using them: files, or folders of them. Exits 1 when one has an error.
    Check {
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Print the JSON Schema of manifests; editors complete and check with it.
    Schema,
    /// Move the tenant to the newest version of a component.
    Upgrade { key: String },
}

/// What became of a command that was run without a database.
pub(super) enum Alone {
    Done(u8),
    NeedsDatabase(Command),
}

impl Command {
    /// Runs what needs no database, and hands back the rest.
    pub fn execute_alone(self, output: &mut Output) -> Result<Alone> {
        match self {
            Self::Check { paths } => check::execute(&paths, output).map(Alone::Done),
            Self::Schema => output.json(&crate::model::component::schema()).map(|()| Alone::Done(DONE)),
            other => Ok(Alone::NeedsDatabase(other)),
        }
    }
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    match command {
        Command::List { used } => list(context, used).await?,
        Command::Show { key } => {
            let component = match context.actor_if_chosen().await? {
                Some(actor) => match context.app.get_component(actor, key.clone()).await {
                    Err(error) if error.code == "not_found" => return Err(unknown(context.app.catalog(), &key)),
                    found => ComponentView::from(&found?),
                },
                None => {
                    let entry = context.app.catalog().get(&key);
                    ComponentView::from(&*entry.ok_or_else(|| unknown(context.app.catalog(), &key))?)
                }
            };
            context.output.show(&component, one)?;
            if let Some(kind) = component.connections.first().filter(|_| !context.output.is_json()) {
                let (key, kind) = (&component.component.key, &kind.key);
                context.output.hint(format_args!("next: keyway connections create {key} {kind} --scope customer"));
            }
        }
        Command::Upgrade { key } => {
            let actor = context.actor().await?;
            upgrade(context, actor, key).await?;
        }
        Command::Check { .. } | Command::Schema => return Err(Error::bug("this command needs no database")),
    }
    warn_of_broken_files(context);
    Ok(DONE)
}

async fn upgrade(context: &mut Context<'_>, actor: Actor, key: String) -> Result<()> {
    let before = match context.app.get_component(actor.clone(), key.clone()).await {
        Err(error) if error.code == "not_found" => return Err(unknown(context.app.catalog(), &key)),
        found => found?,
    };
    let component = ComponentView::from(&context.app.upgrade_component(actor, key.clone()).await?);
    let version = component.component.used.as_ref().map_or(0, |used| used.version);
    match &before.pin {
        Some(pin) if before.can_upgrade() => {
            context.output.done(format_args!("moved {key} from version {} to {version}", pin.version));
        }
        Some(_) => context.output.done(format_args!("{key} is at its newest version {version} already")),
        None => context.output.done(format_args!("uses {key} version {version} from now on")),
    }
    context.output.show(&component, one)
}

async fn list(context: &mut Context<'_>, used: bool) -> Result<()> {
    let chosen = if used { Some(context.actor().await?) } else { context.actor_if_chosen().await? };
    let mut components: Vec<ComponentSummary> = match chosen {
        Some(actor) => context.app.list_components(actor).await?.iter().map(ComponentSummary::from).collect(),
        None => context.app.catalog().list().iter().map(|entry| ComponentSummary::from(&**entry)).collect(),
    };
    components.retain(|component| !used || component.used.is_some());
    let when_empty = "This tenant has no connections yet. See all components: keyway components list";
    context.output.show_list(&components, when_empty, |components, face| {
        let rows = components.iter().map(|component| {
            let kinds: Vec<&str> = component.connection_types.iter().map(|kind| kind.key.as_str()).collect();
            [
                toned(&component.key, Tone::Strong),
                Cell::from(&component.label),
                or_dash(component.category.as_deref()),
                if kinds.is_empty() { or_dash(None::<String>) } else { kinds.join(", ").into() },
                version(component),
            ]
        });
        table(face, ["KEY", "LABEL", "CATEGORY", "CONNECTION TYPES", "VERSION"], rows)
    })?;
    if components.iter().any(|component| component.can_upgrade) {
        context.output.hint("a newer version is known: keyway components upgrade KEY");
    }
    Ok(())
}

/// The version that counts for the tenant, and the newer one beside it.
fn version(component: &ComponentSummary) -> Cell {
    match (&component.used, &component.newest) {
        (Some(used), Some(newest)) if component.can_upgrade => {
            toned(format!("{} → {}", used.version, newest.version), Tone::Warning)
        }
        (Some(used), None) => toned(format!("{} (manifest gone)", used.version), Tone::Warning),
        (Some(used), Some(_)) => format!("{} in use", used.version).into(),
        (None, newest) => or_dash(newest.as_ref().map(|newest| newest.version.to_string())),
    }
}

fn unknown(catalog: &Catalog, key: &str) -> Error {
    let entries = catalog.list();
    let not_found = Error::not_found("component", key);
    let help = match nearest(key, entries.iter().map(|entry| entry.component.key.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "see `keyway components list`".to_owned(),
    };
    Error { public: format!("{}; {help}", not_found.public), ..not_found }
}

fn one(view: &ComponentView, face: Face) -> String {
    let component = &view.component;
    let mut text = fields(
        face,
        [
            ("key", toned(&component.key, Tone::Strong)),
            ("label", Cell::from(&component.label)),
            ("category", or_dash(component.category.as_deref())),
            ("version", version(component)),
            ("documentation", or_dash(component.documentation_url.as_deref())),
        ],
    );
    for kind in &view.connections {
        text.push('\n');
        text.push_str(&connection_type(kind, face));
    }
    if view.connections.is_empty() {
        text.push_str("\nIt has no connection types.\n");
    }
    text
}

fn connection_type(kind: &ConnectionType, face: Face) -> String {
    let auth = serde_json::to_value(&kind.auth).unwrap_or_default();
    let auth = auth.get("kind").and_then(serde_json::Value::as_str).unwrap_or("none").to_owned();
    let title = face.paint(Tone::Strong, &kind.key);
    let mut text = format!("{title}  {} · {auth}\n", kind.label);
    if kind.inputs.is_empty() {
        text.push_str("  no inputs\n");
        return text;
    }
    let rows = kind.inputs.iter().map(|input| {
        [
            Cell::from(format!("  {}", input.key)),
            Cell::from(&input.label),
            word(input.kind).into(),
            if input.required { "required".into() } else { toned("optional", Tone::Dim) },
            input.managed_by.map_or_else(|| toned("-", Tone::Dim), |who| word(who).into()),
            default(input),
        ]
    });
    text.push_str(&table(face, ["  INPUT", "LABEL", "TYPE", "NEEDED", "MANAGED BY", "DEFAULT"], rows));
    text
}

/// The word that a manifest has for it.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn default(input: &Input) -> Cell {
    match (&input.template, &input.default) {
        (Some(template), _) => template.as_str().into(),
        (None, Some(serde_json::Value::String(text))) => text.as_str().into(),
        (None, Some(value)) => value.to_string().into(),
        (None, None) => or_dash(None::<String>),
    }
}

/// Files of the folder that could not be used; what they said before stays in force.
fn warn_of_broken_files(context: &mut Context<'_>) {
    for (path, problems) in context.app.catalog().problems() {
        let count = problems.len();
        let word = if count == 1 { "problem" } else { "problems" };
        let path = path.display();
        context
            .output
            .warn(format_args!("{path} has {count} {word} and is not used as it is: keyway components check {path}"));
    }
}
