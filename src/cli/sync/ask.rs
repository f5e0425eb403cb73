//! Asking before something is written.

use std::io::BufRead as _;
use std::io::IsTerminal as _;

use crate::cli::output::Output;
use crate::cli::output::Tone;
use crate::cli::sync::ConsentArgs;
use crate::error::Error;
use crate::error::Result;

/// Whether somebody can be asked, before any work is done.
pub(super) fn check(consent: &ConsentArgs, output: &Output) -> Result<()> {
    let can_ask = std::io::stdin().is_terminal() && output.is_seen() && !output.is_json();
    if consent.yes || can_ask {
        return Ok(());
    }
    let message = "this writes, and nobody can be asked here: look at the plan first, then add --yes";
    Err(Error::invalid("confirmation_required", message))
}

/// `what`: the question. `production`: the name to type, where a slip costs the most.
pub(super) fn consent(output: &mut Output, what: &str, production: Option<&str>) -> Result<bool> {
    let face = output.note_face();
    let expected = match production {
        Some(name) => {
            let warning = face.paint(Tone::Warning, format!("{name} is a production tenant."));
            output.note(format_args!("\n{warning} {what} Type its name to go on: "));
            name
        }
        None => {
            output.note(format_args!("\n{what} [y/N] "));
            "y"
        }
    };
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Error::internal)?;
    let answer = line.trim();
    let is_yes = answer == expected || (production.is_none() && ["Y", "yes", "Yes"].contains(&answer));
    if !is_yes {
        output.note("Nothing was written.\n");
    }
    Ok(is_yes)
}
