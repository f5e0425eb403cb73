//! `keyway api-keys`: what machines act with, in one tenant.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use clap::Subcommand;
use serde::Serialize;

use super::DONE;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::or_dash;
use super::table::table;
use super::table::toned;
use crate::app::api_key::NewApiKey;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::page::PageRequest;
use crate::model::user::ApiKey;

/// Items read at a time; lists show all.
const PAGE: usize = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a key for the tenant; it is shown once.
    Create {
        /// What the key is for.
        #[arg(long)]
        name: String,
        /// What the key may do, such as `credentials:read`; repeat it, or separate several by commas.
        #[arg(long = "scope", required = true, value_delimiter = ',')]
        scopes: Vec<Permission>,
        /// How long it works: `90d`, `12h`, `30m`; default: until it is revoked.
        #[arg(long, value_name = "TIME", value_parser = span)]
        expires_in: Option<TimeDelta>,
    },
    /// List the keys.
    List,
    /// Revoke a key, at once and for good.
    Revoke { id: ApiKeyId },
}

/// What a creation answers to programs.
#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    api_key: ApiKey,
    /// To send as `Authorization: Bearer …`; shown once.
    key: String,
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::Create { name, scopes, expires_in } => create(context, actor, name, (scopes, expires_in)).await?,
        Command::List => {
            let now = context.app.clock().now();
            let mut page = PageRequest::first(PAGE);
            let mut keys: Vec<ApiKey> = Vec::new();
            loop {
                let found = context.app.list_api_keys(actor.clone(), page).await?;
                keys.extend(found.items);
                let Some(next) = found.next else { break };
                page = PageRequest { limit: PAGE, after: Some(next) };
            }
            let keyway = context.keyway();
            let when_empty =
                format!("No API keys here. Make one: {keyway} api-keys create --name runtime --scope credentials:read");
            context.output.show_list(&keys, &when_empty, |keys, face| list(keys, face, now))?;
        }
        Command::Revoke { id } => {
            context.app.revoke_api_key(actor, id).await?;
            context.output.done(format_args!("revoked {id}; nothing can act with it any more"));
            context.output.show(&serde_json::json!({ "revoked": { "id": id } }), |_, _| String::new())?;
        }
    }
    Ok(DONE)
}

async fn create(
    context: &mut Context<'_>,
    actor: Actor,
    name: String,
    (scopes, expires_in): (Vec<Permission>, Option<TimeDelta>),
) -> Result<()> {
    let expires_at = match expires_in {
        None => None,
        Some(span) => Some(context.app.clock().now().checked_add_signed(span).ok_or_else(|| {
            Error::invalid("invalid_argument", "`--expires-in` is further away than any calendar goes")
        })?),
    };
    let new = NewApiKey { name, scopes: scopes.into_iter().collect::<BTreeSet<_>>(), expires_at };
    let created = context.app.create_api_key(actor, new).await?;
    context.output.done("made the API key; it is shown this once");
    let answer = Created { api_key: created.api_key, key: created.token.as_str().to_owned() };
    context.output.show(&answer, |answer, face| {
        let key = &answer.api_key;
        let rows = [
            ("key", toned(&answer.key, Tone::Strong)),
            ("name", Cell::from(&key.name)),
            ("scopes", scope_words(key).into()),
            ("expires", key.expires_at.map_or_else(|| "never".into(), |at| moment(at).into())),
            ("id", key.id.to_string().into()),
        ];
        fields(face, rows)
    })?;
    context.output.hint("send it as a header: Authorization: Bearer KEY");
    Ok(())
}

fn scope_words(key: &ApiKey) -> String {
    key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")
}

fn list(keys: &[ApiKey], face: Face, now: Instant) -> String {
    let rows = keys.iter().map(|key| {
        [
            toned(&key.name, Tone::Strong),
            Cell::from(&key.prefix),
            scope_words(key).into(),
            state(key, now),
            or_dash(key.last_used_at.map(moment)),
            toned(key.id.to_string(), Tone::Dim),
        ]
    });
    table(face, ["NAME", "PREFIX", "SCOPES", "STATUS", "LAST USED (UTC)", "ID"], rows)
}

fn state(key: &ApiKey, now: Instant) -> Cell {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => toned("revoked", Tone::Bad),
        (None, Some(at)) if at <= now => toned("expired", Tone::Bad),
        (None, Some(at)) => toned(format!("until {}", moment(at)), Tone::Good),
        (None, None) => toned("active", Tone::Good),
    }
}

/// `90d`, `12h`, `30m`.
fn span(text: &str) -> std::result::Result<TimeDelta, String> {
    let wrong = || "a time is a whole number and d, h or m, such as 90d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: i64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    let span = match unit {
        "d" => TimeDelta::try_days(number),
        "h" => TimeDelta::try_hours(number),
        "m" => TimeDelta::try_minutes(number),
        _ => None,
    };
    span.ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::span;

    #[test]
    fn times_are_a_number_and_a_unit() {
        assert_eq!(span("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(span("12h"), Ok(TimeDelta::hours(12)));
        assert_eq!(span("30m"), Ok(TimeDelta::minutes(30)));
        for wrong in ["", "d", "90", "-1d", "0d", "1.5d", "1y", "9999999999999999999d", "9223372036854775807d", "ü"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
