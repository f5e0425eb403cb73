//! Tenant sync beside the raw database, in one run on one machine: what matters is the ratio, not the milliseconds.
//!
//! `scripts/bench` runs this on both databases. Each piece of work is a process of its own (`--phase`), raw and real
//! work take turns, and medians are compared.

mod fixture;
mod measure;
mod phase;
mod raw;
mod report;

use std::io::Write as _;
use std::process::Command;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::ensure;
use clap::Parser;

use phase::Found;
use phase::Phase;
use report::Line;

/// Measures tenant sync beside the raw database.
#[derive(Parser)]
struct Arguments {
    /// Connections, and as many integrations.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    size: Vec<usize>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// How often each piece of work is timed.
    #[arg(long, default_value_t = 7)]
    repeat: usize,
    /// An empty folder: measures SQLite in it.
    #[arg(long)]
    sqlite: Option<String>,
    /// URL of a PostgreSQL server, up to the database's name: measures in databases that it makes there.
    #[arg(long)]
    postgres: Option<String>,
    #[arg(long, hide = true)]
    phase: Option<Phase>,
    #[arg(long, hide = true, default_value = "")]
    database: String,
    /// Cargo says it to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    if let Some(phase) = arguments.phase {
        let size = *arguments.size.first().context("no size")?;
        let found = phase::run(phase, &arguments.database, size, arguments.repeat)?;
        return Ok(writeln!(out, "{}", serde_json::to_string(&found)?)?);
    }
    let mut lines = Vec::new();
    for &size in &arguments.size {
        if let Some(folder) = &arguments.sqlite {
            lines.extend(measure_one("SQLite", &format!("{folder}/{size}.db"), size, arguments.repeat)?);
        }
        if let Some(server) = &arguments.postgres {
            let url = report::make_database(server, size)?;
            lines.extend(measure_one("PostgreSQL", &url, size, arguments.repeat)?);
        }
    }
    ensure!(!lines.is_empty(), "say where to measure: --sqlite FOLDER, --postgres URL, or both");
    let text = if arguments.json { serde_json::to_string_pretty(&lines)? } else { report::table(&lines) };
    writeln!(out, "{text}")?;
    ensure!(lines.iter().all(Line::is_within), "a budget is not met");
    Ok(())
}

fn measure_one(name: &'static str, database: &str, size: usize, repeat: usize) -> Result<Vec<Line>> {
    let child = |phase: Phase| run_child(phase, database, size, repeat);
    child(Phase::Seed)?;
    let rest = child(Phase::Rest)?;
    let apply_once = child(Phase::ApplyOnce)?;
    // The timed applies begin with an empty target again.
    child(Phase::Empty)?;
    let apply = child(Phase::Apply)?;
    let plan = child(Phase::Plan)?;
    let (read_once, plan_once) = (child(Phase::ReadOnce)?, child(Phase::PlanOnce)?);
    Ok(vec![
        Line::of_plan(name, size, &plan),
        Line::of_apply(name, size, &apply),
        Line::of_apply_with_records(name, size, &apply),
        Line::of_memory(name, size, "memory: opened, at rest", rest.memory),
        Line::of_memory(name, size, "memory: one raw read", read_once.memory),
        Line::of_memory(name, size, "memory: one plan", plan_once.memory),
        Line::of_memory(name, size, "memory: one apply", apply_once.memory),
    ])
}

fn run_child(phase: Phase, database: &str, size: usize, repeat: usize) -> Result<Found> {
    let word = clap::ValueEnum::to_possible_value(&phase).context("no such phase")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["--phase", word.get_name(), "--database", database])
        .args(["--size", &size.to_string(), "--repeat", &repeat.to_string()])
        .output()?;
    let (answer, notes) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{} of {size}: {notes}", word.get_name());
    Ok(serde_json::from_str(&answer)?)
}
