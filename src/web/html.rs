//! Pages: a type for each template, rendered strictly, so that a template never names what its page does not have; and
//! the files that pages load.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Path;
use handlebars::Handlebars;
use rust_embed::RustEmbed;
use serde::Serialize;

use crate::error::Error;
use crate::error::Result;

mod helpers;

pub use helpers::hue;

#[derive(RustEmbed)]
#[folder = "templates/"]
#[include = "*.hbs"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

/// What every page may load and do: our own style sheet and pictures; no other site around it.
const BASE: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What one template shows.
pub trait Page: Serialize + Sized {
    /// Its path under `templates/`, without the ending.
    const TEMPLATE: &'static str;

    /// Pages to try the template with, by name; hostile text among them.
    fn samples() -> Vec<(&'static str, Self)>;
}

fn templates() -> Result<&'static Handlebars<'static>> {
    static TEMPLATES: OnceLock<Handlebars<'static>> = OnceLock::new();
    if let Some(templates) = TEMPLATES.get() {
        return Ok(templates);
    }
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    helpers::register(&mut templates);
    for path in Templates::iter() {
        let Some((name, file)) = path.strip_suffix(".hbs").zip(Templates::get(&path)) else { continue };
        let text = String::from_utf8_lossy(&file.data);
        templates.register_template_string(name, text).map_err(Error::internal)?;
    }
    Ok(TEMPLATES.get_or_init(|| templates))
}

/// # Errors
/// Only when a template does not fit its page.
pub fn render<P: Page>(page: &P) -> Result<String> {
    templates()?.render(P::TEMPLATE, page).map_err(Error::internal)
}

/// Answers with a page that runs no script. `form_action`: where its form may lead.
///
/// # Errors
/// As `render`.
pub fn answer<P: Page>(status: StatusCode, page: &P, form_action: Option<&str>) -> Result<HttpResponse> {
    with_policy(status, page, &format!("{BASE}; form-action {}", form_action.unwrap_or("'none'")))
}

/// Answers with a page of the application, for somebody who signed in.
///
/// # Errors
/// As `render`.
pub fn page<P: Page>(status: StatusCode, page: &P) -> Result<HttpResponse> {
    with_policy(status, page, &format!("{BASE}; script-src 'self'; connect-src 'self'; form-action 'self'"))
}

fn with_policy<P: Page>(status: StatusCode, page: &P, policy: &str) -> Result<HttpResponse> {
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .body(render(page)?))
}

/// Sends the browser on to a page of ours, by GET.
#[must_use]
pub fn see_other(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

/// The status of an error, which is logged here when it is ours: a page of it is an answer like any other.
pub fn status_of(error: &Error) -> StatusCode {
    let status = error.status_code();
    if status.is_server_error() {
        let cause = error.source.as_ref().map(|source| format!("{source:#}")).unwrap_or_default();
        tracing::error!(code = error.code, cause, "a page failed: {}", error.public);
    }
    status
}

/// `/static/{file}`. Pages name files with their digest, so browsers may keep them for good.
pub async fn file(name: Path<String>) -> Result<HttpResponse> {
    let unknown = || Error::not_found("file", name.as_str());
    let content_type = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return Err(unknown()),
    };
    let file = Static::get(&name).ok_or_else(unknown)?;
    Ok(HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(file.data))
}
