//! Ending tokens at the provider.

use crate::model::component::auth::Auth;
use crate::model::component::auth::request::Step;
use crate::model::component::auth::token::TokenReply;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::revoke;
use crate::model::reply;
use crate::model::token::TokenSet;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::moment;
use crate::outbound::oauth::nonce;

/// What became of the tokens at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    Done,
    /// The provider has no way to end a token; it ends by itself.
    NoWay,
}

impl<S, F> Caller<'_, S>
where
    S: Fn(Request) -> F,
    F: Future<Output = Result<Reply, Unanswered>>,
{
    /// Ends tokens at the provider, where it can. A token that the provider no longer knows counts as ended (RFC 7009
    /// section 2.2).
    ///
    /// # Errors
    /// The provider refuses or does not answer; the tokens may still be good there.
    pub async fn revoke(&self, tokens: &TokenSet) -> Result<Revoked, Failure> {
        let nonce = nonce()?;
        let Some(request) = revoke::request(self.auth(), self.fill, tokens, &moment(self.clock, &nonce))? else {
            return Ok(Revoked::NoWay);
        };
        let answer = self.ask(request).await?;
        let standard = TokenReply::default();
        let rules = own_step(self.auth()).map_or(&standard, |step| &step.reply);
        let document = reply::document(&answer, rules.format);
        if reply::is_expected(&answer, &rules.expect, document.as_ref()) {
            return Ok(Revoked::Done);
        }
        let fill = self.fill.clone().with_tokens(tokens);
        match Failure::refusal(&answer, rules, document.as_ref(), &fill, self.clock.now()) {
            // The authorization is over already, which is what was asked for.
            Failure::Terminal(_) => Ok(Revoked::Done),
            failure => Err(failure),
        }
    }
}

fn own_step(auth: &Auth) -> Option<&Step> {
    match auth {
        Auth::TokenExchange(exchange) => exchange.revoke.as_ref(),
        _ => auth.grant().and_then(|grant| grant.revoke),
    }
}
