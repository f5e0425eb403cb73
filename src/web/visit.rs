//! Lets people into pages: who is not signed in is led to the sign-in page and back; whatever goes wrong becomes a page.

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use actix_web::web::Data;
use url::form_urlencoded;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::caller::Caller;
use crate::web::Options;
use crate::web::cookie;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::limit::Requests;
use crate::web::origin;
use crate::web::problem_page::ProblemPage;
use crate::web::said;

/// The cookie that holds a session's token.
pub const SESSION: &str = "keyway-session";

type Answer = std::result::Result<ServiceResponse<BoxBody>, actix_web::Error>;

/// For pages of a tenant.
pub async fn page(req: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let visit = match visit(req.request()).await {
        Ok(visit) => visit,
        Err(error) if error.kind == Kind::Unauthenticated => {
            let answer = no_session(req.request());
            return Ok(req.into_response(answer));
        }
        Err(error) => return Ok(req.into_response(ProblemPage::alone(&error))),
    };
    let public_url = req.app_data::<Data<App>>().map(|app| app.public_url()).unwrap_or_default();
    req.extensions_mut().insert(visit.caller);
    req.extensions_mut().insert(visit.visit.clone());
    let mut answer = next.call(req).await?;
    if let Some(error) = answer.response().error().and_then(|error| error.as_error::<Error>()) {
        let page = ProblemPage::within(&visit.visit, error);
        answer = ServiceResponse::new(answer.request().clone(), page);
    }
    // Said once: the page that shows it is the last that hears of it.
    if visit.visit.said.is_some() && answer.status().is_success() {
        set_cookie(answer.response_mut(), &cookie::dropped(&public_url, said::COOKIE));
    }
    Ok(answer)
}

pub(super) fn set_cookie(answer: &mut HttpResponse, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Sends the browser on to a page that says what was done.
#[must_use]
pub fn see_other_saying(app: &App, place: &str, word: &'static str) -> HttpResponse {
    let mut answer = html::see_other(place);
    set_cookie(&mut answer, &cookie::written(&app.public_url(), said::COOKIE, (word, said::LIFE_SECONDS)));
    answer
}

struct Let {
    visit: Visit,
    caller: Caller,
}

async fn visit(req: &HttpRequest) -> Result<Let> {
    let (Some(app), Some(requests)) = (req.app_data::<Data<App>>(), req.app_data::<Data<Requests<Uuid>>>()) else {
        return Err(Error::bug("the server was started without its application"));
    };
    let caller = caller(req).await?;
    if req.method() != Method::GET {
        origin::check(req.headers(), &app.public_url())?;
    }
    if let Some(refusal) = requests.take(caller.id(), app.clock().now()).and_then(|left| left.refusal()) {
        return Err(refusal);
    }
    let actor = caller.act_in(Some(req.match_info().get("tenant").unwrap_or_default()))?;
    let said = cookie::read(req, &app.public_url(), said::COOKIE).and_then(|word| said::find(&word));
    let path = req.path().to_owned();
    let attention = attention(app, &actor).await?;
    Ok(Let { visit: Visit { actor, tenants: caller.tenants(), path, said, attention }, caller })
}

/// How many things need a person, for those who may see them.
async fn attention(app: &App, actor: &Actor) -> Result<usize> {
    match app.attention(actor.clone()).await {
        Ok(items) => Ok(items.len()),
        Err(error) if error.kind == Kind::Forbidden => Ok(0),
        Err(error) => Err(error),
    }
}

/// Whose session the browser shows.
///
/// # Errors
/// `unauthenticated`.
pub async fn caller(req: &HttpRequest) -> Result<Caller> {
    let (Some(app), Some(options)) = (req.app_data::<Data<App>>(), req.app_data::<Data<Options>>()) else {
        return Err(Error::bug("the server was started without its application"));
    };
    let token = cookie::read(req, &app.public_url(), SESSION).ok_or_else(Error::unauthenticated)?;
    match app.recognise(&token, options.session).await? {
        caller @ Caller::User { .. } => Ok(caller),
        // Keys are for machines: one in a browser's cookie was put there by somebody else.
        Caller::ApiKey(_) => Err(Error::unauthenticated()),
    }
}

/// A page is shown after signing in; a form stays where it is, from where it can be sent again.
fn no_session(req: &HttpRequest) -> HttpResponse {
    if req.method() == Method::GET {
        return html::see_other(&sign_in_url(&req.uri().to_string()));
    }
    ProblemPage::signed_out()
}

/// The sign-in page, which leads back to this place.
#[must_use]
pub fn sign_in_url(place: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", place).finish();
    format!("/sign-in?{query}")
}
