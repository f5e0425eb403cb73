//! Connections as people read them.

use crate::app::view::ConnectionSummary;
use crate::app::view::ConnectionView;
use crate::app::view::EffectiveView;
use crate::cli::context::Context;
use crate::cli::output::Face;
use crate::cli::output::Tone;
use crate::cli::table::Cell;
use crate::cli::table::fields;
use crate::cli::table::moment;
use crate::cli::table::or_dash;
use crate::cli::table::table;
use crate::cli::table::toned;
use crate::cli::values::global_values;
use crate::cli::values::status;
use crate::cli::values::values;
use crate::model::component::ManagedBy;
use crate::model::connection::HistoryEntry;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::connection::Usage;
use crate::model::read::Read;
use crate::model::values::FieldChange;
use crate::model::values::view::MissingInput;

pub(super) fn list(connections: &[ConnectionSummary], face: Face) -> String {
    let rows = connections.iter().map(|connection| {
        [
            toned(connection.stable_key.as_str(), Tone::Strong),
            Cell::from(&connection.label),
            format!("{} · {}", connection.component, connection.connection_type).into(),
            connection.scope.as_str().into(),
            readiness(connection),
        ]
    });
    table(face, ["KEY", "LABEL", "COMPONENT · TYPE", "SCOPE", "STATUS"], rows)
}

fn readiness(connection: &ConnectionSummary) -> Cell {
    match connection.status {
        Readiness::Ready => toned("ready", Tone::Good),
        Readiness::Pending if connection.is_placeholder => toned("pending (placeholder)", Tone::Warning),
        Readiness::Pending => toned("pending", Tone::Warning),
        Readiness::Disabled => toned("disabled", Tone::Bad),
    }
}

pub(super) fn one(view: &ConnectionView, face: Face) -> String {
    let connection = &view.connection;
    let aliases: Vec<&str> = connection.aliases.iter().map(|alias| alias.as_str()).collect();
    let mut rows = vec![
        ("key", toned(connection.stable_key.as_str(), Tone::Strong)),
        ("label", Cell::from(&connection.label)),
        ("component", format!("{} · {}", connection.component, connection.connection_type).into()),
        ("scope", connection.scope.as_str().into()),
        ("status", readiness(connection)),
        ("embedded", if connection.is_embedded { "yes".into() } else { toned("no", Tone::Dim) }),
    ];
    if let Some(uri) = &view.redirect_uri {
        rows.push(("redirect URI", Cell::from(uri)));
    }
    if !aliases.is_empty() {
        rows.push(("aliases", aliases.join(", ").into()));
    }
    if let Some(description) = &connection.description {
        rows.push(("description", description.into()));
    }
    rows.push(("version", format!("{}, changed {}", connection.version, moment(connection.updated_at)).into()));
    rows.push(("id", toned(connection.id.to_string(), Tone::Dim)));
    format!("{}\n{}", fields(face, rows), global_values(&view.values, connection.scope, face))
}

pub(super) fn effective(view: &EffectiveView, face: Face) -> String {
    let rows = [
        ("connection", toned(view.connection.stable_key.as_str(), Tone::Strong)),
        ("credential", or_dash(view.credential_id.map(|id| id.to_string()))),
        ("status", status(view.status)),
    ];
    format!("{}\n{}", fields(face, rows), values(&view.values, face))
}

pub(super) fn usage(usage: &Usage, face: Face) -> String {
    if !usage.is_used() {
        return "Nothing uses it.\n".to_owned();
    }
    let mut text = String::new();
    if !usage.integrations.is_empty() {
        let rows = usage.integrations.iter().map(|(key, used)| {
            let published: Vec<String> =
                used.published_slots.iter().map(|(number, slot)| format!("{slot} (version {number})")).collect();
            let words = |list: &[String]| or_dash((!list.is_empty()).then(|| list.join(", ")));
            [toned(key, Tone::Strong), words(&used.draft_slots), words(&published), words(&used.steps)]
        });
        text = table(face, ["INTEGRATION", "DRAFT SLOTS", "PUBLISHED SLOTS", "STEPS"], rows);
    }
    match usage.customer_credentials {
        0 => {}
        1 => text.push_str("1 credential of a customer\n"),
        n => text.push_str(&format!("{n} credentials of customers\n")),
    }
    text
}

pub(super) fn history(entries: &[HistoryEntry], face: Face) -> String {
    let rows = entries.iter().map(|entry| {
        let changes: Vec<String> = entry.changes.iter().map(change).collect();
        [
            toned(moment(entry.at), Tone::Dim),
            Cell::from(&entry.actor),
            Cell::from(&entry.action),
            Cell::from(&entry.subject),
            or_dash((!changes.is_empty()).then(|| changes.join("\n"))),
        ]
    });
    table(face, ["WHEN (UTC)", "WHO", "WHAT", "OF", "CHANGES"], rows)
}

pub(super) fn reads(reads: &[Read], face: Face) -> String {
    let rows = reads.iter().map(|read| {
        [
            toned(read.at.format("%Y-%m-%d %H:%M:%S").to_string(), Tone::Dim),
            Cell::from(&read.api_key.name),
            or_dash(read.credential_id.map(|id| id.to_string())),
            Cell::from(read.reads.to_string()),
        ]
    });
    table(face, ["WHEN (UTC)", "API KEY", "CREDENTIAL", "READS"], rows)
}

fn change(change: &FieldChange) -> String {
    let word = |value: &Option<serde_json::Value>| match value {
        None => "-".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    if change.is_secret {
        return format!(
            "{}: secret {}",
            change.field,
            if change.new.is_some() { word(&change.new) } else { "removed".to_owned() }
        );
    }
    format!("{}: {} → {}", change.field, word(&change.old), word(&change.new))
}

/// What to type next to make the connection usable.
pub(super) fn next_steps(context: &mut Context<'_>, view: &ConnectionView) {
    let keyway = context.keyway();
    let (connection, key) = (&view.connection, &view.connection.stable_key);
    if !connection.is_enabled {
        return;
    }
    let is_ours =
        |missing: &&MissingInput| connection.scope != Scope::Customer || missing.managed_by == ManagedBy::Organization;
    let options = |missing: &[&MissingInput]| -> String {
        let option = |missing: &&MissingInput| {
            let is_secret = view.values.inputs.iter().any(|input| input.key == missing.key && input.secret.is_some());
            if is_secret { format!(" --secret {}=FILE", missing.key) } else { format!(" --set {}=VALUE", missing.key) }
        };
        missing.iter().map(option).collect()
    };
    let (own, customers): (Vec<&MissingInput>, Vec<&MissingInput>) = view.values.missing.iter().partition(is_ours);
    match connection.scope {
        Scope::OrganizationGlobal if !own.is_empty() => {
            let options = options(&own);
            context.output.hint(format_args!("next: {keyway} connections edit {key}{options}"));
            context.output.hint(format_args!(
                "  or enter them as the organization's credential: {keyway} credentials create {key} --organization{options}"
            ));
        }
        Scope::OrganizationCustomer if !own.is_empty() => {
            let options = options(&own);
            context.output.hint(format_args!("next, for all customers: {keyway} connections edit {key}{options}"));
            context
                .output
                .hint(format_args!("  or for one customer: {keyway} credentials create {key} --customer ID{options}"));
        }
        _ => {
            if !own.is_empty() {
                let options = options(&own);
                context.output.hint(format_args!("next: {keyway} connections edit {key}{options}"));
            }
            if !customers.is_empty() {
                let options = options(&customers);
                context
                    .output
                    .hint(format_args!("for each customer: {keyway} credentials create {key} --customer ID{options}"));
            }
        }
    }
}
