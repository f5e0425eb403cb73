//! The parameters of a request before it is known how they are written: in a form, as JSON, or in the URL.

use serde_json::Map;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::param::BodyFormat;
use crate::model::http::Request;
use crate::model::http::encode;

/// Parameters in order; no name occurs twice. No `Debug`: they hold secrets.
#[derive(Clone, Default)]
pub struct Fields {
    fields: Vec<(String, Zeroizing<String>)>,
}

impl Fields {
    /// Sets a parameter, in place of one of that name.
    pub fn put(&mut self, name: &str, value: impl Into<String>) {
        let value = Zeroizing::new(value.into());
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((name.to_owned(), value)),
        }
    }

    /// Gives a parameter another name, at its place.
    pub fn rename(&mut self, old: &str, new: &str) {
        if old != new && self.get(old).is_some() {
            self.remove(new);
            self.fields.iter_mut().filter(|(name, _)| name == old).for_each(|(name, _)| new.clone_into(name));
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|(known, _)| known != name);
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    #[must_use]
    pub fn into_vec(self) -> Vec<(String, Zeroizing<String>)> {
        self.fields
    }

    /// Writes the parameters onto a request, with the `Content-Type` that goes with them.
    ///
    /// # Errors
    /// `unfit_format`: an XML document is one text and has no parameters.
    pub fn write(self, request: &mut Request, format: BodyFormat) -> Result<()> {
        match format {
            BodyFormat::Query => encode::add_query(&mut request.url, &self.fields),
            BodyFormat::Form => {
                request.default_header("Content-Type", "application/x-www-form-urlencoded");
                request.body = Some(bytes(&encode::pairs(self.iter())));
            }
            BodyFormat::Json => {
                let object: Map<String, Value> =
                    self.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
                write_json(request, &Value::Object(object));
            }
            BodyFormat::Xml => {
                let message =
                    "parameters cannot be written as XML; the manifest must give the document as a step's body";
                return Err(Error::invalid("unfit_format", message));
            }
        }
        Ok(())
    }
}

/// Sets a JSON body.
pub fn write_json(request: &mut Request, body: &Value) {
    request.default_header("Content-Type", "application/json");
    request.body = Some(Zeroizing::new(body.to_string().into_bytes()));
}

/// The text's bytes, wiped when dropped.
#[must_use]
pub fn bytes(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}
