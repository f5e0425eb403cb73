//! When a token ends, from what a reply says in one of many ways. A provider's nonsense must not become a token that is
//! renewed again and again: what is absurd counts as not said.

use chrono::DateTime;
use chrono::TimeDelta;
use serde_json::Value;

use crate::clock::Instant;
use crate::model::component::auth::param::Paths;
use crate::model::component::auth::token::TokenReply;
use crate::model::reply;

/// Longer than this is no lifetime but a way to say "without end".
const MAX_LIFETIME: TimeDelta = TimeDelta::days(3660);
/// Numbers from here on are Unix milliseconds; as seconds they would be the year 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// The end of the access token: the point in time or lifetime of the reply, else the manifest's fixed lifetime.
pub(super) fn expires_at(
    rules: &TokenReply,
    expires_in: Option<&Value>,
    document: &Value,
    now: Instant,
) -> Option<Instant> {
    let said = rules.expires_at.as_ref().and_then(|paths| reply::first(document, paths)).and_then(point);
    let said = said.filter(|at| is_sensible(*at, now));
    let counted = || lifetime(rules, expires_in?).and_then(|lifetime| after(now, lifetime));
    let fixed = || after(now, TimeDelta::try_seconds(i64::try_from(rules.lifetime_s?).ok()?)?);
    said.or_else(counted).or_else(fixed)
}

/// The end of the refresh token.
pub(super) fn refresh_expires_at(rules: &TokenReply, document: &Value, now: Instant) -> Option<Instant> {
    let paths: &Paths = rules.refresh_expires_in.as_ref()?;
    after(now, lifetime(rules, reply::first(document, paths)?)?)
}

/// Unix time as a number or its text.
pub(super) fn unix(value: &Value) -> Option<Instant> {
    let number = number(value)?;
    let seconds = if number >= MILLISECONDS_FROM { number / 1000.0 } else { number };
    DateTime::from_timestamp_micros((seconds * 1e6) as i64)
}

fn point(value: &Value) -> Option<Instant> {
    let text = value.as_str().map(str::trim);
    unix(value).or_else(|| DateTime::parse_from_rfc3339(text?).ok().map(|at| at.to_utc()))
}

fn lifetime(rules: &TokenReply, value: &Value) -> Option<TimeDelta> {
    let milliseconds = number(value)? * rules.expires_unit.milliseconds() as f64;
    // A cast saturates; what is out of range is refused by `after`.
    TimeDelta::try_milliseconds(milliseconds as i64)
}

fn after(now: Instant, lifetime: TimeDelta) -> Option<Instant> {
    now.checked_add_signed(lifetime).filter(|at| is_sensible(*at, now))
}

fn is_sensible(at: Instant, now: Instant) -> bool {
    at > now && at - now <= MAX_LIFETIME
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Instant {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn seconds_left(rules: Value, reply: &Value) -> Option<i64> {
        let rules: TokenReply = serde_json::from_value(rules).unwrap();
        let named = rules.expires_in.as_ref().and_then(|paths| reply::first(reply, paths));
        expires_at(&rules, named.or_else(|| reply.get("expires_in")), reply, now()).map(|at| (at - now()).num_seconds())
    }

    #[test]
    fn lifetimes_are_read_in_every_form() {
        for (rules, reply, wanted) in [
            (json!({}), json!({ "expires_in": 3600 }), Some(3600)),
            (json!({}), json!({ "expires_in": " 3600 " }), Some(3600)),
            (json!({}), json!({ "expires_in": 3599.9 }), Some(3599)),
            (json!({ "expires_unit": "milliseconds" }), json!({ "expires_in": 5000 }), Some(5)),
            (json!({ "expires_unit": "minutes" }), json!({ "expires_in": "2" }), Some(120)),
            (json!({ "lifetime_s": 60 }), json!({}), Some(60)),
            (json!({ "lifetime_s": 60 }), json!({ "expires_in": 30 }), Some(30)),
            (json!({ "expires_at": "at" }), json!({ "at": 1_800_000_050 }), Some(50)),
            (json!({ "expires_at": "at" }), json!({ "at": "1800000050000" }), Some(50)),
            (json!({ "expires_at": "at" }), json!({ "at": "2027-01-15T08:00:50Z" }), Some(50)),
            (json!({ "expires_at": "at" }), json!({ "at": "2027-01-15T10:00:50.5+02:00" }), Some(50)),
            (json!({ "expires_in": ["a.b", "c"] }), json!({ "c": 9 }), Some(9)),
        ] {
            assert_eq!(seconds_left(rules, &reply), wanted, "{reply}");
        }
    }

    #[test]
    fn what_is_absurd_counts_as_not_said() {
        let rules = json!({ "expires_at": "at" });
        for reply in [
            json!({}),
            json!({ "expires_in": 0 }),
            json!({ "expires_in": -1 }),
            json!({ "expires_in": 1e300 }),
            json!({ "expires_in": u64::MAX }),
            json!({ "expires_in": "9223372036854775807" }),
            json!({ "expires_in": "NaN" }),
            json!({ "expires_in": "soon" }),
            json!({ "expires_in": null }),
            json!({ "expires_in": [3600] }),
            json!({ "expires_in": true }),
            json!({ "at": 1_700_000_000 }),
            json!({ "at": -5 }),
            json!({ "at": "tomorrow" }),
        ] {
            assert_eq!(seconds_left(rules.clone(), &reply), None, "{reply}");
        }
        assert_eq!(seconds_left(json!({ "lifetime_s": u64::MAX }), &json!({})), None);
        assert_eq!(seconds_left(json!({ "lifetime_s": 7 }), &json!({ "expires_in": -1 })), Some(7));
    }
}
