//! Getting the first tokens: by a person's code or verifier, or by the values alone.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use url::Url;
use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::model::component::auth::Auth;
use crate::model::component::auth::request::Step;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::oauth::answer::Issued;
use crate::model::oauth::ask;
use crate::model::oauth::ask::Code;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::revoke;
use crate::model::oauth::three_legged;
use crate::model::oauth::three_legged::Temporary;
use crate::model::token::TokenSet;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::moment;
use crate::outbound::oauth::nonce;

/// A person's answer in OAuth 1.
pub struct ByVerifier<'a> {
    pub temporary: &'a Temporary,
    pub verifier: &'a str,
    /// What the callback gave besides.
    pub kept: BTreeMap<String, Zeroizing<String>>,
}

impl<S, F> Caller<'_, S>
where
    S: Fn(Request) -> F,
    F: Future<Output = Result<Reply, Unanswered>>,
{
    /// Gets tokens by the values alone: no person is needed. All steps of an exchange and all follow-ups are made.
    ///
    /// # Errors
    /// The provider refuses, does not answer, or a value is missing.
    pub async fn obtain(&self) -> Result<TokenSet, Failure> {
        let tokens = self.obtain_bare().await?;
        self.complete(tokens).await
    }

    /// The same without follow-ups.
    pub(super) async fn obtain_bare(&self) -> Result<TokenSet, Failure> {
        if let Auth::TokenExchange(exchange) = self.auth() {
            let mut tokens = TokenSet::default();
            for step in &exchange.steps {
                tokens = self.make_step(step, tokens).await?;
            }
            return Ok(tokens);
        }
        let nonce = nonce()?;
        let moment = moment(self.clock, &nonce);
        let issued = match (ask::by_itself(self.auth(), self.fill, &moment)?, self.auth()) {
            (Some(request), _) => self.ask_for_tokens(request, self.fill).await?,
            (None, Auth::JwtBearer(jwt)) => {
                // The assertion itself is the token.
                let token = ask::assertion(self.auth(), jwt, self.fill, &moment)?;
                let expires_at = end_of_assertion(moment.now, jwt.assertion.lifetime_s);
                Issued { access_token: Some(token), expires_at, ..Issued::default() }
            }
            (None, _) => return Err(crate::error::Error::bug("a grant without a request").into()),
        };
        Ok(issued.over(&TokenSet::default()))
    }

    /// Trades a person's code for tokens, with all that follows. `kept` is what the callback gave besides.
    ///
    /// # Errors
    /// The provider refuses, does not answer, or a value is missing.
    pub async fn obtain_by_code(
        &self,
        code: &Code<'_>,
        kept: BTreeMap<String, Zeroizing<String>>,
    ) -> Result<TokenSet, Failure> {
        let start = TokenSet { kept, ..TokenSet::default() };
        let fill = self.fill.clone().with_tokens(&start);
        let nonce = nonce()?;
        let request = ask::by_code(self.auth(), &fill, code, &moment(self.clock, &nonce))?;
        // The code and the verifier are hidden like everything else that was sent.
        let sent = fill.with("code", code.code).with("code_verifier", code.verifier);
        let issued = self.ask_for_tokens(request, &sent).await?;
        self.complete(issued.over(&start)).await
    }

    /// First leg of OAuth 1: temporary credentials, to be kept with the flow, and where the person goes.
    ///
    /// # Errors
    /// The provider refuses, does not answer, or a value is missing.
    pub async fn begin_oauth1(&self, callback: &str) -> Result<(Temporary, Url), Failure> {
        let Auth::Oauth1(oauth1) = self.auth() else { return Err(wrong_kind()) };
        let nonce = nonce()?;
        let moment = moment(self.clock, &nonce);
        let reply = self.ask(three_legged::temporary_request(oauth1, self.fill, callback, &moment)?).await?;
        let temporary = three_legged::read_temporary(&reply, self.fill, &moment)?;
        let url = three_legged::authorize_url(oauth1, self.fill, &temporary)?;
        Ok((temporary, url))
    }

    /// Third leg of OAuth 1: the token, by the verifier that the person brought back.
    ///
    /// # Errors
    /// The provider refuses, does not answer, or a value is missing.
    pub async fn obtain_by_verifier(&self, answer: ByVerifier<'_>) -> Result<TokenSet, Failure> {
        let Auth::Oauth1(oauth1) = self.auth() else { return Err(wrong_kind()) };
        let nonce = nonce()?;
        let moment = moment(self.clock, &nonce);
        let request = three_legged::token_request(oauth1, self.fill, answer.temporary, answer.verifier, &moment)?;
        let reply = self.ask(request).await?;
        let issued = three_legged::read_token(&reply, self.fill, &moment)?;
        Ok(issued.over(&TokenSet { kept: answer.kept, ..TokenSet::default() }))
    }

    /// What comes after a token request: its end if the reply named none, then the follow-ups in order.
    pub(super) async fn complete(&self, tokens: TokenSet) -> Result<TokenSet, Failure> {
        let mut tokens = self.introspect(tokens).await?;
        let steps = self.auth().grant().map_or(&[][..], |grant| grant.follow_up);
        for step in steps {
            tokens = self.make_step(step, tokens).await?;
        }
        Ok(tokens)
    }

    pub(super) async fn make_step(&self, step: &Step, tokens: TokenSet) -> Result<TokenSet, Failure> {
        let fill = self.fill.clone().with_tokens(&tokens);
        Ok(match self.ask_step(step, &fill).await? {
            Some(issued) => issued.over(&tokens),
            None => tokens,
        })
    }

    /// Asks for the end of a token whose reply named none. A token without a known end is good all the same.
    async fn introspect(&self, mut tokens: TokenSet) -> Result<TokenSet, Failure> {
        if tokens.expires_at.is_some() {
            return Ok(tokens);
        }
        let nonce = nonce()?;
        let moment = moment(self.clock, &nonce);
        if let Some(request) = revoke::introspection(self.auth(), self.fill, &tokens, &moment)?
            && let Ok(reply) = self.ask(request).await
        {
            tokens.expires_at = revoke::introspected_end(&reply).filter(|end| *end > moment.now);
        }
        Ok(tokens)
    }
}

fn end_of_assertion(now: Instant, lifetime_s: u64) -> Option<Instant> {
    now.checked_add_signed(TimeDelta::try_seconds(i64::try_from(lifetime_s).ok()?)?)
}

fn wrong_kind() -> Failure {
    crate::error::Error::invalid("wrong_kind", "this connection type does not use OAuth 1").into()
}
