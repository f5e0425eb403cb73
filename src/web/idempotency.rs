//! `Idempotency-Key` on every `POST` of a member: a repeated call gets the first one's answer instead of making a second
//! thing. Only answers of success are kept; after a failure the same key may be used again.

use actix_web::HttpMessage as _;
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::web::Data;
use tracing::Instrument as _;

use crate::app::App;
use crate::app::idempotency::Answer;
use crate::app::idempotency::Begun;
use crate::app::idempotency::Call;
use crate::error::Error;
use crate::error::Result;
use crate::error::RetryAfter;
use crate::model::actor::Actor;
use crate::web::extract;
use crate::web::extract::BodyLimit;

pub const HEADER: &str = "idempotency-key";
const MAX_CHARS: usize = 255;
/// Headers of an answer that are kept with it.
const KEPT: [header::HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

pub async fn once(mut req: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if !req.headers().contains_key(HEADER) {
        return next.call(req).await;
    }
    let (app, call) = match begin(&mut req).await {
        Ok(begun) => begun,
        Err(error) => return Ok(req.error_response(error)),
    };
    match app.begin_once(&call).await {
        Ok(Begun::First) => {}
        Ok(Begun::Answered(answer)) => return Ok(req.into_response(replay(answer))),
        Ok(Begun::UnderWay) => {
            let public = "a call with this `Idempotency-Key` is under way; try again in a moment";
            let busy = Error::conflict("idempotency_key_in_use", public).because(RetryAfter { seconds: 1 });
            return Ok(req.error_response(busy));
        }
        Err(error) => return Ok(req.error_response(error)),
    }
    // In a task of its own, so that it ends and is kept even when the client has gone away: that is when it comes back.
    match actix_web::rt::spawn(run(app, call, req, next).in_current_span()).await {
        Ok(answer) => answer,
        Err(stopped) => Err(Error::internal(stopped).into()),
    }
}

async fn run(
    app: Data<App>,
    call: Call,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let answer = next.call(req).await?;
    if answer.status().is_success() {
        return keep(&app, call, answer).await;
    }
    app.forget_once(&call).await;
    Ok(answer)
}

async fn begin(req: &mut ServiceRequest) -> Result<(Data<App>, Call)> {
    let key = req.headers().get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_owned();
    if key.is_empty() || key.len() > MAX_CHARS {
        let public = format!("`Idempotency-Key` holds 1 to {MAX_CHARS} visible characters");
        return Err(Error::malformed("malformed_idempotency_key", public));
    }
    let (Some(app), Some(actor)) = (req.app_data::<Data<App>>().cloned(), req.extensions().get::<Actor>().cloned())
    else {
        return Err(Error::bug("an idempotency key was read before the actor"));
    };
    let limit = req.app_data::<BodyLimit>().copied();
    let body = req.extract::<Bytes>().await.map_err(|error| extract::body_error(&error, limit))?;
    let target = format!("{} {}", req.method(), req.uri());
    let call = Call::new(&actor, &key, &target, &body);
    req.set_payload(Payload::from(body));
    Ok((app, call))
}

async fn keep(
    app: &App,
    call: Call,
    answer: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (req, answer) = answer.into_parts();
    let (head, body) = answer.into_parts();
    let body = actix_web::body::to_bytes(body).await.map_err(|error| Error::bug(format!("a body failed: {error}")))?;
    let headers = KEPT
        .iter()
        .filter_map(|name| Some((name.to_string(), head.headers().get(name)?.to_str().ok()?.to_owned())))
        .collect();
    let kept = Answer { status: head.status().as_u16(), headers, body: String::from_utf8_lossy(&body).into_owned() };
    if let Err(error) = app.finish_once(&call, &kept).await {
        // The thing is made: the caller gets to know it, even if a repeated call will not.
        tracing::error!(code = error.code, cause = ?error.source, "an answer could not be kept for its idempotency key");
    }
    Ok(ServiceResponse::new(req, head.set_body(BoxBody::new(body))))
}

fn replay(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut replay = HttpResponse::build(status);
    for (name, value) in answer.headers {
        replay.insert_header((name, value));
    }
    replay.insert_header(("Idempotency-Replayed", "true"));
    if answer.body.is_empty() { replay.finish() } else { replay.body(answer.body) }
}
