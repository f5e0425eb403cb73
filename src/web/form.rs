//! Forms as browsers send them: names and values in order, where a name may stand several times.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::future::LocalBoxFuture;
use url::form_urlencoded;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::web::extract::BodyLimit;
use crate::web::extract::body_error;

pub mod multipart;

/// What was typed. Bytes that are no UTF-8 become replacement characters. No `Debug`: it may hold secrets.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of an address.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// What was typed there, or nothing; the first when it stands several times.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// As `get`, without the blanks around it; `None` when nothing is left.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    }

    /// Whether it was sent at all, as a ticked box is.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Those whose names begin so, by the rest of their names.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }

    /// As `get`, with the line breaks of a text: forms send them as CR LF.
    #[must_use]
    pub fn lines(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }

    #[must_use]
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// # Errors
    /// `unsupported_media_type`, and those of reading a body.
    pub fn read(req: &HttpRequest, body: std::result::Result<Bytes, actix_web::Error>) -> Result<Self> {
        let limit = req.app_data::<BodyLimit>().copied();
        let body = body.map_err(|error| body_error(&error, limit))?;
        let content_type = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if let Some(boundary) = content_type.and_then(multipart::boundary) {
            let parts = multipart::parse(&body, boundary);
            let parts = parts
                .ok_or_else(|| Error::malformed("malformed_form", "the form did not arrive whole; send it again"))?;
            let text = |(name, content): (String, &[u8])| (name, String::from_utf8_lossy(content).into_owned());
            return Ok(Self(parts.into_iter().map(text).collect()));
        }
        if !body.is_empty() && !req.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let what = "a form is sent as `application/x-www-form-urlencoded`";
            return Err(Error::new(Kind::UnsupportedMedia, "unsupported_media_type", what));
        }
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// What the query of an address asks for. A name that no page knows is no fault: people edit addresses.
pub struct Asked(pub Fields);

impl FromRequest for Asked {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Fields(form_urlencoded::parse(req.query_string().as_bytes()).into_owned().collect()))))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

impl FromRequest for Fields {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, body) = (req.clone(), Bytes::from_request(req, payload));
        Box::pin(async move { Self::read(&req, body.await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_stand_several_times() {
        let fields = Fields::from([("input.shop", " acme "), ("scope", "a"), ("scope", "b"), ("on", "")]);
        assert_eq!((fields.get("scope"), fields.get("none")), ("a", ""));
        assert_eq!(fields.all("scope").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(fields.under("input.").collect::<Vec<_>>(), [("shop", " acme ")]);
        assert_eq!((fields.text("input.shop").as_deref(), fields.text("on")), (Some("acme"), None));
        assert!(fields.has("on") && !fields.has("off"));
    }
}
