//! Renewing tokens. A provider that rotates refresh tokens takes the old one once: what a reply gives has to be stored
//! before anything else is asked, so follow-ups are a call of their own.

use crate::model::component::auth::Auth;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::oauth::ask;
use crate::model::oauth::ask::Traded;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::failure::Reason;
use crate::model::oauth::failure::Seen;
use crate::model::oauth::renew;
use crate::model::oauth::renew::Renewal;
use crate::model::token::TokenSet;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::RefreshError;
use crate::outbound::oauth::moment;
use crate::outbound::oauth::nonce;

/// What a refresh gave. No `Debug`.
pub struct Renewed {
    /// To be stored at once. Complete unless `next` is there; then it is the old access token with the new refresh token.
    pub tokens: TokenSet,
    /// To be given to [`Caller::follow_up`]; its result is stored in place of `tokens`.
    pub next: Option<TokenSet>,
}

impl<S, F> Caller<'_, S>
where
    S: Fn(Request) -> F,
    F: Future<Output = Result<Reply, Unanswered>>,
{
    /// Renews tokens, without the follow-ups. Where no person is needed and the refresh token is refused, the grant is
    /// made again.
    ///
    /// # Errors
    /// See [`RefreshError`]. The tokens that are there stay good for what they are.
    pub async fn refresh(&self, tokens: &TokenSet) -> Result<Renewed, RefreshError> {
        let fresh = match self.renew(tokens).await {
            Ok(fresh) => fresh,
            Err(failure) if renew::needs_no_person(self.auth()) && is_refused(&failure) && !self.repeats(tokens) => {
                self.again(tokens).await?
            }
            Err(failure) => return Err(failure.into()),
        };
        let has_more = self.auth().grant().is_some_and(|grant| {
            !grant.follow_up.is_empty() || (grant.introspection_url.is_some() && fresh.expires_at.is_none())
        });
        if !has_more {
            return Ok(Renewed { tokens: fresh, next: None });
        }
        // Until the follow-ups are made the new access token may be of no use; the old one is still what it was.
        let mut safe = fresh.clone();
        safe.access_token.clone_from(&tokens.access_token);
        safe.expires_at = tokens.expires_at;
        Ok(Renewed { tokens: safe, next: Some(fresh) })
    }

    /// Makes the requests that follow a token request, over tokens from [`Renewed::next`].
    ///
    /// # Errors
    /// See [`RefreshError`]; what was stored before stays good.
    pub async fn follow_up(&self, tokens: TokenSet) -> Result<TokenSet, RefreshError> {
        Ok(self.complete(tokens).await?)
    }

    fn repeats(&self, tokens: &TokenSet) -> bool {
        renew::renewal(self.auth(), tokens) == Renewal::Repeat
    }

    async fn renew(&self, tokens: &TokenSet) -> Result<TokenSet, Failure> {
        let fill = self.fill.clone().with_tokens(tokens);
        match renew::renewal(self.auth(), tokens) {
            Renewal::Never => Err(no_way()),
            Renewal::Repeat => self.again(tokens).await,
            Renewal::Trade(traded) => self.trade(traded, tokens).await,
            Renewal::Step => {
                let step = match self.auth() {
                    Auth::TokenExchange(exchange) => exchange.refresh.as_ref(),
                    auth => auth.grant().and_then(|grant| grant.refresh.request.as_ref()),
                };
                let Some(step) = step else { return Err(no_way()) };
                // A refresh that needs a token that is not there is skipped.
                match self.ask_step(step, &fill).await? {
                    Some(issued) => Ok(issued.over(tokens)),
                    None if renew::needs_no_person(self.auth()) => self.again(tokens).await,
                    None => Err(no_way()),
                }
            }
        }
    }

    async fn trade(&self, traded: Traded, tokens: &TokenSet) -> Result<TokenSet, Failure> {
        let fill = self.fill.clone().with_tokens(tokens);
        let nonce = nonce()?;
        let request = ask::by_refresh(self.auth(), &fill, traded, &moment(self.clock, &nonce))?;
        Ok(self.ask_for_tokens(request, &fill).await?.over(tokens))
    }

    /// The grant again; what was kept stays unless it is given anew.
    async fn again(&self, tokens: &TokenSet) -> Result<TokenSet, Failure> {
        let mut fresh = self.obtain_bare().await?;
        for (name, value) in &tokens.kept {
            fresh.kept.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(fresh)
    }
}

/// The provider answered, and it was no.
fn is_refused(failure: &Failure) -> bool {
    !matches!(failure, Failure::Transient { .. })
        && matches!(failure.reason().seen, Seen::Refusal { status, .. } if status < 500)
}

fn no_way() -> Failure {
    Failure::Terminal(Reason {
        code: "cannot_be_renewed",
        message: "these tokens cannot be renewed; somebody has to authorize the connection again".to_owned(),
        seen: Seen::Unmade,
        may_have_acted: false,
    })
}
