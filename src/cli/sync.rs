//! `keyway sync`, `keyway export` and `keyway apply`: promoting integrations between tenants, remotes and folders.
//!
//! Exit codes: plan and drift 0 nothing, 2 changes, 3 blocked; apply 0 done, 3 blocked or stale; 1 any error.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

use super::context::Context;
use super::output::Face;
use super::plan_view::Look;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::sync::OnMissing;
use crate::model::sync::Policy;
use place::Asked;
use place::End;

mod ask;
mod folder;
mod history;
mod place;
mod run;
mod work;

const CHANGES: u8 = 2;
const BLOCKED: u8 = 3;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show what a sync would change, and what keeps it from going through. Writes nothing.
    Plan {
        #[command(flatten)]
        ends: EndArgs,
        #[command(flatten)]
        policy: PolicyArgs,
        #[command(flatten)]
        view: ViewArgs,
    },
    /// Sync: all of the plan, or nothing.
    Apply {
        #[command(flatten)]
        ends: EndArgs,
        #[command(flatten)]
        policy: PolicyArgs,
        #[command(flatten)]
        view: ViewArgs,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Show how two tenants differ; values that are each tenant's own are listed apart.
    Drift {
        #[command(flatten)]
        ends: EndArgs,
        #[command(flatten)]
        view: ViewArgs,
    },
    /// Take the newest sync into the tenant back: what it touched is as it was before, or nothing changes.
    Rollback {
        /// Another sync than the newest; see `keyway sync history`.
        #[arg(long, value_name = "ID")]
        run: Option<SyncRunId>,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// List the syncs into the tenant, newest first; or show the plan of one.
    History {
        #[arg(value_name = "ID")]
        run: Option<SyncRunId>,
        #[command(flatten)]
        view: ViewArgs,
    },
}

#[derive(Args)]
pub(super) struct EndArgs {
    /// A tenant, the address of another deployment (https://...), or a folder (./folder).
    #[arg(long, value_name = "TENANT|URL|FOLDER")]
    from: String,
    /// A tenant, the address of another deployment (https://...), or a folder (./folder).
    #[arg(long, value_name = "TENANT|URL|FOLDER")]
    to: String,
    /// File with the API key for the address in --from; else the variable KEYWAY_FROM_KEY.
    #[arg(long, value_name = "FILE")]
    from_key_file: Option<PathBuf>,
    /// File with the API key for the address in --to; else the variable KEYWAY_TO_KEY.
    #[arg(long, value_name = "FILE")]
    to_key_file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct PolicyArgs {
    /// What happens when the target lacks a connection that an integration uses: refuse, or make one to be filled in.
    #[arg(long, value_enum, default_value_t = Missing::Fail, value_name = "fail|placeholder")]
    on_missing: Missing,
    /// Use the target's connection NEW where the source says OLD; may be repeated.
    #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Delete from the target what the source lacks.
    #[arg(long)]
    prune: bool,
    /// Let the shared values of the target's connections follow the source.
    #[arg(long)]
    update_connections: bool,
    /// Replace drafts that somebody edited in the target.
    #[arg(long)]
    overwrite_drafts: bool,
    /// Accept that secrets must be entered again where the place they are sent to changes.
    #[arg(long)]
    allow_quarantine: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Missing {
    Fail,
    Placeholder,
}

#[derive(Args)]
pub(super) struct ViewArgs {
    /// Show everything, nothing shortened.
    #[arg(long)]
    verbose: bool,
}

#[derive(Args)]
pub(super) struct ConsentArgs {
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// `keyway export`.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// Made when it is not there; other files in it are left alone.
    folder: PathBuf,
    #[command(flatten)]
    view: ViewArgs,
}

/// `keyway apply`.
#[derive(Args)]
pub(super) struct ApplyArgs {
    /// As `keyway export` wrote it.
    folder: PathBuf,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    view: ViewArgs,
    #[command(flatten)]
    consent: ConsentArgs,
}

impl From<PolicyArgs> for Policy {
    fn from(args: PolicyArgs) -> Self {
        Self {
            on_missing: match args.on_missing {
                Missing::Fail => OnMissing::Fail,
                Missing::Placeholder => OnMissing::Placeholder,
            },
            map: args.map.into_iter().collect(),
            prune: args.prune,
            update_connections: args.update_connections,
            overwrite_drafts: args.overwrite_drafts,
            allow_quarantine: args.allow_quarantine,
        }
    }
}

impl ViewArgs {
    fn look(&self, face: Face) -> Look {
        /// Where nobody says how wide a line may be.
        const WIDTH: u16 = 120;
        Look { is_colored: face.is_colored, width: face.width.unwrap_or(WIDTH).into(), is_verbose: self.verbose }
    }
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    match command {
        Command::Plan { ends, policy, view } => {
            check_maps(&policy.map)?;
            let (from, to) = ends.open(context).await?;
            run::plan(context, &from, &to, (&policy.into(), &view)).await
        }
        Command::Apply { ends, policy, view, consent } => {
            check_maps(&policy.map)?;
            ask::check(&consent, context.output)?;
            let (from, to) = ends.open(context).await?;
            run::apply(context, &from, &to, (&policy.into(), &view, &consent)).await
        }
        Command::Drift { ends, view } => {
            let (from, to) = ends.open(context).await?;
            run::drift(context, &from, &to, &view).await
        }
        Command::Rollback { run, consent } => history::rollback(context, run, &consent).await,
        Command::History { run, view } => history::execute(context, run, &view).await,
    }
}

/// A folder as a copy of the chosen tenant.
pub(super) async fn export(args: ExportArgs, context: &mut Context<'_>) -> Result<u8> {
    let from = End::of_tenant(context.actor().await?);
    let to = End::of_folder(args.folder);
    run::export(context, &from, &to, &args.view).await
}

/// The chosen tenant after a folder.
pub(super) async fn apply(args: ApplyArgs, context: &mut Context<'_>) -> Result<u8> {
    check_maps(&args.policy.map)?;
    ask::check(&args.consent, context.output)?;
    let to = End::of_tenant(context.actor().await?);
    let from = End::of_folder(args.folder);
    run::apply(context, &from, &to, (&args.policy.into(), &args.view, &args.consent)).await
}

impl EndArgs {
    async fn open(self, context: &mut Context<'_>) -> Result<(End, End)> {
        let keys = context.remote_keys.clone();
        let from = Asked { flag: "--from", text: self.from, key_file: self.from_key_file, key: keys.from };
        let to = Asked { flag: "--to", text: self.to, key_file: self.to_key_file, key: keys.to };
        Ok((from.open(context).await?, to.open(context).await?))
    }
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.to_owned(), new.to_owned())),
        _ => Err("write OLD=NEW: the source's stable key, and the target's".to_owned()),
    }
}

fn check_maps(maps: &[(String, String)]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for (old, new) in maps {
        if let Some(other) = seen.insert(old, new).filter(|other| *other != new) {
            let message = format!("--map sends `{old}` to both `{other}` and `{new}`; keep one of them");
            return Err(Error::invalid("map_twice", message));
        }
    }
    Ok(())
}
