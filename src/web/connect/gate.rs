//! How often one address may come to the pages of connect links and authorizations. A person who comes too often is told
//! so by a page, a program by a problem.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::app::App;
use crate::error::Error;
use crate::web::connect::page::NoticePage;
use crate::web::html;
use crate::web::limit::Left;
use crate::web::limit::Network;
use crate::web::limit::Requests;

/// Goes on unless the address has used up its budget; the answer tells what is left in any case.
///
/// # Errors
/// Those of the pages.
pub async fn within(req: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let left = take(&req);
    let refused = left.and_then(|left| Some((left.refusal()?, left.retry_seconds?)));
    let mut answer = match refused {
        Some((refusal, seconds)) if wants_page(req.request()) => {
            let page = too_many(&refusal, seconds);
            req.into_response(page)
        }
        Some((refusal, _)) => req.error_response(refusal),
        None => next.call(req).await?,
    };
    if let Some(left) = left {
        left.write_to(answer.headers_mut());
    }
    Ok(answer)
}

fn take(req: &ServiceRequest) -> Option<Left> {
    let (visits, app) = (req.app_data::<Data<Requests<Network>>>()?, req.app_data::<Data<App>>()?);
    visits.take(Network::from(req.peer_addr()?.ip()), app.clock().now())
}

fn too_many(refusal: &Error, seconds: u64) -> HttpResponse {
    let mut page = html::answer(html::status_of(refusal), &NoticePage::problem(refusal), None)
        .unwrap_or_else(HttpResponse::from_error);
    page.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    page
}

/// Browsers name pages first; programs take anything, or say what.
pub(in crate::web) fn wants_page(req: &HttpRequest) -> bool {
    let accepts = req.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|range| {
        let kind = range.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
    })
}
