//! Plan, apply, drift and export as commands: what is shown, what is asked, and the exit code.

use crate::app::sync::Applied;
use crate::cli::DONE;
use crate::cli::FAILED;
use crate::cli::context::Context;
use crate::cli::output::Face;
use crate::cli::plan_view::render;
use crate::cli::plan_view::render_drift;
use crate::cli::plan_view::render_result;
use crate::cli::plan_view::render_to_ask;
use crate::cli::sync::BLOCKED;
use crate::cli::sync::CHANGES;
use crate::cli::sync::ConsentArgs;
use crate::cli::sync::ViewArgs;
use crate::cli::sync::ask;
use crate::cli::sync::place::End;
use crate::cli::sync::place::Kind;
use crate::cli::sync::work::Work;
use crate::error::Result;
use crate::model::sync::Drift;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::model::sync::plan::Outcome;

pub(super) async fn plan(
    context: &mut Context<'_>,
    from: &End,
    to: &End,
    (policy, view): (&Policy, &ViewArgs),
) -> Result<u8> {
    let plan = Work::begin(context, from, to).await?.plan(context, policy).await?;
    context.output.show(&plan, |plan, face| render(&named(plan, from, to), view.look(face)))?;
    Ok(match plan.outcome() {
        Outcome::Nothing => DONE,
        Outcome::Changes => CHANGES,
        Outcome::Blocked => BLOCKED,
    })
}

pub(super) async fn apply(
    context: &mut Context<'_>,
    from: &End,
    to: &End,
    (policy, view, consent): (&Policy, &ViewArgs, &ConsentArgs),
) -> Result<u8> {
    let work = Work::begin(context, from, to).await?;
    let mut hash = None;
    if !consent.yes {
        let plan = work.plan(context, policy).await?;
        let look = view.look(context.output.answer_face());
        if plan.outcome() != Outcome::Changes {
            context.output.answer(render(&named(&plan, from, to), look));
            return Ok(if plan.outcome() == Outcome::Blocked { BLOCKED } else { DONE });
        }
        context.output.answer(render_to_ask(&named(&plan, from, to), look));
        let production = plan.target.is_production.then_some(plan.target.name.as_str());
        if !ask::consent(context.output, &format!("Apply this to {}?", to.name), production)? {
            return Ok(FAILED);
        }
        hash = Some(plan.hash);
    }
    let applied = work.apply(context, policy, hash).await?;
    context.output.show(&applied, |applied, face| result(applied, (from, to), view, face))?;
    Ok(match applied.status {
        RunResult::Done | RunResult::Nothing => DONE,
        RunResult::Blocked | RunResult::Stale => BLOCKED,
    })
}

pub(super) async fn drift(context: &mut Context<'_>, from: &End, to: &End, view: &ViewArgs) -> Result<u8> {
    let drift = Work::begin(context, from, to).await?.drift(context).await?;
    context.output.show(&drift, |drift, face| {
        let mut named: Drift = drift.clone();
        from.name.clone_into(&mut named.a.name);
        to.name.clone_into(&mut named.b.name);
        render_drift(&named, view.look(face))
    })?;
    Ok(if drift.is_empty { DONE } else { CHANGES })
}

pub(super) async fn export(context: &mut Context<'_>, from: &End, to: &End, view: &ViewArgs) -> Result<u8> {
    let work = Work::begin(context, from, to).await?;
    let applied = work.apply(context, &Policy::default(), None).await?;
    context.output.show(&applied, |applied, face| result(applied, (from, to), view, face))?;
    Ok(DONE)
}

fn result(applied: &Applied, (from, to): (&End, &End), view: &ViewArgs, face: Face) -> String {
    let plan = named(&applied.plan, from, to);
    match (applied.status, &to.kind) {
        (RunResult::Stale, _) => format!(
            "Nothing was written: {} or {} changed since the plan was shown. This is the plan now:\n\n{}",
            from.name,
            to.name,
            render(&plan, view.look(face))
        ),
        (_, kind) => render_result(&plan, &next(kind, &plan), view.look(face)),
    }
}

/// What may follow an apply.
fn next(target: &Kind, plan: &Plan) -> Vec<String> {
    let Kind::Tenant(actor) = target else { return Vec::new() };
    let tenant = &actor.tenant.key;
    let mut lines = Vec::new();
    if !plan.todo.is_empty() {
        lines.push(format!("To fill one in: keyway --tenant {tenant} connections edit KEY"));
    }
    lines.push(format!("To take it back: keyway sync rollback --tenant {tenant}"));
    lines
}

/// The plan with both ends as they were typed, so that what it says to type next works.
fn named(plan: &Plan, from: &End, to: &End) -> Plan {
    let mut plan = plan.clone();
    from.name.clone_into(&mut plan.source.name);
    if !matches!(to.kind, Kind::Tenant(_)) {
        to.name.clone_into(&mut plan.target.name);
    }
    plan
}
