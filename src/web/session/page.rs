//! Signing in and out in a browser, one's own password, and where one lands.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::web::Query;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SessionId;
use crate::model::caller::Caller;
use crate::model::user::User;
use crate::web::Options;
use crate::web::cookie;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::limit::SignIns;
use crate::web::origin;
use crate::web::problem_page::ProblemPage;
use crate::web::visit;

/// The form to sign in with.
#[derive(Serialize)]
pub struct SignInPage {
    title: &'static str,
    next_url: Option<String>,
    next: String,
    email: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    next: String,
}

impl SignInPage {
    fn new(next: &str, email: &str, problem: Option<String>) -> Self {
        let next = local(next).unwrap_or("/").to_owned();
        Self { title: "Sign in", next_url: None, next, email: email.to_owned(), problem }
    }
}

/// `GET /sign-in`
pub async fn new(query: Query<SignInQuery>) -> Result<HttpResponse> {
    html::page(StatusCode::OK, &SignInPage::new(&query.next, "", None))
}

/// `POST /sign-in`
pub async fn create(
    app: Data<App>,
    options: Data<Options>,
    limits: Data<SignIns>,
    req: HttpRequest,
    fields: Fields,
) -> HttpResponse {
    let (email, next) = (fields.get("email"), fields.get("next"));
    match sign_in(&app, &options, &limits, &req, &fields).await {
        Ok(answer) => answer,
        Err(error) => html::page(html::status_of(&error), &SignInPage::new(next, email, Some(error.public)))
            .unwrap_or_else(HttpResponse::from_error),
    }
}

async fn sign_in(
    app: &App,
    options: &Options,
    limits: &SignIns,
    req: &HttpRequest,
    fields: &Fields,
) -> Result<HttpResponse> {
    let public_url = app.public_url();
    origin::check(req.headers(), &public_url)?;
    let email = fields.get("email");
    limits.attempt(req.peer_addr().map(|address| address.ip()), email, app.clock().now())?;
    let made = app.sign_in(email, SecretString::from(fields.get("password")), options.session).await?;
    limits.succeeded(email);
    // Whoever used this browser before is signed out.
    if let Ok(Caller::User { session, .. }) = visit::caller(req).await {
        app.sign_out(session).await?;
    }
    let seconds = (made.expires_at - app.clock().now()).num_seconds();
    let mut answer = html::see_other(local(fields.get("next")).unwrap_or("/"));
    visit::set_cookie(&mut answer, &cookie::written(&public_url, visit::SESSION, (&made.token, seconds)));
    Ok(answer)
}

/// A path of ours, and no other place: what a link says to go on to was written by anybody.
pub(in crate::web) fn local(next: &str) -> Option<&str> {
    let is_path =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control());
    is_path.then_some(next)
}

/// `POST /sign-out`
pub async fn delete(app: Data<App>, req: HttpRequest) -> HttpResponse {
    let ended = async {
        origin::check(req.headers(), &app.public_url())?;
        match visit::caller(&req).await {
            Ok(Caller::User { session, .. }) => app.sign_out(session).await,
            _ => Ok(()),
        }
    };
    if let Err(error) = ended.await {
        return ProblemPage::alone(&error);
    }
    let mut answer = html::see_other("/sign-in");
    visit::set_cookie(&mut answer, &cookie::dropped(&app.public_url(), visit::SESSION));
    answer
}

/// `GET /`: what needs a person in the first tenant that is not production, else its connections; or the sign-in page.
pub async fn home(app: Data<App>, req: HttpRequest) -> HttpResponse {
    let Ok(caller) = visit::caller(&req).await else { return html::see_other(&visit::sign_in_url("/")) };
    let tenants = caller.tenants();
    match tenants.iter().find(|tenant| !tenant.is_production).or(tenants.first()) {
        Some(tenant) => {
            let items = match caller.act_in(Some(&tenant.key)) {
                Ok(actor) => app.attention(actor).await,
                Err(error) => Err(error),
            };
            let place = if items.is_ok_and(|items| !items.is_empty()) { "attention" } else { "connections" };
            html::see_other(&format!("/t/{}/{place}", tenant.key))
        }
        None => {
            let public = "You have no role in any tenant yet. Ask an admin for one.";
            ProblemPage::alone(&Error::forbidden("no_tenant", public))
        }
    }
}

/// One's own account.
#[derive(Serialize)]
pub struct AccountPage {
    frame: Frame,
    email: String,
    problem: Option<String>,
}

/// `GET /t/{tenant}/account`
pub async fn account(visit: Visit, caller: Caller) -> Result<HttpResponse> {
    let (_, user) = person(&caller)?;
    html::page(StatusCode::OK, &AccountPage::new(&visit, user, None))
}

impl AccountPage {
    fn new(visit: &Visit, user: &User, problem: Option<String>) -> Self {
        Self { frame: visit.frame("Your account", Section::None), email: user.email.clone(), problem }
    }
}

/// `POST /t/{tenant}/account/password`
pub async fn change_password(
    app: Data<App>,
    options: Data<Options>,
    limits: Data<SignIns>,
    (visit, caller): (Visit, Caller),
    fields: Fields,
) -> Result<HttpResponse> {
    let (_, user) = person(&caller)?;
    let changed = async {
        limits.attempt(None, &user.email, app.clock().now())?;
        let (old, new) = (fields.get("current_password"), fields.get("new_password"));
        if new != fields.get("new_password_again") {
            return Err(Error::invalid("not_repeated", "the new password was not repeated as it is; type both again"));
        }
        app.change_password(user, SecretString::from(old), SecretString::from(new)).await?;
        limits.succeeded(&user.email);
        // All sessions ended with the old password; this browser goes on with a new one.
        app.sign_in(&user.email, SecretString::from(new), options.session).await
    };
    match changed.await {
        Ok(made) => {
            let seconds = (made.expires_at - app.clock().now()).num_seconds();
            let mut answer = visit::see_other_saying(&app, &visit.url("/account"), "password_changed");
            let cookie = cookie::written(&app.public_url(), visit::SESSION, (&made.token, seconds));
            visit::set_cookie(&mut answer, &cookie);
            Ok(answer)
        }
        Err(error) if html::status_of(&error).is_client_error() => {
            let public = error.fields.first().map_or(error.public.clone(), |field| field.message.clone());
            html::page(StatusCode::UNPROCESSABLE_ENTITY, &AccountPage::new(&visit, user, Some(public)))
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/account/sign-out-everywhere`
pub async fn sign_out_everywhere(app: Data<App>, caller: Caller) -> Result<HttpResponse> {
    let (_, user) = person(&caller)?;
    app.sign_out_everywhere(user.id).await?;
    let mut answer = html::see_other("/sign-in");
    visit::set_cookie(&mut answer, &cookie::dropped(&app.public_url(), visit::SESSION));
    Ok(answer)
}

fn person(caller: &Caller) -> Result<(SessionId, &User)> {
    match caller {
        Caller::User { session, user, .. } => Ok((*session, user)),
        Caller::ApiKey(_) => Err(Error::unauthenticated()),
    }
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "session/sign_in";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("empty", Self::new("", "", None)),
            ("wrong", Self::new("/t/dev/sync", "a@example.com", Some("the password is wrong".to_owned()))),
            ("hostile", Self::new("//evil.example", "\"><script>", Some("<img onerror=alert(1)>".to_owned()))),
        ]
    }
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "session/account";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |email: &str, problem: Option<&str>| Self {
            frame: Frame::sample("Your account", Section::None),
            email: email.to_owned(),
            problem: problem.map(ToOwned::to_owned),
        };
        vec![("plain", page("a@example.com", None)), ("hostile", page("<script>", Some("<img onerror=alert(1)>")))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_within_the_site_only() {
        for good in ["/", "/t/dev/sync?from=prod"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "t/dev", "/a\r\nb", "/\u{1}", "/\u{7f}"]
        {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }
}
