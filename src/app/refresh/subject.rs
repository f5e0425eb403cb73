//! What a call for tokens is about, read in one transaction: the connection, its values with secrets, the tokens there are.

use crate::app::App;
use crate::app::credential::Held;
use crate::app::refresh::outcome::Refusal;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::component::ConnectionType;
use crate::model::credential::Credential;
use crate::model::fill::Fill;
use crate::model::oauth::failure::Seen;
use crate::model::oauth::renew;
use crate::model::token::StoredTokens;
use crate::model::token::TokenSet;
use crate::model::values::resolve;
use crate::outbound::client::Rules;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::RefreshError;
use crate::outbound::oauth::Renewed;

/// Holds secrets: no `Debug`.
pub(super) struct Subject {
    tenant: TenantId,
    held: Held,
    fill: Fill,
    stored: Option<StoredTokens>,
}

impl Subject {
    pub(super) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(super) fn credential(&self) -> &Credential {
        &self.held.credential
    }

    pub(super) fn kind(&self) -> Result<&ConnectionType> {
        self.held.described.kind()
    }

    pub(super) fn stable_key(&self) -> String {
        self.held.described.connection.stable_key.to_string()
    }

    /// Of the tokens that are about to be spent; 0: there are none.
    pub(super) fn generation(&self) -> i64 {
        self.stored.as_ref().map_or(0, |stored| stored.generation)
    }

    fn tokens(&self) -> Option<&TokenSet> {
        self.stored.as_ref().map(|stored| &stored.tokens).filter(|tokens| !tokens.access_token.is_empty())
    }

    pub(super) fn attempt(
        &self,
        (outcome, detail): (&str, &str),
        status: Option<u16>,
        (at, duration_ms): (Instant, i64),
    ) -> Attempt {
        Attempt {
            id: EventId::new(),
            connection_id: self.held.described.connection.id,
            credential_id: Some(self.held.credential.id),
            at,
            kind: if self.tokens().is_some() { AttemptKind::Refresh } else { AttemptKind::Exchange },
            outcome: outcome.to_owned(),
            detail: detail.to_owned(),
            status,
            duration_ms,
        }
    }
}

impl App {
    /// # Errors
    /// `credential_pending` and `credential_quarantined`: nothing is sent with values that are missing, or that were
    /// entered for another place.
    pub(super) async fn refresh_subject(&self, tenant: TenantId, credential: CredentialId) -> Result<Subject> {
        let app = self.clone();
        self.store()
            .read(move |c| {
                let held = app.held(c, tenant, credential)?;
                let (global, own) = app.both_secrets(c, tenant, &held.described, Some(&held.credential))?;
                let layers = held.described.layers(Some((held.credential.owner.kind(), &held.credential.inputs)))?;
                let resolution = resolve(&layers, Some((&global, &own)));
                if resolution.is_quarantined() {
                    let message = "the place that its secrets are sent to changed: enter them again";
                    return Err(Error::conflict("credential_quarantined", message));
                }
                if !resolution.is_complete() {
                    return Err(Error::conflict("credential_pending", "values of this credential are missing"));
                }
                let fill = Fill::of(&resolution);
                let stored = app.fitting_tokens(c, tenant, &held)?;
                let subject = Subject { tenant, held, fill, stored };
                if subject.tokens().is_none() && !renew::needs_no_person(&subject.kind()?.auth) {
                    let message = format!("nobody authorized `{}` at the provider yet", subject.stable_key());
                    return Err(Error::conflict("credential_pending", message));
                }
                Ok(subject)
            })
            .await
    }

    /// Asks the provider: renews what is there, or obtains tokens where no person is needed. No database is held.
    pub(super) async fn ask_for_tokens(&self, subject: &Subject) -> Result<Renewed, Refusal> {
        let kind = subject.kind().map_err(|error| Refusal::of_ours(&error))?;
        let send = |request| self.lasting_outbound().send(request, Rules::default());
        let caller = Caller { kind, fill: &subject.fill, clock: self.clock(), send };
        match subject.tokens() {
            Some(tokens) => caller.refresh(tokens).await.map_err(Refusal::from),
            None => {
                let tokens = caller.obtain().await.map_err(|failure| Refusal::from(RefreshError::from(failure)))?;
                Ok(Renewed { tokens, next: None })
            }
        }
    }

    /// The requests that a manifest makes after a refresh.
    pub(super) async fn follow_up(&self, subject: &Subject, tokens: TokenSet) -> Result<TokenSet, Refusal> {
        let kind = subject.kind().map_err(|error| Refusal::of_ours(&error))?;
        let send = |request| self.lasting_outbound().send(request, Rules::default());
        let caller = Caller { kind, fill: &subject.fill, clock: self.clock(), send };
        caller.follow_up(tokens).await.map_err(Refusal::from)
    }
}

impl Refusal {
    fn of_ours(error: &Error) -> Self {
        Self { message: error.public.to_string(), ..Self::none() }
    }

    fn none() -> Self {
        Self {
            is_final: false,
            code: "misconfigured",
            message: String::new(),
            status: None,
            retry_after: None,
            may_have_acted: false,
        }
    }
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        let (is_final, retry_after) = match &error {
            RefreshError::Revoked(_) => (true, None),
            RefreshError::Retry { after, .. } => (false, *after),
            RefreshError::Misconfigured(_) => (false, None),
        };
        let reason = error.reason();
        let status = match &reason.seen {
            Seen::Refusal { status, .. } | Seen::NoTokenAnswer { status } => Some(*status),
            _ => None,
        };
        Self {
            is_final,
            code: reason.code,
            message: reason.message.clone(),
            status,
            retry_after,
            may_have_acted: reason.may_have_acted,
        }
    }
}
