//! How and when tokens are renewed.

use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::Instant;
use crate::model::component::auth::Auth;
use crate::model::component::auth::token::RefreshBy;
use crate::model::oauth::ask::Traded;
use crate::model::token::TokenSet;

/// The way to a new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The standard request with the refresh token, or with the access token itself.
    Trade(Traded),
    /// The request that the manifest spells out.
    Step,
    /// The same grant again: no person is needed.
    Repeat,
    /// There is none; a person has to authorize again.
    Never,
}

/// How these tokens are renewed.
#[must_use]
pub fn renewal(auth: &Auth, tokens: &TokenSet) -> Renewal {
    let otherwise = if needs_no_person(auth) { Renewal::Repeat } else { Renewal::Never };
    if let Auth::TokenExchange(exchange) = auth {
        return if exchange.refresh.is_some() { Renewal::Step } else { Renewal::Repeat };
    }
    let Some(grant) = auth.grant() else { return Renewal::Never };
    let has_refresh_token = tokens.refresh_token.is_some();
    match grant.refresh.by {
        Some(RefreshBy::Never) => Renewal::Never,
        Some(RefreshBy::Repeat) => otherwise,
        _ if grant.refresh.request.is_some() => Renewal::Step,
        Some(RefreshBy::AccessToken) => Renewal::Trade(Traded::AccessToken),
        None | Some(RefreshBy::RefreshToken) if has_refresh_token => Renewal::Trade(Traded::RefreshToken),
        None | Some(RefreshBy::RefreshToken) => otherwise,
    }
}

/// Whether the values alone give tokens.
#[must_use]
pub fn needs_no_person(auth: &Auth) -> bool {
    obtains_tokens(auth) && !auth.needs_consent()
}

/// Whether requests to the API carry a token that has to be asked for first.
#[must_use]
pub fn obtains_tokens(auth: &Auth) -> bool {
    match auth {
        Auth::Oauth1(oauth1) => oauth1.authorize_url.is_some(),
        Auth::TokenExchange(_) => true,
        _ => auth.grant().is_some(),
    }
}

/// How much of a lifetime may pass at least before a token is renewed: short ones are not renewed all the time.
const SHARE_OF_LIFETIME: i32 = 2;

/// A manifest may say any number.
const LONGEST_EARLY: Duration = Duration::from_secs(366 * 86_400);

/// When tokens are due to be renewed: `early` before their end (the manifest may say how long), earlier by up to a
/// quarter of that as `jitter` (0 to 1) says, so that tokens that end together are not renewed together. Nothing when
/// they have no known end or cannot be renewed.
#[must_use]
pub fn due_at(auth: &Auth, tokens: &TokenSet, obtained_at: Instant, early: Duration, jitter: f64) -> Option<Instant> {
    let end = tokens.expires_at?;
    if renewal(auth, tokens) == Renewal::Never {
        return None;
    }
    let own = auth.grant().and_then(|grant| grant.refresh.early_s).map(Duration::from_secs);
    let early = own.unwrap_or(early).min(LONGEST_EARLY);
    let early = early + early.mul_f64(jitter.clamp(0.0, 1.0) / 4.0);
    let early = TimeDelta::from_std(early).unwrap_or(TimeDelta::MAX);
    let lifetime = (end - obtained_at).max(TimeDelta::zero());
    Some(end - early.min(lifetime / SHARE_OF_LIFETIME))
}
