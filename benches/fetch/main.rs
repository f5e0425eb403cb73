//! The credential fetch beside a bare handler that answers the same bytes, in one run on one machine: what matters is
//! the ratio, not the requests per second.
//!
//! `scripts/bench` runs this on both databases. Servers, the load and the writer are processes of their own (`--role`);
//! both servers are loaded in turns, and the median of the ratios counts.

mod fixture;
mod load;
mod measure;
mod report;
mod server;

use std::io::Write as _;

use anyhow::Result;
use anyhow::ensure;
use clap::Parser;

use measure::Line;

/// Measures the credential fetch beside a bare handler.
#[derive(Parser)]
struct Arguments {
    /// Credentials.
    #[arg(long, value_delimiter = ',', default_value = "100,100000")]
    size: Vec<usize>,
    /// Connections of the load.
    #[arg(long, value_delimiter = ',', default_value = "16,64")]
    connections: Vec<usize>,
    /// Pairs of bursts for each line.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// Length of a burst in milliseconds.
    #[arg(long, default_value_t = 2000)]
    burst: u64,
    /// Credentials that a second process changes in each second.
    #[arg(long, default_value_t = 50)]
    changes: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Measure, but do not fail when a budget is missed.
    #[arg(long)]
    lenient: bool,
    /// An empty folder: measures SQLite in it.
    #[arg(long)]
    sqlite: Option<String>,
    /// URL of a PostgreSQL server, up to the database's name: measures in databases that it makes there.
    #[arg(long)]
    postgres: Option<String>,
    #[arg(long, hide = true)]
    role: Option<Role>,
    #[arg(long, hide = true, default_value = "")]
    database: String,
    #[arg(long, hide = true, default_value = "")]
    target: String,
    /// Cargo says it to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// Fills a database; prints the API key.
    Seed,
    /// Serves Keyway until its input ends.
    Keyway,
    /// Serves the bytes of its input.
    Bare,
    /// Asks for every credential once, or at random for a while, with the requests of its input.
    Load,
    /// Changes credentials until its input ends.
    Writer,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let Arguments { database, target, changes, .. } = &arguments;
    let size = arguments.size.first().copied().unwrap_or_default();
    match arguments.role {
        Some(Role::Seed) => return fixture::seed(database, size),
        Some(Role::Keyway) => return server::keyway(database),
        Some(Role::Bare) => return server::bare(),
        Some(Role::Load) => {
            let connections = arguments.connections.first().copied().unwrap_or(1);
            return load::run(target, connections, arguments.burst);
        }
        Some(Role::Writer) => return fixture::change(database, *changes),
        None => {}
    }
    let mut lines: Vec<Line> = Vec::new();
    for &size in &arguments.size {
        if let Some(folder) = &arguments.sqlite {
            let path = format!("{folder}/fetch-{size}.db");
            lines.extend(measure::one("SQLite", &path, size, &arguments)?);
        }
        if let Some(server) = &arguments.postgres {
            let url = report::make_database(server, size)?;
            lines.extend(measure::one("PostgreSQL", &url, size, &arguments)?);
        }
    }
    ensure!(!lines.is_empty(), "say where to measure: --sqlite FOLDER, --postgres URL, or both");
    report::compare_sizes(&mut lines);
    let text = if arguments.json { serde_json::to_string_pretty(&lines)? } else { report::table(&lines) };
    writeln!(std::io::stdout().lock(), "{text}")?;
    ensure!(arguments.lenient || lines.iter().all(Line::is_within), "a budget is not met");
    Ok(())
}
