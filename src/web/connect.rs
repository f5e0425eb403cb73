//! The pages of connect links and of authorizations: no account, no script, and everything that is shown is escaped.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use url::form_urlencoded;

use crate::app::App;
use crate::app::connect::Ended;
use crate::app::connect::Form;
use crate::app::connect::begin::Connected;
use crate::app::connect::form::Typed;
use crate::app::connect::receive::Received;
use crate::error::Error;
use crate::error::Result;
use crate::ids::FlowId;
use crate::model::redirect_url;
use crate::web::connect::page::FormPage;
use crate::web::connect::page::NoticePage;
use crate::web::form::Fields;
use crate::web::html;
use crate::web::origin;
use crate::web::visit;

pub mod cookie;
pub mod gate;
pub mod page;

/// What the names of the form's inputs begin with.
const FIELD: &str = "input.";

/// `GET /connect/{token}`: who asks for what.
pub async fn show(app: Data<App>, token: Path<String>) -> HttpResponse {
    let form = app.connect_form(token.into_inner()).await;
    told(form.and_then(|form| form_page(&app, StatusCode::OK, &form)))
}

/// `POST /connect/{token}`: the button.
pub async fn submit(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    told(submitted(&app, &req, token.into_inner(), body).await)
}

async fn submitted(
    app: &App,
    req: &HttpRequest,
    token: String,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse> {
    origin::check(req.headers(), &app.public_url())?;
    let typed: Typed = Fields::read(req, body)?
        .into_pairs()
        .into_iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(FIELD)?.to_owned(), value)))
        .collect();
    match app.connect(token, typed).await? {
        Connected::Wrong(form) => form_page(app, StatusCode::UNPROCESSABLE_ENTITY, &form),
        Connected::Authorize { url, flow, secret } => Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, url.as_str()))
            .insert_header((header::SET_COOKIE, cookie::keep(&app.public_url(), flow, &secret)))
            .finish()),
        Connected::Ended(ended) => end(app, ended),
    }
}

/// `GET /oauth/callback/{callback}`: the provider sends a browser back.
pub async fn callback(app: Data<App>, req: HttpRequest, id: Path<String>) -> HttpResponse {
    let params = form_urlencoded::parse(req.query_string().as_bytes()).into_owned().collect();
    told(received(&app, id.into_inner(), params).await)
}

/// `POST /oauth/callback/{callback}`: the same by `response_mode=form_post`.
pub async fn callback_posted(
    app: Data<App>,
    req: HttpRequest,
    id: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let params = match Fields::read(&req, body) {
        Ok(fields) => fields.into_pairs(),
        Err(error) => return told(Err(error)),
    };
    told(received(&app, id.into_inner(), params).await)
}

async fn received(app: &App, id: String, params: Vec<(String, String)>) -> Result<HttpResponse> {
    match app.receive_callback(id, params).await? {
        Received::GoesOn { flow, ticket } => {
            let next = format!("{}/oauth/complete/{flow}?ticket={}", app.public_url(), *ticket);
            html::answer(StatusCode::OK, &NoticePage::going_on(next), None)
        }
        Received::Ended(ended) => end(app, ended),
    }
}

/// `GET /oauth/complete/{flow}`: the browser that began ends what it began.
pub async fn complete(app: Data<App>, req: HttpRequest, flow: Path<String>) -> HttpResponse {
    let unknown = || Error::not_found("authorization", flow.as_str());
    let Ok(id) = flow.parse::<FlowId>() else { return told(Err(unknown())) };
    let query = form_urlencoded::parse(req.query_string().as_bytes());
    let ticket = query.into_owned().find(|(name, _)| name == "ticket").map(|(_, value)| value).unwrap_or_default();
    let public_url = app.public_url();
    let secret = cookie::read(&req, &public_url, id);
    let mut answer = told(app.complete_flow(id, ticket, secret).await.and_then(|ended| end(&app, ended)));
    if let Ok(gone) = header::HeaderValue::from_str(&cookie::drop(&public_url, id)) {
        answer.headers_mut().append(header::SET_COOKIE, gone);
    }
    answer
}

/// The vendor's page, or one of ours.
fn end(app: &App, ended: Ended) -> Result<HttpResponse> {
    if let Some(url) = &ended.url {
        let is_said = ended.trouble.is_none() && redirect_url::is_own_page(url);
        return Ok(if is_said { visit::see_other_saying(app, url, "connected") } else { html::see_other(url) });
    }
    let status = if ended.trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    html::answer(status, &NoticePage::of(ended), None)
}

fn form_page(app: &App, status: StatusCode, form: &Form) -> Result<HttpResponse> {
    // Browsers hold the redirect that follows a form to this too, and providers are anywhere.
    let is_tls = app.public_url().starts_with("https:");
    let places = if is_tls { "'self' https:" } else { "'self' https: http:" };
    html::answer(status, &FormPage::of(form), Some(places))
}

/// Whatever went wrong, as a page.
pub(in crate::web) fn told(answer: Result<HttpResponse>) -> HttpResponse {
    answer.unwrap_or_else(|error| {
        let status = html::status_of(&error);
        html::answer(status, &NoticePage::problem(&error), None).unwrap_or_else(HttpResponse::from_error)
    })
}
