//! A request that a manifest spells out whole: of an exchange, a follow-up, a refresh or a revocation.

use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::param::BodyFormat;
use crate::model::component::auth::request::Step;
use crate::model::fill::Fill;
use crate::model::fill::absolute;
use crate::model::http::Request;
use crate::model::http::encode;
use crate::model::http::fields;
use crate::model::http::fields::Fields;
use crate::model::oauth::ask;
use crate::model::template::Encoding;
use crate::model::values::resolve::as_text;

/// The request of a step; nothing when its URL names something without a value: the step is skipped.
///
/// # Errors
/// A value cannot stand where it is used, or the body does not fit its format.
pub fn request(step: &Step, fill: &Fill) -> Result<Option<Request>> {
    let Some(url) = fill.optional(&step.url, Encoding::UrlPart)? else { return Ok(None) };
    let mut request = Request::new(step.method, absolute(&url)?);
    if let Some(basic) = &step.basic {
        let text = |template| fill.optional(template, Encoding::Plain).map(Option::unwrap_or_default);
        request.set_header("Authorization", encode::basic(&text(&basic.username)?, &text(&basic.password)?));
    }
    ask::headers(fill, &step.headers, &mut request)?;
    let mut query = Fields::default();
    fill.params(&step.query, &mut query)?;
    encode::add_query(&mut request.url, &query.into_vec());
    if let Some(written) = &step.body {
        body(written, step.format, fill, &mut request)?;
    }
    ask::accept(step.reply.format, &mut request);
    Ok(Some(request))
}

fn body(written: &Value, format: BodyFormat, fill: &Fill, request: &mut Request) -> Result<()> {
    let encoding = if format == BodyFormat::Xml { Encoding::Xml } else { Encoding::Plain };
    match (format, fill.json(written, encoding)?) {
        (_, None) => {}
        (BodyFormat::Json, Some(body)) => fields::write_json(request, &body),
        (BodyFormat::Xml, Some(Value::String(text))) => {
            request.default_header("Content-Type", "application/xml");
            request.body = Some(fields::bytes(&text));
        }
        (BodyFormat::Form | BodyFormat::Query, Some(Value::Object(map))) => {
            let mut written = Fields::default();
            map.iter().for_each(|(name, value)| written.put(name, as_text(value)));
            written.write(request, format)?;
        }
        (BodyFormat::Form | BodyFormat::Query | BodyFormat::Xml, Some(_)) => {
            let message = "a step's body is an object for `form` and `query`, and one text for `xml`";
            return Err(Error::invalid("unfit_format", message));
        }
    }
    Ok(())
}
