//! Values under their names, and filling a manifest's templates with them: resolved inputs first, then what a flow adds
//! (`code`, `access_token`, values kept from replies). No `Debug`: most of it is secret.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::param::Params;
use crate::model::http::fields::Fields;
use crate::model::template::Encoding;
use crate::model::template::RenderError;
use crate::model::template::Template;
use crate::model::token::TokenSet;
use crate::model::values::Opened;
use crate::model::values::Resolution;
use crate::model::values::resolve::as_text;

/// Names with their values. Later names hide inputs of the same name.
#[derive(Clone, Default, PartialEq)]
pub struct Fill {
    inputs: BTreeMap<String, Opened>,
    texts: BTreeMap<String, Zeroizing<String>>,
}

impl Fill {
    #[must_use]
    pub fn new(inputs: BTreeMap<String, Opened>) -> Self {
        Self { inputs, texts: BTreeMap::new() }
    }

    /// The effective values of a resolution that was given its secrets.
    #[must_use]
    pub fn of(resolution: &Resolution<'_>) -> Self {
        let values = resolution.inputs.iter();
        Self::new(values.filter_map(|found| Some((found.input.key.clone(), found.value.clone()?))).collect())
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.texts.insert(name.to_owned(), Zeroizing::new(value.into()));
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The same with `access_token`, `refresh_token` and everything kept beside them.
    #[must_use]
    pub fn with_tokens(mut self, tokens: &TokenSet) -> Self {
        for (name, value) in &tokens.kept {
            self.set(name, value.as_str());
        }
        if !tokens.access_token.is_empty() {
            self.set("access_token", tokens.access_token.as_str());
        }
        match &tokens.refresh_token {
            Some(token) => self.set("refresh_token", token.as_str()),
            None => drop(self.texts.remove("refresh_token")),
        }
        self
    }

    fn lookup(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(text) = self.texts.get(name) {
            return Some(Cow::Borrowed(text.as_str()));
        }
        match &**self.inputs.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(Cow::Borrowed(text)),
            other => Some(Cow::Owned(as_text(other))),
        }
    }

    /// A filled template; nothing when it names something without a value.
    ///
    /// # Errors
    /// `unfit_value`, `invalid_template`. Names the input, never its value.
    pub fn optional(&self, template: &str, encoding: Encoding) -> Result<Option<Zeroizing<String>>> {
        match self.render(template, encoding) {
            Ok(text) => Ok(Some(text)),
            Err(Unfilled::Value(RenderError::Missing(_))) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    /// A filled template.
    ///
    /// # Errors
    /// `missing_value` besides those of [`Fill::optional`].
    pub fn text(&self, template: &str, encoding: Encoding) -> Result<Zeroizing<String>> {
        Ok(self.render(template, encoding)?)
    }

    fn render(&self, template: &str, encoding: Encoding) -> Result<Zeroizing<String>, Unfilled> {
        let template = Template::parse(template).map_err(|error| Unfilled::Template(error.to_string()))?;
        let filled = template.render(&|name| self.lookup(name), encoding).map_err(Unfilled::Value)?;
        Ok(Zeroizing::new(filled))
    }

    /// A template of a whole URL.
    ///
    /// # Errors
    /// Those of [`Fill::text`], and `invalid_url` for what is no http(s) URL.
    pub fn url(&self, template: &str) -> Result<Url> {
        absolute(&self.text(template, Encoding::UrlPart)?)
    }

    /// Whether all inputs have the wanted values. An unset switch is off.
    #[must_use]
    pub fn holds(&self, conditions: &BTreeMap<String, Value>) -> bool {
        conditions.iter().all(|(name, wanted)| match self.inputs.get(name) {
            Some(value) => **value == *wanted || as_text(value) == as_text(wanted),
            None => *wanted == Value::Bool(false),
        })
    }

    /// Puts a manifest's parameters over those that are there: one whose condition fails, or that names something
    /// without a value, takes the one of its name away.
    ///
    /// # Errors
    /// Those of [`Fill::optional`].
    pub fn params(&self, params: &Params, fields: &mut Fields) -> Result<()> {
        for (name, param) in params {
            let is_sent = param.conditions().is_none_or(|conditions| self.holds(conditions));
            match if is_sent { self.optional(param.template(), Encoding::Plain)? } else { None } {
                Some(value) => fields.put(name, value.as_str()),
                None => fields.remove(name),
            }
        }
        Ok(())
    }

    /// A value whose texts are templates; fields and items that name something without a value are left out.
    ///
    /// # Errors
    /// Those of [`Fill::optional`].
    pub fn json(&self, value: &Value, encoding: Encoding) -> Result<Option<Value>> {
        Ok(match value {
            Value::String(text) => self.optional(text, encoding)?.map(|text| Value::String(text.as_str().to_owned())),
            Value::Array(items) => {
                let filled = items.iter().map(|item| self.json(item, encoding));
                Some(Value::Array(filled.filter_map(Result::transpose).collect::<Result<_>>()?))
            }
            Value::Object(map) => {
                let mut filled = Map::new();
                for (key, item) in map {
                    if let Some(item) = self.json(item, encoding)? {
                        filled.insert(key.clone(), item);
                    }
                }
                Some(Value::Object(filled))
            }
            other => Some(other.clone()),
        })
    }

    /// The same text without any value of this fill that is long enough to be a secret.
    #[must_use]
    pub fn without_values(&self, text: &str) -> String {
        const SHORTEST: usize = 4;
        let inputs = self.inputs.values().map(|value| Zeroizing::new(as_text(value)));
        let mut values: Vec<Zeroizing<String>> = inputs.chain(self.texts.values().cloned()).collect();
        values.retain(|value| value.len() >= SHORTEST);
        // The longest first: one may hold another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "…"))
    }
}

enum Unfilled {
    Template(String),
    Value(RenderError),
}

impl From<Unfilled> for Error {
    fn from(unfilled: Unfilled) -> Self {
        match unfilled {
            Unfilled::Template(message) => Self::invalid("invalid_template", message),
            Unfilled::Value(RenderError::Missing(name)) => {
                Self::invalid("missing_value", format!("`{name}` has no value; set it on the connection or credential"))
            }
            Unfilled::Value(error) => Self::invalid("unfit_value", error.to_string()),
        }
    }
}

/// A text as an http(s) URL with a host and without user, password and fragment.
///
/// # Errors
/// `invalid_url`. The text is not repeated: it may hold a secret.
pub fn absolute(text: &str) -> Result<Url> {
    let refused = || {
        Error::invalid(
            "invalid_url",
            "a URL of the connection is not a plain http(s) address; check the values it is made of",
        )
    };
    let mut url = Url::parse(text).map_err(|error| refused().because(error))?;
    let is_plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if !is_plain || !url.has_host() {
        return Err(refused());
    }
    url.set_fragment(None);
    Ok(url)
}
