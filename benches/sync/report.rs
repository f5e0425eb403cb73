//! One line for each ratio, its budget, and whether it is met.

use anyhow::Context as _;
use anyhow::Result;
use comfy_table::CellAlignment;
use comfy_table::ContentArrangement;
use comfy_table::Table;
use comfy_table::presets;
use keyway::store::Database;
use keyway::store::DatabaseUrl;
use keyway::store::Options;
use keyway::store::conn::Conn;
use serde::Serialize;

use crate::measure::Memory;
use crate::measure::Times;
use crate::phase::Found;
use crate::raw;

/// A plan may take this often the time of reading the same rows.
const PLAN_BUDGET: f64 = 2.0;
/// An apply of all new may take this often the time of inserting the same rows.
const APPLY_BUDGET: f64 = 3.0;
/// MiB of an opened application that does nothing.
const REST_BUDGET: f64 = 40.0;

#[derive(Debug, Serialize)]
pub struct Line {
    database: &'static str,
    size: usize,
    work: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Milliseconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyway: Option<Milliseconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_mib: Option<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Milliseconds {
    median: f64,
    fastest: f64,
    slowest: f64,
}

impl Milliseconds {
    fn of(times: &Times) -> Self {
        let (fastest, slowest) = times.spread();
        Self { median: times.median(), fastest, slowest }
    }

    fn show(&self) -> String {
        format!("{:.1} ({:.1}–{:.1})", self.median, self.fastest, self.slowest)
    }
}

impl Line {
    fn of_times(place: (&'static str, usize), work: &'static str, found: &Found, raw: &Times, budget: f64) -> Self {
        Self {
            database: place.0,
            size: place.1,
            work,
            rows: Some(found.rows),
            raw: Some(Milliseconds::of(raw)),
            keyway: Some(Milliseconds::of(&found.keyway)),
            ratio: Some(found.keyway.median() / raw.median()),
            memory_mib: None,
            budget: Some(budget),
        }
    }

    pub fn of_plan(database: &'static str, size: usize, found: &Found) -> Self {
        Self::of_times((database, size), "plan, nothing changed / raw read", found, &found.raw, PLAN_BUDGET)
    }

    /// Beside the rows of the synced objects alone.
    pub fn of_apply(database: &'static str, size: usize, found: &Found) -> Self {
        Self::of_times((database, size), "apply, all new / raw insert of objects", found, &found.raw, APPLY_BUDGET)
    }

    /// Beside every row that an apply writes: history and the run's record too.
    pub fn of_apply_with_records(database: &'static str, size: usize, found: &Found) -> Self {
        let work = "apply, all new / raw insert of all it writes";
        Self::of_times((database, size), work, found, &found.raw_with_records, APPLY_BUDGET)
    }

    pub fn of_memory(database: &'static str, size: usize, work: &'static str, memory: Memory) -> Self {
        let budget = work.ends_with("at rest").then_some(REST_BUDGET);
        let (rows, raw, keyway, ratio) = (None, None, None, None);
        Self { database, size, work, rows, raw, keyway, ratio, memory_mib: Some(memory), budget }
    }

    /// Whether the budget, if there is one, is met.
    pub fn is_within(&self) -> bool {
        let measured = self.ratio.or(self.memory_mib.map(|memory| memory.resident));
        self.budget.is_none_or(|budget| measured.is_some_and(|measured| measured <= budget))
    }

    fn cells(&self) -> [String; 8] {
        let show = |times: &Option<Milliseconds>| times.as_ref().map(Milliseconds::show).unwrap_or_default();
        let memory = self.memory_mib.map(|memory| format!("{:.0} MiB, peak {:.0}", memory.resident, memory.peak));
        let verdict = match (self.budget, self.is_within()) {
            (None, _) => "",
            (Some(_), true) => "met",
            (Some(_), false) => "MISSED",
        };
        let unit = if self.ratio.is_some() { "" } else { " MiB" };
        [
            self.database.to_owned(),
            self.size.to_string(),
            self.work.to_owned(),
            show(&self.raw),
            show(&self.keyway),
            self.ratio.map(|ratio| format!("{ratio:.2}")).or(memory).unwrap_or_default(),
            self.budget.map(|budget| format!("≤ {budget}{unit}")).unwrap_or_default(),
            verdict.to_owned(),
        ]
    }
}

pub fn table(lines: &[Line]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty().set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["database", "size", "work", "raw ms (spread)", "keyway ms (spread)", "ratio", "budget", ""]);
    table.add_rows(lines.iter().map(Line::cells));
    for column in [1, 3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// A database of its own for one size, on the server that the URL names; answers with its URL.
pub fn make_database(server: &str, size: usize) -> Result<String> {
    let (base, _) = server.rsplit_once('/').context("the URL has no database")?;
    let name = format!("keyway_bench_{size}");
    let database = Database::Postgres(DatabaseUrl(server.to_owned()));
    let options = Options { database, pool_size: 1, statement_timeout: std::time::Duration::from_secs(60) };
    let mut conn = Conn::open(&options).context("the PostgreSQL server cannot be reached")?;
    raw::execute(&mut conn, &format!("DROP DATABASE IF EXISTS {name}"))?;
    raw::execute(&mut conn, &format!("CREATE DATABASE {name}"))?;
    Ok(format!("{base}/{name}"))
}
