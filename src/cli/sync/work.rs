//! Plans, applies and drifts between any two ends. Says nothing to people but that it is working.

use std::sync::Arc;

use crate::app::sync::Applied;
use crate::app::sync::Source;
use crate::cli::context::Context;
use crate::cli::progress::Progress;
use crate::cli::sync::folder::Missing;
use crate::cli::sync::place::End;
use crate::cli::sync::place::Kind;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::sync::Drift;
use crate::model::sync::OnMissing;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::model::sync::Snapshot;
use crate::model::sync::SourceState;
use crate::model::sync::drift;
use crate::model::sync::drift::Party;
use crate::model::sync::files::to_files;
use crate::model::sync::mirror;
use crate::model::sync::plan::Outcome;
use crate::outbound::remote::Given;
use crate::outbound::remote::Remote;
use crate::outbound::remote::Status;

/// Of a source's name; the end of a path tells more than its beginning.
const MAX_NAME_CHARS: usize = 120;

/// A source that was read once, so that what is applied is what was planned.
pub(super) struct Work<'a> {
    source: Source,
    from: &'a End,
    to: &'a End,
}

impl<'a> Work<'a> {
    /// Reads remotes and folders; a tenant here is read by each use case, in its transaction.
    pub(super) async fn begin(context: &mut Context<'_>, from: &'a End, to: &'a End) -> Result<Self> {
        let given = |snapshot| Source::Given { name: from.name.clone(), snapshot: Arc::new(snapshot) };
        let source = match &from.kind {
            Kind::Tenant(actor) => Source::Tenant(actor.clone()),
            Kind::Remote(remote) => {
                let _progress = Progress::of_phase(context.output, format!("reading {}", from.name));
                given(remote.snapshot().await?)
            }
            Kind::Folder(folder) => given(folder.read(Missing::IsAnError, context.output)?),
        };
        if matches!((&from.kind, &to.kind), (Kind::Folder(a), Kind::Folder(b)) if a.path == b.path) {
            return Err(Error::invalid("same_folder", "a folder cannot be synced with itself"));
        }
        Ok(Self { source, from, to })
    }

    pub(super) async fn plan(&self, context: &mut Context<'_>, policy: &Policy) -> Result<Plan> {
        match &self.to.kind {
            Kind::Tenant(actor) => {
                let _progress = self.phase(context, "planning");
                context.app.plan_sync(Actor::clone(actor), self.source.clone(), policy.clone()).await
            }
            Kind::Remote(remote) => {
                let _progress = self.phase(context, "sending and planning");
                let snapshot = self.snapshot(context).await?;
                remote.plan(self.given(&snapshot), policy).await
            }
            Kind::Folder(folder) => {
                check_folder_policy(policy)?;
                let snapshot = Snapshot::clone(&*self.snapshot(context).await?);
                let source = SourceState { name: self.from.name.clone(), revision: None, snapshot };
                let target = folder.read(Missing::IsEmpty, context.output)?;
                Ok(mirror(&source, &self.to.name, &target))
            }
        }
    }

    /// `hash`: of the plan that a person agreed to.
    pub(super) async fn apply(
        &self,
        context: &mut Context<'_>,
        policy: &Policy,
        hash: Option<String>,
    ) -> Result<Applied> {
        match &self.to.kind {
            Kind::Tenant(actor) => {
                let _progress = self.phase(context, "applying");
                context.app.apply_sync(Actor::clone(actor), self.source.clone(), policy.clone(), hash).await
            }
            Kind::Remote(remote) => self.apply_remote(context, remote, (policy, hash)).await,
            Kind::Folder(folder) => {
                let plan = self.plan(context, policy).await?;
                if hash.is_some_and(|hash| hash != plan.hash) {
                    return Ok(Applied { status: RunResult::Stale, run: None, plan });
                }
                let snapshot = self.snapshot(context).await?;
                folder.write(&to_files(&snapshot), context.output)?;
                let status = if plan.outcome() == Outcome::Nothing { RunResult::Nothing } else { RunResult::Done };
                Ok(Applied { status, run: None, plan })
            }
        }
    }

    async fn apply_remote(
        &self,
        context: &Context<'_>,
        remote: &Remote,
        (policy, hash): (&Policy, Option<String>),
    ) -> Result<Applied> {
        let _progress = self.phase(context, "sending and applying");
        let snapshot = self.snapshot(context).await?;
        // The other deployment applies only a plan that was looked at; whoever said yes beforehand takes the one of now.
        let hash = match hash {
            Some(hash) => hash,
            None => remote.plan(self.given(&snapshot), policy).await?.hash,
        };
        let applied = remote.apply(self.given(&snapshot), policy, &hash).await?;
        let status = match applied.status {
            Status::Done => RunResult::Done,
            Status::Nothing => RunResult::Nothing,
            Status::Blocked => RunResult::Blocked,
            Status::Stale => RunResult::Stale,
        };
        Ok(Applied { status, run: applied.run, plan: applied.plan })
    }

    pub(super) async fn drift(&self, context: &mut Context<'_>) -> Result<Drift> {
        match &self.to.kind {
            Kind::Tenant(actor) => {
                let _progress = self.phase(context, "comparing");
                context.app.drift(Actor::clone(actor), self.source.clone()).await
            }
            Kind::Remote(remote) => {
                let _progress = self.phase(context, "sending and comparing");
                let snapshot = self.snapshot(context).await?;
                remote.drift(self.given(&snapshot)).await
            }
            Kind::Folder(folder) => {
                let a = self.snapshot(context).await?;
                let b = folder.read(Missing::IsAnError, context.output)?;
                let party = |end: &'a End, snapshot| Party { name: &end.name, revision: None, snapshot, values: None };
                Ok(drift(party(self.from, &a), party(self.to, &b)))
            }
        }
    }

    fn phase(&self, context: &Context<'_>, doing: &str) -> Progress {
        Progress::of_phase(context.output, format!("{doing}: {} -> {}", self.from.name, self.to.name))
    }

    fn given<'s>(&'s self, snapshot: &'s Snapshot) -> Given<'s> {
        // As long a name as the other deployment takes.
        let name = self.from.name.char_indices().nth_back(MAX_NAME_CHARS - 1).map_or(0, |(start, _)| start);
        Given { name: &self.from.name[name..], snapshot }
    }

    async fn snapshot(&self, context: &Context<'_>) -> Result<Arc<Snapshot>> {
        match &self.source {
            Source::Tenant(actor) => Ok(Arc::new(context.app.snapshot(Actor::clone(actor)).await?)),
            Source::Given { snapshot, .. } => Ok(Arc::clone(snapshot)),
        }
    }
}

/// A folder is a copy: it has no connections of its own that a policy could protect.
fn check_folder_policy(policy: &Policy) -> Result<()> {
    let plain = Policy { on_missing: OnMissing::Fail, ..policy.clone() };
    if plain == Policy::default() {
        return Ok(());
    }
    let message = "a folder becomes a copy of the source; --map, --prune, --update-connections, --overwrite-drafts and --allow-quarantine do nothing there";
    Err(Error::invalid("policy_for_folder", message))
}
