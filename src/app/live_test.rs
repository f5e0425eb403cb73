//! Live tests: what one is about, running it with no database held, and what is kept of what it found.

use std::time::Instant as Stopwatch;

use crate::app::App;
use crate::app::layers::Described;
use crate::clock::Instant;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::credential::Credential;
use crate::model::fill::Fill;
use crate::model::live_test::Verdict;
use crate::model::token::TokenSet;
use crate::model::values::Inputs;
use crate::model::values::OwnerKind;
use crate::model::values::resolve;
use crate::outbound::client::Rules;
use crate::outbound::oauth::Caller;
use crate::store;
use crate::store::conn::Conn;

pub mod attempts;
mod health;
mod keep;
pub(crate) mod limit;
pub mod run;
pub(crate) mod save;
mod tokens;

/// Complete values of one connection, ready to be tried. Holds secrets: no `Debug`.
pub(crate) struct Subject {
    tenant: TenantId,
    described: Described,
    /// Absent: the layers above the credential are enough.
    credential: Option<CredentialId>,
    fill: Fill,
    /// The secrets among the values: no sentence of a third party repeats them to people.
    secrets: Fill,
}

/// What one run of a test gave. No `Debug`.
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    /// Got for the test by the values alone.
    tokens: Option<TokenSet>,
    duration_ms: i64,
}

impl Subject {
    /// Whether the other is about the very same values of the same connection type.
    fn is_same(&self, other: &Self) -> bool {
        self.fill == other.fill && self.described.kind().ok() == other.described.kind().ok()
    }

    fn connection(&self) -> ConnectionId {
        self.described.connection.id
    }
}

impl Found {
    pub(crate) fn attempt(
        &self,
        (connection, credential): (ConnectionId, Option<CredentialId>),
        at: Instant,
    ) -> Attempt {
        let Verdict { outcome, message, hint, status, .. } = &self.verdict;
        Attempt {
            id: EventId::new(),
            connection_id: connection,
            credential_id: credential,
            at,
            kind: AttemptKind::LiveTest,
            outcome: outcome.as_str().to_owned(),
            detail: hint.as_ref().map_or_else(|| message.clone(), |hint| format!("{message}: {hint}")),
            status: *status,
            duration_ms: self.duration_ms,
        }
    }
}

impl App {
    /// The effective values for one owner as a test needs them; nothing while something is missing or quarantined: a
    /// secret is never tried at a place that it was not entered for.
    pub(crate) fn test_subject(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        described: &Described,
        (owner, credential): (OwnerKind, Option<&Credential>),
    ) -> Result<Option<Subject>> {
        let (global, own) = self.both_secrets(c, tenant, described, credential)?;
        let nothing = Inputs::new();
        let inputs = credential.map_or(&nothing, |credential| &credential.inputs);
        let layers = described.layers(Some((owner, inputs)))?;
        let resolution = resolve(&layers, Some((&global, &own)));
        if !resolution.is_complete() {
            return Ok(None);
        }
        let secret = resolution.inputs.iter().filter(|input| input.is_secret);
        let secrets = secret.filter_map(|input| Some((input.input.key.clone(), input.value.clone()?)));
        Ok(Some(Subject {
            tenant,
            described: described.clone(),
            credential: credential.map(|credential| credential.id),
            secrets: Fill::new(secrets.collect()),
            fill: Fill::of(&resolution),
        }))
    }

    /// Tries the values at the third party. `tokens`: of a person's authorization; else they are got by the values.
    /// Nothing when there is nothing to try.
    pub(crate) async fn try_values(&self, subject: &Subject, tokens: Option<TokenSet>) -> Result<Option<Found>> {
        let begun = Stopwatch::now();
        let kind = subject.described.kind()?;
        let send = |request| self.outbound().send(request, Rules::default());
        let caller = Caller { kind, fill: &subject.fill, clock: self.clock(), send };
        let is_given = tokens.is_some();
        let hidden =
            tokens.as_ref().map_or_else(|| subject.secrets.clone(), |t| subject.secrets.clone().with_tokens(t));
        let tested = caller.live_test(tokens).await;
        Ok(tested.verdict.map(|verdict| Found {
            verdict: Verdict { hint: verdict.hint.map(|hint| hidden.without_values(&hint)), ..verdict },
            tokens: tested.tokens.filter(|_| !is_given),
            duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        }))
    }

    /// Keeps that something was tried. What was never stored has nothing to keep it at.
    pub(crate) async fn log_attempt(&self, subject: &Subject, found: &Found) -> Result<()> {
        let (tenant, credential) = (subject.tenant, subject.credential);
        let attempt = found.attempt((subject.connection(), credential), self.clock().now());
        self.store()
            .write(move |tx| {
                if store::connection::find(tx, tenant, attempt.connection_id)?.is_none() {
                    return Ok(());
                }
                let stored = credential.map(|id| store::credential::find(tx, tenant, id)).transpose()?.flatten();
                let credential_id = stored.map(|credential| credential.id);
                store::attempt::append(tx, tenant, &Attempt { credential_id, ..attempt })
            })
            .await
    }
}
