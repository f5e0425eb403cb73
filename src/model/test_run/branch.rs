//! Which branch a step takes.

use std::cmp::Ordering;

use serde_json::Value;

use crate::model::test_run::scope::Scope;
use crate::model::test_run::scope::Unknown;
use crate::model::values::resolve::as_text;

/// Taken when no other is.
const ELSE: &str = "Else";

/// The name of the branch that a step takes by its inputs.
///
/// # Errors
/// Why that cannot be said.
pub fn taken(inputs: &Value, scope: &Scope) -> Result<String, Unknown> {
    if let Some(conditions) = list(inputs, "conditions") {
        for condition in conditions {
            let (Some(name), Some(expression)) = (name(condition), condition.get("value")) else { continue };
            if holds(expression, scope, 0)? {
                return Ok(name.to_owned());
            }
        }
        return Ok(ELSE.to_owned());
    }
    if let (Some(value), Some(branches)) = (inputs.get("branchValue"), list(inputs, "branches")) {
        let value = scope.input(value)?.unwrap_or_default();
        for branch in branches {
            if let Some(name) = name(branch)
                && is_equal(&scope.input(branch)?.unwrap_or_default(), &value)
            {
                return Ok(name.to_owned());
            }
        }
        return Ok(ELSE.to_owned());
    }
    Err("it has no conditions that a test run knows".to_owned())
}

fn list<'a>(inputs: &'a Value, name: &str) -> Option<&'a Vec<Value>> {
    inputs.get(name)?.get("value")?.as_array()
}

fn name(item: &Value) -> Option<&str> {
    let name = item.get("name")?;
    name.as_str().or_else(|| name.get("value")?.as_str())
}

/// `[and, [greaterThan, a, b], …]`.
fn holds(expression: &Value, scope: &Scope, depth: usize) -> Result<bool, Unknown> {
    let not_known = || "it has a condition that a test run does not know".to_owned();
    let expression = match expression.get("type").and_then(Value::as_str) {
        Some("complex") => expression.get("value").ok_or_else(not_known)?,
        _ => expression,
    };
    let parts = expression.as_array().filter(|_| depth < 32).ok_or_else(not_known)?;
    let word = parts.first().map(|word| word.get("value").unwrap_or(word)).and_then(Value::as_str);
    let operands = parts.get(1..).unwrap_or_default();
    match word.ok_or_else(not_known)? {
        "and" => operands.iter().try_fold(true, |all, part| Ok(all && holds(part, scope, depth + 1)?)),
        "or" => operands.iter().try_fold(false, |any, part| Ok(any || holds(part, scope, depth + 1)?)),
        word => {
            let value = |at: usize| match operands.get(at) {
                Some(operand) => scope.input(operand).map(Option::unwrap_or_default),
                None => Ok(Value::Null),
            };
            compare(word, &value(0)?, &value(1)?).ok_or_else(not_known)
        }
    }
}

fn compare(word: &str, one: &Value, other: &Value) -> Option<bool> {
    let order = || order(one, other);
    Some(match word {
        "equal" | "exactlyMatches" => is_equal(one, other),
        "notEqual" | "doesNotExactlyMatch" => !is_equal(one, other),
        "greaterThan" => order() == Some(Ordering::Greater),
        "greaterThanOrEqual" => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        "lessThan" => order() == Some(Ordering::Less),
        "lessThanOrEqual" => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        "in" => contains(other, one),
        "notIn" => !contains(other, one),
        "startsWith" => as_text(one).starts_with(&as_text(other)),
        "endsWith" => as_text(one).ends_with(&as_text(other)),
        "isTrue" => is_true(one),
        "isFalse" => !is_true(one),
        "isEmpty" => is_empty(one),
        "isNotEmpty" => !is_empty(one),
        "doesNotExist" => one.is_null(),
        "exists" => !one.is_null(),
        _ => return None,
    })
}

fn is_equal(one: &Value, other: &Value) -> bool {
    one == other || order(one, other) == Some(Ordering::Equal) || as_text(one) == as_text(other)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        _ => one.as_str().zip(other.as_str()).map(|(one, other)| one.cmp(other)),
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match whole {
        Value::Array(items) => items.iter().any(|item| is_equal(item, part)),
        other => as_text(other).contains(&as_text(part)),
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && as_text(value) != "false" && !is_empty(value)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
