//! The provider sends a browser back. Nothing counts before the state is checked, and nothing is stored but the code,
//! sealed in its flow: whoever follows a link can come here.

use serde_json::json;

use crate::app::App;
use crate::app::connect::Draft;
use crate::app::connect::Ended;
use crate::app::connect::Trouble;
use crate::app::connect::begin::edits;
use crate::crypto::random_word;
use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::EventId;
use crate::ids::FlowId;
use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::audit::Event;
use crate::model::component::auth::Auth;
use crate::model::flow::Flow;
use crate::model::flow::FlowStatus;
use crate::model::flow::Held;
use crate::model::flow::state_hash;
use crate::model::oauth::callback;
use crate::model::oauth::callback::Answer;
use crate::model::oauth::registration::Registration;
use crate::model::oauth::three_legged;
use crate::store;
use crate::store::conn::Conn;
use zeroize::Zeroizing;

/// What a callback led to.
pub enum Received {
    /// The same browser goes on with this ticket, and must be the one that began.
    GoesOn {
        flow: FlowId,
        ticket: Zeroizing<String>,
    },
    Ended(Ended),
}

/// Where a flow is, and what it is about.
pub(super) struct Known {
    pub(super) flow: Flow,
    pub(super) held: Held,
    pub(super) draft: Draft,
}

impl App {
    /// Takes what the provider sent with the browser.
    ///
    /// # Errors
    /// `unknown_callback`, `invalid_callback`, `unknown_state`, `state_used`, `wrong_callback`, `flow_expired`,
    /// `wrong_issuer`, `connection_changed`. Nothing is stored then, and what is known of a refusal is in the audit log.
    pub async fn receive_callback(&self, id: String, params: Vec<(String, String)>) -> Result<Received> {
        let app = self.clone();
        // Refusals are recorded too, so the transaction commits whatever comes of it.
        self.store().write(move |tx| Ok(app.receive(tx, &id, &params))).await?
    }

    fn receive(&self, tx: &mut Conn, id: &str, params: &[(String, String)]) -> Result<Received> {
        let hash = self.hash_of_state(tx, id, params)?;
        let unknown = || {
            let what =
                "this authorization is not known: it is too long ago, or the address was not copied whole; begin again";
            Error::invalid("unknown_state", what)
        };
        let flow = store::flow::find_by_state(tx, &hash)?.ok_or_else(unknown)?;
        if flow.callback != id {
            let message = "the provider sent the answer to another place than it was asked to; nothing was connected";
            return Err(self.refuse_flow(tx, &flow, Error::invalid("wrong_callback", message))?);
        }
        if flow.status != FlowStatus::Started {
            let message = "this answer of the provider was used already; if nothing is connected yet, begin again";
            self.note_flow(tx, &flow, "oauth.refused", "state_used")?;
            return Err(Error::conflict("state_used", message));
        }
        if flow.expires_at <= self.clock().now() {
            let message = "the provider answered too late: begin again, and finish within ten minutes";
            return Err(self.refuse_flow(tx, &flow, Error::conflict("flow_expired", message))?);
        }
        match self.read_answer(tx, &flow, params) {
            Ok((known, Answer::Granted { code, kept })) => {
                let ticket = random_word()?;
                let ticket_hash = Some(sha256(ticket.as_bytes()));
                let held = Held { code, kept, ticket_hash, ..known.held };
                let sealed = self.seal_flow(tx, &flow, &held)?;
                if !store::flow::advance(tx, &flow, FlowStatus::Returned, sealed)? {
                    return Err(Error::conflict("state_used", "this answer of the provider was used already"));
                }
                Ok(Received::GoesOn { flow: flow.id, ticket })
            }
            Ok((known, Answer::Refused(refusal))) => {
                let said = refusal
                    .description
                    .as_ref()
                    .map(|text| format!(": {}", text.trim_end_matches('.')))
                    .unwrap_or_default();
                let message = format!("The provider did not authorize ({}{said})", refusal.code);
                let trouble = Trouble::begin_again(&refusal.code, message);
                self.end_in_trouble(tx, &flow, &trouble)?;
                Ok(Received::Ended(self.failed_end(tx, &flow, &known.draft, trouble)?))
            }
            Err(error) if error.kind == Kind::Internal => Err(error),
            Err(error) => Err(self.refuse_flow(tx, &flow, error)?),
        }
    }

    /// The state stands under a name that the connections of this callback agree on: they are one client's.
    fn hash_of_state(&self, c: &mut Conn, id: &str, params: &[(String, String)]) -> Result<[u8; 32]> {
        let unknown =
            || Error::new(Kind::NotFound, "unknown_callback", "this address belongs to no connection; begin again");
        let (tenant, connection) = store::callback::find_by_id(c, id)?.ok_or_else(unknown)?;
        let described = self.describe(c, tenant, &connection.to_string())?;
        let auth = &described.kind()?.auth;
        let of_callback = matches!(auth, Auth::Oauth1(_)).then_some(id);
        Ok(state_hash(callback::state(auth, params)?, of_callback))
    }

    fn read_answer(&self, c: &mut Conn, flow: &Flow, params: &[(String, String)]) -> Result<(Known, Answer)> {
        let known = self.known_flow(c, flow.clone())?;
        let (auth, fill) = (&known.draft.kind()?.auth, known.draft.fill()?);
        let answer = callback::read(auth, &fill, params)?;
        if let Some(temporary) = &known.held.temporary {
            three_legged::check_token(temporary, callback::state(auth, params)?)?;
        }
        Ok((known, answer))
    }

    /// A flow with what it is about, unless the connection leads elsewhere by now.
    ///
    /// # Errors
    /// `connection_changed`, `connection_disabled`, `invalid_fields`.
    pub(super) fn known_flow(&self, c: &mut Conn, flow: Flow) -> Result<Known> {
        let held: Held = self.keys(c, flow.tenant)?.unseal("oauth_flows", flow.id.0, "sealed", &flow.sealed)?;
        let draft = self.firm_draft(c, flow.tenant, &flow.place, &edits(&held.values))?;
        super::check_enabled(draft.described())?;
        let now = Registration::of(&draft.kind()?.auth, &draft.fill()?)?;
        // Codes are spent where the person was sent from, or nowhere.
        if now.fingerprint() != held.registration {
            let message = "the connection was changed while you were at the provider: begin again";
            return Err(Error::conflict("connection_changed", message));
        }
        Ok(Known { flow, held, draft })
    }

    pub(super) fn seal_flow(&self, c: &mut Conn, flow: &Flow, held: &Held) -> Result<Vec<u8>> {
        self.keys(c, flow.tenant)?.seal("oauth_flows", flow.id.0, "sealed", held)
    }

    /// Ends a flow because of how somebody came back; gives the error back.
    pub(super) fn refuse_flow(&self, tx: &mut Conn, flow: &Flow, error: Error) -> Result<Error> {
        self.end_in_trouble(tx, flow, &Trouble::begin_again(error.code, error.public.clone()))?;
        Ok(error)
    }

    /// Ends a flow: its secrets go, and what was wrong is recorded.
    pub(super) fn end_in_trouble(&self, tx: &mut Conn, flow: &Flow, trouble: &Trouble) -> Result<()> {
        let sealed = self.seal_flow(tx, flow, &Held::default())?;
        store::flow::fail(tx, flow, (&trouble.code, &trouble.message), sealed)?;
        let now = self.clock().now();
        let attempt = Attempt {
            id: EventId::new(),
            connection_id: flow.place.connection,
            credential_id: None,
            at: now,
            kind: AttemptKind::Authorize,
            outcome: trouble.code.clone(),
            detail: trouble.message.clone(),
            status: None,
            duration_ms: (now - flow.created_at).num_milliseconds(),
        };
        store::attempt::append(tx, flow.tenant, &attempt)?;
        self.note_flow(tx, flow, "oauth.failed", &trouble.code)
    }

    pub(super) fn note_flow(&self, tx: &mut Conn, flow: &Flow, action: &'static str, reason: &str) -> Result<()> {
        let detail = json!({ "connection": flow.place.connection, "owner": flow.place.owner.kind(), "reason": reason });
        let event = Event::new(action, flow.id.to_string(), detail);
        store::audit::append(tx, Some(flow.tenant), &flow.actor, &event, self.clock().now())
    }

    pub(super) fn failed_end(&self, c: &mut Conn, flow: &Flow, draft: &Draft, trouble: Trouble) -> Result<Ended> {
        let tenant = store::tenant::find(c, flow.tenant)?.ok_or_else(|| Error::bug("the tenant of a flow is gone"))?;
        let tenant = self.face(c, &tenant)?;
        let connection = draft.described().connection.label.clone();
        Ok(Ended::failed((tenant, connection), flow.ends.failure_url.as_deref(), trouble))
    }
}
