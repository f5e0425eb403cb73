//! `keyway integrations`: definitions in and out, their slots, and their versions.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use serde_json::json;

use super::DONE;
use super::context::Context;
use crate::app::integration::edit::Switch;
use crate::app::integration::show::VersionView;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::integration::DRAFT;

mod draw;
mod import;
mod test_run;

/// Items read at a time; lists show all.
const PAGE: i64 = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Read definition files (YAML) into drafts; connections they ask for are found or made.
    Import(ImportArgs),
    /// Tell what an import would do, and what is wrong with the files. Writes nothing.
    Check(ImportArgs),
    /// List the integrations.
    List {
        /// Part of the name or key.
        #[arg(long)]
        text: Option<String>,
    },
    /// Show an integration: its slots, and the steps that use connections.
    Show { key: String },
    /// Write an integration as a definition file, with secrets blank.
    Export {
        key: String,
        /// A published version; default: the draft, else the newest published version.
        #[arg(long)]
        number: Option<i64>,
        /// Default: standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Make the draft the newest published version; every slot must have its connection.
    Publish { key: String },
    /// List the draft and the published versions.
    Versions { key: String },
    /// Run the draft with the test runner's credentials; requests to third parties are really sent.
    RunTest {
        key: String,
        /// One flow only; default: all.
        #[arg(long, value_name = "NAME")]
        flow: Option<String>,
    },
    /// Let a slot, or one step alone, use another connection.
    Switch(SwitchArgs),
    /// Remove an integration with all its versions.
    Delete { key: String },
}

#[derive(Args)]
pub(super) struct ImportArgs {
    /// Files, or folders of `.yml` and `.yaml` files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The integration's key; default: made from the name in the file. With one file only.
    #[arg(long = "as", value_name = "KEY")]
    key: Option<String>,
}

#[derive(Args)]
pub(super) struct SwitchArgs {
    key: String,
    /// The connection variable: all steps that use it change.
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["step", "input"], required_unless_present = "step")]
    slot: Option<String>,
    /// One step, as `keyway integrations show` names it: `Flow / Step`.
    #[arg(long, value_name = "PATH", requires = "input")]
    step: Option<String>,
    /// The step's input that takes the connection.
    #[arg(long, value_name = "NAME", requires = "step")]
    input: Option<String>,
    /// Stable key of the connection to use from now on.
    #[arg(long, value_name = "CONNECTION")]
    to: String,
    /// Only tell what would change.
    #[arg(long)]
    preview: bool,
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::Import(args) => return import::execute(context, &actor, (args.files, args.key), true).await,
        Command::Check(args) => return import::execute(context, &actor, (args.files, args.key), false).await,
        Command::RunTest { key, flow } => return test_run::execute(context, actor, key, flow).await,
        Command::List { text } => list(context, &actor, text).await?,
        Command::Show { key } => {
            let view = context.app.get_integration(actor, key).await?;
            context.output.show(&view, draw::one)?;
        }
        Command::Export { key, number, output } => export(context, actor, key, number, output).await?,
        Command::Publish { key } => publish(context, actor, key).await?,
        Command::Versions { key } => {
            let versions = context.app.list_versions(actor, key).await?;
            context
                .output
                .show_list(&versions, "No versions.", |items: &[VersionView], face| draw::versions(items, face))?;
        }
        Command::Switch(args) => switch(context, actor, args).await?,
        Command::Delete { key } => {
            context.app.delete_integration(actor, key.clone(), None).await?;
            context.output.done(format_args!("removed the integration {key}"));
            context.output.show(&json!({ "deleted": { "key": key } }), |_, _| String::new())?;
        }
    }
    Ok(DONE)
}

async fn list(context: &mut Context<'_>, actor: &Actor, text: Option<String>) -> Result<()> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = context.app.list_integrations(actor.clone(), text.clone(), after, PAGE).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or_default();
        after = page.last().map(|integration| integration.key.clone());
        all.extend(page);
        if is_last {
            break;
        }
    }
    let when_empty = format!("No integrations. Read some: {} integrations import FILE...", context.keyway());
    context.output.show_list(&all, &when_empty, draw::list)
}

async fn export(
    context: &mut Context<'_>,
    actor: Actor,
    key: String,
    number: Option<i64>,
    output: Option<PathBuf>,
) -> Result<()> {
    let text = context.app.export_integration(actor, key.clone(), number).await?;
    let Some(path) = output else {
        return context.output.show(&json!({ "key": key, "number": number, "text": text }), |_, _| text.clone());
    };
    std::fs::write(&path, &text).map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        Error::invalid("unwritable_file", message).because(error)
    })?;
    context.output.done(format_args!("wrote {}; secrets are blank", path.display()));
    let file = path.display().to_string();
    context.output.show(&json!({ "key": key, "number": number, "file": file }), |_, _| String::new())
}

async fn publish(context: &mut Context<'_>, actor: Actor, key: String) -> Result<()> {
    let before = context.app.get_integration(actor.clone(), key.clone()).await?;
    let view = context.app.publish_integration(actor, key.clone(), None).await?;
    let number = view.summary.published_number;
    if before.summary.published_number == number {
        context.output.done(format_args!("{key}: version {number} says the same already"));
    } else {
        context.output.done(format_args!("published {key} as version {number}"));
    }
    context.output.show(&view, draw::one)
}

async fn switch(context: &mut Context<'_>, actor: Actor, args: SwitchArgs) -> Result<()> {
    let SwitchArgs { key, slot, step, input, to, preview } = args;
    let switch = match (slot, step, input) {
        (Some(variable), _, _) => Switch::Slot { variable, connection: to },
        (None, Some(path), Some(input)) => Switch::Step { path, input, connection: to },
        _ => {
            return Err(Error::invalid(
                "nothing_to_switch",
                "say what to switch: --slot VARIABLE, or --step PATH --input NAME",
            ));
        }
    };
    let report = context.app.switch_connection(actor, (key.clone(), None), switch, preview).await?;
    let count = report.changes.len();
    match (report.is_written, count) {
        (_, 0) => context.output.done("it is that connection already; nothing to change"),
        (true, 1) => context.output.done(format_args!("switched 1 use in the draft of {key}")),
        (true, _) => context.output.done(format_args!("switched {count} uses in the draft of {key}")),
        (false, _) => context.output.hint(format_args!("a preview of {count}; nothing was written")),
    }
    context.output.show(&report, draw::switched)
}

/// `draft`, or `version 3`.
fn numbered(number: i64) -> String {
    if number == DRAFT { "draft".to_owned() } else { format!("version {number}") }
}
