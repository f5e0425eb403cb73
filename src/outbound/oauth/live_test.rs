//! Running a live test: a token first where there is one to get, then each request of the test.

use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::live_test;
use crate::model::live_test::Outcome;
use crate::model::live_test::Verdict;
use crate::model::oauth::failure::Failure;
use crate::model::oauth::renew;
use crate::model::recipe::Recipe;
use crate::model::token::TokenSet;
use crate::outbound::oauth::Caller;
use crate::outbound::oauth::nonce;

/// What a live test gave. No `Debug`.
pub struct Tested {
    /// Nothing when there is nothing to test: the protocol is not HTTP.
    pub verdict: Option<Verdict>,
    /// Tokens that were got for the test, good to be stored when it succeeds.
    pub tokens: Option<TokenSet>,
}

impl<S, F> Caller<'_, S>
where
    S: Fn(Request) -> F,
    F: Future<Output = Result<Reply, Unanswered>>,
{
    /// Tests the values. `tokens` are those of a person's authorization; where the values alone give tokens, new ones
    /// are got when none are passed.
    pub async fn live_test(&self, tokens: Option<TokenSet>) -> Tested {
        let tokens = match tokens {
            None if renew::needs_no_person(self.auth()) => match self.obtain().await {
                Ok(fresh) => Some(fresh),
                Err(failure) => return Tested { verdict: Some(self.failed(&failure)), tokens: None },
            },
            given => given,
        };
        let is_tested = tokens.is_some() || !self.kind.test_requests().is_empty();
        let mut verdict = is_tested.then(|| live_test::verdict(self.kind, Outcome::Ok, None, None));
        for at in 0..self.kind.test_requests().len() {
            let found = match self.test_once(at, tokens.as_ref()).await {
                Ok(found) => found,
                Err(failure) => self.failed(&failure),
            };
            let is_ok = found.is_ok();
            verdict = Some(found);
            if !is_ok {
                break;
            }
        }
        Tested { verdict, tokens }
    }

    async fn test_once(&self, at: usize, tokens: Option<&TokenSet>) -> Result<Verdict, Failure> {
        let test = &self.kind.test_requests()[at];
        let recipe = Recipe::of(self.kind, self.fill, tokens)?;
        let mut request = live_test::request(test, self.fill, tokens, &recipe)?;
        recipe.apply(&mut request, self.clock.now(), &nonce()?)?;
        let answer = (self.send)(request).await;
        Ok(live_test::judge(self.kind, test, &answer))
    }

    fn failed(&self, failure: &Failure) -> Verdict {
        live_test::judge_failure(self.kind, failure)
    }
}
