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

/// What an authorization gave, tried at the third party. No `Debug`.
pub(super) struct Proven {
    tokens: Option<TokenSet>,
    verdict: Option<Verdict>,
    duration_ms: i64,
}

impl Proven {
    pub(super) fn new(tested: Tested, begun: Stopwatch) -> Self {
        let duration_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        Self { tokens: tested.tokens, verdict: tested.verdict, duration_ms }
    }

    pub(super) fn tokens(&self) -> Option<&TokenSet> {
        self.tokens.as_ref()
    }

    /// Why they are not stored.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let verdict = self.verdict.as_ref().filter(|verdict| !verdict.is_ok())?;
        Some(Trouble::new("live_test_failed", verdict.message.clone(), verdict.advice.clone()))
    }

    fn attempt(&self, connection: ConnectionId, now: Instant) -> Attempt {
        let verdict = self.verdict.as_ref();
        Attempt {
            id: EventId::new(),
            connection_id: connection,
            credential_id: None,
            at: now,
            kind: AttemptKind::Authorize,
            outcome: verdict.map_or(Attempt::OK, |verdict| verdict.outcome.as_str()).to_owned(),
            detail: verdict.map_or("stored without a test: there is none", |verdict| &verdict.message).to_owned(),
            status: verdict.and_then(|verdict| verdict.status),
            duration_ms: self.duration_ms,
        }
    }
}

impl App {
    /// Stores a draft that somebody authorized.
    ///
    /// # Errors
    /// `link_completed` when somebody else used the link meanwhile; `version_mismatch`.
    pub(super) fn save_authorized(
        &self,
        tx: &mut Conn,
        (actor, link): (&Actor, &Link),
        (mut draft, proven): (Draft, &Proven),
        now: Instant,
    ) -> Result<CredentialId> {
        let tenant = actor.tenant.id;
        self.reseal_draft(tx, tenant, &mut draft)?;
        self.write_draft(tx, (By::new(actor, now), link), &mut draft, "credential.authorized")?;
        self.renew_tokens(tx, tenant, &draft, (proven.tokens.as_ref(), now))?;
        let (id, connection) = (draft.held.credential.id, draft.held.credential.connection_id);
        store::attempt::append(tx, tenant, &Attempt { credential_id: Some(id), ..proven.attempt(connection, now) })?;
        if let Some(verdict) = &proven.verdict {
            let (outcome, message) = (verdict.outcome.as_str().to_owned(), verdict.message.clone());
            let check = Check { checked_at: now, outcome, message, next_check_at: Some(self.next_check(now)?) };
            store::check::put(tx, tenant, id, &check)?;
        }
        Ok(id)
    }

    /// Seals the secrets of a draft as they are after the edits. Nothing is written.
    pub(super) fn reseal_draft(&self, c: &mut Conn, tenant: TenantId, draft: &mut Draft) -> Result<()> {
        let credential = &mut draft.held.credential;
        credential.sealed = match draft.secrets.is_empty() {
            true => None,
            false => Some(self.keys(c, tenant)?.seal("credentials", credential.id.0, "secrets", &draft.secrets)?),
        };
        Ok(())
    }

    /// Writes a draft, and that the link did its work.
    ///
    /// # Errors
    /// `link_completed` when somebody else used the link meanwhile; `version_mismatch`.
    pub(super) fn write_draft(
        &self,
        tx: &mut Conn,
        (by, link): (By<'_>, &Link),
        draft: &mut Draft,
        action: &'static str,
    ) -> Result<()> {
        let (tenant, now) = (by.tenant(), by.now);
        if !store::link::complete(tx, tenant, link.id, now)? {
            return Err(Error::conflict(
                "link_completed",
                "this link was used or revoked meanwhile: ask for a new one",
            ));
        }
        let credential = &mut draft.held.credential;
        let before = credential.status;
        credential.status = if before == StoredStatus::Disabled { before } else { StoredStatus::Active };
        if draft.is_new {
            store::credential::insert(tx, tenant, credential)?;
        } else {
            store::credential::update(tx, tenant, credential, now)?;
            credential.version += 1;
            draft.changes.extend(FieldChange::of("status", before.as_str(), credential.status.as_str()));
        }
        self.unmark_placeholder(tx, tenant, &draft.held.described, now)?;
        self.record_credential(tx, by, &draft.held, (action, &draft.changes))
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
