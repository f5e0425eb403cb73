//! The command line: one document on standard output with `--json`; everything for people goes to standard error.
//!
//! Exit codes: 0 done, 1 any error, wrong usage included.

mod config;
mod output;
mod plan_view;
mod problems;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

use crate::config::Sources;
use crate::error::Result;

pub use output::Output;

const DONE: u8 = 0;
const FAILED: u8 = 1;

/// The connection manager of an integration platform.
#[derive(Parser)]
#[command(name = "keyway", version, arg_required_else_help = true, disable_help_subcommand = true)]
struct Cli {
    /// Settings file; default: `KEYWAY_CONFIG`, else `keyway.toml` in the data directory.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON document on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Settings: what is in effect, and where it came from.
    #[command(subcommand)]
    Config(config::Command),
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
            output.note(error.render());
            return FAILED;
        }
        // `--help` and `--version` are answers.
        Err(error) => {
            output.answer(error.render());
            return DONE;
        }
    };
    match execute(cli, sources, output) {
        Ok(code) => code,
        Err(error) => {
            output.note(format_args!("error: {error}\n"));
            FAILED
        }
    }
}

fn execute(cli: Cli, sources: impl FnOnce(Option<PathBuf>) -> Result<Sources>, output: &mut Output) -> Result<u8> {
    let sources = sources(cli.config)?;
    match cli.command {
        Command::Config(command) => config::execute(&command, sources, cli.json, output),
    }
}
