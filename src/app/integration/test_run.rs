//! Running an integration's draft with the test runner's credentials. They are read again at every step, so a changed one
//! counts from the next step on, in a run that is under way too.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::integration::Lookup;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TestRunId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::definition::Step;
use crate::model::integration::Slot;
use crate::model::mask::Mask;
use crate::model::test_run::MAX_STEPS;
use crate::model::test_run::RunStatus;
use crate::model::test_run::StepRun;
use crate::model::test_run::TestRun;
use crate::model::test_run::scope::Scope;
use crate::store;

mod flow;
mod lease;
mod step;

/// A run under way. Holds secrets: no `Debug`.
struct Running {
    app: App,
    actor: Actor,
    lookup: Lookup,
    document: Value,
    steps: HashMap<String, Step>,
    /// The connection that each variable leads to, by id or stable key.
    slots: BTreeMap<String, String>,
    scope: Scope,
    rounds: Vec<usize>,
    /// Between attempts, all steps together.
    waited: Duration,
    /// Every secret that was used until now.
    mask: Mask,
    record: TestRun,
}

impl App {
    /// Runs the draft's flows, or one of them, and answers when it is over. Goes on to its end when the caller does not wait.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `unknown_flow`; `test_run_interrupted` when this process was held up for so long that
    /// another one took it for dead. A step that fails is no error: the run says so.
    pub async fn run_test(&self, actor: Actor, key: String, flow: Option<String>) -> Result<TestRun> {
        let (_, run) = self.begin_test(actor, key, flow).await?;
        run.await.map_err(Error::internal)?
    }

    /// The same, and answers at once with the run as it begins.
    ///
    /// # Errors
    /// As `run_test`.
    pub async fn start_test(&self, actor: Actor, key: String, flow: Option<String>) -> Result<TestRun> {
        let (record, _) = self.begin_test(actor, key, flow).await?;
        Ok(record)
    }

    async fn begin_test(
        &self,
        actor: Actor,
        key: String,
        flow: Option<String>,
    ) -> Result<(TestRun, JoinHandle<Result<TestRun>>)> {
        actor.require(Permission::IntegrationsTest)?;
        let mut running = self.running(actor, key).await?;
        let flows = running.flows(flow.as_deref())?;
        let (tenant, record) = (running.actor.tenant.id, running.record.clone());
        let begun = record.clone();
        let (id, lease) = (record.id, self.test_lease());
        self.store().write(move |tx| store::test_run::insert(tx, tenant, &record, lease)).await?;
        let app = self.clone();
        let run = async move {
            let mut outcome = Ok(());
            for at in flows {
                outcome = running.flow(at).await;
                if outcome.is_err() || running.record.status == RunStatus::Failed {
                    break;
                }
            }
            running.end(outcome).await
        };
        let held = async move {
            tokio::select! {
                ended = run => ended,
                () = app.hold_test_run(tenant, id) => Err(lease::interrupted()),
            }
        };
        Ok((begun, tokio::spawn(held)))
    }

    async fn running(&self, actor: Actor, key: String) -> Result<Running> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let integration = store::integration::get(c, tenant, &key)?;
                let loaded = app.load_draft(c, tenant, integration)?;
                let lookup = app.lookup(c, tenant)?;
                let definition = Self::parse(&loaded.version, &lookup)?;
                let record = TestRun {
                    id: TestRunId::new(),
                    integration_id: loaded.integration.id,
                    actor: actor.name(),
                    status: RunStatus::Running,
                    steps: Vec::new(),
                    started_at: now,
                    ended_at: None,
                };
                let target = |slot: &Slot| {
                    let bound = slot.connection_id.map(|id| id.to_string()).or_else(|| slot.stable_key.clone());
                    Some((slot.variable.clone(), bound?))
                };
                Ok(Running {
                    slots: loaded.slots.iter().filter_map(target).collect(),
                    steps: definition.steps.into_iter().map(|step| (step.pointer.clone(), step)).collect(),
                    document: definition.document,
                    scope: Scope::default(),
                    rounds: Vec::new(),
                    waited: Duration::ZERO,
                    mask: Mask::default(),
                    app,
                    actor,
                    lookup,
                    record,
                })
            })
            .await
    }

    /// The newest runs first, after `after`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn list_test_runs(
        &self,
        actor: Actor,
        key: String,
        after: Option<TestRunId>,
        limit: i64,
    ) -> Result<Vec<TestRun>> {
        actor.require(Permission::IntegrationsRead)?;
        self.store()
            .read(move |c| {
                let integration = store::integration::get(c, actor.tenant.id, &key)?;
                store::test_run::list(c, actor.tenant.id, integration.id, after, limit)
            })
            .await
    }

    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_test_run(&self, actor: Actor, key: String, id: TestRunId) -> Result<TestRun> {
        actor.require(Permission::IntegrationsRead)?;
        self.store()
            .read(move |c| {
                let integration = store::integration::get(c, actor.tenant.id, &key)?;
                let found = store::test_run::find(c, actor.tenant.id, integration.id, id)?;
                found.ok_or_else(|| Error::not_found("test run", id))
            })
            .await
    }
}

impl Running {
    /// Places of the flows in the document: all, or the named one.
    fn flows(&self, name: Option<&str>) -> Result<Vec<usize>> {
        let flows = self.document.get("flows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<&str> =
            flows.iter().map(|flow| flow.get("name").and_then(Value::as_str).unwrap_or_default()).collect();
        let Some(name) = name else { return Ok((0..flows.len()).collect()) };
        let found = names.iter().position(|known| *known == name);
        found.map(|at| vec![at]).ok_or_else(|| {
            let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            Error::invalid("unknown_flow", format!("there is no flow `{name}`; there are: {known}"))
        })
    }

    /// Keeps what became of a step, with everything masked that is known to be secret by now.
    async fn note(&mut self, step: StepRun) -> Result<()> {
        self.record.steps.push(step);
        self.save().await
    }

    async fn save(&mut self) -> Result<()> {
        // What was told by an earlier step may be a secret of a later one.
        let steps = serde_json::to_value(&self.record.steps).map_err(Error::internal)?;
        self.record.steps = serde_json::from_value(self.masked(&steps)).map_err(Error::internal)?;
        let (tenant, record) = (self.actor.tenant.id, self.record.clone());
        let is_ours = self.app.store().write(move |tx| store::test_run::update(tx, tenant, &record)).await?;
        if is_ours { Ok(()) } else { Err(lease::interrupted()) }
    }

    /// Words of ours stay as they are, however short a secret is.
    fn masked(&self, steps: &Value) -> Value {
        const OURS: [&str; 7] = ["path", "component", "action", "status", "rounds", "attempt", "connection"];
        let mut steps = steps.clone();
        for step in steps.as_array_mut().into_iter().flatten() {
            for (name, value) in step.as_object_mut().into_iter().flatten() {
                if !OURS.contains(&name.as_str()) {
                    *value = self.mask.value(value);
                }
            }
        }
        steps
    }

    async fn end(mut self, outcome: Result<()>) -> Result<TestRun> {
        if outcome.is_err() {
            self.record.status = RunStatus::Failed;
        } else if self.record.status == RunStatus::Running {
            self.record.status = RunStatus::Done;
        }
        self.record.ended_at = Some(self.app.clock().now());
        self.save().await?;
        outcome.map(|()| self.record)
    }

    fn is_over(&self) -> bool {
        self.record.status != RunStatus::Running || self.record.steps.len() >= MAX_STEPS
    }

    /// There is room for one more entry.
    fn is_almost_over(&self) -> bool {
        self.record.steps.len() + 1 >= MAX_STEPS
    }

    fn learn(&mut self, secrets: &[Zeroizing<String>]) {
        secrets.iter().for_each(|secret| self.mask.add(secret));
    }
}
