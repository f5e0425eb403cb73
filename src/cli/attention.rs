//! `keyway attention`: what needs a person.

use serde_json::json;

use super::DONE;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::moment;
use super::table::or_dash;
use super::table::table;
use super::table::toned;
use crate::error::Result;
use crate::model::attention::Item;
use crate::model::attention::Reason;
use crate::model::values::OwnerKind;

/// Something needs a person.
const NEEDED: u8 = 2;

pub(super) async fn execute(context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    let items = context.app.attention(actor).await?;
    if context.output.is_json() {
        context.output.json(&json!({ "total": items.len(), "items": &*items }))?;
    } else {
        context.output.show_list(&items, "Nothing needs a person.", draw)?;
    }
    Ok(if items.is_empty() { DONE } else { NEEDED })
}

fn draw(items: &[Item], face: Face) -> String {
    let rows = items.iter().map(|item| {
        let tone = match item.reason {
            Reason::Reauthorize | Reason::Quarantined | Reason::Failing => Tone::Bad,
            _ => Tone::Warning,
        };
        [
            toned(item.reason.title(), tone),
            toned(subject(item), Tone::Strong),
            or_dash(whose(item)),
            item.since.map_or_else(|| Cell::from(""), |at| moment(at).into()),
        ]
    });
    table(face, ["WHY", "WHAT", "WHOSE", "SINCE (UTC)"], rows)
}

fn subject(item: &Item) -> String {
    match (&item.connection, &item.slot) {
        (Some(connection), _) => connection.stable_key.clone(),
        (None, Some(slot)) => format!("{} / {}", slot.integration, slot.variable),
        (None, None) => String::new(),
    }
}

fn whose(item: &Item) -> Option<String> {
    let credential = item.credential.as_ref()?;
    Some(match (credential.owner, &credential.customer) {
        (_, Some(customer)) => customer.clone(),
        (OwnerKind::Test, None) => "test runner".to_owned(),
        (_, None) => "organization".to_owned(),
    })
}
