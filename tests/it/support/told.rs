//! Values in answers, in a few lines that a person reads.

use serde_json::Value;

use crate::support::client::Answer;

/// Each input with its value, where it came from and its state; then what is missing and what is ignored.
pub fn values(answer: &Answer) -> String {
    let json = answer.json();
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = Vec::new();
    for input in json["inputs"].as_array().unwrap_or_else(|| panic!("{json}")) {
        let shown = match (&input["secret"], &input["value"]) {
            (Value::Null, Value::Null) => "-".to_owned(),
            (Value::Null, value) => value.to_string(),
            (secret, Value::Null) => format!("secret, {} characters", secret["length"]),
            (_, value) => panic!("a secret is shown: {value}"),
        };
        let origin = input["origin"].as_str().unwrap_or("nowhere");
        let may_set = if input["may_set"] == true { "" } else { ", not settable here" };
        let (key, who, state) = (word(&input["key"]), word(&input["managed_by"]), word(&input["state"]));
        lines.push(format!("{key} = {shown}; from {origin}, {state}, managed by {who}{may_set}"));
    }
    for missing in json["missing"].as_array().unwrap() {
        lines.push(format!(
            "missing: {} ({}, {})",
            word(&missing["key"]),
            word(&missing["state"]),
            word(&missing["managed_by"])
        ));
    }
    for ignored in json["ignored"].as_array().unwrap() {
        lines.push(format!("ignored: {} ({})", word(&ignored["input"]), word(&ignored["reason"])));
    }
    lines.push(format!("status {}, complete {}", word(&json["status"]), json["is_complete"]));
    lines.join("\n")
}

/// The code and the wrong fields of a problem.
pub fn problem(answer: &Answer) -> String {
    let json = answer.json();
    let mut lines = vec![format!(
        "{} {}: {}",
        answer.status,
        json["code"].as_str().unwrap_or("?"),
        json["detail"].as_str().unwrap_or("?")
    )];
    for wrong in json["errors"].as_array().into_iter().flatten() {
        lines.push(format!(
            "{} {}: {}",
            wrong["field"].as_str().unwrap(),
            wrong["code"].as_str().unwrap(),
            wrong["message"].as_str().unwrap()
        ));
    }
    lines.join("\n")
}

/// A history, the newest first: who did what, and each field's old and new value.
pub fn history(answer: &Answer) -> String {
    let mut lines = Vec::new();
    for entry in answer.json()["items"].as_array().unwrap() {
        let word = |name: &str| entry[name].as_str().unwrap().to_owned();
        lines.push(format!("{} {} {}", word("actor"), word("action"), word("subject")));
        for change in entry["changes"].as_array().unwrap() {
            let secret = if change["is_secret"] == true { " (secret)" } else { "" };
            lines.push(format!(
                "  {}: {} -> {}{secret}",
                change["field"].as_str().unwrap(),
                change["old"],
                change["new"]
            ));
        }
    }
    lines.join("\n")
}
