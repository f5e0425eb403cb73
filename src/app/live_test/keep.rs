//! What is kept of a test of stored values: the check, tokens that came of it, and the status that follows.

use chrono::TimeDelta;
use serde_json::json;

use crate::app::App;
use crate::app::layers::Described;
use crate::app::live_test::Found;
use crate::clock::Instant;
use crate::crypto::random;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::audit::Event;
use crate::model::connection::HistoryEntry;
use crate::model::credential::Check;
use crate::model::credential::Credential;
use crate::model::credential::StoredStatus;
use crate::model::values::FieldChange;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// When stored values are tested again by the schedule: after the interval, a tenth of it earlier or later, so that
    /// what was saved together is not tested together.
    pub(crate) fn next_check(&self, now: Instant) -> Result<Instant> {
        let interval = self.check_interval();
        let spread = interval / 5 * i32::from(u8::from_be_bytes(random::<1>()?)) / 256;
        Ok(now + interval - interval / 10 + spread)
    }

    /// Keeps what a test of stored values found, and the tokens that came of it.
    pub(crate) fn keep_found(
        &self,
        tx: &mut Conn,
        (tenant, credential): (TenantId, CredentialId),
        (described, found): (&Described, &Found),
        now: Instant,
    ) -> Result<()> {
        let check = Check {
            checked_at: now,
            outcome: found.verdict.outcome.as_str().to_owned(),
            message: found.verdict.message.clone(),
            next_check_at: Some(self.next_check(now)?),
        };
        store::check::put(tx, tenant, credential, &check)?;
        let Some(tokens) = &found.tokens else { return Ok(()) };
        let generation = store::token::find(tx, tenant, credential)?.map_or(0, |row| row.generation);
        let auth = &described.kind()?.auth;
        self.put_tokens(tx, (tenant, credential), (generation, tokens), (auth, now))?;
        store::lease::reset(tx, tenant, credential)
    }

    /// Gives a credential another status because of a test.
    pub(crate) fn set_health(
        &self,
        tx: &mut Conn,
        (tenant, now): (TenantId, Instant),
        (described, credential): (&Described, &Credential),
        (status, actor, why): (StoredStatus, &str, &str),
    ) -> Result<()> {
        let changed = Credential { status, ..credential.clone() };
        store::credential::update(tx, tenant, &changed, now)?;
        let action = if status == StoredStatus::Active { "credential.recovered" } else { "credential.failed" };
        let changes = FieldChange::of("status", credential.status.as_str(), status.as_str());
        let entry = HistoryEntry {
            id: EventId::new(),
            at: now,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: format!("credential {}", credential.name),
            changes: changes.into_iter().collect(),
        };
        store::history::append(tx, tenant, credential.connection_id, &entry)?;
        let detail = json!({ "connection": described.connection.stable_key, "reason": why });
        let event = Event::new(action, credential.id.to_string(), detail);
        store::audit::append(tx, Some(tenant), actor, &event, now)
    }

    /// How far apart scheduled tests of one credential are.
    fn check_interval(&self) -> TimeDelta {
        self.checks().unwrap_or(TimeDelta::hours(24))
    }
}
