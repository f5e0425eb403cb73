//! `keyway config`: the settings in effect.

use clap::Subcommand;
use comfy_table::Table;
use comfy_table::presets;
use serde_json::Value;
use serde_json::json;

use super::DONE;
use super::Output;
use crate::config::Row;
use crate::config::Settings;
use crate::config::Sources;
use crate::error::Result;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print every setting, its value and where it came from; secrets are masked.
    Show,
}

pub(super) fn execute(command: &Command, sources: Sources, output: &mut Output) -> Result<u8> {
    match command {
        Command::Show => show(sources, output),
    }
}

fn show(sources: Sources, output: &mut Output) -> Result<u8> {
    let loaded = Settings::load(sources)?;
    if output.is_json() {
        output.json(&json!({ "settings": loaded.effective() }))?;
    } else {
        output.answer(format_args!("{}\n", table(loaded.effective())));
    }
    Ok(DONE)
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["setting", "value", "from"]);
    for row in rows {
        table.add_row([row.key.to_owned(), words(&row.value), row.origin.to_string()]);
    }
    table
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "(not set)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
