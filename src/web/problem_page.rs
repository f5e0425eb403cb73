//! Whatever went wrong, as a page: what happened and what to do.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

use crate::error::Error;
use crate::error::Kind;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;

/// Inside the application.
#[derive(Serialize)]
pub struct ProblemPage {
    frame: Frame,
    message: String,
    details: Vec<String>,
    code: String,
}

/// Where nobody is signed in, or nobody knows in which tenant.
#[derive(Serialize)]
pub struct ProblemAlonePage {
    title: &'static str,
    next_url: Option<String>,
    message: String,
    link: Option<(&'static str, &'static str)>,
    code: String,
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "Not found",
        Kind::Forbidden => "You may not do this",
        Kind::Unauthenticated => "Sign in first",
        Kind::Conflict | Kind::PreconditionFailed => "Something stands in the way",
        Kind::RateLimited => "Too many requests",
        Kind::Invalid | Kind::Malformed => "This could not be read",
        Kind::Upstream | Kind::Unavailable => "Not available just now",
        _ => "Something went wrong",
    }
}

impl ProblemPage {
    #[must_use]
    pub fn within(visit: &Visit, error: &Error) -> HttpResponse {
        let details = error.fields.iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
        let frame = visit.frame(title(error.kind), Section::None);
        let page = Self { frame, message: error.public.clone(), details, code: error.code.to_owned() };
        html::page(html::status_of(error), &page).unwrap_or_else(HttpResponse::from_error)
    }

    #[must_use]
    pub fn alone(error: &Error) -> HttpResponse {
        ProblemAlonePage::of(title(error.kind), &error.public, error.code).answer(html::status_of(error))
    }

    /// A form came without a session: it can be sent again from its page.
    #[must_use]
    pub fn signed_out() -> HttpResponse {
        let message = "Your session has ended. Sign in on another page, come back here, and send the form again: what you \
                       typed is still in it.";
        let page = ProblemAlonePage::of("Sign in first", message, "unauthenticated");
        ProblemAlonePage { link: Some(("/sign-in", "Sign in on another page")), ..page }
            .answer(StatusCode::UNAUTHORIZED)
    }
}

impl ProblemAlonePage {
    fn of(title: &'static str, message: &str, code: &str) -> Self {
        Self {
            title,
            next_url: None,
            message: message.to_owned(),
            link: Some(("/", "Go to the start")),
            code: code.to_owned(),
        }
    }

    fn answer(&self, status: StatusCode) -> HttpResponse {
        html::page(status, self).unwrap_or_else(HttpResponse::from_error)
    }
}

impl Page for ProblemPage {
    const TEMPLATE: &'static str = "problem/within";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |message: &str, details: &[&str]| Self {
            frame: Frame::sample("Not found", Section::None),
            message: message.to_owned(),
            details: details.iter().map(|text| (*text).to_owned()).collect(),
            code: "not_found".to_owned(),
        };
        vec![
            ("plain", page("connection `slack` does not exist", &[])),
            ("hostile", page("<script>", &["<img onerror=alert(1)>"])),
        ]
    }
}

impl Page for ProblemAlonePage {
    const TEMPLATE: &'static str = "problem/alone";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self::of("Not found", "tenant `<script>` does not exist", "not_found"))]
    }
}
