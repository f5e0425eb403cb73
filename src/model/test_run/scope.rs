//! What inputs of steps mean: values, references to results of earlier steps, configuration variables, templates.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::values::resolve::as_text;

/// Nothing real is nested deeper.
const MAX_DEPTH: usize = 64;
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Results of steps and values of variables, while one flow runs.
#[derive(Clone, Default)]
pub struct Scope {
    /// By the step's name in its loosest form.
    results: BTreeMap<String, Value>,
    variables: BTreeMap<String, Value>,
}

/// Why an input has no value.
pub type Unknown = String;

/// `List Files`, `listFiles` and `list_files` are one step: references are written in a form made from the name.
#[must_use]
pub(crate) fn loose(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Scope {
    /// With the defaults of the definition's variables.
    #[must_use]
    pub fn new(document: &Value) -> Self {
        let listed = document.get("requiredConfigVars").and_then(Value::as_array);
        let pair = |variable: &Value| {
            let default = variable.get("defaultValue").filter(|value| !value.is_null())?;
            Some((loose(variable.get("key")?.as_str()?), default.clone()))
        };
        let variables = listed.into_iter().flatten().filter_map(pair).collect();
        Self { results: BTreeMap::new(), variables }
    }

    /// Keeps what a step gave, for those after it.
    pub fn keep(&mut self, step: &str, result: Value) {
        self.results.insert(loose(step), result);
    }

    /// What a trigger gives when nobody called it.
    #[must_use]
    pub fn empty_payload() -> Value {
        json!({ "results": {
            "headers": {}, "queryParameters": {}, "pathFragment": "",
            "body": { "data": {}, "contentType": "application/json" }, "rawBody": { "data": "", "contentType": "application/json" },
        } })
    }

    /// The value of an input; `None`: it has none, and that is no mistake.
    ///
    /// # Errors
    /// Why there is no value where one is meant.
    pub fn input(&self, input: &Value) -> Result<Option<Value>, Unknown> {
        self.input_at(input, 0)
    }

    fn input_at(&self, input: &Value, depth: usize) -> Result<Option<Value>, Unknown> {
        if depth > MAX_DEPTH {
            return Err("its input is nested too deep".to_owned());
        }
        let Some(kind) = input.get("type").and_then(Value::as_str) else {
            return self.plain(input, depth).map(|value| Some(value).filter(|value| !value.is_null()));
        };
        let value = input.get("value").unwrap_or(&Value::Null);
        let text = value.as_str().unwrap_or_default();
        let is_empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
        match kind {
            _ if is_empty => Ok(None),
            "value" => Ok(Some(value.clone())),
            "reference" => self.reference(text).map(Some),
            "configVar" => Ok(self.variables.get(&loose(text)).cloned()),
            "template" => self.template(text).map(|text| Some(Value::String(text))),
            "complex" => self.plain(value, depth + 1).map(Some),
            other => Err(format!("an input of the kind `{other}` has no value in a test run")),
        }
    }

    /// Lists of inputs; those with names are pairs.
    fn plain(&self, value: &Value, depth: usize) -> Result<Value, Unknown> {
        let inner = |item: &Value| -> Result<Value, Unknown> {
            let is_input = item.get("type").is_some_and(Value::is_string);
            let found = if is_input { self.input_at(item, depth + 1)? } else { Some(self.plain(item, depth + 1)?) };
            let found = found.unwrap_or_default();
            Ok(match item.get("name").filter(|_| is_input) {
                Some(Value::String(name)) => json!({ "key": name, "value": found }),
                Some(name) => json!({ "key": self.input_at(name, depth + 1)?, "value": found }),
                None => found,
            })
        };
        match value {
            _ if depth > MAX_DEPTH => Err("its input is nested too deep".to_owned()),
            Value::Array(items) => Ok(Value::Array(items.iter().map(inner).collect::<Result<_, _>>()?)),
            Value::Object(map) => {
                let pairs = map.iter().map(|(key, item)| Ok((key.clone(), inner(item)?)));
                Ok(Value::Object(pairs.collect::<Result<Map<_, _>, Unknown>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    /// `listFiles.results.items[0].name`.
    ///
    /// # Errors
    /// Which step gave nothing of the kind.
    pub fn reference(&self, path: &str) -> Result<Value, Unknown> {
        let path = path.trim().trim_start_matches('$');
        let mut parts =
            path.split(['.', '[', ']']).map(|part| part.trim_matches(['"', '\''])).filter(|p| !p.is_empty());
        let step = parts.next().unwrap_or_default();
        let Some(mut found) = self.results.get(&loose(step)) else {
            return Err(format!("it refers to `{path}`, and the step `{step}` has no result"));
        };
        for part in parts {
            let next = match found {
                Value::Array(items) => part.parse::<usize>().ok().and_then(|at| items.get(at)),
                other => other.get(part),
            };
            found = next.ok_or_else(|| format!("it refers to `{path}`, and the result has no `{part}`"))?;
        }
        Ok(found.clone())
    }

    /// `Order {{$listFiles.results.name}} for {{#Customer}}`.
    fn template(&self, text: &str) -> Result<String, Unknown> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, behind)) = after.split_once("}}") else { break };
            out.push_str(before);
            let name = name.trim();
            let value = match name.strip_prefix('#') {
                Some(variable) => self.variables.get(&loose(variable)).cloned().unwrap_or_default(),
                None => match self.variables.get(&loose(name)) {
                    Some(value) if !name.starts_with('$') => value.clone(),
                    _ => self.reference(name)?,
                },
            };
            out.push_str(&if value.is_null() { String::new() } else { as_text(&value) });
            rest = behind;
            if out.len() > MAX_TEXT_BYTES {
                return Err("its template makes a text of more than 1 MiB".to_owned());
            }
        }
        out.push_str(rest);
        Ok(out)
    }
}
