//! Bodies that trickle in are cut off: a slow client holds a connection, never for long.

use std::io;
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::Payload;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::middleware::Next;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::Instant;

use crate::web::routes;

/// Gives the body of a request this long to arrive.
pub async fn in_time<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
    limit: Duration,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let headers = req.headers();
    if routes::is_passed(&req) {
        return next.call(req).await;
    }
    if headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING) {
        let payload = req.take_payload();
        req.set_payload(with_deadline(payload, limit));
    }
    next.call(req).await
}

fn with_deadline(payload: Payload, limit: Duration) -> Payload {
    let deadline = Instant::now() + limit;
    let chunks = stream::unfold(payload, move |mut payload| async move {
        let chunk = match tokio::time::timeout_at(deadline, payload.next()).await {
            Ok(chunk) => chunk?,
            Err(late) => Err(PayloadError::Io(io::Error::new(io::ErrorKind::TimedOut, late))),
        };
        Some((chunk, payload))
    });
    Payload::Stream { payload: Box::pin(chunks) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never: Payload = Payload::Stream { payload: Box::pin(stream::pending()) };
        let chunk = with_deadline(never, Duration::from_millis(20)).next().await;
        assert!(matches!(chunk, Some(Err(PayloadError::Io(_)))));
    }

    #[actix_web::test]
    async fn a_body_that_comes_is_left_as_it_is() {
        let payload = Payload::from(b"abc".to_vec());
        let chunks: Vec<_> = with_deadline(payload, Duration::from_secs(5)).take(1).collect().await;
        assert_eq!(chunks[0].as_ref().unwrap().as_ref(), b"abc");
    }
}
