//! Answers the fetch of credentials ahead of the router and of what else surrounds handlers: finding the route and writing
//! a span would cost more than the answer. Whatever is out of the ordinary goes on to the router, where `fetch` answers.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::app::credential::answer::Answer;
use crate::app::credential::fetch::FetchRequest;
use crate::web::access;
use crate::web::connection::values;
use crate::web::respond;

/// What stands before and after the connection in the path of a fetch; a test holds it to the route table.
const BEFORE: &str = "/api/v1/connections/";
const AFTER: &str = "/credentials";

/// Gives a kept answer that is proved to be right, or passes the request on.
pub async fn ahead(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Some(answer) = kept(&req).await {
        return Ok(req.into_response(ready(answer)));
    }
    Ok(next.call(req).await?.map_into_boxed_body())
}

async fn kept(req: &ServiceRequest) -> Option<Answer> {
    let request = plain_request(req)?;
    let presented = access::bearer(req.headers())?;
    req.app_data::<Data<App>>()?.fetch_kept(presented, &request).await
}

/// The request, when it is a fetch and there is nothing odd about it.
fn plain_request(req: &ServiceRequest) -> Option<FetchRequest> {
    let connection = connection(req.path()).filter(|_| req.method() == Method::GET)?;
    if req.headers().contains_key(access::TENANT) {
        return None;
    }
    values::plain_request(connection, req.query_string())
}

fn connection(path: &str) -> Option<&str> {
    let reference = path.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    (!reference.is_empty() && !reference.contains(['/', '%'])).then_some(reference)
}

/// The body is the answer itself, not a copy of it.
pub fn body(answer: Answer) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(Bytes::from_owner(answer))
}

fn ready(answer: Answer) -> HttpResponse {
    let id = Uuid::now_v7();
    tracing::debug!(request_id = %id, "a fetch was answered from what is kept");
    let mut response = body(answer);
    let mut text = Uuid::encode_buffer();
    respond::dress(response.headers_mut(), id.as_hyphenated().encode_lower(&mut text));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::routes::ROUTES;

    #[test]
    fn the_way_ahead_is_that_of_the_route() {
        let asking: Vec<_> = ROUTES.iter().filter(|route| route.asks_itself).map(|route| route.path).collect();
        assert_eq!(asking, [format!("{BEFORE}{{connection}}{AFTER}")]);
    }

    #[test]
    fn other_paths_are_passed_on() {
        assert_eq!(connection("/api/v1/connections/slack-oauth2/credentials"), Some("slack-oauth2"));
        for other in [
            "/api/v1/connections//credentials",
            "/api/v1/connections/credentials",
            "/api/v1/connections/a/b/credentials",
            "/api/v1/connections/a%2Db/credentials",
            "/api/v1/connections/a/credentials/",
            "/api/v1/connections/a/values",
            "//api/v1/connections/a/credentials",
        ] {
            assert_eq!(connection(other), None, "{other}");
        }
    }
}
