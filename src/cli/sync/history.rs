//! Recorded syncs: the list, one with its plan, and taking one back.

use crate::app::sync::RunView;
use crate::cli::DONE;
use crate::cli::FAILED;
use crate::cli::context::Context;
use crate::cli::output::Face;
use crate::cli::output::Tone;
use crate::cli::plan_view::render_to_ask;
use crate::cli::sync::ConsentArgs;
use crate::cli::sync::ViewArgs;
use crate::cli::sync::ask;
use crate::cli::table::Cell;
use crate::cli::table::fields;
use crate::cli::table::moment;
use crate::cli::table::table;
use crate::cli::table::toned;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::actor::Actor;
use crate::model::sync::Plan;
use crate::model::sync::RunResult;

/// Runs read at a time.
const PAGE: i64 = 200;

pub(super) async fn execute(context: &mut Context<'_>, run: Option<SyncRunId>, view: &ViewArgs) -> Result<u8> {
    let actor = context.actor().await?;
    let tenant = actor.tenant.key.clone();
    if let Some(id) = run {
        let run = context.app.get_sync(actor, id).await?;
        context.output.show(&run, |run, face| one(run, view, face))?;
        return Ok(DONE);
    }
    let runs = all(context, &actor).await?;
    let when_empty = format!("No syncs into {tenant} yet. Plan one: keyway sync plan --from TENANT --to {tenant}");
    context.output.show_list(&runs, &when_empty, list)?;
    Ok(DONE)
}

async fn all(context: &Context<'_>, actor: &Actor) -> Result<Vec<RunView>> {
    let mut runs = Vec::new();
    loop {
        let before = runs.last().map(|run: &RunView| run.id);
        let page = context.app.list_syncs(actor.clone(), before, PAGE).await?;
        let is_last = page.is_empty();
        runs.extend(page);
        if is_last {
            return Ok(runs);
        }
    }
}

pub(super) async fn rollback(context: &mut Context<'_>, run: Option<SyncRunId>, consent: &ConsentArgs) -> Result<u8> {
    ask::check(consent, context.output)?;
    let actor = context.actor().await?;
    let tenant = actor.tenant.clone();
    let mut run = run;
    if !consent.yes {
        let found = match run {
            Some(id) => context.app.get_sync(actor.clone(), id).await?,
            None => newest(context, &actor).await?,
        };
        let face = context.output.answer_face();
        context.output.answer(fields(face, about(&found)));
        let production = tenant.is_production.then_some(tenant.key.as_str());
        if !ask::consent(context.output, &format!("Take this sync into {} back?", tenant.key), production)? {
            return Ok(FAILED);
        }
        // What was shown, even if somebody synced meanwhile.
        run = Some(found.id);
    }
    let taken = context.app.rollback_sync(actor, run).await?;
    context.output.show(&taken, |taken, face| {
        let message = format!(
            "{} is as it was before the sync from {} on {} UTC ({}).",
            tenant.key,
            taken.source,
            moment(taken.started_at),
            taken.id
        );
        format!("{}\n", face.paint(Tone::Good, message))
    })?;
    Ok(DONE)
}

async fn newest(context: &Context<'_>, actor: &Actor) -> Result<RunView> {
    let runs = all(context, actor).await?;
    let is_in_effect = |run: &RunView| run.result == RunResult::Done && run.rolled_back_at.is_none();
    runs.into_iter().find(is_in_effect).ok_or_else(|| {
        let message = format!("there is no sync into `{}` to take back", actor.tenant.key);
        Error::new(Kind::NotFound, "no_sync", message)
    })
}

fn list(runs: &[RunView], face: Face) -> String {
    let rows = runs.iter().map(|run| {
        [
            toned(run.id.to_string(), Tone::Strong),
            Cell::from(&run.source),
            moment(run.started_at).into(),
            Cell::from(&run.actor),
            format!("{} ms", run.duration_ms).into(),
            state(run),
        ]
    });
    table(face, ["ID", "FROM", "WHEN (UTC)", "BY", "TOOK", "STATE"], rows)
}

fn state(run: &RunView) -> Cell {
    match run.result {
        RunResult::Nothing => return toned("nothing to change", Tone::Dim),
        RunResult::Blocked => return toned("blocked", Tone::Warning),
        RunResult::Stale => return toned("stale", Tone::Warning),
        RunResult::Done => {}
    }
    match (run.rolled_back_at, &run.rolled_back_by) {
        (Some(at), Some(by)) => toned(format!("taken back {} by {by}", moment(at)), Tone::Warning),
        (Some(at), None) => toned(format!("taken back {}", moment(at)), Tone::Warning),
        _ => toned("in effect", Tone::Good),
    }
}

fn about(run: &RunView) -> [(&'static str, Cell); 5] {
    [
        ("sync", toned(run.id.to_string(), Tone::Strong)),
        ("from", Cell::from(&run.source)),
        ("when", moment(run.started_at).into()),
        ("by", Cell::from(&run.actor)),
        ("state", state(run)),
    ]
}

fn one(run: &RunView, view: &ViewArgs, face: Face) -> String {
    let mut text = fields(face, about(run));
    let plan = run.plan.clone().and_then(|plan| serde_json::from_value::<Plan>(plan).ok());
    if let Some(plan) = plan {
        text.push('\n');
        text.push_str(&render_to_ask(&plan, view.look(face)));
    }
    text
}
