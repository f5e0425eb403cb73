//! Pages: a type for each template, rendered strictly, so that a template never names what its page does not have.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Path;
use handlebars::Handlebars;
use serde::Serialize;

use crate::error::Error;
use crate::error::Result;

const TEMPLATES: [(&str, &str); 3] = [
    ("layout", include_str!("../../templates/layout.hbs")),
    ("connect/form", include_str!("../../templates/connect/form.hbs")),
    ("connect/notice", include_str!("../../templates/connect/notice.hbs")),
];
const STYLES: &str = include_str!("../../static/keyway.css");

/// Nothing but our own style sheet: no script at all, and no other site around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What one template shows.
pub trait Page: Serialize + Sized {
    /// Its path under `templates/`, without the ending.
    const TEMPLATE: &'static str;

    /// Pages to try the template with, by name; hostile text among them.
    fn samples() -> Vec<(&'static str, Self)>;
}

fn templates() -> Result<&'static Handlebars<'static>> {
    static TEMPLATES_ONCE: OnceLock<Handlebars<'static>> = OnceLock::new();
    if let Some(templates) = TEMPLATES_ONCE.get() {
        return Ok(templates);
    }
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    for (name, text) in TEMPLATES {
        templates.register_template_string(name, text).map_err(Error::internal)?;
    }
    Ok(TEMPLATES_ONCE.get_or_init(|| templates))
}

/// # Errors
/// Only when a template does not fit its page.
pub fn render<P: Page>(page: &P) -> Result<String> {
    templates()?.render(P::TEMPLATE, page).map_err(Error::internal)
}

/// Answers with a page. `form_action`: where its form may lead.
///
/// # Errors
/// As `render`.
pub fn answer<P: Page>(status: StatusCode, page: &P, form_action: Option<&str>) -> Result<HttpResponse> {
    let policy = match form_action {
        Some(places) => POLICY.replace("form-action 'none'", &format!("form-action {places}")),
        None => POLICY.to_owned(),
    };
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .body(render(page)?))
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

/// `/static/{file}`
pub async fn file(name: Path<String>) -> Result<HttpResponse> {
    match name.as_str() {
        "keyway.css" => Ok(HttpResponse::Ok()
            .content_type("text/css; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
            .body(STYLES)),
        other => Err(Error::not_found("file", other)),
    }
}
