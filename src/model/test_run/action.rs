//! An action of a manifest as a request: the step's inputs in its templates.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Result;
use crate::model::component::Action;
use crate::model::component::Component;
use crate::model::component::TestRequest;
use crate::model::fill::Fill;
use crate::model::http::Request;
use crate::model::http::fields;
use crate::model::live_test;
use crate::model::names::fold;
use crate::model::recipe::Recipe;
use crate::model::template::Encoding;
use crate::model::test_run::scope::Scope;
use crate::model::test_run::scope::Unknown;
use crate::model::values::resolve::as_text;

/// The action that a step names, however it is written.
#[must_use]
pub fn find<'a>(component: &'a Component, key: &str) -> Option<&'a Action> {
    component.actions.iter().find(|action| fold(&action.key) == fold(key))
}

/// The values of an action's inputs, by the manifest's keys; defaults where the step says nothing.
///
/// # Errors
/// Which input has no value.
pub fn inputs(action: &Action, given: &Value, scope: &Scope) -> Result<BTreeMap<String, Value>, Unknown> {
    let mut values = BTreeMap::new();
    for input in &action.inputs {
        let said = given.as_object().into_iter().flatten().find(|(name, _)| fold(name) == fold(&input.key));
        let value = match said {
            Some((name, value)) => scope.input(value).map_err(|why| format!("input `{name}`: {why}"))?,
            None => None,
        };
        match value.or_else(|| input.default.clone()) {
            Some(value) => drop(values.insert(input.key.clone(), value)),
            None if input.required => return Err(format!("input `{}` has no value", input.key)),
            None => {}
        }
    }
    Ok(values)
}

/// The request, without the connection's recipe on it.
///
/// # Errors
/// A value is missing or cannot stand where it is used; `foreign_host`.
pub fn request(action: &Action, values: &BTreeMap<String, Value>, fill: &Fill, recipe: &Recipe) -> Result<Request> {
    let mut fill = fill.clone();
    for (name, value) in values {
        fill.set(name, as_text(value));
    }
    // A whole address is one of the base URL's host, or it is refused.
    let whole =
        values.iter().find(|(name, _)| action.path == format!("{{{{{name}}}}}")).map(|(_, value)| as_text(value));
    let path = whole.as_ref().map_or_else(|| action.path.clone(), |_| "/".to_owned());
    let described = TestRequest {
        method: action.method,
        path,
        query: action.query.clone(),
        headers: action.headers.clone(),
        body: None,
        expect: Default::default(),
    };
    let mut request = live_test::request(&described, &fill, None, recipe)?;
    if let Some(whole) = whole {
        let query = request.url.query().map(str::to_owned);
        let mut url = recipe.request(action.method, &whole)?.url;
        let joined: Vec<&str> = [url.query(), query.as_deref()].into_iter().flatten().collect();
        let joined = joined.join("&");
        url.set_query(Some(joined.as_str()).filter(|query| !query.is_empty()));
        request.url = url;
    }
    match action.body.as_ref().map(|body| filled(body, values, &fill)).transpose()?.flatten() {
        // A text at the top is the body itself.
        Some(Value::String(text)) if serde_json::from_str::<Value>(&text).is_err() => {
            request.default_header("Content-Type", "text/plain; charset=utf-8");
            request.body = Some(fields::bytes(&text));
        }
        Some(Value::String(text)) => {
            request.default_header("Content-Type", "application/json");
            request.body = Some(fields::bytes(&text));
        }
        Some(body) => fields::write_json(&mut request, &body),
        None => {}
    }
    Ok(request)
}

/// A body; a text that is nothing but one input's name becomes its value, whatever that is.
fn filled(body: &Value, values: &BTreeMap<String, Value>, fill: &Fill) -> Result<Option<Value>> {
    Ok(match body {
        Value::String(text) => {
            let name = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
            match name.and_then(|name| values.get(name)) {
                Some(value) if !value.is_string() => Some(value.clone()),
                _ => fill.json(body, Encoding::Plain)?,
            }
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| filled(item, values, fill));
            Some(Value::Array(items.filter_map(Result::transpose).collect::<Result<_>>()?))
        }
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, item)| Ok(filled(item, values, fill)?.map(|item| (key.clone(), item))));
            Some(Value::Object(pairs.filter_map(Result::transpose).collect::<Result<_>>()?))
        }
        other => Some(other.clone()),
    })
}
