//! Effective values as people read them: each with where it came from; secrets as a masked length.

use serde_json::Value;

use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::table;
use super::table::toned;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::credential::Status;
use crate::model::values::Origin;
use crate::model::values::State;
use crate::model::values::view::InputView;
use crate::model::values::view::SecretView;
use crate::model::values::view::View;

/// Longer values are cut in tables; `--json` has them whole.
const MAX_CHARS: usize = 60;
/// A mask tells the length, and past this only the number does.
const MAX_MASK: usize = 8;

/// The values that an owner gets.
pub(super) fn values(view: &View, face: Face) -> String {
    draw(view, face, |input| state(input.state))
}

/// A connection's global values: what each customer enters is not missing here.
pub(super) fn global_values(view: &View, scope: Scope, face: Face) -> String {
    draw(view, face, |input| match input.state {
        State::Missing if scope == Scope::Customer && input.managed_by != ManagedBy::Organization => {
            toned("each customer's", Tone::Dim)
        }
        other => state(other),
    })
}

fn draw(view: &View, face: Face, state: impl Fn(&InputView) -> Cell) -> String {
    if view.inputs.is_empty() {
        return "It has no inputs.\n".to_owned();
    }
    let rows = view.inputs.iter().map(|input| {
        [
            Cell::from(&input.key),
            value(input),
            input.origin.map_or_else(|| toned("-", Tone::Dim), |origin| origin_word(origin).into()),
            managed_by(input.managed_by).into(),
            state(input),
        ]
    });
    let mut text = table(face, ["INPUT", "VALUE", "FROM", "MANAGED BY", "STATE"], rows);
    for ignored in &view.ignored {
        let note = format!("{} is stored and does not count: {}", ignored.input, ignored.reason);
        text.push_str(&format!("{} {note}\n", face.paint(Tone::Warning, "ignored:")));
    }
    text
}

pub(super) fn status(status: Status) -> Cell {
    match status {
        Status::Active => toned("active", Tone::Good),
        Status::Pending => toned("pending: values are missing", Tone::Warning),
        Status::Quarantined => toned("quarantined: where its secrets go changed, enter them again", Tone::Bad),
        Status::Error => toned("error", Tone::Bad),
        Status::ReauthorizationRequired => toned("reauthorization_required", Tone::Bad),
        Status::Disabled => toned("disabled", Tone::Bad),
    }
}

fn value(input: &InputView) -> Cell {
    match (&input.secret, &input.value) {
        (Some(SecretView { is_set: true, length }), _) => toned(mask(*length), Tone::Dim),
        (Some(_), _) | (None, None) => toned("-", Tone::Dim),
        (None, Some(Value::String(text))) => cut(text).into(),
        (None, Some(value)) => cut(&value.to_string()).into(),
    }
}

fn mask(length: Option<usize>) -> String {
    match length {
        None => "•".repeat(MAX_MASK),
        Some(length) if length <= MAX_MASK => "•".repeat(length),
        Some(length) => format!("{} ({length})", "•".repeat(MAX_MASK)),
    }
}

/// The first line, within the width of a table.
fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(MAX_CHARS).collect();
    if short.len() == text.len() { short } else { format!("{short}…") }
}

fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Default => "component default",
        Origin::Global => "connection",
        Origin::Credential => "credential",
        Origin::Derived => "derived",
    }
}

fn managed_by(who: ManagedBy) -> &'static str {
    match who {
        ManagedBy::Organization => "organization",
        ManagedBy::Customer => "customer",
        ManagedBy::Embedded => "embedded",
    }
}

fn state(state: State) -> Cell {
    match state {
        State::Set => toned("set", Tone::Good),
        State::Unset => toned("not needed", Tone::Dim),
        State::Missing => toned("missing", Tone::Warning),
        State::Quarantined => toned("enter again", Tone::Bad),
    }
}
