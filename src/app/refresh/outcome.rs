//! What a failed call means for the credential: when it is tried again, or that a person must come.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use crate::app::App;
use crate::app::refresh::subject::Subject;
use crate::clock::Instant;
use crate::crypto::random;
use crate::error::Result;
use crate::ids::EventId;
use crate::model::audit::Event;
use crate::model::connection::HistoryEntry;
use crate::model::credential::StoredStatus;
use crate::model::values::FieldChange;
use crate::store;
use crate::store::conn::Conn;

/// Longest pause between attempts of one credential.
const MAX_PAUSE: TimeDelta = TimeDelta::minutes(30);
/// Whoever refreshes by itself is named so in histories.
pub(super) const ACTOR: &str = "keyway (token refresh)";

/// Why the provider gave no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// A person must authorize again; nobody asks any more.
    pub(super) is_final: bool,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    pub(super) may_have_acted: bool,
}

/// When the provider is asked again: pauses double from two seconds on, a random part of each is left out so that many
/// credentials do not come at once, and never before the provider allows it.
pub(super) fn next_attempt(refusal: &Refusal, failures: i64, now: Instant) -> Result<Option<Instant>> {
    if refusal.is_final {
        return Ok(None);
    }
    let doublings = u32::try_from(failures.clamp(0, 20)).unwrap_or(20);
    let pause = (TimeDelta::seconds(2) * 2_i32.saturating_pow(doublings).min(1000)).min(MAX_PAUSE);
    let jitter = pause / 2 * i32::from(u8::from_be_bytes(random::<1>()?)) / 256;
    let told = refusal.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
    Ok(Some(now + (pause - jitter).max(told)))
}

impl App {
    /// The provider said that the authorization is over.
    pub(super) fn end_authorization(&self, tx: &mut Conn, subject: &Subject, code: &str, now: Instant) -> Result<()> {
        store::token::stop_refreshing(tx, subject.tenant(), subject.credential().id)?;
        self.set_status(tx, subject, (StoredStatus::ReauthorizationRequired, code), now)
    }

    /// Tokens came again.
    pub(super) fn note_recovery(&self, tx: &mut Conn, subject: &Subject, now: Instant) -> Result<()> {
        if subject.credential().status == StoredStatus::Error {
            return self.set_status(tx, subject, (StoredStatus::Active, "refreshed"), now);
        }
        Ok(())
    }

    fn set_status(
        &self,
        tx: &mut Conn,
        subject: &Subject,
        (status, why): (StoredStatus, &str),
        now: Instant,
    ) -> Result<()> {
        let tenant = subject.tenant();
        let Some(mut credential) = store::credential::find(tx, tenant, subject.credential().id)? else { return Ok(()) };
        if credential.status == status || credential.status == StoredStatus::Disabled {
            return Ok(());
        }
        let old = credential.status;
        credential.status = status;
        store::credential::update(tx, tenant, &credential, now)?;
        let changes = FieldChange::of("status", old.as_str(), status.as_str()).into_iter().collect();
        let entry = HistoryEntry {
            id: EventId::new(),
            at: now,
            actor: ACTOR.to_owned(),
            action: format!("credential.{}", status.as_str()),
            subject: format!("credential {}", credential.name),
            changes,
        };
        store::history::append(tx, tenant, credential.connection_id, &entry)?;
        let detail = json!({ "connection": subject.stable_key(), "reason": why });
        let action = match status {
            StoredStatus::ReauthorizationRequired => "credential.reauthorization_required",
            _ => "credential.recovered",
        };
        let event = Event::new(action, credential.id.to_string(), detail);
        store::audit::append(tx, Some(tenant), ACTOR, &event, now)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn refusal(retry_after: Option<u64>) -> Refusal {
        Refusal {
            is_final: false,
            code: "provider_failed",
            message: String::new(),
            status: Some(503),
            retry_after: retry_after.map(Duration::from_secs),
            may_have_acted: true,
        }
    }

    #[test]
    fn pauses_grow_and_never_undercut_the_provider() {
        let now = DateTime::UNIX_EPOCH;
        let pause = |failures, retry_after| {
            let next = next_attempt(&refusal(retry_after), failures, now).unwrap().unwrap();
            (next - now).num_milliseconds()
        };
        for _ in 0..100 {
            assert!((1000..=2000).contains(&pause(0, None)));
            assert!((4000..=8000).contains(&pause(2, None)));
            assert!((900_000..=1_800_000).contains(&pause(i64::MAX, None)));
            assert_eq!(pause(0, Some(120)), 120_000);
        }
        assert_eq!(next_attempt(&Refusal { is_final: true, ..refusal(None) }, 0, now).unwrap(), None);
    }
}
