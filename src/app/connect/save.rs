//! What is stored when connecting worked, all at once: the credential's values, its tokens, what was tried, histories, and
//! that the link did its work.

use std::time::Instant as Stopwatch;

use crate::app::App;
use crate::app::By;
use crate::app::connect::Draft;
use crate::app::connect::Trouble;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::credential::Check;
use crate::model::credential::StoredStatus;
use crate::model::link::Link;
use crate::model::live_test::Verdict;
use crate::model::token::TokenSet;
use crate::model::values::FieldChange;
use crate::outbound::oauth::Tested;
use crate::store;
use crate::store::conn::Conn;

/// Values that were tried with the third party. No `Debug`.
pub(super) struct Proven {
    kind: AttemptKind,
    tokens: Option<TokenSet>,
    verdict: Option<Verdict>,
    duration_ms: i64,
}

impl Proven {
    pub(super) fn new(kind: AttemptKind, tested: Tested, begun: Stopwatch) -> Self {
        let duration_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        Self { kind, tokens: tested.tokens, verdict: tested.verdict, duration_ms }
    }

    /// Why they are not stored.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let verdict = self.verdict.as_ref().filter(|verdict| !verdict.is_ok())?;
        Some(Trouble::new("live_test_failed", verdict.message.clone(), verdict.advice.clone()))
    }

    pub(super) fn attempt(&self, connection: ConnectionId, now: Instant) -> Attempt {
        let verdict = self.verdict.as_ref();
        Attempt {
            id: EventId::new(),
            connection_id: connection,
            credential_id: None,
            at: now,
            kind: self.kind,
            outcome: verdict.map_or(Attempt::OK, |verdict| verdict.outcome.as_str()).to_owned(),
            detail: verdict.map_or("stored without a test: there is none", |verdict| &verdict.message).to_owned(),
            status: verdict.and_then(|verdict| verdict.status),
            duration_ms: self.duration_ms,
        }
    }
}

impl App {
    /// Stores a draft that was proven.
    ///
    /// # Errors
    /// `link_completed` when somebody else used the link meanwhile; `version_mismatch`.
    pub(super) fn save_draft(
        &self,
        tx: &mut Conn,
        (actor, link): (&Actor, &Link),
        (mut draft, proven): (Draft, &Proven),
        now: Instant,
    ) -> Result<CredentialId> {
        let by = By::new(actor, now);
        let tenant = by.tenant();
        if !store::link::complete(tx, tenant, link.id, now)? {
            return Err(Error::conflict(
                "link_completed",
                "this link was used or revoked meanwhile: ask for a new one",
            ));
        }
        let id = draft.held.credential.id;
        let before = draft.held.credential.status;
        let after = if before == StoredStatus::Disabled { before } else { StoredStatus::Active };
        let credential = &mut draft.held.credential;
        credential.status = after;
        credential.sealed = match draft.secrets.is_empty() {
            true => None,
            false => Some(self.keys(tx, tenant)?.seal("credentials", id.0, "secrets", &draft.secrets)?),
        };
        if draft.is_new {
            store::credential::insert(tx, tenant, credential)?;
        } else {
            store::credential::update(tx, tenant, credential, now)?;
            credential.version += 1;
            draft.changes.extend(FieldChange::of("status", before.as_str(), after.as_str()));
        }
        self.unmark_placeholder(tx, tenant, &draft.held.described, now)?;
        let action = match (proven.kind, draft.is_new) {
            (AttemptKind::Authorize, _) => "credential.authorized",
            (_, true) => "credential.created",
            (_, false) => "credential.changed",
        };
        self.record_credential(tx, by, &draft.held, (action, &draft.changes))?;
        self.renew_tokens(tx, tenant, &draft, (proven.tokens.as_ref(), now))?;
        let connection = draft.held.credential.connection_id;
        store::attempt::append(tx, tenant, &Attempt { credential_id: Some(id), ..proven.attempt(connection, now) })?;
        if let Some(verdict) = &proven.verdict {
            let (outcome, message) = (verdict.outcome.as_str().to_owned(), verdict.message.clone());
            let check = Check { checked_at: now, outcome, message, next_check_at: None };
            store::check::put(tx, tenant, id, &check)?;
        }
        Ok(id)
    }

    /// Tokens in place of whatever was there. Old ones of other values are taken out in any case.
    fn renew_tokens(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        draft: &Draft,
        (tokens, now): (Option<&TokenSet>, Instant),
    ) -> Result<()> {
        let id = draft.held.credential.id;
        let auth = &draft.kind()?.auth;
        let Some(tokens) = tokens else { return self.clear_tokens(tx, tenant, id) };
        // A renewal that is under way may store its own between the two looks.
        for _ in 0..3 {
            let generation = store::token::find(tx, tenant, id)?.map_or(0, |row| row.generation);
            if self.put_tokens(tx, (tenant, id), (generation, tokens), (auth, now))? {
                return store::lease::reset(tx, tenant, id);
            }
        }
        Err(Error::conflict("tokens_changed", "the tokens are being renewed at this moment: try again"))
    }
}
