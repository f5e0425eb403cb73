//! The command line: one document on standard output with `--json`; everything for people goes to standard error.
//!
//! Exit codes: 0 done, 1 any error, wrong usage included.

mod api_key;
mod args;
mod attention;
mod component;
mod config;
mod connection;
mod context;
mod credential;
mod customer;
mod integration;
mod link;
mod live_test;
mod migrate;
mod output;
mod plan_view;
mod problems;
mod progress;
mod redirect_url;
mod serve;
mod sync;
mod table;
mod tenant;
mod user;
mod value;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

use crate::config::Sources;
use crate::error::Error;
use crate::error::Result;
use component::Alone;
use context::Context;
use context::Start;
use output::Face;

pub use output::Output;

const DONE: u8 = 0;
const FAILED: u8 = 1;

/// Where the help of each command puts the options that all have.
const EVERYWHERE: &str = "Options of every command";

/// The connection manager of an integration platform.
#[derive(Parser)]
#[command(name = "keyway", version, arg_required_else_help = true, disable_help_subcommand = true, after_help = TOUR)]
struct Cli {
    /// The tenant to act in; default: `KEYWAY_TENANT`, else the only one there is.
    #[arg(long, global = true, value_name = "KEY", help_heading = EVERYWHERE)]
    tenant: Option<String>,
    /// Settings file; default: `KEYWAY_CONFIG`, else `keyway.toml` in the data directory.
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// Print one JSON document on standard output.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const TOUR: &str = "\
First steps:
  keyway tenants create dev
  keyway --tenant dev integrations import FILE...
  keyway --tenant dev connections list
  keyway tenants create prod
  keyway sync plan --from dev --to prod --on-missing placeholder

Everything is kept in the data directory (KEYWAY_DATA_DIR, default ./keyway-data), or in KEYWAY_DATABASE_URL.
Exit codes: 0 done, 1 any error; sync plan and drift: 2 changes, 3 blocked; sync apply: 3 blocked or stale; attention: 2 somebody is needed.";

#[derive(Subcommand)]
enum Command {
    /// Tenants: isolated environments, such as dev and prod.
    #[command(subcommand)]
    Tenants(tenant::Command),
    /// Components: what is known of third parties.
    #[command(subcommand)]
    Components(component::Command),
    /// Connections: how a tenant connects to third parties.
    #[command(subcommand)]
    Connections(connection::Command),
    /// Credentials: whose values a connection uses.
    #[command(subcommand)]
    Credentials(credential::Command),
    /// Integrations: definitions, their slots and versions.
    #[command(subcommand)]
    Integrations(integration::Command),
    /// Sync: bring integrations from one tenant to another by stable key.
    #[command(subcommand)]
    Sync(sync::Command),
    /// Write what a sync reads of the tenant to a folder of files, without secrets.
    Export(sync::ExportArgs),
    /// Sync a folder of files into the tenant.
    Apply(sync::ApplyArgs),
    /// Customers: whom credentials belong to.
    #[command(subcommand)]
    Customers(customer::Command),
    /// Redirect URLs: where browsers may be sent when an authorization ends.
    #[command(subcommand)]
    RedirectUrls(redirect_url::Command),
    /// Users: people, and their roles in a tenant.
    #[command(subcommand)]
    Users(user::Command),
    /// API keys: what machines act with, in one tenant.
    #[command(subcommand)]
    ApiKeys(api_key::Command),
    /// What needs a person: credentials to authorize again or to enter again, connections to fill in, slots without one.
    Attention,
    /// Answer over HTTP until told to stop. Makes the first owner when there is nobody yet.
    Serve(serve::ServeArgs),
    /// Settings: what is in effect, and where it came from.
    #[command(subcommand)]
    Config(config::Command),
    /// Bring the database to the newest migration. Every other command does so too.
    Migrate,
}

/// Runs the command that `args` (with the program's name first) says, in the environment of this process.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut output = Output::standard();
    ExitCode::from(run_with(args, Sources::of_process, &mut output))
}

/// The same with an environment and an output of the caller's.
pub fn run_with(
    args: impl IntoIterator<Item = OsString>,
    sources: impl FnOnce(Option<PathBuf>) -> Result<Sources>,
    output: &mut Output,
) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            output.note(rendered(&error, output.note_face()));
            return FAILED;
        }
        // `--help` and `--version` are answers.
        Err(error) => {
            output.answer(rendered(&error, output.answer_face()));
            return DONE;
        }
    };
    output.begin(cli.json);
    match execute(cli, sources, output) {
        Ok(code) => code,
        Err(error) => {
            output.fail(&error);
            FAILED
        }
    }
}

fn rendered(error: &clap::Error, face: Face) -> String {
    let text = error.render();
    if face.is_colored { text.ansi().to_string() } else { text.to_string() }
}

fn execute(cli: Cli, sources: impl FnOnce(Option<PathBuf>) -> Result<Sources>, output: &mut Output) -> Result<u8> {
    let sources = sources(cli.config)?;
    if sources.is_without_colors() {
        output.drop_colors();
    }
    let command = match cli.command {
        Command::Config(command) => return config::execute(&command, sources, output),
        Command::Components(command) => match command.execute_alone(output)? {
            Alone::Done(code) => return Ok(code),
            Alone::NeedsDatabase(command) => Command::Components(command),
        },
        command => command,
    };
    Start::new(sources, cli.tenant)?.run(output, async |context| with_database(command, context).await)
}

async fn with_database(command: Command, context: &mut Context<'_>) -> Result<u8> {
    match command {
        Command::Tenants(command) => tenant::execute(command, context).await,
        Command::Components(command) => component::execute(command, context).await,
        Command::Connections(command) => connection::execute(command, context).await,
        Command::Credentials(command) => credential::execute(command, context).await,
        Command::Customers(command) => customer::execute(command, context).await,
        Command::RedirectUrls(command) => redirect_url::execute(command, context).await,
        Command::Users(command) => user::execute(command, context).await,
        Command::ApiKeys(command) => api_key::execute(command, context).await,
        Command::Attention => attention::execute(context).await,
        Command::Serve(args) => serve::execute(args, context).await,
        Command::Integrations(command) => integration::execute(command, context).await,
        Command::Sync(command) => sync::execute(command, context).await,
        Command::Export(args) => sync::export(args, context).await,
        Command::Apply(args) => sync::apply(args, context).await,
        Command::Migrate => migrate::execute(context).await,
        Command::Config(_) => Err(Error::bug("this command needs no database")),
    }
}
