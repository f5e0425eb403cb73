//! Live tests on the terminal: what was found, what to do, what was tried before.

use super::DONE;
use super::FAILED;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::or_dash;
use super::table::table;
use super::table::toned;
use crate::app::view::CheckView;
use crate::error::Result;
use crate::model::attempt::Attempt;
use crate::model::live_test::Verdict;

/// How many attempts are shown: older ones seldom explain what is wrong now.
pub(super) const SHOWN: i64 = 200;

/// Shows what a test found. A failed test is a failed command.
pub(super) fn verdict(context: &mut Context<'_>, verdict: &Verdict) -> Result<u8> {
    context.output.show(verdict, draw)?;
    Ok(if verdict.is_ok() { DONE } else { FAILED })
}

pub(super) fn attempts(context: &mut Context<'_>, found: &[Attempt]) -> Result<()> {
    context.output.show_list(found, "Nothing was tried yet, or longer than 30 days ago.", draw_attempts)
}

/// The last test of a credential, as lists tell it.
pub(super) fn last_check(check: Option<&CheckView>) -> Cell {
    let Some(check) = check else { return toned("-", Tone::Dim) };
    let text = format!("{}, {}", check.outcome, moment(check.at));
    match check.outcome.as_str() {
        "ok" => toned(text, Tone::Good),
        "untested" => toned("untested", Tone::Dim),
        _ => toned(text, Tone::Bad),
    }
}

fn draw(verdict: &Verdict, face: Face) -> String {
    let tone = if verdict.is_ok() { Tone::Good } else { Tone::Bad };
    let mut rows = vec![("outcome", toned(verdict.outcome.as_str(), tone)), ("found", Cell::from(&verdict.message))];
    if !verdict.is_ok() {
        rows.push(("what to do", Cell::from(&verdict.advice)));
    }
    rows.extend(verdict.status.map(|status| ("answer", Cell::from(status.to_string()))));
    rows.extend(verdict.hint.as_ref().map(|hint| ("hint", Cell::from(hint))));
    fields(face, rows)
}

fn draw_attempts(found: &[Attempt], face: Face) -> String {
    let rows = found.iter().map(|attempt| {
        let tone = if attempt.outcome == Attempt::OK { Tone::Good } else { Tone::Bad };
        [
            moment(attempt.at).into(),
            attempt.kind.as_str().into(),
            toned(&attempt.outcome, tone),
            or_dash(attempt.status.map(|status| status.to_string())),
            format!("{} ms", attempt.duration_ms).into(),
            Cell::from(&attempt.detail),
        ]
    });
    table(face, ["AT", "WHAT", "OUTCOME", "ANSWER", "TOOK", "DETAIL"], rows)
}
