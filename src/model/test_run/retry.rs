//! What a definition says of a step that fails: end the run, go on, or try again. Test runs wait less than real ones, so
//! that somebody can wait for their end.

use std::time::Duration;

use serde_json::Value;

/// Retries that a definition may ask for.
pub const MAX_RETRIES: u32 = 5;
/// The longest pause before another attempt.
pub const MAX_WAIT: Duration = Duration::from_secs(5);
/// All pauses of one run together.
pub const MAX_WAITS: Duration = Duration::from_secs(60);

/// How failures of a step are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handling {
    /// After the first attempt.
    pub retries: u32,
    delay: Duration,
    is_growing: bool,
    /// The run goes on when the last attempt failed.
    pub goes_on: bool,
}

impl Handling {
    /// By a step's `errorConfig`. Without one, a failure ends the run.
    #[must_use]
    pub fn of(step: &Value) -> Self {
        let said = step.get("errorConfig").unwrap_or(&Value::Null);
        let once = Self { retries: 0, delay: Duration::ZERO, is_growing: false, goes_on: false };
        match said.get("errorHandlerType").and_then(Value::as_str) {
            Some("ignore") => Self { goes_on: true, ..once },
            Some("retry") => Self {
                // Its name notwithstanding, the format counts what comes after the first attempt.
                retries: (1..=MAX_RETRIES)
                    .rev()
                    .find(|most| f64::from(*most) <= number(said, "maxAttempts"))
                    .unwrap_or(0),
                delay: Duration::from_secs_f64(number(said, "delaySeconds").clamp(0.0, 60.0)),
                is_growing: is_on(said, "usesExponentialBackoff"),
                goes_on: is_on(said, "ignoreFinalError"),
            },
            _ => once,
        }
    }

    /// The pause after a failed attempt (from 1 on), when `left` of the run's pauses is left; `None`: it was the last one.
    #[must_use]
    pub fn pause(self, attempt: u32, left: Duration) -> Option<Duration> {
        if attempt > self.retries {
            return None;
        }
        let factor = if self.is_growing { 2_u32.saturating_pow(attempt - 1) } else { 1 };
        let wait = self.delay.saturating_mul(factor).min(MAX_WAIT);
        // Without a pause, a third party in trouble would only be troubled more.
        (wait <= left).then_some(wait)
    }
}

/// Tools write numbers as texts, too; what is no number counts as 0.
fn number(said: &Value, name: &str) -> f64 {
    let value = said.get(name).unwrap_or(&Value::Null);
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite()).unwrap_or_default()
}

fn is_on(said: &Value, name: &str) -> bool {
    said.get(name).is_some_and(|value| value == &Value::Bool(true) || value.as_str() == Some("true"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pauses(said: &Value) -> (Vec<f64>, bool) {
        let handling = Handling::of(&json!({ "errorConfig": said }));
        let pause = |attempt| handling.pause(attempt, MAX_WAITS).map(|pause| pause.as_secs_f64());
        ((1..).map_while(pause).collect(), handling.goes_on)
    }

    #[test]
    fn pauses_are_as_the_definition_says_and_never_long() {
        for (said, wanted) in [
            (json!(null), (vec![], false)),
            (json!({ "errorHandlerType": "fail", "maxAttempts": 3 }), (vec![], false)),
            (json!({ "errorHandlerType": "ignore", "maxAttempts": 3 }), (vec![], true)),
            (json!({ "errorHandlerType": "retry" }), (vec![], false)),
            (json!({ "errorHandlerType": "retry", "maxAttempts": 0 }), (vec![], false)),
            (json!({ "errorHandlerType": "retry", "maxAttempts": 3 }), (vec![0.0; 3], false)),
            (json!({ "errorHandlerType": "retry", "maxAttempts": 3, "delaySeconds": 2 }), (vec![2.0; 3], false)),
            (json!({ "errorHandlerType": "retry", "maxAttempts": "3", "delaySeconds": "0.5" }), (vec![0.5; 3], false)),
            (
                json!({ "errorHandlerType": "retry", "maxAttempts": 5, "delaySeconds": 1, "usesExponentialBackoff": true, "ignoreFinalError": true }),
                (vec![1.0, 2.0, 4.0, 5.0, 5.0], true),
            ),
            (json!({ "errorHandlerType": "retry", "maxAttempts": 3, "delaySeconds": 600 }), (vec![5.0; 3], false)),
            (json!({ "errorHandlerType": "retry", "maxAttempts": 1e300, "delaySeconds": -1 }), (vec![0.0; 5], false)),
        ] {
            assert_eq!(pauses(&said), wanted, "{said}");
        }
    }

    #[test]
    fn a_run_that_waited_enough_waits_no_more() {
        let said = json!({ "errorConfig": { "errorHandlerType": "retry", "maxAttempts": 3, "delaySeconds": 4 } });
        let handling = Handling::of(&said);
        assert_eq!(handling.pause(1, Duration::from_secs(4)), Some(Duration::from_secs(4)));
        assert_eq!(handling.pause(1, Duration::from_secs(3)), None);
    }
}
