//! The browser that began comes on from the callback: the code is exchanged, the tokens are tried, and everything is
//! stored at once.
//!
//! Two proofs are asked for. The cookie shows that this browser began; the ticket shows that it is the one that the
//! provider sent back. Somebody who makes another person authorize for them lacks one of them.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant as Stopwatch;

use crate::app::App;
use crate::app::connect::Ended;
use crate::app::connect::Opened;
use crate::app::connect::Trouble;
use crate::app::connect::begin::edits;
use crate::app::connect::receive::Known;
use crate::app::connect::save::Proven;
use crate::crypto::is_same;
use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::FlowId;
use crate::model::flow::Flow;
use crate::model::flow::FlowStatus;
use crate::model::flow::Held;
use crate::model::oauth::ask::Code;
use crate::model::oauth::failure::Failure;
use crate::model::token::TokenSet;
use crate::outbound::client::Rules;
use crate::outbound::oauth::ByVerifier;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::Tested;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// Ends an authorization. `secret`: what the browser kept since it began.
    ///
    /// # Errors
    /// `unknown_flow`, `flow_used`, `other_browser`, `flow_expired`, `connection_changed`. Nothing is stored then.
    pub async fn complete_flow(&self, id: FlowId, ticket: String, secret: Option<String>) -> Result<Ended> {
        let app = self.clone();
        // On its own, so that neither a browser that goes away nor a stop takes a spent code with it.
        let task = async move {
            let claiming = app.clone();
            // What is refused is recorded too.
            let claim = move |tx: &mut Conn| Ok(claiming.claim(tx, id, &ticket, secret.as_deref()));
            let known = app.store().write(claim).await??;
            app.exchange_and_save(known).await
        };
        self.lasting().begin(task).await.map_err(Error::internal)?
    }

    /// Checks who comes, and takes the code: nobody else gets it after this.
    fn claim(&self, tx: &mut Conn, id: FlowId, ticket: &str, secret: Option<&str>) -> Result<Known> {
        let unknown = || Error::new(Kind::NotFound, "unknown_flow", "this authorization is not known; begin again");
        let flow = store::flow::find(tx, id)?.ok_or_else(unknown)?;
        match flow.status {
            FlowStatus::Returned => {}
            FlowStatus::Started => return Err(unknown()),
            FlowStatus::Exchanging | FlowStatus::Done | FlowStatus::Failed => {
                return Err(Error::conflict(
                    "flow_used",
                    "this authorization is over: the page was loaded a second time",
                ));
            }
        }
        let held: Held = self.keys(tx, flow.tenant)?.unseal("oauth_flows", flow.id.0, "sealed", &flow.sealed)?;
        let is_ticket = held.ticket_hash.is_some_and(|hash| is_same(&hash, &sha256(ticket.as_bytes())));
        let began = secret.is_some_and(|secret| is_same(&flow.session_hash, &sha256(secret.as_bytes())));
        if !is_ticket {
            self.note_flow(tx, &flow, "oauth.refused", "wrong_ticket")?;
            return Err(unknown());
        }
        if !began {
            let message =
                "this authorization was begun in another browser, or this one keeps no cookies; nothing was connected";
            return Err(self.refuse_flow(tx, &flow, Error::forbidden("other_browser", message))?);
        }
        if flow.expires_at <= self.clock().now() {
            let message = "the authorization took too long: begin again, and finish within ten minutes";
            return Err(self.refuse_flow(tx, &flow, Error::conflict("flow_expired", message))?);
        }
        let known = match self.known_flow(tx, flow.clone()) {
            Ok(known) => known,
            Err(error) if error.kind == Kind::Internal => return Err(error),
            Err(error) => return Err(self.refuse_flow(tx, &flow, error)?),
        };
        let sealed = self.seal_flow(tx, &flow, &Held::default())?;
        if !store::flow::advance(tx, &flow, FlowStatus::Exchanging, sealed.clone())? {
            return Err(Error::conflict("flow_used", "this authorization is being completed already"));
        }
        Ok(Known { flow: Flow { status: FlowStatus::Exchanging, sealed, ..flow }, ..known })
    }

    async fn exchange_and_save(&self, known: Known) -> Result<Ended> {
        let begun = Stopwatch::now();
        let tested = match self.exchange(&known).await? {
            Ok(tested) => tested,
            Err(failure) => {
                let reason = failure.reason();
                let trouble =
                    Trouble::begin_again(reason.code, format!("The provider gave no tokens: {}", reason.message));
                return self.fail_flow(Arc::new(known), trouble).await;
            }
        };
        let proven = Proven::new(tested, begun);
        if let Some(trouble) = proven.trouble() {
            if let Some(tokens) = proven.tokens() {
                self.give_back(&known, tokens).await;
            }
            return self.fail_flow(Arc::new(known), trouble).await;
        }
        self.keep_proven(Arc::new(known), Arc::new(proven)).await
    }

    /// Trades the code for tokens, then tries them. The token endpoint is the connection's; nothing that came with the
    /// browser decides where the code goes.
    async fn exchange(&self, known: &Known) -> Result<Result<Tested, Failure>> {
        let (kind, fill) = (known.draft.kind()?, known.draft.fill()?);
        let send = |request| self.lasting_outbound().send(request, Rules::default());
        let caller = Caller { kind, fill: &fill, clock: self.clock(), send };
        let Held { code, verifier, redirect_uri, kept, .. } = &known.held;
        let obtained = match &known.held.temporary {
            Some(temporary) => {
                caller.obtain_by_verifier(ByVerifier { temporary, verifier: code, kept: kept.clone() }).await
            }
            None => caller.obtain_by_code(&Code { code, verifier, redirect_uri }, kept.clone()).await,
        };
        let tokens = match obtained {
            Ok(tokens) => tokens,
            Err(failure) => return Ok(Err(failure)),
        };
        let asked = || Some(known.held.scopes.iter().cloned().collect()).filter(|_| !known.held.scopes.is_empty());
        let granted_scopes = tokens.granted_scopes.clone().or_else(asked);
        Ok(Ok(caller.live_test(Some(TokenSet { granted_scopes, ..tokens })).await))
    }

    /// What the provider issued is in this process alone now: a commit that fails for a while is tried again.
    async fn keep_proven(&self, known: Arc<Known>, proven: Arc<Proven>) -> Result<Ended> {
        for pause_ms in [100, 500, 2_000, 5_000] {
            match self.keep_once(Arc::clone(&known), Arc::clone(&proven)).await {
                Err(error) if matches!(error.kind, Kind::Internal | Kind::Unavailable) => {
                    tracing::error!(flow.id = %known.flow.id, error = ?error.source, "new tokens are not stored yet; trying again");
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                }
                Err(error) => {
                    if let Some(tokens) = proven.tokens() {
                        self.give_back(&known, tokens).await;
                    }
                    return self.fail_flow(known, Trouble::begin_again(error.code, error.public)).await;
                }
                Ok(ended) => return Ok(ended),
            }
        }
        self.keep_once(known, proven).await
    }

    async fn keep_once(&self, known: Arc<Known>, proven: Arc<Proven>) -> Result<Ended> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let flow = &known.flow;
                let opened = app.opened_of(tx, flow)?;
                // Laid out again: what was changed meanwhile by others stays changed.
                let draft = app.firm_draft(tx, flow.tenant, &flow.place, &edits(&known.held.values))?;
                app.save_authorized(tx, (&opened.actor(), &opened.link), (draft, &proven), now)?;
                if !store::flow::advance(tx, flow, FlowStatus::Done, flow.sealed.clone())? {
                    return Err(Error::conflict("flow_used", "this authorization is over"));
                }
                let connection = known.draft.described().connection.label.clone();
                let (tenant, url) = (app.face(tx, &opened.tenant)?, flow.ends.success_url.clone());
                Ok(Ended { tenant, connection, trouble: None, url })
            })
            .await
    }

    async fn fail_flow(&self, known: Arc<Known>, trouble: Trouble) -> Result<Ended> {
        let app = self.clone();
        self.store()
            .write(move |tx| {
                app.end_in_trouble(tx, &known.flow, &trouble)?;
                app.failed_end(tx, &known.flow, &known.draft, trouble)
            })
            .await
    }

    fn opened_of(&self, c: &mut Conn, flow: &Flow) -> Result<Opened> {
        let gone = || Error::bug("the link or the tenant of a flow is gone");
        let tenant = store::tenant::find(c, flow.tenant)?.ok_or_else(gone)?;
        let link = store::link::find(c, flow.tenant, flow.link)?.ok_or_else(gone)?;
        Ok(Opened { tenant, link })
    }
}
