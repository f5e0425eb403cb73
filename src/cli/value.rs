//! `--set`, `--secret` and what else the command line says of inputs. Secrets come from a file, from standard input or
//! from a prompt: an argument would stay in the shell's history and show in the list of processes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::io::IsTerminal as _;
use std::io::Read;

use clap::Args;
use console::Term;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::Collection;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::values::Edit;
use crate::model::values::edit::Change;

/// More than any value may have, so that the refusal is the value's own.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Values of inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ValueArgs {
    /// Set an input that is no secret; repeat it for more inputs, and for each item of a list.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Set an input from a file (`-`: standard input); without `=`, a prompt asks for it.
    #[arg(long, value_name = "NAME=FILE")]
    secret: Vec<String>,
}

/// Inputs that lose their value.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ClearArgs {
    /// Take an input's value away; secrets too.
    #[arg(long, value_name = "NAME")]
    clear: Vec<String>,
}

/// What a connection decides of its inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DecisionArgs {
    /// Who sets an input: organization, customer, embedded, or `default` for what the component says.
    #[arg(long, value_name = "NAME=WHO")]
    managed_by: Vec<String>,
    /// Let an input's value travel with a sync.
    #[arg(long, value_name = "NAME")]
    share: Vec<String>,
    /// Keep an input's value in this tenant.
    #[arg(long, value_name = "NAME")]
    keep_local: Vec<String>,
}

pub(super) type Edits = BTreeMap<String, Edit>;

/// The edits that the arguments mean. `kind`: what is known of the inputs; the use case refuses unknown ones.
pub(super) fn edits(kind: Option<&ConnectionType>, values: &ValueArgs, cleared: &ClearArgs) -> Result<Edits> {
    let mut edits = Edits::new();
    for (name, value) in grouped(kind, &values.set)? {
        put(&mut edits, &name, Change::Set(value))?;
    }
    let mut is_stdin_read = false;
    for argument in &values.secret {
        let (name, text) = match argument.split_once('=') {
            Some((name, "-")) if std::mem::replace(&mut is_stdin_read, true) => {
                let message = format!("`--secret {name}=-`: standard input can be read for one secret only");
                return Err(Error::invalid("invalid_argument", message));
            }
            Some((name, "-")) => (name, read(name, "standard input", io::stdin().lock())?),
            Some((name, path)) => (name, read_file(name, path)?),
            None => (argument.as_str(), prompt(argument)?),
        };
        let value = match kind.and_then(|kind| kind.input(name)) {
            Some(input) => of_text(input, &text),
            None => Value::String(text.as_str().to_owned()),
        };
        put(&mut edits, name, Change::Set(value))?;
    }
    for name in &cleared.clear {
        put(&mut edits, name, Change::Clear)?;
    }
    Ok(edits)
}

/// Adds what a connection decides of its inputs.
pub(super) fn decide(mut edits: Edits, decisions: &DecisionArgs) -> Result<Edits> {
    for argument in &decisions.managed_by {
        let (name, who) = split(argument, "--managed-by", "NAME=WHO")?;
        let who = match who {
            "organization" => Change::Set(ManagedBy::Organization),
            "customer" => Change::Set(ManagedBy::Customer),
            "embedded" => Change::Set(ManagedBy::Embedded),
            "default" => Change::Clear,
            _ => {
                let message = format!("`--managed-by {argument}`: who is organization, customer, embedded or default");
                return Err(Error::invalid("invalid_argument", message));
            }
        };
        edits.entry(name.to_owned()).or_default().managed_by = who;
    }
    for (names, is_shared) in [(&decisions.share, true), (&decisions.keep_local, false)] {
        for name in names {
            edits.entry(name.clone()).or_default().shared = Change::Set(is_shared);
        }
    }
    Ok(edits)
}

/// The values of `--set`, lists collected.
fn grouped(kind: Option<&ConnectionType>, arguments: &[String]) -> Result<BTreeMap<String, Value>> {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for argument in arguments {
        let (name, text) = split(argument, "--set", "NAME=VALUE")?;
        let input = kind.and_then(|kind| kind.input(name));
        if input.is_some_and(Input::is_secret) {
            let message = format!(
                "`{name}` is a secret, and an argument would stay in the shell's history: use --secret {name}=FILE, \
                 --secret {name}=- or --secret {name}"
            );
            return Err(Error::invalid("secret_in_argument", message));
        }
        let value = input.map_or_else(|| Value::String(text.to_owned()), |input| of_text(input, text));
        match values.get_mut(name) {
            None => drop(values.insert(name.to_owned(), value)),
            Some(Value::Array(items)) => match value {
                Value::Array(more) => items.extend(more),
                other => items.push(other),
            },
            Some(_) => {
                let message = format!("`--set {name}` is given twice, and it is no list");
                return Err(Error::invalid("invalid_argument", message));
            }
        }
    }
    Ok(values)
}

/// A text as the kind of value that the input takes: lists and objects are written as JSON, a list's item as it is.
fn of_text(input: &Input, text: &str) -> Value {
    let json = || serde_json::from_str::<Value>(text).ok();
    match input.collection {
        None => Value::String(text.to_owned()),
        Some(_) if text.trim().is_empty() => Value::Null,
        Some(Collection::List) => {
            json().filter(Value::is_array).unwrap_or_else(|| Value::Array(vec![Value::String(text.to_owned())]))
        }
        Some(Collection::KeyValue) => json().unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

fn split<'a>(argument: &'a str, option: &str, form: &str) -> Result<(&'a str, &'a str)> {
    argument.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        // Not quoted whole: somebody may have typed a secret here.
        Error::invalid("invalid_argument", format!("`{option}` is written {option} {form}"))
    })
}

fn put(edits: &mut Edits, name: &str, value: Change<Value>) -> Result<()> {
    let edit = edits.entry(name.to_owned()).or_default();
    if edit.value != Change::Keep {
        return Err(Error::invalid("invalid_argument", format!("`{name}` is given twice")));
    }
    edit.value = value;
    Ok(())
}

fn read_file(name: &str, path: &str) -> Result<Zeroizing<String>> {
    let file = File::open(path).map_err(|error| {
        // The path is not told: a secret typed in its place would be.
        let message = format!("the file of `--secret {name}=FILE` cannot be read: {error}");
        Error::invalid("unreadable_secret", message)
    })?;
    read(name, "the file", file)
}

/// Without the line end that editors and `echo` put after it.
fn read(name: &str, from: &str, reader: impl Read) -> Result<Zeroizing<String>> {
    let wrong = |what: String| Error::invalid("unreadable_secret", format!("`--secret {name}`: {from} {what}"));
    let mut text = Zeroizing::new(String::new());
    reader
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(wrong(format!("is longer than {} KiB", MAX_FILE_BYTES / 1024)));
    }
    let end = text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(end);
    if text.is_empty() {
        return Err(wrong("is empty; to take a value away, use --clear NAME".to_owned()));
    }
    Ok(text)
}

fn prompt(name: &str) -> Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        let message = format!("nobody can be asked for `{name}` here: use --secret {name}=FILE, or --secret {name}=-");
        return Err(Error::invalid("secret_required", message));
    }
    let term = Term::stderr();
    let asked = term.write_str(&format!("{name} (not shown): ")).and_then(|()| term.read_secure_line());
    let text = Zeroizing::new(asked.map_err(|error| {
        Error::invalid("unreadable_secret", format!("`--secret {name}`: the terminal cannot be read: {error}"))
    })?);
    if text.is_empty() {
        return Err(Error::invalid("secret_required", format!("`--secret {name}`: nothing was typed")));
    }
    Ok(text)
}
