//! The pieces of work. Each runs in a process of its own, so that none is measured with another's memory.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::ensure;
use keyway::app::App;
use keyway::app::catalog::Catalog;
use keyway::app::sync::Source;
use keyway::app::tenant::NewTenant;
use keyway::clock::Clock;
use keyway::crypto::Kek;
use keyway::model::actor::Actor;
use keyway::model::sync::OnMissing;
use keyway::model::sync::Plan;
use keyway::model::sync::Policy;
use keyway::model::sync::RunResult;
use keyway::model::sync::plan::Outcome;
use keyway::store::Database;
use keyway::store::DatabaseUrl;
use keyway::store::Options;
use keyway::store::Store;
use keyway::store::conn::Conn;
use serde::Deserialize;
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::fixture;
use crate::measure::Memory;
use crate::measure::Times;
use crate::raw;

const SOURCE: &str = "dev";
const TARGET: &str = "prod";

/// Which piece of work a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Phase {
    /// Makes the source tenant and an empty target.
    Seed,
    /// Raw inserts and applies into the empty target, in turns; leaves it full.
    Apply,
    /// Raw reads and plans of equal tenants, in turns.
    Plan,
    /// Memory of an opened application that did nothing yet.
    Rest,
    /// Memory of one raw read.
    ReadOnce,
    /// Memory of one plan.
    PlanOnce,
    /// Memory of one apply into an empty target.
    ApplyOnce,
    /// Makes the target empty again.
    Empty,
}

/// What a process found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Found {
    pub rows: usize,
    pub raw: Times,
    /// As `raw`, with the rows that only record what was done.
    pub raw_with_records: Times,
    pub keyway: Times,
    pub memory: Memory,
}

struct Bench {
    app: App,
    raw: Conn,
    runtime: Runtime,
}

pub fn run(phase: Phase, database: &str, size: usize, repeat: usize) -> Result<Found> {
    let mut bench = Bench::open(database)?;
    let mut found = match phase {
        Phase::Seed => bench.seed(size)?,
        Phase::Apply => bench.apply(size, repeat)?,
        Phase::Plan => bench.plan(size, repeat)?,
        Phase::Rest => Found::default(),
        Phase::ReadOnce => {
            let (source, target) = (bench.actor(SOURCE)?.tenant.id, bench.actor(TARGET)?.tenant.id);
            let (a, b) = raw::read(&mut bench.raw, source, target)?;
            Found { rows: a.rows() + b.rows(), ..Found::default() }
        }
        Phase::PlanOnce => bench.plan_once().map(|_| Found::default())?,
        Phase::ApplyOnce => {
            bench.apply_once(Policy { on_missing: OnMissing::Placeholder, ..Policy::default() })?;
            Found::default()
        }
        Phase::Empty => {
            let target = bench.actor(TARGET)?.tenant.id;
            raw::empty(&mut bench.raw, target)?;
            Found::default()
        }
    };
    found.memory = Memory::now()?;
    Ok(found)
}

impl Bench {
    /// `database`: `postgres://…`, or the path of an SQLite file.
    fn open(database: &str) -> Result<Self> {
        let database = if database.starts_with("postgres") {
            Database::Postgres(DatabaseUrl(database.to_owned()))
        } else {
            Database::Sqlite(PathBuf::from(database))
        };
        let options = Options { database, pool_size: 2, statement_timeout: Duration::from_secs(600) };
        let store = Store::open(&options)?;
        let kek = Kek::new(&zeroize::Zeroizing::new([7; 32]))?;
        let app = App::new(store, kek, Catalog::new(None), Clock::System);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { app, raw: Conn::open(&options)?, runtime })
    }

    fn actor(&self, key: &str) -> Result<Actor> {
        let tenants = self.runtime.block_on(self.app.list_tenants())?;
        let tenant = tenants.into_iter().find(|tenant| tenant.key == key).context("the tenant is not there")?;
        Ok(Actor::operator(tenant, "bench"))
    }

    fn seed(&mut self, size: usize) -> Result<Found> {
        for key in [SOURCE, TARGET] {
            let new = NewTenant { key: key.to_owned(), name: None, is_production: false };
            self.runtime.block_on(self.app.create_tenant(None, "bench", new))?;
        }
        let given = Source::Given { name: "bench".to_owned(), snapshot: fixture::snapshot(size)?.into() };
        let policy = Policy { on_missing: OnMissing::Placeholder, ..Policy::default() };
        let source = self.actor(SOURCE)?;
        let applied = self.runtime.block_on(self.app.apply_sync(source, given, policy, None))?;
        ensure!(applied.status == RunResult::Done, "seeding: {:?}", applied.plan.blockers);
        self.fill(SOURCE)?;
        Ok(Found::default())
    }

    fn fill(&mut self, key: &str) -> Result<()> {
        let tenant = self.actor(key)?.tenant.id;
        raw::execute(&mut self.raw, "BEGIN")?;
        fixture::fill(&mut self.raw, tenant, key)?;
        raw::execute(&mut self.raw, "COMMIT")?;
        match self.raw {
            Conn::Sqlite(_) => raw::execute(&mut self.raw, "PRAGMA wal_checkpoint(TRUNCATE)"),
            Conn::Pg(_) => raw::execute(&mut self.raw, "VACUUM ANALYZE"),
        }
    }

    fn plan_once(&self) -> Result<Plan> {
        let source = Source::Tenant(Box::new(self.actor(SOURCE)?));
        Ok(self.runtime.block_on(self.app.plan_sync(self.actor(TARGET)?, source, Policy::default()))?)
    }

    fn apply_once(&self, policy: Policy) -> Result<Plan> {
        let source = Source::Tenant(Box::new(self.actor(SOURCE)?));
        let applied = self.runtime.block_on(self.app.apply_sync(self.actor(TARGET)?, source, policy, None))?;
        ensure!(applied.status == RunResult::Done, "{:?}: {:?}", applied.status, applied.plan.blockers);
        Ok(applied.plan)
    }

    fn apply(&mut self, size: usize, repeat: usize) -> Result<Found> {
        let target = self.actor(TARGET)?.tenant.id;
        let policy = Policy { on_missing: OnMissing::Placeholder, ..Policy::default() };
        // Once before it counts: it warms the caches and makes the rows that are then inserted raw.
        let plan = self.apply_once(policy.clone())?;
        ensure!(plan.summary.placeholders == size && plan.summary.created >= size, "{:?}", plan.summary);
        let written = raw::Written::read(&mut self.raw, target)?;
        let mut found = Found { rows: written.rows(true), ..Found::default() };
        for _ in 0..repeat {
            raw::empty(&mut self.raw, target)?;
            found.raw.time(|| written.insert(&mut self.raw, false))?;
            raw::empty(&mut self.raw, target)?;
            found.raw_with_records.time(|| written.insert(&mut self.raw, true))?;
            raw::empty(&mut self.raw, target)?;
            found.keyway.time(|| self.apply_once(policy.clone()))?;
        }
        self.fill(TARGET)?;
        Ok(found)
    }

    fn plan(&mut self, size: usize, repeat: usize) -> Result<Found> {
        let (source, target) = (self.actor(SOURCE)?.tenant.id, self.actor(TARGET)?.tenant.id);
        let plan = self.plan_once()?;
        ensure!(plan.outcome() == Outcome::Nothing, "{:?}: {:?}", plan.summary, plan.blockers);
        ensure!(plan.summary.unchanged_integrations == size, "{:?}", plan.summary);
        let mut found = Found::default();
        for _ in 0..repeat {
            let (a, b) = found.raw.time(|| raw::read(&mut self.raw, source, target))?;
            found.rows = a.rows() + b.rows();
            drop((a, b));
            found.keyway.time(|| self.plan_once())?;
        }
        Ok(found)
    }
}
