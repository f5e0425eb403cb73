//! A test run as people read it: step by step, then what was asked and answered.

use crate::app::App;
use crate::cli::context::Context;
use crate::cli::output::Face;
use crate::cli::output::Tone;
use crate::cli::table::Cell;
use crate::cli::table::table;
use crate::cli::table::toned;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::test_run::RunStatus;
use crate::model::test_run::StepRun;
use crate::model::test_run::StepStatus;
use crate::model::test_run::TestRun;

/// Of a body, on a terminal.
const SHOWN_CHARS: usize = 400;

/// Exit code 1 when a step failed.
pub(super) async fn execute(context: &mut Context<'_>, actor: Actor, key: String, flow: Option<String>) -> Result<u8> {
    let app: App = context.app.clone();
    let run = app.run_test(actor, key.clone(), flow).await?;
    let is_done = run.status == RunStatus::Done;
    let (count, id) = (run.steps.len(), run.id);
    context.output.show(&run, draw)?;
    match is_done {
        true => context.output.done(format_args!("ran {count} steps of {key}; kept as {id}")),
        false => context.output.hint(format_args!("the run failed; kept as {id}")),
    }
    Ok(u8::from(!is_done))
}

fn draw(run: &TestRun, face: Face) -> String {
    let rows = run.steps.iter().map(|step| {
        let action = step.component.iter().chain(&step.action).map(String::as_str).collect::<Vec<_>>().join(" · ");
        let used = step.connection.as_ref().map_or("", |used| used.stable_key.as_str());
        let outcome = match (&step.reply, &step.reason) {
            (Some(reply), None) => format!("{} in {} ms", reply.status, step.duration_ms),
            (_, reason) => reason.clone().unwrap_or_default(),
        };
        [Cell::from(path(step)), Cell::from(action), Cell::from(used), status(step.status), Cell::from(outcome)]
    });
    let mut text = table(face, ["STEP", "ACTION", "CONNECTION", "STATE", "OUTCOME"], rows);
    for step in run.steps.iter().filter(|step| step.request.is_some()) {
        text.push('\n');
        text.push_str(&exchange(step, face));
    }
    text
}

fn path(step: &StepRun) -> String {
    let rounds = step.rounds.iter().map(|round| format!("round {round}"));
    let which: Vec<String> = rounds.chain(step.attempt.map(|attempt| format!("attempt {attempt}"))).collect();
    if which.is_empty() { step.path.clone() } else { format!("{} ({})", step.path, which.join(", ")) }
}

fn status(status: StepStatus) -> Cell {
    match status {
        StepStatus::Done => toned("done", Tone::Good),
        StepStatus::Failed => toned("failed", Tone::Warning),
        StepStatus::Skipped => toned("skipped", Tone::Dim),
        StepStatus::NotExecutable => toned("not executable", Tone::Dim),
    }
}

fn exchange(step: &StepRun, face: Face) -> String {
    let mut text = format!("{}\n", face.paint(Tone::Strong, path(step)));
    if let Some(request) = &step.request {
        text.push_str(&format!("  > {} {}\n", request.method, request.url));
        request.headers.iter().for_each(|(name, value)| text.push_str(&format!("  > {name}: {value}\n")));
        text.push_str(&body("  > ", request.body.as_deref()));
    }
    if let Some(reply) = &step.reply {
        text.push_str(&format!("  < {}\n", reply.status));
        text.push_str(&body("  < ", reply.body.as_deref()));
    }
    text
}

/// A third party wrote it: nothing in it may move the cursor.
fn body(mark: &str, body: Option<&str>) -> String {
    let Some(body) = body else { return String::new() };
    let plain = body.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut shown: String = plain.take(SHOWN_CHARS).collect();
    if body.chars().count() > SHOWN_CHARS {
        shown.push('…');
    }
    format!("{mark}{shown}\n")
}
